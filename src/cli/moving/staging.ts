import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type MetricName, metrics as metricTable } from "../../domain/metrics.ts";
import { DAY } from "../../domain/time.ts";
import { type Columns, encodeChunk } from "../../store/chunks.ts";
import { makeFolder } from "../../store/folder.ts";
import type { Reading } from "../../store/kept.ts";
import { migrate, schemaVersion } from "../../store/migrations.ts";
import { ReadingWriter } from "../../store/readings.ts";
import { encodeWindows, type Summary } from "../../store/tiers.ts";
import { CommandError } from "../command.ts";
import { DATABASE, PEPPER, PICTURES } from "../saved.ts";
import { type Header, type Line, type ReadingLine, readExport, type Tally, type WindowLine } from "./format.ts";
import { picturePath } from "./picture-files.ts";
import { exportTables } from "./tables.ts";

/** An export unpacked into a folder of its own, row by row as it is told, under the numbers and revisions of its center. */
export interface Staged {
  readonly header: Header;
  readonly folder: string;
  readonly database: string;
}

/**
 * Makes an empty folder to unpack into; what an import that broke off has left there goes.
 * @throws CommandError while another import unpacks there
 */
export function claimStaging(folder: string): void {
  const path = join(folder, DATABASE);
  if (existsSync(path)) {
    const left = new DatabaseSync(path);
    try {
      left.exec("BEGIN EXCLUSIVE; ROLLBACK");
    } catch (error) {
      // Whatever else is wrong with it, it is thrown away.
      if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
        throw new CommandError(`Another import into ${dirname(folder)} is running: wait until it has ended.`);
      }
    } finally {
      left.close();
    }
  }
  rmSync(folder, { recursive: true, force: true });
  makeFolder(folder, 0o700);
}
const SQLITE_BUSY = 5;

/**
 * Unpacks an export beside the center's data, which is not touched. When this resolves, the whole of it was read and its sum is
 * right; the tables have this program's version.
 * @param folder that `claimStaging` has made
 * @throws CommandError when it cannot be read, naming the line
 */
export async function stage(input: AsyncIterable<Uint8Array>, folder: string, tally: Tally): Promise<Staged> {
  const path = join(folder, DATABASE);
  const database = new DatabaseSync(path);
  try {
    // Nothing here outlives a crash: the next import begins with an empty folder.
    database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE");
    const opened: { header?: Header; put?: (line: Line) => void } = {};
    const begin = (header: Header) => {
      migrate(database, header.schema);
      Object.assign(opened, { header, put: createWriter(database, folder, tally) });
      database.exec("BEGIN");
    };
    for await (const line of readExport(input, { schema: schemaVersion }, tally, begin)) {
      try {
        opened.put?.(line);
      } catch (error) {
        if (error instanceof CommandError) throw error;
        throw new CommandError(`Line ${line.number} of the export (${line.name}): ${(error as Error).message}.`);
      }
    }
    // A reader that ends well has given it.
    const header = opened.header as Header;
    const meta = database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
    for (const [key, value] of Object.entries(header.positions)) meta.run(key, String(value));
    database.exec("COMMIT");
    migrate(database);
    return { header, folder, database: path };
  } finally {
    database.close();
  }
}

function createWriter(database: DatabaseSync, folder: string, tally: Tally): (line: Line) => void {
  const inserts = new Map(
    exportTables.map((table) => [table.name, { json: table.json, insert: null as Insert | null }]),
  );
  const lastPart = database.prepare("SELECT max(part) AS part FROM chunk WHERE device = ? AND day = ?");
  const putChunk = database.prepare("INSERT INTO chunk (device, day, part, count, body) VALUES (?, ?, ?, ?, ?)");
  const putTier = database.prepare("INSERT INTO tier (tier, device, period, body) VALUES (?, ?, ?, ?)");
  const putLog = database.prepare("INSERT INTO log (count, body) VALUES (?, ?)");

  const others: Readonly<Record<string, (value: never) => void>> = {
    pepper(value: string) {
      if (!/^[0-9a-f]{64}$/.test(value)) throw new Error("must be 32 bytes in hexadecimal");
      writeFileSync(join(folder, PEPPER), value, { mode: 0o600 });
    },
    readings(value: ReadingLine) {
      const columns = columnsOf(value);
      const day = Math.floor((value.at[0] ?? 0) / DAY);
      if (value.at.some((at) => Math.floor(at / DAY) !== day)) throw new Error("holds readings of several days");
      const { part } = lastPart.get(value.device, day) as { part: number | null };
      putChunk.run(value.device, day, part === null ? 0 : part + 1, value.at.length, encodeChunk(columns));
      tally.readings += value.at.length;
    },
    windows({ tier, device, period, metrics }: WindowLine) {
      const windows = Object.entries(metrics).map(([name, told]) => {
        const own = told.map((numbers) => {
          const [number, count, sum, min, max, first, last] = numbers as [number, ...number[]];
          return [number, { count, sum, min, max, first, last } as Summary] as const;
        });
        return [metricOf(name), new Map(own)] as const;
      });
      putTier.run(tier, device, period, encodeWindows(new Map(windows)));
    },
    journal(value: readonly Reading[]) {
      const writer = new ReadingWriter();
      for (const reading of value) writer.append(reading);
      putLog.run(writer.count, new Uint8Array(writer.finish() ?? new ArrayBuffer(0)));
    },
    picture({ id, bytes }: { id: string; bytes: string }) {
      const file = Buffer.from(bytes, "base64");
      if (
        createHash("sha256").update(file).digest("hex") !== id.slice(0, 64) ||
        !/^[0-9a-f]{64}\.(?:jpg|png|webp)$/.test(id)
      ) {
        throw new Error("the picture is not what its id says");
      }
      const path = picturePath(join(folder, PICTURES), id);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file);
    },
  };

  return ({ name, value }) => {
    const table = inserts.get(name);
    if (table) {
      table.insert ??= insertInto(database, name, table.json);
      table.insert(value as Record<string, unknown>);
    } else if (Object.hasOwn(others, name)) {
      others[name]?.(value as never);
    } else {
      throw new Error("is unknown to this version");
    }
  };
}

type Insert = (row: Readonly<Record<string, unknown>>) => void;

function insertInto(database: DatabaseSync, table: string, json: readonly string[]): Insert {
  const columns = (database.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[]).map(({ name }) => name);
  const marks = columns.map(() => "?").join(", ");
  const statement: StatementSync = database.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`);
  return (row) => {
    const unknown = Object.keys(row).find((name) => !columns.includes(name));
    if (unknown !== undefined) throw new Error(`has a member ${unknown} that is unknown`);
    statement.run(
      ...columns.map((name): SQLInputValue => {
        const value = row[name];
        if (json.includes(name)) return JSON.stringify(value);
        return value === undefined ? null : (value as SQLInputValue);
      }),
    );
  };
}

function columnsOf({ at, values }: ReadingLine): Columns {
  const columns = Object.entries(values).map(([name, column]) => {
    if (column.length !== at.length) throw new Error(`${name} has ${column.length} values for ${at.length} times`);
    return [metricOf(name), Float64Array.from(column, (value) => value ?? Number.NaN)] as const;
  });
  return { at: Float64Array.from(at), values: new Map(columns) };
}

function metricOf(name: string): MetricName {
  if (!Object.hasOwn(metricTable, name)) throw new Error(`there is no metric ${name}`);
  return name as MetricName;
}
