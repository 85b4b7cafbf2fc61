import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { backup, type DatabaseSync } from "node:sqlite";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Millis } from "../domain/time.ts";
import type { CommitBatch } from "./batch.ts";
import { breathe } from "./breathe.ts";
import { answerCalls } from "./calls.ts";
import { createCommitter } from "./commit.ts";
import { asStoreError, freeBytes, needsReopening, openDatabase } from "./database.ts";
import { createDownsampling } from "./downsampling.ts";
import { createEditions } from "./editions.ts";
import { makeFolder } from "./folder.ts";
import { createFollowing } from "./following.ts";
import { createKpiQueries } from "./kpi-tables.ts";
import { createLatest, createLatestFinder } from "./latest.ts";
import { createLatestQuestion } from "./latest-question.ts";
import { createLog } from "./log.ts";
import { createMeta } from "./meta.ts";
import { createPacker } from "./packing.ts";
import { createRecords, restore } from "./records.ts";
import { createReportQueries } from "./reports.ts";
import { createRetention } from "./retention.ts";
import { createSeries } from "./series.ts";
import type { SqliteOptions, StoreCalls } from "./sqlite-store.ts";
import { type StoreStatus, StoreUnavailable } from "./store.ts";
import { createTail } from "./tail.ts";
import { createVersions } from "./versions.ts";

/** The store's own thread: it alone holds the database. Commits go first; packing and retention use the pauses. */

const options = workerData as SqliteOptions;
const path = join(options.directory, "kerbside.db");
const positionPath = join(options.directory, "stream-position.json");
/** A checkpoint of the WAL costs tens of milliseconds, so it is done between commits and not too often. */
const CHECKPOINT_WAL_BYTES = 16 * 1024 * 1024;
const PACK_READINGS = 100_000;
const PACK_EVERY_MS = 3_600_000;
const HOUSEKEEPING_MS = 1_000;
const STEP_PAUSE_MS = 2;
const RETENTION_EVERY_MS = 900_000;
const POSITION_EVERY_MS = 60_000;
const now = (): Millis => options.fixedNow ?? Date.now();

makeFolder(options.directory);

function open() {
  const database = openDatabase(path);
  if (options.maximumPages) database.exec(`PRAGMA max_page_count = ${options.maximumPages}`);
  const latest = createLatest(database);
  const tail = createTail(latest);
  const packedTo = createMeta(database).number("packedTo");
  const unpacked = database.prepare("SELECT id, body FROM log WHERE id > ? ORDER BY id");
  for (const { id, body } of unpacked.iterate(packedTo) as Iterable<{ id: number; body: Uint8Array }>)
    tail.add(id, body);
  const series = createSeries(database, tail);
  return {
    database,
    tail,
    commit: createCommitter(database, tail, options.quarantineRows, options.follower !== undefined),
    records: createRecords(database),
    kpi: createKpiQueries(database),
    versions: createVersions(database),
    reports: createReportQueries(database),
    series,
    latest: createLatestQuestion(database, tail, latest),
    findLatest: createLatestFinder(database, latest, series.day),
    packer: createPacker(database, tail, latest),
    log: createLog(database, options.follower?.backlogBytes ?? null),
    editions: createEditions(database),
    following: createFollowing(database, options.quarantineRows),
    downsample: createDownsampling(database, now),
    retention: createRetention(database, options.retention, latest),
  };
}

let opened = open();
if (!options.follower) opened.following.forget();
const restored = restore(newEpochAfterRestore(opened.database));
let highestRev = restored.alertRev;
let lastPackAt = performance.now();
let lastPositionAt = performance.now();
let lastRetentionAt = Number.NEGATIVE_INFINITY;
let calledOff = 0;
let freeDisk = freeBytes(options.directory);

/** A database that knows less than was once sent to screens was put back from a backup: positions of screens mean nothing. */
function newEpochAfterRestore(database: DatabaseSync): DatabaseSync {
  if (!existsSync(positionPath)) return database;
  const sent = JSON.parse(readFileSync(positionPath, "utf8")) as { epoch: string; rev: number };
  const { rev } = database.prepare("SELECT coalesce(max(rev), 0) AS rev FROM alert").get() as { rev: number };
  const epoch = database.prepare("SELECT value FROM meta WHERE key = 'epoch'").get() as { value: string } | undefined;
  if (epoch?.value === sent.epoch && rev < sent.rev) database.exec("DELETE FROM meta WHERE key = 'epoch'");
  return database;
}

function rememberPosition(): void {
  writeFileSync(`${positionPath}.new`, JSON.stringify({ epoch: restored.epoch, rev: highestRev }));
  renameSync(`${positionPath}.new`, positionPath);
}

