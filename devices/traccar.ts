import { z } from "zod";
import type { MetricName, Metrics } from "../src/domain/metrics.ts";
import type { Observation, Occurrence, QualityFlag } from "../src/domain/observation.ts";
import { type DecodeResult, defineDevice, refused } from "./driver.ts";
import { checkMetrics } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord } from "./tolerant.ts";

/** 1 knot in km/h: Traccar keeps speeds in knots. */
const KNOT_KMH = 1.852;
/** Faster than any road vehicle: such a record is nonsense as a whole. */
const IMPOSSIBLE_KMH = 400;
const IMPOSSIBLE_ALTITUDE_M = 20_000;
const METRICS = [
  "lat",
  "lon",
  "altM",
  "accuracyM",
  "speedKmh",
  "headingDeg",
  "satellites",
  "acc",
  "odometerKm",
  "engineHours",
  "fuelL",
  "externalPowerV",
  "batteryV",
  "batteryPct",
] as const;

/** Attributes of a position, what they mean here, and the factor to our unit: metres, milliseconds and volts come in. */
const numericFacts: readonly (readonly [string, MetricName, number])[] = [
  ["sat", "satellites", 1],
  ["odometer", "odometerKm", 1 / 1_000],
  ["hours", "engineHours", 1 / 3_600_000],
  ["fuel", "fuelL", 1],
  ["power", "externalPowerV", 1],
  ["battery", "batteryV", 1],
  ["batteryLevel", "batteryPct", 1],
];

const text = z.string().nullable().optional();
const number = z.number().nullable().optional();
// A PHP hop turns an empty map into an empty list.
const attributes = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()).max(0)]).optional();
const positionShape = z.object({
  protocol: text,
  deviceId: number,
  fixTime: z.string(),
  deviceTime: text,
  serverTime: text,
  valid: z.boolean().nullable().optional(),
  outdated: z.boolean().nullable().optional(),
  latitude: z.number(),
  longitude: z.number(),
  altitude: number,
  speed: number,
  course: number,
  accuracy: number,
  attributes,
});
const deviceShape = z.object({ uniqueId: z.string().min(1).max(128), name: text, category: text, id: number });
const eventShape = z.object({ type: z.string(), eventTime: z.string(), attributes, geofenceId: number });
const message = z.union([
  z.object({ position: positionShape, device: deviceShape }),
  z.object({ event: eventShape, device: deviceShape, position: positionShape.nullable().optional() }),
  positionShape,
]);

type Position = z.infer<typeof positionShape>;

