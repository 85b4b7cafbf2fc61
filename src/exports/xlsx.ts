import { PassThrough, type Readable } from "node:stream";
import ExcelJS from "exceljs";
import type { Calendar } from "../domain/calendar.ts";
import { type Cell, type Column, harmless, type Language, type Table } from "./table.ts";

/** A sheet holds 1,048,576 rows; a longer table goes on in another one. */
const ROWS_PER_SHEET = 1_000_000;
/** Rows between two looks at whether the reader keeps up. */
const ROWS_AT_ONCE = 500;
const UNREAD_BYTES = 1024 * 1024;
const WIDTHS = { text: 24, number: 14, time: 20 } as const;

/** Tables as the sheets of a workbook, written as they are read. */
export function xlsx(tables: readonly Table[], language: Language, calendar: Calendar): Readable {
  const output = new PassThrough();
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({ stream: output, useStyles: true, useSharedStrings: false });
  const write = async (): Promise<void> => {
    for (const table of tables) await writeTable(workbook, table, output, language, calendar);
    await workbook.commit();
  };
  write().catch((error: Error) => output.destroy(error));
  return output;
}

async function writeTable(
  workbook: ExcelJS.stream.xlsx.WorkbookWriter,
  { name, columns, rows }: Table,
  output: PassThrough,
  language: Language,
  calendar: Calendar,
): Promise<void> {
  const open = (number: number) => {
    const sheet = workbook.addWorksheet(sheetName(name, number), { views: [{ state: "frozen", ySplit: 1 }] });
    sheet.columns = columns.map(({ title, holds }) => ({
      header: title[language],
      width: WIDTHS[holds],
      ...(holds === "time" && { style: { numFmt: "yyyy-mm-dd hh:mm:ss" } }),
    }));
    return sheet;
  };
  let sheet = open(1);
  let written = 0;
  for await (const row of rows) {
    if (written > 0 && written % ROWS_PER_SHEET === 0) {
      sheet.commit();
      sheet = open(1 + written / ROWS_PER_SHEET);
    }
    sheet.addRow(row.map((cell, index) => value(cell, columns[index], calendar))).commit();
    if (++written % ROWS_AT_ONCE > 0) continue;
    if (output.destroyed) return;
    // The writer does not wait for its reader by itself.
    while (output.writableLength > UNREAD_BYTES) await drained(output);
    await new Promise((resolve) => setImmediate(resolve));
  }
  sheet.commit();
}

/** Waits until there is room again, or nobody reads any more. */
function drained(output: PassThrough): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error("nobody reads the workbook any more"));
    output.once("drain", () => {
      output.off("close", end);
      resolve();
    });
    output.once("close", end);
  });
}

function value(cell: Cell, column: Column | undefined, calendar: Calendar): Cell | Date {
  if (typeof cell === "string") return harmless(cell);
  if (column?.holds !== "time" || typeof cell !== "number") return cell;
  // Workbooks know no zones: what stands there is the local wall clock.
  return new Date(cell + calendar.offsetMs(cell));
}

/** Sheets are named with at most 31 characters, without the ones that have a meaning in references. */
const sheetName = (name: string, number: number): string =>
  `${name.replaceAll(/[\\/*?:[\]]/g, " ").slice(0, 26)}${number > 1 ? ` ${number}` : ""}`;
