import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circumstances, createTargets } from "../src/alerts/targets.ts";
import { readConfig } from "../src/config.ts";
import { chinaCalendar, createCalendar, dateOf, dayOf, parseWindows, weekdayOf } from "../src/domain/calendar.ts";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";

fc.configureGlobal({ seed: 20_261_124 });
const local = (text: string): number => Date.parse(`${text}+08:00`);
const settings = { calendar: chinaCalendar, dutyHours: [[360, 1320]], workingHours: [[540, 1020]] } as const;
const targets = createTargets(settings);
const ordinary: Circumstances = { level: 3, grade: "A", storm: false };
const instants = fc.integer({ min: local("2026-01-01T00:00"), max: local("2027-12-31T00:00") });

describe("the calendar", () => {
  test("knows the notice for 2026 and the statutory days of 2027", () => {
    const kinds = (year: number) => {
      const days = Array.from({ length: 365 }, (_, i) => dateOf(dayOf(`${year}-01-01`) + i));
      const weekday = (date: string) => weekdayOf(dayOf(date)) < 5;
      const off = days.filter((date) => chinaCalendar.dayKind(date) === "holiday");
      const worked = days.filter((date) => !weekday(date) && chinaCalendar.dayKind(date) === "workingDay");
      return { off: off.length, worked, givenBack: off.filter(weekday).length };
    };
    // 33 days off in seven stretches, six weekend days worked instead.
    expect(kinds(2026)).toEqual({
      off: 33,
      worked: ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
      givenBack: 19,
    });
    // Thirteen days by law, all of them given back when they fall on a weekend.
    expect(kinds(2027)).toMatchObject({ worked: [], givenBack: 13 });
    expect(chinaCalendar.dayKind("2026-11-28")).toBe("restDay");
  });

  test("a city's own dates go first", () => {
    const own = createCalendar({
      timeZone: "Asia/Shanghai",
      dayStartsMinutes: 300,
      exception: (date) => (date === "2026-10-01" ? "workingDay" : undefined),
    });
    expect(own.dayKind("2026-10-01")).toBe("workingDay");
    expect(own.dayKind("2026-10-02")).toBe("holiday");
  });

  test("Shanghai is eight hours ahead all year, and a date is its number", () => {
    fc.assert(
      fc.property(instants, (at) => {
        expect(chinaCalendar.offsetMs(at)).toBe(8 * HOUR);
        expect(chinaCalendar.startOfDay(at)).toBe(Math.floor((at + 8 * HOUR) / DAY) * DAY - 8 * HOUR);
        const day = chinaCalendar.dayNumber(at);
        expect(dayOf(dateOf(day))).toBe(day);
        expect(weekdayOf(day)).toBe((new Date(at + 8 * HOUR).getUTCDay() + 6) % 7);
      }),
    );
  });

  test("other zones change their clocks: a wall-clock time and its instant agree, a gap moves on", () => {
    for (const timeZone of ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]) {
      const calendar = createCalendar({ timeZone, dayStartsMinutes: 300 });
      fc.assert(
        fc.property(instants, (at) => {
          const minute = Math.floor(at / MINUTE) * MINUTE;
          const day = calendar.dayNumber(minute);
          const back = calendar.instant(day, Math.round(calendar.hoursOfDay(minute) * 60));
          // An hour that is repeated in autumn has two instants.
          expect([0, 30 * MINUTE, HOUR]).toContain(Math.abs(back - minute));
          expect(calendar.hoursOfDay(back)).toBeCloseTo(calendar.hoursOfDay(minute), 6);
        }),
        { numRuns: 50 },
      );
    }
    const berlin = createCalendar({ timeZone: "Europe/Berlin", dayStartsMinutes: 300 });
    const spring = dayOf("2026-03-29");
    expect(berlin.instant(spring, 150)).toBe(Date.parse("2026-03-29T03:30+02:00"));
    expect(berlin.instant(spring + 1, 0) - berlin.instant(spring, 0)).toBe(23 * HOUR);
  });
});

