import { z } from "zod";
import { metricNames } from "../src/domain/metrics.ts";
import type { Observation, QualityFlag } from "../src/domain/observation.ts";
import type { Codec } from "./codecs/codec.ts";
import { dragino } from "./codecs/dragino.ts";
import { encodeMilesight, milesight } from "./codecs/milesight.ts";
import { type DecodeResult, defineDevice } from "./driver.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";

const codecs: readonly Codec[] = [milesight, dragino];

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
  data: z.string().optional(),
  object: z.record(z.string(), z.unknown()).nullable().optional(),
  rxInfo: z
    .array(z.object({ gatewayId: z.string().optional(), rssi: z.number().optional(), snr: z.number().optional() }))
    .optional(),
  margin: z.number().optional(),
  externalPowerSource: z.boolean().optional(),
  batteryLevelUnavailable: z.boolean().optional(),
  batteryLevel: z.number().optional(),
});
type Message = z.infer<typeof message>;

/** ChirpStack v4 (chirpstack.io, "Event types"): the envelope; the sensor's bytes are a codec's business. */
export const chirpstack = defineDevice({
  id: "chirpstack-v4",
  kind: null,
  title: { en: "ChirpStack v4 network server", zh: "ChirpStack v4 网络服务器" },
  topics: ["application/{application}/device/{devEui}/event/{event}"],
  payload: message,
  decode(payload, context) {
    switch (context.parameters.event) {
      case "up":
        return uplink(payload);
      case "join":
        return { observations: [{ ...base(payload), metrics: {}, event: { type: "lifecycle", code: "joined" } }] };
      case "status":
        return { observations: [status(payload)] };
      default:
        return { observations: [] };
    }
  },
  encode(observation, { id, alias, attributes }) {
    const devEui = (alias ?? "").replace(/^eui:/, "");
    const at = observation.at ?? 0;
    return {
      topic: `application/bins/device/${devEui}/event/up`,
      payload: {
        deduplicationId: `${devEui}-${at}`,
        time: new Date(at).toISOString().replace("Z", "000000+00:00"),
        deviceInfo: {
          devEui,
          deviceName: id,
          deviceProfileName: "EM400-MUD",
          tags: { asset: id, ...geometryTags(attributes) },
        },
        fCnt: Math.floor(at / 1_000) % 65_536,
        fPort: 85,
        data: Buffer.from(encodeMilesight(observation.metrics)).toString("base64"),
        rxInfo: [{ gatewayId: "0016c001f153a14c", rssi: -97, snr: 6.5 }],
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
  ],
  rejects: [{}, { deviceInfo: { devEui: "x" } }],
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
function strongest(payload: Message): { rssiDbm?: number; snrDb?: number } {
  const heard = (payload.rxInfo ?? []).map(({ rssi = 0, snr = 0 }) => ({ rssiDbm: rssi, snrDb: snr }));
  return heard.sort((a, b) => b.rssiDbm - a.rssiDbm)[0] ?? {};
}

function codecFor(payload: Message): Codec | undefined {
  const model = `${payload.deviceInfo.deviceProfileName ?? ""} ${payload.deviceInfo.tags?.model ?? ""}`.toLowerCase();
  const named = codecs.find(({ models }) => models.some((name) => model.includes(name)));
  // Port 85 is Milesight's alone; Dragino's ports are too common to guess by.
  return named ?? (payload.fPort === 85 ? milesight : undefined);
}

function uplink(payload: Message): DecodeResult {
  const envelope = base(payload);
  const link = strongest(payload);
  const codec = codecFor(payload);
  if (codec && payload.data) {
    const bytes = Buffer.from(payload.data, "base64");
    const { readings, problems } = codec.decode(bytes, payload.fPort ?? 0);
    const observations = readings.map((reading, index): Observation => {
      const checked = checkMetrics({ ...reading.metrics, ...(reading.at === null && link) }, metricNames);
      let quality: readonly QualityFlag[] = reading.quality ?? [];
      for (const flag of checked.quality) quality = withFlag(quality, flag);
      return {
        ...envelope,
        ...(reading.at !== null && { at: reading.at, atSource: "device", buffered: true }),
        ...(index > 0 && envelope.key !== undefined && { key: `${envelope.key} ${index}` }),
        metrics: checked.metrics,
        ...(quality.length > 0 && { quality }),
      };
    });
    if (observations.length > 0) return { observations, problems };
    return { observations: [{ ...envelope, metrics: link, quality: ["truncated"] }], problems };
  }
  // What a codec on the server made of it, where the names are ours; somebody pasted that codec, so it comes second.
  const checked = checkMetrics({ ...payload.object, ...link }, metricNames);
  const quality = checked.quality.length > 0 && { quality: checked.quality };
  return { observations: [{ ...envelope, metrics: checked.metrics, ...quality }] };
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
