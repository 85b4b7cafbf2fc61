import type { StreamClient } from "../../stream/client.ts";
import { clockText } from "./time.ts";
import { say } from "./words.ts";

/** Without a frame for this long (two heartbeats), nothing on the screen may pose as live. */
const SILENT_AFTER_MS = 10_000;
/** Frames that arrive this much later than they were sent are old news. */
const LAGGING_AFTER_MS = 8_000;

export type Freshness = "connecting" | "live" | "historyBehind" | "lagging" | "silent" | "storeFailing" | "refused";

/** Grey: what is shown may differ from what is. `historyBehind` concerns trends only. */
export const isGrey = (freshness: Freshness): boolean => !["live", "historyBehind"].includes(freshness);

/** How far the screen can be trusted at this moment. */
export function freshnessOf({ heard, status }: StreamClient): Freshness {
  if (status === "refused") return "refused";
  if (!heard) return "connecting";
  if (performance.now() - heard.at > SILENT_AFTER_MS) return "silent";
  if (heard.health === "storeFailing") return "storeFailing";
  if (heard.lagMs > LAGGING_AFTER_MS) return "lagging";
  return heard.health === "historyBehind" ? "historyBehind" : "live";
}

/** The center's own time now, reckoned from its newest frame; null before the first. */
export function centerNow({ heard }: StreamClient): number | null {
  return heard && heard.now + (performance.now() - heard.at);
}

export function freshnessText(freshness: Freshness, { heard }: StreamClient): string {
  const time = heard ? clockText(heard.now) : "–";
  switch (freshness) {
    case "connecting":
      return say("connecting");
    case "refused":
      return say("refused");
    case "live":
      return say("asOf", { time });
    case "lagging":
      return say("lagging", { time, seconds: Math.round((heard?.lagMs ?? 0) / 1_000) });
    default:
      return say(freshness, { time });
  }
}
