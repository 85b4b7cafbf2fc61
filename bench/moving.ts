import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DAY } from "../src/domain/time.ts";
import { ReadingWriter } from "../src/store/readings.ts";
import { openStore } from "../src/store/sqlite-store.ts";
import type { BenchOptions, Print } from "./index.ts";
import { batchOf, trackerReading } from "./store-data.ts";

/** Export and import beside a backup of the same data, and how much memory they take as it grows. */

const READINGS = 1_000_000;
const FULL_READINGS = 10_000_000;
const PER_BATCH = 2_000;
const CHECKPOINT_BATCHES = 50;
const PACKED_EVERY = 250_000;
const PROGRAM = fileURLToPath(new URL("../src/cli/index.ts", import.meta.url));
/** Tells on stderr, at the end of the command, the most memory it had, in KiB. */
const TELL_MEMORY =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('maxRSS '+process.resourceUsage().maxRSS+'\\n'))";

interface Ran {
  readonly seconds: number;
  readonly megabytes: number;
}

async function kerbside(...parameters: string[]): Promise<Ran> {
  const startedAt = performance.now();
  const words = ["--disable-warning=ExperimentalWarning", "--import", TELL_MEMORY, PROGRAM, ...parameters];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const [code] = (await once(child, "close")) as [number];
  const [, memory] = /maxRSS (\d+)/.exec(said) ?? [];
  if (code !== 0 || memory === undefined) throw new Error(`kerbside ${parameters.join(" ")}: ${said}`);
  return { seconds: (performance.now() - startedAt) / 1_000, megabytes: Number(memory) / 1_024 };
}

async function fill(directory: string, readings: number): Promise<void> {
  await using store = await openStore({
    directory,
    diskReserveBytes: 0,
    quarantineRows: 1_000,
    retention: {
      readingsMs: 10_000 * DAY,
      minutesMs: 10_000 * DAY,
      daysMs: 10_000 * DAY,
      personTracksMs: 10_000 * DAY,
      alertsMs: 10_000 * DAY,
      auditMs: 10_000 * DAY,
      quarantineMs: 10_000 * DAY,
      kpiMs: 10_000 * DAY,
    },
  });
  for (let from = 0; from < readings; from += PER_BATCH) {
    const writer = new ReadingWriter();
    for (let n = from; n < from + PER_BATCH; n++) writer.append(trackerReading(n));
    await store.commit(batchOf(writer, (from / PER_BATCH) % CHECKPOINT_BATCHES === 0));
    if (from % PACKED_EVERY === 0) await store.pack();
  }
  await store.pack();
}

export async function run(print: Print, { full }: BenchOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "kerbside-bench-"));
  try {
    const readings = full ? FULL_READINGS : READINGS;
    const measured = [];
    for (const size of [readings / 4, readings]) {
      const at = (name: string) => join(directory, `${name}-${size}`);
      await fill(at("a"), size);
      const backup = await kerbside("backup", "--data-dir", at("a"), "--to", at("backups"));
      const exported = await kerbside("export", "--data-dir", at("a"), "--to", at("export"));
      const imported = await kerbside("import", at("export"), "--data-dir", at("b"));
      cpSync(at("b"), at("c"), { recursive: true });
      const again = await kerbside("import", at("export"), "--data-dir", at("c"));
      measured.push({ backup, exported, imported, again, bytes: statSync(at("export")).size });
    }
    const [small, large] = measured as [(typeof measured)[0], (typeof measured)[0]];
    const perSecond = ({ seconds }: Ran) => Math.round(readings / seconds);
    const quarter = ({ megabytes }: Ran) => `${megabytes.toFixed(0)} MB for a quarter of the readings`;
    print(`backup of ${readings.toLocaleString("en")} readings`, perSecond(large.backup), "readings/s", "baseline");
    const beside = (ran: Ran) => `${(ran.seconds / large.backup.seconds).toFixed(1)} × the backup's time`;
    print("export", perSecond(large.exported), "readings/s", beside(large.exported));
    print("import into an empty folder", perSecond(large.imported), "readings/s", beside(large.imported));
    print("the same import again", perSecond(large.again), "readings/s", beside(large.again));
    print("bytes of the export", large.bytes / readings, "bytes/reading", "8 metrics each");
    print("most memory, export", Math.round(large.exported.megabytes), "MB", quarter(small.exported));
    print("most memory, import", Math.round(large.imported.megabytes), "MB", quarter(small.imported));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
