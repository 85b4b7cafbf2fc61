import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DAY, type Millis } from "../../domain/time.ts";
import { type Columns, decodeChunk } from "../../store/chunks.ts";
import { merge } from "../../store/merge.ts";
import { schemaVersion } from "../../store/migrations.ts";
import { decodeReadings } from "../../store/readings.ts";
import { decodeWindows, tiers } from "../../store/tiers.ts";
import { CommandError } from "../command.ts";
import { DATABASE, PEPPER, PICTURES } from "../saved.ts";
import { EXPORT_FORMAT, type Header, type ReadingLine, type Tally, type WindowLine } from "./format.ts";
import { pictureFiles } from "./picture-files.ts";
import { type ExportKind, exportTables, movedPositions } from "./tables.ts";
import { unpackedReadings } from "./unpacked.ts";

export interface Selection {
  readonly kinds: readonly ExportKind[];
  /** Inclusive, epoch ms; null: from the beginning. */
  readonly from: Millis | null;
  /** Exclusive. */
  readonly to: Millis | null;
}

/** A day of a busy device is told in pieces, so that no line becomes too long to hold. */
const READINGS_PER_LINE = 20_000;
type Row = Record<string, number | string | Uint8Array | null>;

/**
 * Everything a center knows, line by line, as it is at one moment: the center may run, it neither waits nor is waited for.
 * @param tally counts what was given so far
 * @throws CommandError when the folder holds no database, or one of another version
 */
export function* exportLines(data: string, { kinds, from, to }: Selection, tally: Tally): Generator<string> {
  if (!existsSync(join(data, DATABASE))) {
    throw new CommandError(`${data} holds no ${DATABASE}: name the center's folder with --data-dir or DATA_DIR.`);
  }
  const database = new DatabaseSync(join(data, DATABASE), { readOnly: true, timeout: 5_000 });
  try {
    // One view of everything, from the first question until the last.
    database.exec("BEGIN");
    const { user_version: schema } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (schema !== schemaVersion) {
      const what = schema < schemaVersion ? "start it once with this version" : "export it with its own version";
      throw new CommandError(`The database has version ${schema}, this Kerbside ${schemaVersion}: ${what}.`);
    }
    const span = [from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER] as const;
    const header = headerOf(database, { kinds, from, to }, schema);
    const line = (name: string, value: unknown): string => {
      const text = JSON.stringify({ [name]: value });
      if (name === "kerbside") tally.hash(text);
      else tally.add(name, text);
      return text;
    };
    yield line("kerbside", header);
    if (existsSync(join(data, PEPPER)) && (kinds.includes("devices") || kinds.includes("documents"))) {
      yield line("pepper", readFileSync(join(data, PEPPER), "utf8").trim());
    }
    for (const table of exportTables) {
      if (!kinds.includes(table.kind) && table.name !== "device_place") continue;
      const where = table.within ? `WHERE ${table.within}` : "";
      const select = database.prepare(`SELECT * FROM ${table.name} ${where} ORDER BY ${table.order}`);
      for (const row of select.iterate(...(table.within ? span : [])) as Iterable<Row>) {
        const parsed = table.json.map((column) => [column, JSON.parse(String(row[column]))]);
        yield line(table.name, { ...row, ...Object.fromEntries(parsed) });
      }
    }
    if (kinds.includes("readings")) {
      for (const reading of readingLines(database, span)) {
        tally.readings += reading.at.length;
        yield line("readings", reading);
      }
      for (const windows of windowLines(database, span, header.positions.readingsFloor ?? 0)) {
        yield line("windows", windows);
      }
    }
    if (kinds.includes("states")) {
      for (const entry of journalEntries(database)) yield line("journal", entry);
    }
    // After the records that name them: one that is just being written has no record yet.
    if (kinds.includes("pictures")) {
      for (const { id, path } of pictureFiles(join(data, PICTURES))) {
        const file = readPicture(path, span);
        if (file) yield line("picture", { id, bytes: file.toString("base64") });
      }
    }
    yield JSON.stringify({ end: tally.end() });
  } finally {
    database.close();
  }
}

function headerOf(database: DatabaseSync, selection: Selection, schema: number): Header {
  const meta = database.prepare("SELECT value FROM meta WHERE key = ?");
  const value = (key: string) => (meta.get(key) as { value: string } | undefined)?.value;
  const positions = movedPositions.flatMap((key) => {
    const own = value(key);
    return own === undefined ? [] : [[key, Number(own)]];
  });
  return {
    format: EXPORT_FORMAT,
    schema,
    at: new Date().toISOString(),
    epoch: value("epoch") ?? "",
    ...selection,
    kinds: [...selection.kinds],
    positions: Object.fromEntries(positions) as Record<string, number>,
  };
}

