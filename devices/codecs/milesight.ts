import type { Metrics } from "../../src/domain/metrics.ts";
import type { DecodeProblem } from "../driver.ts";
import type { Codec, CodecReading } from "./codec.ts";

export const MILESIGHT_PORT = 85;

/** A frame being read. */
interface Frame {
  readonly metrics: Metrics;
  readonly history: CodecReading[];
  readonly alarms: Record<string, boolean>;
  readonly facts: Record<string, string>;
}

interface Item {
  /** Bytes of the value. */
  readonly length: number;
  readonly read: (view: DataView, at: number, frame: Frame) => void;
}

const hex = (view: DataView, at: number, length: number): string =>
  Array.from({ length }, (_, i) =>
    view
      .getUint8(at + i)
      .toString(16)
      .padStart(2, "0"),
  ).join("");

const distance = (view: DataView, at: number, { metrics }: Frame): void => {
  metrics.distanceMm = view.getUint16(at, true);
};
/** Signed: the vendor's decoder for the NB-IoT model reads it unsigned, and −5.1 °C becomes 6548.5. */
const temperature = (view: DataView, at: number, { metrics }: Frame): void => {
  metrics.tempC = view.getInt16(at, true) / 10;
};
const tilt = (view: DataView, at: number, { metrics }: Frame): void => {
  metrics.tilted = view.getUint8(at) === 1 ? 1 : 0;
};
const fact = (name: string, length: number): Item => ({
  length,
  read: (view, at, { facts }) => {
    facts[name] = hex(view, at, length);
  },
});

/** By channel and type. The distance stands on channel 3 (EM310, EM500) or 4 (EM400), the tilt on 4 or 5. */
const items: Readonly<Record<number, Item>> = {
  373: {
    length: 1,
    read: (view, at, { metrics }) => {
      metrics.batteryPct = view.getUint8(at);
    },
  },
  898: { length: 2, read: distance },
  1154: { length: 2, read: distance },
  871: { length: 2, read: temperature },
  1024: { length: 1, read: tilt },
  1280: { length: 1, read: tilt },
  33639: {
    length: 3,
    read: (view, at, frame) => {
      temperature(view, at, frame);
      frame.alarms.temperatureAlarm = view.getUint8(at + 2) === 1;
    },
  },
  33922: {
    length: 3,
    read: (view, at, frame) => {
      distance(view, at, frame);
      frame.alarms.distanceAlarm = view.getUint8(at + 2) === 1;
    },
  },
  // The unit of the distance inside is not certain, so only the alarm is taken.
  33769: {
    length: 5,
    read: (view, at, { alarms }) => {
      alarms.distanceAlarm = view.getUint8(at + 4) !== 0;
    },
  },
  8398: {
    length: 6,
    read: (view, at, { history }) => {
      history.push({
        at: view.getUint32(at, true) * 1_000,
        metrics: { distanceMm: view.getUint16(at + 4, true) },
      });
    },
  },
  65281: fact("protocolVersion", 1),
  65289: fact("hardwareVersion", 2),
  65290: fact("firmwareVersion", 2),
  65291: fact("poweredOn", 1),
  65295: fact("loraClass", 1),
  65302: fact("serialNumber", 8),
  65534: fact("reset", 1),
  65535: fact("tslVersion", 2),
};

/**
 * Milesight EM310, EM400 and EM500 distance sensors (Milesight-IoT/SensorDecoders): items of channel, type and value, little
 * endian. An unknown item ends decoding, because its length is not known; what came before counts.
 */
export const milesight: Codec = {
  id: "milesight",
  models: ["em310", "em400", "em500", "milesight"],
  recognises: (_bytes, fPort) => fPort === MILESIGHT_PORT,
  decode(bytes, fPort) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frame: Frame = { metrics: {}, history: [], alarms: {}, facts: {} };
    const problems: DecodeProblem[] = [];
    if (fPort !== MILESIGHT_PORT)
      problems.push({ reason: "fPort", detail: `Milesight sends on port ${MILESIGHT_PORT}, not ${fPort}` });
    let at = 0;
    while (at < bytes.length) {
      const item = at + 2 <= bytes.length ? items[view.getUint16(at)] : undefined;
      if (!item || at + 2 + item.length > bytes.length) {
        const head = hex(view, at, Math.min(2, bytes.length - at));
        problems.push({
          reason: item ? "truncated" : "unknownItem",
          detail: `item ${head} at byte ${at} ends decoding`,
        });
        break;
      }
      item.read(view, at + 2, frame);
      at += 2 + item.length;
    }
    return { readings: readingsOf(frame), problems };
  },
  encode({ batteryPct, tempC, distanceMm, tilted }, model) {
    const em400 = model.includes("em400");
    const bytes: number[] = [];
    const u16 = (value: number) => [value & 0xff, (value >> 8) & 0xff];
    if (batteryPct !== undefined) bytes.push(0x01, 0x75, Math.round(batteryPct));
    if (tempC !== undefined && em400) bytes.push(0x03, 0x67, ...u16(Math.round(tempC * 10) & 0xffff));
    if (distanceMm !== undefined) bytes.push(em400 ? 0x04 : 0x03, 0x82, ...u16(Math.round(distanceMm)));
    if (tilted !== undefined && !model.includes("em500")) bytes.push(em400 ? 0x05 : 0x04, 0x00, tilted);
    return bytes.length > 0 ? { fPort: MILESIGHT_PORT, bytes: Uint8Array.from(bytes) } : null;
  },
};

/** Kept distances first, then the present; an alarm bit or the facts of a start belong to the present. */
function readingsOf({ metrics, history, alarms, facts }: Frame): CodecReading[] {
  const happened =
    Object.keys(alarms).length > 0
      ? ({ type: "alarm", code: "threshold", details: alarms } as const)
      : Object.keys(facts).length > 0
        ? ({ type: "status", code: "deviceFacts", details: facts } as const)
        : null;
  if (!happened && Object.keys(metrics).length === 0) return history;
  return [...history, { at: null, metrics, ...(happened && { event: happened }) }];
}
