import { type Calendar, dateOf, dayOf, weekdayOf } from "../domain/calendar.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";

/** Hours, sanitation days, weeks and months of the district, all of them made of whole hours. */

export const periods = ["hour", "day", "week", "month"] as const;
export type Period = (typeof periods)[number];

const WEEK = 7;

/** Begins of the stretches of time that figures are kept by. */
export function createPeriods(calendar: Calendar) {
  // When the sanitation day begins at half past, hours do too: a day stays made of whole hours.
  const shiftMs = (calendar.dayStartsMinutes % 60) * MINUTE;

  /** Number of the sanitation day: what happens before it begins belongs to the day before. */
  const dayNumber = (at: Millis): number => {
    const day = calendar.dayNumber(at);
    return at < calendar.instant(day, calendar.dayStartsMinutes) ? day - 1 : day;
  };
  const startOfDay = (day: number): Millis => calendar.instant(day, calendar.dayStartsMinutes);
  const firstOfMonth = (day: number): number => dayOf(`${dateOf(day).slice(0, 7)}-01`);
  const nextMonth = (first: number): number => firstOfMonth(first + 31);

  const startOfHour = (at: Millis): Millis => {
    const local = at + calendar.offsetMs(at) - shiftMs;
    const start = Math.floor(local / HOUR) * HOUR + shiftMs - calendar.offsetMs(at);
    // Where the clock was moved within this hour, the hour begins with the move.
    return calendar.offsetMs(start) === calendar.offsetMs(at) ? start : moveWithin(start, at);
  };

  /** The instant in between at which the offset changes, to the minute. */
  const moveWithin = (from: Millis, to: Millis): Millis => {
    let low = from;
    let high = to;
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (middle === low) break;
      if (calendar.offsetMs(middle) === calendar.offsetMs(to)) high = middle;
      else low = middle;
    }
    return high;
  };

  const start = (period: Period, at: Millis): Millis => {
    if (period === "hour") return startOfHour(at);
    const day = dayNumber(at);
    if (period === "day") return startOfDay(day);
    return startOfDay(period === "week" ? day - weekdayOf(day) : firstOfMonth(day));
  };

  /** The sanitation day an instant belongs to, as `2026-09-22`. */
  const dateAt = (at: Millis): string => dateOf(dayNumber(at));

  /** Begin of the period after the one that an instant lies in. */
  const next = (period: Period, at: Millis): Millis => {
    if (period === "hour") {
      const end = startOfHour(startOfHour(at) + HOUR);
      return end > at ? end : startOfHour(at) + HOUR;
    }
    const day = dayNumber(at);
    if (period === "day") return startOfDay(day + 1);
    return startOfDay(period === "week" ? day - weekdayOf(day) + WEEK : nextMonth(firstOfMonth(day)));
  };

  return {
    start,
    next,
    dayNumber,
    dateAt,
    /** The parts of a stretch of time by hour. */
    *hours(from: Millis, to: Millis): Generator<{ readonly at: Millis; readonly ms: Millis }> {
      for (let at = from; at < to; ) {
        const end = Math.min(to, next("hour", at));
        yield { at, ms: end - at };
        at = end;
      }
    },
    /** The periods that a stretch of time touches, each cut to it. */
    *split(period: Period, from: Millis, to: Millis): Generator<{ readonly from: Millis; readonly to: Millis }> {
      for (let at = from; at < to; ) {
        const end = Math.min(to, next(period, at));
        yield { from: at, to: end };
        at = end;
      }
    },
  };
}
export type Periods = ReturnType<typeof createPeriods>;
