import { z } from "zod";
import { type Kind, kindNames, kinds } from "../src/domain/kinds.ts";
import { type MetricName, metrics as metricTable } from "../src/domain/metrics.ts";
import type { DeviceEvent, Observation } from "../src/domain/observation.ts";
import { type DecodeContext, type DecodeResult, type Driver, defineDevice } from "./driver.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";

/** Messages a device may send in one array: a day of a tracker that reports every ten seconds is sent in pieces. */
const MOST_READINGS = 500;

const COMMON = [
  "lat",
  "lon",
  "altM",
  "accuracyM",
  "batteryPct",
  "batteryV",
  "rssiDbm",
  "snrDb",
  "tamper",
  "tempC",
] as const;

/** What a device of each kind may measure, beside what any may. */
const metricsOfKind: Readonly<Record<Kind, readonly MetricName[]>> = {
  vehicle: [
    ...["speedKmh", "headingDeg", "satellites", "acc", "working", "odometerKm", "fuelL", "waterL", "loadKg"],
    ...["hopperOpen", "engineHours", "externalPowerV", "sos"],
  ] as MetricName[],
  person: ["speedKmh", "headingDeg", "satellites", "sos", "still", "fall", "hr", "steps", "clockIn", "worn"],
  bin: ["fillPct", "distanceMm", "tiltDeg", "tilted", "lidOpen", "smoke"],
  foodWastePoint: ["weightKg", "doorOpen", "fillPct"],
  camera: ["open"],
  toilet: [
    "nh3Ppm",
    "h2sPpm",
    "humidityPct",
    "stalls",
    "stallsOccupied",
    "footfall",
    "waterM3",
    "open",
    "leak",
    "callButton",
  ],
  station: ["hopperPct", "queue", "grossKg", "tareKg", "nh3Ppm", "h2sPpm", "ch4LelPct", "o2Pct", "open"],
  pestTrap: ["catchCount", "densityIndex", "humidityPct"],
  gateway: ["humidityPct", "pressureHpa", "externalPowerV"],
};

const allowedMetrics = (kind: Kind): readonly MetricName[] => [...COMMON, ...metricsOfKind[kind]];

/** A flag may come as 0/1 or true/false; numbers must be numbers: "full" is no fill level. */
const metricShape = (kind: Kind) =>
  Object.fromEntries(
    allowedMetrics(kind).map((name) => [
      name,
      (metricTable[name].type === "flag" ? z.union([z.number(), z.boolean()]) : z.number()).nullable().optional(),
    ]),
  );

const identity = { id: z.string().optional(), device: z.string().optional(), deviceId: z.string().optional() };
const ts = z.union([z.number(), z.string().max(40)]).optional();
const readingOf = (kind: Kind) => z.object({ ts, ...identity, ...metricShape(kind) });

/** A message about one moment. Its metrics stand beside these fields. */
interface Reading {
  readonly ts?: number | string | undefined;
  readonly id?: string | undefined;
  readonly device?: string | undefined;
  readonly deviceId?: string | undefined;
}

const fraction = z.number().min(0).max(1);
const eventOfKind = (kind: Kind) =>
  z.object({
    ts,
    ...identity,
    ...metricShape(kind),
    type: z.string().min(1).max(64),
    category: z.string().min(1).max(64).optional(),
    confidence: fraction.optional(),
    phase: z.enum(["start", "update", "end", "pulse"]).optional(),
    eventId: z.string().max(128).optional(),
    label: z.string().max(128).optional(),
    bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
    snapshotUrl: z.string().max(2_048).optional(),
    code: z.string().max(64).optional(),
    cardId: z.string().max(64).optional(),
    stream: z.string().max(32).optional(),
  });
const status = z.object({ ts, online: z.boolean() });
const reply = z.object({ ts, id: z.string().max(64), ok: z.boolean(), result: z.json().optional() });

/** The moment of a message, and whose clock says so. */
function momentOf(value: unknown): Pick<Observation, "at" | "atSource" | "quality"> | { invalid: string } {
  if (value === undefined) return { at: null, atSource: "receiveTime" };
  const time = readTimestamp(value);
  if ("invalid" in time) return time;
  if ("untrusted" in time) return { at: null, atSource: "receiveTime", quality: ["clockDefault"] };
  return { at: time.at, atSource: "device" };
}

function contradicts({ id, device, deviceId }: Reading, context: DecodeContext): boolean {
  const own = context.parameters.device;
  return [id, device, deviceId].some((named) => named !== undefined && named !== own);
}

