import { HOUR, type Millis } from "../domain/time.ts";
import { ageFactor, chanceOf, levelFactor } from "./emptyings.ts";
import type { BinMemory } from "./memory.ts";
import { fillDeviation, pace } from "./pace.ts";
import { rateAt, slotAt } from "./rhythm.ts";
import type { Start } from "./starts.ts";
import { dayBefore } from "./yesterday.ts";

export interface LevelForecast {
  readonly hours: number;
  readonly p10: number;
  /** The level to expect: the middle, drawn to the same hour of the day before where that has been the surer guess. */
  readonly p50: number;
  readonly p90: number;
  /** Probability that it reaches 80 (95) per cent at some moment until then, with the bin's usual emptyings. */
  readonly reaches80: number;
  readonly reaches95: number;
  /** Probability that it is emptied until then. */
  readonly emptied: number;
}

export const HORIZONS = [6, 12, 24] as const;
/** Normal quantiles of nine equal shares: the possible courses that a forecast is made of. */
const COURSES = [-1.5932, -0.9674, -0.5895, -0.2822, 0, 0.2822, 0.5895, 0.9674, 1.5932] as const;

/** One step of the time axis of a forecast. */
interface Step {
  readonly at: Millis;
  /** Expected fill since the start of the forecast, at the beginning of the step. */
  readonly grown: number;
  readonly hours: number;
  readonly rate: number;
}

function stepsOf(memory: BinMemory, from: Millis, now: Millis, to: Millis): Step[] {
  const steps: Step[] = [];
  let grown = 0;
  const pace_ = pace(memory, from);
  for (let at = from; at < to; ) {
    const next = Math.min(to, at < now ? Math.min(now, at + HOUR) : at + HOUR);
    const hours = (next - at) / HOUR;
    const slot = slotAt((at + next) / 2, memory.offsetMs);
    steps.push({ at, grown, hours, rate: rateAt(memory.habit.rhythm, slot, from) });
    grown += rateAt(memory.fill, slot, from) * pace_ * hours;
    at = next;
  }
  steps.push({ at: to, grown, hours: 0, rate: 0 });
  return steps;
}

interface Outcome {
  level: number;
  weight: number;
}

/**
 * Levels with the usual emptyings: every course is followed hour by hour; at each hour a part of its weight is emptied
 * and goes on from the empty level. So a level is known for each pair of course and hour of the last emptying.
 */
export function levelsAhead(memory: BinMemory, now: Millis, starts: readonly Start[]): LevelForecast[] {
  const results = HORIZONS.map((hours) => ({
    hours,
    until: now + hours * HOUR,
    outcomes: [] as Outcome[],
    over80: 0,
    over95: 0,
    emptied: 0,
  }));
  for (const start of starts) {
    const steps = stepsOf(memory, start.at, now, now + 24 * HOUR);
    const last = steps.length;
    for (const course of COURSES) {
      // Index 0: not emptied yet; i + 1: last emptied in step i.
      const weight = new Float64Array(last + 1);
      const seen80 = new Float64Array(last + 1);
      const seen95 = new Float64Array(last + 1);
      weight[0] = start.weight / COURSES.length;
      for (let i = 0; i < last; i++) {
        const step = steps[i] as Step;
        let leaving = 0;
        let leaving80 = 0;
        let leaving95 = 0;
        const result = results.find(({ until }) => until === step.at);
        for (let origin = 0; origin <= i; origin++) {
          const mass = weight[origin] as number;
          if (mass < 1e-7) continue;
          const level = levelOf(memory, start, steps, course, origin, i);
          if (step.at > now) {
            if (level >= 80) seen80[origin] = mass;
            if (level >= 95) seen95[origin] = mass;
          }
          if (result) {
            result.outcomes.push({ level, weight: mass });
            result.over80 += seen80[origin] as number;
            result.over95 += seen95[origin] as number;
            if (origin > 0) result.emptied += mass;
          }
          const emptiedAt = origin === 0 ? start.emptiedAt : (steps[origin - 1] as Step).at;
          const age = emptiedAt === null ? 24 : (step.at - emptiedAt) / HOUR;
          const rate = step.rate * levelFactor(memory.habit, level) * ageFactor(memory.habit, age);
          const gone = step.hours > 0 ? chanceOf(rate, step.hours) : 0;
          leaving += mass * gone;
          leaving80 += (seen80[origin] as number) * gone;
          leaving95 += (seen95[origin] as number) * gone;
          weight[origin] = mass * (1 - gone);
          seen80[origin] = (seen80[origin] as number) * (1 - gone);
          seen95[origin] = (seen95[origin] as number) * (1 - gone);
        }
        weight[i + 1] = leaving;
        seen80[i + 1] = leaving80;
        seen95[i + 1] = leaving95;
      }
    }
  }
  return results.map(({ hours, until, outcomes, over80, over95, emptied }) => {
    outcomes.sort((a, b) => a.level - b.level);
    const [p10, p90] = [quantile(outcomes, 0.1), quantile(outcomes, 0.9)];
    const p50 = Math.min(p90, Math.max(p10, drawn(memory, until, outcomes)));
    return {
      hours,
      p10: tenth(p10),
      p50: tenth(p50),
      p90: tenth(p90),
      reaches80: round3(over80),
      reaches95: round3(over95),
      emptied: round3(emptied),
    };
  });
}

/** Stated courses lie somewhat wider apart than what comes: their mean distance is this much of what it seems. */
const STATED_TOO_WIDE = 0.8;
/** The surer of two counts nearly alone. */
const SURER = 4;

/** The middle of what may come, drawn to where the bin stood at the same hour of the day before, each by how sure it is. */
function drawn(memory: BinMemory, until: Millis, outcomes: readonly Outcome[]): number {
  const middle = quantile(outcomes, 0.5);
  const before = dayBefore(memory.yesterday, until, memory.offsetMs);
  if (!before) return middle;
  let weight = 0;
  let off = 0;
  for (const outcome of outcomes) {
    weight += outcome.weight;
    off += outcome.weight * Math.abs(outcome.level - middle);
  }
  const own = (1 + (STATED_TOO_WIDE * off) / weight) ** -SURER;
  const other = (1 + before.error) ** -SURER;
  return (own * middle + other * before.level) / (own + other);
}

const round3 = (value: number): number => Math.round(Math.min(1, value) * 1_000) / 1_000;

function levelOf(
  memory: BinMemory,
  start: Start,
  steps: readonly Step[],
  course: number,
  origin: number,
  i: number,
): number {
  const step = steps[i] as Step;
  if (origin === 0) {
    const deviation = Math.sqrt(start.variance + fillDeviation(memory, step.grown, start.at) ** 2);
    return clamp(start.level + step.grown + course * deviation);
  }
  const before = steps[origin - 1] as Step;
  const after = steps[origin] as Step;
  const grown = Math.max(0, step.grown - (before.grown + after.grown) / 2);
  const deviation = Math.hypot(memory.emptyDeviation, fillDeviation(memory, grown, start.at));
  return clamp(memory.emptyLevel + grown + course * deviation);
}

const clamp = (level: number): number => Math.min(100, Math.max(0, level));

function quantile(outcomes: readonly Outcome[], share: number): number {
  const total = outcomes.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  for (const { level, weight } of outcomes) {
    sum += weight;
    if (sum >= share * total) return level;
  }
  return outcomes.at(-1)?.level ?? 0;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
