import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "./folder.ts";

/** A center that is just ending gives its folder free within this time. */
const PATIENCE_MS = 2_000;

/**
 * Keeps a second center out of a folder: two would each hold the present in memory and tell their screens different things.
 * The lock is the operating system's, on a small file of its own: it ends with the process however that ends, and reading
 * the data beside a running center (backup, export) is not in its way.
 * @throws Error that says what to do when another center has the folder
 */
export function holdFolder(directory: string): Disposable {
  makeFolder(directory);
  const lock = new DatabaseSync(join(directory, "center.lock"), { timeout: PATIENCE_MS });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new Error(`another center runs on the data in ${directory}: stop it, or give this one a DATA_DIR of its own`);
  }
  return { [Symbol.dispose]: () => lock.close() };
}

const SQLITE_BUSY = 5;