function observe(
  message: Reading,
  context: DecodeContext,
  allowed: readonly MetricName[],
  event?: DeviceEvent,
): Observation | DecodeResult {
  if (contradicts(message, context)) {
    const detail = `the payload names another device than the topic (${context.parameters.device})`;
    return { observations: [], refused: { reason: "identity", detail } };
  }
  const moment = momentOf(message.ts);
  if ("invalid" in moment) return { observations: [], refused: { reason: "clock", detail: moment.invalid } };
  const checked = checkMetrics(message as Record<string, unknown>, allowed);
  const quality = moment.quality ? withFlag(checked.quality, "clockDefault") : checked.quality;
  return {
    device: context.parameters.device ?? "",
    at: moment.at,
    atSource: moment.atSource,
    metrics: checked.metrics,
    ...(event && { event }),
    ...(quality.length > 0 && { quality }),
  };
}

const isResult = (value: Observation | DecodeResult): value is DecodeResult => "observations" in value;

function eventOf(message: z.infer<ReturnType<typeof eventOfKind>>): DeviceEvent {
  const { type, category, confidence, phase, eventId, label, bbox, snapshotUrl, code, cardId, stream } = message;
  if (type === "detection") {
    return {
      type: "detection",
      category: category ?? label ?? "unknown",
      phase: phase ?? "pulse",
      ...(confidence !== undefined && { confidence }),
      ...(eventId !== undefined && { eventId }),
      ...(label !== undefined && { label }),
      ...(bbox !== undefined && { bbox }),
      ...(snapshotUrl !== undefined && { snapshotUrl }),
    };
  }
  const details = { ...(cardId !== undefined && { cardId }), ...(stream !== undefined && { stream }) };
  const occurrence = type === "card" ? "card" : type === "geofence" ? "geofence" : "alarm";
  return {
    type: occurrence,
    code: code ?? type,
    ...(Object.keys(details).length > 0 && { details }),
  };
}

const SAMPLE_AT = 1_790_000_000_000;

function telemetryDriver(kind: Kind): Driver<Reading | Reading[]> {
  const allowed = allowedMetrics(kind);
  const one = readingOf(kind);
  return defineDevice({
    id: `kerbside/${kind}/telemetry`,
    kind,
    title: { en: `${kinds[kind].title.en}: readings`, zh: `${kinds[kind].title.zh}：读数` },
    topics: [`kerbside/v1/${kind}/{device}/telemetry`],
    payload: z.union([one, z.array(one).min(1).max(MOST_READINGS)]) as z.ZodType<Reading | Reading[]>,
    decode(payload, context) {
      if (!Array.isArray(payload)) {
        const observed = observe(payload, context, allowed);
        return isResult(observed) ? observed : { observations: [observed] };
      }
      const observations: Observation[] = [];
      for (const message of payload) {
        const observed = observe(message, context, allowed);
        if (isResult(observed)) return observed;
        observations.push(observed);
      }
      return { observations };
    },
    encode: (observation, device) => ({
      topic: `kerbside/v1/${device.kind}/${device.id}/telemetry`,
      payload: { ...(observation.at !== null && { ts: observation.at }), ...observation.metrics },
    }),
    samples: [
      {
        name: "one reading",
        topic: `kerbside/v1/${kind}/device-1/telemetry`,
        payload: { ts: SAMPLE_AT, batteryPct: 80, lat: 22.72, lon: 113.9 },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: { batteryPct: 80, lat: 22.72, lon: 113.9 },
          },
        ],
      },
      {
        name: "two readings, times in seconds and ISO 8601, a fix that is none",
        topic: `kerbside/v1/${kind}/device-1/telemetry`,
        payload: [
          { ts: SAMPLE_AT / 1_000, batteryPct: 80 },
          { ts: "2026-09-21T22:13:30.5+08:00", lat: 0, lon: 0, tempC: 900 },
        ],
        observations: [
          { device: "device-1", at: SAMPLE_AT, atSource: "device", metrics: { batteryPct: 80 } },
          {
            device: "device-1",
            at: Date.UTC(2026, 8, 21, 14, 13, 30, 500),
            atSource: "device",
            metrics: {},
            quality: ["outOfRange", "zeroFix"],
          },
        ],
      },
      {
        name: "no time, and a clock that was never set",
        topic: `kerbside/v1/${kind}/device-1/telemetry`,
        payload: [{ batteryPct: 80 }, { ts: 5, batteryPct: 79 }],
        observations: [
          { device: "device-1", at: null, atSource: "receiveTime", metrics: { batteryPct: 80 } },
          {
            device: "device-1",
            at: null,
            atSource: "receiveTime",
            metrics: { batteryPct: 79 },
            quality: ["clockDefault"],
          },
        ],
      },
    ],
    rejects: [
      { batteryPct: "full" },
      [],
      "text",
      { ts: "2026-09-21T22:13:30", batteryPct: 1 },
      { ts: SAMPLE_AT, id: "other", batteryPct: 1 },
    ],
  });
}

