import type { Metrics } from "../../src/domain/metrics.ts";
import type { DecodeProblem } from "../driver.ts";
import type { Codec } from "./codec.ts";

interface Item {
  readonly length: number;
  readonly read?: (view: DataView, at: number, metrics: Metrics) => void;
}

/** Readable up to here; what is farther is no echo. */
const FARTHEST_MM = 20_000;
const i24 = (view: DataView, at: number): number => (view.getInt16(at) << 8) | view.getUint8(at + 2);

/** By type (elsys.se, "ELSYS payload"); types without a reader are only passed over. */
const items: Readonly<Record<number, Item>> = {
  1: {
    length: 2,
    read: (view, at, metrics) => {
      metrics.tempC = view.getInt16(at) / 10;
    },
  },
  2: {
    length: 1,
    read: (view, at, metrics) => {
      metrics.humidityPct = view.getUint8(at);
    },
  },
  3: { length: 3 },
  4: { length: 2 },
  5: { length: 1 },
  6: { length: 2 },
  7: {
    length: 2,
    read: (view, at, metrics) => {
      metrics.batteryV = view.getUint16(at) / 1_000;
    },
  },
  8: { length: 2 },
  9: {
    length: 6,
    read: (view, at, metrics) => {
      metrics.lat = i24(view, at) / 10_000;
      metrics.lon = i24(view, at + 3) / 10_000;
    },
  },
  10: { length: 2 },
  11: { length: 4 },
  12: { length: 2 },
  13: { length: 1 },
  14: {
    length: 2,
    read: (view, at, metrics) => {
      const distance = view.getUint16(at);
      if (distance > 0 && distance < FARTHEST_MM) metrics.distanceMm = distance;
    },
  },
  15: { length: 1 },
  16: { length: 4 },
  17: { length: 1 },
  18: {
    length: 1,
    read: (view, at, metrics) => {
      metrics.leak = view.getUint8(at) > 0 ? 1 : 0;
    },
  },
  19: { length: 65 },
  // The published decoder calls it hPa; its own example gives 100729.105, which is pascal.
  20: {
    length: 4,
    read: (view, at, metrics) => {
      metrics.pressureHpa = view.getUint32(at) / 100_000;
    },
  },
  21: { length: 2 },
  22: { length: 2 },
  23: { length: 4 },
  24: { length: 2 },
  25: { length: 2 },
  26: { length: 1 },
  27: { length: 4 },
  28: { length: 2 },
};

/** ELSYS ELT and ERS: a list of type and value, big endian. An unknown type ends decoding; what came before counts. */
export const elsys: Codec = {
  id: "elsys",
  title: { en: "ELSYS ELT Ultrasonic, ERS", zh: "ELSYS ELT 超声波、ERS" },
  models: ["elsys", "elt", "ers"],
  // Its types are small numbers like everybody's: without a name it could be anything.
  recognises: () => false,
  decode(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const metrics: Metrics = {};
    const problems: DecodeProblem[] = [];
    let distanceSaid = false;
    let at = 0;
    while (at < bytes.length) {
      const type = bytes[at] as number;
      const item = items[type];
      if (!item || at + 1 + item.length > bytes.length) {
        problems.push({
          reason: item ? "truncated" : "unknownItem",
          detail: `type ${type} at byte ${at} ends decoding`,
        });
        break;
      }
      if (type === 14) distanceSaid = true;
      item.read?.(view, at + 1, metrics);
      at += 1 + item.length;
    }
    if (Object.keys(metrics).length === 0 && !distanceSaid) return { readings: [], problems };
    const blind = distanceSaid && metrics.distanceMm === undefined;
    return { readings: [{ at: null, metrics, ...(blind && { quality: ["sensorError"] as const }) }], problems };
  },
  encode({ tempC, humidityPct, distanceMm, batteryV }) {
    const bytes: number[] = [];
    const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];
    if (tempC !== undefined) bytes.push(1, ...u16(Math.round(tempC * 10)));
    if (humidityPct !== undefined) bytes.push(2, Math.round(humidityPct));
    if (batteryV !== undefined) bytes.push(7, ...u16(Math.round(batteryV * 1_000)));
    if (distanceMm !== undefined) bytes.push(14, ...u16(Math.round(distanceMm)));
    return bytes.length > 0 ? { fPort: 5, bytes: Uint8Array.from(bytes) } : null;
  },
};
