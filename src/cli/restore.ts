import { copyFileSync, cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { makeFolder } from "../store/folder.ts";
import { asCommandError, type Command, CommandError, dataFolder, UsageError } from "./command.ts";
import { syncFolder } from "./disk.ts";
import { DATABASE, examine, PEPPER, PICTURES, readManifest, sha256 } from "./saved.ts";

export const restore: Command = {
  summary: "puts a backup into an empty folder, for a center to start with",
  help: `Usage: kerbside restore <backup> [--data-dir DIR]

  <backup>        a folder that kerbside backup has written
  --data-dir DIR  the new center's folder (DATA_DIR, else ./data); it must hold no database yet

Copies, and compares the copy with the manifest: its sum, and the rows of each table. The restored center has a
new epoch: every screen that knew the old one reloads instead of believing what no longer is.`,

  async run(parameters, environment) {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      options: { "data-dir": { type: "string" } },
      allowPositionals: true,
    });
    const [given] = positionals;
    if (given === undefined || positionals.length > 1) {
      throw new UsageError("Name one backup: kerbside restore <backup> [--data-dir DIR].");
    }
    const backup = resolve(given);
    const data = dataFolder(values["data-dir"], environment);
    const manifest = readManifest(backup);
    const target = join(data, DATABASE);
    for (const name of [DATABASE, `${DATABASE}-wal`, PEPPER, PICTURES]) {
      if (!existsSync(join(data, name))) continue;
      throw new CommandError(
        `${data} is not empty (${name}). Stop its center and move the folder away, or name another.`,
      );
    }
    const partial = `${target}.partial`;
    try {
      makeFolder(data);
      rmSync(partial, { force: true });
      copyFileSync(join(backup, DATABASE), partial);
      if ((await sha256(partial)) !== manifest.sha256) {
        throw new CommandError(`${backup} is not what was written (its sum differs). Use another backup.`);
      }
      const rows = examine(partial);
      if (!isDeepStrictEqual(rows, manifest.rows)) {
        throw new CommandError(`${backup} has other rows than its manifest says. Use another backup.`);
      }
      forgetEpoch(partial);
      for (const name of [PEPPER, PICTURES]) {
        if (existsSync(join(backup, name))) cpSync(join(backup, name), join(data, name), { recursive: true });
      }
      // The database comes last: a folder without it can be restored into again, once it is emptied.
      renameSync(partial, target);
      syncFolder(data);
      return JSON.stringify({
        dataDir: data,
        at: manifest.at,
        rows: Object.values(rows).reduce((sum, own) => sum + own, 0),
      });
    } catch (error) {
      rmSync(partial, { force: true });
      throw asCommandError(error, `The backup cannot be restored to ${data}`);
    }
  },
};

/** The center makes a new epoch when it finds none. */
function forgetEpoch(path: string): void {
  const database = new DatabaseSync(path);
  try {
    // In one file, so that nothing beside it can be forgotten when it is renamed.
    database.exec("PRAGMA journal_mode = DELETE; DELETE FROM meta WHERE key = 'epoch'");
  } finally {
    database.close();
  }
}
