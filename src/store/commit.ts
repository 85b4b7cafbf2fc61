import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { finalStates } from "../domain/alert.ts";
import type { Device } from "../domain/device.ts";
import type { CommitBatch } from "./batch.ts";
import { createEditionWriter } from "./editions.ts";
import { createKpiCommitter } from "./kpi-tables.ts";
import { createMeta } from "./meta.ts";
import { decodeReadings } from "./readings.ts";
import { createReportWriter } from "./reports.ts";
import type { Tail } from "./tail.ts";
import { createVersionWriter } from "./versions.ts";

/** The hash of an audit row covers the one before it: whoever edits a row breaks every later one. */
export function auditHash(previous: string, row: readonly unknown[]): string {
  return createHash("sha256").update(previous).update(JSON.stringify(row)).digest("hex");
}

/** Writes batches: everything or nothing, synced when it returns. */
export function createCommitter(database: DatabaseSync, tail: Tail, quarantineRows: number, followed: boolean) {
  const prepare = (sql: string) => database.prepare(sql);
  const putDevice = prepare(
    "INSERT INTO device (id, number, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
  );
  const dropDevice = prepare("DELETE FROM device WHERE id = ?");
  const putToken = prepare("INSERT INTO token (id, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body");
  const dropToken = prepare("DELETE FROM token WHERE id = ?");
  const putDocument = prepare(
    "INSERT INTO document (collection, id, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
  );
  const dropDocument = prepare("DELETE FROM document WHERE collection = ? AND id = ?");
  const putState = prepare(
    "INSERT INTO rule_state (rule_id, subject_id, subtype, body) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
  );
  const dropState = prepare("DELETE FROM rule_state WHERE rule_id = ? AND subject_id = ? AND subtype = ?");
  // Not "OR REPLACE": that would silently remove the other open alert of the same key instead of refusing.
  const putAlert = prepare(
    `INSERT INTO alert (id, rev, rule_id, subject_id, subtype, state, level, final, opened_at, archived_at, community_id,
       grid_id, lat, lon, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, state = excluded.state, level = excluded.level,
       final = excluded.final, opened_at = excluded.opened_at, archived_at = excluded.archived_at,
       community_id = excluded.community_id, grid_id = excluded.grid_id, lat = excluded.lat, lon = excluded.lon,
       body = excluded.body`,
  );
  const putVersion = createVersionWriter(database);
  const putTimeline = prepare(
    "INSERT INTO timeline (alert_id, rev, entry, body) SELECT ?1, ?2, count(*), ?3 FROM timeline WHERE alert_id = ?1 AND rev = ?2",
  );
  const lastHash = prepare("SELECT hash FROM audit ORDER BY id DESC LIMIT 1");
  const putAudit = prepare("INSERT INTO audit (at, actor, action, target, details, hash) VALUES (?, ?, ?, ?, ?, ?)");
  const putReport = createReportWriter(database);
  const putEdition = createEditionWriter(database);
  const putQuarantine = prepare(
    "INSERT INTO quarantine (at, reason, detail, topic, device, payload) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const trimQuarantine = prepare("DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?");
  const putAnswer = prepare("INSERT OR REPLACE INTO answer (key, at, status, body) VALUES (?, ?, ?, ?)");
  const putWork = prepare(
    `INSERT INTO work (kind, id, at, subject_id, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at, subject_id = excluded.subject_id, body = excluded.body`,
  );
  const putLog = prepare("INSERT INTO log (count, body) VALUES (?, ?)");
  const putEvent = prepare("INSERT OR REPLACE INTO event (device, at, key, body) VALUES (?, ?, ?, ?)");
  const putSubject = prepare(
    "INSERT INTO subject (device, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
  );
  const placeOf = prepare(
    "SELECT kind, community_id, grid_id FROM device_place WHERE device = ? ORDER BY since DESC LIMIT 1",
  );
  const putPlace = prepare("INSERT OR REPLACE INTO device_place VALUES (?, ?, ?, ?, ?, ?)");
  const meta = createMeta(database);
  const putKpi = createKpiCommitter(database, followed);

  /** Newest log entry when the checkpoint round under way began: from there on a restart replays. */
  let roundStart = 0;

  const write = (batch: CommitBatch): number | null => {
    for (const { id, device } of batch.devices) {
      if (device) putDevice.run(id, device.number, JSON.stringify(device));
      else dropDevice.run(id);
      if (device) rememberPlace(device);
      if (device) meta.put("lastDeviceNumber", Math.max(device.number, meta.number("lastDeviceNumber")));
    }
    for (const { id, token } of batch.tokens) {
      if (token) putToken.run(id, JSON.stringify(token));
      else dropToken.run(id);
    }
    for (const { collection, id, body } of batch.documents) {
      if (body !== null) putDocument.run(collection, id, JSON.stringify(body));
      else dropDocument.run(collection, id);
    }
    for (const { ruleId, subjectId, subtype, body } of batch.ruleStates) {
      if (body !== null) putState.run(ruleId, subjectId, subtype ?? "", JSON.stringify(body));
      else dropState.run(ruleId, subjectId, subtype ?? "");
    }
    for (const { kind, id, at, subjectId, body } of batch.work) {
      putWork.run(kind, id, at, subjectId, JSON.stringify(body));
    }
    // Ended ones first: an alert that ends and its successor may stand in one batch.
    const ended = batch.alerts.filter((alert) => finalStates.has(alert.state));
    const standing = batch.alerts.filter((alert) => !finalStates.has(alert.state));
    for (const alert of [...ended, ...standing]) {
      const { place } = alert;
      putVersion(alert, batch.at);
      putAlert.run(
        alert.id,
        alert.rev,
        alert.ruleId,
        alert.subject.id,
        alert.subtype ?? "",
        alert.state,
        alert.level,
        finalStates.has(alert.state) ? 1 : 0,
        alert.openedAt,
        alert.archivedAt,
        place?.communityId ?? null,
        place?.gridId ?? null,
        place?.lat ?? null,
        place?.lon ?? null,
        JSON.stringify(alert),
      );
    }
    if (batch.kpi) putKpi(batch.kpi);
    for (const entry of batch.timeline) putTimeline.run(entry.alertId, entry.rev, JSON.stringify(entry));
    if (batch.audit.length > 0) {
      let hash = (lastHash.get() as { hash: string } | undefined)?.hash ?? "";
      for (const { at, actor, action, target, details } of batch.audit) {
        const text = JSON.stringify(details);
        hash = auditHash(hash, [at, actor, action, target, text]);
        putAudit.run(at, actor, action, target, text, hash);
      }
    }
    for (const change of batch.district) putEdition(change);
    for (const report of batch.reports) putReport(report);
    for (const entry of batch.quarantine) {
      putQuarantine.run(entry.at, entry.reason, entry.detail, entry.topic, entry.device, entry.payload);
    }
    if (batch.quarantine.length > 0) trimQuarantine.run(quarantineRows);
    for (const answer of batch.answers)
      putAnswer.run(answer.key, answer.at, answer.status, JSON.stringify(answer.body));

    const newestBefore = batch.checkpoint?.begins ? newestLog() : 0;
    let entry: number | null = null;
    if (batch.readings) {
      entry = Number(putLog.run(batch.readingCount, new Uint8Array(batch.readings)).lastInsertRowid);
      if (batch.hasEvents) {
        decodeReadings(batch.readings, (reading) => {
          if (reading.event) putEvent.run(reading.device, reading.at, reading.key, JSON.stringify(reading));
        });
      }
    }
    if (batch.checkpoint) {
      const { begins, subjects, completes } = batch.checkpoint;
      // Taken before this batch's own entry: replaying a reading that a subject knows already changes nothing.
      if (begins) roundStart = newestBefore;
      for (const { device, body } of subjects) putSubject.run(device, JSON.stringify(body));
      if (completes) meta.put("checkpointLog", roundStart);
    }
    return entry;
  };

  const rememberPlace = ({ number, id, kind, place, updatedAt }: Device): void => {
    const known = placeOf.get(number) as { kind: string; community_id: string; grid_id: string } | undefined;
    const community = place?.communityId ?? null;
    const grid = place?.gridId ?? null;
    if (known?.kind === kind && known.community_id === community && known.grid_id === grid) return;
    putPlace.run(number, known ? updatedAt : 0, id, kind, community, grid);
  };

  const selectNewestLog = prepare("SELECT seq FROM sqlite_sequence WHERE name = 'log'");
  const newestLog = (): number => (selectNewestLog.get() as { seq: number } | undefined)?.seq ?? 0;

  /** @throws the database's error, after everything was rolled back */
  return (batch: CommitBatch): void => {
    let entry: number | null = null;
    database.exec("BEGIN IMMEDIATE");
    try {
      entry = write(batch);
      database.exec("COMMIT");
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
    if (entry !== null && batch.readings) tail.add(entry, batch.readings);
  };
}
