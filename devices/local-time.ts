import type { Observation } from "../src/domain/observation.ts";
import { readTimestamp } from "./timestamp.ts";

/** When something happened, and by whose clock. */
export type Moment = Pick<Observation, "at" | "atSource" | "assumedOffsetMinutes">;

export const NO_MOMENT: Moment = { at: null, atSource: "receiveTime" };

const COMPACT = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/;
const WRITTEN = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ](\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?$/;

/** Epoch milliseconds of a wall clock read as if it were UTC; null when it shows no time that exists. */
export function wallClock(text: string): number | null {
  const found = COMPACT.exec(text) ?? WRITTEN.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as [
    ...[number, number, number, number, number, number],
  ];
  const full = year >= 100 ? year : year >= 70 ? 1_900 + year : 2_000 + year;
  const at = Date.UTC(full, month - 1, day, hour, minute, second);
  const date = new Date(at);
  const exists =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? at + Math.round(Number(found[7] ?? 0) * 1_000) : null;
}

/**
 * A local time without a zone, as `yyMMddHHmmss` or `yyyy-MM-dd HH:mm:ss`, read with an assumed offset. The moment says
 * which offset that was: only the device's registration knows better.
 */
export function localTime(text: string, offsetMinutes: number): Moment {
  const wall = wallClock(text);
  if (wall === null) return NO_MOMENT;
  const time = readTimestamp(wall - offsetMinutes * 60_000);
  return "at" in time ? { at: time.at, atSource: "device", assumedOffsetMinutes: offsetMinutes } : NO_MOMENT;
}

/** A time with a zone, epoch time, or a local text: what many platforms send in one and the same field. */
export function anyTime(value: unknown, offsetMinutes: number): Moment {
  if (typeof value === "string" && COMPACT.test(value)) return localTime(value, offsetMinutes);
  const time = readTimestamp(value);
  if ("at" in time) return { at: time.at, atSource: "device" };
  return typeof value === "string" && "invalid" in time ? localTime(value.trim(), offsetMinutes) : NO_MOMENT;
}
