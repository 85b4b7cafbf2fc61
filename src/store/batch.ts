import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { Device } from "../domain/device.ts";
import type { DistrictFeature } from "../domain/district.ts";
import type { Token } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { KpiChanges, KpiRecord } from "../kpi/ledger.ts";
import type { Report } from "../reports/report.ts";
import type {
  AuditEntry,
  DistrictChange,
  DocumentChange,
  EditionNote,
  IdempotentAnswer,
  QuarantineEntry,
  RuleState,
  WorkRecord,
} from "./kept.ts";

/**
 * Everything one batch changes, committed in one transaction and synced before any receipt leaves.
 * A later entry for the same id replaces an earlier one.
 */
export interface CommitBatch {
  /** When the center made these changes. */
  readonly at: Millis;
  /** Packed readings (store/readings.ts), or null when there are none. Transferred, not copied. */
  readonly readings: ArrayBuffer | null;
  readonly readingCount: number;
  /** Some reading carries an event: those are kept in a table of their own as well. */
  readonly hasEvents: boolean;
  readonly devices: readonly { readonly id: string; readonly device: Device | null }[];
  readonly alerts: readonly Alert[];
  readonly timeline: readonly TimelineEntry[];
  /** `body` null deletes. */
  readonly ruleStates: readonly RuleState[];
  readonly tokens: readonly { readonly id: string; readonly token: Token | null }[];
  readonly audit: readonly AuditEntry[];
  readonly quarantine: readonly QuarantineEntry[];
  readonly answers: readonly IdempotentAnswer[];
  readonly documents: readonly DocumentChange[];
  readonly district: readonly DistrictChange[];
  /** Reports of periods that are over: the first one of a period stays. */
  readonly reports: readonly Report[];
  /** What changes of the figures; null for nothing. */
  readonly kpi: KpiChanges | null;
  readonly work: readonly WorkRecord[];
  /** A part of a checkpoint round, or null when this batch carries none (see `Restored.subjects`). */
  readonly checkpoint: Checkpoint | null;
}

/** The live state of one subject, written every few seconds so that a restart replays only the log's tail. */
export interface SubjectCheckpoint {
  readonly device: number;
  readonly body: Json;
}

/**
 * One part of a checkpoint round. A restart replays the log from the beginning of the last round that was completed, over
 * whatever newer states there are: a reading that a state holds already changes nothing.
 */
export interface Checkpoint {
  readonly begins: boolean;
  readonly subjects: readonly SubjectCheckpoint[];
  readonly completes: boolean;
}

/** What the center needs to be where it was. */
export interface Restored {
  /** Changes when the history before it was replaced (first start, restore of a backup). */
  readonly epoch: string;
  readonly alertRev: number;
  /** Revisions up to here were removed by retention: a client that stands before it starts anew. */
  readonly prunedRev: number;
  readonly devices: readonly Device[];
  readonly nextDeviceNumber: number;
  /** Every alert that is not archived. */
  readonly alerts: readonly Alert[];
  readonly ruleStates: readonly RuleState[];
  readonly tokens: readonly Token[];
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: Json }[];
  /** The district's newest edition; null before the first one. */
  readonly district: { readonly note: EditionNote; readonly features: readonly DistrictFeature[] } | null;
  readonly subjects: readonly SubjectCheckpoint[];
  /** Facts whose contributions to the figures may still change. */
  readonly kpiRecords: readonly KpiRecord[];
  /** Bodies of the latest visits, oldest first. */
  readonly visits: readonly Json[];
  /** Readings committed since the last completed checkpoint round began, in commit order, as packed batches. */
  readonly tail: readonly ArrayBuffer[];
}
