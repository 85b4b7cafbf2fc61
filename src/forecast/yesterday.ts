import { DAY, HOUR, type Millis } from "../domain/time.ts";
import { slotAt } from "./rhythm.ts";

/**
 * What the bin showed at each hour of the last day, and how far a day was usually from the one before: a bin that is emptied
 * by a timetable often stands where it stood at the same hour yesterday.
 */
export interface Yesterday {
  readonly at: Float64Array;
  readonly level: Float32Array;
  /** Mean absolute difference to the day before, percent, by hour of day and by weekday; the newest counts most. */
  readonly error: Float32Array;
  readonly weekdayError: Float32Array;
}

const HOURS = 24;
/** Before anything was compared: a day tells little of the next. */
const UNTRIED_ERROR = 20;
const NEWEST_SHARE = 0.15;
/** A weekday has as many comparisons as it has hours. */
const NEWEST_SHARE_OF_WEEKDAY = 0.04;
/** Readings this far from a day apart are still of the same hour. */
const SLACK_MS = 1.5 * HOUR;

export function newYesterday(): Yesterday {
  return {
    at: new Float64Array(HOURS).fill(Number.NaN),
    level: new Float32Array(HOURS),
    error: new Float32Array(HOURS).fill(UNTRIED_ERROR),
    weekdayError: new Float32Array(7).fill(UNTRIED_ERROR),
  };
}

/** Takes a level that was believed. The first one of an hour stands for it. */
export function seeDay(yesterday: Yesterday, at: Millis, value: number, offsetMs: Millis): void {
  const { at: times, level, error, weekdayError } = yesterday;
  const slot = slotAt(at, offsetMs);
  const hour = slot % HOURS;
  const age = at - (times[hour] as number);
  if (age < HOUR) return;
  if (Math.abs(age - DAY) < SLACK_MS) {
    const off = Math.abs(value - (level[hour] as number));
    const draw = (errors: Float32Array, place: number, share: number) => {
      errors[place] = (errors[place] as number) + share * (off - (errors[place] as number));
    };
    draw(error, hour, NEWEST_SHARE);
    draw(weekdayError, Math.floor(slot / HOURS), NEWEST_SHARE_OF_WEEKDAY);
  }
  times[hour] = at;
  level[hour] = value;
}

/** The level a day before a moment, and how far it usually is off, percent; null when it is not known. */
export function dayBefore(
  { at: times, level, error, weekdayError }: Yesterday,
  target: Millis,
  offsetMs: Millis,
): { readonly level: number; readonly error: number } | null {
  const slot = slotAt(target, offsetMs);
  const hour = slot % HOURS;
  const age = target - (times[hour] as number);
  // Also false where there is none.
  if (!(Math.abs(age - DAY) < SLACK_MS)) return null;
  // A Monday is no Sunday: the hour's error is larger on weekdays that differ more from the day before than others do.
  const usual = weekdayError.reduce((sum, one) => sum + one, 0) / weekdayError.length;
  const unusual = (1 + (weekdayError[Math.floor(slot / HOURS)] as number)) / (1 + usual);
  return { level: level[hour] as number, error: (error[hour] as number) * unusual };
}
