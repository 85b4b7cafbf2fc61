import type { Metrics } from "../../src/domain/metrics.ts";
import type { Codec, CodecReading, CodecResult } from "./codec.ts";

const PORT_READING = 2;
const PORT_LOG = 3;
const PORT_STATUS = 5;
const READING_BYTES = 8;
const LOG_RECORD_BYTES = 11;
const STATUS_BYTES = 7;
/** 0: no sensor connected; 20: the object is nearer than the blind zone of 280 mm. Neither is a distance. */
const NO_DISTANCE = new Set([0, 20]);
/** What the batteries of these sensors can show, for telling a frame by its shape. */
const BATTERY_MV = { min: 2_000, max: 4_300 } as const;

const problem = (reason: string, detail: string): CodecResult => ({ readings: [], problems: [{ reason, detail }] });
const batteryMv = (view: DataView, at: number): number => view.getUint16(at) & 0x3fff;
/** Bit of the first byte that marks a frame of several samples; how they stand in it is not published. */
const SEVERAL = 0x10;

/**
 * Dragino LDDS75, DDS75-LB, LDDS20 and DDS20-LB (dragino/dragino-end-node-decoder): big endian. The temperature is 0.1 °C;
 * one of the vendor's own decoders divides by 100, which is wrong for the DS18B20 probe.
 */
export const dragino: Codec = {
  id: "dragino",
  title: { en: "Dragino LDDS75, LDDS20, DDS75-LB, DDS20-LB", zh: "Dragino LDDS75、LDDS20、DDS75-LB、DDS20-LB" },
  models: ["ldds", "dds75", "dds20", "dragino"],
  recognises(bytes, fPort) {
    if (fPort !== PORT_READING || bytes.length !== READING_BYTES) return false;
    const battery = batteryMv(viewOf(bytes), 0);
    return battery >= BATTERY_MV.min && battery <= BATTERY_MV.max && (bytes[4] ?? 2) <= 1 && (bytes[7] ?? 2) <= 1;
  },
  decode(bytes, fPort) {
    const view = viewOf(bytes);
    switch (fPort) {
      case PORT_READING:
        return present(view);
      case PORT_LOG:
        return log(view);
      case PORT_STATUS:
        return status(view);
      default:
        return problem("fPort", `nothing is known about port ${fPort} of these sensors`);
    }
  },
  encode({ batteryV, distanceMm, tempC }) {
    if (batteryV === undefined && distanceMm === undefined) return null;
    const view = new DataView(new ArrayBuffer(READING_BYTES));
    view.setUint16(0, Math.round((batteryV ?? 0) * 1_000) & 0x3fff);
    view.setUint16(2, Math.round(distanceMm ?? 0));
    view.setInt16(5, Math.round((tempC ?? 0) * 10));
    view.setUint8(7, tempC === undefined ? 0 : 1);
    return { fPort: PORT_READING, bytes: new Uint8Array(view.buffer) };
  },
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Old firmware sends four or five bytes: battery, distance and perhaps the interrupt; the temperature came later. */
function present(view: DataView): CodecResult {
  const { byteLength } = view;
  if (byteLength < 4) return problem("truncated", "fewer than 4 bytes");
  if ((view.getUint8(0) & SEVERAL) !== 0) {
    const metrics = { batteryV: (view.getUint16(0) & 0x0fff) / 1_000 };
    const several = { reason: "unknownLayout", detail: "a frame of several samples: only its battery is read" };
    return { readings: [{ at: null, metrics }], problems: [several] };
  }
  if (byteLength > READING_BYTES) return problem("unknownLayout", `${byteLength} bytes on port ${PORT_READING}`);
  const probe = byteLength === READING_BYTES && view.getUint8(7) === 1;
  const interrupted = byteLength > 4 && view.getUint8(4) === 1;
  const reading = measured(view, 0, probe ? 5 : null);
  const event = interrupted && { event: { type: "alarm", code: "interrupt" } as const };
  return { readings: [{ at: null, ...reading, ...event }], problems: [] };
}

function log(view: DataView): CodecResult {
  const readings: CodecReading[] = [];
  for (let at = 0; at + LOG_RECORD_BYTES <= view.byteLength; at += LOG_RECORD_BYTES) {
    readings.push({ ...measured(view, at, at + 4), at: view.getUint32(at + 7) * 1_000 });
  }
  const rest = view.byteLength % LOG_RECORD_BYTES;
  return { readings, problems: rest ? [{ reason: "truncated", detail: `${rest} bytes are left over` }] : [] };
}

/** Model, firmware as three decimal digits, frequency band, sub-band, battery. */
function status(view: DataView): CodecResult {
  if (view.byteLength < STATUS_BYTES) return problem("truncated", `fewer than ${STATUS_BYTES} bytes`);
  const details = {
    model: view.getUint8(0),
    firmware: view.getUint16(1).toString(16).padStart(4, "0"),
    band: view.getUint8(3),
    subBand: view.getUint8(4),
  };
  const event = { type: "status", code: "deviceFacts", details } as const;
  return { readings: [{ at: null, metrics: { batteryV: batteryMv(view, 5) / 1_000 }, event }], problems: [] };
}

function measured(view: DataView, at: number, temperatureAt: number | null): Pick<CodecReading, "metrics" | "quality"> {
  const metrics: Metrics = {};
  const battery = batteryMv(view, at);
  // No battery is that empty and still sends: 0 means that it was not measured.
  if (battery > 0) metrics.batteryV = battery / 1_000;
  const distance = view.getUint16(at + 2);
  const invalid = NO_DISTANCE.has(distance);
  if (!invalid) metrics.distanceMm = distance;
  if (temperatureAt !== null) metrics.tempC = view.getInt16(temperatureAt) / 10;
  return { metrics, ...(invalid && { quality: ["sensorError"] as const }) };
}
