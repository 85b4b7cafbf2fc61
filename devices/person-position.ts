import type { MetricName } from "../src/domain/metrics.ts";
import type { Observation } from "../src/domain/observation.ts";
import { checkMetrics, withFlag } from "./readings.ts";

export const PERSON_METRICS: readonly MetricName[] = [
  ...["lat", "lon", "accuracyM", "altM", "speedKmh", "headingDeg", "satellites", "batteryPct", "steps", "hr"],
] as MetricName[];

interface GivenPosition {
  readonly given: Readonly<Partial<Record<MetricName, number | undefined>>>;
  readonly mock: boolean;
}

/** Unknown is −1 in phone apps, and an accuracy of 0 means that there is none. */
export function personPosition(
  { given, mock }: GivenPosition,
  allowed: readonly MetricName[],
  clockUnset: boolean,
): Pick<Observation, "metrics" | "quality"> {
  const known: Partial<Record<MetricName, number>> = {};
  for (const name of allowed) {
    const value = given[name];
    if (value === undefined || Number.isNaN(value)) continue;
    if (name === "accuracyM" ? value <= 0 : value === -1 && name !== "lat" && name !== "lon" && name !== "altM")
      continue;
    known[name] = Math.round(value * 1e7) / 1e7;
  }
  const checked = checkMetrics(known, allowed);
  let { quality } = checked;
  if (mock) quality = withFlag(quality, "mock");
  if (clockUnset) quality = withFlag(quality, "clockDefault");
  return { metrics: checked.metrics, ...(quality.length > 0 && { quality }) };
}
