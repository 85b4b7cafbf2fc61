import { type Calendar, createCalendar } from "../../src/domain/calendar.ts";
import { DAY, MINUTE, type Millis } from "../../src/domain/time.ts";
import { readTimestamp, type Timestamp } from "../timestamp.ts";

/** Reads a time as a maker writes it. */
export type ReadTime = (value: unknown) => Timestamp;

const EPOCH_UNITS: Readonly<Record<string, number>> = { seconds: 1_000, milliseconds: 1, microseconds: 0.001 };
const TOKENS: Readonly<Record<string, string>> = {
  yyyy: "(?<year>\\d{4})",
  yy: "(?<shortYear>\\d{2})",
  MM: "(?<month>\\d{1,2})",
  dd: "(?<day>\\d{1,2})",
  HH: "(?<hour>\\d{1,2})",
  mm: "(?<minute>\\d{1,2})",
  ss: "(?<second>\\d{1,2})",
  SSS: "(?<milli>\\d{1,6})",
};
const TOKEN = /yyyy|yy|MM|dd|HH|mm|ss|SSS/g;
const OFFSET = /^([+-])(\d{2}):(\d{2})$/;
const LOCAL_ISO = "yyyy-MM-ddTHH:mm:ss";

export function isTimeFormat(format: string): boolean {
  if (format === "auto" || format === "iso" || Object.hasOwn(EPOCH_UNITS, format)) return true;
  const tokens: string[] = format.match(TOKEN) ?? [];
  const once = new Set(tokens).size === tokens.length;
  return once && ["MM", "dd", "HH", "mm"].every((token) => tokens.includes(token)) && /yy/.test(format);
}

export function isZone(zone: string): boolean {
  if (OFFSET.test(zone)) return true;
  try {
    createCalendar({ timeZone: zone, dayStartsMinutes: 0 });
    return true;
  } catch {
    return false;
  }
}

/** Whether a format says nothing about the zone, so that the mapping must. */
export function needsZone(format: string): boolean {
  return format !== "auto" && format !== "iso" && !Object.hasOwn(EPOCH_UNITS, format);
}

/** Compiles a format that `isTimeFormat` accepts. The zone counts where the text names none. */
export function compileTime(format: string, zone: string | undefined): ReadTime {
  const unit = EPOCH_UNITS[format];
  if (unit !== undefined) {
    return (value) => {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      if (typeof number !== "number" || !Number.isFinite(number)) return invalid(value);
      return trusted(Math.round(number * unit));
    };
  }
  if (format === "auto") return readTimestamp;
  if (format !== "iso") return compileLocal(format, zone ?? "+00:00");
  const whole = compileLocal(LOCAL_ISO, zone ?? "+00:00");
  const fraction = compileLocal(`${LOCAL_ISO}.SSS`, zone ?? "+00:00");
  return (value) => {
    if (typeof value !== "string") return invalid(value);
    const text = value.trim().replace(" ", "T");
    if (zone === undefined || /(?:Z|[+-]\d{2}:?\d{2})$/.test(text)) return readTimestamp(text);
    return (text.includes(".") ? fraction : whole)(text);
  };
}

function compileLocal(format: string, zone: string): ReadTime {
  const parts = format.split(/(yyyy|yy|MM|dd|HH|mm|ss|SSS)/);
  // Fields that stand side by side have two digits each, or nobody could say where one ends.
  const together = parts.some((part, i) => part === "" && i > 0 && i < parts.length - 1);
  const source = parts.map((part) => {
    const token = TOKENS[part];
    if (token === undefined) return escaped(part);
    return together ? token.replace("{1,2}", "{2}") : token;
  });
  const pattern = new RegExp(`^${source.join("")}$`);
  const toUtc = zoneReader(zone);
  return (value) => {
    const text = typeof value === "number" ? String(value) : value;
    const groups = typeof text === "string" ? pattern.exec(text.trim())?.groups : undefined;
    if (!groups) return invalid(value);
    const field = (name: string) => Number(groups[name] ?? 0);
    const year = groups.year === undefined ? 2_000 + field("shortYear") : field("year");
    const [month, day, hour, minute, second] = ["month", "day", "hour", "minute", "second"].map(field) as number[];
    const milli = Math.floor(Number(`0.${groups.milli ?? "0"}`) * 1_000);
    const at = Date.UTC(year, (month ?? 0) - 1, day, hour, minute, second, milli);
    // 31 February would silently become March.
    const real = new Date(at);
    if (real.getUTCMonth() + 1 !== month || real.getUTCDate() !== day || real.getUTCHours() !== hour)
      return invalid(value);
    return trusted(toUtc(at));
  };
}

function zoneReader(zone: string): (local: Millis) => Millis {
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? [];
  if (sign) {
    const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE * (sign === "-" ? -1 : 1);
    return (local) => local - offset;
  }
  const calendar: Calendar = createCalendar({ timeZone: zone, dayStartsMinutes: 0 });
  return (local) => {
    const day = Math.floor(local / DAY);
    return Math.round(calendar.instant(day, (local - day * DAY) / MINUTE));
  };
}

/** Numbers below are read as seconds, and from the other one on as microseconds, by `readTimestamp`. */
const MILLISECONDS_FROM = 1e11;
const MILLISECONDS_BELOW = 1e14;

/** Clocks that were never set are known by what they show, whatever the format. */
function trusted(at: Millis): Timestamp {
  if (!(at >= 0 && at < MILLISECONDS_BELOW)) return { invalid: `${at} ms since 1970 is no time` };
  return at < MILLISECONDS_FROM ? { untrusted: true } : readTimestamp(at);
}

const invalid = (value: unknown): Timestamp => ({
  invalid: `${JSON.stringify(value)?.slice(0, 60)} is no time of this format`,
});
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
