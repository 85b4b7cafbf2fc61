import { z } from "zod";
import { BETWEEN, defineJudge, OVER } from "./judging.ts";

/** Judgements of what a body can take. */

const number = z.number().finite();

/** Heart rate outside its bounds while the body is at rest; in motion nothing is concluded but that it is well. */
export const restingHeartRate = defineJudge(
  z.strictObject({ type: z.literal("restingHeartRate"), low: number, high: number, reset: number }),
  ({ low, high, reset }) =>
    ({ metrics, subject }) => {
      const { hr } = metrics;
      if (hr === undefined) return null;
      const moving = (metrics.still ?? subject.metrics.still) === 0 || (metrics.speedKmh ?? 0) > 1;
      if (!moving && (hr < low || hr > high)) return { says: "holds", facts: { hr } };
      return hr >= low + reset && hr <= high - reset ? OVER : BETWEEN;
    },
);

/** How hot it feels at the badge, from temperature and humidity; without humidity the temperature itself. */
export const feltHeat = defineJudge(
  z.strictObject({ type: z.literal("feltHeat"), set: number, reset: number }),
  ({ set, reset }) =>
    ({ metrics: { tempC, humidityPct }, subject }) => {
      if (tempC === undefined) return null;
      const felt = heatIndexC(tempC, humidityPct ?? subject.metrics.humidityPct);
      if (felt >= set) return { says: "holds", facts: { heatIndexC: Number(felt.toFixed(1)) } };
      return felt < reset ? OVER : BETWEEN;
    },
);

/**
 * Heat index in °C by the Rothfusz regression (US National Weather Service, technical attachment SR 90-23), which holds from
 * 27 °C and 40 % on; below it the air temperature stands.
 */
export function heatIndexC(tempC: number, humidityPct: number | undefined): number {
  if (humidityPct === undefined || tempC < 27 || humidityPct < 40) return tempC;
  const t = tempC * 1.8 + 32;
  const h = humidityPct;
  const fahrenheit =
    -42.379 +
    2.04901523 * t +
    10.14333127 * h -
    0.22475541 * t * h -
    6.83783e-3 * t * t -
    5.481717e-2 * h * h +
    1.22874e-3 * t * t * h +
    8.5282e-4 * t * h * h -
    1.99e-6 * t * t * h * h;
  return Math.max(tempC, (fahrenheit - 32) / 1.8);
}
