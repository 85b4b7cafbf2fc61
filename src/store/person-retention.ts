import type { DatabaseSync } from "node:sqlite";
import { personalKinds, personalMetrics } from "../domain/personal.ts";
import { DAY, type Millis } from "../domain/time.ts";
import { type Columns, decodeChunk, encodeChunk } from "./chunks.ts";
import type { Latest } from "./latest.ts";
import { createMeta } from "./meta.ts";

/** Days are looked at again for so long: what a badge had buffered comes late. */
const AGAIN_DAYS = 3;
/** Longest time a step may take from a waiting commit. */
const STEP_MS = 8;

/**
 * Ways and vital signs of people go after their time; that they were at work stays. Once a day, in small steps, within the
 * caller's transaction.
 */
export function createPersonRetention(database: DatabaseSync, keptMs: Millis, latest: Latest) {
  const kinds = personalKinds.map(() => "?").join(", ");
  // The places a device had are kept when it is removed, and with them what it was.
  const people = database.prepare(`SELECT DISTINCT device FROM device_place WHERE kind IN (${kinds})`);
  const daysOf = database.prepare("SELECT DISTINCT day FROM chunk WHERE device = ? AND day >= ? AND day < ?");
  const partsOf = database.prepare("SELECT part, body FROM chunk WHERE device = ? AND day = ?");
  const put = database.prepare("UPDATE chunk SET count = ?, body = ? WHERE device = ? AND day = ? AND part = ?");
  const drop = database.prepare("DELETE FROM chunk WHERE device = ? AND day = ? AND part = ?");
  const fences = database.prepare(
    "DELETE FROM event WHERE device = ? AND at < ? AND json_extract(body, '$.event.type') = 'geofence'",
  );
  const bare = database.prepare(
    `UPDATE event SET body = json_remove(json_set(body, '$.metrics', json('{}')), '$.event.details')
     WHERE device = ? AND at < ?
       AND (json_extract(body, '$.metrics') <> '{}' OR json_extract(body, '$.event.details') IS NOT NULL)`,
  );
  const meta = createMeta(database);
  let round: { readonly upToDay: number; readonly devices: number[]; days: [device: number, day: number][] } | null =
    null;

  const coarsen = (device: number, day: number) => {
    for (const { part, body } of partsOf.all(device, day) as { part: number; body: Uint8Array }[]) {
      const fine = decodeChunk(body);
      if (!personalMetrics.some((name) => fine.values.has(name))) continue;
      const coarse = withoutPerson(fine);
      if (coarse.at.length === 0) drop.run(device, day, part);
      else put.run(coarse.at.length, encodeChunk(coarse), device, day, part);
    }
  };

  /** @returns whether there is more to do */
  const step = (now: Millis): boolean => {
    const upToDay = Math.floor((now - keptMs) / DAY);
    const doneDay = meta.number("personCoarseDay");
    if (!round) {
      if (doneDay >= upToDay) return false;
      const devices = (people.all(...personalKinds) as { device: number }[]).map(({ device }) => device);
      round = { upToDay, devices, days: [] };
    }
    const deadline = performance.now() + STEP_MS;
    while (performance.now() < deadline) {
      const next = round.days.pop();
      if (next) {
        coarsen(...next);
        continue;
      }
      const device = round.devices.pop();
      if (device === undefined) {
        meta.put("personCoarseDay", round.upToDay);
        round = null;
        return false;
      }
      const before = round.upToDay * DAY;
      fences.run(device, before);
      bare.run(device, before);
      latest.forget(device, before, personalMetrics);
      const from = Math.max(0, doneDay - AGAIN_DAYS);
      const days = daysOf.all(device, from, round.upToDay) as { day: number }[];
      round.days = days.map(({ day }) => [device, day]);
    }
    return true;
  };
  return {
    step,
    /** The transaction of the last steps was rolled back. */
    startAnew() {
      round = null;
    },
  };
}

/** What is left of readings without the personal metrics; moments of which nothing is left go. */
function withoutPerson({ at, values }: Columns): Columns {
  const kept = [...values].filter(([name]) => !personalMetrics.includes(name));
  const moments: number[] = [];
  for (let i = 0; i < at.length; i++) if (kept.some(([, column]) => !Number.isNaN(column[i]))) moments.push(i);
  return {
    at: Float64Array.from(moments, (i) => at[i] as number),
    values: new Map(kept.map(([name, column]) => [name, Float64Array.from(moments, (i) => column[i] as number)])),
  };
}
