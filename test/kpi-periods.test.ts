import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCalendar, dateOf, weekdayOf } from "../src/domain/calendar.ts";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";
import { binOf, middleOf, percentile } from "../src/kpi/measures.ts";
import { createPeriods, periods } from "../src/kpi/periods.ts";

/** With and without summer time, with odd offsets, and one that moves by half an hour. */
const zones = [
  "Asia/Shanghai",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
];
const anyPeriods = fc
  .record({ timeZone: fc.constantFrom(...zones), dayStartsMinutes: fc.constantFrom(0, 4 * 60, 5 * 60, 5 * 60 + 30) })
  .map((settings) => {
    const calendar = createCalendar(settings);
    return { calendar, ...createPeriods(calendar), settings };
  });
const anyInstant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 0, 1) });

describe("periods", () => {
  test("begin at or before what lies in them, and end after it", () => {
    fc.assert(
      fc.property(anyPeriods, anyInstant, fc.constantFrom(...periods), ({ start, next }, at, period) => {
        const from = start(period, at);
        const to = next(period, at);
        expect(from).toBeLessThanOrEqual(at);
        expect(to).toBeGreaterThan(at);
        expect(start(period, from)).toBe(from);
        expect(start(period, to - 1)).toBe(from);
        expect(start(period, to)).toBe(to);
      }),
      { numRuns: 500 },
    );
  });

  test("larger ones are made of whole hours", () => {
    fc.assert(
      fc.property(anyPeriods, anyInstant, fc.constantFrom("day", "week", "month"), ({ start }, at, period) => {
        const hour = start("hour", at);
        expect(start(period, hour)).toBe(start(period, at));
        expect(start("hour", start(period, at))).toBe(start(period, at));
      }),
      { numRuns: 500 },
    );
  });

  test("an hour is an hour, or what a change of the clock leaves of two", () => {
    fc.assert(
      fc.property(anyPeriods, anyInstant, ({ start, next }, at) => {
        const length = next("hour", at) - start("hour", at);
        expect(length).toBeGreaterThanOrEqual(30 * MINUTE);
        expect(length).toBeLessThanOrEqual(HOUR);
      }),
      { numRuns: 500 },
    );
  });

  test("a split covers exactly what was split", () => {
    fc.assert(
      fc.property(anyPeriods, anyInstant, fc.integer({ min: 1, max: 40 * DAY }), ({ split, hours }, from, length) => {
        const parts = [...split("day", from, from + length)];
        expect(parts[0]?.from).toBe(from);
        expect(parts.at(-1)?.to).toBe(from + length);
        for (const [index, part] of parts.entries()) if (index > 0) expect(part.from).toBe(parts[index - 1]?.to);
        const sum = [...hours(from, from + length)].reduce((all, { ms }) => all + ms, 0);
        expect(sum).toBe(length);
      }),
      { numRuns: 100 },
    );
  });

  test("weeks begin on Mondays, months on the first, and a night belongs to the day before", () => {
    fc.assert(
      fc.property(anyPeriods, anyInstant, ({ start, dayNumber, calendar, settings }, at) => {
        expect(weekdayOf(dayNumber(start("week", at)))).toBe(0);
        expect(dateOf(dayNumber(start("month", at))).slice(8)).toBe("01");
        const midnight = calendar.startOfDay(at);
        const before = dayNumber(midnight - 1) + (settings.dayStartsMinutes === 0 ? 1 : 0);
        expect(dayNumber(midnight)).toBe(before);
      }),
    );
  });
});

describe("durations in bins", () => {
  test("are found again within a twentieth", () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 30 * DAY }), (ms) => {
        expect(Math.abs(middleOf(binOf(ms)) - ms) / ms).toBeLessThan(0.051);
      }),
    );
  });

  test("give the percentile that the durations themselves have, within a twentieth", () => {
    const several = fc.array(fc.integer({ min: 1_000, max: DAY }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(several, fc.constantFrom(0.5, 0.9, 0.95), (durations, share) => {
        const bins = new Map<number, number>();
        for (const ms of durations) bins.set(binOf(ms), (bins.get(binOf(ms)) ?? 0) + 1);
        const exact = [...durations].sort((a, b) => a - b)[Math.ceil(durations.length * share) - 1] as number;
        expect(Math.abs((percentile(bins, share) as number) - exact) / exact).toBeLessThan(0.052);
      }),
    );
  });

  test("of nothing have no percentile", () => {
    expect(percentile(new Map(), 0.5)).toBeNull();
  });
});
