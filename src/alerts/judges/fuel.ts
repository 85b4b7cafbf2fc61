import { z } from "zod";
import { DAY, type Millis } from "../../domain/time.ts";
import { BETWEEN, defineJudge, memory, OVER } from "./judging.ts";

/** Litres that a gauge may rise by sloshing; more than this was filled in. */
const FILLED_L = 8;
/** Of each vehicle, whatever its odometer claims: 20 legs a day. */
const LEGS_KEPT = 600;

interface Leg {
  readonly endedAt: Millis;
  readonly per100: number;
}
interface Burning {
  /** Where the leg under way began, and what was in the tank, with what was filled in since. */
  readonly startKm: number;
  readonly startL: number;
  readonly lastL: number;
  readonly legs: readonly Leg[];
}

/** Fuel per 100 km of a leg by the odometer, against the mean of the legs before it (domain: > 130 % of the 30-day mean). */
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
    const known = memory<Burning>();
    return ({ metrics, subject, at, outOfOrder }) => {
      const fuelL = metrics.fuelL;
      const km = metrics.odometerKm ?? subject.metrics.odometerKm;
      if (fuelL === undefined || km === undefined || outOfOrder) return null;
      const before = known.of(subject);
      // A new odometer counts from the beginning.
      if (!before || km < before.startKm) {
        known.put(subject, { startKm: km, startL: fuelL, lastL: fuelL, legs: before?.legs ?? [] });
        return null;
      }
      const rise = fuelL - before.lastL;
      const startL = rise >= FILLED_L ? before.startL + rise : before.startL;
      if (km - before.startKm < legKm) {
        known.put(subject, { ...before, startL, lastL: fuelL });
        return null;
      }
      const per100 = (Math.max(0, startL - fuelL) / (km - before.startKm)) * 100;
      const legs = before.legs.filter(({ endedAt }) => at - endedAt <= days * DAY).slice(-LEGS_KEPT);
      known.put(subject, { startKm: km, startL: fuelL, lastL: fuelL, legs: [...legs, { endedAt: at, per100 }] });
      if (legs.length < fewest) return BETWEEN;
      const mean = legs.reduce((sum, leg) => sum + leg.per100, 0) / legs.length;
      if (mean <= 0 || per100 <= mean * overShare) return OVER;
      const facts = {
        per100L: Math.round(per100 * 10) / 10,
        usualPer100L: Math.round(mean * 10) / 10,
        legs: legs.length,
      };
      return { says: "holds", facts };
    };
  },
);
