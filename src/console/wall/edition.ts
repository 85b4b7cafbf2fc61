import type { StreamClient } from "../../stream/client.ts";

const LOOK_EVERY_MS = 10_000;

/** The files this page was made of, by name: they carry hashes, so another edition has other names. */
const editionOf = (html: string): string => [...html.matchAll(/assets\/[^"]+/g)].join();

/**
 * Loads the page anew when the center serves another edition of it: nobody walks up to a wall to press reload.
 * @param quiet whether nothing holds the screen that a reload would interrupt
 */
export function followEdition(stream: StreamClient, quiet: () => boolean): void {
  const own = editionOf(document.documentElement.outerHTML);
  let seen = stream.hello;
  let due = false;
  setInterval(async () => {
    if (due && quiet()) return location.reload();
    // Only after a new connection: while one lasts, the center is the one it was.
    if (stream.hello === seen || !stream.hello) return;
    const first = seen === null;
    seen = stream.hello;
    if (first) return;
    const answer = await fetch("/", { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    const served = editionOf(await answer.text());
    due = served.split(",").some((file) => !own.includes(file));
    if (due && quiet()) location.reload();
  }, LOOK_EVERY_MS);
}
