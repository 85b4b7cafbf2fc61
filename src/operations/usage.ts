import { distanceM } from "../domain/place.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { USABLE_FIX_M } from "./duty.ts";

/** How far a vehicle drove and what it burnt: pure, from one thing it says to the next. */

/** What a terminal says about one moment. */
export interface UsageFact {
  readonly at: Millis;
  readonly odometerKm: number | undefined;
  readonly fuelL: number | undefined;
  readonly lat: number | undefined;
  readonly lon: number | undefined;
  readonly accuracyM: number | undefined;
  readonly speedKmh: number | undefined;
}

interface Fix {
  readonly lat: number;
  readonly lon: number;
  readonly at: Millis;
}

export interface Usage {
  /** As the odometer last said. */
  readonly odometer: { readonly km: number; readonly at: Millis } | null;
  /** The way is measured up to here; `seenAt`: it was still near then. */
  readonly anchor: (Fix & { readonly seenAt: Millis; readonly speedKmh: number | null }) | null;
  /** A fix too far away to be believed, until the next one agrees with it. */
  readonly doubt: Fix | null;
  /** Way by positions since the odometer spoke: counts if it says no more. */
  readonly trackKm: number;
  readonly fuel: FuelState | null;
}

interface FuelState {
  /** What is in the tank, as far as it was counted. */
  readonly levelL: number;
  readonly at: Millis;
  /** The last values: their median is believed, for a tank sloshes and a gauge drops out. */
  readonly recent: readonly number[];
  readonly filledAt: Millis | null;
  /** Litres that may have been burnt and were not counted yet: what falls faster was drained. */
  readonly creditL: number;
  /** Driven since the level was last looked at; null when part of the way is not known. */
  readonly km: number | null;
}

/** What a fact adds. */
export interface Used {
  readonly km: number;
  /** Litres burnt, and the way on which they were burnt: apart from `km`, since not every vehicle has a gauge. */
  readonly litres: number;
  readonly fueledKm: number;
}

/** Limits that a manager of the center may set (settings VEHICLE_*). */
export interface UsageLimits {
  /** A longer way between two words of an odometer is a new odometer. */
  readonly fastestKmh: number;
  /** After a longer silence the way by positions is not known. */
  readonly gapMs: Millis;
  /** Litres per hour that an engine burns at most while driving. */
  readonly burnsLPerHour: number;
}

export const newUsage: Usage = { odometer: null, anchor: null, doubt: null, trackKm: 0, fuel: null };
const NOTHING: Used = { km: 0, litres: 0, fueledKm: 0 };

/** Positions wander by so much around a parked vehicle: shorter moves are none. */
const WANDER_M = 40;
/** Without an odometer for so long positions are counted instead. */
const ODOMETER_SILENT_MS = 15 * MINUTE;
/** The error of an odometer that counts in full or half kilometres. */
const ODOMETER_STEP_KM = 1;
/** Values whose median is believed. */
const MEDIAN_OF = 5;
/** Litres that a gauge may rise by sloshing; more than this was filled in (as rule vehicle.fuel_anomaly has it). */
const FILLED_L = 8;
const FILLING_MS = 10 * MINUTE;
/** An engine at a standstill, its pump or press working. */
const STANDING_BURNS_L_PER_HOUR = 15;
/** A gauge may be so far behind what was burnt. */
const GAUGE_STEP_L = 2;

/** Takes in what a terminal says. Facts must come in order of their time. */
export function uses(before: Usage, fact: UsageFact, limits: UsageLimits): { usage: Usage; used: Used } {
  const way = moved(before, fact, limits);
  const counted = driven({ ...before, ...way.state }, fact, way, limits);
  const burnt = burned(before.fuel, fact, counted, limits);
  return {
    usage: { ...counted.usage, fuel: burnt.fuel },
    used:
      counted.km === 0 && burnt.litres === 0 && burnt.fueledKm === 0
        ? NOTHING
        : { km: counted.km, litres: burnt.litres, fueledKm: burnt.fueledKm },
  };
}

