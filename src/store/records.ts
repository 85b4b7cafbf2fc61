import { randomUUID } from "node:crypto";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Alert, TimelineEntry } from "../domain/alert.ts";
import { invalid } from "../domain/problem.ts";
import type { Json } from "../domain/text.ts";
import type { Restored } from "./batch.ts";
import { restoreDistrict } from "./editions.ts";
import type { AlertStep, AuditEntry, IdempotentAnswer, QuarantineEntry, RuleState, WorkRecord } from "./kept.ts";
import { restoreKpiRecords } from "./kpi-tables.ts";
import type { AlertQuery, AuditQuery, Page, WorkQuery } from "./questions.ts";

type Row = Record<string, SQLInputValue>;
const bodies = <T>(rows: unknown[]): T[] => (rows as { body: string }[]).map(({ body }) => JSON.parse(body) as T);

/** So many of the latest visits are brought back at a start. */
const VISITS = 50_000;

/** Reads everything the center needs to be where it was. */
export function restore(database: DatabaseSync): Restored {
  const meta = (key: string): string | undefined =>
    (database.prepare("SELECT value FROM meta WHERE key = ?").get(key) as { value: string } | undefined)?.value;
  const all = (sql: string, ...parameters: SQLInputValue[]): Row[] => database.prepare(sql).all(...parameters) as Row[];
  let epoch = meta("epoch");
  if (!epoch) {
    epoch = randomUUID();
    database.prepare("INSERT INTO meta (key, value) VALUES ('epoch', ?)").run(epoch);
  }
  const { rev } = database.prepare("SELECT coalesce(max(rev), 0) AS rev FROM alert").get() as { rev: number };
  const prunedRev = Number(meta("prunedRev") ?? 0);
  return {
    epoch,
    alertRev: Math.max(rev, prunedRev),
    prunedRev,
    devices: bodies(all("SELECT body FROM device ORDER BY number")),
    nextDeviceNumber: Number(meta("lastDeviceNumber") ?? 0) + 1,
    alerts: bodies(all("SELECT body FROM alert WHERE archived_at IS NULL ORDER BY rev")),
    ruleStates: all("SELECT * FROM rule_state").map(
      (row): RuleState => ({
        ruleId: String(row.rule_id),
        subjectId: String(row.subject_id),
        subtype: row.subtype === "" ? null : String(row.subtype),
        body: JSON.parse(String(row.body)),
      }),
    ),
    tokens: bodies(all("SELECT body FROM token")),
    documents: all("SELECT * FROM document").map((row) => ({
      collection: String(row.collection),
      id: String(row.id),
      body: JSON.parse(String(row.body)),
    })),
    district: restoreDistrict(database),
    subjects: all("SELECT * FROM subject").map((row) => ({
      device: Number(row.device),
      body: JSON.parse(String(row.body)),
    })),
    kpiRecords: restoreKpiRecords(database),
    visits: bodies(
      all(
        "SELECT body FROM (SELECT at, body FROM work WHERE kind = 'visit' ORDER BY at DESC LIMIT ?) ORDER BY at",
        VISITS,
      ),
    ),
    tail: all("SELECT body FROM log WHERE id > ? ORDER BY id", Number(meta("checkpointLog") ?? 0)).map(
      ({ body }) => Uint8Array.from(body as Uint8Array).buffer,
    ),
  };
}

