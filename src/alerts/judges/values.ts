import { z } from "zod";
import { HOUR } from "../../domain/time.ts";
import { BETWEEN, defineJudge, level, metric, NEVER_ENDS, OVER, recentValues } from "./judging.ts";

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
  NEVER_ENDS,
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
  NEVER_ENDS,
);

/**
 * A value that has not changed at all for so long while the device kept reporting it: a stuck sensor, not a quiet place.
 * Values up to `restingAt` may rest: an empty bin is no fault. Judged on the newest values only; a restart starts anew.
 */
export const stuck = defineJudge(
  z.strictObject({ type: z.literal("stuck"), metric, forMs: milliseconds, restingAt: number }),
  ({ metric, forMs, restingAt }) => {
    const unchanged = new WeakMap<object, { value: number; since: number }>();
    return ({ metrics, subject, at, outOfOrder }) => {
      const value = metrics[metric];
      if (value === undefined || outOfOrder) return null;
      const known = unchanged.get(subject);
      if (known?.value !== value) {
        unchanged.set(subject, { value, since: at });
        return OVER;
      }
      if (value <= restingAt || at - known.since < forMs) return OVER;
      return { says: "holds", facts: { [metric]: value, unchangedHours: Math.floor((at - known.since) / HOUR) } };
    };
  },
);