/** Traccar's position and event forwarding (forward.type json or mqtt): one topic for a whole fleet, 200 protocols behind it. */
export const traccar = defineDevice({
  id: "traccar",
  kind: "vehicle",
  title: { en: "Traccar forwarding", zh: "Traccar 转发" },
  topics: ["positions", "events", "traccar/{channel+}"],
  payload: message,
  recognises: ({ value }) =>
    isRecord(value) &&
    ((isRecord(value.position) && "fixTime" in value.position) ||
      (isRecord(value.event) && "eventTime" in value.event) ||
      ("fixTime" in value && "latitude" in value)),
  guide: {
    connect: {
      en: "Traccar → conf/traccar.xml: `forward.type` = `mqtt`, `forward.url` = `mqtt://<login>:<secret>@<center>:1883`, `forward.topic` = `positions`, `forward.retry.enable` = `true`; `event.forward.type` = `mqtt`, `event.forward.url` likewise, `event.forward.topic` = `events`. Devices keep their own protocol towards Traccar.",
      zh: "Traccar → conf/traccar.xml：`forward.type` = `mqtt`，`forward.url` = `mqtt://<账号>:<密钥>@<中心>:1883`，`forward.topic` = `positions`，`forward.retry.enable` = `true`；`event.forward.type` = `mqtt`，`event.forward.url` 同上，`event.forward.topic` = `events`。终端仍按原协议接入 Traccar。",
    },
    makes: {
      en: "Position, speed (knots turned into km/h), ignition, odometer, engine hours, fuel, voltages; alarms, fences, presence; archived positions as history. Alias `imei:<uniqueId>`.",
      zh: "位置、速度（节换算为 km/h）、点火、里程、发动机小时、油量、电压；报警、围栏、在线状态；补传位置写入历史。别名 `imei:<uniqueId>`。",
    },
  },
  decode(payload, { topic }) {
    if ("event" in payload) return occurrence(payload.event, payload.device.uniqueId);
    if ("position" in payload)
      return position(payload.position, `imei:${payload.device.uniqueId}`, payload.device.name);
    // The Redis form names the device in the channel alone: positions.<uniqueId>
    const uniqueId = /(?:^|\/)positions\.([\w-]{1,64})$/.exec(topic)?.[1];
    return position(payload, uniqueId === undefined ? `traccar:${payload.deviceId ?? ""}` : `imei:${uniqueId}`, null);
  },
  encode({ metrics, at, event }, { id, alias }) {
    const uniqueId = (alias ?? id).replace(/^imei:/, "");
    const device = { id: 1, name: id, uniqueId, attributes: {} };
    const time = new Date(at ?? 0).toISOString().replace("Z", "+00:00");
    if (event?.type === "presence") {
      const type = event.online ? "deviceOnline" : "deviceOffline";
      return at === null ? null : { topic: "events", payload: { event: { id: 0, type, eventTime: time }, device } };
    }
    if (event || at === null || metrics.lat === undefined || metrics.lon === undefined) return null;
    return {
      topic: "positions",
      payload: {
        position: {
          id: 0,
          deviceId: 1,
          protocol: "osmand",
          serverTime: time,
          deviceTime: time,
          fixTime: time,
          valid: true,
          outdated: false,
          latitude: metrics.lat,
          longitude: metrics.lon,
          ...(metrics.altM !== undefined && { altitude: metrics.altM }),
          ...(metrics.speedKmh !== undefined && { speed: metrics.speedKmh / KNOT_KMH }),
          ...(metrics.headingDeg !== undefined && { course: metrics.headingDeg }),
          accuracy: metrics.accuracyM ?? 0,
          attributes: {
            ...(metrics.acc !== undefined && { ignition: metrics.acc === 1 }),
            ...Object.fromEntries(
              numericFacts.flatMap(([fact, name, factor]) => {
                const value = metrics[name];
                return value === undefined ? [] : [[fact, value / factor]];
              }),
            ),
          },
        },
        device: { ...device, status: "online" },
      },
    };
  },
  samples: [
    {
      name: "a position",
      topic: "positions",
      payload: {
        position: {
          protocol: "teltonika",
          fixTime: "2026-09-21T14:13:20.000+00:00",
          valid: true,
          latitude: 22.72,
          longitude: 113.9,
          altitude: 11,
          speed: 10,
          course: 360,
          accuracy: 0,
          attributes: { ignition: true, odometer: 6_902_740, hours: 7_200_000 },
        },
        device: { uniqueId: "352093080000015", name: "SWEEPER-08" },
      },
      observations: [
        {
          device: "imei:352093080000015",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {
            lat: 22.72,
            lon: 113.9,
            altM: 11,
            speedKmh: 18.52,
            headingDeg: 0,
            acc: 1,
            odometerKm: 6_902.74,
            engineHours: 2,
          },
          key: "imei:352093080000015 2026-09-21T14:13:20.000+00:00 teltonika",
          hints: { name: "SWEEPER-08" },
        },
      ],
    },
    {
      name: "an old position of a bare object, with an offset without a colon",
      topic: "positions",
      payload: {
        deviceId: 1,
        protocol: "osmand",
        fixTime: "2026-09-21T14:13:20.000+0000",
        outdated: true,
        valid: true,
        latitude: 22.72,
        longitude: 113.9,
        attributes: [],
      },
      observations: [
        {
          device: "traccar:1",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          key: "traccar:1 2026-09-21T14:13:20.000+0000 osmand",
          quality: ["staleFix"],
        },
      ],
    },
    {
      name: "the link of a device is gone",
      topic: "events",
      payload: {
        event: { id: 9, type: "deviceOffline", eventTime: "2026-09-21T14:13:20.000+00:00" },
        device: { uniqueId: "352093080000015" },
      },
      observations: [
        {
          device: "imei:352093080000015",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          event: { type: "presence", online: false },
        },
      ],
    },
    {
      name: "a vehicle left its area",
      topic: "events",
      payload: {
        event: { type: "geofenceExit", eventTime: "2026-09-21T14:13:20.000+00:00", geofenceId: 7, attributes: {} },
        device: { uniqueId: "352093080000015" },
      },
      observations: [
        {
          device: "imei:352093080000015",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          event: { type: "geofence", code: "leave", details: { geofenceId: 7 } },
        },
      ],
    },
  ],
  rejects: [
    { position: { latitude: 1 } },
    { device: {} },
    { fixTime: "2026-09-21T14:13:20Z", latitude: "x", longitude: 1 },
  ],
});

