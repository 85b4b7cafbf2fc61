import type { DatabaseSync } from "node:sqlite";
import { personalKinds } from "../domain/personal.ts";
import { DAY, type Millis } from "../domain/time.ts";
import { decodeChunk } from "./chunks.ts";
import { merge } from "./merge.ts";
import { atomically, createMeta } from "./meta.ts";
import { decodeWindows, encodeWindows, join, type Summary, summarise, tiers, type Windows } from "./tiers.ts";

/** Longest time a step may take from a waiting commit. */
const STEP_MS = 8;
const DAYS_AT_ONCE = 32;

/**
 * Writes the coarser tiers, a day of a device at a time, once the day is over. Every packing of readings makes its day due
 * again, so late data repairs what was written before, and a step that was cut off is simply done again.
 * Devices that people carry, or once carried, have no tiers: their past ends with its readings.
 * @returns a step that answers whether there is more to do
 */
export function createDownsampling(database: DatabaseSync, now: () => Millis): () => boolean {
  const meta = createMeta(database);
  const due = database.prepare("SELECT day, device FROM tier_due WHERE day < ? ORDER BY day, device LIMIT ?");
  const done = database.prepare("DELETE FROM tier_due WHERE day = ? AND device = ?");
  const chunksOf = database.prepare("SELECT body FROM chunk WHERE device = ? AND day = ? ORDER BY part");
  const carried = database.prepare(
    `SELECT 1 FROM device_place WHERE device = ? AND kind IN (${personalKinds.map(() => "?").join(", ")}) LIMIT 1`,
  );
  const blobOf = database.prepare("SELECT body FROM tier WHERE tier = ? AND device = ? AND period = ?");
  const put = database.prepare("INSERT OR REPLACE INTO tier (tier, device, period, body) VALUES (?, ?, ?, ?)");

  const hasTiers = (device: number): boolean => carried.get(device, ...personalKinds) === undefined;

  const write = (device: number, day: number): void => {
    const chunks = (chunksOf.all(device, day) as { body: Uint8Array }[]).map(({ body }) => decodeChunk(body));
    if (chunks.length === 0) return;
    const windows = summarise(merge(chunks, []), tiers.minutes.windowMs);
    put.run(tiers.minutes.id, device, day, encodeWindows(windows));

    const period = Math.floor((day * DAY) / tiers.days.periodMs);
    const known = blobOf.get(tiers.days.id, device, period) as { body: Uint8Array } | undefined;
    const days = known ? decodeWindows(known.body) : new Map();
    put.run(tiers.days.id, device, period, encodeWindows(withDay(days, day, windows)));
  };

  return () => {
    const today = Math.floor(now() / DAY);
    const rows = due.all(today, DAYS_AT_ONCE) as { day: number; device: number }[];
    if (rows.length === 0) return false;
    const floor = meta.number("readingsFloor");
    const deadline = performance.now() + STEP_MS;
    atomically(database, () => {
      for (const { day, device } of rows) {
        // Stragglers of a day whose readings are gone must not replace what all of them added up to.
        if (day >= floor && hasTiers(device)) write(device, day);
        done.run(day, device);
        if (performance.now() > deadline) break;
      }
    });
    return true;
  };
}

/** The daily windows with one day replaced by the sum of its parts, in order of time. */
function withDay(days: Map<string, Map<number, Summary>>, day: number, windows: Windows): Windows {
  for (const own of days.values()) own.delete(day);
  for (const [name, parts] of windows) {
    const own = days.get(name) ?? new Map<number, Summary>();
    own.set(day, [...parts.values()].reduce(join));
    days.set(name, new Map([...own].sort(([a], [b]) => a - b)));
  }
  for (const [name, own] of days) if (own.size === 0) days.delete(name);
  return days as unknown as Windows;
}
