import type { DatabaseSync } from "node:sqlite";
import { DAY, HOUR, type Millis } from "../domain/time.ts";
import { createKpiRetention } from "./kpi-tables.ts";
import { createPersonRetention } from "./person-retention.ts";
import { workKinds } from "./store.ts";

export interface RetentionLimits {
  readonly readingsMs: Millis;
  /** Ways and vital signs of people. */
  readonly personTracksMs: Millis;
  readonly alertsMs: Millis;
  readonly auditMs: Millis;
  readonly quarantineMs: Millis;
  readonly kpiMs: Millis;
}

const ANSWERS_MS = 24 * HOUR;
/** Rows a step removes at most: a few milliseconds, so that a waiting commit hardly notices. */
const STEP_ROWS = 500;

/**
 * Removes what is older than its limit, in small steps.
 * @returns whether there is more to remove
 */
export function createRetention(database: DatabaseSync, limits: RetentionLimits): (now: Millis) => boolean {
  const chunks = database.prepare(
    "DELETE FROM chunk WHERE (device, day, part) IN (SELECT device, day, part FROM chunk WHERE day < ? LIMIT ?)",
  );
  const events = database.prepare(
    "DELETE FROM event WHERE (device, at, key) IN (SELECT device, at, key FROM event WHERE at < ? LIMIT ?)",
  );
  const work = database.prepare(
    "DELETE FROM work WHERE (kind, id) IN (SELECT kind, id FROM work WHERE kind = ? AND at < ? ORDER BY at LIMIT ?)",
  );
  const oldAlerts = database.prepare("SELECT id, rev FROM alert WHERE archived_at < ? LIMIT ?");
  const dropAlert = database.prepare("DELETE FROM alert WHERE id = ?");
  const dropTimeline = database.prepare("DELETE FROM timeline WHERE alert_id = ?");
  const dropVersions = database.prepare("DELETE FROM alert_version WHERE alert_id = ?");
  const raiseMeta = database.prepare(
    `INSERT INTO meta (key, value) VALUES (?1, ?2)
     ON CONFLICT DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
  );
  // The last row stays: its hash is what the next one continues from.
  const auditTo = database.prepare(
    "SELECT max(id) AS id FROM (SELECT id FROM audit WHERE at < ? AND id < (SELECT max(id) FROM audit) ORDER BY id LIMIT ?)",
  );
  const dropAudit = database.prepare("DELETE FROM audit WHERE id <= ?");
  const quarantine = database.prepare(
    "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE at < ? LIMIT ?)",
  );
  const answers = database.prepare("DELETE FROM answer WHERE key IN (SELECT key FROM answer WHERE at < ? LIMIT ?)");

  const dropFigures = createKpiRetention(database, STEP_ROWS);
  const people = createPersonRetention(database, limits.personTracksMs);

  return (now) => {
    let removed = 0;
    let more = false;
    database.exec("BEGIN IMMEDIATE");
    try {
      removed += Number(chunks.run(Math.floor((now - limits.readingsMs) / DAY), STEP_ROWS).changes);
      removed += Number(events.run(now - limits.readingsMs, STEP_ROWS).changes);
      // Where people were is kept as long as readings, what was done as long as the alerts it explains.
      for (const kind of workKinds) {
        const keepMs = kind === "visit" ? limits.readingsMs : limits.alertsMs;
        removed += Number(work.run(kind, now - keepMs, STEP_ROWS).changes);
      }
      for (const { id, rev } of oldAlerts.all(now - limits.alertsMs, STEP_ROWS) as { id: string; rev: number }[]) {
        dropAlert.run(id);
        dropTimeline.run(id);
        dropVersions.run(id);
        // A screen that stands before this revision could miss that the alert is gone: it must start anew.
        raiseMeta.run("prunedRev", String(rev));
        removed++;
      }
      const { id } = auditTo.get(now - limits.auditMs, STEP_ROWS) as { id: number | null };
      if (id !== null) {
        raiseMeta.run("auditReleasedTo", String(id));
        removed += Number(dropAudit.run(id).changes);
      }
      removed += Number(quarantine.run(now - limits.quarantineMs, STEP_ROWS).changes);
      removed += Number(answers.run(now - ANSWERS_MS, STEP_ROWS).changes);
      removed += dropFigures(now - limits.kpiMs);
      more = people.step(now);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      people.startAnew();
      throw error;
    }
    return more || removed >= STEP_ROWS;
  };
}
