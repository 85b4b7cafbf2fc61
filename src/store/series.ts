import type { DatabaseSync } from "node:sqlite";
import type { MetricName, Metrics } from "../domain/metrics.ts";
import { DAY, type Millis } from "../domain/time.ts";
import { breathe } from "./breathe.ts";
import { type Columns, decodeChunk } from "./chunks.ts";
import type { Aggregate, DeviceQuery, Point, ReadingsQuery, Series, SeriesQuery, TrackPoint } from "./history.ts";
import type { Reading } from "./kept.ts";
import { merge } from "./merge.ts";
import { ReadingWriter } from "./readings.ts";
import type { Tail } from "./tail.ts";
import { createTierReader } from "./tier-reader.ts";
import type { Summary } from "./tiers.ts";

/** History out of chunks and tail, a day at a time so that a long query never holds up a commit. */
export function createSeries(database: DatabaseSync, tail: Tail) {
  const chunksOfDay = database.prepare("SELECT body FROM chunk WHERE device = ? AND day = ? ORDER BY part");
  const daysOf = database.prepare(
    "SELECT DISTINCT day FROM chunk WHERE device = ? AND day BETWEEN ? AND ? ORDER BY day",
  );
  const eventsOf = database.prepare(
    "SELECT at, key, body FROM event WHERE device = ? AND at >= ? AND at < ? ORDER BY at DESC, key LIMIT ?",
  );

  const tiersOf = createTierReader(database, tail);

  /** @param only the metrics that are wanted; all of them when absent */
  const day = (device: number, number: number, only?: readonly MetricName[]): Columns => {
    const rows = chunksOfDay.all(device, number) as { body: Uint8Array }[];
    const chunks = rows.map(({ body }) => decodeChunk(body, only));
    return merge(chunks, tail.of(device, number * DAY, (number + 1) * DAY));
  };

  /** Days with readings in [from, to), oldest first. */
  const days = (device: number, from: Millis, to: Millis): number[] => {
    const first = Math.floor(from / DAY);
    const last = Math.floor((to - 1) / DAY);
    const found = new Set((daysOf.all(device, first, last) as { day: number }[]).map((row) => row.day));
    for (const { at } of tail.of(device, from, to)) found.add(Math.floor(at / DAY));
    return [...found].sort((a, b) => a - b);
  };

  return {
    async series(query: SeriesQuery, signal?: AbortSignal): Promise<Series> {
      const { device, metric, from, to } = query;
      const collector = query.everyMs ? windows(query, query.everyMs) : raw();
      const limit = query.limit ?? Number.POSITIVE_INFINITY;
      const coarse = query.everyMs ? tiersOf({ ...query, everyMs: query.everyMs }) : null;
      const numbers = coarse?.days()?.sort((a, b) => a - b) ?? days(device, from, to);
      for (const number of numbers) {
        const summaries = coarse?.day(number);
        if (summaries) {
          for (const [start, summary] of summaries) collector.join(start, summary);
        } else {
          const { at, values } = day(device, number, [metric]);
          const column = values.get(metric) ?? [];
          for (let i = 0; i < column.length; i++) {
            const time = at[i] as number;
            const value = column[i] as number;
            if (time >= from && time < to && !Number.isNaN(value)) collector.add(time, value);
          }
        }
        if (collector.points.length > limit) break;
        await breathe(signal);
      }
      const points = collector.finish();
      return { points: points.slice(0, limit), truncated: points.length > limit };
    },

    async track(query: DeviceQuery, signal?: AbortSignal): Promise<TrackPoint[]> {
      const points: TrackPoint[] = [];
      for (const number of days(query.device, query.from, query.to)) {
        const { at, values } = day(query.device, number, ["lat", "lon", "speedKmh", "headingDeg"]);
        const column = (name: MetricName, i: number): number | null => {
          const value = values.get(name)?.[i];
          return value === undefined || Number.isNaN(value) ? null : value;
        };
        for (let i = 0; i < at.length && points.length < query.limit; i++) {
          const time = at[i] as number;
          const lat = column("lat", i);
          const lon = column("lon", i);
          if (time < query.from || time >= query.to || lat === null || lon === null) continue;
          points.push({ at: time, lat, lon, speedKmh: column("speedKmh", i), headingDeg: column("headingDeg", i) });
        }
        await breathe(signal);
      }
      return points;
    },

    events(query: DeviceQuery): Reading[] {
      const rows = eventsOf.all(query.device, query.from, query.to, query.limit) as { body: string }[];
      return rows.map(({ body }) => JSON.parse(body) as Reading);
    },

    /** Everything that was stored of some devices, numbers and events, packed and in order of event time. */
    async readings({ devices, from, to }: ReadingsQuery, signal?: AbortSignal): Promise<ArrayBuffer | null> {
      const found: Reading[] = [];
      for (const device of devices) {
        for (const number of days(device, from, to)) {
          const { at, values } = day(device, number);
          for (let i = 0; i < at.length; i++) {
            const time = at[i] as number;
            if (time < from || time >= to) continue;
            const metrics: Metrics = {};
            for (const [name, column] of values) {
              const value = column[i] as number;
              if (!Number.isNaN(value)) metrics[name] = value;
            }
            found.push({ device, at: time, receivedAt: time, key: found.length, metrics });
          }
        }
        for (const { body } of eventsOf.all(device, from, to, EVENTS_OF_A_DEVICE) as { body: string }[]) {
          const { at, key, event, quality } = JSON.parse(body) as Reading;
          found.push({
            device,
            at,
            receivedAt: at,
            key,
            metrics: {},
            ...(event && { event }),
            ...(quality && { quality }),
          });
        }
        await breathe(signal);
      }
      found.sort((a, b) => a.at - b.at);
      const writer = new ReadingWriter();
      for (const reading of found) writer.append(reading);
      return writer.finish();
    },

    day,
  };
}

