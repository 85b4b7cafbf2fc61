import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type MetricName, metricById, metrics as metricTable } from "../domain/metrics.ts";
import type { Millis } from "../domain/time.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/** Readings of one device in order of time, metric by metric. A value that was not measured is NaN. */
export interface Columns {
  readonly at: Float64Array;
  readonly values: ReadonlyMap<MetricName, Float64Array>;
}

const VERSION = 1;
export const MOST_DECIMALS = 7;
/** Column encodings: integers scaled by a power of ten, or plain 64-bit floats where no scale is exact. */
export const PLAIN = 255;

/** Packs columns: differences of differences of time, scaled integers as differences, then compressed. */
export function encodeChunk({ at, values }: Columns): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(VERSION);
  writer.unsigned(at.length);
  let last = 0;
  let lastStep = 0;
  for (const time of at) {
    const step = time - last;
    writer.signed(step - lastStep);
    last = time;
    lastStep = step;
  }
  writer.byte(values.size);
  for (const [name, column] of values) encodeColumn(writer, name, column);
  return zstdCompressSync(writer.finish());
}

function encodeColumn(writer: ByteWriter, name: MetricName, column: Float64Array): void {
  writer.byte(metricTable[name].id);
  let present = 0;
  for (const value of column) if (!Number.isNaN(value)) present++;
  const full = present === column.length;
  writer.byte(full ? 1 : 0);
  if (!full) {
    for (let from = 0; from < column.length; from += 8) {
      let bits = 0;
      for (let i = 0; i < 8 && from + i < column.length; i++) if (!Number.isNaN(column[from + i])) bits |= 1 << i;
      writer.byte(bits);
    }
  }
  const decimals = exactDecimals(column);
  writer.byte(decimals);
  const scale = 10 ** decimals;
  let last = 0;
  for (const value of column) {
    if (Number.isNaN(value)) continue;
    if (decimals === PLAIN) {
      writer.float(value);
    } else {
      const scaled = Math.round(value * scale);
      writer.signed(scaled - last);
      last = scaled;
    }
  }
}

/** The smallest number of decimals with which every value comes back exactly; `PLAIN` when there is none. */
export function exactDecimals(column: Iterable<number>): number {
  let decimals = 0;
  for (const value of column) {
    if (Number.isNaN(value)) continue;
    while (!comesBack(value, decimals)) if (++decimals > MOST_DECIMALS) return PLAIN;
  }
  // A later, longer value may not scale an earlier one exactly: look again.
  for (const value of column) if (!Number.isNaN(value) && !comesBack(value, decimals)) return PLAIN;
  return decimals;
}

function comesBack(value: number, decimals: number): boolean {
  const scale = 10 ** decimals;
  const scaled = Math.round(value * scale);
  return Math.abs(scaled) < 2 ** 50 && !Object.is(scaled, -0) && scaled / scale === value;
}

/**
 * Unpacks a chunk.
 * @param only the metrics that are wanted; the others are passed over
 * @throws RangeError when the bytes are not a chunk
 */
export function decodeChunk(body: Uint8Array, only?: readonly MetricName[]): Columns {
  const reader = new ByteReader(zstdDecompressSync(body));
  const version = reader.byte();
  if (version !== VERSION) throw new RangeError(`a chunk of version ${version} cannot be read`);
  const count = reader.unsigned();
  const at = new Float64Array(count);
  let last: Millis = 0;
  let step = 0;
  for (let i = 0; i < count; i++) {
    step += reader.signed();
    last += step;
    at[i] = last;
  }
  const values = new Map<MetricName, Float64Array>();
  for (let columns = reader.byte(); columns > 0; columns--) {
    const name = metricById[reader.byte()];
    const wanted = name !== undefined && (only === undefined || only.includes(name));
    const column = decodeColumn(reader, count, wanted);
    if (wanted && column) values.set(name, column);
  }
  return { at, values };
}

function decodeColumn(reader: ByteReader, count: number, wanted: boolean): Float64Array | null {
  const full = reader.byte() === 1;
  const bits: number[] = [];
  if (!full) for (let from = 0; from < count; from += 8) bits.push(reader.byte());
  const decimals = reader.byte();
  if (!wanted) {
    const present = full ? count : bits.reduce((sum, byte) => sum + ones(byte), 0);
    if (decimals === PLAIN) reader.skipBytes(present * 8);
    else reader.skipNumbers(present);
    return null;
  }
  const column = new Float64Array(count);
  const scale = 10 ** decimals;
  let last = 0;
  for (let i = 0; i < count; i++) {
    if (!full && !((bits[i >> 3] ?? 0) & (1 << (i & 7)))) {
      column[i] = Number.NaN;
    } else if (decimals === PLAIN) {
      column[i] = reader.float();
    } else {
      last += reader.signed();
      column[i] = last / scale;
    }
  }
  return column;
}

function ones(byte: number): number {
  let count = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return count;
}
