import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { auditHash } from "../../store/commit.ts";
import type { Merging } from "./merge-rows.ts";

/** Audit and quarantine are lists without names: an entry is the same when all of it is, as often as it stands there. */

interface AuditRow {
  readonly id: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly details: string;
  readonly hash: string;
}

/** The number of the first entry that does not follow from the one before, by number and hash; null when the chain holds. */
export function brokenAudit(database: DatabaseSync, schema: string): number | null {
  let before: AuditRow | null = null;
  for (const row of database.prepare(`SELECT * FROM ${schema}.audit ORDER BY id`).iterate() as Iterable<AuditRow>) {
    const { at, actor, action, target, details } = row;
    const follows = before === null || row.id !== before.id + 1;
    if (!follows && auditHash((before as AuditRow).hash, [at, actor, action, target, details]) !== row.hash)
      return row.id;
    before = row;
  }
  return null;
}

/** Entries that are not known here are added at the end, under the chain of this center. */
export function mergeAudit({ database, outcome }: Merging): void {
  const last = database.prepare("SELECT hash FROM main.audit ORDER BY id DESC LIMIT 1").get() as
    | { hash: string }
    | undefined;
  if (!last) {
    // Nothing was written here yet: the chain comes as it is.
    outcome.wrote("audit", database.prepare("INSERT INTO main.audit SELECT * FROM given.audit").run().changes);
    return;
  }
  const known = database.prepare(
    `SELECT count(*) AS count FROM main.audit WHERE target = ? AND at = ? AND actor = ? AND action = ? AND details = ?`,
  );
  const put = database.prepare(
    "INSERT INTO main.audit (at, actor, action, target, details, hash) VALUES (?, ?, ?, ?, ?, ?)",
  );
  let { hash } = last;
  let written = 0;
  let moment = Number.NaN;
  const seen = new Map<string, number>();
  for (const row of database.prepare("SELECT * FROM given.audit ORDER BY id").iterate() as Iterable<AuditRow>) {
    const { at, actor, action, target, details } = row;
    if (at !== moment) seen.clear();
    moment = at;
    const text = JSON.stringify([actor, action, target, details]);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    const { count } = known.get(target, at, actor, action, details) as { count: number };
    if (count >= times) continue;
    hash = auditHash(hash, [at, actor, action, target, details]);
    put.run(at, actor, action, target, details, hash);
    written++;
  }
  outcome.wrote("audit", written);
}

/** The quarantine is bounded by a setting, so it is looked through in memory. */
export function mergeQuarantine({ database, outcome }: Merging): void {
  const columns = "at, reason, detail, topic, device, payload";
  const rows = (schema: string) =>
    database.prepare(`SELECT id, ${columns} FROM ${schema}.quarantine ORDER BY id`).iterate() as Iterable<
      Record<string, unknown> & { id: number }
    >;
  const nameOf = ({ id: _id, ...row }: Record<string, unknown>) =>
    createHash("sha256").update(JSON.stringify(row)).digest("base64");
  const known = new Map<string, number>();
  for (const row of rows("main")) known.set(nameOf(row), (known.get(nameOf(row)) ?? 0) + 1);
  const put = database.prepare(
    `INSERT INTO main.quarantine (${columns}) SELECT ${columns} FROM given.quarantine WHERE id = ?`,
  );
  let written = 0;
  for (const row of rows("given")) {
    const left = known.get(nameOf(row)) ?? 0;
    if (left > 0) known.set(nameOf(row), left - 1);
    else written += Number(put.run(row.id).changes);
  }
  outcome.wrote("quarantine", written);
}
