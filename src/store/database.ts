import { statfsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./migrations.ts";
import { StoreUnavailable } from "./store.ts";

/** SQLite's result codes (sqlite.org/rescode.html) after which a later try may succeed: busy, locked, I/O, full, cannot open. */
const PASSING = new Set([5, 6, 10, 13, 14]);
const IO_ERROR = 10;

/** Opens the database so that a commit means synced, and proves it. */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -65536;
    PRAGMA foreign_keys = ON;
  `);
  const { journal_mode: journal } = database.prepare("PRAGMA journal_mode").get() as { journal_mode: string };
  const { synchronous } = database.prepare("PRAGMA synchronous").get() as { synchronous: number };
  if (journal !== "wal" || synchronous !== 2) {
    throw new Error(
      `the database at ${path} does not sync its commits (journal ${journal}, synchronous ${synchronous})`,
    );
  }
  migrate(database);
  return database;
}

/** Says whether an error may pass by itself, as the error the loop understands; other errors come back unchanged. */
export function asStoreError(error: unknown): unknown {
  const code = (error as { errcode?: number }).errcode;
  if (code === undefined || !PASSING.has(code & 0xff)) return error;
  return new StoreUnavailable((error as Error).message);
}

/** After a failed sync the page cache may lie: the database must be opened anew before the next commit. */
export function needsReopening(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 0x100 === IO_ERROR;
}

export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
