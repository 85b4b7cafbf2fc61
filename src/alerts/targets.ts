import type { AreaGrade } from "../domain/place.ts";
import { DAY, HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { Target } from "./rule.ts";

/** The district's clock runs at UTC+8 all year (Asia/Shanghai has no summer time). */
const UTC_OFFSET_MS = 8 * HOUR;
/** Duty hours of the street teams, local. */
const DUTY_FROM_MS = 6 * HOUR;
const DUTY_TO_MS = 22 * HOUR;
/** Office hours that make up a working day of eight hours. */
const WORK_FROM_MS = 9 * HOUR;
const WORK_TO_MS = 17 * HOUR;
/** Ordinary places get half as much again, edges twice the time. */
const GRADE_FACTOR: Readonly<Record<AreaGrade, number>> = { A: 1, B: 1.5, C: 2 };

/** Hours since local midnight, with fractions. */
export function hoursOfDay(at: Millis): number {
  return ((((at + UTC_OFFSET_MS) % DAY) + DAY) % DAY) / HOUR;
}

/** Hour of the local day, 0 to 23. */
export function localHour(at: Millis): number {
  return Math.floor(hoursOfDay(at));
}

/**
 * When the operational target ends. `U` counts every minute, `D` duty hours only, `W` office hours of Monday to Friday.
 * The grade of the place stretches it, except at level 1.
 */
export function targetAt(from: Millis, { minutes, clock }: Target, level: number, grade: AreaGrade | null): Millis {
  const needed = minutes * MINUTE * (level === 1 || grade === null ? 1 : GRADE_FACTOR[grade]);
  if (clock === "U") return from + needed;
  const [opens, closes] = clock === "D" ? [DUTY_FROM_MS, DUTY_TO_MS] : [WORK_FROM_MS, WORK_TO_MS];
  let rest = needed;
  let local = from + UTC_OFFSET_MS;
  for (;;) {
    const day = Math.floor(local / DAY) * DAY;
    const start = Math.max(local, day + opens);
    const works = clock === "D" || !isWeekend(day);
    const available = works ? Math.max(0, day + closes - start) : 0;
    if (rest <= available) return start + rest - UTC_OFFSET_MS;
    rest -= available;
    local = day + DAY;
  }
}

/** 1970-01-01 was a Thursday. */
function isWeekend(localDay: Millis): boolean {
  const weekday = (Math.floor(localDay / DAY) + 4) % 7;
  return weekday === 0 || weekday === 6;
}

/** Start of the local day. */
export function localDayStart(at: Millis): Millis {
  return Math.floor((at + UTC_OFFSET_MS) / DAY) * DAY - UTC_OFFSET_MS;
}
