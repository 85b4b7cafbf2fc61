import type { MetricName, Metrics } from "../../src/domain/metrics.ts";
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
/**
 * The vendor's text says longitude first, its decoder latitude first: the decoder is right, unless the first cannot be one.
 * −1 stands for no fix.
 */
const position = (view: DataView, at: number, { metrics }: Frame): void => {
  const [first, second] = [view.getInt32(at, true), view.getInt32(at + 4, true)];
  if (first === -1 || second === -1) return;
  const swapped = Math.abs(first) > 90e6;
  metrics.lat = (swapped ? second : first) / 1e6;
  metrics.lon = (swapped ? first : second) / 1e6;
};
const fact = (name: string, length: number): Item => ({
  length,
  read: (view, at, { facts }) => {
    facts[name] = hex(view, at, length);
  },
});

const tenths = (name: MetricName): Item => ({
  length: 2,
  read: (view, at, { metrics }) => {
    metrics[name] = view.getUint16(at, true) / 10;
  },
});
const hundredths = (name: MetricName): Item => ({
  length: 2,
  read: (view, at, { metrics }) => {
    metrics[name] = view.getUint16(at, true) / 100;
  },
});
const flag = (name: MetricName): Item => ({
  length: 1,
  read: (view, at, { metrics }) => {
    metrics[name] = view.getUint8(at) === 0 ? 0 : 1;
  },
});
const humidity: Item = {
  length: 1,
  read: (view, at, { metrics }) => {
    metrics.humidityPct = view.getUint8(at) / 2;
  },
};
const celsius: Item = { length: 2, read: temperature };

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
  871: celsius,
  1128: humidity,
  1024: { length: 1, read: tilt },
  1280: { length: 1, read: tilt },
  1672: { length: 9, read: position },
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

/** What the same channel and type mean on other models of the family. The first name that fits counts. */
const models: readonly (readonly [name: string, own: Readonly<Record<number, Item>>])[] = [
  ["em300-mcs", { 1536: flag("doorOpen") }],
  [
    "em300",
    {
      1280: flag("leak"),
      8398: {
        length: 7,
        read: (view, at, { history }) => {
          history.push({
            at: view.getUint32(at, true) * 1_000,
            metrics: { tempC: view.getInt16(at + 4, true) / 10, humidityPct: view.getUint8(at + 6) / 2 },
          });
        },
      },
    },
  ],
  ["em500-co2", { 1405: { length: 2, read: () => {} }, 1651: tenths("pressureHpa") }],
  ["gs301", { 615: celsius, 872: humidity, 1149: hundredths("nh3Ppm"), 1405: hundredths("h2sPpm") }],
];

const itemsOf = (model: string): Readonly<Record<number, Item>> => {
  const own = models.find(([name]) => model.includes(name));
  return own ? own[1] : NO_ITEMS;
};
const NO_ITEMS: Readonly<Record<number, Item>> = {};

/**
 * Milesight EM300, EM310, EM400, EM500 and GS301 (Milesight-IoT/SensorDecoders): items of channel, type and value, little
 * endian. An unknown item ends decoding, because its length is not known; what came before counts.
 */
export const milesight: Codec = {
  id: "milesight",
  title: { en: "Milesight EM300, EM310, EM400, EM500, GS301", zh: "星纵物联 EM300、EM310、EM400、EM500、GS301" },
  models: ["em300", "em310", "em400", "em500", "gs301", "milesight"],
  recognises: (_bytes, fPort) => fPort === MILESIGHT_PORT,
  decode(bytes, fPort, model) {
    const own = itemsOf(model);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frame: Frame = { metrics: {}, history: [], alarms: {}, facts: {} };
    const problems: DecodeProblem[] = [];
    if (fPort !== MILESIGHT_PORT)
      problems.push({ reason: "fPort", detail: `Milesight sends on port ${MILESIGHT_PORT}, not ${fPort}` });
    let at = 0;
    while (at < bytes.length) {
      const id = at + 2 <= bytes.length ? view.getUint16(at) : -1;
      const item = own[id] ?? items[id];
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
