import { createWriteStream, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { parseInstant } from "../config.ts";
import { makeFolder } from "../store/folder.ts";
import { asCommandError, type Command, CommandError, dataFolder, UsageError } from "./command.ts";
import { syncFile } from "./disk.ts";
import { exportLines, type Selection } from "./moving/export.ts";
import { Tally } from "./moving/format.ts";
import { type ExportKind, exportKinds } from "./moving/tables.ts";
import { showProgress } from "./progress.ts";

const names = Object.keys(exportKinds) as ExportKind[];
const width = Math.max(...names.map((name) => name.length));
/** Lines are handed on in pieces of about this size. */
const PIECE = 256 * 1024;

export const exporting: Command = {
  summary: "everything a center knows, as lines of JSON",
  help: `Usage: kerbside export [--data-dir DIR] [--to FILE] [--kinds KINDS] [--without KINDS] [--from TIME] [--until TIME]

  --data-dir DIR   the center's folder (DATA_DIR, else ./data); the center may run, under any load
  --to FILE        where it is written; else to the standard output, for a pipe
  --kinds KINDS    only these, separated by commas
  --without KINDS  all but these
  --from TIME      only what happened since (ISO 8601 with zone, or epoch ms)
  --until TIME     only what happened before

Kinds:
${names.map((name) => `  ${name.padEnd(width)}  ${exportKinds[name]}`).join("\n")}

The lines show the center as it was at one moment: everything whose receipt was given before is in them. With --from
or --until, states are left out: they are of now. The last line holds counts and a sum, so an export that was cut off
is known as such. While it is read the center keeps what it writes meanwhile in its write-ahead file: a slow reader
costs disk. An export holds secrets (the pepper, hashes, sealed tokens): keep it as you keep the data itself.

  kerbside export | gzip > center.ndjson.gz
  kerbside export --data-dir ./data | kerbside import --data-dir ./other`,

  async run(parameters, environment) {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        "data-dir": { type: "string" },
        to: { type: "string" },
        kinds: { type: "string" },
        without: { type: "string" },
        from: { type: "string" },
        until: { type: "string" },
      },
    });
    const selection = selectionOf(values);
    const tally = new Tally();
    const progress = showProgress("export", tally);
    const lines = exportLines(dataFolder(values["data-dir"], environment), selection, tally);
    if (values.to === undefined) {
      await writeLines(lines, process.stdout, progress.step);
    } else {
      await writeFile(lines, resolve(values.to), progress.step);
    }
    progress.done();
    return null;
  },
};

function selectionOf(values: {
  readonly kinds?: string | undefined;
  readonly without?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}): Selection {
  const listed = (given: string): ExportKind[] =>
    given.split(",").map((name) => {
      if (!Object.hasOwn(exportKinds, name)) {
        throw new UsageError(`There is no kind "${name}"; there are ${names.join(", ")}.`);
      }
      return name as ExportKind;
    });
  const instant = (option: string, given: string | undefined): number | null => {
    if (given === undefined) return null;
    const at = parseInstant(given);
    if (Number.isNaN(at)) throw new UsageError(`--${option}: ${given} is neither ISO 8601 nor epoch milliseconds.`);
    return at;
  };
  const [from, to] = [instant("from", values.from), instant("until", values.until)];
  if (from !== null && to !== null && to <= from) throw new UsageError("--until must be later than --from.");
  const without = values.without === undefined ? [] : listed(values.without);
  const timed = from !== null || to !== null;
  const asked = values.kinds === undefined ? names : listed(values.kinds);
  if (timed && values.kinds !== undefined && asked.includes("states")) {
    throw new UsageError("States are of now: leave them out of --kinds, or leave out --from and --until.");
  }
  const kinds = asked.filter((name) => !without.includes(name) && !(timed && name === "states"));
  if (kinds.length === 0) throw new UsageError("Nothing is left to export.");
  return { kinds, from, to };
}

async function writeFile(lines: Generator<string>, path: string, step: () => void): Promise<void> {
  const partial = `${path}.partial`;
  try {
    makeFolder(dirname(path));
    const file = createWriteStream(partial, { mode: 0o600 });
    await writeLines(lines, file, step);
    file.end();
    await finished(file);
    syncFile(partial);
    renameSync(partial, path);
    syncFile(dirname(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw asCommandError(error, `The export cannot be written to ${path}`);
  }
}

async function writeLines(lines: Generator<string>, output: Writable, step: () => void): Promise<void> {
  let failure: Error | null = null;
  let wake = () => {};
  const fail = (error: Error) => {
    failure = error;
    wake();
  };
  const drained = () => wake();
  output.on("error", fail).on("drain", drained);
  try {
    let piece = "";
    const write = async () => {
      const room = output.write(piece);
      piece = "";
      // Whoever reads slowly is waited for: nothing piles up in memory.
      if (!room && !failure) await new Promise<void>((resolve) => (wake = resolve));
      if (failure) throw failure;
      step();
    };
    for (const line of lines) {
      piece += `${line}\n`;
      if (piece.length >= PIECE) await write();
    }
    await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPIPE") {
      throw new CommandError("The export was not read to its end.");
    }
    throw error;
  } finally {
    lines.return(undefined);
    output.off("error", fail).off("drain", drained);
  }
}
