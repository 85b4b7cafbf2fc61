import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DAY, SECOND } from "../src/domain/time.ts";
import { ReadingWriter } from "../src/store/readings.ts";
import { openStore } from "../src/store/sqlite-store.ts";
import type { CommitBatch } from "../src/store/store.ts";
import type { Print } from "./index.ts";

const READINGS = 10_000_000;
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
export async function run(print: Print): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "kerbside-bench-store-"));
  try {
    const rows = rowsBaseline(directory);
    print("a row for each value, indexed", rows.perSecond, "readings/s", `${rows.bytes.toFixed(0)} bytes per reading`);
    const year = 400 * DAY;
    await using store = await openStore({
      directory,
      diskReserveBytes: 0,
      quarantineRows: 100,
      retention: {
        readingsMs: year,
        personTracksMs: year,
        alertsMs: year,
        auditMs: year,
        quarantineMs: year,
        kpiMs: year,
      },
      fixedNow: START,
    });
    const startedAt = performance.now();
    let committing: Promise<void> = Promise.resolve();
    for (let from = 0; from < READINGS; from += PER_BATCH) {
      const writer = new ReadingWriter();
      for (let n = from; n < from + PER_BATCH; n++) writer.append(trackerReading(n));
      const batch = emptyBatch(writer);
      // The next batch is encoded while this one is written, as in the center.
      await committing;
      committing = store.commit(batch);
    }
    await committing;
    const perSecond = (READINGS * 1_000) / (performance.now() - startedAt);
    const ratio = `${(perSecond / rows.perSecond).toFixed(1)} × rows, packed meanwhile`;
    print(`${READINGS} readings of 8 metrics, synced`, perSecond, "readings/s", ratio);
    await store.pack();
    const { packedBytes, packedReadings } = await store.status();
    print("  bytes at rest", packedBytes / packedReadings, "bytes/reading", `rows: ${rows.bytes.toFixed(0)}`);

    const to = START + Math.ceil(READINGS / DEVICES) * EVERY_MS;
    const cold: number[] = [];
    const warm: number[] = [];
    for (let look = 0; look < LOOKS; look++) {
      const device = 1 + ((look * 37) % DEVICES);
      for (const times of [cold, warm]) {
        const at = performance.now();
        const { points } = await store.series({
          device,
          metric: "speedKmh",
          from: to - 7 * DAY,
          to,
          everyMs: 300 * SECOND,
          aggregate: "mean",
        });
        times.push(performance.now() - at);
        if (points.length < 1_500) throw new Error(`the series has only ${points.length} points`);
      }
    }
    print("7-day series by 5 minutes, first look", median(cold), "ms", "median; aim ≤ 20 ms");
    print("7-day series by 5 minutes, second look", median(warm), "ms", "median");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
