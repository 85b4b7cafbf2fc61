import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { CommandError } from "./command.ts";

/** A backup is a folder: the database, the pepper of device logins, pictures, and what it has to be. */
export const DATABASE = "kerbside.db";
export const PEPPER = "pepper";
export const PICTURES = "pictures";
export const MANIFEST = "manifest.json";

const manifest = z.object({
  format: z.literal(1),
  /** ISO time at which the copy was begun: everything receipted before is in it. */
  at: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** Rows of every table. */
  rows: z.record(z.string(), z.number()),
});
export type Manifest = z.infer<typeof manifest>;

/** @throws CommandError when the folder is no complete backup */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) {
    throw new CommandError(
      `${folder} is no backup: it has no ${MANIFEST}. Name the folder that kerbside backup printed.`,
    );
  }
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new CommandError(`${path} is damaged. Use another backup.`);
  }
  const parsed = manifest.safeParse(given);
  if (!parsed.success) throw new CommandError(`${path} is damaged or of another version. Use another backup.`);
  return parsed.data;
}

/**
 * Looks into a copy of the database.
 * @returns how many rows every table has
 * @throws CommandError when SQLite finds it damaged
 */
export function examine(path: string): Record<string, number> {
  const database = new DatabaseSync(path);
  try {
    const found = database.prepare("PRAGMA integrity_check").all() as { integrity_check: string }[];
    if (found.length !== 1 || found[0]?.integrity_check !== "ok") {
      throw new CommandError(`${path} is damaged: ${found[0]?.integrity_check}. Use another copy.`);
    }
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
      .all() as { name: string }[];
    return Object.fromEntries(
      tables.map(({ name }) => {
        const { rows } = database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get() as { rows: number };
        return [name, rows];
      }),
    );
  } catch (error) {
    // SQLITE_CORRUPT and SQLITE_NOTADB: so damaged that it cannot be asked.
    if ([11, 26].includes((error as { errcode?: number }).errcode ?? 0)) {
      throw new CommandError(`${path} is damaged: ${(error as Error).message}. Use another copy.`);
    }
    throw error;
  } finally {
    database.close();
  }
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}
