import { Readable } from "node:stream";
import type { Calendar } from "../domain/calendar.ts";
import { type Cell, type Column, harmless, type Language, localTime, type Table } from "./table.ts";

/** Spreadsheets take UTF-8 for what it is only behind this mark. */
const BYTE_ORDER_MARK = "\uFEFF";
const LINES_AT_ONCE = 500;

/** A table as CSV (RFC 4180, UTF-8), written as it is read. */
export function csv({ columns, rows }: Table, language: Language, calendar: Calendar): Readable {
  const line = (cells: readonly string[]) => `${cells.map(quoted).join(",")}\r\n`;
  async function* text() {
    let part = BYTE_ORDER_MARK + line(columns.map(({ title }) => title[language]));
    let lines = 0;
    for await (const row of rows) {
      part += line(row.map((cell, index) => cellText(cell, columns[index], calendar)));
      if (++lines % LINES_AT_ONCE > 0) continue;
      yield part;
      part = "";
    }
    yield part;
  }
  return Readable.from(text());
}

function cellText(cell: Cell, column: Column | undefined, calendar: Calendar): string {
  if (cell === null) return "";
  if (column?.holds === "time" && typeof cell === "number") return localTime(cell, calendar);
  return typeof cell === "string" ? harmless(cell) : String(cell);
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
