import { DAY, HOUR, type Millis } from "../domain/time.ts";

/** Hours of a week. Slot 0 is Monday 00:00 to 01:00 local time. */
export const WEEK_HOURS = 168;
/** The epoch began on a Thursday, three days after a Monday. */
const MONDAY_MS = 3 * DAY;

/** How strongly sparse counts are pulled to what is known more coarsely. */
export interface RhythmStrength {
  /** Rate before anything was seen, per hour. */
  readonly prior: number;
  /** Hours of exposure that the prior is worth. */
  readonly overall: number;
  /** Hours of exposure that the overall rate is worth in an hour of day. */
  readonly hourOfDay: number;
  /** Amount that "every weekday is alike" is worth. */
  readonly dayOfWeek: number;
  /** Hours of exposure that hour of day × weekday is worth in an hour of week. */
  readonly hourOfWeek: number;
  /** The past counts half after this. */
  readonly halfLifeMs: Millis;
}

/**
 * How often or how much something happens at each hour of the week, learned from amounts and exposures.
 * An hour of week is estimated as overall × hour of day × weekday × its own deviation, each level shrunk to the one before
 * (the posterior mean of a gamma-Poisson model). Amounts fade exponentially: later entries are written with larger
 * weights instead of making all others smaller.
 */
export interface Rhythm {
  readonly strength: RhythmStrength;
  /** Weight 1 belongs to this time. */
  referenceAt: Millis;
  /** Amount and exposure by hour of week. */
  readonly week: Float32Array;
  /** Amount and exposure by hour of day. */
  readonly day: Float32Array;
  /** Amount, and amount expected from the hour of day alone, by weekday. */
  readonly weekday: Float32Array;
  amount: number;
  exposure: number;
}

export function newRhythm(strength: RhythmStrength, at: Millis): Rhythm {
  return {
    strength,
    referenceAt: at,
    week: new Float32Array(2 * WEEK_HOURS),
    day: new Float32Array(2 * 24),
    weekday: new Float32Array(2 * 7),
    amount: 0,
    exposure: 0,
  };
}

/** Hour of week, 0 to 167, of a moment in local time. */
export function slotAt(at: Millis, offsetMs: Millis): number {
  const hours = Math.floor((at + offsetMs + MONDAY_MS) / HOUR) % WEEK_HOURS;
  return hours < 0 ? hours + WEEK_HOURS : hours;
}

/** Calls `visit` for each hour of week that [from, to) touches, with the hours spent in it. */
export function eachSlot(
  from: Millis,
  to: Millis,
  offsetMs: Millis,
  visit: (slot: number, hours: number, at: Millis) => void,
): void {
  let at = from;
  while (at < to) {
    const next = Math.min(to, (Math.floor((at + offsetMs) / HOUR) + 1) * HOUR - offsetMs);
    visit(slotAt(at, offsetMs), (next - at) / HOUR, at);
    at = next;
  }
}

const cell = (cells: Float32Array, index: number): number => cells[index] as number;

function add(cells: Float32Array, index: number, value: number): void {
  cells[index] = cell(cells, index) + value;
}

/** Beyond this weight everything is scaled back, long before single precision suffers. */
const LARGEST_WEIGHT = 256;

function weightAt(rhythm: Rhythm, at: Millis): number {
  const weight = 2 ** ((at - rhythm.referenceAt) / rhythm.strength.halfLifeMs);
  if (weight <= LARGEST_WEIGHT) return weight;
  for (const cells of [rhythm.week, rhythm.day, rhythm.weekday]) {
    for (let i = 0; i < cells.length; i++) cells[i] = cell(cells, i) / weight;
  }
  rhythm.amount /= weight;
  rhythm.exposure /= weight;
  rhythm.referenceAt = at;
  return 1;
}

/** Adds what happened (`amount`) during `exposure` hours of a slot. */
export function learn(rhythm: Rhythm, slot: number, at: Millis, amount: number, exposure: number): void {
  const weight = weightAt(rhythm, at);
  const hour = slot % 24;
  const weekday = Math.floor(slot / 24);
  add(rhythm.weekday, 2 * weekday + 1, weight * exposure * hourRate(rhythm, hour, weight));
  add(rhythm.weekday, 2 * weekday, weight * amount);
  add(rhythm.week, 2 * slot, weight * amount);
  add(rhythm.week, 2 * slot + 1, weight * exposure);
  add(rhythm.day, 2 * hour, weight * amount);
  add(rhythm.day, 2 * hour + 1, weight * exposure);
  rhythm.amount += weight * amount;
  rhythm.exposure += weight * exposure;
}

function overallRate({ strength, amount, exposure }: Rhythm, weight: number): number {
  const worth = strength.overall * weight;
  return Math.max(0, amount + worth * strength.prior) / (exposure + worth);
}

function hourRate(rhythm: Rhythm, hour: number, weight: number): number {
  const worth = rhythm.strength.hourOfDay * weight;
  const amount = cell(rhythm.day, 2 * hour) + worth * overallRate(rhythm, weight);
  return Math.max(0, amount) / (cell(rhythm.day, 2 * hour + 1) + worth);
}

/**
 * Expected amount per hour in a slot.
 * @param at for when: counts are worth less the older they are, so shrinkage grows while nothing is heard
 */
export function rateAt(rhythm: Rhythm, slot: number, at: Millis): number {
  const { strength, weekday, week } = rhythm;
  const weight = weightAt(rhythm, at);
  const day = Math.floor(slot / 24);
  const dayWorth = strength.dayOfWeek * weight;
  const dayFactor = Math.max(0, cell(weekday, 2 * day) + dayWorth) / (cell(weekday, 2 * day + 1) + dayWorth);
  const worth = strength.hourOfWeek * weight;
  const amount = cell(week, 2 * slot) + worth * hourRate(rhythm, slot % 24, weight) * dayFactor;
  return Math.max(0, amount) / (cell(week, 2 * slot + 1) + worth);
}

/** Amount and exposure behind the estimate, as they count at `at`. */
export function evidence(rhythm: Rhythm, at: Millis): { readonly amount: number; readonly exposure: number } {
  const weight = weightAt(rhythm, at);
  return { amount: rhythm.amount / weight, exposure: rhythm.exposure / weight };
}
