import { z } from "zod";
import { categoryOf } from "../src/domain/categories.ts";
import type { Kind } from "../src/domain/kinds.ts";
import { isMetricName, type MetricName, metrics as metricTable } from "../src/domain/metrics.ts";
import type { DeviceEvent, Observation, Occurrence } from "../src/domain/observation.ts";
import type { Json } from "../src/domain/text.ts";
import { type DecodeContext, type DecodeResult, refused } from "./driver.ts";
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

export const allowedMetrics = (kind: Kind): readonly MetricName[] => [...COMMON, ...metricsOfKind[kind]];

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

/** One reading, or several, oldest first. */
export const telemetryOf = (kind: Kind): z.ZodType<Reading | Reading[]> => {
  const one = readingOf(kind);
  return z.union([one, z.array(one).min(1).max(MOST_READINGS)]) as z.ZodType<Reading | Reading[]>;
};

/** A message about one moment. Its metrics stand beside these fields. */
export interface Reading {
  readonly ts?: number | string | undefined;
  readonly id?: string | undefined;
  readonly device?: string | undefined;
  readonly deviceId?: string | undefined;
}

const fraction = z.number().min(0).max(1);
const eventFields = {
  ts,
  ...identity,
  type: z.string().min(1).max(64),
  category: z.string().min(1).max(64).optional(),
  confidence: fraction.optional(),
  phase: z.enum(["start", "update", "end", "pulse"]).optional(),
  eventId: z.string().max(128).optional(),
  label: z.string().max(128).optional(),
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
  snapshotUrl: z.string().max(2_048).optional(),
  code: z.string().min(1).max(64).optional(),
  details: z.record(z.string(), z.json()).optional(),
};
/** Fields of an event's own kind stand beside these and are kept as its details. */
export const eventOfKind = (kind: Kind) => z.looseObject({ ...eventFields, ...metricShape(kind) });
type Event = z.infer<ReturnType<typeof eventOfKind>>;

export const status = z.object({ ts, online: z.boolean() });
export const reply = z.object({ ts, id: z.string().max(64), ok: z.boolean(), result: z.json().optional() });

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

export function observe(
  message: Reading,
  context: DecodeContext,
  allowed: readonly MetricName[],
  event?: DeviceEvent,
): Observation | DecodeResult {
  if (contradicts(message, context)) {
    return refused("identity", `the payload names another device than the topic (${context.parameters.device})`);
  }
  const moment = momentOf(message.ts);
  if ("invalid" in moment) return refused("clock", moment.invalid);
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

export const isResult = (value: Observation | DecodeResult): value is DecodeResult => "observations" in value;

/** Everything else a device reports is an alarm by its own name: `sos`, `tamper`, `fault` … */
const occurrenceTypes = new Set<Occurrence["type"]>(["card", "geofence", "lifecycle", "attribute", "status", "count"]);
const isOccurrence = (type: string): type is Occurrence["type"] => occurrenceTypes.has(type as Occurrence["type"]);

/** A longer text among the details is a picture or a dump: the event counts without it. */
const DETAIL_CHARACTERS = 1_024;

function detailsOf(message: Event): { details?: Record<string, Json> } {
  const details: Record<string, Json> = { ...(message.details as Record<string, Json> | undefined) };
  for (const [name, value] of Object.entries(message)) {
    if (Object.hasOwn(eventFields, name) || isMetricName(name)) continue;
    const plain = typeof value === "number" || typeof value === "boolean";
    if (plain || (typeof value === "string" && value.length <= DETAIL_CHARACTERS)) details[name] = value;
  }
  return Object.keys(details).length > 0 ? { details } : {};
}

export function eventOf(message: Event): DeviceEvent {
  const { type, category, confidence, phase, eventId, label, bbox, snapshotUrl, code } = message;
  if (type === "detection") {
    return {
      type: "detection",
      category: detected(category, label),
      phase: phase ?? "pulse",
      ...(confidence !== undefined && { confidence }),
      ...(eventId !== undefined && { eventId }),
      ...(label !== undefined && { label }),
      ...(bbox !== undefined && { bbox }),
      ...(snapshotUrl !== undefined && { snapshotUrl }),
      ...detailsOf(message),
    };
  }
  return { type: isOccurrence(type) ? type : "alarm", code: code ?? type, ...detailsOf(message) };
}

/** A box may send our category or only the label of its model, in its own words. */
function detected(category: string | undefined, label: string | undefined): string {
  const said = category ?? label ?? "unknown";
  return categoryOf(said) ?? said;
}

/** The fields that `eventOf` reads back as this event; null for what has a channel of its own. */
export function fieldsOf(event: DeviceEvent): Record<string, Json> | null {
  if (event.type === "presence" || event.type === "reply") return null;
  if (event.type === "detection") return { ...event } as Record<string, Json>;
  const { type, code, details } = event;
  const named = type === "alarm" && !isOccurrence(code) && code !== "detection";
  return { ...(named ? { type: code } : { type, code }), ...(details && { details }) };
}
