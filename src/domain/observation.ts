import type { Metrics } from "./metrics.ts";
import type { Json } from "./text.ts";
import type { Millis } from "./time.ts";

/** Whose clock `at` comes from, best first. */
export type TimeSource = "device" | "gateway" | "networkServer" | "platform" | "receiveTime";

/** What a driver or the center doubts about an observation. Flags are kept with the reading. */
export const qualityFlags = [
  "clockDefault",
  "clockFuture",
  "clockPast",
  "zeroFix",
  "staleFix",
  "outOfRange",
  "truncated",
  "sensorError",
  "mock",
  "crcFailed",
  "alteredFix",
  "clockZone",
] as const;
export type QualityFlag = (typeof qualityFlags)[number];

export type DetectionPhase = "start" | "update" | "end" | "pulse";

/** An AI sighting. `category` is one of domain/categories.ts, or the native label where nothing fits. */
export interface Detection {
  readonly type: "detection";
  readonly category: string;
  /** 0..1; absent when the producer gives none. */
  readonly confidence?: number;
  readonly phase: DetectionPhase;
  readonly eventId?: string;
  readonly label?: string;
  /** x, y, width, height as fractions of the frame. */
  readonly bbox?: readonly [number, number, number, number];
  readonly snapshotUrl?: string;
  /** Native details worth keeping: zones, plate, sub label, severity. */
  readonly details?: { readonly [key: string]: Json };
}

/** Everything that happened and is not a number: an alarm bit, a fence crossed, a card read, a join. */
export interface Occurrence {
  readonly type: "alarm" | "geofence" | "card" | "lifecycle" | "attribute" | "reply" | "status" | "count";
  readonly code: string;
  readonly details?: { readonly [key: string]: Json };
}

/** The device, its last will or its bridge says whether it is connected. */
export interface Presence {
  readonly type: "presence";
  readonly online: boolean;
}

export type DeviceEvent = Detection | Occurrence | Presence;

/** One thing a device says about one moment: the only output of a driver, the only input of the pipeline. */
export interface Observation {
  /** Device id or alias as the dialect names it; the registry resolves it. */
  readonly device: string;
  /** When it happened at the device; null when no trustworthy time was sent (the receive time is used, and said). */
  readonly at: Millis | null;
  readonly atSource: TimeSource;
  readonly metrics: Metrics;
  readonly event?: DeviceEvent;
  /** Key by which a repetition of this message is known; without one the payload's hash serves. */
  readonly key?: string;
  /**
   * Minutes east of UTC that a local time without a zone was read with. The zone belongs to the device model, so the
   * device's attribute `utcOffsetMinutes` goes before it.
   */
  readonly assumedOffsetMinutes?: number;
  /**
   * Alarms that hold at this moment, by devices that repeat them with each report. The center makes an event of each that
   * begins or ends; absent when the device says nothing about alarms.
   */
  readonly standing?: readonly string[];
  /** Raw inputs by the device's own names. Which of them is the brush, the device's attribute `inputs` says. */
  readonly inputs?: Readonly<Record<string, number>>;
  /** The producer says that it kept this for a while before sending. */
  readonly buffered?: boolean;
  readonly quality?: readonly QualityFlag[];
  /** What the message says about the device itself: kind, asset id, bin geometry. Used when it is registered. */
  readonly hints?: Readonly<Record<string, string>>;
}
