import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Millis } from "../domain/time.ts";
import type { KpiChanges, KpiRecord } from "../kpi/ledger.ts";
import { measures, type Scope } from "../kpi/measures.ts";
import type { KpiCases, KpiPart, KpiQuery, KpiSum, Page } from "./questions.ts";

/** Counters of the figures, the parts that opened-up figures are made of, and records that may still change. */

const columns: { readonly [name in keyof Scope]: string } = {
  communityId: "community_id",
  gridId: "grid_id",
  line: "line",
  contractor: "contractor",
  level: "level",
  category: "category",
  source: "source",
};
const names = Object.keys(columns) as (keyof Scope)[];
const list = names.map((name) => columns[name]).join(", ");
const marks = names.map(() => "?").join(", ");
const valuesOf = (scope: Scope): SQLInputValue[] => names.map((name) => scope[name]);

/**
 * Writes what a batch changed of the figures; inside its transaction.
 * @param followed somebody copies the figures elsewhere: hours that change are written down for it
 */
export function createKpiCommitter(database: DatabaseSync, followed: boolean) {
  const addCounter = database.prepare(
    `INSERT INTO kpi_counter (measure, hour, bin, ${list}, amount, ms) VALUES (?, ?, ?, ${marks}, ?, ?)
     ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, ms = ms + excluded.ms`,
  );
  const dropEmpty = database.prepare(
    `DELETE FROM kpi_counter WHERE measure = ? AND hour = ? AND bin = ? AND (${list}) = (${marks}) AND abs(amount) < 1e-9`,
  );
  const addPart = database.prepare(
    `INSERT INTO kpi_part (measure, at, record_id, ${list}) VALUES (?, ?, ?, ${marks}) ON CONFLICT DO NOTHING`,
  );
  const dropPart = database.prepare(
    `DELETE FROM kpi_part WHERE measure = ? AND at = ? AND record_id = ? AND (${list}) = (${marks})`,
  );
  const putRecord = database.prepare(
    "INSERT INTO kpi_record (id, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
  );
  const dropRecord = database.prepare("DELETE FROM kpi_record WHERE id = ?");
  const clear = [
    database.prepare("DELETE FROM kpi_counter WHERE measure = ? AND hour >= ?"),
    database.prepare("DELETE FROM kpi_part WHERE measure = ? AND at >= ?"),
  ];

  const putDue = database.prepare(
    "INSERT INTO kpi_due VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET change = excluded.change",
  );
  const dueAnew = database.prepare(
    `INSERT INTO kpi_due SELECT DISTINCT hour, community_id, ?3 FROM kpi_counter WHERE measure = ?1 AND hour >= ?2
     ON CONFLICT DO UPDATE SET change = excluded.change`,
  );
  let { change } = database.prepare("SELECT coalesce(max(change), 0) AS change FROM kpi_due").get() as {
    change: number;
  };
  const writeDown = ({ counters, anew }: KpiChanges): void => {
    change++;
    for (const measure of anew?.measures ?? []) dueAnew.run(measure, anew?.from ?? 0, change);
    const seen = new Set<string>();
    for (const { hour, scope } of counters) {
      const key = `${hour} ${scope.communityId}`;
      if (seen.has(key)) continue;
      seen.add(key);
      putDue.run(hour, scope.communityId, change);
    }
  };

  return (changes: KpiChanges): void => {
    const { counters, parts, records, anew } = changes;
    if (followed) writeDown(changes);
    for (const measure of anew?.measures ?? []) for (const drop of clear) drop.run(measure, anew?.from ?? 0);
    for (const { measure, hour, bin, scope, amount, ms } of counters) {
      addCounter.run(measure, hour, bin, ...valuesOf(scope), amount, ms);
      if (amount < 0) dropEmpty.run(measure, hour, bin, ...valuesOf(scope));
    }
    for (const { part, gone } of parts) {
      (gone ? dropPart : addPart).run(part.measure, part.at, part.recordId, ...valuesOf(part.scope));
    }
    for (const { id, body } of records) {
      if (body === null) dropRecord.run(id);
      else putRecord.run(id, JSON.stringify(body));
    }
  };
}

