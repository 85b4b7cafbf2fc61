import { DAY, HOUR, type Millis } from "../domain/time.ts";
import { type EmptyingHabit, newHabit } from "./emptyings.ts";
import { newRhythm, type Rhythm } from "./rhythm.ts";
import { newYesterday, type Yesterday } from "./yesterday.ts";

/** A reading that contradicts what was believed, until the next one says which is right. */
export interface Contradiction {
  readonly kind: "drop" | "jump";
  readonly at: Millis;
  readonly value: number;
}

/** A sudden full reading that has stayed: rubbish, or an open lid or a bag before the sensor. */
export interface Doubt {
  /** Believed level before it. */
  readonly before: number;
  readonly since: Millis;
}

/** A forecast that waits to be compared with what came. */
export interface Check {
  readonly madeAt: Millis;
  readonly dueAt: Millis;
  readonly mean: number;
  readonly deviation: number;
  /** Fill expected between the two, percent. */
  readonly grown: number;
}

/**
 * All that is kept of a bin's past: bounded, about 6 KB, and a function of its readings in order of time.
 * Levels are percent of the bin, 100 is full.
 */
export interface BinMemory {
  /** Local time minus UTC as of the newest reading: where days and weeks begin. */
  offsetMs: Millis;
  /** Fill in percent per hour. */
  readonly fill: Rhythm;
  readonly habit: EmptyingHabit;
  readonly yesterday: Yesterday;
  readonly firstAt: Millis;
  /** Newest reading, believed or not. */
  heardAt: Millis;
  readings: number;
  /** Usual time between two readings. */
  intervalMs: Millis;
  /** Newest believed reading, and the level it led to with its variance. */
  at: Millis;
  level: number;
  variance: number;
  /** Variance of the measurement itself. */
  noise: number;
  emptiedAt: Millis | null;
  /** What the sensor shows right after an emptying. */
  emptyLevel: number;
  emptyDeviation: number;
  contradiction: Contradiction | null;
  doubt: Doubt | null;
  /** How contradictions ended so far: [taken back, confirmed] for drops and jumps. */
  readonly verdicts: {
    readonly drop: [number, number];
    readonly jump: [number, number];
    readonly doubt: [number, number];
  };
  /** The present run of equal readings, and the fill that should have shown in it. */
  run: { value: number; since: Millis; lastAt: Millis; count: number; expected: number };
  /** The most fill that ever failed to show in a run of equal readings after which the bin went on as before. */
  calm: number;
  /** Share of readings that equal the one before. */
  repeats: number;
  /** Lately observed and expected fill: has the pace changed? */
  recent: { at: Millis; observed: number; expected: number };
  /** Variance of fill per percent of expected fill: how lumpy the waste comes. */
  lumpiness: number;
  checks: Check[];
  /** Factor on stated deviations, so that bands hold what they promise; learned from the checks. */
  caution: number;
  /** Checks so far, fading, and how many of them were within CLOSE_PCT. */
  tested: number;
  close: number;
}

/** A forecast this near to what came, percent, is called close. */
export const CLOSE_PCT = 10;

export function newMemory(at: Millis, value: number, offsetMs: Millis): BinMemory {
  const strength = {
    prior: 1.2,
    overall: 6,
    hourOfDay: 2,
    dayOfWeek: 40,
    hourOfWeek: 5,
    halfLifeMs: 21 * DAY,
  };
  return {
    offsetMs,
    fill: newRhythm(strength, at),
    habit: newHabit(at),
    yesterday: newYesterday(),
    firstAt: at,
    heardAt: at,
    readings: 1,
    intervalMs: HOUR,
    at,
    level: value,
    variance: 4,
    noise: 1,
    emptiedAt: null,
    emptyLevel: 2,
    emptyDeviation: 3,
    contradiction: null,
    doubt: null,
    verdicts: { drop: [1, 9], jump: [4, 4], doubt: [3, 3] },
    run: { value, since: at, lastAt: at, count: 1, expected: 0 },
    calm: 0,
    repeats: 0.3,
    recent: { at, observed: 0, expected: 0 },
    lumpiness: 3,
    checks: [],
    caution: 1,
    tested: 0,
    close: 0,
  };
}

/** Share of verdicts that took the contradiction back. */
export const takenBack = ([back, confirmed]: readonly [number, number]): number => back / (back + confirmed);
