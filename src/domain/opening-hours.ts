import { type Calendar, dateOf, minutesOf, weekdayOf } from "./calendar.ts";
import { DAY, HOUR, type Millis } from "./time.ts";

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export const dayNames = [...weekdays, "workingDay", "restDay", "holiday"] as const;
export type DayName = (typeof dayNames)[number];

/** A stretch of local time that comes back: a market from 18:00, a sweep at 04:30 on working days. */
export interface Hours {
  /** Minutes since local midnight. */
  readonly from: number;
  /** Later than `from`; beyond 1,440 it ends on the next day. */
  readonly to: number;
  /** Days on which it begins: weekdays, or what the calendar says of a date; null: every day. */
  readonly days: readonly DayName[] | null;
  /** First and last date (`2027-01-20`), both inclusive: a season, a fair; null: all year. */
  readonly dates: readonly [string, string] | null;
}

/** Until when something with these hours is open at a time; null while it is closed. No hours at all: always open. */
export function openUntil(hours: readonly Hours[], at: Millis, calendar: Calendar): Millis | null {
  if (hours.length === 0) return Number.POSITIVE_INFINITY;
  const today = calendar.dayNumber(at);
  let until: Millis | null = null;
  for (const one of hours) {
    const daysBack = Math.ceil(one.to / 1_440) - 1;
    for (let day = today - daysBack; day <= today; day++) {
      if (!beginsOn(one, day, calendar)) continue;
      const closes = instantOf(day, one.to, calendar);
      if (at >= instantOf(day, one.from, calendar) && at < closes) until = Math.max(until ?? 0, closes);
    }
  }
  return until;
}

/** The instant of minutes since the midnight of a day; minutes beyond 24 hours are on a later day. */
export function instantOf(day: number, minutes: number, calendar: Calendar): Millis {
  return calendar.instant(day + Math.floor(minutes / 1_440), minutes % 1_440);
}

/** Whether a stretch begins on a day (number since 1970-01-01). */
export function beginsOn({ days, dates }: Hours, day: number, calendar: Calendar): boolean {
  const date = dateOf(day);
  if (dates && (date < dates[0] || date > dates[1])) return false;
  if (!days) return true;
  const weekday = weekdays[weekdayOf(day)];
  const kind = calendar.dayKind(date);
  return days.some((name) => name === weekday || name === kind);
}

/** `18:00`, `02:00` → minutes; an end that is not later than the beginning lies on the next day. */
export function hoursOf(
  from: string,
  to: string,
  days: readonly DayName[] | null = null,
  dates: readonly [string, string] | null = null,
): Hours {
  const begins = minutesOf(from);
  const ends = minutesOf(to);
  return { from: begins, to: ends > begins ? ends : ends + (DAY / HOUR) * 60, days, dates };
}
