import type { DatabaseSync } from "node:sqlite";
import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { Json } from "../domain/text.ts";
import { DAY, type Millis } from "../domain/time.ts";
import { measures } from "../kpi/measures.ts";
import type { AlertChanges, Delivered, DevicePlace, DueFigures, JournalEntries, MissedDay } from "./journal.ts";
import { restoreKpiRecords } from "./kpi-tables.ts";
import { atomically, createMeta } from "./meta.ts";

/** Hours that are listed at once when everything is told anew. */
const HOURS_AT_ONCE = 24;

/** The follower's side of the store: what it reads, and how its position is kept (store/journal.ts says what each means). */
export function createFollowing(database: DatabaseSync, quarantineRows: number) {
  const meta = createMeta(database);
  const entriesAfter = database.prepare("SELECT id, count, body FROM log WHERE id > ? ORDER BY id");
  const newest = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'log'");
  const alertsAfter = database.prepare("SELECT rev, body FROM alert WHERE rev > ? ORDER BY rev LIMIT ?");
  const stepsBetween = database.prepare(
    `SELECT timeline.body AS step, timeline.entry AS number, alert.body AS alert FROM timeline
     JOIN alert ON alert.id = timeline.alert_id WHERE timeline.rev > ? AND timeline.rev <= ? ORDER BY timeline.rev, entry`,
  );
  const missed = database.prepare("SELECT device, day FROM missed ORDER BY device, day LIMIT ?");
  const told = database.prepare("DELETE FROM missed WHERE device = ? AND day = ?");
  const nextDevice = database.prepare(
    `SELECT min(device) AS device FROM (SELECT min(device) AS device FROM chunk WHERE device > ?1
       UNION ALL SELECT min(device) FROM event WHERE device > ?1)`,
  );
  const missChunks = database.prepare(
    "INSERT OR IGNORE INTO missed SELECT DISTINCT device, day FROM chunk WHERE device = ?",
  );
  const missEvents = database.prepare(
    `INSERT OR IGNORE INTO missed SELECT DISTINCT device, at / ${DAY} FROM event WHERE device = ?`,
  );
  const putQuarantine = database.prepare(
    "INSERT INTO quarantine (at, reason, detail, topic, device, payload) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const trimQuarantine = database.prepare("DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?");
  const figuresDue = database.prepare(
    "SELECT hour, community_id, change FROM kpi_due WHERE hour <= ? ORDER BY hour, community_id LIMIT ?",
  );
  const nextHour = database.prepare("SELECT min(hour) AS hour FROM kpi_counter WHERE measure = ? AND hour > ?");
  const missFigures = database.prepare(
    "INSERT OR IGNORE INTO kpi_due SELECT DISTINCT hour, community_id, 0 FROM kpi_counter WHERE measure = ? AND hour = ?",
  );
  const toldFigures = database.prepare("DELETE FROM kpi_due WHERE hour = ? AND community_id = ? AND change = ?");
  let placesRevision = 1;

  const fromTheBeginning = () =>
    atomically(database, () => {
      meta.put("followerLog", 0);
      meta.put("followerAlertRev", 0);
      meta.put("followerAnewDevice", 0);
      meta.put("followerAnewHour", 0);
    });

  /** The figures of the next hours in which anything was counted are told again. */
  const listFigures = (): void =>
    atomically(database, () => {
      for (let left = HOURS_AT_ONCE; left > 0; left--) {
        const after = meta.number("followerAnewHour");
        const hours = measures.map((measure) => (nextHour.get(measure, after) as { hour: number | null }).hour);
        const hour = Math.min(...hours.filter((one) => one !== null));
        if (!Number.isFinite(hour)) return meta.remove("followerAnewHour");
        for (const measure of measures) missFigures.run(measure, hour);
        meta.put("followerAnewHour", hour);
      }
    });

  return {
    placesChanged(): void {
      placesRevision++;
    },

    /** Nothing follows any more: whoever follows later starts from the beginning, and no log is held back for it. */
    forget(): void {
      const keys = ["followerLog", "followerAlertRev", "followerAnewDevice", "followerAnewHour"] as const;
      for (const key of keys) meta.remove(key);
      database.exec("DELETE FROM missed; DELETE FROM kpi_due");
    },

    position(): { log: number; alertRev: number } {
      if (!meta.has("followerLog")) fromTheBeginning();
      return { log: meta.number("followerLog"), alertRev: meta.number("followerAlertRev") };
    },

    entries(after: number, readings: number): JournalEntries {
      const bodies: Uint8Array[] = [];
      let upTo = after;
      let count = 0;
      for (const row of entriesAfter.iterate(after) as Iterable<{ id: number; count: number; body: Uint8Array }>) {
        if (bodies.length > 0 && count + row.count > readings) break;
        bodies.push(row.body);
        upTo = row.id;
        count += row.count;
      }
      const { seq } = (newest.get() ?? { seq: 0 }) as { seq: number };
      return { bodies, upTo, newest: seq, placesRevision };
    },

    alertChanges(after: number, limit: number): AlertChanges {
      const rows = alertsAfter.all(after, limit) as { rev: number; body: string }[];
      const upTo = rows.at(-1)?.rev ?? after;
      const steps = stepsBetween.all(after, upTo) as { step: string; number: number; alert: string }[];
      return {
        alerts: rows.map(({ body }) => JSON.parse(body) as Alert),
        timeline: steps.map(({ step, number, alert }) => ({
          entry: JSON.parse(step) as TimelineEntry,
          number,
          alert: JSON.parse(alert) as Alert,
        })),
        upTo,
      };
    },

    missed(limit: number): MissedDay[] {
      let days = missed.all(limit) as unknown as MissedDay[];
      while (days.length === 0 && meta.has("followerAnewDevice")) {
        const { device } = nextDevice.get(meta.number("followerAnewDevice")) as { device: number | null };
        if (device === null) {
          meta.remove("followerAnewDevice");
        } else {
          atomically(database, () => {
            missChunks.run(device);
            missEvents.run(device);
            meta.put("followerAnewDevice", device);
          });
        }
        days = missed.all(limit) as unknown as MissedDay[];
      }
      return days.map(({ device, day }) => ({ device, day }));
    },

    figuresDue(now: Millis, limit: number): DueFigures[] {
      if (meta.has("followerAnewHour") && figuresDue.all(now, 1).length === 0) listFigures();
      const rows = figuresDue.all(now, limit) as { hour: number; community_id: string; change: number }[];
      return rows.map(({ hour, community_id: communityId, change }) => ({ hour, communityId, change }));
    },

    openCases: (): Json[] =>
      restoreKpiRecords(database).flatMap(({ id, body }) => (id.includes(":") || !body ? [] : [body])),

    newest(): number {
      return ((newest.get() ?? { seq: 0 }) as { seq: number }).seq;
    },

    places(): DevicePlace[] {
      const rows = database.prepare("SELECT * FROM device_place ORDER BY device, since").all();
      return rows.map((row) => ({
        device: Number(row.device),
        since: Number(row.since),
        id: String(row.id),
        kind: row.kind as DevicePlace["kind"],
        communityId: row.community_id as string | null,
        gridId: row.grid_id as string | null,
      }));
    },

    delivered({ log, alertRev, missed: days, figures, refused }: Delivered): void {
      atomically(database, () => {
        // Entries that were let go meanwhile stand behind it already: it never moves back.
        if (log !== undefined) meta.put("followerLog", Math.max(log, meta.number("followerLog")));
        if (alertRev !== undefined) meta.put("followerAlertRev", alertRev);
        for (const { device, day } of days ?? []) told.run(device, day);
        for (const { hour, communityId, change } of figures ?? []) toldFigures.run(hour, communityId, change);
        for (const { at, reason, detail, topic, device, payload } of refused) {
          putQuarantine.run(at, reason, detail, topic, device, payload);
        }
        if (refused.length > 0) trimQuarantine.run(quarantineRows);
      });
    },

    tellAnew: fromTheBeginning,
  };
}