/** Queries over alerts, audit and quarantine. Values are always bound, never written into the text. */
export function createRecords(database: DatabaseSync) {
  const alertById = database.prepare("SELECT body FROM alert WHERE id = ?");
  const timelineOf = database.prepare("SELECT body FROM timeline WHERE alert_id = ? ORDER BY rev, entry");
  const documentsOf = database.prepare("SELECT body FROM document WHERE collection = ? ORDER BY id");
  const since = database.prepare("SELECT body FROM alert WHERE rev > ? ORDER BY rev LIMIT ?");
  const stepsAfter = database.prepare(
    `SELECT timeline.body AS step, alert.body AS alert FROM timeline JOIN alert ON alert.id = timeline.alert_id
     WHERE timeline.rev > ? AND timeline.rev <=
       (SELECT max(rev) FROM (SELECT rev FROM timeline WHERE rev > ? ORDER BY rev LIMIT ?))
     ORDER BY timeline.rev, timeline.entry`,
  );
  const answerOf = database.prepare("SELECT * FROM answer WHERE key = ?");

  return {
    alerts(query: AlertQuery): Page<Alert> {
      const where = new Conditions();
      if (query.open !== undefined) where.add("final = ?", query.open ? 0 : 1);
      where.anyOf("state", query.state);
      where.anyOf("level", query.level);
      where.anyOf("rule_id", query.ruleId);
      where.anyOf("community_id", query.communityId);
      where.anyOf("grid_id", query.gridId);
      if (query.subjectId !== undefined) where.add("subject_id = ?", query.subjectId);
      if (query.work) {
        const { crewId, selves } = query.work;
        const names = selves.map(() => "?").join(", ");
        where.add(
          `(json_extract(body, '$.crewId') = ? OR json_extract(body, '$.assignee') IN (${names}) OR subject_id IN (${names}))`,
          crewId,
          ...selves,
          ...selves,
        );
      }
      if (query.bbox) {
        const [west, south, east, north] = query.bbox;
        where.add("lon BETWEEN ? AND ?", west, east);
        where.add("lat BETWEEN ? AND ?", south, north);
      }
      if (query.from !== undefined) where.add("opened_at >= ?", query.from);
      if (query.to !== undefined) where.add("opened_at < ?", query.to);
      if (query.cursor !== undefined) where.add("id < ?", query.cursor);
      const sql = `SELECT body FROM alert ${where.text} ORDER BY id DESC LIMIT ?`;
      const items = bodies<Alert>(database.prepare(sql).all(...where.values, query.limit + 1));
      const page = items.slice(0, query.limit);
      return { items: page, next: items.length > query.limit ? (page.at(-1)?.id ?? null) : null };
    },

    documents: (collection: string): Json[] => bodies(documentsOf.all(collection)),

    alertsSince: (rev: number, limit: number): Alert[] => bodies(since.all(rev, limit)),

    alertSteps(afterRev: number, limit: number): AlertStep[] {
      const rows = stepsAfter.all(afterRev, afterRev, limit) as { step: string; alert: string }[];
      return rows.map(({ step, alert }) => ({ entry: JSON.parse(step), alert: JSON.parse(alert) }));
    },

    alert(id: string): { alert: Alert; timeline: TimelineEntry[] } | null {
      const [alert] = bodies<Alert>(alertById.all(id));
      return alert ? { alert, timeline: bodies(timelineOf.all(id)) } : null;
    },

    answer(key: string): IdempotentAnswer | null {
      const row = answerOf.get(key) as Row | undefined;
      if (!row) return null;
      return { key, at: Number(row.at), status: Number(row.status), body: JSON.parse(String(row.body)) };
    },

    work(query: WorkQuery): Page<WorkRecord> {
      const where = new Conditions();
      where.add("kind = ?", query.kind);
      if (query.subjectId !== undefined) where.add("subject_id = ?", query.subjectId);
      if (query.from !== undefined) where.add("at >= ?", query.from);
      if (query.to !== undefined) where.add("at < ?", query.to);
      if (query.cursor !== undefined) {
        const [, at, id] = /^(-?\d+)\/(.*)$/s.exec(query.cursor) ?? [];
        if (at === undefined || id === undefined) throw invalid("cursor must be the `next` of an earlier page");
        where.add("(at, id) < (?, ?)", Number(at), id);
      }
      const sql = `SELECT * FROM work ${where.text} ORDER BY at DESC, id DESC LIMIT ?`;
      const rows = database.prepare(sql).all(...where.values, query.limit + 1) as Row[];
      const items = rows.slice(0, query.limit).map(
        (row): WorkRecord => ({
          kind: String(row.kind) as WorkRecord["kind"],
          id: String(row.id),
          at: Number(row.at),
          subjectId: String(row.subject_id),
          body: JSON.parse(String(row.body)),
        }),
      );
      const last = items.at(-1);
      return { items, next: rows.length > query.limit && last ? `${last.at}/${last.id}` : null };
    },

    quarantine(query: { reason?: string; cursor?: string; limit: number }): Page<QuarantineEntry & { id: number }> {
      const where = new Conditions();
      if (query.reason !== undefined) where.add("reason = ?", query.reason);
      if (query.cursor !== undefined) where.add("id < ?", rowNumber(query.cursor));
      const sql = `SELECT * FROM quarantine ${where.text} ORDER BY id DESC LIMIT ?`;
      const rows = database.prepare(sql).all(...where.values, query.limit + 1) as unknown as (QuarantineEntry & {
        id: number;
      })[];
      return page(
        rows.map((row) => ({ ...row })),
        query.limit,
      );
    },

    audit(query: AuditQuery): Page<AuditEntry & { id: number }> {
      const where = new Conditions();
      if (query.actor !== undefined) where.add("actor = ?", query.actor);
      if (query.action !== undefined) where.add("action = ?", query.action);
      if (query.target !== undefined) where.add("target = ?", query.target);
      if (query.cursor !== undefined) where.add("id < ?", rowNumber(query.cursor));
      const sql = `SELECT id, at, actor, action, target, details FROM audit ${where.text} ORDER BY id DESC LIMIT ?`;
      const rows = database.prepare(sql).all(...where.values, query.limit + 1) as Row[];
      return page(
        rows.map((row) => ({ ...row, details: JSON.parse(String(row.details)) })) as unknown as (AuditEntry & {
          id: number;
        })[],
        query.limit,
      );
    },
  };
}

class Conditions {
  readonly #parts: string[] = [];
  readonly values: SQLInputValue[] = [];

  add(condition: string, ...values: SQLInputValue[]): void {
    this.#parts.push(condition);
    this.values.push(...values);
  }

  anyOf(column: string, values: readonly SQLInputValue[] | undefined): void {
    if (values) this.add(`${column} IN (${values.map(() => "?").join(", ")})`, ...values);
  }

  get text(): string {
    return this.#parts.length > 0 ? `WHERE ${this.#parts.join(" AND ")}` : "";
  }
}

function rowNumber(cursor: string): number {
  const number = Number(cursor);
  if (!Number.isSafeInteger(number)) throw invalid("cursor must be the `next` of an earlier page");
  return number;
}

function page<T extends { id: number }>(rows: T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? String(items.at(-1)?.id) : null };
}
