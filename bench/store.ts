import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deflateRawSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { DAY } from "../src/domain/time.ts";
import { ReadingWriter } from "../src/store/readings.ts";
import { openStore, type SqliteOptions, type SqliteStore } from "../src/store/sqlite-store.ts";
import { type Tier, tiers } from "../src/store/tiers.ts";
import type { BenchOptions, Print } from "./index.ts";
import {
  BIN_HOURS,
  BINS,
  batchOf,
  binReading,
  FIRST_BIN,
  START,
  TRACKER_EVERY_MS,
  TRACKERS,
  trackerReading,
} from "./store-data.ts";
import { askForLatest, askForSeries, commitBeside } from "./store-questions.ts";

const READINGS = 4_000_000;
const FULL_READINGS = 100_000_000;
const PER_BATCH = 2_000;
const CHECKPOINT_BATCHES = 250;
const ROW_READINGS = 200_000;
const PROGRESS_MS = 15_000;

/** The first chunks of the store, compressed as the store does and by deflate. */
function compressions(directory: string): { zstd: number; deflate: number } {
  const database = new DatabaseSync(join(directory, "kerbside.db"), { readOnly: true });
  const rows = database
    .prepare("SELECT count, body FROM chunk WHERE part = 0 AND device < ? LIMIT 200")
    .all(FIRST_BIN) as unknown as {
    count: number;
    body: Uint8Array;
  }[];
  database.close();
  const readings = rows.reduce((sum, { count }) => sum + count, 0);
  const bytes = (compress: (raw: Uint8Array) => Uint8Array) =>
    rows.reduce((sum, { body }) => sum + compress(zstdDecompressSync(body)).length, 0) / readings;
  return { zstd: bytes(zstdCompressSync), deflate: bytes(deflateRawSync) };
}

/** Bytes of the tiers, for each device and day. */
function tierBytes(directory: string): { minutes: number; days: number } {
  const database = new DatabaseSync(join(directory, "kerbside.db"), { readOnly: true });
  const bytes = (tier: Tier) =>
    database
      .prepare("SELECT sum(length(body)) AS bytes, count(*) AS rows FROM tier WHERE tier = ? AND device < ?")
      .get(tier.id, FIRST_BIN) as {
      bytes: number;
      rows: number;
    };
  const minutes = bytes(tiers.minutes);
  const days = bytes(tiers.days);
  database.close();
  return { minutes: minutes.bytes / minutes.rows, days: days.bytes / minutes.rows };
}

/** Bytes of the chunks of trackers for each of their readings. */
function bytesAtRest(directory: string): number {
  const database = new DatabaseSync(join(directory, "kerbside.db"), { readOnly: true });
  const { count, bytes } = database
    .prepare("SELECT sum(count) AS count, sum(length(body)) AS bytes FROM chunk WHERE device < ?")
    .get(FIRST_BIN) as { count: number; bytes: number };
  database.close();
  return bytes / count;
}

/** One row for each value in a table with an index by device and time: what one would write first. */
function rowsBaseline(directory: string): { perSecond: number; bytes: number } {
  const path = join(directory, "rows.db");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec("CREATE TABLE reading (device INT, metric INT, at INT, value REAL)");
  database.exec("CREATE INDEX by_device ON reading (device, metric, at)");
  const insert = database.prepare("INSERT INTO reading VALUES (?, ?, ?, ?)");
  const startedAt = performance.now();
  for (let from = 0; from < ROW_READINGS; from += PER_BATCH) {
    database.exec("BEGIN");
    for (let n = from; n < from + PER_BATCH; n++) {
      const { device, at, metrics } = trackerReading(n);
      Object.values(metrics).forEach((value, metric) => {
        insert.run(device, metric, at, value);
      });
    }
    database.exec("COMMIT");
  }
  const perSecond = (ROW_READINGS * 1_000) / (performance.now() - startedAt);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return { perSecond, bytes: statSync(path).size / ROW_READINGS };
}

