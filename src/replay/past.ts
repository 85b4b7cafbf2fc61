import type { Center } from "../center/access.ts";
import type { Alert } from "../domain/alert.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { AlertVersion, Reading } from "../store/kept.ts";
import { decodeReadings } from "../store/readings.ts";

/** The past of a district in the order in which it happened, a page at a time. */

/** Readings a page should hold: enough that days are not opened too often, little enough for memory. */
const PAGE_READINGS = 100_000;
const FIRST_PAGE_MS = 10 * MINUTE;
const LONGEST_PAGE_MS = 6 * HOUR;
const ROWS_AT_ONCE = 500;

/** Something that happened: a device said something, or the center changed an alert. */
export type Happening =
  | { readonly at: Millis; readonly reading: Reading }
  | { readonly at: Millis; readonly version: AlertVersion };

export interface PastPage {
  /** Everything that happened until here is in this page or an earlier one. */
  readonly to: Millis;
  readonly happenings: readonly Happening[];
}

export function createPast(
  { history, store, registry }: Pick<Center, "history" | "store" | "registry">,
  signal: AbortSignal,
) {
  let pageMs = FIRST_PAGE_MS;

  /** Readings of [from, to) by event time: devices say when it happened. */
  const readings = async (from: Millis, to: Millis): Promise<Reading[]> => {
    const devices = [...registry.all()].map(({ number }) => number);
    const packed = devices.length > 0 ? await history.readings({ devices, from, to }, signal) : null;
    const found: Reading[] = [];
    if (packed) decodeReadings(packed, (reading) => found.push(reading));
    return found;
  };

  const versions = async (from: Millis, to: Millis): Promise<AlertVersion[]> => {
    const found: AlertVersion[] = [];
    for (;;) {
      const page = await store.alertVersions({ from, to, last: found.at(-1) ?? null, limit: ROWS_AT_ONCE });
      signal.throwIfAborted();
      found.push(...page);
      if (page.length < ROWS_AT_ONCE) return found;
    }
  };

  return {
    readings,

    /** Alerts as they stood at an instant, in the order of their revisions. */
    async alertsAt(at: Millis): Promise<Alert[]> {
      const found: Alert[] = [];
      let afterId: string | null = "";
      while (afterId !== null) {
        const page: { alerts: readonly Alert[]; next: string | null } = await store.alertsAt({
          at,
          afterId,
          limit: ROWS_AT_ONCE,
        });
        signal.throwIfAborted();
        found.push(...page.alerts);
        afterId = page.next;
      }
      return found.sort((a, b) => a.rev - b.rev);
    },

    /** What happened after `from`, at most until `end`; pages grow and shrink with how much that is. */
    async page(from: Millis, end: Millis): Promise<PastPage> {
      const to = Math.min(end, from + pageMs);
      const [said, changed] = await Promise.all([readings(from + 1, to + 1), versions(from, to)]);
      const share = PAGE_READINGS / Math.max(said.length, PAGE_READINGS / 4);
      pageMs = Math.min(LONGEST_PAGE_MS, Math.max(MINUTE, pageMs * share));
      const happenings: Happening[] = [
        ...said.map((reading) => ({ at: reading.at, reading })),
        ...changed.map((version) => ({ at: version.at, version })),
      ];
      return { to, happenings: happenings.sort((a, b) => a.at - b.at) };
    },
  };
}
export type Past = ReturnType<typeof createPast>;
