import type { Millis } from "../domain/time.ts";
import { DAY, HOUR } from "../domain/time.ts";
import { eachSlot, learn, newRhythm, type Rhythm, rateAt } from "./rhythm.ts";

/** Upper bounds of the bands in which a crew's habit may differ: fill level in percent, hours since the last emptying. */
const LEVEL_BANDS = [15, 30, 45, 60, 75, 88] as const;
const AGE_BANDS = [2, 5, 10, 18, 30, 42, 54, 78, 102] as const;
/** Emptyings that "the level (the age) does not matter" is worth. */
const FACTOR_WORTH = 1.5;
/** Emptyings fade slower than fill: they are rarer and their timetable changes rarely. */
const HALF_LIFE_MS = 42 * DAY;
/**
 * With an emptying somewhere in a stretch, only this part of it was at risk before it: less than half, because crews come by
 * the clock rather than at any moment of an hour.
 */
const AT_RISK_BEFORE = 0.3;
/** Even a timetable that never failed so far is not certain. */
const HIGHEST_RATE = 4;

/**
 * When this bin gets emptied: a rate per hour of week, times a factor for how full it is, times one for how long ago the
 * last emptying was. Crews on a timetable show in the first, crews that come when it is full in the second, crews
 * that come every other day in the third. Each factor is observed over expected, with the others in the expectation.
 */
export interface EmptyingHabit {
  readonly rhythm: Rhythm;
  /** Observed and expected emptyings by band. */
  readonly level: Float64Array;
  readonly age: Float64Array;
  count: number;
}

export function newHabit(at: Millis): EmptyingHabit {
  const strength = {
    prior: 1 / 72,
    overall: 24,
    hourOfDay: 1,
    dayOfWeek: 3,
    hourOfWeek: 40,
    halfLifeMs: HALF_LIFE_MS,
  };
  return {
    rhythm: newRhythm(strength, at),
    level: new Float64Array(2 * (LEVEL_BANDS.length + 1)),
    age: new Float64Array(2 * (AGE_BANDS.length + 1)),
    count: 0,
  };
}

function bandOf(bounds: readonly number[], value: number): number {
  let band = 0;
  while (band < bounds.length && value >= (bounds[band] as number)) band++;
  return band;
}

function factor(cells: Float64Array, band: number): number {
  return ((cells[2 * band] as number) + FACTOR_WORTH) / ((cells[2 * band + 1] as number) + FACTOR_WORTH);
}

/** Factor for a fill level, percent. */
export const levelFactor = (habit: EmptyingHabit, level: number): number =>
  factor(habit.level, bandOf(LEVEL_BANDS, level));

/** Factor for the time since the last emptying, hours. */
export const ageFactor = (habit: EmptyingHabit, hours: number): number => factor(habit.age, bandOf(AGE_BANDS, hours));

/** Probability of at least one emptying in so many hours at a rate per hour. */
export const chanceOf = (rate: number, hours: number): number => 1 - Math.exp(-Math.min(HIGHEST_RATE, rate) * hours);

function grow(cells: Float64Array, band: number, observed: number, expected: number): void {
  cells[2 * band] = (cells[2 * band] as number) + observed;
  cells[2 * band + 1] = (cells[2 * band + 1] as number) + expected;
}

/** Band counts are halved beyond this many emptyings, so that habits may change. */
const FORGET_ABOVE = 60;

function forget(habit: EmptyingHabit): void {
  if (habit.count < FORGET_ABOVE) return;
  habit.count /= 2;
  for (const cells of [habit.level, habit.age])
    for (let i = 0; i < cells.length; i++) cells[i] = (cells[i] as number) / 2;
}

/** What is known about the bin during a stretch without or with an emptying. */
export interface Stretch {
  readonly from: Millis;
  readonly to: Millis;
  /** Percent, at its end or just before the emptying. */
  readonly level: number;
  readonly emptiedAt: Millis | null;
  readonly offsetMs: Millis;
}

/** Learns from a stretch between two readings: the bin was emptied once in it, or it was not. */
export function seeStretch(habit: EmptyingHabit, stretch: Stretch, emptied: boolean): void {
  const { from, to, level, emptiedAt, offsetMs } = stretch;
  const ageAt = (at: Millis): number => (emptiedAt === null ? 24 : (at - emptiedAt) / HOUR);
  const byLevel = levelFactor(habit, level);
  const parts: { slot: number; hours: number; rate: number; at: Millis; age: number; byAge: number }[] = [];
  let total = 0;
  eachSlot(from, to, offsetMs, (slot, hours, at) => {
    const age = ageAt(at);
    const rate = rateAt(habit.rhythm, slot, at);
    const byAge = ageFactor(habit, age);
    total += rate * byAge * hours;
    parts.push({ slot, hours, rate, at, age, byAge });
  });
  const levelBand = bandOf(LEVEL_BANDS, level);
  for (const { slot, hours, rate, at, age, byAge } of parts) {
    const atRisk = emptied ? hours * AT_RISK_BEFORE : hours;
    const observed = emptied ? (total > 0 ? (rate * byAge * hours) / total : 1 / parts.length) : 0;
    learn(habit.rhythm, slot, at, observed, atRisk * byLevel * byAge);
    grow(habit.level, levelBand, observed, atRisk * rate * byAge);
    grow(habit.age, bandOf(AGE_BANDS, age), observed, atRisk * rate * byLevel);
  }
  if (emptied) {
    habit.count++;
    forget(habit);
  }
}
