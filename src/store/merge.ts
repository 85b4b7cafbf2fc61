import type { MetricName, Metrics } from "../domain/metrics.ts";
import type { Millis } from "../domain/time.ts";
import type { Columns } from "./chunks.ts";

/** Readings of one device while they are put in order. */
export interface TimedMetrics {
  readonly at: Millis;
  readonly metrics: Metrics;
}

/**
 * One series from several sources given oldest commit first: in order of time, and readings of the same moment united
 * metric by metric, the later commit winning. Doing it twice changes nothing, so packing may be repeated after a crash.
 */
export function merge(chunks: readonly Columns[], tail: readonly TimedMetrics[]): Columns {
  const only = chunks[0];
  if (chunks.length === 1 && tail.length === 0 && only && strictlyAscending(only.at)) return only;

  const times = new Set<Millis>();
  const names = new Set<MetricName>();
  for (const chunk of chunks) {
    for (const at of chunk.at) times.add(at);
    for (const name of chunk.values.keys()) names.add(name);
  }
  for (const reading of tail) {
    times.add(reading.at);
    for (const name in reading.metrics) names.add(name as MetricName);
  }
  const at = Float64Array.from(times).sort();
  const rowOf = new Map<Millis, number>();
  for (let row = 0; row < at.length; row++) rowOf.set(at[row] as number, row);
  const values = new Map<MetricName, Float64Array>();
  for (const name of names) values.set(name, new Float64Array(at.length).fill(Number.NaN));

  for (const chunk of chunks) {
    for (const [name, column] of chunk.values) {
      const target = values.get(name) as Float64Array;
      for (let i = 0; i < column.length; i++) {
        const value = column[i] as number;
        if (!Number.isNaN(value)) target[rowOf.get(chunk.at[i] as number) as number] = value;
      }
    }
  }
  for (const reading of tail) {
    const row = rowOf.get(reading.at) as number;
    for (const name in reading.metrics) {
      const value = reading.metrics[name as MetricName];
      if (value !== undefined) (values.get(name as MetricName) as Float64Array)[row] = value;
    }
  }
  return { at, values };
}

function strictlyAscending(at: Float64Array): boolean {
  for (let i = 1; i < at.length; i++) if ((at[i - 1] as number) >= (at[i] as number)) return false;
  return true;
}