/** More events of one device within one question are left out, oldest first. */
const EVENTS_OF_A_DEVICE = 100_000;

interface Collector {
  readonly points: Point[];
  add(at: Millis, value: number): void;
  /** Values that were added up before; they start at a time and stay within one window. */
  join(start: Millis, summary: Summary): void;
  finish(): Point[];
}

function raw(): Collector {
  const points: Point[] = [];
  return { points, add: (at, value) => points.push({ at, value }), join: () => {}, finish: () => points };
}

const aggregates: Readonly<Record<Aggregate, (window: Summary) => number>> = {
  mean: ({ sum, count }) => sum / count,
  min: ({ min }) => min,
  max: ({ max }) => max,
  sum: ({ sum }) => sum,
  count: ({ count }) => count,
  first: ({ first }) => first,
  last: ({ last }) => last,
};

/** Values come in order of time, so one window is open at a time. */
function windows({ aggregate = "mean" }: SeriesQuery, everyMs: Millis): Collector {
  const points: Point[] = [];
  const open = { count: 0, sum: 0, min: 0, max: 0, first: 0, last: 0 };
  let start = Number.NaN;
  const close = () => {
    if (open.count > 0) points.push({ at: start, value: aggregates[aggregate](open) });
  };
  const into = (at: Millis, first: number) => {
    const windowStart = Math.floor(at / everyMs) * everyMs;
    if (windowStart === start) return;
    close();
    start = windowStart;
    open.count = open.sum = 0;
    open.min = open.max = open.first = first;
  };
  return {
    points,
    add(at, value) {
      into(at, value);
      open.count++;
      open.sum += value;
      open.min = Math.min(open.min, value);
      open.max = Math.max(open.max, value);
      open.last = value;
    },
    join(at, summary) {
      into(at, summary.first);
      open.count += summary.count;
      open.sum += summary.sum;
      open.min = Math.min(open.min, summary.min);
      open.max = Math.max(open.max, summary.max);
      open.last = summary.last;
    },
    finish() {
      close();
      return points;
    },
  };
}