function eventDriver(kind: Kind): Driver<z.infer<ReturnType<typeof eventOfKind>>> {
  const allowed = allowedMetrics(kind);
  const sample = {
    type: "detection",
    category: "illegalDumping",
    phase: "start",
    confidence: 0.91,
    eventId: "e-1",
    bbox: [0.1, 0.2, 0.3, 0.4],
  } as const;
  return defineDevice({
    id: `kerbside/${kind}/event`,
    kind,
    title: { en: `${kinds[kind].title.en}: events`, zh: `${kinds[kind].title.zh}：事件` },
    topics: [`kerbside/v1/${kind}/{device}/event`],
    payload: eventOfKind(kind),
    decode(payload, context) {
      const observed = observe(payload, context, allowed, eventOf(payload));
      if (isResult(observed)) return observed;
      // A press of the button is a state as well as an event: rules see both in the same way.
      const metrics = payload.type === "sos" ? { ...observed.metrics, sos: 1 } : observed.metrics;
      return { observations: [{ ...observed, metrics }] };
    },
    encode(observation, device) {
      if (!observation.event || observation.event.type === "presence") return null;
      const { event: happened } = observation;
      const fields = happened.type === "detection" ? happened : { type: happened.code };
      return {
        topic: `kerbside/v1/${device.kind}/${device.id}/event`,
        payload: { ...(observation.at !== null && { ts: observation.at }), ...fields, ...observation.metrics },
      };
    },
    samples: [
      {
        name: "an AI sighting",
        topic: `kerbside/v1/${kind}/device-1/event`,
        payload: { ts: SAMPLE_AT, ...sample, lat: 22.71, lon: 113.89 },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: { lat: 22.71, lon: 113.89 },
            event: sample,
          },
        ],
      },
    ],
    rejects: [{ ts: SAMPLE_AT }, { type: 7 }, [], { type: "detection", confidence: 2 }],
  });
}

function statusDriver(kind: Kind): Driver<z.infer<typeof status>> {
  return defineDevice({
    id: `kerbside/${kind}/status`,
    kind,
    title: { en: `${kinds[kind].title.en}: presence`, zh: `${kinds[kind].title.zh}：在线状态` },
    topics: [`kerbside/v1/${kind}/{device}/status`],
    payload: status,
    decode(payload, context) {
      // A last will carries the time of the connect, if any: when it arrives is when the link was gone.
      const presence: Observation = {
        device: context.parameters.device ?? "",
        at: null,
        atSource: "receiveTime",
        metrics: {},
        event: { type: "presence", online: payload.online },
      };
      return { observations: [presence] };
    },
    encode: (observation, device) =>
      observation.event?.type === "presence"
        ? {
            topic: `kerbside/v1/${device.kind}/${device.id}/status`,
            payload: { online: observation.event.online },
          }
        : null,
    samples: [
      {
        name: "last will",
        topic: `kerbside/v1/${kind}/device-1/status`,
        payload: { online: false },
        observations: [
          {
            device: "device-1",
            at: null,
            atSource: "receiveTime",
            metrics: {},
            event: { type: "presence", online: false },
          },
        ],
      },
    ],
    rejects: [{}, { online: "yes" }],
  });
}

function replyDriver(kind: Kind): Driver<z.infer<typeof reply>> {
  return defineDevice({
    id: `kerbside/${kind}/reply`,
    kind,
    title: { en: `${kinds[kind].title.en}: answers to commands`, zh: `${kinds[kind].title.zh}：指令回复` },
    topics: [`kerbside/v1/${kind}/{device}/reply`],
    payload: reply,
    decode(payload, context) {
      const { id, ok, result } = payload;
      const observed = observe({ ts: payload.ts }, context, [], {
        type: "reply",
        code: ok ? "ok" : "failed",
        details: { id, ...(result !== undefined && { result }) },
      });
      return isResult(observed) ? observed : { observations: [observed] };
    },
    samples: [
      {
        name: "done",
        topic: `kerbside/v1/${kind}/device-1/reply`,
        payload: { ts: SAMPLE_AT, id: "c-1", ok: true },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: {},
            event: { type: "reply", code: "ok", details: { id: "c-1" } },
          },
        ],
      },
    ],
    rejects: [{ id: 5, ok: true }, {}],
  });
}

/** The native dialect of every kind: four channels each. */
export const nativeDrivers: readonly Driver[] = kindNames.flatMap((kind) => [
  telemetryDriver(kind) as Driver,
  eventDriver(kind) as Driver,
  statusDriver(kind) as Driver,
  replyDriver(kind) as Driver,
]);
