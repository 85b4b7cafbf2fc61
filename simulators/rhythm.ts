import { DAY, HOUR, MINUTE, type Millis } from "../src/domain/time.ts";

/** The district keeps Asia/Shanghai time, which has no daylight saving. */
const UTC_OFFSET_MS = 8 * HOUR;

/** Hours since local midnight, 0 ≤ h < 24. */
export function hourOfDay(at: Millis): number {
  return ((((at + UTC_OFFSET_MS) % DAY) + DAY) % DAY) / HOUR;
}

export function localMidnight(at: Millis): Millis {
  return at - hourOfDay(at) * HOUR;
}

/** `2026-03-02T05:00` in the district's time → epoch milliseconds. */
export function localTime(text: string): Millis {
  const at = Date.parse(`${text}:00.000+08:00`);
  if (Number.isNaN(at)) throw new Error(`${text} is not a local time like 2026-03-02T05:00`);
  return at;
}

/** Milliseconds since local midnight as `05:30`; what lies after the next midnight is a time of the next day. */
export function timeOfDay(ms: Millis): string {
  const minutes = Math.round(ms / MINUTE) % (24 * 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** A time of day and so much more. */
export function later(time: string, ms: Millis): string {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return timeOfDay(hours * HOUR + minutes * MINUTE + ms);
}

/**
 * How household waste arrives over the day: share of a day's waste per hour, with the deposit windows 07–09, 11:30–14 and
 * 18–21:30 as peaks.
 */
const hourlyDeposits: readonly number[] = [
  0.4, 0.2, 0.2, 0.2, 0.4, 1.2, 4, 10, 9, 4, 3, 5, 8, 7, 3, 2.6, 3, 4.6, 8, 10, 9, 5, 1.8, 0.8,
];
const depositsOfDay = hourlyDeposits.reduce((sum, share) => sum + share, 0);
const depositsBefore: readonly number[] = hourlyDeposits.map((_, hour) =>
  hourlyDeposits.slice(0, hour).reduce((sum, share) => sum + share, 0),
);

/** Days' worth of waste deposited since an arbitrary zero; grows by exactly 1 a day, fastest in the peaks. */
export function depositedDays(at: Millis): number {
  const hour = hourOfDay(at);
  const whole = Math.floor(hour);
  const today = (depositsBefore[whole] ?? 0) + (hourlyDeposits[whole] ?? 0) * (hour - whole);
  return Math.floor((at + UTC_OFFSET_MS) / DAY) + today / depositsOfDay;
}

/** Share of waste deposited in this hour against the average hour. */
export function busyness(at: Millis): number {
  return ((hourlyDeposits[Math.floor(hourOfDay(at))] ?? 0) * 24) / depositsOfDay;
}

/** Air temperature of a warm day: 22 °C at 05:00, 31 °C at 15:00. */
export function airTempC(at: Millis): number {
  return 26.5 - 4.5 * Math.cos(((hourOfDay(at) - 3) / 24) * 2 * Math.PI);
}
