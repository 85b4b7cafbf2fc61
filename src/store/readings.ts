import { type MetricName, metricById, metrics as metricTable } from "../domain/metrics.ts";
import { type DeviceEvent, qualityFlags } from "../domain/observation.ts";
import type { Reading } from "./kept.ts";

/**
 * Packed readings, little endian: a version byte, then for each reading
 * u32 device, f64 at, f64 receivedAt, u32 key, u16 quality bits, u8 metric count, u16 event bytes,
 * the metrics as (u8 id, f64 value), and the event as JSON text.
 */
const VERSION = 1;
const HEADER_BYTES = 1;
const FIXED_BYTES = 29;
const METRIC_BYTES = 9;
const MAX_METRICS = metricById.length;
const MAX_EVENT_BYTES = 0xffff;
const FIRST_CAPACITY = 16 * 1024;

/** Collects the readings of one batch in their packed form, without an object for each. */
export class ReadingWriter {
  #buffer: ArrayBuffer | null = null;
  #view = EMPTY_VIEW;
  #length = HEADER_BYTES;
  #count = 0;
  #hasEvents = false;

  get count(): number {
    return this.#count;
  }

  get hasEvents(): boolean {
    return this.#hasEvents;
  }

  append(reading: Reading): void {
    const event = reading.event === undefined ? null : encodeEvent(reading.event);
    this.#reserve(FIXED_BYTES + MAX_METRICS * METRIC_BYTES + (event?.length ?? 0));
    const view = this.#view;
    let at = this.#length;
    view.setUint32(at, reading.device, true);
    view.setFloat64(at + 4, reading.at, true);
    view.setFloat64(at + 12, reading.receivedAt, true);
    view.setUint32(at + 20, reading.key, true);
    view.setUint16(at + 24, reading.quality === undefined ? 0 : qualityBits(reading.quality), true);
    view.setUint16(at + 27, event?.length ?? 0, true);
    const countAt = at + 26;
    at += FIXED_BYTES;
    let count = 0;
    for (const name in reading.metrics) {
      const value = reading.metrics[name as MetricName];
      if (value === undefined) continue;
      view.setUint8(at, metricTable[name as MetricName].id);
      view.setFloat64(at + 1, value, true);
      at += METRIC_BYTES;
      count++;
    }
    view.setUint8(countAt, count);
    if (event) {
      this.#hasEvents = true;
      new Uint8Array(view.buffer).set(event, at);
      at += event.length;
    }
    this.#length = at;
    this.#count++;
  }

  /** The packed batch, exactly as long as its content; null when nothing was appended. */
  finish(): ArrayBuffer | null {
    return this.#count === 0 || !this.#buffer ? null : this.#buffer.slice(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#buffer && this.#length + bytes <= this.#buffer.byteLength) return;
    const capacity = Math.max(FIRST_CAPACITY, (this.#buffer?.byteLength ?? 0) * 2, this.#length + bytes);
    const larger = new ArrayBuffer(capacity);
    if (this.#buffer) new Uint8Array(larger).set(new Uint8Array(this.#buffer, 0, this.#length));
    this.#buffer = larger;
    this.#view = new DataView(larger);
    this.#view.setUint8(0, VERSION);
  }
}

const EMPTY_VIEW = new DataView(new ArrayBuffer(0));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An event too large for its field is cut to what identifies it: the reading must not be lost because of a picture. */
function encodeEvent(event: DeviceEvent): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(event));
  if (bytes.length <= MAX_EVENT_BYTES) return bytes;
  const { details: _dropped, ...rest } = event as DeviceEvent & { details?: unknown };
  return encoder.encode(JSON.stringify(rest)).subarray(0, MAX_EVENT_BYTES);
}

function qualityBits(quality: NonNullable<Reading["quality"]>): number {
  let bits = 0;
  for (const flag of quality) bits |= 1 << qualityFlags.indexOf(flag);
  return bits;
}

/**
 * Unpacks a batch in the order it was appended.
 * @throws RangeError when the bytes are not a packed batch
 */
export function decodeReadings(buffer: ArrayBuffer | Uint8Array, onReading: (reading: Reading) => void): void {
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== VERSION) throw new RangeError(`readings of version ${view.getUint8(0)} cannot be read`);
  let at = HEADER_BYTES;
  while (at < bytes.byteLength) {
    const flags = view.getUint16(at + 24, true);
    const count = view.getUint8(at + 26);
    const eventLength = view.getUint16(at + 27, true);
    const metrics: Reading["metrics"] = {};
    let metricAt = at + FIXED_BYTES;
    for (let i = 0; i < count; i++, metricAt += METRIC_BYTES) {
      const name = metricById[view.getUint8(metricAt)];
      if (name !== undefined) metrics[name] = view.getFloat64(metricAt + 1, true);
    }
    onReading({
      device: view.getUint32(at, true),
      at: view.getFloat64(at + 4, true),
      receivedAt: view.getFloat64(at + 12, true),
      key: view.getUint32(at + 20, true),
      metrics,
      ...(eventLength > 0 && {
        event: JSON.parse(decoder.decode(bytes.subarray(metricAt, metricAt + eventLength))) as DeviceEvent,
      }),
      ...(flags !== 0 && { quality: qualityFlags.filter((_, bit) => flags & (1 << bit)) }),
    });
    at = metricAt + eventLength;
  }
}
