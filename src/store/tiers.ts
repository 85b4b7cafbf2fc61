import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type MetricName, metricById, metrics as metricTable } from "../domain/metrics.ts";
import { DAY, MINUTE, type Millis } from "../domain/time.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { type Columns, exactDecimals, PLAIN } from "./chunks.ts";

/** Everything any aggregate needs of a window's values. */
export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly first: number;
  readonly last: number;
}

/** Windows of one device in order of time, each by its number since the epoch; metric by metric. */
export type Windows = ReadonlyMap<MetricName, ReadonlyMap<number, Summary>>;

/**
 * Coarser and coarser memories of the same past. A blob holds one device for `periodMs`.
 * The daily tier keeps 32 days together, because a day alone would be smaller than what it costs to store a row.
 */
export const tiers = {
  minutes: { id: 1, windowMs: 5 * MINUTE, periodMs: DAY },
  days: { id: 2, windowMs: DAY, periodMs: 32 * DAY },
} as const satisfies Record<string, { id: number; windowMs: Millis; periodMs: Millis }>;
export type Tier = (typeof tiers)[keyof typeof tiers];

/** Adds up windows of raw values. Sums of decimal numbers are exact: they are added as scaled whole numbers. */
export function summarise({ at, values }: Columns, windowMs: Millis): Windows {
  const result = new Map<MetricName, Map<number, Summary>>();
  for (const [name, column] of values) {
    const decimals = exactDecimals(column);
    const scale = decimals === PLAIN ? 1 : 10 ** decimals;
    const whole = (value: number) => (decimals === PLAIN ? value : Math.round(value * scale));
    const windows = new Map<number, Summary>();
    let window = Number.NaN;
    let count = 0;
    let sum = 0;
    let [min, max, first, last] = [0, 0, 0, 0];
    const close = () => {
      if (count > 0) windows.set(window, { count, sum: sum / scale, min, max, first, last });
    };
    for (let i = 0; i < at.length; i++) {
      const value = column[i] as number;
      if (Number.isNaN(value)) continue;
      const own = Math.floor((at[i] as number) / windowMs);
      if (own !== window) {
        close();
        window = own;
        count = 0;
        sum = 0;
        min = max = first = value;
      }
      count++;
      sum += whole(value);
      if (value < min) min = value;
      if (value > max) max = value;
      last = value;
    }
    close();
    if (windows.size > 0) result.set(name, windows);
  }
  return result;
}

/** Two neighbouring stretches as one, the earlier first. */
export function join(a: Summary, b: Summary): Summary {
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    first: a.first,
    last: b.last,
  };
}

const VERSION = 1;
const values = ({ sum, min, max, first, last }: Summary): readonly number[] => [sum, min, max, first, last];

/** Packs windows: numbers of windows as steps, everything else as the difference from what it is mostly equal to. */
export function encodeWindows(windows: Windows): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(VERSION);
  writer.byte(windows.size);
  for (const [name, own] of windows) {
    const column = encodeMetric(own);
    writer.byte(metricTable[name].id);
    writer.unsigned(column.length);
    writer.bytes(column);
  }
  return zstdCompressSync(writer.finish());
}

function encodeMetric(windows: ReadonlyMap<number, Summary>): Uint8Array {
  const writer = new ByteWriter();
  const summaries = [...windows.values()];
  writer.unsigned(windows.size);
  let before = 0;
  for (const window of windows.keys()) {
    writer.unsigned(window - before);
    before = window;
  }
  for (const { count } of summaries) writer.unsigned(count);
  const decimals = commonDecimals(summaries);
  writer.byte(decimals);
  if (decimals === PLAIN) {
    for (const summary of summaries) for (const value of values(summary)) writer.float(value);
    return writer.finish();
  }
  const scale = 10 ** decimals;
  const whole = (value: number) => Math.round(value * scale);
  let last = 0;
  for (const summary of summaries) {
    writer.signed(whole(summary.first) - last);
    last = whole(summary.first);
  }
  for (const { first, last: end } of summaries) writer.signed(whole(end) - whole(first));
  for (const { first, min } of summaries) writer.unsigned(whole(first) - whole(min));
  for (const { first, max } of summaries) writer.unsigned(whole(max) - whole(first));
  for (const { count, first, sum } of summaries) writer.signed(whole(sum) - count * whole(first));
  return writer.finish();
}

/** Values this large times a count would no longer be exact. */
const LARGEST = 2 ** 51;

function commonDecimals(summaries: readonly Summary[]): number {
  const decimals = exactDecimals(summaries.flatMap(values));
  const tooLarge = ({ count, first }: Summary) => Math.abs(count * first) * 10 ** decimals > LARGEST;
  return decimals === PLAIN || summaries.some(tooLarge) ? PLAIN : decimals;
}

/**
 * Unpacks windows.
 * @param only the metric that is wanted; the others are passed over
 * @throws RangeError when the bytes are not windows
 */
export function decodeWindows(body: Uint8Array, only?: MetricName): Map<MetricName, Map<number, Summary>> {
  const reader = new ByteReader(zstdDecompressSync(body));
  const version = reader.byte();
  if (version !== VERSION) throw new RangeError(`windows of version ${version} cannot be read`);
  const result = new Map<MetricName, Map<number, Summary>>();
  for (let left = reader.byte(); left > 0; left--) {
    const name = metricById[reader.byte()];
    const length = reader.unsigned();
    if (name === undefined || (only !== undefined && name !== only)) reader.skipBytes(length);
    else result.set(name, decodeMetric(reader));
  }
  return result;
}

function decodeMetric(reader: ByteReader): Map<number, Summary> {
  const size = reader.unsigned();
  const numbers = (read: () => number) => Float64Array.from({ length: size }, read);
  let window = 0;
  const windows = numbers(() => {
    window += reader.unsigned();
    return window;
  });
  const counts = numbers(() => reader.unsigned());
  const decimals = reader.byte();
  const result = new Map<number, Summary>();
  if (decimals === PLAIN) {
    for (let i = 0; i < size; i++) {
      const [sum, min, max, first, last] = [0, 0, 0, 0, 0].map(() => reader.float()) as [
        number,
        number,
        number,
        number,
        number,
      ];
      result.set(windows[i] as number, { count: counts[i] as number, sum, min, max, first, last });
    }
    return result;
  }
  const scale = 10 ** decimals;
  let before = 0;
  const first = numbers(() => {
    before += reader.signed();
    return before;
  });
  const [toLast, toMin, toMax] = [
    numbers(() => reader.signed()),
    numbers(() => reader.unsigned()),
    numbers(() => reader.unsigned()),
  ];
  const beyond = numbers(() => reader.signed());
  for (let i = 0; i < size; i++) {
    const start = first[i] as number;
    const count = counts[i] as number;
    result.set(windows[i] as number, {
      count,
      sum: (count * start + (beyond[i] as number)) / scale,
      min: (start - (toMin[i] as number)) / scale,
      max: (start + (toMax[i] as number)) / scale,
      first: start / scale,
      last: (start + (toLast[i] as number)) / scale,
    });
  }
  return result;
}
