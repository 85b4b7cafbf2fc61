import "./compile-cache.ts";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Millis } from "../domain/time.ts";
import type { Restored } from "./batch.ts";
import { createCaller } from "./calls.ts";
import type { Journal } from "./journal.ts";
import type { RetentionLimits } from "./retention.ts";
import type { Store } from "./store.ts";

export interface SqliteOptions {
  readonly directory: string;
  /** Commits are refused while less than this is free. */
  readonly diskReserveBytes: number;
  readonly quarantineRows: number;
  readonly retention: RetentionLimits;
  /** Somebody follows the journal: so many bytes of log are kept for it at most. Absent: nobody does. */
  readonly follower?: { readonly backlogBytes: number };
  /** Largest size in pages of 4 KiB; tests fill it. */
  readonly maximumPages?: number;
  /** Time that retention goes by instead of the machine's, for recorded days. */
  readonly fixedNow?: Millis;
}

type Answering<Asked> = {
  [call in keyof Asked]: Asked[call] extends (...parameters: infer P) => Promise<infer R>
    ? (...parameters: P) => R | Promise<R>
    : never;
};

/** What the worker can be asked, beside being started. */
export type StoreCalls = Answering<Omit<Store, "restored" | symbol>> &
  Answering<Journal> & {
    pack(): Promise<void>;
    retain(now: Millis): Promise<void>;
    close(): void;
  };

export interface SqliteStore extends Store {
  /** Packs everything that is committed by now. */
  pack(): Promise<void>;
  /** Removes everything older than its limit, as of `now`. */
  retain(now: Millis): Promise<void>;
  /** A way for another thread to read the journal without this one in between. */
  door(): MessagePort;
}

/**
 * Opens (or creates) the embedded store in a thread of its own.
 * @throws Error when the database cannot be opened, is newer than this program, or does not sync
 */
export async function openStore(options: SqliteOptions): Promise<SqliteStore> {
  const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), { workerData: options });
  const started = Promise.withResolvers<Restored>();
  worker.once("message", ({ restored }: { restored: Restored }) => started.resolve(restored));
  let over = false;
  const end = (error: Error) => {
    over = true;
    started.reject(error);
    store.end(error);
  };
  worker.on("error", end);
  worker.on("exit", () => end(new Error("the store has ended")));
  const store = createCaller<StoreCalls>(worker);

  const restored = await started.promise;
  return {
    restored,
    commit: (batch) => store.ask("commit", batch),
    series: (query, signal) => store.ask("series", query, signal),
    latest: (query, signal) => store.ask("latest", query, signal),
    track: (query, signal) => store.ask("track", query, signal),
    events: (query, signal) => store.ask("events", query, signal),
    readings: (query, signal) => store.ask("readings", query, signal),
    alerts: (query) => store.ask("alerts", query),
    alertsSince: (rev, limit) => store.ask("alertsSince", rev, limit),
    alertSteps: (afterRev, limit) => store.ask("alertSteps", afterRev, limit),
    alert: (id) => store.ask("alert", id),
    alertsAt: (query) => store.ask("alertsAt", query),
    alertVersions: (query) => store.ask("alertVersions", query),
    answer: (key) => store.ask("answer", key),
    work: (query) => store.ask("work", query),
    quarantine: (query) => store.ask("quarantine", query),
    audit: (query) => store.ask("audit", query),
    documents: (collection) => store.ask("documents", collection),
    report: (id) => store.ask("report", id),
    reports: (query) => store.ask("reports", query),
    editions: (query) => store.ask("editions", query),
    edition: (edition) => store.ask("edition", edition),
    featureEditions: (id, limit) => store.ask("featureEditions", id, limit),
    kpiSums: (query) => store.ask("kpiSums", query),
    kpiCases: (query) => store.ask("kpiCases", query),
    backup: (path) => store.ask("backup", path),
    status: () => store.ask("status"),
    pack: () => store.ask("pack"),
    retain: (now) => store.ask("retain", now),
    door() {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage({ door: port2 }, [port2]);
      return port1;
    },
    async [Symbol.asyncDispose]() {
      if (over) return;
      await store.ask("close");
      await worker.terminate();
    },
  };
}

/** The journal as another thread reads it, through a door of the store (`SqliteStore.door`). */
export function openJournal(door: MessagePort): Journal {
  const store = createCaller<StoreCalls>(door);
  return {
    series: (query, signal) => store.ask("series", query, signal),
    latest: (query, signal) => store.ask("latest", query, signal),
    track: (query, signal) => store.ask("track", query, signal),
    events: (query, signal) => store.ask("events", query, signal),
    readings: (query, signal) => store.ask("readings", query, signal),
    position: () => store.ask("position"),
    entries: (after, readings) => store.ask("entries", after, readings),
    alertChanges: (after, limit) => store.ask("alertChanges", after, limit),
    newest: () => store.ask("newest"),
    figuresDue: (now, limit) => store.ask("figuresDue", now, limit),
    openCases: () => store.ask("openCases"),
    kpiSums: (query) => store.ask("kpiSums", query),
    documents: (collection) => store.ask("documents", collection),
    missed: (limit) => store.ask("missed", limit),
    places: () => store.ask("places"),
    delivered: (progress) => store.ask("delivered", progress),
    tellAnew: () => store.ask("tellAnew"),
  };
}
