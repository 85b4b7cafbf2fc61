import { HOUR, type Millis } from "../domain/time.ts";
import { seeStretch } from "./emptyings.ts";
import { type BinMemory, CLOSE_PCT, newMemory } from "./memory.ts";
import { expectedFill, fillDeviation, learnFill } from "./pace.ts";
import { seeDay } from "./yesterday.ts";

/** A drop of less than this, percent, is noise or settling, not an emptying. */
const SMALLEST_DROP = 15;
/** After an emptying at most this share of the level is left. */
const LEFT_OVER = 0.65;
const SMALLEST_JUMP = 30;
/** From here a sudden reading may as well be an open lid. */
const FULL = 90;
/** After a longer silence a single reading has to be believed: there is no neighbour to ask. */
const CONFIRM_WITHIN_MS = 4 * HOUR;
/** Over a longer silence nothing is learned. */
const LONGEST_STRETCH_MS = 36 * HOUR;
/** At the top the sensor cannot show what still comes. */
const SATURATED = 97;
const CHECK_EVERY_MS = 6 * HOUR;
const CHECK_AHEAD_MS = 12 * HOUR;
const CHECK_SLACK_MS = 90 * 60_000;

/**
 * Takes one reading into a bin's memory. Constant time; readings must come in order of time, others are left out.
 * @param memory null for the first reading
 * @param value fill level, percent
 */
export function remember(memory: BinMemory | null, at: Millis, value: number, offsetMs: Millis): BinMemory {
  if (!memory) return newMemory(at, value, offsetMs);
  if (at <= memory.heardAt) return memory;
  // Where clocks are put forward, people keep their hours and the rhythm goes with them.
  memory.offsetMs = offsetMs;
  const sinceHeard = at - memory.heardAt;
  memory.readings++;
  memory.intervalMs +=
    (Math.min(sinceHeard, LONGEST_STRETCH_MS) - memory.intervalMs) * Math.max(0.05, 1 / memory.readings);
  memory.heardAt = at;
  const wasStuck = isStuck(memory);
  const { run } = memory;
  follow(memory, at, value);
  if (isStuck(memory)) return memory;
  if (wasStuck) resume(memory, run, at, value);
  else if (at - memory.at > LONGEST_STRETCH_MS) restart(memory, at, value);
  else weigh(memory, at, value);
  if (memory.at === at && !memory.doubt) seeDay(memory.yesterday, at, memory.level, offsetMs);
  check(memory, at);
  return memory;
}

/** Keeps the run of equal readings. */
function follow(memory: BinMemory, at: Millis, value: number): void {
  const { run } = memory;
  const same = value === run.value;
  memory.repeats += ((same ? 1 : 0) - memory.repeats) * 0.01;
  if (!same) {
    memory.run = { value, since: at, lastAt: at, count: 1, expected: 0 };
    return;
  }
  run.count++;
  if (at - run.lastAt <= LONGEST_STRETCH_MS) run.expected += expectedFill(memory, run.lastAt, at);
  run.lastAt = at;
}

/**
 * A sensor that repeats itself although the bin should have filled, or although it never repeats itself.
 * A full bin stays full, so only a week of that counts.
 */
export function isStuck({ run, repeats, calm }: BinMemory): boolean {
  if (run.value >= SATURATED) return run.expected > 400;
  if (run.count < 6 || run.expected < 1.5 * calm) return false;
  return run.expected > 25 || (run.expected > 8 && repeats ** run.count < 1e-4);
}

/**
 * A run that looked stuck has ended. Had the sensor been stuck, the level would have moved on unseen; when it goes on
 * where it stood, nothing came during the run (a holiday), and that is worth learning.
 */
function resume(memory: BinMemory, run: BinMemory["run"], at: Millis, value: number): void {
  const moved = Math.abs(value - run.value);
  if (moved > Math.max(4 * deviationOf(memory), 0.25 * run.expected) || at - run.lastAt > LONGEST_STRETCH_MS) {
    restart(memory, at, value);
    return;
  }
  memory.calm = Math.max(memory.calm, run.expected);
  if (run.value < SATURATED && run.lastAt > memory.at) learnFill(memory, memory.at, run.lastAt, 0);
  settle(memory, run.lastAt, memory.level, memory.variance);
  weigh(memory, at, value);
}

/** Believes a reading without having followed the way to it. */
function restart(memory: BinMemory, at: Millis, value: number): void {
  if (value < memory.level - SMALLEST_DROP) memory.emptiedAt = null;
  memory.contradiction = null;
  memory.doubt = null;
  memory.checks = [];
  settle(memory, at, value, memory.noise + 1);
}

function settle(memory: BinMemory, at: Millis, level: number, variance: number): void {
  memory.at = at;
  memory.level = Math.min(100, Math.max(0, level));
  memory.variance = variance;
}

const deviationOf = (memory: BinMemory): number => Math.sqrt(memory.noise);
const dropSize = (memory: BinMemory): number => Math.max(SMALLEST_DROP, 4 * deviationOf(memory));

