import type { DatabaseSync } from "node:sqlite";
import type { ReportKind, ReportNote } from "../reports/period.ts";
import type { Report } from "../reports/report.ts";
import type { Page } from "./questions.ts";

/** Keeps a report; one that is kept already stays as it is. */
export function createReportWriter(database: DatabaseSync): (report: Report) => void {
  const put = database.prepare(
    "INSERT INTO report (id, kind, from_at, to_at, made_at, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  return (report) => {
    const { id, kind, from, to, madeAt } = report;
    put.run(id, kind, from, to, madeAt, JSON.stringify(report));
  };
}

export function createReportQueries(database: DatabaseSync) {
  const one = database.prepare("SELECT body FROM report WHERE id = ?");
  const notes = database.prepare(
    `SELECT id, kind, from_at AS "from", to_at AS "to", made_at AS madeAt FROM report
     WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR from_at < ?2) ORDER BY from_at DESC, id LIMIT ?3`,
  );
  return {
    report(id: string): Report | null {
      const row = one.get(id) as { body: string } | undefined;
      return row ? JSON.parse(row.body) : null;
    },
    /** Newest period first; `next` is where the page after this one begins. */
    reports({ kind, before, limit }: { kind?: ReportKind; before?: number; limit: number }): Page<ReportNote> {
      const rows = notes.all(kind ?? null, before ?? null, limit + 1) as unknown as ReportNote[];
      const items = rows.slice(0, limit).map((row) => ({ ...row }));
      return { items, next: rows.length > limit ? String(items.at(-1)?.from) : null };
    },
  };
}
