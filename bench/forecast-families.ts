import { createRandom, type Random } from "../simulators/random.ts";
import { DAY, HOUR, MINUTE, type Millis } from "../src/domain/time.ts";
import type { BinRecord, LevelReading } from "./forecast-bins.ts";

/**
 * Bins of other cities, made otherwise than those the forecast grew up with: each family has one difficulty that real hourly
 * data has, and a truth that the sensor does not show.
 */
export interface Family {
  readonly name: string;
  readonly days: number;
  /** Decisions begin after so much history. */
  readonly warmUpMs: Millis;
  /** Expected fill in percent of a day. */
  readonly perDay: (random: Random) => number;
  /** How much is thrown in at a local hour (0 to 24) of a day since the start, against the mean of 1. */
  readonly rhythm: (hour: number, day: number) => number;
  /** Size of one bag, percent. */
  readonly bag: number;
  /** Whether somebody empties the bin in the five minutes that begin at a local hour of a day. */
  readonly emptied: (hour: number, day: number, level: number, random: Random, last: Millis) => boolean;
  /** Level after an emptying. */
  readonly left: (level: number, random: Random) => number;
  /** What the bin does by itself: settles, is pressed together. */
  readonly settles?: (level: number, random: Random) => number;
  readonly shown: (level: number, random: Random) => number;
  /** Share of hours without a reading, and days that are silent. */
  readonly lost: number;
  readonly silentDays: number;
  /** Hours by which the clock of the city is put forward after half of the time. */
  readonly summerHours?: number;
}

const peak = (hour: number, centre: number, width: number): number => Math.exp(-(((hour - centre) / width) ** 2));
const weekend = (day: number): boolean => day % 7 >= 5;
const homes = (hour: number, day: number): number =>
  (weekend(day) ? 1.25 : 0.9) * (0.15 + 2.2 * peak(hour, 9, 2) + 3.4 * peak(hour, 19.5, 2.5));
const street = (hour: number, day: number): number => (weekend(day) ? 1.6 : 0.76) * (0.1 + 2.6 * peak(hour, 15, 4.5));
const once = (hour: number, at: number): boolean => hour >= at && hour < at + 1 / 12;
const daily = (at: number, missed: number) => (hour: number, day: number, _level: number, random: Random) =>
  once(hour, at + ((day * 7_919) % 13) / 10) && !random.chance(missed);
const whole = (level: number): number => Math.round(Math.min(100, Math.max(0, level)));
const even = (random: Random, size: number): number => random.between(-size, size);

const usual: Omit<Family, "name"> = {
  days: 50,
  warmUpMs: 10 * DAY,
  perDay: (random) => random.between(25, 95),
  rhythm: homes,
  bag: 2,
  emptied: daily(6, 0.05),
  left: (_level, random) => random.between(0, 6),
  shown: (level, random) => whole(level + even(random, 1.5)),
  lost: 0.02,
  silentDays: 0,
};