describe("the two clocks", () => {
  test.for([
    // An alert at 22:30 starts at 06:00.
    ["2026-11-24T22:30", 60, "D", "A", "2026-11-25T07:00"],
    ["2026-11-24T21:30", 60, "D", "A", "2026-11-25T06:30"],
    ["2026-11-24T21:30", 60, "U", "A", "2026-11-24T22:30"],
    ["2026-11-24T10:00", 60, "D", "B", "2026-11-24T11:30"],
    ["2026-11-24T10:00", 60, "D", "C", "2026-11-24T12:00"],
    // Friday afternoon → Monday.
    ["2026-11-27T16:00", 480, "W", "A", "2026-11-30T16:00"],
    // Before the National Day week: Wednesday 30 September → Thursday 8 October; Saturday the 10th is worked.
    ["2026-09-30T16:00", 480, "W", "A", "2026-10-08T16:00"],
    ["2026-10-09T16:00", 480, "W", "A", "2026-10-10T16:00"],
  ] as const)("%s + %i minutes %s, grade %s → %s", ([from, minutes, clock, grade, expected]) => {
    const at = targets.targetAt(local(from), { minutes, clock }, { ...ordinary, grade });
    expect(new Date(at).toISOString()).toBe(new Date(local(expected)).toISOString());
  });

  test.for([
    ["2026-11-24T20:00", 4, "dutyHours", "2026-11-25T08:00"],
    ["2026-11-24T20:00", 4, "urgentHours", "2026-11-25T00:00"],
    ["2026-11-27T12:00", 1, "workingDays", "2026-11-30T12:00"],
    ["2026-02-13T12:00", 2, "workingDays", "2026-02-24T12:00"],
  ] as const)("the limit: %s + %i %s → %s", ([from, amount, unit, expected]) => {
    const at = targets.limitAt(local(from), { amount, unit }, ordinary);
    expect(new Date(at).toISOString()).toBe(new Date(local(expected)).toISOString());
  });

  test("level 1 waits nowhere longer, a storm hurries what it floods, a team has its own hours", () => {
    const from = local("2026-11-24T10:00");
    const hour = { minutes: 60, clock: "D" } as const;
    expect(targets.targetAt(from, hour, { level: 1, grade: "C", storm: false })).toBe(from + HOUR);
    expect(targets.targetAt(from, hour, { ...ordinary, storm: true }, { inStorm: 0.5 })).toBe(from + HOUR / 2);
    expect(targets.targetAt(from, hour, { ...ordinary, storm: true })).toBe(from + HOUR);
    const teamHours = parseWindows("08:00-10:30,14:00-18:00") ?? [];
    expect(targets.targetAt(from, hour, { ...ordinary, teamHours })).toBe(local("2026-11-24T14:30"));
  });

  test("later starts never end earlier, more time never ends earlier, and time in windows adds up", () => {
    const clock = fc.constantFrom("U", "D", "W");
    fc.assert(
      fc.property(instants, fc.nat(2 * DAY), fc.integer({ min: 1, max: 3_000 }), clock, (at, later, minutes, clock) => {
        const end = (from: number, more = 0) => targets.targetAt(from, { minutes: minutes + more, clock }, ordinary);
        expect(end(at + later)).toBeGreaterThanOrEqual(end(at));
        expect(end(at, 60)).toBeGreaterThanOrEqual(end(at) + HOUR);
        expect(targets.targetAt(end(at), { minutes: 60, clock }, ordinary)).toBe(end(at, 60));
      }),
    );
  });
});

test("settings of time are checked", () => {
  const wrong = { TIME_ZONE: "Mars/Olympus", SANITATION_DAY_STARTS: "25:00", DUTY_HOURS: "22:00-06:00" };
  expect(() => readConfig(wrong)).toThrow(/TIME_ZONE[\s\S]*SANITATION_DAY_STARTS[\s\S]*DUTY_HOURS/);
  expect(readConfig({ SANITATION_DAY_STARTS: "04:30" }).SANITATION_DAY_STARTS).toBe(270);
});
