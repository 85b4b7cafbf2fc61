import { z } from "zod";
import type { Metrics } from "../src/domain/metrics.ts";
import type { Observation, QualityFlag } from "../src/domain/observation.ts";
import { type DecodeResult, defineDevice } from "./driver.ts";
import { checkMetrics } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";

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
  "batteryPct",
] as const;

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
  decode(payload) {
    if ("event" in payload) return occurrence(payload.event, payload.device.uniqueId);
    if ("position" in payload)
      return position(payload.position, `imei:${payload.device.uniqueId}`, payload.device.name);
    return position(payload, `traccar:${payload.deviceId ?? ""}`, null);
  },
  encode(observation, { id, alias }) {
    const { metrics, at } = observation;
    if (metrics.lat === undefined || metrics.lon === undefined || at === null) return null;
    const time = new Date(at).toISOString().replace("Z", "+00:00");
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
          altitude: metrics.altM ?? 0,
          speed: (metrics.speedKmh ?? 0) / KNOT_KMH,
          course: metrics.headingDeg ?? 0,
          accuracy: metrics.accuracyM ?? 0,
          attributes: {
            ...(metrics.acc !== undefined && { ignition: metrics.acc === 1 }),
            ...(metrics.odometerKm !== undefined && { odometer: metrics.odometerKm * 1_000 }),
            ...(metrics.batteryPct !== undefined && { batteryLevel: metrics.batteryPct }),
          },
        },
        device: { id: 1, name: id, uniqueId: (alias ?? id).replace(/^imei:/, ""), status: "online", attributes: {} },
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
  ],
  rejects: [
    { position: { latitude: 1 } },
    { device: {} },
    { fixTime: "2026-09-21T14:13:20Z", latitude: "x", longitude: 1 },
  ],
});

const refused = (reason: string, detail: string): DecodeResult => ({ observations: [], refused: { reason, detail } });

function position(given: Position, alias: string, name: string | null | undefined): DecodeResult {
  const speedKmh = (given.speed ?? 0) * KNOT_KMH;
  if (speedKmh > IMPOSSIBLE_KMH) return refused("implausible", `speed ${given.speed} kn is impossible`);
  if (Math.abs(given.altitude ?? 0) > IMPOSSIBLE_ALTITUDE_M) {
    return refused("implausible", `altitude ${given.altitude} m is impossible`);
  }
  const time = readTimestamp(given.fixTime);
  if ("invalid" in time) return refused("clock", time.invalid);
  const facts: Record<string, unknown> = Array.isArray(given.attributes) ? {} : (given.attributes ?? {});
  const numeric = (key: string, factor: number): number | undefined => {
    const value = facts[key];
    return typeof value === "number" ? round(value * factor) : undefined;
  };
  const usable = given.valid !== false && given.outdated !== true;
  const checked = checkMetrics(
    {
      ...(usable && { lat: given.latitude, lon: given.longitude, altM: given.altitude }),
      ...(usable && given.accuracy && { accuracyM: given.accuracy }),
      ...(usable && given.speed != null && { speedKmh: round(speedKmh) }),
      ...(usable && given.course != null && { headingDeg: given.course % 360 }),
      satellites: numeric("sat", 1),
      acc: typeof facts.ignition === "boolean" ? facts.ignition : undefined,
      odometerKm: numeric("odometer", 1 / 1_000),
      engineHours: numeric("hours", 1 / 3_600_000),
      fuelL: numeric("fuel", 1),
      externalPowerV: numeric("power", 1),
      batteryPct: numeric("batteryLevel", 1),
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
  const details = Array.isArray(event.attributes) ? {} : (event.attributes as Record<string, string> | undefined);
  const happened = { type: "alarm", code: event.type, ...(details && { details }) } as const;
  return { observations: [{ device, ...moment, metrics: {}, event: happened }] };
}

/** Unit conversions leave digits no device measured; four decimals are finer than any of them. */
const round = (value: number): number => Math.round(value * 10_000) / 10_000;
