import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { type DecodeResult, defineDevice, refused } from "./driver.ts";
import { encodeUplink, FRAME_CHARACTERS, readUplink, strongest } from "./lorawan/uplink.ts";
import { checkMetrics } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord } from "./tolerant.ts";

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
  location: z
    .object({
      latitude: z.number().optional(),
      longitude: z.number().optional(),
      altitude: z.number().optional(),
      accuracy: z.number().optional(),
    })
    .optional(),
});
type Message = z.infer<typeof message>;

/** ChirpStack v4 (chirpstack.io, "Event types"): the envelope; the sensor's bytes are a codec's business. */
export const chirpstack = defineDevice({
  id: "chirpstack-v4",
  kind: null,
  title: { en: "ChirpStack v4 network server", zh: "ChirpStack v4 网络服务器" },
  topics: ["application/{application}/device/{devEui}/event/{event}"],
  payload: message,
  // One entry for each gateway that heard it, and there may be many in a city.
  limits: { jsonKeys: 4_096 },
  recognises: ({ value }) => isRecord(value) && isRecord(value.deviceInfo) && "devEui" in value.deviceInfo,
  guide: {
    connect: {
      en: "ChirpStack → chirpstack.toml, [integration.mqtt]: server = `tcp://<center>:1883`, username and password of a gateway login, json = true (the default topics). Or your broker as `MQTT_URL`. Device profile name or device tag `model` names the sensor; tags `emptyMm`, `fullMm`, `asset` make the bin work without another step.",
      zh: "ChirpStack → chirpstack.toml 的 [integration.mqtt]：server = `tcp://<中心>:1883`，用户名密码填网关账号，json = true（默认主题）。或将自有 broker 配为 `MQTT_URL`。设备模板名或设备标签 `model` 写传感器型号；标签 `emptyMm`、`fullMm`、`asset` 使垃圾桶即接即用。",
    },
    makes: {
      en: "Readings of the sensor families below, the strongest gateway's signal, kept readings as history, joins, battery status, the server's complaints. Alias `eui:<devEUI>`.",
      zh: "下列传感器的读数、最强网关信号、缓存读数写入历史、入网、电量状态、服务器告警。别名 `eui:<devEUI>`。",
    },
  },
  decode(payload, context) {
    const { event = eventIn(payload), devEui } = context.parameters;
    if (devEui !== undefined && payload.deviceInfo.devEui.toLowerCase() !== devEui.toLowerCase()) {
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
      case "location":
        return { observations: [located(payload)] };
      default:
        return { observations: [] };
    }
  },
  /** A simulated sensor's model is its attribute `model` (EM310-UDL, EM400-MUD, EM500-UDL, LDDS75, DL-MBX, …). */
  encode(observation, device) {
    const frame = encodeUplink(observation, device);
    if (!frame) return null;
    const { eui: devEui, model, at, fCnt, rssi, snr } = frame;
    return {
      topic: `application/bins/device/${devEui}/event/up`,
      payload: {
        deduplicationId: observation.key ?? `${devEui}-${at}`,
        time: new Date(at).toISOString().replace("Z", "000000+00:00"),
        deviceInfo: {
          devEui,
          deviceName: device.id,
          deviceProfileName: model,
          tags: { asset: device.id, ...geometryTags(device.attributes) },
        },
        fCnt,
        fPort: frame.fPort,
        data: Buffer.from(frame.bytes).toString("base64"),
        rxInfo: [{ gatewayId: "0016c001f153a14c", rssi, snr }],
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

/** Which event it is where the topic does not say. */
function eventIn({ data, object, location, margin, batteryLevel, level, code }: Message): string {
  if (data !== undefined || object) return "up";
  if (location) return "location";
  if (margin !== undefined || batteryLevel !== undefined) return "status";
  return level !== undefined || code !== undefined ? "log" : "join";
}

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

function uplink(payload: Message): DecodeResult {
  const { deviceInfo, data = "", fPort = 0, object } = payload;
  const { deviceProfileName = "", tags } = deviceInfo;
  return readUplink({
    envelope: base(payload),
    link: strongest(payload.rxInfo ?? []),
    bytes: Buffer.from(data, "base64"),
    fPort,
    names: `${deviceProfileName} ${tags?.model ?? ""} ${tags?.brand ?? ""}`.toLowerCase(),
    decoded: object,
  });
}

/** Where the server believes the sensor to be. A missing number is the protocol's default, 0: that is no place. */
function located({ location = {}, ...payload }: Message): Observation {
  const { latitude, longitude, altitude, accuracy } = location;
  const given = { lat: latitude ?? 0, lon: longitude ?? 0, altM: altitude, accuracyM: accuracy || undefined };
  const checked = checkMetrics(given, ["lat", "lon", "altM", "accuracyM"]);
  return {
    ...base(payload),
    metrics: checked.metrics,
    ...(checked.quality.length > 0 && { quality: checked.quality }),
  };
}

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