const calls: StoreCalls = {
  commit(batch: CommitBatch) {
    if (freeDisk < options.diskReserveBytes) {
      freeDisk = freeBytes(options.directory);
      if (freeDisk < options.diskReserveBytes) {
        throw new StoreUnavailable(
          `only ${freeDisk} bytes free on the disk, DISK_RESERVE_BYTES is ${options.diskReserveBytes}`,
        );
      }
    }
    try {
      opened.commit(batch);
    } catch (error) {
      if (needsReopening(error)) {
        opened.database.close();
        opened = open();
      }
      throw error;
    }
    if (batch.readings) opened.log.grew(batch.readings.byteLength);
    if (batch.devices.length > 0) opened.following.placesChanged();
    for (const alert of batch.alerts) highestRev = Math.max(highestRev, alert.rev);
  },
  series: (query, signal) => opened.series.series(query, signal),
  latest: (query, signal) => opened.latest(query, signal),
  track: (query, signal) => opened.series.track(query, signal),
  events: (query) => opened.series.events(query),
  readings: (query, signal) => opened.series.readings(query, signal),
  position: () => opened.following.position(),
  entries: (after, readings) => opened.following.entries(after, readings),
  alertChanges: (after, limit) => opened.following.alertChanges(after, limit),
  newest: () => opened.following.newest(),
  figuresDue: (at, limit) => opened.following.figuresDue(at, limit),
  openCases: () => opened.following.openCases(),
  missed: (limit) => opened.following.missed(limit),
  places: () => opened.following.places(),
  delivered: (progress) => opened.following.delivered(progress),
  tellAnew: () => opened.following.tellAnew(),
  alerts: (query) => opened.records.alerts(query),
  alertsSince: (rev, limit) => opened.records.alertsSince(rev, limit),
  alertSteps: (afterRev, limit) => opened.records.alertSteps(afterRev, limit),
  alert: (id) => opened.records.alert(id),
  alertsAt: (query) => opened.versions.alertsAt(query),
  alertVersions: (query) => opened.versions.alertVersions(query),
  answer: (key) => opened.records.answer(key),
  kpiSums: (query) => opened.kpi.kpiSums(query),
  kpiCases: (query) => opened.kpi.kpiCases(query),
  work: (query) => opened.records.work(query),
  quarantine: (query) => opened.records.quarantine(query),
  audit: (query) => opened.records.audit(query),
  documents: (collection) => opened.records.documents(collection),
  report: (id) => opened.reports.report(id),
  reports: (query) => opened.reports.reports(query),
  editions: (query) => opened.editions.editions(query),
  edition: (edition) => opened.editions.edition(edition),
  featureEditions: (id, limit) => opened.editions.featureEditions(id, limit),
  async backup(target) {
    makeFolder(dirname(target));
    const partial = `${target}.partial`;
    rmSync(partial, { force: true });
    await backup(opened.database, partial);
    renameSync(partial, target);
    return statSync(target).size;
  },
  status(): StoreStatus {
    const chunks = opened.database
      .prepare("SELECT coalesce(sum(count), 0) AS count, coalesce(sum(length(body)), 0) AS bytes FROM chunk")
      .get() as { count: number; bytes: number };
    return {
      databaseBytes: statSync(path).size,
      walBytes: walBytes(),
      unpackedReadings: opened.tail.count,
      packedReadings: chunks.count,
      packedBytes: chunks.bytes,
      freeDiskBytes: freeDisk,
      calledOff,
    };
  },
  async pack() {
    opened.packer.start();
    while (opened.packer.step()) await breathe();
    while (opened.log.release()) await breathe();
    while (opened.downsample()) await breathe();
    while (opened.findLatest()) await breathe();
  },
  async retain(at) {
    opened.retention.start(at);
    while (opened.retention.step()) await breathe();
  },
  close() {
    clearInterval(housekeeping);
    if (highestRev > 0) rememberPosition();
    opened.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    opened.database.close();
    // Ends the thread: after this answer nothing keeps it.
    setImmediate(() => parentPort?.close());
  },
};

function walBytes(): number {
  return existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0;
}

function background(): void {
  try {
    freeDisk = freeBytes(options.directory);
    const due = opened.tail.count >= PACK_READINGS || performance.now() - lastPackAt > PACK_EVERY_MS;
    if (due && !opened.packer.running) {
      lastPackAt = performance.now();
      opened.packer.start();
      packOn();
    }
    // Also while packing goes on: at full speed it never ends, and the log would grow without end.
    releaseOn();
    if (!opened.packer.running) {
      downsampleOn();
      findLatestOn();
    }
    if (walBytes() > CHECKPOINT_WAL_BYTES) opened.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    if (performance.now() - lastRetentionAt > RETENTION_EVERY_MS) {
      lastRetentionAt = performance.now();
      opened.retention.start(now());
      retainOn();
    }
    if (performance.now() - lastPositionAt > POSITION_EVERY_MS) {
      lastPositionAt = performance.now();
      if (highestRev > 0) rememberPosition();
    }
  } catch (error) {
    // A full disk stops the housekeeping too; commits report it, and the next turn tries again.
    if (!(asStoreError(error) instanceof StoreUnavailable)) throw error;
  }
}

/** Repeats a short step until it says that nothing is left or the store is closed, with room for commits in between. */
function repeat(step: () => boolean): () => void {
  let waiting = false;
  const turn = () => {
    waiting = false;
    if (!opened.database.isOpen) return;
    try {
      if (step()) wait(STEP_PAUSE_MS);
    } catch (error) {
      if (!(asStoreError(error) instanceof StoreUnavailable)) throw error;
      wait(HOUSEKEEPING_MS);
    }
  };
  const wait = (ms: number) => {
    if (waiting) return;
    waiting = true;
    setTimeout(turn, ms);
  };
  return () => wait(0);
}
const packOn = repeat(() => opened.packer.step());
const downsampleOn = repeat(() => opened.downsample());
const findLatestOn = repeat(() => opened.findLatest());
const retainOn = repeat(() => opened.retention.step());
const releaseOn = repeat(() => opened.log.release());

const housekeeping = setInterval(background, HOUSEKEEPING_MS);

const asKnown = (error: unknown): Error => asStoreError(error) as Error;
const stopped = () => {
  calledOff++;
};
if (parentPort) {
  answerCalls(parentPort, calls, asKnown, stopped);
  parentPort.on("message", ({ door }: { door?: MessagePort }) => {
    if (door) answerCalls(door, calls, asKnown, stopped);
  });
  parentPort.postMessage({ restored });
}
