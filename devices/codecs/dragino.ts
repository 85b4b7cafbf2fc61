import type { Metrics } from "../../src/domain/metrics.ts";
import type { QualityFlag } from "../../src/domain/observation.ts";
import type { Codec, CodecReading } from "./codec.ts";

const PORT_READING = 2;
const PORT_LOG = 3;
const LOG_RECORD_BYTES = 11;
/** 0: no sensor connected; 20: the object is nearer than the blind zone of 280 mm. Neither is a distance. */
const NO_DISTANCE = new Set([0, 20]);

/** Dragino LDDS75, DDS75-LB, LDDS20, DDS20-LB: big endian. Temperature is 0.1 °C (one vendor decoder says 0.01: wrong). */
export const dragino: Codec = {
  id: "dragino",
  models: ["ldds", "dds75", "dds20", "dragino"],
  decode(bytes, fPort) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (fPort === PORT_LOG) {
      const readings: CodecReading[] = [];
      for (let at = 0; at + LOG_RECORD_BYTES <= bytes.length; at += LOG_RECORD_BYTES) {
        readings.push({ ...reading(view, at, true), at: view.getUint32(at + 7) * 1_000 });
      }
      const rest = bytes.length % LOG_RECORD_BYTES;
      return { readings, problems: rest ? [{ reason: "truncated", detail: `${rest} bytes are left over` }] : [] };
    }
    if (fPort !== PORT_READING) return { readings: [], problems: [] };
    if (bytes.length < 4) return { readings: [], problems: [{ reason: "truncated", detail: "fewer than 4 bytes" }] };
    // Old firmware sends 4 or 5 bytes, without the tail.
    const tail = bytes.length >= 8;
    return { readings: [{ at: null, ...reading(view, 0, tail && bytes[7] === 1, tail ? 5 : null) }], problems: [] };
  },
};

function reading(
  view: DataView,
  at: number,
  sensorPresent: boolean,
  temperatureAt: number | null = 4,
): { metrics: Metrics; quality?: readonly QualityFlag[] } {
  const metrics: Metrics = { batteryV: (view.getUint16(at) & 0x3fff) / 1_000 };
  const distance = view.getUint16(at + 2);
  const invalid = NO_DISTANCE.has(distance);
  if (!invalid) metrics.distanceMm = distance;
  if (sensorPresent && temperatureAt !== null) metrics.tempC = view.getInt16(at + temperatureAt) / 10;
  return { metrics, ...(invalid && { quality: ["sensorError"] as const }) };
}

/** The bytes a DDS75-LB sends on port 2. */
export function encodeDragino({ batteryV = 3.6, distanceMm = 0, tempC }: Metrics): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint16(0, Math.round(batteryV * 1_000) & 0x3fff);
  view.setUint16(2, Math.round(distanceMm));
  view.setInt16(5, Math.round((tempC ?? 0) * 10));
  view.setUint8(7, tempC === undefined ? 0 : 1);
  return new Uint8Array(view.buffer);
}
