import { DAY, HOUR, type Millis } from "../domain/time.ts";
import type { BinMemory } from "./memory.ts";
import { eachSlot, evidence, learn, rateAt, slotAt } from "./rhythm.ts";

/** Half-life of "lately". */
const RECENT_HALF_LIFE_MS = 3 * DAY;
/** Fill, percent, that "as always" is worth against what was seen lately. */
const USUAL_WORTH = 80;
const SMALLEST_PACE = 0.3;
const LARGEST_PACE = 3;
/** Where less than this, percent, was expected, its rhythm says nothing about when it came. */
const LEAST_EXPECTED = 0.01;

function faded({ recent }: BinMemory, at: Millis): number {
  return 2 ** (-(at - recent.at) / RECENT_HALF_LIFE_MS);
}

/** How much faster the bin fills lately than its rhythm says; 1 when nothing is known. */
export function pace(memory: BinMemory, at: Millis): number {
  const fading = faded(memory, at);
  const { observed, expected } = memory.recent;
  const ratio = (USUAL_WORTH + Math.max(0, observed * fading)) / (USUAL_WORTH + expected * fading);
  return Math.min(LARGEST_PACE, Math.max(SMALLEST_PACE, ratio));
}

/** Fill expected between two moments by rhythm and recent pace, percent. */
export function expectedFill(memory: BinMemory, from: Millis, to: Millis): number {
  return rhythmFill(memory, from, to) * pace(memory, from);
}

function rhythmFill(memory: BinMemory, from: Millis, to: Millis): number {
  let sum = 0;
  eachSlot(from, to, memory.offsetMs, (slot, hours) => {
    sum += rateAt(memory.fill, slot, from) * hours;
  });
  return sum;
}

/** Learns that the level rose by `rise` between two readings without an emptying; spread as the rhythm expects it. */
export function learnFill(memory: BinMemory, from: Millis, to: Millis, rise: number): void {
  // All of it as the rhythm was before: what the first hour teaches must not change what the others are given.
  const parts: { slot: number; part: number; at: Millis; rate: number }[] = [];
  eachSlot(from, to, memory.offsetMs, (slot, part, at) => {
    parts.push({ slot, part, at, rate: rateAt(memory.fill, slot, from) });
  });
  const expected = parts.reduce((sum, { rate, part }) => sum + rate * part, 0);
  const hours = (to - from) / HOUR;
  const fading = faded(memory, to);
  memory.recent = {
    at: to,
    observed: memory.recent.observed * fading + rise,
    expected: memory.recent.expected * fading + expected,
  };
  for (const { slot, part, at, rate } of parts) {
    learn(memory.fill, slot, at, rise * (expected > LEAST_EXPECTED ? (rate * part) / expected : part / hours), part);
  }
}

/** Standard deviation of the fill around what is expected, without the level's own uncertainty. */
export function fillDeviation(memory: BinMemory, grown: number, at: Millis): number {
  const seen = evidence(memory.fill, at).amount;
  // Two parts: waste comes in lumps, and the rate itself is known only as well as fill was seen.
  const rateVariance = 0.02 + memory.lumpiness / (Math.max(0, seen) + 20);
  return memory.caution * Math.sqrt(memory.lumpiness * grown + rateVariance * grown ** 2);
}

/** Points of expected fill per hour just now. */
export function rateNow(memory: BinMemory, at: Millis): number {
  return rateAt(memory.fill, slotAt(at, memory.offsetMs), at) * pace(memory, at);
}