export const families: readonly Family[] = [
  { ...usual, name: "steps of ten", shown: (level, random) => Math.round(whole(level + even(random, 3)) / 10) * 10 },
  {
    ...usual,
    name: "noise of five per cent",
    rhythm: street,
    shown: (level, random) => whole(level + even(random, 5)),
  },
  { ...usual, name: "a third of the hours missing", lost: 0.33, silentDays: 0.05, rhythm: street },
  {
    ...usual,
    name: "emptied at any time",
    emptied: (_hour, _day, level, random) => random.chance(level > 60 ? 0.006 : 0.0015),
  },
  {
    ...usual,
    name: "half emptied, waste that settles",
    left: (level, random) => level * random.between(0.05, 0.4),
    settles: (level, random) => (random.chance(0.004) ? level * random.between(0.82, 0.97) : level),
  },
  {
    ...usual,
    name: "pressed together when full",
    perDay: (random) => random.between(60, 180),
    settles: (level, random) => (level > 85 && random.chance(0.05) ? level * random.between(0.45, 0.6) : level),
    emptied: daily(5, 0.3),
  },
  {
    ...usual,
    name: "heaped above the rim",
    perDay: (random) => random.between(70, 160),
    shown: (level, random) => Math.round(Math.min(140, Math.max(0, level + even(random, 2)))),
    emptied: (hour, day, level, random) => once(hour, 7) && (day % 2 === 0 || level > 110) && !random.chance(0.1),
  },
  { ...usual, name: "never full", perDay: (random) => random.between(3, 30), emptied: daily(5, 0.02) },
  {
    ...usual,
    name: "three days of history",
    days: 8,
    warmUpMs: 3 * DAY,
    perDay: (random) => random.between(40, 130),
    emptied: daily(6, 0.15),
  },
  {
    ...usual,
    name: "holidays: a week of nothing, a week of twice as much",
    rhythm: (hour, day) => homes(hour, day) * (day >= 30 && day < 37 ? 0.1 : day >= 37 && day < 44 ? 2 : 1),
  },
  {
    ...usual,
    name: "offices, emptied on weekdays",
    rhythm: (hour, day) => (weekend(day) ? 0.06 : 1.37) * (0.05 + 3.3 * peak(hour, 13, 2.6)),
    emptied: (hour, day, _level, random) => !weekend(day) && once(hour, 17.5) && !random.chance(0.08),
  },
  { ...usual, name: "the clock is put forward", summerHours: 1, rhythm: (hour) => 0.05 + 9 * peak(hour, 12, 1.2) },
  {
    ...usual,
    name: "full several times a day",
    perDay: (random) => random.between(180, 420),
    rhythm: street,
    emptied: (hour, _day, level, random) =>
      [7, 11, 15, 19, 22].some((at) => once(hour, at)) && level > 25 && !random.chance(0.12),
  },
  {
    ...usual,
    name: "slow bins, emptied when the crew sees them full",
    perDay: (random) => random.between(6, 22),
    emptied: (hour, day, level, random) => once(hour, 9) && !weekend(day) && level > 78 && random.chance(0.7),
  },
  {
    ...usual,
    name: "a timetable that changes",
    emptied: (hour, day, _level, random) =>
      once(hour, day < 25 ? 6 : 21) && (day < 25 || day % 2 === 0) && !random.chance(0.05),
  },
];

const STEP_MS = 5 * MINUTE;
/** A Monday, so that day 5 is a Saturday. */
const START = Date.UTC(2026, 2, 2);

/** Bins of one family, with what their sensors said and how full they were at each hour. */
export function familyBins(family: Family, count: number): BinRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const random = createRandom(index + 1, `family/${family.name}`);
    const perStep = (family.perDay(random) * STEP_MS) / DAY;
    const halfTime = START + (family.days * DAY) / 2;
    const offsetAt = (at: Millis) => (at > halfTime ? (family.summerHours ?? 0) * HOUR : 0);
    const readings: LevelReading[] = [];
    const truth: LevelReading[] = [];
    let level = random.between(0, 50);
    let last = START;
    let silentUntil = 0;
    for (let at = START; at < START + family.days * DAY; at += STEP_MS) {
      const local = (at + offsetAt(at) - START) / DAY;
      const day = Math.floor(local);
      const hour = (local - day) * 24;
      if (family.emptied(hour, day, level, random, last)) {
        level = family.left(level, random);
        last = at;
      }
      if (random.chance(Math.min(0.9, (perStep * family.rhythm(hour, day)) / family.bag))) {
        level += family.bag * random.between(0.5, 1.5);
      }
      level = Math.min(130, family.settles?.(level, random) ?? level);
      if ((at - START) % HOUR !== 0) continue;
      truth.push({ at, value: Math.min(100, level) });
      if (random.chance(family.silentDays / 24)) silentUntil = at + random.between(0.3, 2) * DAY;
      if (at < silentUntil || random.chance(family.lost)) continue;
      readings.push({ at, value: family.shown(level, random) });
    }
    return { id: `${family.name} ${index}`, offsetMs: 0, offsetAt, readings, truth };
  });
}
