import { distanceM } from "../domain/place.ts";
import { MINUTE, type Millis } from "../domain/time.ts";

/** A subject that stays at one place, as noisy fixes show it. */
export interface Stay {
  /** Mean of the fixes. */
  readonly lat: number;
  readonly lon: number;
  readonly fixes: number;
  readonly from: Millis;
  readonly to: Millis;
  /** A fix elsewhere: the first may be a jump, the second ends the stay. */
  readonly elsewhere: { readonly lat: number; readonly lon: number; readonly at: Millis } | null;
}

/** Fixes within this distance of the mean belong together: more than the noise of a good fix, less than a bin to the next. */
const TOGETHER_M = 20;
/** Old fixes weigh no more than so many, so that the mean follows. */
const WEIGHT = 20;
/** After a longer silence nobody knows where it was meanwhile. */
const GAP_MS = 15 * MINUTE;

/**
 * Adds a fix. Fixes must come in order of time.
 * @returns the stay as it goes on or begins, and the one that has ended by it
 */
export function stayed(
  before: Stay | null,
  fix: { lat: number; lon: number; accuracyM: number },
  at: Millis,
): { stay: Stay; ended: Stay | null } {
  const { lat, lon } = fix;
  const begins: Stay = { lat, lon, fixes: 1, from: at, to: at, elsewhere: null };
  if (!before) return { stay: begins, ended: null };
  if (at - before.to > GAP_MS) return { stay: begins, ended: before };
  if (distanceM(before, fix) <= TOGETHER_M + fix.accuracyM / 2) {
    const fixes = before.fixes + 1;
    const share = 1 / Math.min(fixes, WEIGHT);
    const mean = { lat: before.lat + (lat - before.lat) * share, lon: before.lon + (lon - before.lon) * share };
    return { stay: { ...before, ...mean, fixes, to: at, elsewhere: null }, ended: null };
  }
  if (!before.elsewhere && before.fixes > 1) return { stay: { ...before, elsewhere: { lat, lon, at } }, ended: null };
  const first = before.elsewhere;
  if (first && distanceM(first, fix) <= TOGETHER_M + fix.accuracyM / 2) {
    const mean = { lat: (first.lat + lat) / 2, lon: (first.lon + lon) / 2 };
    return { stay: { ...mean, fixes: 2, from: first.at, to: at, elsewhere: null }, ended: before };
  }
  return { stay: begins, ended: before };
}
