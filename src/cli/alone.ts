import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { auditHash } from "../store/commit.ts";
import { migrate } from "../store/migrations.ts";
import { CommandError } from "./command.ts";

/** What changes the data of a center that does not run. */

const ACTOR = "command line";

/** Opens a database for nobody else. @throws CommandError while a center has it open */
export function openAlone(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 1_000 });
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec("BEGIN IMMEDIATE; COMMIT");
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    // SQLITE_BUSY
    if ((error as { errcode?: number }).errcode !== 5) throw error;
    throw new CommandError(`A center runs on ${dirname(path)}: stop it first.`);
  }
}

/** Adds an entry of our own to the audit. */
export function noteInAudit(database: DatabaseSync, action: string, target: string, details: unknown): void {
  const last = database.prepare("SELECT hash FROM main.audit ORDER BY id DESC LIMIT 1").get() as
    | { hash: string }
    | undefined;
  const at = Date.now();
  const text = JSON.stringify(details);
  database
    .prepare("INSERT INTO main.audit (at, actor, action, target, details, hash) VALUES (?, ?, ?, ?, ?, ?)")
    .run(at, ACTOR, action, target, text, auditHash(last?.hash ?? "", [at, ACTOR, action, target, text]));
}
