import { createHash, type Hash } from "node:crypto";
import { z } from "zod";
import { CommandError } from "../command.ts";
import { type ExportKind, exportKinds } from "./tables.ts";

/**
 * An export is a stream of lines, each a JSON object with one member that says what it is: the header first, then rows, and
 * a closing line with how many there were of each and the SHA-256 of every byte before it.
 */

/** Raised when lines change their form; what the rows hold is said by `schema`. */
export const EXPORT_FORMAT = 1;
/** Version of the tables when exports began. */
const FIRST_SCHEMA = 11;
const LONGEST_HEADER = 64 * 1024;
/** The longest line is a large picture in base64; whatever is longer is no export. */
const LONGEST_LINE = 256 * 1024 * 1024;

const kindNames = Object.keys(exportKinds) as [ExportKind, ...ExportKind[]];

const headerShape = z.object({
  format: z.number().int(),
  /** Version of the tables the rows were taken from. */
  schema: z.number().int().min(FIRST_SCHEMA),
  /** ISO time: everything receipted before is in it. */
  at: z.string(),
  /** Epoch of the center it was taken from. */
  epoch: z.string(),
  kinds: z.array(z.enum(kindNames)),
  /** Epoch ms, when only a stretch was taken. */
  from: z.number().nullable(),
  to: z.number().nullable(),
  positions: z.record(z.string(), z.number()),
});
export type Header = z.infer<typeof headerShape>;

const endShape = z.object({ lines: z.record(z.string(), z.number()), readings: z.number(), sha256: z.string() });
export type End = z.infer<typeof endShape>;

/** Readings of one device within one day, metric by metric; null: not measured then. */
export interface ReadingLine {
  readonly device: number;
  readonly at: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** What readings that were removed since add up to: windows as [number, count, sum, min, max, first, last]. */
export interface WindowLine {
  readonly tier: number;
  readonly device: number;
  readonly period: number;
  readonly metrics: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Counts and sums up what is written or read. */
export class Tally {
  readonly lines: Record<string, number> = {};
  readings = 0;
  bytes = 0;
  readonly #hash: Hash = createHash("sha256");

  /** @param line without its line break */
  add(name: string, line: string | Uint8Array): void {
    this.lines[name] = (this.lines[name] ?? 0) + 1;
    this.hash(line);
  }

  hash(line: string | Uint8Array): void {
    this.#hash.update(line).update("\n");
    this.bytes += line.length + 1;
  }

  get total(): number {
    return Object.values(this.lines).reduce((sum, count) => sum + count, 0);
  }

  end(): End {
    return { lines: this.lines, readings: this.readings, sha256: this.#hash.digest("hex") };
  }
}

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly name: string;
  readonly value: unknown;
}

/**
 * Reads an export: the header, then every row, checked against the closing line when that is reached. Whoever reads the rows
 * must not believe them before the last one was given.
 * @param tally counts what was read so far
 * @throws CommandError when it is no export, of a newer version, cut off, or not as it was written
 */
export async function* readExport(
  input: AsyncIterable<Uint8Array>,
  newest: { readonly schema: number },
  tally: Tally,
  onHeader: (header: Header) => void,
): AsyncGenerator<Line> {
  let number = 0;
  let end: End | null = null;
  for await (const line of splitLines(input)) {
    number++;
    if (end) throw new CommandError(`Line ${number}: something follows the last line of the export.`);
    const { name, value } = parseLine(line, number);
    if (number === 1) {
      onHeader(parseHeader(name, value, newest));
      tally.hash(line);
    } else if (name === "end") {
      end = endShape.parse(value);
    } else {
      tally.add(name, line);
      yield { number, name, value };
    }
  }
  if (number === 0) throw new CommandError("There is nothing to import: the input is empty.");
  if (!end) throw new CommandError(`The export is cut off after line ${number}: its closing line is missing.`);
  const read = tally.end();
  for (const name of new Set([...Object.keys(end.lines), ...Object.keys(read.lines)])) {
    if (read.lines[name] === end.lines[name]) continue;
    throw new CommandError(
      `The export holds ${read.lines[name] ?? 0} lines of ${name}, its last line says ${end.lines[name] ?? 0}.`,
    );
  }
  if (read.sha256 !== end.sha256) throw new CommandError("The export is not what was written: its sum differs.");
}

function parseLine(line: Buffer, number: number): { name: string; value: unknown } {
  try {
    const object = JSON.parse(line.toString("utf8")) as Record<string, unknown>;
    const [name, ...more] = Object.keys(object);
    if (name !== undefined && more.length === 0) return { name, value: object[name] };
  } catch {
    // Said below.
  }
  if (number === 1) throw noExport();
  throw new CommandError(`Line ${number} of the export cannot be read.`);
}

function parseHeader(name: string, value: unknown, newest: { schema: number }): Header {
  if (name !== "kerbside") throw noExport();
  const { format, schema } = (value ?? {}) as { format?: unknown; schema?: unknown };
  if (Number(format) > EXPORT_FORMAT || Number(schema) > newest.schema) {
    throw new CommandError(
      `The export was written by a newer Kerbside (format ${format}, tables ${schema}; this one reads up to ` +
        `${EXPORT_FORMAT} and ${newest.schema}). Import it with that version.`,
    );
  }
  const parsed = headerShape.safeParse(value);
  if (!parsed.success) throw new CommandError("The first line of the export is damaged.");
  return parsed.data;
}

const noExport = () =>
  new CommandError("This is no export of Kerbside: its first line must be what kerbside export writes.");

async function* splitLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  let first = true;
  for await (const chunk of input) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = rest.indexOf(10); at !== -1; at = rest.indexOf(10)) {
      parts.push(rest.subarray(0, at));
      yield parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      first = false;
      parts = [];
      length = 0;
      rest = rest.subarray(at + 1);
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
    if (first && length > LONGEST_HEADER) throw noExport();
    if (length > LONGEST_LINE) throw new CommandError(`A line of the export is longer than ${LONGEST_LINE} bytes.`);
  }
  // What was written ends with a line break: what does not was cut off.
  if (first && length > 0) yield Buffer.concat(parts);
}
