import { createReadStream, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { asCommandError, type Command, CommandError, dataFolder, UsageError } from "./command.ts";
import { syncFolder } from "./disk.ts";
import { Tally } from "./moving/format.ts";
import { putInto } from "./moving/merge.ts";
import type { Outcome } from "./moving/merge-rows.ts";
import { claimStaging, stage } from "./moving/staging.ts";
import { showProgress } from "./progress.ts";

/** So many differing elements are named one by one; the others are counted. */
const NAMED = 200;

export const importing: Command = {
  summary: "puts an export into a center that does not run",
  help: `Usage: kerbside import [FILE] [--data-dir DIR] [--replace] [--dry-run]

  FILE            what kerbside export wrote, also as gzip; - or nothing: the standard input
  --data-dir DIR  the center's folder (DATA_DIR, else ./data), empty or with data of its own; its center must not run
  --replace       what is known there with another content becomes what the export says; else it stays
  --dry-run       says what would be done, and does nothing

All of it or nothing: an export that is cut off or changed is refused, and a crash leaves no half. Doing it twice
changes nothing. Into a center that has data, elements are matched by what they are (a device by its id, an alert by
its id); what differs is named on stderr. Readings of the same moment are united. A center that was given something
begins a new epoch, so that every screen reloads, and tells InfluxDB everything anew.

  gzip -dc center.ndjson.gz | kerbside import --data-dir ./data`,

  async run(parameters, environment) {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      options: { "data-dir": { type: "string" }, replace: { type: "boolean" }, "dry-run": { type: "boolean" } },
      allowPositionals: true,
    });
    if (positionals.length > 1) throw new UsageError("Name one file.");
    const [file = "-"] = positionals;
    if (file === "-" && process.stdin.isTTY) {
      throw new UsageError("Name a file, or give the export by a pipe: kerbside export | kerbside import.");
    }
    const data = dataFolder(values["data-dir"], environment);
    const staging = join(data, "import.partial");
    const outcome = collectOutcome();
    const [replace, dryRun] = [values.replace === true, values["dry-run"] === true];
    const refused = (error: unknown) => asCommandError(error, `Nothing was imported into ${data}`);
    try {
      claimStaging(staging);
    } catch (error) {
      throw refused(error);
    }
    try {
      const tally = new Tally();
      const progress = showProgress("import", tally);
      const input = file === "-" ? process.stdin : createReadStream(resolve(file));
      const staged = await stage(watched(unpacked(input), progress.step), staging, tally);
      progress.done();
      putInto(data, staged, { replace, dryRun, outcome });
      rmSync(staging, { recursive: true, force: true });
      if (!dryRun) syncFolder(data);
    } catch (error) {
      rmSync(staging, { recursive: true, force: true });
      throw refused(error);
    }
    const { written, conflicts } = outcome;
    return JSON.stringify({ dataDir: data, ...(dryRun && { dryRun }), written, conflicts });
  },
};

function collectOutcome(): Outcome {
  const written: Record<string, number> = {};
  const conflicts: Record<string, number> = {};
  let named = 0;
  return {
    written,
    conflicts,
    conflict(table, what) {
      conflicts[table] = (conflicts[table] ?? 0) + 1;
      named++;
      if (named <= NAMED) process.stderr.write(`differs: ${table} ${what}\n`);
      if (named === NAMED + 1) process.stderr.write("differs: … more, counted only\n");
    },
    wrote(table, rows) {
      if (rows > 0) written[table] = (written[table] ?? 0) + Number(rows);
    },
  };
}

async function* watched(input: AsyncIterable<Uint8Array>, step: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of input) {
    step();
    yield chunk;
  }
}

/** Takes gzip as it is: the first two bytes tell. */
async function* unpacked(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = input[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  const rest = async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* rest();
  try {
    yield* Readable.from(rest()).pipe(createGunzip());
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith("Z_")) throw error;
    throw new CommandError(`The compressed export is cut off or damaged: ${(error as Error).message}.`);
  }
}
