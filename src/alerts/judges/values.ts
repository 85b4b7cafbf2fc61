import { z } from "zod";
import type { Subject } from "../../center/subject.ts";
import { HOUR, type Millis } from "../../domain/time.ts";
import {
  BETWEEN,
  defineJudge,
  extremeWithin,
  lastingMemory,
  level,
  memory,
  metric,
  NEVER_ENDS,
  OVER,
} from "./judging.ts";

/** Judgements of measured values. */

const number = z.number().finite();
const steps = z
  .array(z.tuple([number, level]))
  .max(4)
  .default([]);
const milliseconds = z.number().int().min(1_000).max(86_400_000);

/** A leap of so much within so long is believed when so many values in a row stay up there. */
const settles = z.strictObject({
  by: number.min(0),
  withinMs: milliseconds,
  samples: z.number().int().min(2).max(16),
});

/**
 * A metric at or above its set level, and below its reset level again. Values between keep things as they are, and so do
 * values that have leapt up and not settled yet: an open lid, an echo.
 */
export const above = defineJudge(
  z.strictObject({
    type: z.literal("above"),
    metric,
    set: number,
    reset: number,
    levels: steps,
    settles: settles.optional(),
  }),
  ({ metric, set, reset, levels, settles }) => {
    const leapOf = settles ? leaping(settles) : null;
    return ({ metrics, subject, at, outOfOrder }) => {
      const value = metrics[metric];
      if (value === undefined) return null;
      const leap = (outOfOrder ? null : leapOf?.(subject, value, at)) ?? null;
      if (leap && !leap.settled && value >= set) return BETWEEN;
      if (value < set) return value < reset ? OVER : BETWEEN;
      const level = levels.find(([from]) => value >= from)?.[1];
      const facts = { [metric]: value, ...(leap && { [LEAPT_FROM]: leap.from }) };
      return { says: "holds", facts, ...(level !== undefined && { level }) };
    };
  },
);

/** The fact of a value that did not grow but leapt: what it was before. Cameras may deny it (alerts/denial.ts). */
export const LEAPT_FROM = "leaptFrom";

interface Leap {
  readonly from: number;
  readonly at: Millis;
}

/** What has stayed up for so long is there, however it came: no camera is asked about it any more. */
const LEAP_COUNTS_MS = 2 * HOUR;

/** Tells of each value whether it stands on a leap, and whether that is to be believed; null when it grew as values do. */
function leaping({ by, withinMs, samples }: z.infer<typeof settles>) {
  const known = memory<{ value: number; at: Millis; leap: Leap | null; up: number }>();
  return (subject: Subject, value: number, at: Millis): { from: number; settled: boolean } | null => {
    const before = known.of(subject);
    const fresh = before !== undefined && value - before.value >= by && at - before.at <= withinMs;
    const last = fresh ? { from: before.value, at } : (before?.leap ?? null);
    // Back down where it came from, or nearly: the leap is over.
    const leap = last && value - last.from >= by && at - last.at <= LEAP_COUNTS_MS ? last : null;
    const up = leap ? (fresh ? 1 : (before?.up ?? 0) + 1) : 0;
    known.put(subject, { value, at, leap, up });
    return leap && { from: leap.from, settled: up >= samples };
  };
}

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
    const lowestWithin = extremeWithin(withinMs, "lowest");
    return ({ metrics, subject, at, outOfOrder }) => {
      const value = metrics[metric];
      if (value === undefined || outOfOrder) return null;
      const lowest = lowestWithin(subject, at, value);
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
    // What fell while the center was not there has fallen all the same.
    const highestWithin = extremeWithin(withinMs, "highest", lastingMemory(`falls ${metric} ${withinMs}`));
    return ({ metrics, subject, at, outOfOrder }) => {
      const value = metrics[metric];
      if (value === undefined || outOfOrder) return null;
      if (whileStopped && (metrics.speedKmh ?? subject.metrics.speedKmh ?? 0) > 1) return null;
      const highest = highestWithin(subject, at, value);
      const fallen = highest - value;
      const enough = fallen >= by || (byShare !== undefined && highest > 0 && fallen / highest >= byShare);
      return enough ? { says: "holds", facts: { [metric]: value, fallenBy: fallen } } : BETWEEN;
    };
  },
  NEVER_ENDS,
);

/**
 * A value that has not changed at all for so long while the device kept reporting it: a stuck sensor, not a quiet place.
 * Values up to `restingAt` may rest: an empty bin is no fault. Fewer than `readings` equal ones prove nothing: a sensor that
 * speaks once a day repeats itself by chance. Judged on the newest values only; a restart starts anew.
 */
export const stuck = defineJudge(
  z.strictObject({
    type: z.literal("stuck"),
    metric,
    forMs: milliseconds,
    restingAt: number,
    readings: z.number().int().min(2),
  }),
  ({ metric, forMs, restingAt, readings }) => {
    const unchanged = memory<{ value: number; since: number; times: number }>();
    return ({ metrics, subject, at, outOfOrder }) => {
      const value = metrics[metric];
      if (value === undefined || outOfOrder) return null;
      const known = unchanged.of(subject);
      if (known?.value !== value) {
        unchanged.put(subject, { value, since: at, times: 1 });
        return OVER;
      }
      known.times++;
      if (value <= restingAt || at - known.since < forMs || known.times < readings) return OVER;
      return { says: "holds", facts: { [metric]: value, unchangedHours: Math.floor((at - known.since) / HOUR) } };
    };
  },
);
