import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { DistrictFeature } from "../domain/district.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { ReportKind, ReportNote } from "../reports/period.ts";
import type { Report } from "../reports/report.ts";
import type { CommitBatch, Restored } from "./batch.ts";
import type { History } from "./history.ts";
import type {
  AlertStep,
  AlertVersion,
  AuditEntry,
  EditionNote,
  FeatureEdition,
  IdempotentAnswer,
  QuarantineEntry,
  WorkRecord,
} from "./kept.ts";
import type { AlertQuery, AuditQuery, KpiCases, KpiPart, KpiQuery, KpiSum, Page, WorkQuery } from "./questions.ts";

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
  /** Questions that ended unanswered because nobody waited for them any more. */
  readonly calledOff: number;
}

/** The store refuses commits for a reason that may go away by itself: disk full, locked, an I/O error. Try again. */
export class StoreUnavailable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "StoreUnavailable";
  }
}
