import type { Clock, Millis } from "../domain/time.ts";
import { ManualClock } from "../domain/time.ts";
import type { InboundMessage, Inbox } from "../ingest/inbox.ts";
import type { CommitBatch } from "../store/batch.ts";
import type { Health } from "./access.ts";
import { Changes } from "./changes.ts";

export interface LoopLimits {
  /** How long the first message of a batch waits for company. */
  readonly waitMs: number;
  readonly batchMessages: number;
  readonly queueMessages: number;
  readonly queueBytes: number;
}

export interface LoopParts {
  readonly clock: Clock;
  readonly limits: LoopLimits;
  readonly apply: (message: InboundMessage, now: Millis, changes: Changes) => void;
  readonly tick: (now: Millis, changes: Changes) => void;
  readonly nextDueAt: () => Millis | null;
  /** Last word before the commit: levels of subjects, the checkpoint. */
  readonly complete: (changes: Changes, now: Millis) => CommitBatch;
  readonly commit: (batch: CommitBatch) => Promise<void>;
  /** The batch is on disk: publish it. */
  readonly committed: (changes: Changes) => void;
  /** True for a store that may come back by itself (disk full); anything else is our own bug and ends the process. */
  readonly mayHeal: (error: unknown) => boolean;
  readonly fatal: (error: unknown) => void;
}

export interface LoopCounters {
  batches: number;
  batchMessages: number;
  commitMs: number;
  failedCommits: number;
  receipts: number;
  /** Small documents written: what is planned and how it goes. */
  documents: number;
  /** Commits that took at most so many milliseconds, for the histogram; the last one counts the rest. */
  readonly commitBuckets: { readonly upToMs: number; count: number }[];
}

type Item =
  | { readonly message: InboundMessage; readonly settled: () => void }
  | {
      readonly run: (now: Millis, changes: Changes) => unknown;
      readonly resolve: (result: never) => void;
      readonly reject: (error: unknown) => void;
    };

const RETRY_FIRST_MS = 200;
const RETRY_LAST_MS = 5_000;
/** The longest a timer may sleep: Node's own limit is 2^31 ms. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * The heart: takes what has arrived, applies it, commits it, then lets receipts and frames go, and starts again.
 * What arrives during a commit forms the next batch, so load makes batches larger instead of slower. Only one batch is
 * ever under way, so at the moment of publishing, memory is exactly what is on disk.
 */
export function createLoop(parts: LoopParts) {
  const { clock, limits } = parts;
  let queue: Item[] = [];
  let queuedBytes = 0;
  let full = false;
  let running = false;
  let woken = false;
  let stopped = false;
  let storeFailing: Health["storeFailing"] = null;
  let dueTimer: NodeJS.Timeout | undefined;
  const reliefListeners: (() => void)[] = [];
  const settledListeners: (() => void)[] = [];
  const idleWaiters: (() => void)[] = [];
  const counters: LoopCounters = {
    batches: 0,
    batchMessages: 0,
    commitMs: 0,
    failedCommits: 0,
    receipts: 0,
    documents: 0,
    commitBuckets: [1, 2, 5, 10, 20, 50, 100, 500, Number.POSITIVE_INFINITY].map((upToMs) => ({ upToMs, count: 0 })),
  };

  const wake = (waitMs: number) => {
    if (running || woken) return;
    woken = true;
    if (waitMs > 0) setTimeout(cycle, waitMs);
    else setImmediate(cycle);
  };

  const relieve = () => {
    if (!full || queue.length > limits.queueMessages / 2 || queuedBytes > limits.queueBytes / 2) return;
    full = false;
    for (const listener of reliefListeners) listener();
  };

  /** Sleeps until the next deadline; one timer for all of them. */
  const armDueTimer = () => {
    clearTimeout(dueTimer);
    const dueAt = parts.nextDueAt();
    if (dueAt === null || stopped) return;
    const delay = clock.delayUntil(dueAt);
    if (delay === Number.POSITIVE_INFINITY) return;
    dueTimer = setTimeout(() => wake(0), Math.min(delay, LONGEST_SLEEP_MS));
  };

  const take = (): Item[] => {
    const batch = queue.length <= limits.batchMessages ? queue : queue.slice(0, limits.batchMessages);
    queue = batch === queue ? [] : queue.slice(limits.batchMessages);
    for (const item of batch) if ("message" in item) queuedBytes -= item.message.payload.length;
    return batch;
  };

  const commitUntilItHolds = async (batch: CommitBatch): Promise<void> => {
    for (let retryMs = RETRY_FIRST_MS; ; retryMs = Math.min(retryMs * 2, RETRY_LAST_MS)) {
      try {
        await parts.commit(batch);
        storeFailing = null;
        return;
      } catch (error) {
        if (!parts.mayHeal(error)) throw error;
        counters.failedCommits++;
        storeFailing ??= { since: clock.now(), reason: (error as Error).message };
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  };

  const cycle = async () => {
    woken = false;
    if (running) return;
    running = true;
    try {
      const now = clock.now();
      const changes = new Changes();
      parts.tick(now, changes);
      const answers: (() => void)[] = [];
      const items = take();
      for (const item of items) {
        if ("message" in item) {
          parts.apply(item.message, now, changes);
          continue;
        }
        try {
          const result = item.run(now, changes);
          answers.push(() => item.resolve(result as never));
        } catch (error) {
          answers.push(() => item.reject(error));
        }
      }
      if (!changes.empty) {
        const startedAt = performance.now();
        await commitUntilItHolds(parts.complete(changes, now));
        const took = performance.now() - startedAt;
        counters.batches++;
        counters.documents += changes.documents.size;
        counters.commitMs += took;
        for (const bucket of counters.commitBuckets) {
          if (took <= bucket.upToMs) {
            bucket.count++;
            break;
          }
        }
      }
      for (const item of items) {
        if (!("message" in item)) continue;
        counters.receipts++;
        item.settled();
      }
      counters.batchMessages += items.length;
      parts.committed(changes);
      for (const answer of answers) answer();
      running = false;
      for (const listener of settledListeners) listener();
      relieve();
      armDueTimer();
      // Something due by now but armed meanwhile fires in the next turn; the queue's content starts at once.
      if (queue.length > 0) wake(0);
      else for (const waiter of idleWaiters.splice(0)) waiter();
    } catch (error) {
      parts.fatal(error);
    }
  };

  const inbox: Inbox = {
    submit(message, settled) {
      queue.push({ message, settled });
      queuedBytes += message.payload.length;
      if (queue.length >= limits.queueMessages || queuedBytes >= limits.queueBytes) full = true;
      wake(limits.waitMs);
    },
    get full() {
      return full;
    },
    onRelief: (listener) => {
      reliefListeners.push(listener);
    },
  };

  const forgetClock = clock instanceof ManualClock ? clock.onAdvance(() => wake(0)) : () => {};
  armDueTimer();

  return {
    inbox,
    counters,
    get health(): Health {
      return { storeFailing, queued: queue.length };
    },
    get settled(): boolean {
      return !running;
    },
    onSettled: (listener: () => void) => {
      settledListeners.push(listener);
    },
    operate<T>(run: (now: Millis, changes: Changes) => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        queue.push({ run, resolve, reject });
        wake(0);
      });
    },
    /** Resolves when nothing is queued and nothing is under way. */
    idle(): Promise<void> {
      if (!running && queue.length === 0) return Promise.resolve();
      return new Promise((resolve) => idleWaiters.push(resolve));
    },
    stop(): void {
      stopped = true;
      clearTimeout(dueTimer);
      forgetClock();
    },
  };
}
