import { DAY } from "../../domain/time.ts";
import { type Columns, decodeChunk, encodeChunk } from "../../store/chunks.ts";
import { merge } from "../../store/merge.ts";
import { decodeReadings, ReadingWriter } from "../../store/readings.ts";
import { decodeWindows, encodeWindows } from "../../store/tiers.ts";
import type { Merging } from "./merge-rows.ts";
import { unpackedReadings } from "./unpacked.ts";

/** Readings, a day of a device at a time: moments that are known here keep their values, or take the given ones. */
export function mergeReadings({ database, replace, outcome }: Merging): void {
  const tail = unpackedReadings(database);
  const partsIn = (schema: string) =>
    database.prepare(`SELECT body FROM ${schema}.chunk WHERE device = ? AND day = ? ORDER BY part`);
  const [given, own] = [partsIn("given"), partsIn("main")];
  const drop = database.prepare("DELETE FROM main.chunk WHERE device = ? AND day = ?");
  const put = database.prepare("INSERT INTO main.chunk (device, day, part, count, body) VALUES (?, ?, 0, ?, ?)");
  const take = database.prepare("INSERT INTO main.chunk SELECT * FROM given.chunk WHERE device = ? AND day = ?");
  const countOf = database.prepare("SELECT sum(count) AS count FROM given.chunk WHERE device = ? AND day = ?");
  const due = database.prepare("INSERT OR IGNORE INTO main.tier_due (day, device) VALUES (?, ?)");
  const days = database.prepare("SELECT DISTINCT device, day FROM given.chunk ORDER BY device, day");
  const united = (rows: unknown[]) => (rows as { body: Uint8Array }[]).map(({ body }) => decodeChunk(body));

  for (const { device, day } of days.all() as { device: number; day: number }[]) {
    const [parts, unpacked] = [own.all(device, day), tail.of(device, day * DAY, (day + 1) * DAY)];
    if (parts.length === 0 && unpacked.length === 0) {
      take.run(device, day);
      due.run(day, device);
      outcome.wrote("readings", (countOf.get(device, day) as { count: number }).count);
      continue;
    }
    const told = merge(united(given.all(device, day)), []);
    const here = merge(united(parts), unpacked);
    if (same(told, here)) continue;
    const keeping = merge([told, here], []);
    const taking = merge([here, told], []);
    if (!same(keeping, taking)) outcome.conflict("readings", `device ${device} on ${dateOf(day)}`);
    const result = replace ? taking : keeping;
    if (same(result, here)) continue;
    drop.run(device, day);
    put.run(device, day, result.at.length, encodeChunk(result));
    due.run(day, device);
    outcome.wrote("readings", told.at.length);
  }
}

const dateOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);

function same(a: Columns, b: Columns): boolean {
  if (a.at.length !== b.at.length || a.values.size !== b.values.size) return false;
  if (!a.at.every((at, row) => at === b.at[row])) return false;
  return [...a.values].every(([name, column]) => {
    const other = b.values.get(name);
    return other !== undefined && column.every((value, row) => Object.is(value, other[row]));
  });
}

/** Windows of days without readings; those that are known here stay. */
export function mergeWindows({ database, outcome }: Merging): void {
  const own = database.prepare("SELECT body FROM main.tier WHERE tier = ? AND device = ? AND period = ?");
  const put = database.prepare("INSERT OR REPLACE INTO main.tier (tier, device, period, body) VALUES (?, ?, ?, ?)");
  const given = database.prepare("SELECT tier, device, period, body FROM given.tier ORDER BY tier, device, period");
  type Row = { tier: number; device: number; period: number; body: Uint8Array };
  for (const { tier, device, period, body } of given.iterate() as unknown as Iterable<Row>) {
    const known = own.get(tier, device, period) as { body: Uint8Array } | undefined;
    const result = decodeWindows(body);
    let added = known === undefined;
    if (known) {
      const here = decodeWindows(known.body);
      for (const [name, windows] of result) {
        const before = here.get(name) ?? new Map();
        added ||= [...windows.keys()].some((number) => !before.has(number));
        result.set(name, new Map([...windows, ...before].sort(([a], [b]) => a - b)));
      }
      for (const [name, windows] of here) if (!result.has(name)) result.set(name, windows);
    }
    if (!added) continue;
    put.run(tier, device, period, encodeWindows(result));
    outcome.wrote("windows", 1);
  }
}

/** Devices that have a past or a state here: their present is not the export's. */
export function devicesWithPresent({ database }: Merging): ReadonlySet<number> {
  const rows = database
    .prepare("SELECT device FROM main.subject UNION SELECT device FROM main.chunk UNION SELECT device FROM main.event")
    .all() as { device: number }[];
  return new Set([...rows.map(({ device }) => device), ...unpackedReadings(database).devices()]);
}

/**
 * What the states of the export do not hold yet, for devices without a present here. What the export knows of the past of
 * the others is among its readings.
 * @param numbers device numbers of the export as they are here
 */
export function mergeJournal(
  { database, outcome }: Merging,
  numbers: ReadonlyMap<number, number>,
  present: ReadonlySet<number>,
): void {
  const put = database.prepare("INSERT INTO main.log (count, body) VALUES (?, ?)");
  const given = database.prepare("SELECT body FROM given.log ORDER BY id");
  for (const { body } of given.iterate() as Iterable<{ body: Uint8Array }>) {
    const writer = new ReadingWriter();
    decodeReadings(body, (reading) => {
      const device = numbers.get(reading.device) ?? reading.device;
      if (!present.has(device)) writer.append({ ...reading, device });
    });
    if (writer.count === 0) continue;
    put.run(writer.count, new Uint8Array(writer.finish() as ArrayBuffer));
    outcome.wrote("journal", writer.count);
  }
}
