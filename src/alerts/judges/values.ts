import { z } from "zod";
import { MINUTE } from "../../domain/time.ts";
import { BETWEEN, defineJudge, type Judgement, level, metric, OVER, recentValues } from "./judging.ts";

/** Judgements of measured values. */

const number = z.number().finite();
const steps = z
  .array(z.tuple([number, level]))
  .max(4)
  .default([]);
const milliseconds = z.number().int().min(1_000).max(86_400_000);

/** A metric at or above its set level, and below its reset level again. Values between keep things as they are. */
export const above = defineJudge(
  z.strictObject({ type: z.literal("above"), metric, set: number, reset: number, levels: steps }),
  ({ metric, set, reset, levels }) =>
    ({ metrics }) => {
      const value = metrics[metric];
      if (value === undefined) return null;
      if (value < set) return value < reset ? OVER : BETWEEN;
      const level = levels.find(([from]) => value >= from)?.[1];
      return { says: "holds", facts: { [metric]: value }, ...(level !== undefined && { level }) };
    },
);

/** A metric below its set level, and at or above its reset level again. */
export const below = defineJudge(
  z.strictObject({ type: z.literal("below"), metric, set: number, reset: number, levels: steps }),
  ({ metric, set, reset, levels }) =>
    ({ metrics }) => {
      const value = metrics[metric];
      if (value === undefined) return null;
      if (value >= set) return value >= reset ? OVER : BETWEEN;
      const level = levels.find(([under]) => value < under)?.[1];
      return { says: "holds", facts: { [metric]: value }, ...(level !== undefined && { level }) };
    },
);

/** A metric above a limit that the device itself carries as an attribute; without the attribute nothing is judged. */
export const aboveOwnLimit = defineJudge(
  z.strictObject({ type: z.literal("aboveOwnLimit"), metric, attribute: z.string().min(1).max(64) }),
  ({ metric, attribute }) =>
    ({ metrics, subject }) => {
      const value = metrics[metric];
      const limit = Number(subject.device.attributes[attribute] ?? Number.NaN);
      if (value === undefined || Number.isNaN(limit)) return null;
      return value > limit ? { says: "holds", facts: { [metric]: value, limit } } : OVER;
    },
);

/** A flag that is 1. */
export const raised = defineJudge(
  z.strictObject({ type: z.literal("raised"), metric, level: level.optional() }),
  ({ metric, level }) =>
    ({ metrics }) => {
      const value = metrics[metric];
      if (value === undefined) return null;
      if (value !== 1) return OVER;
      return { says: "holds", facts: { [metric]: 1 }, ...(level !== undefined && { level }) };
    },
);

/** A rise by so much within so long, compared with the lowest value of that time. */
export const rises = defineJudge(
  z.strictObject({ type: z.literal("rises"), metric, by: number, withinMs: milliseconds }),
  ({ metric, by, withinMs }) => {
    const recent = recentValues(withinMs);
    return ({ metrics, subject, at, outOfOrder }) => {
      const value = metrics[metric];
      if (value === undefined || outOfOrder) return null;
      const lowest = Math.min(...recent(subject, at, value).map((sample) => sample.value));
      return value - lowest >= by ? { says: "holds", facts: { [metric]: value, risenBy: value - lowest } } : BETWEEN;
    };
  },
);

/**
 * A fall by so much, or by such a share of the highest value, within so long. `whileStopped`: only values taken at a
 * standstill are compared, since a tank on the move sloshes and is used up rightly.
 */
export const falls = defineJudge(
  z.strictObject({
    type: z.literal("falls"),
    metric,
    by: number,
    byShare: z.number().min(0).max(1).optional(),
    withinMs: milliseconds,
    whileStopped: z.boolean().default(false),
  }),
  ({ metric, by, byShare, withinMs, whileStopped }) => {
    const recent = recentValues(withinMs);
    return ({ metrics, subject, at, outOfOrder }) => {
      const value = metrics[metric];
      if (value === undefined || outOfOrder) return null;
      if (whileStopped && (metrics.speedKmh ?? subject.metrics.speedKmh ?? 0) > 1) return null;
      const highest = Math.max(...recent(subject, at, value).map((sample) => sample.value));
      const fallen = highest - value;
      const enough = fallen >= by || (byShare !== undefined && highest > 0 && fallen / highest >= byShare);
      return enough ? { says: "holds", facts: { [metric]: value, fallenBy: fallen } } : BETWEEN;
    };
  },
);

