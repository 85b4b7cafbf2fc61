import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("../native/power-loss.c", import.meta.url));
const MAGIC = 0x554e444fn;
const HEAD_BYTES = 32;

export interface Power {
  /** For the process whose power will fail. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes back every write that no sync had covered. Returns how many writes that were. */
  cut(): number;
}

/** Watches what a process writes below a directory, so that a power cut can be played after it was killed. */
export function watchPower(directory: string, place: string): Power {
  const library = join(place, "power-loss.so");
  const journals = join(place, "journals");
  mkdirSync(journals, { recursive: true });
  if (!existsSync(library)) execFileSync("cc", ["-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl", "-lpthread"]);
  return {
    environment: { LD_PRELOAD: library, POWER_LOSS_DIRECTORY: directory, POWER_LOSS_JOURNALS: journals },
    cut() {
      let undone = 0;
      for (const name of readdirSync(journals)) {
        const records = readRecords(readFileSync(join(journals, name)));
        rmSync(join(journals, name));
        const path = join(directory, name.replace(/\.undo$/, ""));
        if (!existsSync(path)) continue;
        const file = openSync(path, "r+");
        for (const { offset, size, bytes } of records.reverse()) {
          writeSync(file, bytes, 0, bytes.length, offset);
          ftruncateSync(file, size);
          undone++;
        }
        closeSync(file);
      }
      return undone;
    },
  };
}

function readRecords(journal: Buffer): { offset: number; size: number; bytes: Buffer }[] {
  const records = [];
  for (let at = 0; at + HEAD_BYTES <= journal.length; ) {
    if (journal.readBigUInt64LE(at) !== MAGIC) throw new Error(`the journal is torn at byte ${at}`);
    const [offset, length, size] = [8, 16, 24].map((field) => Number(journal.readBigUInt64LE(at + field)));
    const from = at + HEAD_BYTES;
    records.push({ offset: offset ?? 0, size: size ?? 0, bytes: journal.subarray(from, from + (length ?? 0)) });
    at = from + (length ?? 0);
  }
  return records;
}
