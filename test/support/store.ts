import type { Alert } from "../../src/domain/alert.ts";
import { DAY } from "../../src/domain/time.ts";
import type { CommitBatch } from "../../src/store/batch.ts";
import type { Reading } from "../../src/store/kept.ts";
import { ReadingWriter } from "../../src/store/readings.ts";
import { openStore, type SqliteOptions } from "../../src/store/sqlite-store.ts";

export const T0 = 1_790_000_000_000;

export function batchOf(readings: readonly Reading[], rest: Partial<CommitBatch> = {}): CommitBatch {
  const writer = new ReadingWriter();
  for (const reading of readings) writer.append(reading);
  return {
    at: T0,
    readingCount: writer.count,
    hasEvents: writer.hasEvents,
    readings: writer.finish(),
    devices: [],
    alerts: [],
    timeline: [],
    ruleStates: [],
    tokens: [],
    audit: [],
    quarantine: [],
    answers: [],
    documents: [],
    district: [],
    reports: [],
    kpi: null,
    work: [],
    checkpoint: null,
    ...rest,
  };
}

export function openTestStore(directory: string, options: Partial<SqliteOptions> = {}) {
  return openStore({
    directory,
    diskReserveBytes: 0,
    quarantineRows: 100,
    retention: {
      readingsMs: 400 * DAY,
      minutesMs: 400 * DAY,
      daysMs: 400 * DAY,
      personTracksMs: 400 * DAY,
      alertsMs: 400 * DAY,
      auditMs: 400 * DAY,
      quarantineMs: 400 * DAY,
      kpiMs: 400 * DAY,
    },
    ...options,
  });
}

export function alertOf(fields: Partial<Alert>): Alert {
  return {
    id: "alert-1",
    ruleId: "bin.overflow",
    subtype: null,
    level: 3,
    state: "open",
    confirmed: true,
    contested: false,
    subject: { kind: "bin", id: "bin-1" },
    place: null,
    firstAt: T0,
    openedAt: T0,
    knownAt: T0,
    lastSeenAt: T0,
    clearedAt: null,
    closedAt: null,
    archivedAt: null,
    count: 1,
    reopenCount: 0,
    line: null,
    recurrenceOf: null,
    mergedInto: null,
    late: false,
    stale: false,
    flapping: false,
    shelvedUntil: null,
    assignee: null,
    crewId: null,
    belief: 0.8,
    rings: true,
    dispatchedAt: null,
    offer: null,
    proof: null,
    pictures: [],
    reworkCount: 0,
    request: null,
    suspendedAt: null,
    suspendedUntil: null,
    pausedMs: 0,
    targetAt: null,
    limitAt: null,
    targetUsedPct: 0,
    limitUsedPct: 0,
    escalatedAt: null,
    matter: null,
    evidence: [],
    rev: 1,
    ...fields,
  };
}
