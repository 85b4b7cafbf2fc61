import type { Device } from "../domain/device.ts";
import type { Level } from "../domain/levels.ts";
import type { Metrics } from "../domain/metrics.ts";
import type { DeviceEvent, QualityFlag } from "../domain/observation.ts";
import type { Place } from "../domain/place.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { RecentKeys } from "./recent-keys.ts";
import type { ZoneWatch } from "./zone-watch.ts";

/** The live state of one device: what the district looks like now. Changed only by the pipeline. */
export interface Subject {
  readonly id: string;
  device: Device;
  /** Revision of its last change, for the stream. */
  rev: number;
  /** Event time of the newest reading; null before the first one. */
  at: Millis | null;
  /** When the center last heard of it at all, late or not. */
  receivedAt: Millis | null;
  /** Latest known value of each metric. */
  metrics: Metrics;
  /** Event time of the newest usable position. */
  positionAt: Millis | null;
  /** Where it is now: its own position when it is mobile, otherwise where it was registered. */
  place: Place | null;
  /** Where and with which ground its place was looked up: good until it has moved or the ground has changed. */
  placed: { readonly lat: number; readonly lon: number; readonly ground: number } | null;
  /** What the device or its last will said, or null when it never said anything. Silence is `device.offline`'s business. */
  online: boolean | null;
  /** Level of the worst alert about it that is not closed. */
  level: Level | null;
  /** Alarms that the device says hold now. */
  standing: readonly string[];
  /** Alarms of the last report that came late. */
  pastStanding: readonly string[];
  readonly zone: ZoneWatch;
  /** Keys of the messages seen lately: how repetitions are known. */
  readonly recentKeys: RecentKeys;
  /** What judgements that compare with earlier values remember of it (alerts/judges/judging.ts). */
  readonly notes: unknown[];
  /** What of that must outlive a restart, by its own name: kept with the checkpoint. */
  kept: { [name: string]: Json } | null;
}

/** What the pipeline tells the rules about the observation they are about to see. */
export interface SeenObservation {
  readonly subject: Subject;
  /** Event time; the receive time when the device gave none that can be trusted. */
  readonly at: Millis;
  readonly receivedAt: Millis;
  readonly metrics: Metrics;
  readonly event: DeviceEvent | undefined;
  readonly quality: readonly QualityFlag[];
  /** Older than the subject's newest reading: repairs the past, never moves the present. */
  readonly outOfOrder: boolean;
  /** Older than its kind's lateness allowance when it arrived: may be counted, must not ring. */
  readonly late: boolean;
}
