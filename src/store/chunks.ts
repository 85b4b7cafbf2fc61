import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type MetricName, metricById, metrics as metricTable } from "../domain/metrics.ts";
import type { Millis } from "../domain/time.ts";

/** Readings of one device in order of time, metric by metric. A value that was not measured is NaN. */
export interface Columns {
  readonly at: Float64Array;
  readonly values: ReadonlyMap<MetricName, Float64Array>;
}

const VERSION = 1;
const MOST_DECIMALS = 7;
/** Column encodings: integers scaled by a power of ten, or plain 64-bit floats where no scale is exact. */
const PLAIN = 255;

class Writer {
  #bytes = new Uint8Array(4_096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Unsigned, seven bits a byte, up to 2^53. */
  unsigned(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Signed: small magnitudes become small numbers. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -value * 2 - 1 : value * 2);
  }

  float(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#view.getUint8(this.#at++);
  }

  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("a chunk ends in the middle of a number");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  float(): number {
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }
}

/** Packs columns: differences of differences of time, scaled integers as differences, then compressed. */
export function encodeChunk({ at, values }: Columns): Uint8Array {
  const writer = new Writer();
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

function encodeColumn(writer: Writer, name: MetricName, column: Float64Array): void {
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

/** The smallest number of decimals with which every value comes back exactly. */
function exactDecimals(column: Float64Array): number {
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

/** @throws RangeError when the bytes are not a chunk */
export function decodeChunk(body: Uint8Array): Columns {
  const reader = new Reader(zstdDecompressSync(body));
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
    const column = decodeColumn(reader, count);
    if (name !== undefined) values.set(name, column);
  }
  return { at, values };
}

function decodeColumn(reader: Reader, count: number): Float64Array {
  const column = new Float64Array(count);
  const full = reader.byte() === 1;
  const bits: number[] = [];
  if (!full) for (let from = 0; from < count; from += 8) bits.push(reader.byte());
  const decimals = reader.byte();
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
