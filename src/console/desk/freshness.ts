import type { StreamClient } from "../../stream/client.ts";
import { clockText, text } from "./text.ts";

/** Without a frame for this long (two heartbeats), nothing on the screen may pose as live. */
const STALE_AFTER_MS = 10_000;

/** The center's own time now, reckoned from its newest frame; null before the first. */
export function centerNow({ heard }: StreamClient): number | null {
  return heard && heard.now + (performance.now() - heard.at);
}

/** Says how old the picture is, and turns the page grey when it is too old. */
export function showFreshness(stream: StreamClient, storeFailing: boolean): void {
  const line = document.querySelector("#as-of");
  if (!line) return;
  const { heard, status } = stream;
  const stale = !heard || performance.now() - heard.at > STALE_AFTER_MS;
  document.body.classList.toggle("stale", stale);
  document.body.classList.toggle("failing", storeFailing);
  if (status === "refused") line.textContent = text("refused");
  else if (!heard) line.textContent = text("connecting");
  else line.textContent = `${storeFailing ? `${text("storeFailing")} · ` : ""}${text("asOf")} ${clockText(heard.now)}`;
}
