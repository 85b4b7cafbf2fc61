import type { Calendar } from "../domain/calendar.ts";
import type { Text } from "../domain/text.ts";
import { MINUTE, type Millis } from "../domain/time.ts";

/** What is exported: rows that come one after the other, so that a million of them need no more memory than one. */

export type Cell = string | number | boolean | null;

export interface Column {
  readonly title: Text;
  /** `time`: epoch milliseconds, written as local time. */
  readonly holds: "text" | "number" | "time";
}

export interface Table {
  /** Name of the file and of the sheet. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly rows: AsyncIterable<readonly Cell[]>;
}

export type Language = keyof Text;

/** Local time with its offset, ISO 8601: `2026-09-22T10:13:20+08:00`. */
export function localTime(at: Millis, calendar: Calendar): string {
  const offset = calendar.offsetMs(at);
  const minutes = Math.abs(offset) / MINUTE;
  const two = (part: number) => String(Math.floor(part)).padStart(2, "0");
  const zone = `${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  return `${new Date(at + offset).toISOString().slice(0, 19)}${zone}`;
}

/**
 * Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection). Numbers are written
 * as numbers and need none.
 */
export function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