function position(given: Position, alias: string, name: string | null | undefined): DecodeResult {
  const speedKmh = (given.speed ?? 0) * KNOT_KMH;
  if (speedKmh > IMPOSSIBLE_KMH) return refused("implausible", `speed ${given.speed} kn is impossible`);
  if (Math.abs(given.altitude ?? 0) > IMPOSSIBLE_ALTITUDE_M) {
    return refused("implausible", `altitude ${given.altitude} m is impossible`);
  }
  const time = readTimestamp(given.fixTime);
  if ("invalid" in time) return refused("clock", time.invalid);
  const facts: Record<string, unknown> = Array.isArray(given.attributes) ? {} : (given.attributes ?? {});
  const measured: Metrics = {};
  for (const [fact, name, factor] of numericFacts) {
    const value = facts[fact];
    if (typeof value === "number") measured[name] = round(value * factor);
  }
  // 0 V stands for a device without a battery of its own.
  if (measured.batteryV === 0) delete measured.batteryV;
  const usable = given.valid !== false && given.outdated !== true;
  const checked = checkMetrics(
    {
      ...(usable && { lat: given.latitude, lon: given.longitude, altM: given.altitude }),
      ...(usable && given.accuracy && { accuracyM: given.accuracy }),
      ...(usable && given.speed != null && { speedKmh: round(speedKmh) }),
      ...(usable && given.course != null && { headingDeg: given.course % 360 }),
      acc: typeof facts.ignition === "boolean" ? facts.ignition : undefined,
      ...measured,
    },
    METRICS,
  );
  const quality: QualityFlag[] = [...checked.quality];
  if (!usable) quality.push("staleFix");
  if ("untrusted" in time) quality.push("clockDefault");
  const trusted = "at" in time;
  const base: Observation = {
    device: alias,
    at: trusted ? time.at : null,
    atSource: trusted ? "device" : "receiveTime",
    metrics: checked.metrics satisfies Metrics,
    ...(trusted && { key: `${alias} ${given.fixTime} ${given.protocol ?? ""}` }),
    ...(facts.archive === true && { buffered: true }),
    ...(quality.length > 0 && { quality }),
    ...(name && { hints: { name } }),
  };
  const alarms = typeof facts.alarm === "string" ? facts.alarm.split(",").filter(Boolean) : [];
  const sos = alarms.includes("sos");
  return {
    observations: [
      sos ? { ...base, metrics: { ...base.metrics, sos: 1 } } : base,
      ...alarms.map((code): Observation => ({ ...base, metrics: {}, event: { type: "alarm", code } })),
    ],
  };
}

function occurrence(event: z.infer<typeof eventShape>, uniqueId: string): DecodeResult {
  const time = readTimestamp(event.eventTime);
  if ("invalid" in time) return refused("clock", time.invalid);
  const device = `imei:${uniqueId}`;
  const moment =
    "at" in time ? ({ at: time.at, atSource: "device" } as const) : ({ at: null, atSource: "receiveTime" } as const);
  if (event.type === "deviceOnline" || event.type === "deviceOffline") {
    const presence = { type: "presence", online: event.type === "deviceOnline" } as const;
    return { observations: [{ device, ...moment, metrics: {}, event: presence }] };
  }
  const happened = meaning(event);
  const metrics = happened.code === "sos" ? { sos: 1 } : {};
  return { observations: [{ device, ...moment, metrics, event: happened }] };
}

/** Traccar's event types are alarms, fences and remarks about the device (traccar.org, "Events"). */
function meaning({ type, attributes, geofenceId }: z.infer<typeof eventShape>): Occurrence {
  const facts = Array.isArray(attributes) ? {} : (attributes ?? {});
  const plain = Object.entries(facts).filter(
    (entry): entry is [string, string | number | boolean] =>
      typeof entry[1] === "number" || typeof entry[1] === "boolean" || typeof entry[1] === "string",
  );
  const given = { ...Object.fromEntries(plain), ...(geofenceId && { geofenceId }) };
  const details = Object.keys(given).length > 0 && { details: given };
  if (type === "geofenceEnter") return { type: "geofence", code: "enter", ...details };
  if (type === "geofenceExit") return { type: "geofence", code: "leave", ...details };
  if (type === "alarm")
    return { type: "alarm", code: typeof facts.alarm === "string" ? facts.alarm : type, ...details };
  return { type: type === "deviceOverspeed" ? "alarm" : "status", code: type, ...details };
}

/** Unit conversions leave digits no device measured; four decimals are finer than any of them. */
const round = (value: number): number => Math.round(value * 10_000) / 10_000;
