import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { Kind } from "../domain/kinds.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { History } from "./history.ts";
import type { QuarantineEntry } from "./kept.ts";
import type { Store } from "./store.ts";

/** Committed readings in the order of their commits. */
export interface JournalEntries {
  /** Packed batches, as `decodeReadings` reads them. */
  readonly bodies: readonly Uint8Array[];
  /** Position of the last of them; the position asked for when there are none. */
  readonly upTo: number;
  readonly newest: number;
  /** Grows whenever `places` has something new to say. */
  readonly placesRevision: number;
}

/** Alerts that changed, as they are now, and every step that was noted of them. */
export interface AlertChanges {
  readonly alerts: readonly Alert[];
  readonly timeline: readonly { readonly entry: TimelineEntry; readonly number: number; readonly alert: Alert }[];
  readonly upTo: number;
}

/** What a device was, and where it belonged, from a moment on until its next entry. */
export interface DevicePlace {
  readonly device: number;
  readonly since: Millis;
  readonly id: string;
  readonly kind: Kind;
  readonly communityId: string | null;
  readonly gridId: string | null;
}

/** A device's day (days since the epoch) that has to be told from the chunks, because the log no longer holds it. */
export interface MissedDay {
  readonly device: number;
  readonly day: number;
}

/** An hour and community whose figures have changed; the empty community is what has none. */
export interface DueFigures {
  readonly hour: Millis;
  readonly communityId: string;
  /** Which change it was: one that comes while the figures are delivered is not taken for delivered. */
  readonly change: number;
}

/** What was delivered since the last time; committed as one. */
export interface Delivered {
  readonly log?: number;
  readonly alertRev?: number;
  readonly missed?: readonly MissedDay[];
  readonly figures?: readonly DueFigures[];
  /** What the receiver refuses for good, kept so that somebody can see why. */
  readonly refused: readonly QuarantineEntry[];
}

/** The journal as somebody reads it who copies it elsewhere: everything that was committed, from a durable position on. */
export interface Journal extends History, Pick<Store, "kpiSums" | "documents"> {
  /** Where it stands. The first time it stands at the beginning, and everything that was ever packed is missed. */
  position(): Promise<{ readonly log: number; readonly alertRev: number }>;
  entries(after: number, readings: number): Promise<JournalEntries>;
  /** Position of the newest entry. */
  newest(): Promise<number>;
  alertChanges(after: number, limit: number): Promise<AlertChanges>;
  missed(limit: number): Promise<readonly MissedDay[]>;
  /** Figures to be told of hours that have begun, oldest first. */
  figuresDue(now: Millis, limit: number): Promise<readonly DueFigures[]>;
  /** What cases that may still change contribute (kpi/cases.ts). */
  openCases(): Promise<readonly Json[]>;
  places(): Promise<readonly DevicePlace[]>;
  delivered(progress: Delivered): Promise<void>;
  /** Starts over: the copy is rebuilt from the journal. */
  tellAnew(): Promise<void>;
}