/** Answers questions about the figures. */
export function createKpiQueries(database: DatabaseSync) {
  const among = (column: string, allowed: readonly (string | number)[] | undefined): [string, SQLInputValue[]] =>
    allowed === undefined ? ["", []] : [` AND ${column} IN (${allowed.map(() => "?").join(", ")})`, [...allowed]];

  const conditions = ({ within }: Pick<KpiQuery, "within">): [string, SQLInputValue[]] => {
    let text = "";
    const values: SQLInputValue[] = [];
    for (const name of names) {
      const [condition, bound] = among(columns[name], within?.[name]);
      text += condition;
      values.push(...bound);
    }
    return [text, values];
  };

  return {
    /** Sums of one measure by hour and by the asked parts of the scope; a range of the index, never the whole table. */
    kpiSums({ measure, from, to, by, within }: KpiQuery): KpiSum[] {
      const [where, bound] = conditions({ within });
      const groups = by.map((name) => columns[name]);
      const selected = [...groups.map((column) => `, ${column}`)].join("");
      const rows = database
        .prepare(
          `SELECT hour, bin${selected}, sum(amount) AS amount, sum(ms) AS ms FROM kpi_counter
           WHERE measure = ? AND hour >= ? AND hour < ?${where} GROUP BY hour, bin${selected}`,
        )
        .all(measure, from, to, ...bound) as Record<string, number | string>[];
      return rows.map((row) => ({
        hour: Number(row.hour),
        bin: Number(row.bin),
        amount: Number(row.amount),
        ms: Number(row.ms),
        group: Object.fromEntries(by.map((name) => [name, row[columns[name]] ?? ""])),
      }));
    },

    /** The records behind a measure, newest first. */
    kpiCases({ measures, from, to, within, cursor, limit }: KpiCases): Page<KpiPart> {
      const [where, bound] = conditions({ within });
      const [before, beforeId] = cursor ? cursor.split("~") : [];
      const after = before === undefined ? "" : " AND (at, record_id) < (?, ?)";
      const rows = database
        .prepare(
          `SELECT at, record_id, group_concat(DISTINCT measure) AS measures FROM kpi_part
           WHERE measure IN (${measures.map(() => "?").join(", ")}) AND at >= ? AND at < ?${where}${after}
           GROUP BY at, record_id ORDER BY at DESC, record_id DESC LIMIT ?`,
        )
        .all(
          ...measures,
          from,
          to,
          ...bound,
          ...(before === undefined ? [] : [Number(before), beforeId ?? ""]),
          limit,
        ) as { at: number; record_id: string; measures: string }[];
      const items = rows.map(({ at, record_id, measures: named }) => ({
        at,
        recordId: record_id,
        measures: named.split(",") as KpiPart["measures"],
      }));
      const last = items.at(-1);
      return { items, next: last && items.length === limit ? `${last.at}~${last.recordId}` : null };
    },
  };
}

export function restoreKpiRecords(database: DatabaseSync): KpiRecord[] {
  const rows = database.prepare("SELECT id, body FROM kpi_record").all() as { id: string; body: string }[];
  return rows.map(({ id, body }) => ({ id, body: JSON.parse(body) }));
}

/**
 * Removes figures older than an instant, so many rows of each table and measure at once.
 * @returns how many rows were removed
 */
export function createKpiRetention(database: DatabaseSync, rows: number): (before: Millis) => number {
  const drop = (table: string, time: string, key: string) =>
    database.prepare(
      `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE measure = ? AND ${time} < ? LIMIT ${rows})`,
    );
  const counters = drop("kpi_counter", "hour", `measure, hour, bin, ${list}`);
  const parts = drop("kpi_part", "at", `measure, at, record_id, ${list}`);
  return (before) => {
    let removed = 0;
    for (const measure of measures) {
      removed += Number(counters.run(measure, before).changes) + Number(parts.run(measure, before).changes);
      if (removed >= rows) break;
    }
    return removed;
  };
}
