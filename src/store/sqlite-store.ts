import { Worker } from "node:worker_threads";
import type { Millis } from "../domain/time.ts";
import type { RetentionLimits } from "./retention.ts";
import { type CommitBatch, type Restored, type Store, StoreUnavailable } from "./store.ts";

export interface SqliteOptions {
  readonly directory: string;
  /** Commits are refused while less than this is free. */
  readonly diskReserveBytes: number;
  readonly quarantineRows: number;
  readonly retention: RetentionLimits;
  /** Largest size in pages of 4 KiB; tests fill it. */
  readonly maximumPages?: number;
  /** Time that retention goes by instead of the machine's, for recorded days. */
  readonly fixedNow?: Millis;
}

/** What the worker can be asked, beside being started. */
export type StoreCalls = {
  commit(batch: CommitBatch): void;
  pack(): Promise<void>;
  retain(now: Millis): void;
  close(): void;
} & {
  [call in Exclude<keyof Store, "commit" | "restored" | symbol>]: Store[call] extends (
    ...parameters: infer P
  ) => Promise<infer R>
    ? (...parameters: P) => R | Promise<R>
    : never;
};

export interface SqliteStore extends Store {
  /** Packs everything that is committed by now. */
  pack(): Promise<void>;
  /** Removes everything older than its limit, as of `now`. */
  retain(now: Millis): Promise<void>;
}

/**
 * Opens (or creates) the embedded store in a thread of its own.
 * @throws Error when the database cannot be opened, is newer than this program, or does not sync
 */
export async function openStore(options: SqliteOptions): Promise<SqliteStore> {
  const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), { workerData: options });
  const pending = new Map<number, { resolve: (result: never) => void; reject: (error: unknown) => void }>();
  let nextId = 1;
  let ended: Error | null = null;
  const started = Promise.withResolvers<Restored>();
  const end = (error: Error) => {
    ended ??= error;
    started.reject(error);
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  worker.on("error", end);
  worker.on("exit", () => end(new Error("the store has ended")));
  worker.on("message", (message) => {
    if (message.restored) return started.resolve(message.restored);
    const call = pending.get(message.id);
    pending.delete(message.id);
    if (!message.error) return call?.resolve(message.result as never);
    const { heals, message: text, stack } = message.error;
    const error = heals ? new StoreUnavailable(text) : new Error(text);
    error.stack = stack;
    call?.reject(error);
  });

  const ask = <C extends keyof StoreCalls>(
    call: C,
    ...parameters: Parameters<StoreCalls[C]>
  ): Promise<Awaited<ReturnType<StoreCalls[C]>>> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const id = nextId++;
      pending.set(id, { resolve, reject });
      worker.postMessage({ id, call, parameters });
    });

  const restored = await started.promise;
  return {
    restored,
    commit: (batch) => ask("commit", batch),
    series: (query) => ask("series", query),
    track: (query) => ask("track", query),
    events: (query) => ask("events", query),
    readings: (query) => ask("readings", query),
    alerts: (query) => ask("alerts", query),
    alertsSince: (rev, limit) => ask("alertsSince", rev, limit),
    alert: (id) => ask("alert", id),
    answer: (key) => ask("answer", key),
    quarantine: (query) => ask("quarantine", query),
    audit: (query) => ask("audit", query),
    backup: (path) => ask("backup", path),
    status: () => ask("status"),
    pack: () => ask("pack"),
    retain: (now) => ask("retain", now),
    async [Symbol.asyncDispose]() {
      if (ended) return;
      await ask("close");
      await worker.terminate();
    },
  };
}
