import { z } from "zod";
import { type Metrics, metricNames } from "../src/domain/metrics.ts";
import type { Observation } from "../src/domain/observation.ts";
import type { Codec, CodecResult } from "./codecs/codec.ts";
import { dragino } from "./codecs/dragino.ts";
import { MILESIGHT_PORT, milesight } from "./codecs/milesight.ts";
import { type DecodeProblem, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";

const codecs: readonly Codec[] = [milesight, dragino];
const DEFAULT_MODEL = "EM400-MUD";
/** Bytes a LoRaWAN frame carries at most, with room to spare: more is no frame. */
const FRAME_CHARACTERS = 512;

const message = z.object({
  deduplicationId: z.string().optional(),
  time: z.string().optional(),
  deviceInfo: z.object({
    devEui: z.string().regex(/^[0-9a-fA-F]{16}$/),
    deviceName: z.string().optional(),
    deviceProfileName: z.string().optional(),
    tags: z.record(z.string(), z.string()).optional(),
  }),
  fCnt: z.number().int().optional(),
  fPort: z.number().int().optional(),
  data: z.string().max(FRAME_CHARACTERS).optional(),
  object: z.record(z.string(), z.unknown()).nullable().optional(),
  rxInfo: z
    .array(z.object({ gatewayId: z.string().optional(), rssi: z.number().optional(), snr: z.number().optional() }))
    .optional(),
  margin: z.number().optional(),
  externalPowerSource: z.boolean().optional(),
  batteryLevelUnavailable: z.boolean().optional(),
  batteryLevel: z.number().optional(),
  level: z.string().optional(),
  code: z.string().optional(),
  description: z.string().optional(),
});
type Message = z.infer<typeof message>;
type Link = Pick<Metrics, "rssiDbm" | "snrDb">;

/** ChirpStack v4 (chirpstack.io, "Event types"): the envelope; the sensor's bytes are a codec's business. */
export const chirpstack = defineDevice({
  id: "chirpstack-v4",
  kind: null,
  title: { en: "ChirpStack v4 network server", zh: "ChirpStack v4 网络服务器" },
  topics: ["application/{application}/device/{devEui}/event/{event}"],
  payload: message,
  decode(payload, context) {
    const { event, devEui = "" } = context.parameters;
    if (payload.deviceInfo.devEui.toLowerCase() !== devEui.toLowerCase()) {
      return refused("identity", `the payload names another device than the topic (${devEui})`);
    }
    switch (event) {
      case "up":
        return uplink(payload);
      case "join":
        return { observations: [{ ...base(payload), metrics: {}, event: { type: "lifecycle", code: "joined" } }] };
      case "status":
        return { observations: [status(payload)] };
      case "log":
        return { observations: [logged(payload)] };
      default:
        return { observations: [] };
    }
  },
  /** A simulated sensor's model is its attribute `model` (EM310-UDL, EM400-MUD, EM500-UDL, LDDS75, DDS75-LB). */
  encode(observation, { id, alias, attributes }) {
    const { at, event, metrics } = observation;
    if (alias === undefined || at === null || event) return null;
    const model = String(attributes?.model ?? DEFAULT_MODEL);
    const frame = codecNamed(model)?.encode(metrics, model.toLowerCase());
    if (!frame) return null;
    const devEui = alias.replace(/^eui:/, "");
    return {
      topic: `application/bins/device/${devEui}/event/up`,
      payload: {
        deduplicationId: observation.key ?? `${devEui}-${at}`,
        time: new Date(at).toISOString().replace("Z", "000000+00:00"),
        deviceInfo: {
          devEui,
          deviceName: id,
          deviceProfileName: model,
          tags: { asset: id, ...geometryTags(attributes) },
        },
        fCnt: Math.floor(at / 1_000) % 65_536,
        fPort: frame.fPort,
        data: Buffer.from(frame.bytes).toString("base64"),
        rxInfo: [{ gatewayId: "0016c001f153a14c", rssi: metrics.rssiDbm ?? -97, snr: metrics.snrDb ?? 6.5 }],
      },
    };
  },
  samples: [
    {
      name: "EM400, -5.1 °C, one metre",
      topic: "application/bins/device/24e124713d000417/event/up",
      payload: {
        deduplicationId: "3ac7e3c4",
        time: "2026-09-21T14:13:20.775023242+00:00",
        deviceInfo: { devEui: "24e124713d000417", deviceProfileName: "EM400-MUD", tags: { asset: "bin-0417" } },
        fPort: 85,
        data: "AXVLA2fN/wSC6AMFAAA=",
        rxInfo: [
          { gatewayId: "g1", rssi: -113, snr: -4.5 },
          { gatewayId: "g2", rssi: -80, snr: 4 },
        ],
      },
      observations: [
        {
          device: "eui:24e124713d000417",
          at: 1_790_000_000_775,
          atSource: "networkServer",
          metrics: { batteryPct: 75, distanceMm: 1_000, tempC: -5.1, tilted: 0, rssiDbm: -80, snrDb: 4 },
          key: "3ac7e3c4",
          hints: { asset: "bin-0417", kind: "bin" },
        },
      ],
    },
    {
      name: "DDS75-LB, too near to measure",
      topic: "application/bins/device/a84041ffff000001/event/up",
      payload: {
        deduplicationId: "77",
        time: "2026-09-21T14:13:20+00:00",
        deviceInfo: { devEui: "A84041FFFF000001", deviceProfileName: "DDS75-LB", tags: { emptyMm: "1450" } },
        fPort: 2,
        data: "DhwAFAAAAAA=",
      },
      observations: [
        {
          device: "eui:a84041ffff000001",
          at: 1_790_000_000_000,
          atSource: "networkServer",
          metrics: { batteryV: 3.612 },
          key: "77",
          quality: ["sensorError"],
          hints: { emptyMm: "1450", kind: "bin" },
        },
      ],
    },
    {
      name: "a join",
      topic: "application/bins/device/24e124713d000417/event/join",
      payload: { deduplicationId: "j", time: "2026-09-21T14:13:20+00:00", deviceInfo: { devEui: "24e124713d000417" } },
      observations: [
        {
          device: "eui:24e124713d000417",
          at: 1_790_000_000_000,
          atSource: "networkServer",
          metrics: {},
          key: "j",
          hints: { kind: "bin" },
          event: { type: "lifecycle", code: "joined" },
        },
      ],
    },
    {
      name: "the server complains about a frame",
      topic: "application/bins/device/24e124713d000417/event/log",
      payload: {
        time: "2026-09-21T14:13:20+00:00",
        deviceInfo: { devEui: "24e124713d000417" },
        level: "ERROR",
        code: "UPLINK_MIC",
        description: "MIC of uplink frame is invalid",
      },
      observations: [
        {
          device: "eui:24e124713d000417",
          at: 1_790_000_000_000,
          atSource: "networkServer",
          metrics: {},
          hints: { kind: "bin" },
          event: {
            type: "status",
            code: "UPLINK_MIC",
            details: { level: "ERROR", description: "MIC of uplink frame is invalid" },
          },
        },
      ],
    },
  ],
  rejects: [{}, { deviceInfo: { devEui: "x" } }, { deviceInfo: { devEui: "24e124713d000418" } }],
});

function geometryTags(attributes: Readonly<Record<string, string | number | boolean>> = {}): Record<string, string> {
  const names = ["emptyMm", "fullMm", "blindMm"];
  return Object.fromEntries(names.filter((name) => name in attributes).map((name) => [name, String(attributes[name])]));
}

/** Identity and time that all events share. The time is the gateway's or the server's, never the sensor's. */
function base(payload: Message): Omit<Observation, "metrics"> {
  const { deviceInfo } = payload;
  const read = payload.time === undefined ? { untrusted: true as const } : readTimestamp(payload.time);
  const trusted = "at" in read;
  return {
    device: `eui:${deviceInfo.devEui.toLowerCase()}`,
    at: trusted ? read.at : null,
    atSource: trusted ? "networkServer" : "receiveTime",
    ...(payload.deduplicationId !== undefined && { key: payload.deduplicationId }),
    hints: { ...deviceInfo.tags, kind: deviceInfo.tags?.kind ?? "bin" },
  };
}

/** Merged already: one entry for each gateway that heard it. A missing number is the protocol's default, 0. */
function strongest(payload: Message): Link {
  const heard = (payload.rxInfo ?? []).map(({ rssi = 0, snr = 0 }) => ({ rssiDbm: rssi, snrDb: snr }));
  return checkMetrics({ ...heard.sort((a, b) => b.rssiDbm - a.rssiDbm)[0] }, ["rssiDbm", "snrDb"]).metrics;
}

const codecNamed = (model: string): Codec | undefined =>
  codecs.find(({ models }) => models.some((name) => model.toLowerCase().includes(name)));

/** By the name of the model, else by a shape that can be nothing else; the server's own decoding goes before such a guess. */
function codecFor({ deviceInfo, object, fPort = 0 }: Message, bytes: Uint8Array): Codec | undefined {
  const { deviceProfileName, tags } = deviceInfo;
  const named = codecNamed(`${deviceProfileName} ${tags?.model} ${tags?.brand}`);
  if (named || (object && fPort !== MILESIGHT_PORT)) return named;
  return codecs.find(({ recognises }) => recognises(bytes, fPort));
}

function uplink(payload: Message): DecodeResult {
  const envelope = base(payload);
  const link = strongest(payload);
  const bytes = Buffer.from(payload.data ?? "", "base64");
  const codec = bytes.length > 0 ? codecFor(payload, bytes) : undefined;
  if (codec) return framed(codec.decode(bytes, payload.fPort ?? 0), envelope, link);
  // What a codec on the server made of it, where the names are ours; somebody pasted that codec, so it comes second.
  const checked = checkMetrics({ ...payload.object, ...link }, metricNames);
  const unread = bytes.length > 0 && !payload.object;
  return {
    observations: [
      { ...envelope, metrics: checked.metrics, ...(checked.quality.length > 0 && { quality: checked.quality }) },
    ],
    ...(unread && {
      problems: [{ reason: "noCodec", detail: `nothing reads ${payload.deviceInfo.deviceProfileName}` }],
    }),
  };
}

function framed(frame: CodecResult, envelope: Omit<Observation, "metrics">, link: Link): DecodeResult {
  const problems: DecodeProblem[] = [...frame.problems];
  const observations: Observation[] = [];
  for (const { at, metrics, event, quality: doubts = [] } of frame.readings) {
    const checked = checkMetrics(at === null ? { ...metrics, ...link } : metrics, metricNames);
    const quality = checked.quality.reduce(withFlag, doubts);
    const observation = {
      ...envelope,
      metrics: checked.metrics,
      ...(event && { event }),
      ...(quality.length > 0 && { quality }),
    };
    if (at === null) {
      observations.push(observation);
      continue;
    }
    const time = readTimestamp(at);
    // A kept reading without its time would pass for the present.
    if (!("at" in time)) problems.push({ reason: "clock", detail: `a kept reading of ${at} ms has no usable time` });
    else observations.push({ ...observation, at: time.at, atSource: "device", buffered: true, ...keyed(envelope, at) });
  }
  // The link was heard even when the bytes say nothing.
  if (observations.length === 0) {
    const quality = frame.problems.length > 0 && { quality: ["truncated"] as const };
    observations.push({ ...envelope, metrics: link, ...quality });
  }
  return { observations, problems };
}

/** Kept readings are told apart by their own time: the same one may come in two frames. */
const keyed = ({ device }: Pick<Observation, "device">, at: number): { key: string } => ({ key: `${device} ${at}` });

function logged({ level, code, description, ...payload }: Message): Observation {
  const details = { ...(level !== undefined && { level }), ...(description !== undefined && { description }) };
  return { ...base(payload), metrics: {}, event: { type: "status", code: code ?? "log", details } };
}

function status(payload: Message): Observation {
  const known = !payload.externalPowerSource && !payload.batteryLevelUnavailable;
  const checked = checkMetrics(known ? { batteryPct: payload.batteryLevel } : {}, ["batteryPct"]);
  return {
    ...base(payload),
    metrics: checked.metrics,
    event: {
      type: "status",
      code: "linkStatus",
      details: {
        ...(payload.externalPowerSource !== undefined && { externalPower: payload.externalPowerSource }),
        ...(payload.margin !== undefined && { linkMarginDb: payload.margin }),
      },
    },
  };
}
