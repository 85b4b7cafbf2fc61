import type { DatabaseSync } from "node:sqlite";
import type { Alert } from "../domain/alert.ts";
import type { Millis } from "../domain/time.ts";
import type { AlertVersion } from "./kept.ts";

/** What alerts were at earlier times. Of each version only the fields are kept that differ from the one before. */

const parse = (body: string): Partial<Alert> => JSON.parse(body);

/** Keeps what a batch makes of an alert; to be called before the alert's own row is written. */
export function createVersionWriter(database: DatabaseSync): (alert: Alert, at: Millis) => void {
  const current = database.prepare("SELECT body FROM alert WHERE id = ?");
  const put = database.prepare("INSERT INTO alert_version (alert_id, rev, at, body) VALUES (?, ?, ?, ?)");
  return (alert, at) => {
    const row = current.get(alert.id) as { body: string } | undefined;
    put.run(alert.id, alert.rev, at, JSON.stringify(row ? changed(parse(row.body), alert) : alert));
  };
}

function changed(before: Partial<Alert>, after: Alert): Partial<Alert> {
  const differs = ([name, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(before[name as keyof Alert]);
  return Object.fromEntries(Object.entries(after).filter(differs));
}

/** Questions about earlier versions. */
export function createVersions(database: DatabaseSync) {
  const candidates = database.prepare(
    `SELECT id FROM (
       SELECT id FROM alert WHERE archived_at IS NULL AND id > ?1 AND opened_at <= ?2
       UNION ALL SELECT id FROM alert WHERE archived_at > ?2 AND id > ?1 AND opened_at <= ?2
     ) ORDER BY id LIMIT ?3`,
  );
  const upTo = database.prepare("SELECT body FROM alert_version WHERE alert_id = ? AND at <= ? ORDER BY rev");
  const after = database.prepare(
    `SELECT alert_id AS alertId, rev, at, body FROM alert_version
     WHERE at > ?1 AND at <= ?2 AND (at, rev) > (?3, ?4) ORDER BY at, rev LIMIT ?5`,
  );

  return {
    /** Alerts that were live at an instant, as the center knew them then, in order of id. */
    alertsAt({ at, afterId = "", limit }: { at: Millis; afterId?: string; limit: number }): {
      readonly alerts: readonly Alert[];
      readonly next: string | null;
    } {
      const ids = candidates.all(afterId, at, limit) as { id: string }[];
      const alerts: Alert[] = [];
      for (const { id } of ids) {
        const versions = upTo.all(id, at) as { body: string }[];
        if (versions.length === 0) continue;
        const alert = Object.assign({}, ...versions.map(({ body }) => parse(body))) as Alert;
        if (alert.archivedAt === null) alerts.push(alert);
      }
      return { alerts, next: ids.length === limit ? (ids.at(-1)?.id ?? null) : null };
    },

    /** What became of alerts in (from, to], in the order the center made it so; goes on behind the last one given. */
    alertVersions({
      from,
      to,
      last = null,
      limit,
    }: {
      from: Millis;
      to: Millis;
      last?: Pick<AlertVersion, "at" | "rev"> | null;
      limit: number;
    }): AlertVersion[] {
      const rows = after.all(from, to, last?.at ?? 0, last?.rev ?? 0, limit) as unknown as (AlertVersion & {
        body: string;
      })[];
      return rows.map(({ alertId, rev, at, body }) => ({ alertId, rev, at, fields: parse(body) }));
    },
  };
}
