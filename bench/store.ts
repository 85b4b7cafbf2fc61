import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deflateRawSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { DAY, SECOND } from "../src/domain/time.ts";
import type { CommitBatch } from "../src/store/batch.ts";
import { ReadingWriter } from "../src/store/readings.ts";
import { openStore, type SqliteOptions, type SqliteStore } from "../src/store/sqlite-store.ts";
import { type Tier, tiers } from "../src/store/tiers.ts";
import type { BenchOptions, Print } from "./index.ts";

const READINGS = 4_000_000;
const FULL_READINGS = 100_000_000;
const DEVICES = 500;
const PER_BATCH = 2_000;
const EVERY_MS = 30 * SECOND;
const START = 1_790_000_000_000;
const ROW_READINGS = 200_000;
const LOOKS = 20;

const emptyBatch = (writer: ReadingWriter): CommitBatch => ({
  at: 0,
  readingCount: writer.count,
  hasEvents: false,
  readings: writer.finish(),
  devices: [],
  alerts: [],
  timeline: [],
  ruleStates: [],
  tokens: [],
  audit: [],
  quarantine: [],
  answers: [],
  documents: [],
  district: [],
  reports: [],
  kpi: null,
  work: [],
  checkpoint: null,
});

/** A tracker's reading of 8 metrics: a vehicle that drives round its district, with the jitter of a real receiver. */
function trackerReading(n: number) {
  const device = 1 + (n % DEVICES);
  const step = Math.floor(n / DEVICES);
  const at = START + step * EVERY_MS + device * 17;
  const angle = (step * 7 + device * 31) / 600;
  const jitter = ((n * 2_654_435_761) % 1_000) / 1e8;
  return {
    device,
    at,
    receivedAt: at + 400 + (n % 300),
    key: (n * 2_654_435_761) % 0x100000000,
    metrics: {
      lat: Math.round((22.72 + 0.02 * Math.sin(angle) + jitter) * 1e6) / 1e6,
      lon: Math.round((113.9 + 0.02 * Math.cos(angle) + jitter) * 1e6) / 1e6,
      speedKmh: 5 + ((step * 3 + device) % 40),
      headingDeg: (step * 11 + device) % 360,
      acc: step % 20 === 0 ? 0 : 1,
      working: step % 10 < 7 ? 1 : 0,
      fuelL: Math.round((120 - (step % 2_000) * 0.05) * 10) / 10,
      odometerKm: Math.round(step * 0.2 * 10) / 10,
    },
  };
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** The first chunks of the store, compressed as the store does and by deflate. */
function compressions(directory: string): { zstd: number; deflate: number } {
  const database = new DatabaseSync(join(directory, "kerbside.db"), { readOnly: true });
  const rows = database.prepare("SELECT count, body FROM chunk WHERE part = 0 LIMIT 200").all() as unknown as {
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
    database.prepare("SELECT sum(length(body)) AS bytes, count(*) AS rows FROM tier WHERE tier = ?").get(tier.id) as {
      bytes: number;
      rows: number;
    };
  const minutes = bytes(tiers.minutes);
  const days = bytes(tiers.days);
  database.close();
  return { minutes: minutes.bytes / minutes.rows, days: days.bytes / minutes.rows };
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

/** Committing, size at rest and questions of the embedded store, beside one row for each value in the same SQLite. */
export async function run(print: Print, { full }: BenchOptions): Promise<void> {
  const readings = full ? FULL_READINGS : READINGS;
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
      fixedNow: START + 400 * DAY,
    };
    {
      await using store = await openStore(options);
      const startedAt = performance.now();
      let committing: Promise<void> = Promise.resolve();
      for (let from = 0; from < readings; from += PER_BATCH) {
        const writer = new ReadingWriter();
        for (let n = from; n < from + PER_BATCH; n++) writer.append(trackerReading(n));
        const batch = emptyBatch(writer);
        // The next batch is encoded while this one is written, as in the center.
        await committing;
        committing = store.commit(batch);
      }
      await committing;
      const perSecond = (readings * 1_000) / (performance.now() - startedAt);
      const ratio = `${(perSecond / rows.perSecond).toFixed(1)} × rows, packed meanwhile`;
      print(`${readings} readings of 8 metrics, synced`, perSecond, "readings/s", ratio);
      const packing = performance.now();
      await store.pack();
      print("packing and tiers of what was left", (performance.now() - packing) / 1_000, "s", "in the background");
      const { packedBytes, packedReadings } = await store.status();
      print("bytes at rest", packedBytes / packedReadings, "bytes/reading", `aim ≤ 8; rows: ${rows.bytes.toFixed(0)}`);
      const { zstd, deflate } = compressions(directory);
      print("the same chunks by deflate", deflate, "bytes/reading", `zstd ${zstd.toFixed(2)}`);
      const tier = tierBytes(directory);
      print("5-minute tier", tier.minutes, "bytes/device and day", "8 metrics, six numbers for each window");
      print("daily tier", tier.days, "bytes/device and day", "");
    }
    // Opened anew, so that the first look finds nothing in the database's own memory.
    await using store = await openStore(options);
    await askForSeries(store, readings, print);
    await commitUnderRetention(store, print);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function askForSeries(store: SqliteStore, readings: number, print: Print): Promise<void> {
  const to = START + Math.ceil(readings / DEVICES) * EVERY_MS;
  const from = to - Math.min(7 * DAY, to - START);
  const cold: number[] = [];
  const warm: number[] = [];
  const day: number[] = [];
  const ask = async (device: number, everyMs: number, times: number[]) => {
    const at = performance.now();
    const { points } = await store.series({ device, metric: "speedKmh", from, to, everyMs, aggregate: "mean" });
    times.push(performance.now() - at);
    return points.length;
  };
  for (let look = 0; look < LOOKS; look++) {
    const device = 1 + ((look * 37) % DEVICES);
    const expected = Math.floor((to - from) / (300 * SECOND)) - 2;
    if ((await ask(device, 300 * SECOND, cold)) < expected) throw new Error("the series has holes");
    await ask(device, 300 * SECOND, warm);
    await ask(device, DAY, day);
  }
  const days = Math.round((to - from) / DAY);
  print(`${days}-day series by 5 minutes, first look`, median(cold), "ms", "median; aim ≤ 20 ms");
  print(`${days}-day series by 5 minutes, second look`, median(warm), "ms", "median; aim ≤ 5 ms");
  print(`${days}-day series by days`, median(day), "ms", "median");
}

/** How long commits take while everything old is being removed, beside the same commits with nothing else to do. */
async function commitUnderRetention(store: SqliteStore, print: Print): Promise<void> {
  const times = async (until: Promise<void>): Promise<number[]> => {
    const found: number[] = [];
    let over = false;
    until.then(() => {
      over = true;
    });
    for (let n = 0; !over || found.length < 200; n++) {
      const writer = new ReadingWriter();
      for (let i = 0; i < 200; i++) writer.append(trackerReading(n * 200 + i));
      const at = performance.now();
      await store.commit(emptyBatch(writer));
      found.push(performance.now() - at);
      if (found.length > 20_000) break;
    }
    return found.sort((a, b) => a - b);
  };
  const p99 = (sorted: number[]) => sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  const quiet = await times(Promise.resolve());
  const busy = await times(store.retain(START + 5_000 * DAY));
  print("commit of 200 readings during retention, p99", p99(busy), "ms", `${p99(quiet).toFixed(2)} ms without`);
}
