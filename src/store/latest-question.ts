import type { DatabaseSync } from "node:sqlite";
import type { MetricName } from "../domain/metrics.ts";
import { DAY, type Millis } from "../domain/time.ts";
import { breathe } from "./breathe.ts";
import { decodeChunk } from "./chunks.ts";
import type { LatestQuery, LatestReadings } from "./history.ts";
import type { Latest } from "./latest.ts";
import type { Tail } from "./tail.ts";

/** Longest time a question may take from a waiting commit. */
const STEP_MS = 8;

interface Found {
  readonly at: Millis;
  readonly value: number;
}

/**
 * Answers what many devices said last. Whose newest value lies in the asked time is answered from memory; where it is
 * newer than that, the past is opened, newest day first.
 */
export function createLatestQuestion(database: DatabaseSync, tail: Tail, latest: Latest) {
  const partsOf = database.prepare(
    "SELECT day, body FROM chunk WHERE device = ? AND day BETWEEN ? AND ? ORDER BY day DESC, part DESC",
  );

  /** Of parts of the same day the later one was committed later, and the tail after all of them. */
  const search = (device: number, metric: MetricName, from: Millis, to: Millis): Found | null => {
    let found: Found | null = null;
    for (const { at, metrics } of tail.of(device, from, to)) {
      const value = metrics[metric];
      if (value !== undefined && (found === null || at >= found.at)) found = { at, value };
    }
    const rows = partsOf.iterate(device, Math.floor(from / DAY), Math.floor((to - 1) / DAY));
    let day = Number.NaN;
    for (const row of rows as Iterable<{ day: number; body: Uint8Array }>) {
      if (found !== null && row.day !== day && found.at >= (row.day + 1) * DAY) break;
      day = row.day;
      const { at, values } = decodeChunk(row.body, [metric]);
      const column = values.get(metric);
      for (let i = (column?.length ?? 0) - 1; column && i >= 0; i--) {
        const time = at[i] as number;
        if (found !== null && time <= found.at) break;
        if (time < from || time >= to || Number.isNaN(column[i] as number)) continue;
        found = { at: time, value: column[i] as number };
        break;
      }
    }
    return found;
  };

  return async ({ devices, metric, from, to }: LatestQuery, signal?: AbortSignal): Promise<LatestReadings> => {
    const times = new Float64Array(devices.length).fill(Number.NaN);
    const found = new Float64Array(devices.length).fill(Number.NaN);
    const column = latest.column(metric);
    const knownTo = latest.knownTo();
    let deadline = performance.now() + STEP_MS;
    for (let i = 0; i < devices.length; i++) {
      const device = devices[i] as number;
      const known = device <= knownTo;
      const newest = known ? (column?.at[device] ?? Number.NaN) : Number.POSITIVE_INFINITY;
      if (newest < to) {
        if (newest < from) continue;
        times[i] = newest;
        found[i] = column?.value[device] as number;
      } else if (newest >= to) {
        const past = search(device, metric, from, to);
        if (past) {
          times[i] = past.at;
          found[i] = past.value;
        }
        if (performance.now() > deadline) {
          await breathe(signal);
          deadline = performance.now() + STEP_MS;
        }
      }
    }
    return { at: times, value: found };
  };
}
