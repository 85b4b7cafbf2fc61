import type { DatabaseSync } from "node:sqlite";
import { type Merging, mergeRows } from "./merge-rows.ts";
import { exportTables } from "./tables.ts";

const TABLES = ["alert", "timeline", "alert_version"] as const;

/**
 * Alerts with their timelines and versions, each as one: all of it or nothing. They come after everything that is known
 * here, so that revisions stay unique and rise.
 */
export function mergeAlerts(merging: Merging): void {
  const { database, replace, outcome } = merging;
  const differing = database
    .prepare(
      `SELECT given.id AS id FROM given.alert AS given JOIN main.alert AS own USING (id)
       WHERE json_remove(given.body, '$.rev') IS NOT json_remove(own.body, '$.rev')`,
    )
    .all() as { id: string }[];
  for (const { id } of differing) outcome.conflict("alert", id);
  const rivals = database
    .prepare(
      `SELECT given.id AS id, own.id AS rival, given.rule_id AS rule, given.subject_id AS subject
       FROM given.alert AS given JOIN main.alert AS own USING (rule_id, subject_id, subtype)
       WHERE given.final = 0 AND own.final = 0 AND given.id <> own.id`,
    )
    .all() as { id: string; rival: string; rule: string; subject: string }[];
  for (const { id, rival, rule, subject } of rivals) {
    outcome.conflict("alert", `${id}: ${rival} is open here for ${rule} of ${subject}`);
  }
  const refused = new Set(rivals.map(({ id }) => id));
  const replaced = replace ? differing.filter(({ id }) => !refused.has(id)).map(({ id }) => id) : [];
  for (const id of replaced) dropAlert(database, "main", id);
  const kept = database.prepare("SELECT given.id AS id FROM given.alert AS given JOIN main.alert AS own USING (id)");
  for (const { id } of kept.all() as { id: string }[]) refused.add(id);
  const forgetRecord = database.prepare("DELETE FROM given.kpi_record WHERE id = ?");
  const forgetParts = database.prepare("DELETE FROM given.kpi_part WHERE record_id = ?");
  for (const id of refused) {
    dropAlert(database, "given", id);
    // Nor is it counted.
    forgetRecord.run(id);
    forgetParts.run(id);
  }

  shiftRevisions(database);
  for (const table of exportTables) if ((TABLES as readonly string[]).includes(table.name)) mergeRows(merging, table);
}

function dropAlert(database: DatabaseSync, schema: "main" | "given", id: string): void {
  for (const table of TABLES) {
    database.prepare(`DELETE FROM ${schema}.${table} WHERE ${table === "alert" ? "id" : "alert_id"} = ?`).run(id);
  }
}

/** Behind the newest revision that is known here, and with them the positions of outputs that count by them. */
function shiftRevisions(database: DatabaseSync): void {
  const { rev } = database
    .prepare(
      `SELECT max((SELECT coalesce(max(rev), 0) FROM main.alert), (SELECT coalesce(max(rev), 0) FROM main.timeline),
         (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM main.meta WHERE key = 'prunedRev')) AS rev`,
    )
    .get() as { rev: number };
  if (rev === 0) return;
  for (const table of TABLES) {
    database.exec(`UPDATE given.${table} SET rev = rev + ${rev};
      UPDATE given.${table} SET body = json_set(body, '$.rev', rev) WHERE json_extract(body, '$.rev') IS NOT NULL`);
  }
  database.exec(`UPDATE given.document SET body = json_set(body, '$.rev', json_extract(body, '$.rev') + ${rev})
    WHERE collection = 'outputPositions'`);
}
