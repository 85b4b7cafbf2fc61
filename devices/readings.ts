import { type MetricName, type Metrics, metrics as metricTable } from "../src/domain/metrics.ts";
import type { QualityFlag } from "../src/domain/observation.ts";

/** Metrics within what a working device can report, and what was wrong with the others. */
export interface CheckedMetrics {
  readonly metrics: Metrics;
  readonly quality: readonly QualityFlag[];
}

const NOTHING_WRONG: readonly QualityFlag[] = [];

/**
 * Drops values no working device reports, positions that are none (0/0, half a pair), and keeps the rest.
 * An absent value stays absent; nothing is made up.
 */
export function checkMetrics(given: Readonly<Record<string, unknown>>, allowed: readonly MetricName[]): CheckedMetrics {
  const metrics: Metrics = {};
  let quality = NOTHING_WRONG;
  for (const name of allowed) {
    let value = given[name];
    if (value === undefined || value === null) continue;
    if (typeof value === "boolean") value = value ? 1 : 0;
    const { min, max, type } = metricTable[name];
    if (
      typeof value !== "number" ||
      !(value >= min && value <= max) ||
      (type === "flag" && value !== 0 && value !== 1)
    ) {
      quality = withFlag(quality, "outOfRange");
      continue;
    }
    metrics[name] = value;
  }
  if (metrics.lat === 0 && metrics.lon === 0) {
    quality = withFlag(quality, "zeroFix");
    dropPosition(metrics);
  } else if ((metrics.lat === undefined) !== (metrics.lon === undefined)) {
    dropPosition(metrics);
  }
  if (metrics.headingDeg === 360) metrics.headingDeg = 0;
  return { metrics, quality };
}

export function dropPosition(metrics: Metrics): void {
  delete metrics.lat;
  delete metrics.lon;
  delete metrics.accuracyM;
}

export function withFlag(quality: readonly QualityFlag[], flag: QualityFlag): readonly QualityFlag[] {
  return quality.includes(flag) ? quality : [...quality, flag];
}