/** The way by positions: guarded against wandering, jumps between houses, and silence. */
function moved(
  { anchor, doubt }: Usage,
  { at, lat, lon, accuracyM = 10, speedKmh }: UsageFact,
  { fastestKmh, gapMs }: UsageLimits,
): { state: Partial<Usage>; km: number; lost: boolean } {
  if (lat === undefined || lon === undefined || accuracyM > USABLE_FIX_M) return { state: {}, km: 0, lost: false };
  const here = { lat, lon, at, seenAt: at, speedKmh: speedKmh ?? null };
  if (!anchor) return { state: { anchor: here }, km: 0, lost: false };
  const metres = distanceM(anchor, here);
  if (metres < WANDER_M + accuracyM * 1.5 || (speedKmh !== undefined && speedKmh < 1 && at - anchor.seenAt < gapMs)) {
    return {
      state: { anchor: { ...anchor, seenAt: at, speedKmh: speedKmh ?? null }, doubt: null },
      km: 0,
      lost: false,
    };
  }
  if (at - anchor.seenAt > gapMs) return { state: { anchor: here, doubt: null }, km: 0, lost: true };
  const said = speedKmh === undefined ? fastestKmh : Math.max(speedKmh, anchor.speedKmh ?? speedKmh) * 1.5 + 10;
  const reachM = (from: Fix | typeof here, since: Millis) =>
    WANDER_M * 2 + (Math.min(said, fastestKmh) / 3.6) * ((at - since) / 1_000) - distanceM(from, here);
  if (reachM(anchor, anchor.seenAt) >= 0)
    return { state: { anchor: here, doubt: null }, km: metres / 1_000, lost: false };
  // The first fix that is too far away may be a jump; when the next one is near it, that is where it is.
  if (!doubt || reachM(doubt, doubt.at) < 0) return { state: { doubt: { lat, lon, at } }, km: 0, lost: false };
  return { state: { anchor: here, doubt: null }, km: distanceM(doubt, here) / 1_000, lost: true };
}

/** The way that counts: by the odometer where there is one, else by positions. */
function driven(
  usage: Usage,
  { at, odometerKm }: UsageFact,
  way: { km: number; lost: boolean },
  { fastestKmh }: UsageLimits,
): { usage: Usage; km: number; lost: boolean } {
  const trackKm = usage.trackKm + way.km;
  const { odometer } = usage;
  if (odometerKm !== undefined) {
    const next = { ...usage, odometer: { km: odometerKm, at }, trackKm: 0 };
    if (!odometer) return { usage: next, km: trackKm, lost: way.lost };
    const km = odometerKm - odometer.km;
    const possible = km >= 0 && km <= ((at - odometer.at) / HOUR) * fastestKmh + ODOMETER_STEP_KM;
    // A new odometer, or one that was set: positions say how far it was meanwhile.
    return possible ? { usage: next, km, lost: false } : { usage: next, km: trackKm, lost: way.lost };
  }
  if (odometer && at - odometer.at < ODOMETER_SILENT_MS) return { usage: { ...usage, trackKm }, km: 0, lost: false };
  // It says no more: what it would have said since is counted by positions, and it begins anew when it speaks again.
  return { usage: { ...usage, odometer: null, trackKm: 0 }, km: trackKm, lost: way.lost };
}

function burned(
  before: FuelState | null,
  { at, fuelL }: UsageFact,
  { km, lost }: { km: number; lost: boolean },
  { burnsLPerHour }: UsageLimits,
): { fuel: FuelState | null; litres: number; fueledKm: number } {
  if (!before) {
    const fuel = { levelL: fuelL ?? 0, at, recent: [fuelL ?? 0], filledAt: null, creditL: GAUGE_STEP_L, km: 0 };
    return { fuel: fuelL === undefined ? null : fuel, litres: 0, fueledKm: 0 };
  }
  const way = before.km === null || lost ? null : before.km + km;
  if (fuelL === undefined) return { fuel: { ...before, km: way }, litres: 0, fueledKm: 0 };
  const recent = [...before.recent, fuelL].slice(-MEDIAN_OF);
  const level = [...recent].sort((a, b) => a - b)[recent.length >> 1] as number;
  const looked = { ...before, at, recent, km: 0 };
  // Nobody knows the way: what was burnt on it is not told either.
  if (way === null) return { fuel: { ...looked, levelL: fuelL, recent: [fuelL] }, litres: 0, fueledKm: 0 };
  const filling = before.filledAt !== null && at - before.filledAt <= FILLING_MS;
  if (level >= before.levelL + FILLED_L || (filling && level > before.levelL)) {
    return { fuel: { ...looked, levelL: level, filledAt: at }, litres: 0, fueledKm: way };
  }
  const burns = ((at - before.at) / HOUR) * (way > 0 ? burnsLPerHour : STANDING_BURNS_L_PER_HOUR);
  const creditL = Math.min(before.creditL + burns, GAUGE_STEP_L + burns);
  const fallen = Math.max(0, before.levelL - level);
  const litres = Math.min(fallen, creditL);
  return { fuel: { ...looked, levelL: before.levelL - fallen, creditL: creditL - litres }, litres, fueledKm: way };
}