/** Commits readings one batch after the other, and says on the way how far it is. */
async function fill(
  store: SqliteStore,
  readings: number,
  readingOf: (n: number) => Parameters<ReadingWriter["append"]>[0],
) {
  let committing: Promise<void> = Promise.resolve();
  let toldAt = performance.now();
  for (let from = 0; from < readings; from += PER_BATCH) {
    const writer = new ReadingWriter();
    for (let n = from; n < from + PER_BATCH; n++) writer.append(readingOf(n));
    const batch = batchOf(writer, (from / PER_BATCH) % CHECKPOINT_BATCHES === 0);
    // The next batch is encoded while this one is written, as in the center.
    await committing;
    committing = store.commit(batch);
    if (performance.now() - toldAt > PROGRESS_MS) {
      toldAt = performance.now();
      process.stderr.write(`  ${(from / 1e6).toFixed(1)} of ${readings / 1e6} million readings\n`);
    }
  }
  await committing;
}

/** Packs and adds up what is left, and says on the way how much that is. */
async function settle(store: SqliteStore, directory: string): Promise<number> {
  const startedAt = performance.now();
  const database = new DatabaseSync(join(directory, "kerbside.db"), { readOnly: true });
  const due = database.prepare("SELECT count(*) AS days FROM tier_due");
  const telling = setInterval(() => {
    const { days } = due.get() as { days: number };
    process.stderr.write(`  packing and tiers: ${days} days of devices are not added up\n`);
  }, PROGRESS_MS);
  await store.pack();
  clearInterval(telling);
  database.close();
  return (performance.now() - startedAt) / 1_000;
}

/** Committing, size at rest and questions of the embedded store, beside one row for each value in the same SQLite. */
export async function run(print: Print, { full }: BenchOptions): Promise<void> {
  const readings = full ? FULL_READINGS : READINGS;
  const span = (readings / TRACKERS) * TRACKER_EVERY_MS;
  const end = START + span;
  const directory = mkdtempSync(join(tmpdir(), "kerbside-bench-store-"));
  try {
    const rows = rowsBaseline(directory);
    print("a row for each value, indexed", rows.perSecond, "readings/s", `${rows.bytes.toFixed(0)} bytes per reading`);
    const always = 4_000 * DAY;
    const options: SqliteOptions = {
      directory,
      diskReserveBytes: 0,
      quarantineRows: 100,
      retention: {
        readingsMs: always,
        minutesMs: always,
        daysMs: always,
        personTracksMs: always,
        alertsMs: always,
        auditMs: always,
        quarantineMs: always,
        kpiMs: always,
      },
      fixedNow: end + DAY,
    };
    {
      await using store = await openStore(options);
      await fill(store, BINS * BIN_HOURS, (n) => binReading(n, end));
      await settle(store, directory);
      const startedAt = performance.now();
      await fill(store, readings, trackerReading);
      const perSecond = (readings * 1_000) / (performance.now() - startedAt);
      const ratio = `${(perSecond / rows.perSecond).toFixed(1)} × rows, packed meanwhile`;
      print(`${readings} readings of 8 metrics, synced`, perSecond, "readings/s", ratio);
      print("packing and tiers of what was left", await settle(store, directory), "s", "in the background");
      const rest = `aim ≤ 8; rows: ${rows.bytes.toFixed(0)}`;
      print("bytes at rest", bytesAtRest(directory), "bytes/reading", rest);
      const whole = statSync(join(directory, "kerbside.db")).size / (readings + BINS * BIN_HOURS);
      print("the whole database file", whole, "bytes/reading", "with both tiers, indexes and room that is free again");
      const { zstd, deflate } = compressions(directory);
      print("the same chunks by deflate", deflate, "bytes/reading", `zstd ${zstd.toFixed(2)}`);
      const tier = tierBytes(directory);
      print("5-minute tier", tier.minutes, "bytes/device and day", "8 metrics, six numbers for each window");
      print("daily tier", tier.days, "bytes/device and day", "");
    }
    await askForSeries(options, end, span, print);
    await using store = await openStore(options);
    await askForLatest(store, end, print);
    await fill(store, 90_000, (n) => trackerReading(readings + n));
    await commitBeside(store, { what: "beside packing and tiers", run: () => store.pack() }, readings + 1e6, print);
    const later = end + 5_000 * DAY;
    await commitBeside(store, { what: "during retention", run: () => store.retain(later) }, readings + 5e6, print);
    print(
      "memory at its highest",
      process.resourceUsage().maxRSS / 1_024,
      "MB",
      "of the whole process, bench included",
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
