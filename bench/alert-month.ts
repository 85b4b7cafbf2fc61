import { createRandom, type Random } from "../simulators/random.ts";
import type { Kind } from "../src/domain/kinds.ts";
import type { Metrics } from "../src/domain/metrics.ts";
import type { DeviceEvent } from "../src/domain/observation.ts";
import { DAY, HOUR, MINUTE, type Millis, SECOND } from "../src/domain/time.ts";

/**
 * A synthetic month of which everything is known: what really happened, and what devices said about it, with the faults of
 * the field. Alerts are judged against the former and see only the latter.
 */

export const problemClasses = ["overflow", "garbage", "dumping", "overspeed", "offline", "stuck"] as const;
export type ProblemClass = (typeof problemClasses)[number];

/** Something that was really wrong. `devices` are those whose alerts are about it. */
export interface Problem {
  readonly kind: ProblemClass;
  readonly devices: ReadonlySet<string>;
  readonly from: Millis;
  readonly to: Millis;
}

export interface MonthDevice {
  readonly id: string;
  readonly kind: Kind;
  readonly place: { readonly lat: number; readonly lon: number };
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** One thing a device says. */
export interface Saying {
  readonly at: Millis;
  readonly device: string;
  readonly metrics: Metrics;
  readonly event?: DeviceEvent;
}

export interface Month {
  readonly start: Millis;
  readonly days: number;
  readonly devices: readonly MonthDevice[];
  readonly problems: readonly Problem[];
  /** In order of time. */
  readonly sayings: readonly Saying[];
}

export interface MonthOptions {
  readonly seed: number;
  readonly days: number;
  readonly points: number;
  readonly blindSpots: number;
  readonly vehicles: number;
}

/** Monday, 2 March 2026, 05:00 in Yutang. */
const START = Date.UTC(2026, 2, 1, 21);
const BINS_PER_POINT = 3;
const REPORT_MS = 15 * MINUTE;
const LOOK_MS = 10 * MINUTE;
const FULL_PCT = 95;
/** Shares of false sightings that projects report lie between 10 and 25 percent. */
const FALSE_SHARE = 0.18;

interface Stretch {
  readonly from: Millis;
  readonly to: Millis;
}
const during = (stretches: readonly Stretch[], at: Millis): boolean =>
  stretches.some(({ from, to }) => at >= from && at < to);

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Hour of the local day. */
const hourOf = (at: Millis): number => ((at + 8 * HOUR) % DAY) / HOUR;
const busyness = (at: Millis): number => {
  const hour = hourOf(at);
  return hour < 5 ? 0.2 : hour < 10 ? 1.6 : hour < 17 ? 0.8 : hour < 22 ? 1.9 : 0.4;
};

/** Stretches that come so often a day and last so long. */
function stretches(
  random: Random,
  end: Millis,
  perDay: number,
  [shortest, longest]: readonly [Millis, Millis],
): Stretch[] {
  const found: Stretch[] = [];
  for (let at = START + random.waitMs(perDay / 24); at < end; at += random.waitMs(perDay / 24)) {
    const to = at + random.between(shortest, longest);
    found.push({ from: at, to: Math.min(to, end) });
    at = to;
  }
  return found;
}

export function createMonth(options: MonthOptions): Month {
  const { seed, days, points, blindSpots, vehicles } = options;
  const end = START + days * DAY;
  const devices: MonthDevice[] = [];
  const problems: Problem[] = [];
  const sayings: Saying[] = [];
  const say = (at: Millis, device: string, metrics: Metrics, event?: DeviceEvent) =>
    sayings.push({ at, device, metrics, ...(event && { event }) });

  // The gateway of all bins fails every ten days.
  const chance = createRandom(seed, "outages");
  const outages: Stretch[] = [];
  for (let at = START + chance.between(1, 9) * DAY; at < end; at += 10 * DAY) {
    outages.push({ from: at, to: at + chance.between(2, 4) * HOUR });
  }
  const bins = Array.from({ length: points * BINS_PER_POINT }, (_, index) => `bin-${index}`);
  for (const outage of outages)
    problems.push({ kind: "offline", devices: new Set([...bins, "gateway", "district", "gw-1"]), ...outage });

  for (let point = 0; point < points; point++) {
    const place = { lat: 22.7 + point * 0.002, lon: 113.9 };
    const camera = `camera-${point}`;
    devices.push({ id: camera, kind: "camera", place, attributes: { reportEverySeconds: LOOK_MS / SECOND } });
    const full: Stretch[] = [];
    for (let index = 0; index < BINS_PER_POINT; index++) {
      const id = bins[point * BINS_PER_POINT + index] as string;
      devices.push({
        id,
        kind: "bin",
        place,
        attributes: { gatewayId: "gw-1", reportEverySeconds: REPORT_MS / SECOND },
      });
      full.push(...bin(id, createRandom(seed, id), outages, end, say, problems));
    }
    const own = new Set([camera, ...bins.slice(point * BINS_PER_POINT, (point + 1) * BINS_PER_POINT)]);
    for (const stretch of joined(full)) problems.push({ kind: "overflow", devices: own, ...stretch });
    watch(camera, createRandom(seed, camera), end, { full: joined(full), perDay: 0.4, kind: "garbage" }, say, problems);
  }
  for (let spot = 0; spot < blindSpots; spot++) {
    const id = `blind-${spot}`;
    const place = { lat: 22.7 + spot * 0.002, lon: 113.92 };
    devices.push({ id, kind: "camera", place, attributes: { reportEverySeconds: LOOK_MS / SECOND } });
    watch(id, createRandom(seed, id), end, { full: [], perDay: 0.25, kind: "dumping" }, say, problems);
  }
  for (let index = 0; index < vehicles; index++) {
    const id = `vehicle-${index}`;
    devices.push({ id, kind: "vehicle", place: { lat: 22.72, lon: 113.91 }, attributes: {} });
    drive(id, createRandom(seed, id), end, say, problems);
  }
  sayings.sort((a, b) => a.at - b.at);
  return { start: START, days, devices, problems, sayings };
}

type Say = (at: Millis, device: string, metrics: Metrics, event?: DeviceEvent) => void;

/** Stretches that touch become one. */
function joined(parts: readonly Stretch[]): Stretch[] {
  const found: Stretch[] = [];
  for (const part of [...parts].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && part.from <= last.to) found[found.length - 1] = { from: last.from, to: Math.max(last.to, part.to) };
    else found.push(part);
  }
  return found;
}

