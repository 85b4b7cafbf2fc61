import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those it lies in. Not `recursive`: Node never returns where a file system says "there is no such folder"
 * for one that it does not let be made, as /proc does.
 * @throws the file system's error
 */
export function makeFolder(path: string, mode = 0o777): void {
  const known = statSync(path, { throwIfNoEntry: false });
  if (known?.isDirectory()) return;
  if (known) throw Object.assign(new Error(`${path} is a file`), { code: "ENOTDIR" });
  if (dirname(path) !== path) makeFolder(dirname(path), mode);
  mkdirSync(path, { mode });
}