/** A device and a day at a time, packed and not yet packed ones united. */
function* readingLines(database: DatabaseSync, [from, to]: readonly [Millis, Millis]): Generator<ReadingLine> {
  const tail = unpackedReadings(database);
  const days = database.prepare("SELECT DISTINCT day FROM chunk WHERE device = ? AND day BETWEEN ? AND ?");
  const parts = database.prepare("SELECT body FROM chunk WHERE device = ? AND day = ? ORDER BY part");
  const packed = database.prepare("SELECT DISTINCT device FROM chunk").all() as { device: number }[];
  const devices = new Set([...packed.map(({ device }) => device), ...tail.devices()]);
  for (const device of [...devices].sort((a, b) => a - b)) {
    const rows = days.all(device, Math.floor(from / DAY), Math.floor((to - 1) / DAY)) as { day: number }[];
    const numbers = new Set(rows.map(({ day }) => day));
    for (const { at } of tail.of(device, from, to)) numbers.add(Math.floor(at / DAY));
    for (const day of [...numbers].sort((a, b) => a - b)) {
      const chunks = parts.all(device, day) as { body: Uint8Array }[];
      const own = tail.of(device, day * DAY, (day + 1) * DAY);
      yield* pieces(
        device,
        merge(
          chunks.map(({ body }) => decodeChunk(body)),
          own,
        ),
        from,
        to,
      );
    }
  }
}

function* pieces(device: number, { at, values }: Columns, from: Millis, to: Millis): Generator<ReadingLine> {
  const rows = Array.from(at.keys()).filter((row) => Number(at[row]) >= from && Number(at[row]) < to);
  for (let first = 0; first < rows.length; first += READINGS_PER_LINE) {
    const own = rows.slice(first, first + READINGS_PER_LINE);
    const columns = Array.from(values, ([name, column]) => {
      const values = own.map((row) => (Number.isNaN(column[row]) ? null : (column[row] as number)));
      return [name, values] as const;
    });
    yield {
      device,
      at: own.map((row) => at[row] as number),
      values: Object.fromEntries(columns.filter(([, values]) => values.some((value) => value !== null))),
    };
  }
}

/** Windows of days whose readings were removed; of later ones the readings themselves are told. */
function* windowLines(
  database: DatabaseSync,
  [from, to]: readonly [Millis, Millis],
  floorDay: number,
): Generator<WindowLine> {
  for (const { id: tier, windowMs, periodMs } of Object.values(tiers)) {
    const end = Math.min(to, floorDay * DAY);
    const rows = database.prepare("SELECT device, period, body FROM tier WHERE tier = ? AND period <= ?");
    const last = Math.floor((end - 1) / periodMs);
    for (const row of rows.iterate(tier, last) as Iterable<{ device: number; period: number; body: Uint8Array }>) {
      const metrics = Array.from(decodeWindows(row.body), ([name, windows]) => {
        const within = [...windows].filter(([number]) => number * windowMs >= from && number * windowMs < end);
        const told = within.map(([number, { count, sum, min, max, first, last: newest }]) => {
          return [number, count, sum, min, max, first, newest];
        });
        return [name, told] as const;
      }).filter(([, told]) => told.length > 0);
      if (metrics.length === 0) continue;
      yield { tier, device: row.device, period: row.period, metrics: Object.fromEntries(metrics) };
    }
  }
}

/** What came after the states were last kept, in the order it was committed, as a restart would apply it. */
function* journalEntries(database: DatabaseSync): Generator<unknown[]> {
  const meta = database.prepare("SELECT value FROM meta WHERE key = 'checkpointLog'").get() as
    | { value: string }
    | undefined;
  const log = database.prepare("SELECT body FROM log WHERE id > ? ORDER BY id");
  for (const { body } of log.iterate(Number(meta?.value ?? 0)) as Iterable<{ body: Uint8Array }>) {
    const readings: unknown[] = [];
    decodeReadings(body, (reading) => readings.push(reading));
    yield readings;
  }
}

/** Null when it was removed meanwhile, or was stored at another time. */
function readPicture(path: string, [from, to]: readonly [Millis, Millis]): Buffer | null {
  try {
    const { mtimeMs } = statSync(path);
    return mtimeMs >= from && mtimeMs < to ? readFileSync(path) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
