import { holidays } from "./holidays.ts";
import { DAY, HOUR, MINUTE, type Millis } from "./time.ts";

/** What a date is for those who work by the calendar. A `restDay` is an ordinary weekend day. */
export type DayKind = "workingDay" | "restDay" | "holiday";

/** Stretches of the local day, in minutes since midnight: from inclusive, to exclusive. */
export type DayWindows = readonly (readonly [from: number, to: number])[];

export interface CalendarSettings {
  /** IANA name, e.g. `Asia/Shanghai`. */
  readonly timeZone: string;
  /** Minutes since midnight at which the sanitation day begins. */
  readonly dayStartsMinutes: number;
  /** Asked first; undefined: the delivered holidays and the weekday decide. */
  readonly exception?: (date: string) => Exclude<DayKind, "restDay"> | undefined;
}

/** The district's local time. Days are counted from 1970-01-01; a date is written `2026-10-01`. */
export interface Calendar {
  readonly timeZone: string;
  readonly dayStartsMinutes: number;
  /** Local wall clock minus UTC at an instant. */
  offsetMs(at: Millis): Millis;
  /** Number of the local day. */
  dayNumber(at: Millis): number;
  /** Hours since local midnight on the wall clock, with fractions. */
  hoursOfDay(at: Millis): number;
  /** Hour of the local day, 0 to 23. */
  hourOfDay(at: Millis): number;
  startOfDay(at: Millis): Millis;
  /** The instant of a wall-clock time; one that summer time leaves out is taken as so much later. */
  instant(day: number, minutes: number): Millis;
  dayKind(date: string): DayKind;
}

/** `2026-10-01` of a day number. */
export function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** Day number of `2026-10-01`. */
export function dayOf(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY);
}

/** 0 is Monday. 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

const delivered: ReadonlyMap<string, Exclude<DayKind, "restDay">> = (() => {
  const days = new Map<string, Exclude<DayKind, "restDay">>();
  for (const { from, to, worked } of holidays) {
    for (let day = dayOf(from); day <= dayOf(to); day++) days.set(dateOf(day), "holiday");
    for (const date of worked) days.set(date, "workingDay");
  }
  return days;
})();

/** Zones change their offset at quarters of an hour at most; so many quarters are remembered. */
const SLOT_MS = 15 * MINUTE;
const SLOTS_REMEMBERED = 10_000;

/** @throws RangeError for a time zone that does not exist */
export function createCalendar({ timeZone, dayStartsMinutes, exception }: CalendarSettings): Calendar {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const offsets = new Map<number, Millis>();
  let lastSlot = Number.NaN;
  let lastOffset = 0;

  const askOffset = (at: Millis): Millis => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000;
  };

  const offsetMs = (at: Millis): Millis => {
    const slot = Math.floor(at / SLOT_MS);
    if (slot === lastSlot) return lastOffset;
    let offset = offsets.get(slot);
    if (offset === undefined) {
      if (offsets.size >= SLOTS_REMEMBERED) offsets.clear();
      offset = askOffset(slot * SLOT_MS);
      offsets.set(slot, offset);
    }
    lastSlot = slot;
    lastOffset = offset;
    return offset;
  };

  const instant = (day: number, minutes: number): Millis => {
    const local = day * DAY + minutes * MINUTE;
    const before = offsetMs(local - DAY);
    const at = local - offsetMs(local - before);
    // In a gap the two answers differ: the offset from before the gap moves the time behind it.
    return at + offsetMs(at) === local ? at : local - before;
  };

  const dayNumber = (at: Millis): number => Math.floor((at + offsetMs(at)) / DAY);
  const hoursOfDay = (at: Millis): number => (at + offsetMs(at) - dayNumber(at) * DAY) / HOUR;

  return {
    timeZone,
    dayStartsMinutes,
    offsetMs,
    dayNumber,
    hoursOfDay,
    hourOfDay: (at) => Math.floor(hoursOfDay(at)),
    startOfDay: (at) => instant(dayNumber(at), 0),
    instant,
    dayKind(date) {
      const known = exception?.(date) ?? delivered.get(date);
      if (known) return known;
      return weekdayOf(dayOf(date)) < 5 ? "workingDay" : "restDay";
    },
  };
}

/** The calendar of the pilot district, for what runs without settings. */
export const chinaCalendar: Calendar = createCalendar({ timeZone: "Asia/Shanghai", dayStartsMinutes: 5 * 60 });

/** Minutes since midnight of `05:30`; NaN when it is no time of day. `24:00` is the end of the day. */
export function minutesOf(time: string): number {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(time) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= 24 * 60 ? total : Number.NaN;
}

/** `08:00-12:00,14:00-18:00`; null when it is not in order. */
export function parseWindows(text: string): DayWindows | null {
  const windows: [number, number][] = [];
  for (const part of text.split(",")) {
    const [from = "", to = ""] = part.trim().split("-");
    const window: [number, number] = [minutesOf(from), minutesOf(to)];
    if (!(window[0] < window[1]) || window[0] < (windows.at(-1)?.[1] ?? 0)) return null;
    windows.push(window);
  }
  return windows;
}
