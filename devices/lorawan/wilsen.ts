import type { Metrics } from "../../src/domain/metrics.ts";
import type { DecodeProblem } from "../driver.ts";
import type { Codec } from "./codec.ts";

const DISTANCE = 0x0b01;
const FILL = 0x0b06;
const TEMPERATURE = 0x0201;
const BATTERY = 0x5101;
const LATITUDE = 0x5001;
const LONGITUDE = 0x5002;
/** Centimetres that are no distance: an object too near, and out of range. */
const TOO_NEAR_CM = 0;
const OUT_OF_RANGE_CM = 65_535;

type Values = Map<number, DataView>;

/** Items of length (of id and value), id and value; null as soon as one does not fit. */
function itemsOf(bytes: Uint8Array): { values: Values; whole: boolean } {
  const values: Values = new Map();
  let at = 0;
  while (at < bytes.length) {
    const length = bytes[at] as number;
    if (length < 3 || at + 1 + length > bytes.length) return { values, whole: false };
    const view = new DataView(bytes.buffer, bytes.byteOffset + at + 1, length);
    values.set(view.getUint16(0), new DataView(view.buffer, view.byteOffset + 2, length - 2));
    at += 1 + length;
  }
  return { values, whole: true };
}

/**
 * Pepperl+Fuchs WILSEN.sonic.level: items by id, big endian; their order varies. The sensor works out the fill level itself,
 * and says 100 % when something is too near to be measured: that is no full bin.
 */
export const wilsen: Codec = {
  id: "wilsen",
  title: { en: "Pepperl+Fuchs WILSEN.sonic.level", zh: "倍加福 WILSEN.sonic.level" },
  models: ["wilsen", "pepperl"],
  recognises(bytes) {
    const { values, whole } = itemsOf(bytes);
    return whole && values.get(DISTANCE)?.byteLength === 2 && values.get(FILL)?.byteLength === 1;
  },
  decode(bytes) {
    const { values, whole } = itemsOf(bytes);
    const problems: DecodeProblem[] = whole ? [] : [{ reason: "truncated", detail: "an item does not fit" }];
    const number = (id: number, length: number, read: (view: DataView) => number): number | undefined => {
      const view = values.get(id);
      return view?.byteLength === length ? read(view) : undefined;
    };
    const metrics: Metrics = {};
    const centimetres = number(DISTANCE, 2, (view) => view.getUint16(0));
    const fill = number(FILL, 1, (view) => view.getUint8(0));
    const tempC = number(TEMPERATURE, 4, (view) => view.getFloat32(0));
    const decivolts = number(BATTERY, 1, (view) => view.getUint8(0));
    const lat = number(LATITUDE, 4, (view) => view.getInt32(0) / 1e6);
    const lon = number(LONGITUDE, 4, (view) => view.getInt32(0) / 1e6);
    const blind = centimetres === TOO_NEAR_CM || centimetres === OUT_OF_RANGE_CM;
    if (centimetres !== undefined && !blind) metrics.distanceMm = centimetres * 10;
    if (fill !== undefined && !blind) metrics.fillPct = fill;
    if (tempC !== undefined && Number.isFinite(tempC)) metrics.tempC = Math.round(tempC * 1e6) / 1e6;
    if (decivolts !== undefined) metrics.batteryV = decivolts / 10;
    if (lat !== undefined && lon !== undefined) Object.assign(metrics, { lat, lon });
    if (Object.keys(metrics).length === 0 && !blind) return { readings: [], problems };
    const quality = blind && { quality: ["sensorError"] as const };
    return { readings: [{ at: null, metrics, ...quality }], problems };
  },
  encode({ distanceMm, fillPct, tempC, batteryV }) {
    if (distanceMm === undefined && fillPct === undefined) return null;
    const item = (id: number, value: Buffer): Buffer =>
      Buffer.concat([Buffer.from([value.length + 2, id >> 8, id & 0xff]), value]);
    const parts: Buffer[] = [];
    if (distanceMm !== undefined) {
      const value = Buffer.alloc(2);
      value.writeUInt16BE(Math.round(distanceMm / 10));
      parts.push(item(DISTANCE, value));
    }
    if (fillPct !== undefined) parts.push(item(FILL, Buffer.from([Math.round(fillPct)])));
    if (tempC !== undefined) {
      const value = Buffer.alloc(4);
      value.writeFloatBE(tempC);
      parts.push(item(TEMPERATURE, value));
    }
    if (batteryV !== undefined) parts.push(item(BATTERY, Buffer.from([Math.round(batteryV * 10)])));
    return { fPort: 1, bytes: new Uint8Array(Buffer.concat(parts)) };
  },
};
