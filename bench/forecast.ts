import { HOUR, type Millis } from "../src/domain/time.ts";
import { HORIZONS } from "../src/forecast/ahead.ts";
import { forecast } from "../src/forecast/forecast.ts";
import type { BinMemory } from "../src/forecast/memory.ts";
import { remember } from "../src/forecast/remember.ts";
import {
  type BinRecord,
  badSensor,
  cleanSensor,
  districtBins,
  hostileBins,
  type LevelReading,
} from "./forecast-bins.ts";
import { families, familyBins } from "./forecast-families.ts";
import { RECORDED_TOLERANCE_MS, recordedBins } from "./forecast-recorded.ts";
import type { Print } from "./index.ts";

/** Full. */
const FULL_PCT = 95;
const DECIDE_EVERY_MS = 2 * HOUR;

/** Sums over all decisions of one method at one horizon. */
export interface Score {
  hit: number;
  miss: number;
  falseAlarm: number;
  decisions: number;
  levelError: number;
  levels: number;
  brier: number;
  inBand: number;
}

const methods = ["forecast", "no change", "plain slope"] as const;
type Method = (typeof methods)[number];

export type Scores = Record<Method, Score[]> & { binDays: number; unknown: number; asked: number };

/** What a method says at a moment: level after each horizon, and whether the bin is full by then. */
interface Said {
  readonly level: readonly number[];
  readonly full: readonly boolean[];
  readonly chance?: readonly number[];
  readonly band?: readonly (readonly [number, number])[];
}

const zero = (): Score => ({
  hit: 0,
  miss: 0,
  falseAlarm: 0,
  decisions: 0,
  levelError: 0,
  levels: 0,
  brier: 0,
  inBand: 0,
});

