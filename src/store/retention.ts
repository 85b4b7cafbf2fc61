import type { DatabaseSync } from "node:sqlite";
import { DAY, HOUR, type Millis } from "../domain/time.ts";
import { workKinds } from "./kept.ts";
import { createKpiRetention } from "./kpi-tables.ts";
import type { Latest } from "./latest.ts";
import { atomically, createMeta } from "./meta.ts";
import { createPersonRetention } from "./person-retention.ts";
import { tiers } from "./tiers.ts";

export interface RetentionLimits {
  /** Readings as they came, and events. */
  readonly readingsMs: Millis;
  /** The 5-minute and the daily tier. */
  readonly minutesMs: Millis;
  readonly daysMs: Millis;
  /** Ways and vital signs of people. */
  readonly personTracksMs: Millis;
  readonly alertsMs: Millis;
  readonly auditMs: Millis;
  readonly quarantineMs: Millis;
  readonly kpiMs: Millis;
}

const ANSWERS_MS = 24 * HOUR;
/** Longest time a step may take from a waiting commit. */
const STEP_MS = 4;
/** Rows that go at once: the smallest piece of work. */
const PIECE = 64;

export interface Retention {
  /** Starts a round; does nothing while one is under way. */
  start(now: Millis): void;
  /** Removes for a few milliseconds. Returns false when the round is over. */
  step(): boolean;
}

/**
 * Removes what is older than its limit. A round walks the devices one by one instead of searching for old rows: finding
 * them costs a few seeks each, and a step can stop anywhere.
 */
export function createRetention(database: DatabaseSync, limits: RetentionLimits, latest: Latest): Retention {
  const meta = createMeta(database);
  const nextDevice = database.prepare(
    `SELECT min(device) AS device FROM (
       SELECT min(device) AS device FROM chunk WHERE device > ?1
       UNION ALL SELECT min(device) FROM event WHERE device > ?1
       UNION ALL SELECT min(device) FROM tier WHERE tier = ${tiers.minutes.id} AND device > ?1
       UNION ALL SELECT min(device) FROM tier WHERE tier = ${tiers.days.id} AND device > ?1)`,
  );
  const someDue = database.prepare("SELECT 1 FROM tier_due WHERE day < ? LIMIT 1");
  const chunks = database.prepare(
    `DELETE FROM chunk WHERE device = ?1
     AND (day, part) IN (SELECT day, part FROM chunk WHERE device = ?1 AND day < ?2 LIMIT ${PIECE})`,
  );
  const events = database.prepare(
    `DELETE FROM event WHERE device = ?1
     AND (at, key) IN (SELECT at, key FROM event WHERE device = ?1 AND at < ?2 LIMIT ${PIECE})`,
  );
  const work = database.prepare(
    `DELETE FROM work WHERE (kind, id) IN (SELECT kind, id FROM work WHERE kind = ? AND at < ? ORDER BY at LIMIT ${PIECE})`,
  );
  const tier = database.prepare("DELETE FROM tier WHERE tier = ? AND device = ? AND period < ?");
  const oldAlerts = database.prepare(`SELECT id, rev FROM alert WHERE archived_at < ? LIMIT ${PIECE}`);
  const dropAlert = database.prepare("DELETE FROM alert WHERE id = ?");
  const dropTimeline = database.prepare("DELETE FROM timeline WHERE alert_id = ?");
  const dropVersions = database.prepare("DELETE FROM alert_version WHERE alert_id = ?");
  const raiseMeta = database.prepare(
    `INSERT INTO meta (key, value) VALUES (?1, ?2)
     ON CONFLICT DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
  );
  const oldest = (table: string) => database.prepare(`SELECT id, at FROM ${table} ORDER BY id LIMIT ${PIECE}`);
  const oldestAudit = oldest("audit");
  const newestAudit = database.prepare("SELECT max(id) AS id FROM audit");
  const dropAudit = database.prepare("DELETE FROM audit WHERE id <= ?");
  const oldestQuarantine = oldest("quarantine");
  const dropQuarantine = database.prepare("DELETE FROM quarantine WHERE id <= ?");
  const answers = database.prepare(
    `DELETE FROM answer WHERE key IN (SELECT key FROM answer WHERE at < ? LIMIT ${PIECE})`,
  );

  const dropFigures = createKpiRetention(database, PIECE);
  const people = createPersonRetention(database, limits.personTracksMs, latest);

  /** Last of the oldest rows that are too old; rows stand in order of their times. */
  const lastBefore = (rows: unknown[], at: Millis): number | undefined =>
    (rows as { id: number; at: Millis }[]).filter((row) => row.at < at).at(-1)?.id;

  /** Each turn removes one small piece, or finds that there is none. */
  function* round(now: Millis): Generator<void> {
    const floor = Math.floor((now - limits.readingsMs) / DAY);
    // Readings stay until what they add up to is written.
    if (!someDue.get(floor)) {
      if (floor > meta.number("readingsFloor")) meta.put("readingsFloor", floor);
      for (let device = 0; ; ) {
        const next = (nextDevice.get(device) as { device: number | null }).device;
        if (next === null) break;
        device = next;
        while (chunks.run(device, floor).changes) yield;
        latest.forget(device, floor * DAY);
        while (events.run(device, now - limits.readingsMs).changes) yield;
        tier.run(tiers.minutes.id, device, Math.floor((now - limits.minutesMs) / tiers.minutes.periodMs));
        tier.run(tiers.days.id, device, Math.floor((now - limits.daysMs) / tiers.days.periodMs));
        yield;
      }
    }
    // Where people were is kept as long as readings, what was done as long as the alerts it explains.
    for (const kind of workKinds) {
      const keepMs = kind === "visit" ? limits.readingsMs : limits.alertsMs;
      while (work.run(kind, now - keepMs).changes) yield;
    }
    for (;;) {
      const rows = oldAlerts.all(now - limits.alertsMs) as { id: string; rev: number }[];
      if (rows.length === 0) break;
      for (const { id, rev } of rows) {
        dropAlert.run(id);
        dropTimeline.run(id);
        dropVersions.run(id);
        // A screen that stands before this revision could miss that the alert is gone: it must start anew.
        raiseMeta.run("prunedRev", String(rev));
      }
      yield;
    }
    for (;;) {
      // The last row stays: its hash is what the next one continues from.
      const { id: newest } = newestAudit.get() as { id: number | null };
      const id = lastBefore(oldestAudit.all(), now - limits.auditMs);
      const upTo = Math.min(id ?? 0, (newest ?? 0) - 1);
      if (upTo <= 0 || id === undefined) break;
      raiseMeta.run("auditReleasedTo", String(upTo));
      if (!dropAudit.run(upTo).changes) break;
      yield;
    }
    for (;;) {
      const id = lastBefore(oldestQuarantine.all(), now - limits.quarantineMs);
      if (id === undefined) break;
      dropQuarantine.run(id);
      yield;
    }
    while (answers.run(now - ANSWERS_MS).changes) yield;
    while (dropFigures(now - limits.kpiMs)) yield;
    while (people.step(now)) yield;
  }

  let running: Generator<void> | null = null;
  return {
    start(now) {
      running ??= round(now);
    },
    step() {
      if (!running) return false;
      const deadline = performance.now() + STEP_MS;
      try {
        return atomically(database, () => {
          do {
            if (running?.next().done) running = null;
          } while (running && performance.now() < deadline);
          return running !== null;
        });
      } catch (error) {
        // Rolled back: the next round begins at the beginning.
        running = null;
        people.startAnew();
        throw error;
      }
    },
  };
}
