import { z } from "zod";
import { type Calendar, dateOf, dayOf, minutesOf, weekdayOf } from "../domain/calendar.ts";
import { DAY, MINUTE, type Millis } from "../domain/time.ts";

/** On which days something is planned, and between which times of day. */

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export const dateShape = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date like 2026-10-01")
  .refine((date) => dateOf(dayOf(date)) === date, "is no date of the calendar");

export const timeShape = z.string().refine((time) => Number.isFinite(minutesOf(time)), "must be a time like 05:30");

/** What is absent limits nothing; all that is given must hold. `only` alone names single days. */
export const daysShape = z
  .strictObject({
    weekdays: z.array(z.enum(weekdays)).min(1).optional(),
    /** A weekend day that is worked counts as `workingDay`, a holiday in the week as `holiday`. */
    kinds: z
      .array(z.enum(["workingDay", "restDay", "holiday"]))
      .min(1)
      .optional(),
    from: dateShape.optional(),
    until: dateShape.optional(),
    /** Every so many days, counted from `from`. */
    every: z.number().int().min(1).max(366).optional(),
    only: z.array(dateShape).min(1).max(400).optional(),
    except: z.array(dateShape).max(400).optional(),
  })
  .refine(
    ({ every, from }) => every === undefined || from !== undefined,
    "every needs from: the day it is counted from",
  )
  .refine(({ from, until }) => !from || !until || from <= until, "until must not lie before from");
export type Days = z.infer<typeof daysShape>;

/** @param day number of the local day */
export function appliesOn(days: Days | undefined, day: number, calendar: Calendar): boolean {
  if (!days) return true;
  const date = dateOf(day);
  if (days.only && !days.only.includes(date)) return false;
  if (days.except?.includes(date)) return false;
  if (days.from !== undefined && date < days.from) return false;
  if (days.until !== undefined && date > days.until) return false;
  if (days.weekdays && !days.weekdays.includes(weekdays[weekdayOf(day)] ?? "mon")) return false;
  if (days.every !== undefined && days.from !== undefined && (day - dayOf(days.from)) % days.every !== 0) return false;
  return !days.kinds || days.kinds.includes(calendar.dayKind(date));
}

export interface Span {
  readonly from: Millis;
  readonly to: Millis;
}

/** The stretch between two times of a day; an end that is not later than the beginning belongs to the next day. */
export function spanOn(day: number, from: string, to: string, calendar: Calendar): Span {
  const opens = minutesOf(from);
  const closes = minutesOf(to);
  return { from: calendar.instant(day, opens), to: calendar.instant(closes > opens ? day : day + 1, closes) };
}

/** Minutes from `from` to `to`, over midnight when `to` is not later. */
export const minutesBetween = (from: string, to: string): number =>
  (minutesOf(to) - minutesOf(from) + DAY / MINUTE) % (DAY / MINUTE) || DAY / MINUTE;

/** The same time of day so many working days later. */
export function workingDaysLater(at: Millis, days: number, calendar: Calendar): Millis {
  const first = calendar.dayNumber(at);
  const minutes = Math.round((at - calendar.instant(first, 0)) / MINUTE);
  let day = first;
  for (let left = days; left > 0; ) {
    day++;
    if (calendar.dayKind(dateOf(day)) === "workingDay") left--;
  }
  return calendar.instant(day, minutes);
}