/** Index of the first reading after a moment. */
function after(readings: readonly LevelReading[], at: Millis): number {
  let low = 0;
  let high = readings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((readings[middle] as LevelReading).at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The line through the readings since the last drop, at most a day back: what most dashboards extrapolate. */
function slope(readings: readonly LevelReading[], index: number): Said {
  const now = readings[index] as LevelReading;
  let first = index;
  while (first > 0) {
    const before = readings[first - 1] as LevelReading;
    if (now.at - before.at > 24 * HOUR || before.value > (readings[first] as LevelReading).value + 15) break;
    first--;
  }
  const part = readings.slice(first, index + 1);
  const meanAt = part.reduce((sum, { at }) => sum + at, 0) / part.length;
  const meanValue = part.reduce((sum, { value }) => sum + value, 0) / part.length;
  const square = part.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  const product = part.reduce((sum, { at, value }) => sum + (at - meanAt) * (value - meanValue), 0);
  const perHour = square > 0 ? Math.max(0, (product / square) * HOUR) : 0;
  const level = HORIZONS.map((hours) => Math.min(100, now.value + perHour * hours));
  return { level, full: level.map((value) => value >= FULL_PCT) };
}

/** Every method on every bin, strictly causal: at each decision only readings up to it have been seen. */
export function evaluate(bins: readonly BinRecord[], options: { warmUpMs: Millis; toleranceMs: Millis }): Scores {
  const scores: Scores = {
    forecast: HORIZONS.map(zero),
    "no change": HORIZONS.map(zero),
    "plain slope": HORIZONS.map(zero),
    binDays: 0,
    unknown: 0,
    asked: 0,
  };
  for (const bin of bins) evaluateBin(bin, scores, options);
  return scores;
}

function evaluateBin(
  { readings, truth, offsetMs, offsetAt = () => offsetMs }: BinRecord,
  scores: Scores,
  { warmUpMs, toleranceMs }: { warmUpMs: Millis; toleranceMs: Millis },
): void {
  const outcomes = truth ?? readings;
  const startAt = (readings[0]?.at ?? 0) + warmUpMs;
  let memory: BinMemory | null = null;
  let decideAt = startAt;
  for (const [index, { at, value }] of readings.entries()) {
    memory = remember(memory, at, value, offsetAt(at));
    if (at < decideAt) continue;
    decideAt = at + DECIDE_EVERY_MS;
    scores.binDays += DECIDE_EVERY_MS / (24 * HOUR);
    const present = truth ? (truth[after(truth, at) - 1]?.value ?? value) : value;
    // A bin that is full already needs no forecast.
    if (present >= FULL_PCT) continue;
    scores.asked++;
    const own = forecast(memory, at);
    if (own.status === "unknown") scores.unknown++;
    const known = own.status === "known";
    const said: Record<Method, Said> = {
      forecast: {
        level: known ? own.ahead.map(({ p50 }) => p50) : HORIZONS.map(() => own.levelPct ?? value),
        full: known ? own.ahead.map(({ reaches95 }) => reaches95 >= 0.5) : HORIZONS.map(() => false),
        chance: known ? own.ahead.map(({ reaches95 }) => reaches95) : HORIZONS.map(() => 0),
        band: known ? own.ahead.map(({ p10, p90 }) => [p10, p90] as const) : HORIZONS.map(() => [0, 100] as const),
      },
      "no change": { level: HORIZONS.map(() => value), full: HORIZONS.map(() => value >= FULL_PCT) },
      "plain slope": slope(readings, index),
    };
    const from = after(outcomes, at);
    for (const [h, hours] of HORIZONS.entries()) {
      const until = at + hours * HOUR;
      let full = false;
      let nearest: LevelReading | null = null;
      let last = at;
      for (let i = from; i < outcomes.length; i++) {
        const outcome = outcomes[i] as LevelReading;
        if (outcome.at > until + toleranceMs) break;
        if (outcome.at <= until) {
          last = outcome.at;
          if (outcome.value >= FULL_PCT) full = true;
        }
        if (
          Math.abs(outcome.at - until) <= toleranceMs &&
          (!nearest || Math.abs(outcome.at - until) < Math.abs(nearest.at - until))
        )
          nearest = outcome;
      }
      const watched = full || last >= until - 2 * toleranceMs;
      for (const method of methods) {
        const score = scores[method][h] as Score;
        const told = said[method];
        if (watched) {
          score.decisions++;
          if (full && told.full[h]) score.hit++;
          if (full && !told.full[h]) score.miss++;
          if (!full && told.full[h]) score.falseAlarm++;
          score.brier += ((told.chance?.[h] ?? (told.full[h] ? 1 : 0)) - (full ? 1 : 0)) ** 2;
        }
        if (nearest) {
          score.levels++;
          score.levelError += Math.abs(nearest.value - (told.level[h] ?? 0));
          const band = told.band?.[h];
          if (band && nearest.value >= band[0] && nearest.value <= band[1]) score.inBand++;
        }
      }
    }
  }
}

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** What is printed of each method at each horizon, best known by these names. */
const measures: readonly [name: string, unit: string, of: (score: Score, binDays: number) => number][] = [
  ["precision", "", ({ hit, falseAlarm }) => ratio(hit, hit + falseAlarm)],
  ["recall", "", ({ hit, miss }) => ratio(hit, hit + miss)],
  ["F1", "", ({ hit, miss, falseAlarm }) => ratio(2 * hit, 2 * hit + miss + falseAlarm)],
  ["false alarms", "per bin-day", ({ falseAlarm }, binDays) => ratio(falseAlarm, binDays)],
  ["mean level error", "%", ({ levelError, levels }) => ratio(levelError, levels)],
];

function report(name: string, scores: Scores, print: Print): void {
  for (const [h, hours] of HORIZONS.entries()) {
    for (const [measure, unit, of] of measures) {
      const [own, unchanged, line] = methods.map((method) => of(scores[method][h] as Score, scores.binDays)) as [
        number,
        number,
        number,
      ];
      const beside = `no change ${unchanged.toPrecision(3)}, plain slope ${line.toPrecision(3)}`;
      print(`${name}, ${hours} h: ${measure}`, own, unit, beside);
    }
    const { inBand, levels } = scores.forecast[h] as Score;
    print(`${name}, ${hours} h: levels within the stated 80 % band`, ratio(inBand, levels), "", "promised 0.8");
  }
  print(`${name}: unknown`, ratio(scores.unknown, scores.asked), "of decisions", `${scores.asked} decisions`);
}

/** What is told of a family in one line: the families differ in what is hard, and none may be worse than a baseline. */
function reportFamily(name: string, scores: Scores, print: Print): void {
  for (const [h, hours] of HORIZONS.entries()) {
    const [own, unchanged, line] = methods.map((method) => scores[method][h] as Score) as [Score, Score, Score];
    const of = (name: string, score: Score) =>
      measures.find(([measure]) => measure === name)?.[2](score, scores.binDays) ?? 0;
    const both = (measure: string) =>
      `${measure} ${of(measure, own).toPrecision(3)} (${of(measure, unchanged).toPrecision(2)}, ${of(measure, line).toPrecision(2)})`;
    const rest = ["precision", "recall", "false alarms"].map(both).join(", ");
    const error = of("mean level error", own);
    const beside = `no change ${of("mean level error", unchanged).toPrecision(3)}, slope ${of("mean level error", line).toPrecision(3)}`;
    print(`${name}, ${hours} h: mean level error`, error, "%", `${beside}; ${rest}`);
  }
}

const FAMILY_BINS = 20;
const HOURLY = { warmUpMs: 10 * 24 * HOUR, toleranceMs: HOUR / 2 };

/** Level forecasts on simulated bins, and on recorded ones in the folders that KERBSIDE_BENCH_DATA names (commas between). */
export async function run(print: Print): Promise<void> {
  report("district, simulated", evaluate(districtBins(60, 42), HOURLY), print);
  report("many habits, good sensors", evaluate(hostileBins(60, 60, 1, cleanSensor), HOURLY), print);
  for (const folder of (process.env.KERBSIDE_BENCH_DATA ?? "").split(",").filter((one) => one !== "")) {
    const recorded = recordedBins(folder);
    if (!recorded) throw new Error(`${folder} has neither levels.csv nor collections.csv`);
    const options = { warmUpMs: HOURLY.warmUpMs, toleranceMs: RECORDED_TOLERANCE_MS };
    report(recorded.name, evaluate(recorded.bins, options), print);
  }
  for (const family of families) {
    const scores = evaluate(familyBins(family, FAMILY_BINS), { ...HOURLY, warmUpMs: family.warmUpMs });
    reportFamily(family.name, scores, print);
  }
  report("many habits, bad sensors", evaluate(hostileBins(60, 60, 1, badSensor), HOURLY), print);
}
