import type { DatabaseSync } from "node:sqlite";
import { DAY, type Millis } from "../domain/time.ts";
import type { SeriesQuery } from "./history.ts";
import { createMeta } from "./meta.ts";
import type { Tail } from "./tail.ts";
import { decodeWindows, type Summary, tiers } from "./tiers.ts";

export interface CoarseDays {
  /**
   * Days of the question that hold something, as far as tiers know (since the epoch): those they have, and those that are
   * due for them. Null when the device has no tiers there, so that its readings must be looked for.
   */
  days(): number[] | null;
  /** Starts and summaries in order of time; null when the readings themselves must answer. */
  day(number: number): Iterable<readonly [Millis, Summary]> | null;
}

/**
 * Says which tier may answer a question by windows: the coarsest one whose windows fit into those that were asked for, and
 * that is up to date. A day at the edge of the question is read from its readings unless the edge lies between windows; once
 * those readings are gone, the windows that begin within the question stand for it.
 */
export function createTierReader(database: DatabaseSync, tail: Tail) {
  const meta = createMeta(database);
  const periods = database.prepare(
    "SELECT period FROM tier WHERE tier = ? AND device = ? AND period BETWEEN ? AND ? ORDER BY period",
  );
  const blobOf = database.prepare("SELECT body FROM tier WHERE tier = ? AND device = ? AND period = ?");
  const due = database.prepare("SELECT 1 FROM tier_due WHERE day = ? AND device = ?");
  const { minutes, days: daily } = tiers;

  return ({ device, metric, from, to, everyMs }: SeriesQuery & { everyMs: Millis }): CoarseDays | null => {
    if (everyMs % minutes.windowMs !== 0) return null;
    const byDays = everyMs % DAY === 0;
    const blocks = new Map<number, ReadonlyMap<number, Summary>>();
    const windowsOf = (tier: { id: number }, period: number): ReadonlyMap<number, Summary> | null => {
      const row = blobOf.get(tier.id, device, period) as { body: Uint8Array } | undefined;
      return row ? (decodeWindows(row.body, metric).get(metric) ?? new Map()) : null;
    };
    const block = (day: number): ReadonlyMap<number, Summary> => {
      const period = Math.floor((day * DAY) / daily.periodMs);
      let known = blocks.get(period);
      if (!known) {
        known = windowsOf(daily, period) ?? new Map();
        blocks.set(period, known);
      }
      return known;
    };
    const listed = (tier: { id: number; periodMs: Millis }) =>
      periods.all(tier.id, device, Math.floor(from / tier.periodMs), Math.floor((to - 1) / tier.periodMs)) as {
        period: number;
      }[];

    return {
      days() {
        const found = new Set(listed(minutes).map(({ period }) => period));
        if (byDays) {
          const inBlocks = listed(daily).flatMap(({ period }) => [...block((period * daily.periodMs) / DAY).keys()]);
          for (const day of inBlocks) if (day * DAY >= from && day * DAY < to) found.add(day);
        }
        if (found.size === 0) return null;
        for (const { at } of tail.of(device, from, to)) found.add(Math.floor(at / DAY));
        for (let day = Math.floor(from / DAY); day * DAY < to; day++) {
          if (!found.has(day) && due.get(day, device)) found.add(day);
        }
        return [...found];
      },

      day(number) {
        const start = number * DAY;
        const end = start + DAY;
        const gone = number < meta.number("readingsFloor");
        const whole = from <= start && to >= end;
        const fits = (edge: Millis) => edge <= start || edge >= end || edge % minutes.windowMs === 0;
        if (!gone && !(fits(from) && fits(to))) return null;
        if (due.get(number, device) || tail.of(device, start, end).length > 0) return null;
        if (byDays && (whole || gone)) {
          const summary = block(number).get(number);
          if (summary && start >= from) return [[start, summary]];
        }
        const windows = windowsOf(minutes, number);
        if (!windows) return null;
        return Array.from(windows, ([window, summary]) => [window * minutes.windowMs, summary] as const).filter(
          ([at]) => at >= from && at < to,
        );
      },
    };
  };
}
