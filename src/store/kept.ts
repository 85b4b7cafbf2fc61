import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { DistrictFeature } from "../domain/district.ts";
import type { Metrics } from "../domain/metrics.ts";
import type { DeviceEvent, QualityFlag } from "../domain/observation.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";

/** A reading as the journal keeps it: everything a device said about one moment. */
export interface Reading {
  /** `Device.number`. */
  readonly device: number;
  readonly at: Millis;
  readonly receivedAt: Millis;
  /** 32-bit hash of the message key: how a repetition is known, also after a restart. */
  readonly key: number;
  readonly metrics: Metrics;
  readonly event?: DeviceEvent;
  readonly quality?: readonly QualityFlag[];
}

/** A step of an alert, and the alert as it is now. */
export interface AlertStep {
  readonly entry: TimelineEntry;
  readonly alert: Alert;
}

/** A message that was refused, kept so that somebody can see why. */
export interface QuarantineEntry {
  readonly at: Millis;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly device: string | null;
  /** The first bytes of the payload, base64. */
  readonly payload: string;
}

export interface AuditEntry {
  readonly at: Millis;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly details: Json;
}

/** What a rule remembers of one subject between observations; opaque to the store. */
export interface RuleState {
  readonly subjectId: string;
  readonly ruleId: string;
  readonly subtype: string | null;
  readonly body: Json;
}

/** The answer that was given to a request with an `Idempotency-Key`, so that a repetition gets the same one. */
export interface IdempotentAnswer {
  readonly key: string;
  readonly at: Millis;
  readonly status: number;
  readonly body: Json;
}

/** Who made an edition of the district, when, why, and how much of it is new. */
export interface EditionNote {
  readonly edition: number;
  readonly at: Millis;
  readonly actor: string;
  readonly reason: string;
  /** SHA-256 of the district file that was taken last. */
  readonly source: string | null;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** What an edition of the district puts and removes; the rest is as before. */
export interface DistrictChange {
  readonly note: EditionNote;
  readonly put: readonly DistrictFeature[];
  readonly removed: readonly string[];
}

/** A feature as it was in some editions. */
export interface FeatureEdition {
  readonly since: number;
  /** The first edition without it, or with another form of it; null: as it is. */
  readonly until: number | null;
  readonly feature: DistrictFeature;
}

/** Small documents that need no table of their own: changed rules, silences, settings. `body` null deletes. */
export interface DocumentChange {
  readonly collection: string;
  readonly id: string;
  readonly body: Json | null;
}

export const workKinds = ["visit", "duty", "stop", "sweep", "task", "load"] as const;

/** What came of the work at one place and time. A later record of the same kind and id replaces the earlier one. */
export interface WorkRecord {
  readonly kind: (typeof workKinds)[number];
  readonly id: string;
  /** When it began, or was planned to. */
  readonly at: Millis;
  /** Device, point, section or task it is about. */
  readonly subjectId: string;
  readonly body: Json;
}

/** What a batch made of an alert. */
export interface AlertVersion {
  readonly alertId: string;
  readonly rev: number;
  /** When the center made it so. */
  readonly at: Millis;
  /** Fields that differ from the version before; all of them in the first. */
  readonly fields: Partial<Alert>;
}
