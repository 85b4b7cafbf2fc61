import { createBins } from "../simulators/actors/bins.ts";
import { createRandom, type Random } from "../simulators/random.ts";
import { readTown } from "../simulators/town.ts";
import { DAY, HOUR, MINUTE, type Millis } from "../src/domain/time.ts";

export interface LevelReading {
  readonly at: Millis;
  readonly value: number;
}

/** The past of one bin: what its sensor said, and, for simulated bins, how full it really was at each hour. */
export interface BinRecord {
  readonly id: string;
  readonly offsetMs: Millis;
  /** Where clocks are put forward: the offset as of a moment. */
  readonly offsetAt?: (at: Millis) => Millis;
  readonly readings: readonly LevelReading[];
  readonly truth: readonly LevelReading[] | null;
}

const START = Date.UTC(2026, 2, 2);
const OFFSET_MS = 8 * HOUR;

/** Normal deviate (Box and Muller). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** The bins of the simulated district, read every hour, emptied by three rounds a day that are sometimes missed. */
export function districtBins(count: number, days: number): BinRecord[] {
  const bins = createBins(readTown(), {
    count,
    seed: 7,
    startAt: START,
    wasteFactor: 1,
    loraShare: 0.5,
    smallShare: 0.3,
  });
  return bins.map((bin) => {
    const random = createRandom(7, `rounds/${bin.device.id}`);
    const rounds = [5, 13.5, 20.5].map((hour) => hour + random.between(0.1, 1.5));
    const readings: LevelReading[] = [];
    const truth: LevelReading[] = [];
    for (let at = START; at < START + days * DAY; at += HOUR) {
      truth.push({ at, value: Math.min(100, bin.fillAt(at)) });
      const observed = bin.act(at)[0]?.metrics;
      const fill = observed?.fillPct ?? ((1_050 - (observed?.distanceMm ?? 1_050)) / 750) * 100;
      readings.push({ at, value: Math.round(fill * 10) / 10 });
      const hour = ((at + OFFSET_MS) % DAY) / HOUR;
      for (const round of rounds) {
        if (round >= hour && round < hour + 1 && !random.chance(0.12)) bin.empty(at + (round - hour) * HOUR);
      }
    }
    return { id: bin.device.id, offsetMs: OFFSET_MS, readings, truth };
  });
}

/** Hourly weights of places that differ in their rhythm, Monday first. */
function rhythmOf(random: Random): number[] {
  const kind = random.pick(["homes", "offices", "park", "market", "even"] as const);
  return Array.from({ length: 168 }, (_, slot) => {
    const hour = slot % 24;
    const weekend = slot >= 120;
    const peak = (centre: number, width: number) => Math.exp(-(((hour - centre) / width) ** 2));
    const own = Math.exp(0.25 * normal(random));
    if (kind === "homes") return own * (0.1 + peak(8, 1.5) + 1.6 * peak(19, 2)) * (weekend ? 1.3 : 1);
    if (kind === "offices") return own * (0.05 + 1.5 * peak(12.5, 2) + peak(17, 2)) * (weekend ? 0.15 : 1);
    if (kind === "park") return own * (0.05 + peak(15, 4)) * (weekend ? 3 : 0.8);
    if (kind === "market") return own * (0.05 + (slot >= 96 && slot < 144 ? 4 : 0.6) * peak(20, 3));
    return own;
  });
}

/** When a crew comes: returns whether it empties the bin in the hour that begins at `at`. */
function crewOf(random: Random): (at: Millis, level: number) => boolean {
  const kind = random.pick(["daily", "weekdays", "whenFull", "everyOther", "odd", "twice"] as const);
  const hour = random.between(4, 22);
  const missed = random.between(0, 0.15);
  const limit = random.between(70, 97);
  const delay = random.between(1, 12);
  const days = random.pick([
    [0, 2, 4],
    [1, 3, 5],
    [0, 3],
    [0, 1, 2, 3, 4],
  ]);
  let due = Number.POSITIVE_INFINITY;
  let jitter = 0;
  return (at, level) => {
    const local = (at + OFFSET_MS) / HOUR;
    const now = local % 24;
    if (Math.floor(now) === 0) jitter = normal(random) * 0.7;
    const day = (Math.floor(local / 24) + 3) % 7;
    const turn = (start: number) => now <= start + jitter && start + jitter < now + 1 && !random.chance(missed);
    if (kind === "daily") return turn(hour);
    if (kind === "twice") return turn(7) || turn(19);
    if (kind === "weekdays") return days.includes(day) && turn(hour);
    if (kind === "everyOther") return Math.floor(local / 24) % 2 === 0 && turn(hour);
    if (kind === "odd") return random.chance(level > 40 ? 0.03 : 0.004);
    if (level >= limit && due === Number.POSITIVE_INFINITY) due = at + delay * HOUR * random.between(0.3, 1.7);
    if (at < due) return false;
    due = Number.POSITIVE_INFINITY;
    return true;
  };
}

