import type { DatabaseSync } from "node:sqlite";
import { type MetricName, type Metrics, metricById, metrics as metricTable } from "../domain/metrics.ts";
import type { Millis } from "../domain/time.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { Columns } from "./chunks.ts";
import { atomically, createMeta } from "./meta.ts";

/** When each device said a metric last, and what: by device number, NaN where it never did. */
export interface LatestColumn {
  at: Float64Array;
  value: Float64Array;
}

/**
 * The newest value of every metric of every device. It is kept in memory, where one question about all devices is a walk
 * over two arrays, and beside the chunks, so that a start need not open them all.
 */
export interface Latest {
  /** A commit said so. Of two readings of the same moment the later commit counts. */
  see(device: number, at: Millis, metrics: Metrics): void;
  /** A part of the past says so; what commits have said goes before it. */
  look(device: number, columns: Columns): void;
  /** Writes down what is known of a device; within the caller's transaction. */
  keep(device: number): void;
  /** Readings of a device before a moment are gone, all of them or some metrics. Within the caller's transaction. */
  forget(device: number, before: Millis, only?: readonly MetricName[]): void;
  column(metric: MetricName): LatestColumn | undefined;
  /** Devices up to this number are known; those behind it still have to be looked up in the chunks. */
  knownTo(): number;
}

const SMALLEST_COLUMN = 1_024;

export function createLatest(database: DatabaseSync): Latest {
  const put = database.prepare("INSERT OR REPLACE INTO latest (device, body) VALUES (?, ?)");
  const drop = database.prepare("DELETE FROM latest WHERE device = ?");
  const meta = createMeta(database);
  const columns = new Map<MetricName, LatestColumn>();

  const grown = (values: Float64Array, device: number): Float64Array => {
    const larger = new Float64Array(Math.max(SMALLEST_COLUMN, 2 ** Math.ceil(Math.log2(device + 1)))).fill(Number.NaN);
    larger.set(values);
    return larger;
  };
  const columnFor = (metric: MetricName, device: number): LatestColumn => {
    let column = columns.get(metric);
    if (!column) {
      column = { at: new Float64Array(), value: new Float64Array() };
      columns.set(metric, column);
    }
    if (device >= column.at.length) {
      column.at = grown(column.at, device);
      column.value = grown(column.value, device);
    }
    return column;
  };

  const keep = (device: number): void => {
    const writer = new ByteWriter();
    for (const [metric, { at, value }] of columns) {
      const time = at[device];
      if (time === undefined || Number.isNaN(time)) continue;
      writer.byte(metricTable[metric].id);
      writer.unsigned(time);
      writer.float(value[device] as number);
    }
    const body = writer.finish();
    if (body.length > 0) put.run(device, body);
    else drop.run(device);
  };

  for (const row of database.prepare("SELECT device, body FROM latest").iterate()) {
    const { device, body } = row as { device: number; body: Uint8Array };
    const reader = new ByteReader(body);
    while (!reader.ended) {
      const metric = metricById[reader.byte()];
      const time = reader.unsigned();
      const value = reader.float();
      if (metric === undefined) continue;
      const column = columnFor(metric, device);
      column.at[device] = time;
      column.value[device] = value;
    }
  }

  return {
    see(device, at, metrics) {
      for (const name in metrics) {
        const value = metrics[name as MetricName];
        if (value === undefined) continue;
        const column = columnFor(name as MetricName, device);
        // Written so that what was never said (NaN) gives way.
        if ((column.at[device] as number) > at) continue;
        column.at[device] = at;
        column.value[device] = value;
      }
    },

    look(device, { at, values }) {
      for (const [name, own] of values) {
        let i = own.length - 1;
        while (i >= 0 && Number.isNaN(own[i] as number)) i--;
        if (i < 0) continue;
        const column = columnFor(name, device);
        if ((column.at[device] as number) >= (at[i] as number)) continue;
        column.at[device] = at[i] as number;
        column.value[device] = own[i] as number;
      }
    },

    keep,

    forget(device, before, only) {
      let forgotten = false;
      for (const [name, { at, value }] of columns) {
        if ((only && !only.includes(name)) || !((at[device] as number) < before)) continue;
        at[device] = value[device] = Number.NaN;
        forgotten = true;
      }
      if (forgotten) keep(device);
    },

    column: (metric) => columns.get(metric),
    knownTo: () => meta.number("latestKnownTo"),
  };
}

/** Longest time a step may take from a waiting commit. */
const STEP_MS = 8;

/**
 * Finds the newest values of a database that was written before they were kept, device by device, newest day first.
 * @returns a step that answers whether there is more to do
 */
export function createLatestFinder(
  database: DatabaseSync,
  latest: Latest,
  day: (device: number, day: number) => Columns,
) {
  const meta = createMeta(database);
  const nextDevice = database.prepare("SELECT min(device) AS device FROM chunk WHERE device > ?");
  const daysOf = database.prepare("SELECT DISTINCT day FROM chunk WHERE device = ? ORDER BY day");
  let device: number | null = null;
  let days: number[] = [];

  return (): boolean => {
    if (meta.number("latestKnownTo") === Number.MAX_SAFE_INTEGER) return false;
    const deadline = performance.now() + STEP_MS;
    return atomically(database, () => {
      do {
        if (device === null) {
          device = (nextDevice.get(meta.number("latestKnownTo")) as { device: number | null }).device;
          if (device === null) {
            meta.put("latestKnownTo", Number.MAX_SAFE_INTEGER);
            return false;
          }
          days = (daysOf.all(device) as { day: number }[]).map((row) => row.day);
        }
        const next = days.pop();
        if (next !== undefined) {
          latest.look(device, day(device, next));
          continue;
        }
        latest.keep(device);
        meta.put("latestKnownTo", device);
        device = null;
      } while (performance.now() < deadline);
      return true;
    });
  };
}
