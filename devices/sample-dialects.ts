import { decodeFrame } from "./jt808/frame.ts";
import type { Expected } from "./sample-expectations.ts";
import { decodePacket } from "./teltonika/codec8.ts";

export interface SampleDialect {
  readonly name: string;
  readonly folder: string;
  /** Sensor models or file names of ours, where a folder holds others too. */
  readonly only?: RegExp;
  /** How the recording came: its topic and its bytes. */
  message(sample: unknown, topic: string): { readonly topic: string; readonly payload: Uint8Array };
  /** What the form itself says (numbers, checksums), where a recording tells that too. */
  header?(bytes: Uint8Array): Expected;
}

const PLACEHOLDER = /<\w+>/g;
const DEV_EUI = "0000000000000001";
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** What is not JSON is wrapped: `{"encoding","topic","data"}`. */
function bytesOf(sample: unknown): Uint8Array {
  const { encoding, data } = sample as { encoding?: unknown; data?: unknown };
  if (typeof data !== "string" || typeof encoding !== "string") return json(sample);
  return encoding === "hex" ? Buffer.from(data, "hex") : Buffer.from(data);
}

/** Under its own topic; where the recording has none, on one that nobody knows: then the content must tell. */
const asRecorded: SampleDialect["message"] = (sample, topic) => ({
  topic: topic === "" || topic.startsWith("(") ? "sample/unknown" : topic.replace(PLACEHOLDER, "sample"),
  payload: bytesOf(sample),
});
const on =
  (topic: string): SampleDialect["message"] =>
  (sample) => ({ topic, payload: bytesOf(sample) });
/** Bytes of a sensor come to the center in a network server's envelope. */
const inEnvelope: SampleDialect["message"] = (sample) => {
  const { model, fPort, bytesBase64 } = sample as { model: string; fPort: number; bytesBase64: string };
  const deviceInfo = { devEui: DEV_EUI, deviceProfileName: model };
  const payload = { time: "2026-01-02T00:00:00Z", deviceInfo, fPort, data: bytesBase64 };
  return { topic: `application/sample/device/${DEV_EUI}/event/up`, payload: json(payload) };
};

function frameHeader(bytes: Uint8Array): Expected {
  const decoded = decodeFrame(bytes);
  if ("problem" in decoded) return { problem: decoded.problem.detail };
  const { messageId, phone, version, serial, declaredLength, body, checksumOk } = decoded.frame;
  return {
    msgId: `0x${messageId.toString(16).padStart(4, "0")}`,
    terminalPhone: phone,
    protocolVersion: version,
    serial,
    bodyLengthDeclared: declaredLength,
    bodyLengthActual: body.length,
    checksumOk,
  };
}

function packetHeader(bytes: Uint8Array): Expected {
  const decoded = decodePacket(bytes);
  if ("problem" in decoded) return { problem: decoded.problem.detail };
  const { codec, declaredLength, crcOk, count, countAtEnd, records } = decoded.packet;
  return {
    codec: `0x${codec.toString(16).padStart(2, "0")}`,
    declaredLength,
    crcOk,
    count,
    count2: countAtEnd,
    io: records.map(({ io }) => io),
    events: records.map(({ event }) => event),
    priorities: records.map(({ priority }) => priority),
  };
}

const dialect = (name: string, message: SampleDialect["message"] = asRecorded): SampleDialect => ({
  name,
  folder: name,
  message,
});

export const sampleDialects: readonly SampleDialect[] = [
  { ...dialect("jt808-binary"), header: frameHeader },
  dialect("jt808-emqx-json"),
  dialect("jt808-ctwing-json", on("ctwing/sample")),
  { ...dialect("teltonika"), only: /^05-/ },
  {
    ...dialect("teltonika", on("teltonika/352093080000015/packet")),
    name: "teltonika codec 8",
    only: /^0[6-9]-/,
    header: packetHeader,
  },
  dialect("traccar-forward"),
  dialect("traccar-client"),
  dialect("gpslogger"),
  dialect("owntracks"),
  dialect("chirpstack-v4"),
  dialect("tts-v3"),
  dialect("loriot"),
  dialect("milesight-gateway"),
  ...["Milesight", "Dragino", "Decentlab", "ELSYS", "Pepperl", "Lobaro"].map(
    (maker): SampleDialect => ({
      name: `${maker.toLowerCase()} bytes`,
      folder: "lorawan-bytes",
      only: new RegExp(`^${maker}`),
      message: inEnvelope,
    }),
  ),
  dialect("nbiot-bins"),
  dialect("frigate"),
  dialect("onvif-mqtt"),
  dialect("axis"),
  dialect("hikvision"),
  dialect("dahua"),
  dialect("ai-box"),
  dialect("badge-watch"),
  dialect("badge-hat"),
  dialect("weighing"),
];

/** Where we say something else on purpose, and why. */
export const reasons: readonly { readonly file: RegExp; readonly key: RegExp; readonly why: string }[] = [
  {
    file: /wilsen-level-too-close/,
    key: /^(distanceMm|fillPct)$/,
    why: "0 cm with 100 % is the sensor's error code: it is flagged sensorError and kept out of the bin's level",
  },
  {
    file: /gpslogger\/02/,
    key: /speedKmh$/,
    why: "360 km/h is beyond the range of the metric: flagged outOfRange, not stored",
  },
];
