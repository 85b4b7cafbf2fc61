import { z } from "zod";
import { DAY } from "../../domain/time.ts";
import { BETWEEN, defineJudge, lastingMemory, OVER } from "./judging.ts";

/** Litres that a gauge may rise by sloshing; more than this was filled in. */
const FILLED_L = 8;
/** Legs that ended on one day: what they burnt per 100 km, and how many they are. */
interface LegsOfDay {
  readonly day: number;
  readonly sum: number;
  readonly count: number;
}
interface Burning {
  /** Where the leg under way began, and what was in the tank, with what was filled in since. */
  readonly startKm: number;
  readonly startL: number;
  readonly lastL: number;
  readonly days: readonly LegsOfDay[];
}

/**
 * Fuel per 100 km of a leg by the odometer, against the mean of the legs before it (domain: > 130 % of the 30-day mean). What a
 * vehicle usually burns is known after a restart too.
 */
export const burns = defineJudge(
  z.strictObject({
    type: z.literal("burns"),
    legKm: z.number().min(5).max(500),
    overShare: z.number().min(1.05).max(5),
    days: z.number().int().min(1).max(60),
    /** Fewer legs make no mean. */
    legs: z.number().int().min(2).max(50),
  }),
  ({ legKm, overShare, days, legs: fewest }) => {
    const known = lastingMemory<Burning>(`burns ${legKm}`);
    return ({ metrics, subject, at, outOfOrder }) => {
      const fuelL = metrics.fuelL;
      const km = metrics.odometerKm ?? subject.metrics.odometerKm;
      if (fuelL === undefined || km === undefined || outOfOrder) return null;
      const before = known.of(subject);
      // A new odometer counts from the beginning.
      if (!before || km < before.startKm) {
        known.put(subject, { startKm: km, startL: fuelL, lastL: fuelL, days: before?.days ?? [] });
        return null;
      }
      const rise = fuelL - before.lastL;
      const startL = rise >= FILLED_L ? before.startL + rise : before.startL;
      if (km - before.startKm < legKm) {
        known.put(subject, { ...before, startL, lastL: fuelL });
        return null;
      }
      const per100 = (Math.max(0, startL - fuelL) / (km - before.startKm)) * 100;
      const today = Math.floor(at / DAY);
      const kept = before.days.filter(({ day }) => day > today - days);
      known.put(subject, { startKm: km, startL: fuelL, lastL: fuelL, days: withLeg(kept, today, per100) });
      const legs = kept.reduce((sum, { count }) => sum + count, 0);
      if (legs < fewest) return BETWEEN;
      const mean = kept.reduce((total, { sum }) => total + sum, 0) / legs;
      if (mean <= 0 || per100 <= mean * overShare) return OVER;
      const facts = {
        per100L: Math.round(per100 * 10) / 10,
        usualPer100L: Math.round(mean * 10) / 10,
        legs,
      };
      return { says: "holds", facts };
    };
  },
);

function withLeg(days: readonly LegsOfDay[], day: number, per100: number): LegsOfDay[] {
  const { sum, count } = days.find((one) => one.day === day) ?? { sum: 0, count: 0 };
  return [...days.filter((one) => one.day !== day), { day, sum: sum + per100, count: count + 1 }];
}