/** What can go wrong with a sensor, as shares and sizes; all zero is a perfect one. */
export interface Faults {
  readonly noise: number;
  readonly step: number;
  readonly lost: number;
  readonly irregular: boolean;
  readonly stuckPerDay: number;
  readonly lidPerDay: number;
  readonly spikes: number;
  readonly missingDays: number;
}

export const cleanSensor: Faults = {
  noise: 0.8,
  step: 0.1,
  lost: 0,
  irregular: false,
  stuckPerDay: 0,
  lidPerDay: 0,
  spikes: 0,
  missingDays: 0,
};
export const badSensor: Faults = {
  noise: 3,
  step: 1,
  lost: 0.06,
  irregular: true,
  stuckPerDay: 0.03,
  lidPerDay: 0.12,
  spikes: 0.008,
  missingDays: 0.03,
};

/** Bins of many habits with sensors of the given quality; waste comes in lumps, at a pace that drifts. */
export function hostileBins(count: number, days: number, seed: number, faults: Faults): BinRecord[] {
  return Array.from({ length: count }, (_, index) =>
    hostileBin(createRandom(seed, `bin-${index}`), index, days, faults),
  );
}

function hostileBin(random: Random, index: number, days: number, faults: Faults): BinRecord {
  const weights = rhythmOf(random);
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const perDay = 45 * Math.exp(0.7 * normal(random));
  const lump = random.between(0.8, 6);
  const crew = crewOf(random);
  const left = random.between(0, 7);
  const drift = random.between(-0.7, 0.7);
  const turnAt = random.chance(0.4) ? START + random.between(0.4, 0.8) * days * DAY : Number.POSITIVE_INFINITY;
  const turn = random.between(0.5, 1.8);
  const levels: LevelReading[] = [];
  let level = random.between(0, 60);
  for (let at = START; at < START + days * DAY; at += 5 * MINUTE) {
    if (at % HOUR === 0 && crew(at, level)) level = left * random.between(0, 1.5);
    const slot = Math.floor((at + OFFSET_MS + 3 * DAY) / HOUR) % 168;
    const change = Math.exp((drift * (at - START)) / (days * DAY)) * (at > turnAt ? turn : 1);
    const rate = (((perDay / 24) * (weights[slot] ?? 0)) / mean) * change;
    if (random.chance(Math.min(0.95, rate / 12 / lump))) level += lump * random.between(0.4, 1.6);
    level = Math.min(108, level);
    levels.push({ at, value: Math.min(100, level) });
  }
  const readings = sense(levels, random, faults);
  return { id: `bin-${index}`, offsetMs: OFFSET_MS, readings, truth: levels.filter(({ at }) => at % HOUR === 0) };
}

/** What a sensor of such quality says about the true levels. */
function sense(levels: readonly LevelReading[], random: Random, faults: Faults): LevelReading[] {
  const readings: LevelReading[] = [];
  const noise = faults.noise * random.between(0.3, 1.2);
  let stuckUntil = 0;
  let stuckValue = 0;
  let lidUntil = 0;
  let silentUntil = 0;
  let nextAt = levels[0]?.at ?? 0;
  for (const { at, value } of levels) {
    if (at < nextAt) continue;
    const everyMs = faults.irregular ? random.between(0.4, 1.7) * HOUR : HOUR;
    nextAt = at + everyMs - (faults.irregular ? 0 : 0);
    const perReading = everyMs / DAY;
    if (random.chance(faults.missingDays * perReading)) silentUntil = at + random.between(0.5, 2.5) * DAY;
    if (random.chance(faults.lidPerDay * perReading)) lidUntil = at + random.between(0.5, 8) * HOUR;
    if (at >= stuckUntil && random.chance(faults.stuckPerDay * perReading)) {
      stuckUntil = at + random.between(6, 48) * HOUR;
      stuckValue = value;
    }
    if (at < silentUntil || random.chance(faults.lost)) continue;
    let shown = value + noise * normal(random);
    if (at < lidUntil) shown = 100;
    if (random.chance(faults.spikes)) shown = random.chance(0.5) ? 0 : 100;
    if (at < stuckUntil) shown = stuckValue;
    const rounded = Math.round(Math.min(100, Math.max(0, shown)) / faults.step) * faults.step;
    readings.push({ at, value: Math.round(rounded * 10) / 10 });
  }
  return readings;
}
