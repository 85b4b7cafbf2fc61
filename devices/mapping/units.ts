import { type MetricName, metrics } from "../../src/domain/metrics.ts";

/** `ours = theirs × factor + offset`. */
export interface Conversion {
  readonly factor: number;
  readonly offset: number;
}

const times = (factor: number, offset = 0): Conversion => ({ factor, offset });

/** Units that makers use, and what they are in ours. Exact by definition; the knot is 1.852 km/h, the pound 0.45359237 kg. */
const conversions: Readonly<Record<string, Readonly<Record<string, Conversion>>>> = {
  mm: { mm: times(1), m: times(0.001) },
  cm: { mm: times(10), m: times(0.01) },
  m: { mm: times(1_000), m: times(1), km: times(0.001) },
  km: { km: times(1), m: times(1_000) },
  inch: { mm: times(25.4) },
  "km/h": { "km/h": times(1) },
  "m/s": { "km/h": times(3.6) },
  knots: { "km/h": times(1.852) },
  mph: { "km/h": times(1.609344) },
  g: { kg: times(0.001) },
  kg: { kg: times(1) },
  t: { kg: times(1_000) },
  lb: { kg: times(0.45359237) },
  V: { V: times(1) },
  mV: { V: times(0.001) },
  "°C": { "°C": times(1) },
  "°F": { "°C": times(5 / 9, -160 / 9) },
  K: { "°C": times(1, -273.15) },
  "%": { "%": times(1), "%LEL": times(1) },
  fraction: { "%": times(100), "%LEL": times(100) },
  L: { L: times(1), "m³": times(0.001) },
  "m³": { "m³": times(1), L: times(1_000) },
  ppb: { ppm: times(0.001) },
  ppm: { ppm: times(1) },
  Pa: { hPa: times(0.01) },
  kPa: { hPa: times(10) },
  hPa: { hPa: times(1) },
  s: { h: times(1 / 3_600) },
  h: { h: times(1) },
};

export const unitNames = Object.keys(conversions);

/** From a maker's unit to that of a metric; null when the two do not measure the same. */
export function conversionTo(metric: MetricName, unit: string): Conversion | null {
  return conversions[unit]?.[metrics[metric].unit] ?? null;
}

/** Units that a metric can be given in, for a message that helps. */
export function unitsFor(metric: MetricName): string[] {
  return unitNames.filter((unit) => conversionTo(metric, unit) !== null);
}
