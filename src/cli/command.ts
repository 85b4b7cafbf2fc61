import { resolve } from "node:path";

/** One thing the command line can do. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** All there is to know, as `--help` shows it. */
  readonly help: string | (() => Promise<string>);
  /**
   * @returns what is printed when it went well
   * @throws CommandError when the person at the terminal can mend it
   */
  run(parameters: readonly string[], environment: Environment): Promise<string | null>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Says in a sentence what is wrong and what to do. */
export class CommandError extends Error {}

/** A command that was written wrongly: the program ends with 2 instead of 1. */
export class UsageError extends CommandError {}

/** The center's folder, as every command finds it. */
export function dataFolder(given: string | undefined, environment: Environment): string {
  return resolve(given ?? environment.DATA_DIR ?? "./data");
}

/** What SQLite says of the disk (sqlite.org/rescode.html), as the file system would. */
const sqliteCodes: Readonly<Record<number, string>> = { 8: "EROFS", 13: "ENOSPC", 14: "EACCES" };

/** A sentence for an error of the file system; others come back as they are. */
export function asCommandError(error: unknown, doing: string): unknown {
  const { errcode, code: own } = error as { errcode?: number; code?: string };
  const code = errcode === undefined ? own : sqliteCodes[errcode & 0xff];
  const meanings: Readonly<Record<string, string>> = {
    EACCES: "this user may not write or read there",
    EPERM: "this user may not write or read there",
    EROFS: "the disk is read-only",
    ENOSPC: "the disk is full",
    ENOENT: "there is no such file or folder",
    ENOTDIR: "a part of the path is a file, not a folder",
    EEXIST: "there is something of that name already",
  };
  const meaning = code === undefined ? undefined : meanings[code];
  return meaning ? new CommandError(`${doing}: ${meaning} (${code}).`) : error;
}
