import type { Metrics } from "../../src/domain/metrics.ts";
import type { Codec, CodecResult } from "./codec.ts";

const PORT_STATUS = 1;
const PORT_READING = 2;
const HEAD_BYTES = 5;
const ECHO_BYTES = 8;
const STATUS_TAIL_BYTES = 4;
/** An echo that is narrower or weaker is a reflection of the wall (the maker's default filter). */
const LEAST_WIDTH = 50;
const LEAST_AMPLITUDE = 100;
const BATTERY_MV = { min: 2_000, max: 4_300 } as const;

const problem = (reason: string, detail: string): CodecResult => ({ readings: [], problems: [{ reason, detail }] });

/** Lobaro Oskar v2: little endian; several echoes for each measurement, of which the median of the good ones counts. */
export const lobaro: Codec = {
  id: "lobaro",
  title: { en: "Lobaro Oskar v2", zh: "Lobaro Oskar v2" },
  models: ["lobaro", "oskar"],
  recognises(bytes, fPort) {
    const fits = fPort === PORT_READING && bytes.length > HEAD_BYTES && (bytes.length - HEAD_BYTES) % ECHO_BYTES === 0;
    const battery = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
    return fits && bytes[4] === 0 && battery >= BATTERY_MV.min && battery <= BATTERY_MV.max;
  },
  decode(bytes, fPort) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (fPort === PORT_STATUS) {
      if (bytes.length < STATUS_TAIL_BYTES) return problem("truncated", `fewer than ${STATUS_TAIL_BYTES} bytes`);
      return { readings: [{ at: null, metrics: power(view, bytes.length - STATUS_TAIL_BYTES) }], problems: [] };
    }
    if (fPort !== PORT_READING) return problem("fPort", `nothing is known about port ${fPort} of these sensors`);
    if (bytes.length < HEAD_BYTES) return problem("truncated", `fewer than ${HEAD_BYTES} bytes`);
    const metrics = power(view, 0);
    const good: number[] = [];
    let at = HEAD_BYTES;
    for (; at + ECHO_BYTES <= bytes.length; at += ECHO_BYTES) {
      const clear = view.getUint8(at + 6) >= LEAST_WIDTH && view.getUint8(at + 7) >= LEAST_AMPLITUDE;
      if (clear) good.push(view.getUint32(at, true));
    }
    const median = good.sort((a, b) => a - b)[Math.floor((good.length - 1) / 2)];
    if (median !== undefined) metrics.distanceMm = median;
    const rest = bytes.length - at;
    return {
      readings: [{ at: null, metrics, ...(median === undefined && { quality: ["sensorError"] as const }) }],
      problems: rest > 0 ? [{ reason: "truncated", detail: `${rest} bytes are left over` }] : [],
    };
  },
  encode({ distanceMm, batteryV, tempC }) {
    if (distanceMm === undefined) return null;
    const bytes = Buffer.alloc(HEAD_BYTES + ECHO_BYTES);
    bytes.writeUInt16LE(Math.round((batteryV ?? 0) * 1_000), 0);
    bytes.writeInt16LE(Math.round((tempC ?? 0) * 10), 2);
    bytes.writeUInt32LE(Math.round(distanceMm), HEAD_BYTES);
    bytes.writeUInt8(LEAST_WIDTH, HEAD_BYTES + 6);
    bytes.writeUInt8(LEAST_AMPLITUDE, HEAD_BYTES + 7);
    return { fPort: PORT_READING, bytes: new Uint8Array(bytes) };
  },
};

const power = (view: DataView, at: number): Metrics => ({
  batteryV: view.getUint16(at, true) / 1_000,
  tempC: view.getInt16(at + 2, true) / 10,
});