/** NH3 limits in ppm by class of toilet (GB/T 17217-1998: 0.3, 1, 3 mg/m³; 1 ppm = 0.697 mg/m³ at 25 °C). */
const NH3_LIMIT_PPM: Readonly<Record<string, number>> = { 1: 0.43, 2: 1.44, 3: 4.31 };
/** H2S limit 0.01 mg/m³ for all classes; 1 ppm = 1.394 mg/m³. Only a sensor with steps of 0.001 ppm can see it. */
const H2S_LIMIT_PPM = 0.0072;
const H2S_STEP_PPM = 0.001;
const CLEARS_BELOW_SHARE = 0.8;

/** The mean of each window beside the limit of the toilet's class. Attributes: `toiletClass`, `h2sResolutionPpm`. */
export const odour = defineJudge(
  z.strictObject({ type: z.literal("odour"), windowMs: milliseconds, majorFactor: number.min(1) }),
  ({ windowMs, majorFactor }) => {
    const windows = new WeakMap<object, { start: number; nh3: number[]; h2s: number[] }>();
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return ({ metrics, subject, at, outOfOrder }): Judgement | null => {
      if (outOfOrder || (metrics.nh3Ppm === undefined && metrics.h2sPpm === undefined)) return null;
      const { toiletClass = 2, h2sResolutionPpm } = subject.device.attributes;
      const start = Math.floor(at / windowMs) * windowMs;
      const done = windows.get(subject);
      const current = done?.start === start ? done : { start, nh3: [], h2s: [] };
      windows.set(subject, current);
      if (metrics.nh3Ppm !== undefined) current.nh3.push(metrics.nh3Ppm);
      const seesH2s = Number(h2sResolutionPpm ?? 1) <= H2S_STEP_PPM;
      if (metrics.h2sPpm !== undefined && seesH2s) current.h2s.push(metrics.h2sPpm);
      if (!done || done === current) return null;
      const nh3Share = done.nh3.length > 0 ? mean(done.nh3) / (NH3_LIMIT_PPM[String(toiletClass)] ?? 1.44) : 0;
      const h2sShare = done.h2s.length > 0 ? mean(done.h2s) / H2S_LIMIT_PPM : 0;
      const share = Math.max(nh3Share, h2sShare);
      if (share <= 1) return share < CLEARS_BELOW_SHARE ? OVER : BETWEEN;
      const facts = { gas: nh3Share >= h2sShare ? "nh3" : "h2s", timesLimit: Number(share.toFixed(2)) };
      return { says: "holds", facts, ...(share >= majorFactor && { level: 2 as const }) };
    };
  },
);

/** Growth of a counter per hour above a limit in hours when nothing should grow: a leak at night. */
export const growsAtNight = defineJudge(
  z.strictObject({
    type: z.literal("growsAtNight"),
    metric,
    perHour: number,
    hours: z.tuple([z.number().int().min(0).max(24), z.number().int().min(0).max(24)]),
  }),
  ({ metric, perHour, hours: [from, to] }) => {
    const recent = recentValues(30 * MINUTE);
    return ({ metrics, subject, at, outOfOrder }, { calendar }) => {
      const value = metrics[metric];
      if (value === undefined || outOfOrder) return null;
      const [first] = recent(subject, at, value);
      const hour = calendar.hourOfDay(at);
      if (hour < from || hour >= to) return OVER;
      if (!first || at - first.at < 10 * MINUTE) return null;
      const rate = ((value - first.value) * 60 * MINUTE) / (at - first.at);
      return rate > perHour ? { says: "holds", facts: { perHour: Number(rate.toFixed(2)) } } : OVER;
    };
  },
);

/** A device that says it is closed during its opening hours (attributes `opensAt`, `closesAt`, local hours). */
export const closedInOpeningHours = defineJudge(
  z.strictObject({ type: z.literal("closedInOpeningHours"), opensAt: number, closesAt: number }),
  ({ opensAt, closesAt }) =>
    ({ metrics: { open }, subject, at }, { calendar }) => {
      if (open === undefined) return null;
      const own = subject.device.attributes;
      const hour = calendar.hourOfDay(at);
      const due = hour >= Number(own.opensAt ?? opensAt) && hour < Number(own.closesAt ?? closesAt);
      return due && open === 0 ? { says: "holds", facts: { open } } : OVER;
    },
);

/** Heart rate outside its bounds while the body is at rest; in motion nothing is concluded. */
export const restingHeartRate = defineJudge(
  z.strictObject({ type: z.literal("restingHeartRate"), low: number, high: number, reset: number }),
  ({ low, high, reset }) =>
    ({ metrics, subject }) => {
      const { hr } = metrics;
      if (hr === undefined) return null;
      const moving = (metrics.still ?? subject.metrics.still) === 0 || (metrics.speedKmh ?? 0) > 1;
      if (hr < low || (hr > high && !moving)) return { says: "holds", facts: { hr } };
      return hr >= low + reset && hr <= high - reset ? OVER : BETWEEN;
    },
);
