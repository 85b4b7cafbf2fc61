import type { Alert, AlertState, TimelineEntry } from "../domain/alert.ts";
import type { Device } from "../domain/device.ts";
import type { DistrictFeature } from "../domain/district.ts";
import type { MetricName, Metrics } from "../domain/metrics.ts";
import type { DeviceEvent, QualityFlag } from "../domain/observation.ts";
import type { Token, Work } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { KpiChanges, KpiRecord } from "../kpi/ledger.ts";
import type { Measure, Scope } from "../kpi/measures.ts";
import type { Report, ReportKind, ReportNote } from "../reports/report.ts";

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

export const workKinds = ["visit", "duty", "stop", "sweep", "task"] as const;

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

export interface WorkQuery {
  readonly kind: WorkRecord["kind"];
  readonly subjectId?: string;
  /** Inclusive. */
  readonly from?: Millis;
  /** Exclusive. */
  readonly to?: Millis;
  readonly cursor?: string;
  readonly limit: number;
}

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

export interface AlertQuery {
  readonly open?: boolean;
  readonly state?: readonly AlertState[];
  readonly level?: readonly number[];
  readonly ruleId?: readonly string[];
  readonly subjectId?: string;
  readonly communityId?: readonly string[];
  readonly gridId?: readonly string[];
  /** west, south, east, north */
  readonly bbox?: readonly [number, number, number, number];
  readonly from?: Millis;
  readonly to?: Millis;
  /** Only what is a crew's own work (domain/reach.ts). */
  readonly work?: Work;
  /** Opaque: from the last page's `next`. */
  readonly cursor?: string;
  readonly limit: number;
}

export interface AuditQuery {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** Limits of a question about figures, by parts of the scope. */
export type KpiWithin = { readonly [name in keyof Scope]?: readonly Scope[name][] };

export interface KpiQuery {
  readonly measure: Measure;
  /** Begin of an hour, inclusive. */
  readonly from: Millis;
  readonly to: Millis;
  readonly by: readonly (keyof Scope)[];
  readonly within?: KpiWithin | undefined;
}

/** A measure in one hour and group; durations by bin. */
export interface KpiSum {
  readonly hour: Millis;
  readonly bin: number;
  readonly amount: number;
  readonly ms: Millis;
  readonly group: { readonly [name in keyof Scope]?: string | number };
}

export interface KpiCases {
  readonly measures: readonly Measure[];
  readonly from: Millis;
  readonly to: Millis;
  readonly within?: KpiWithin | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A record behind a figure, and which of its measures it is part of. */
export interface KpiPart {
  readonly at: Millis;
  readonly recordId: string;
  readonly measures: readonly Measure[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface Series {
  readonly points: readonly Point[];
  readonly truncated: boolean;
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
  track(query: DeviceQuery, signal?: AbortSignal): Promise<readonly TrackPoint[]>;
  /** Events of one device (detections, alarms, cards), newest first. */
  events(query: DeviceQuery, signal?: AbortSignal): Promise<readonly Reading[]>;
  /** Everything that was stored of some devices, packed as `decodeReadings` reads it, in order of event time. */
  readings(query: ReadingsQuery, signal?: AbortSignal): Promise<ArrayBuffer | null>;
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

/** The truth. A promise of `commit` that resolves means synced to disk. */
export interface Store extends History, AsyncDisposable {
  readonly restored: Restored;
  commit(batch: CommitBatch): Promise<void>;
  alerts(query: AlertQuery): Promise<Page<Alert>>;
  /** Alerts with `rev` above the given one in order of `rev`, archived ones included. */
  alertsSince(rev: number, limit: number): Promise<readonly Alert[]>;
  /** Steps of alerts after a revision in order, each with its alert as it is now; all steps of one revision stay together. */
  alertSteps(afterRev: number, limit: number): Promise<readonly AlertStep[]>;
  alert(id: string): Promise<{ readonly alert: Alert; readonly timeline: readonly TimelineEntry[] } | null>;
  /** Alerts that were live at an instant, as the center knew them then, in order of id; `next` goes on as `afterId`. */
  alertsAt(query: { at: Millis; afterId?: string; limit: number }): Promise<{
    readonly alerts: readonly Alert[];
    readonly next: string | null;
  }>;
  /** What became of alerts in (from, to], in the order the center made it so; goes on behind `last`. */
  alertVersions(query: {
    from: Millis;
    to: Millis;
    last?: Pick<AlertVersion, "at" | "rev"> | null;
    limit: number;
  }): Promise<readonly AlertVersion[]>;
  answer(key: string): Promise<IdempotentAnswer | null>;
  /** Newest first. */
  work(query: WorkQuery): Promise<Page<WorkRecord>>;
  quarantine(query: {
    reason?: string;
    cursor?: string;
    limit: number;
  }): Promise<Page<QuarantineEntry & { id: number }>>;
  kpiSums(query: KpiQuery): Promise<readonly KpiSum[]>;
  kpiCases(query: KpiCases): Promise<Page<KpiPart>>;
  audit(query: AuditQuery): Promise<Page<AuditEntry & { id: number }>>;
  /** Small documents of one collection, as they are kept. */
  documents(collection: string): Promise<readonly Json[]>;
  report(id: string): Promise<Report | null>;
  /** Reports that are kept, newest period first; `next` goes on as `before`. */
  reports(query: { kind?: ReportKind; before?: Millis; limit: number }): Promise<Page<ReportNote>>;
  /** Editions of the district, newest first. */
  editions(query: { cursor?: number; limit: number }): Promise<Page<EditionNote>>;
  edition(
    edition: number,
  ): Promise<{ readonly note: EditionNote; readonly features: readonly DistrictFeature[] } | null>;
  /** What a feature was, newest first. */
  featureEditions(id: string, limit: number): Promise<readonly FeatureEdition[]>;
  /** A consistent copy of everything, taken while the center runs; resolves with the size in bytes. */
  backup(path: string): Promise<number>;
  /** Sizes and positions for metrics: bytes on disk, readings not packed yet, last commit's duration. */
  status(): Promise<StoreStatus>;
}

export interface StoreStatus {
  readonly databaseBytes: number;
  readonly walBytes: number;
  readonly unpackedReadings: number;
  readonly packedReadings: number;
  readonly packedBytes: number;
  readonly freeDiskBytes: number;
}

/** The store refuses commits for a reason that may go away by itself: disk full, locked, an I/O error. Try again. */
export class StoreUnavailable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "StoreUnavailable";
  }
}
