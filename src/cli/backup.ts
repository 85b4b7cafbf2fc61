import { copyFileSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { backup as copyDatabase, DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { makeFolder } from "../store/folder.ts";
import { asCommandError, type Command, CommandError, dataFolder } from "./command.ts";
import { syncFolder } from "./disk.ts";
import { pictureFiles, picturePath } from "./moving/picture-files.ts";
import { DATABASE, examine, MANIFEST, type Manifest, PEPPER, PICTURES, sha256 } from "./saved.ts";

/** All pages in one step: one view of the database, which the center's commits neither change nor wait for. */
const ALL_PAGES = 2 ** 31 - 1;

export const backup: Command = {
  summary: "copies everything while the center runs, and checks the copy",
  help: `Usage: kerbside backup [--data-dir DIR] [--to DIR]

  --data-dir DIR  the center's folder (DATA_DIR, else ./data)
  --to DIR        where backups are put (<data-dir>/backups); better a disk of another machine

Writes a new folder with the database, the pepper of device logins, the pictures and a manifest, checks it, and prints
its path. Everything whose receipt was given before the command began is in it. The center may run, under any load.
The folder holds secrets: keep it as you keep the data itself.`,

  async run(parameters, environment) {
    const { values } = parseArgs({
      args: [...parameters],
      options: { "data-dir": { type: "string" }, to: { type: "string" } },
    });
    const data = dataFolder(values["data-dir"], environment);
    const to = resolve(values.to ?? join(data, "backups"));
    if (!existsSync(join(data, DATABASE))) {
      throw new CommandError(`${data} holds no ${DATABASE}: name the center's folder with --data-dir or DATA_DIR.`);
    }
    const at = new Date().toISOString();
    const folder = join(to, `kerbside-${at.replace(/[:.]/g, "-")}`);
    const partial = `${folder}.partial`;
    try {
      makeFolder(partial, 0o700);
      const manifest = await copy(data, partial, at);
      renameSync(partial, folder);
      syncFolder(to);
      const rows = Object.values(manifest.rows).reduce((sum, own) => sum + own, 0);
      return JSON.stringify({ folder, bytes: manifest.bytes, rows });
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      throw asCommandError(error, `The backup cannot be written to ${to}`);
    }
  },
};

function copyPicture(from: string, to: string): void {
  makeFolder(dirname(to));
  try {
    copyFileSync(from, to);
  } catch (error) {
    // Its time was over: the center has removed it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

async function copy(data: string, folder: string, at: string): Promise<Manifest> {
  const target = join(folder, DATABASE);
  const source = new DatabaseSync(join(data, DATABASE), { readOnly: true, timeout: 5_000 });
  try {
    await copyDatabase(source, target, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
  if (existsSync(join(data, PEPPER))) copyFileSync(join(data, PEPPER), join(folder, PEPPER));
  // After the records that name them: one that is just being written has no record yet.
  for (const { id, path } of pictureFiles(join(data, PICTURES)))
    copyPicture(path, picturePath(join(folder, PICTURES), id));
  const rows = examine(target);
  const manifest = { format: 1, at, bytes: statSync(target).size, sha256: await sha256(target), rows } as const;
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  syncFolder(folder);
  return manifest;
}