/** A bin fills by its rhythm and is emptied by three rounds that are sometimes missed. Its sensor has the faults of its kind. */
function bin(
  id: string,
  random: Random,
  outages: readonly Stretch[],
  end: Millis,
  say: Say,
  problems: Problem[],
): Stretch[] {
  const perDay = random.between(70, 170);
  const rounds = [5.5, 13.5, 20.5].map((hour) => hour + random.between(-0.5, 1));
  const lidOpen = stretches(random, end, 0.15, [8 * MINUTE, 40 * MINUTE]);
  const dead = stretches(random, end, 1 / 60, [3 * HOUR, DAY]);
  const stuck = stretches(random, end, 1 / 90, [3 * DAY, 5 * DAY]);
  for (const stretch of dead) problems.push({ kind: "offline", devices: new Set([id]), ...stretch });
  for (const stretch of stuck) problems.push({ kind: "stuck", devices: new Set([id]), ...stretch });
  const full: Stretch[] = [];
  let level = random.between(0, 60);
  let fullSince: Millis | null = null;
  let stuckAt: number | null = null;
  const phase = Math.floor(random.between(0, REPORT_MS));
  for (let at = START; at < end; at += MINUTE) {
    level = Math.min(110, level + (perDay * busyness(at) * MINUTE) / DAY);
    // Somebody brings boxes: full from one moment to the next.
    if (random.chance((0.1 * busyness(at) * MINUTE) / DAY)) level = Math.min(110, level + random.between(35, 60));
    for (const round of rounds) {
      const hour = hourOf(at);
      if (hour >= round && hour < round + MINUTE / HOUR && !random.chance(0.15)) level = random.between(0, 6);
    }
    if (level >= FULL_PCT) fullSince ??= at;
    else if (fullSince !== null) {
      if (at - fullSince >= REPORT_MS) full.push({ from: fullSince, to: at });
      fullSince = null;
    }
    if ((at - START) % REPORT_MS !== phase - (phase % MINUTE)) continue;
    if (during(dead, at) || during(outages, at)) continue;
    let value = Math.min(100, Math.max(0, level + 2 * normal(random)));
    if (random.chance(0.004)) value = random.between(90, 100);
    if (during(lidOpen, at)) value = 100;
    if (during(stuck, at)) stuckAt ??= Math.round(value);
    else stuckAt = null;
    say(at, id, { fillPct: stuckAt ?? Math.round(value) });
  }
  return full;
}

