import type { MetricName } from "../domain/metrics.ts";
import type { Millis } from "../domain/time.ts";
import type { Reading } from "./kept.ts";

export type Aggregate = "mean" | "min" | "max" | "sum" | "count" | "first" | "last";

export interface SeriesQuery {
  readonly device: number;
  readonly metric: MetricName;
  /** Inclusive. */
  readonly from: Millis;
  /** Exclusive. */
  readonly to: Millis;
  /** Window length; windows start at multiples of it since the epoch. Absent: raw points. */
  readonly everyMs?: Millis;
  readonly aggregate?: Aggregate;
  /** At most this many points; the answer says when there were more. */
  readonly limit?: number;
}

export interface Point {
  /** Time of the reading, or start of the window. Windows without a reading are absent. */
  readonly at: Millis;
  readonly value: number;
}

export interface Series {
  readonly points: readonly Point[];
  readonly truncated: boolean;
}

export interface ReadingsQuery {
  readonly devices: readonly number[];
  /** Inclusive. */
  readonly from: Millis;
  /** Exclusive. */
  readonly to: Millis;
}

export interface TrackPoint {
  readonly at: Millis;
  readonly lat: number;
  readonly lon: number;
  readonly speedKmh: number | null;
  readonly headingDeg: number | null;
}

/** The newest reading of one metric in [from, to), of many devices at once. */
export interface LatestQuery {
  readonly devices: readonly number[];
  readonly metric: MetricName;
  /** Inclusive: nothing older counts. */
  readonly from: Millis;
  /** Exclusive: the moment as of which it is asked. */
  readonly to: Millis;
}

/** When and what, for each device that was asked for and in that order; NaN where there is nothing. */
export interface LatestReadings {
  readonly at: Float64Array;
  readonly value: Float64Array;
}

/** What one device said in [from, to). */
export interface DeviceQuery {
  readonly device: number;
  readonly from: Millis;
  readonly to: Millis;
  readonly limit: number;
}

/**
 * Past readings and tracks. One contract suite holds every implementation to the same answers. A signal ends the work when
 * nobody waits for the answer any more; the promise then rejects with its reason.
 */
export interface History {
  series(query: SeriesQuery, signal?: AbortSignal): Promise<Series>;
  latest(query: LatestQuery, signal?: AbortSignal): Promise<LatestReadings>;
  track(query: DeviceQuery, signal?: AbortSignal): Promise<readonly TrackPoint[]>;
  /** Events of one device (detections, alarms, cards), newest first. */
  events(query: DeviceQuery, signal?: AbortSignal): Promise<readonly Reading[]>;
  /** Everything that was stored of some devices, packed as `decodeReadings` reads it, in order of event time. */
  readings(query: ReadingsQuery, signal?: AbortSignal): Promise<ArrayBuffer | null>;
}
