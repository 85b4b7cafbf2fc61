import { signal } from "@preact/signals";
import type { Millis } from "../../domain/time.ts";
import { language } from "./language.ts";
import { say } from "./words.ts";

/** The district's time zone (IANA); the session sets it to the center's setting. */
export const timeZone = signal("Asia/Shanghai");

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formatters are dear to make and cheap to use. */
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = language.value === "zh" ? "zh-CN" : "en-GB";
  const key = `${locale} ${timeZone.value} ${Object.keys(options)}`;
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(locale, { timeZone: timeZone.value, hourCycle: "h23", ...options });
    formats.set(key, known);
  }
  return known;
}

const HM = { hour: "2-digit", minute: "2-digit" } as const;
const HMS = { ...HM, second: "2-digit" } as const;

/** Local time of day, `08:30:05`. */
export const clockText = (at: Millis): string => format(HMS).format(at);
/** Local time of day without seconds, `08:30`. */
export const minuteText = (at: Millis): string => format(HM).format(at);
export const dateText = (at: Millis): string =>
  format({ year: "numeric", month: "2-digit", day: "2-digit", weekday: "short" }).format(at);
/** Local date as `2026-11-24`. */
export const isoDate = (at: Millis): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: timeZone.value }).format(at);
export const dateTimeText = (at: Millis): string => format({ month: "2-digit", day: "2-digit", ...HM }).format(at);

const PARTS = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;

/** Local wall clock minus UTC at an instant, in whole minutes. */
function offsetMs(at: Millis): Millis {
  const parts = Object.fromEntries(
    format(PARTS)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<string, number>;
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(at / 60_000) * 60_000;
}

/** Local date and time as forms have it, `2026-09-22T10:15`. */
export const localText = (at: Millis): string => new Date(at + offsetMs(at)).toISOString().slice(0, 16);

/** The instant of a local date and time as forms have it; NaN when it is none. */
export function instantOf(local: string): Millis {
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall)) return wall;
  // The second look is right also on the day on which the clock is changed.
  return wall - offsetMs(wall - offsetMs(wall));
}

/** Hour of the local day, 0 to 24 with fraction. */
export function localHour(at: Millis): number {
  const [hour = 0, minute = 0] = format(HM).format(at).split(":").map(Number);
  return hour + minute / 60;
}

export function agoText(ms: Millis): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return say("now");
  if (minutes < 120) return say("minutesAgo", { n: minutes });
  if (minutes < 48 * 60) return say("hoursAgo", { n: Math.floor(minutes / 60) });
  return say("daysAgo", { n: Math.floor(minutes / 1_440) });
}

/** 3:07:41 or 12:30; days are counted in hours, because that is what a shift has. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.floor(Math.abs(ms) / 1_000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