interface Scene {
  readonly full: readonly Stretch[];
  readonly perDay: number;
  readonly kind: "garbage" | "dumping";
}

/** A camera looks every ten minutes. It misses some, is unsure at times, and is mistaken now and then, for one look or several. */
function watch(
  id: string,
  random: Random,
  end: Millis,
  { full, perDay, kind }: Scene,
  say: Say,
  problems: Problem[],
): void {
  const real = stretches(random, end, perDay, [40 * MINUTE, 6 * HOUR]);
  for (const stretch of real) problems.push({ kind, devices: new Set([id]), ...stretch });
  const category = kind === "garbage" ? "exposedGarbage" : "illegalDumping";
  const falsePerDay = ((real.length / ((end - START) / DAY)) * FALSE_SHARE) / (1 - FALSE_SHARE);
  // Most mistakes last for one look; a shadow or a parked cart stays for some.
  const brief = stretches(random, end, falsePerDay * 4, [LOOK_MS / 2, LOOK_MS]);
  const lasting = stretches(random, end, falsePerDay * 0.5, [15 * MINUTE, 50 * MINUTE]);
  const wrongFull = stretches(random, end, 0.15, [LOOK_MS / 2, LOOK_MS]);
  const sighting = (at: Millis, seen: string, confidence: number) =>
    say(
      at,
      id,
      {},
      { type: "detection", category: seen, phase: "pulse", confidence: Math.round(confidence * 100) / 100 },
    );
  const phase = Math.floor(random.between(0, LOOK_MS));
  for (let at = START + phase; at < end; at += LOOK_MS) {
    let clean = true;
    if (during(real, at) && !random.chance(0.08)) {
      sighting(at, category, random.between(0.74, 0.97));
      clean = false;
    } else if (during(brief, at) || during(lasting, at)) {
      sighting(at, category, random.between(0.7, 0.9));
      clean = false;
    }
    if ((during(full, at) && !random.chance(0.12)) || during(wrongFull, at)) {
      sighting(at, "binOverflow", random.between(0.78, 0.97));
      clean = false;
    }
    if (clean) sighting(at, "clean", 0.95);
  }
}

/** Four hours of driving a day, a fix every ten seconds; positions that jump make speeds that nobody drove. */
function drive(id: string, random: Random, end: Millis, say: Say, problems: Problem[]): void {
  const fast = stretches(random, end, 0.5, [30 * SECOND, 3 * MINUTE]);
  for (let at = START; at < end; at += 10 * MINUTE) say(at, id, { speedKmh: 0, acc: 0 });
  for (let day = START; day < end; day += DAY) {
    const starts = day + 2 * HOUR + random.between(0, HOUR);
    let speed = 30;
    for (let at = starts; at < starts + 4 * HOUR; at += 10 * SECOND) {
      speed = Math.min(58, Math.max(0, speed + 4 * normal(random)));
      let said = speed;
      if (during(fast, at)) said = random.between(70, 85);
      else if (random.chance(0.001)) said = random.between(90, 160);
      say(at, id, { speedKmh: Math.round(said) });
    }
    for (const stretch of fast) {
      const from = Math.max(stretch.from, starts);
      const to = Math.min(stretch.to, starts + 4 * HOUR);
      if (to - from >= 20 * SECOND) problems.push({ kind: "overspeed", devices: new Set([id]), from, to });
    }
  }
}