/** Decides what a reading means: fill, noise, an emptying, a fault, or a question for the next one. */
function weigh(memory: BinMemory, at: Millis, value: number): void {
  const grown = expectedFill(memory, memory.at, at);
  const predicted = Math.min(100, memory.level + grown);
  const { contradiction, doubt } = memory;
  if (contradiction) {
    memory.contradiction = null;
    const sinceThen = expectedFill(memory, contradiction.at, at);
    const stays = Math.abs(value - Math.min(100, contradiction.value + sinceThen)) <= Math.abs(value - predicted);
    const verdict = memory.verdicts[contradiction.kind];
    verdict[stays ? 1 : 0]++;
    if (stays && contradiction.kind === "drop") {
      emptied(memory, contradiction.at, contradiction.value);
      weigh(memory, at, value);
      return;
    }
    if (stays) {
      if (contradiction.value >= FULL) memory.doubt = { before: memory.level, since: memory.at };
      else learnFill(memory, memory.at, contradiction.at, contradiction.value - memory.level);
      settle(memory, contradiction.at, contradiction.value, memory.noise + 1);
      weigh(memory, at, value);
      return;
    }
  }
  const alone = at - memory.at > CONFIRM_WITHIN_MS;
  if (doubt && value < memory.level - dropSize(memory)) {
    const expected = Math.min(100, doubt.before + expectedFill(memory, doubt.since, at));
    memory.doubt = null;
    const back =
      Math.abs(value - expected) <= Math.max(12, 4 * deviationOf(memory)) && at - doubt.since < 2 * 24 * HOUR;
    memory.verdicts.doubt[back ? 0 : 1]++;
    if (back) {
      settle(memory, at, value, memory.noise + 1);
      return;
    }
    learnFill(memory, doubt.since, memory.at, memory.level - doubt.before);
  }
  if (value <= memory.level - dropSize(memory) && value <= memory.level * LEFT_OVER) {
    if (alone) emptied(memory, at, value);
    else memory.contradiction = { kind: "drop", at, value };
    return;
  }
  const surprise = Math.max(SMALLEST_JUMP, 5 * deviationOf(memory), 4 * fillDeviation(memory, grown, at));
  if (value - predicted >= surprise && !alone) {
    memory.contradiction = { kind: "jump", at, value };
    return;
  }
  accept(memory, at, value, predicted, grown);
}

/** An ordinary reading: the level moves towards it as far as it is better known than the forecast (Kalman). */
function accept(memory: BinMemory, at: Millis, value: number, predicted: number, grown: number): void {
  const hours = (at - memory.at) / HOUR;
  const step = Math.min(0, Math.max(-20, value - memory.level));
  memory.noise += (Math.max(0.05, step ** 2) - memory.noise) * Math.min(0.03, 1 / memory.readings + 0.01);
  const variance = memory.variance + memory.lumpiness * grown + 0.3 * hours;
  const gain = variance / (variance + memory.noise);
  const level = Math.min(100, Math.max(0, predicted + gain * (value - predicted)));
  const stretch = { from: memory.at, to: at, level, emptiedAt: memory.emptiedAt, offsetMs: memory.offsetMs };
  seeStretch(memory.habit, stretch, false);
  if (!memory.doubt && memory.level < SATURATED) {
    const rise = level - memory.level;
    learnFill(memory, memory.at, at, level >= SATURATED ? Math.max(rise, grown) : rise);
  }
  settle(memory, at, level, (1 - gain) * variance);
}

/** The bin was emptied between the last believed reading and this one. */
function emptied(memory: BinMemory, at: Millis, value: number): void {
  const { at: from, level, emptiedAt, offsetMs } = memory;
  seeStretch(memory.habit, { from, to: at, level, emptiedAt, offsetMs }, true);
  if (at - from <= CONFIRM_WITHIN_MS) {
    const off = value - memory.emptyLevel;
    memory.emptyLevel += 0.15 * off;
    memory.emptyDeviation += 0.15 * (Math.abs(off) * 1.25 - memory.emptyDeviation);
  }
  memory.emptiedAt = (from + at) / 2;
  memory.doubt = null;
  memory.checks = [];
  settle(memory, at, value, memory.noise + 1);
}

/** Compares forecasts that are due with what came, and makes the next one: the stated bands must hold what they promise. */
function check(memory: BinMemory, at: Millis): void {
  if (memory.at !== at || memory.doubt) return;
  const due = memory.checks[0];
  if (due && at >= due.dueAt) {
    memory.checks.shift();
    if (at - due.dueAt <= Math.max(CHECK_SLACK_MS, memory.intervalMs / 2) && due.mean < SATURATED) score(memory, due);
  }
  const newest = memory.checks.at(-1);
  if ((newest && at - newest.madeAt < CHECK_EVERY_MS) || memory.level >= SATURATED) return;
  // A sensor that speaks once a day is held to what it says the next day.
  const dueAt = at + Math.max(CHECK_AHEAD_MS, 0.9 * memory.intervalMs);
  const grown = expectedFill(memory, at, dueAt);
  const deviation = Math.sqrt(memory.variance + memory.noise + fillDeviation(memory, grown, at) ** 2);
  memory.checks.push({ madeAt: at, dueAt, mean: Math.min(100, memory.level + grown), deviation, grown });
}

/** Ten per cent of forecasts may lie outside on either side of the stated band. */
const OUTSIDE = 0.2;
const BAND = 1.2816;

function score(memory: BinMemory, { mean, deviation, grown }: BinMemory["checks"][number]): void {
  const off = memory.level - mean;
  const outside = Math.abs(off) > BAND * deviation;
  // Adaptive conformal inference (Gibbs and Candès 2021): widen after a miss, narrow after a hit, in the promised ratio.
  memory.caution = Math.min(4, Math.max(0.3, memory.caution * Math.exp(0.08 * ((outside ? 1 : 0) - OUTSIDE))));
  memory.tested = memory.tested * 0.98 + 1;
  memory.close = memory.close * 0.98 + (Math.abs(off) <= CLOSE_PCT ? 1 : 0);
  if (grown > 2) {
    const lumpiness = Math.max(0, off ** 2 - 2 * memory.noise) / grown;
    memory.lumpiness += 0.05 * (Math.min(40, lumpiness) - memory.lumpiness);
    memory.lumpiness = Math.max(0.1, memory.lumpiness);
  }
}
