import { parse } from "csv-parse/sync";
import { invalid } from "../domain/problem.ts";
import type { CollectionName } from "../operations/records.ts";

/** Columns that are lists, written `a;b;c`. */
const LISTS = new Set([
  "serves",
  "lines",
  "skills",
  "members",
  "days.weekdays",
  "days.kinds",
  "days.only",
  "days.except",
]);
const NUMBERS = new Set([
  "home.lat",
  "home.lon",
  "days.every",
  "targetPct",
  "proof.visitMinutes",
  "where.circle.lat",
  "where.circle.lon",
  "where.circle.radiusM",
  "place.circle.lat",
  "place.circle.lon",
  "place.circle.radiusM",
]);
const FLAGS = new Set(["proof.picture", "proof.note"]);

/** Columns that repeat: each line of the file with the same id adds one element to the list. */
const ELEMENTS: { readonly [collection in CollectionName]?: (record: Nested) => { list: string; columns: string[] } } =
  {
    rosters: () => ({ list: "entries", columns: ["personId", "where"] }),
    shifts: () => ({ list: "breaks", columns: ["breakFrom", "breakTo"] }),
    plans: (record) =>
      record.kind === "collection"
        ? { list: "stops", columns: ["pointId", "from", "to"] }
        : { list: "sections", columns: record.kind === "sweep" ? ["sectionId", "from", "to"] : ["sectionId"] },
  };
const RENAMED: Readonly<Record<string, string>> = { breakFrom: "from", breakTo: "to" };

type Nested = { [name: string]: unknown };

/**
 * Records out of a JSON array or CSV. A column `where.sectionId` is the field `sectionId` of `where`; lines with the same id
 * are one record with several entries, stops, sections or breaks.
 * @throws Problem 400 when the body is neither
 */
export function readRecords(collection: CollectionName, body: unknown, contentType: string): readonly unknown[] {
  if (Array.isArray(body)) return body;
  if (!contentType.startsWith("text/csv")) throw invalid("send a JSON array of records, or text/csv");
  let lines: Record<string, string>[];
  try {
    lines = parse(String(body), { columns: true, skip_empty_lines: true, bom: true, trim: true });
  } catch (error) {
    throw invalid(`the CSV cannot be read: ${(error as Error).message}`);
  }
  const records = new Map<string, Nested>();
  for (const [index, line] of lines.entries()) {
    const fields: Nested = {};
    for (const [column, text] of Object.entries(line))
      if (text !== "") put(fields, column.split("."), value(column, text));
    const element = ELEMENTS[collection]?.(fields);
    const { list, part } = element ? take(fields, element) : { list: null, part: null };
    const key = typeof fields.id === "string" ? fields.id : `line ${index + 1}`;
    const known = records.get(key);
    const record = known ?? fields;
    // A collection without repeating columns must not have an id twice: the register says so.
    if (known && !element) records.set(`${key} again in line ${index + 1}`, fields);
    else records.set(key, record);
    if (list === null || part === null) continue;
    const parts = (record[list] as unknown[] | undefined) ?? [];
    parts.push(part);
    record[list] = parts;
  }
  return [...records.values()];
}

function take(fields: Nested, { list, columns }: { list: string; columns: string[] }) {
  const part: Nested = {};
  for (const column of columns) {
    if (fields[column] === undefined) continue;
    part[RENAMED[column] ?? column] = fields[column];
    delete fields[column];
  }
  if (Object.keys(part).length === 0) return { list, part: null };
  return { list, part: columns.length === 1 ? part[columns[0] as string] : part };
}

function put(into: Nested, [first = "", ...rest]: readonly string[], given: unknown): void {
  // Names of fields come from outside: an own property always, never the prototype.
  if (rest.length === 0)
    Object.defineProperty(into, first, { value: given, enumerable: true, writable: true, configurable: true });
  else {
    if (!Object.hasOwn(into, first)) put(into, [first], {});
    put(into[first] as Nested, rest, given);
  }
}

function value(column: string, text: string): unknown {
  if (LISTS.has(column)) return text.split(/[;\s]+/).filter((part) => part !== "");
  if (NUMBERS.has(column)) return Number(text);
  if (FLAGS.has(column)) return text === "true" || text === "1";
  return text;
}
