import type { Logger } from "pino";
import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { Clock, Millis } from "../domain/time.ts";
import type { AlertEvent } from "./outward.ts";

/** How one kind of output delivers. What it throws is tried again, unless it is `Refused`. */
export interface Carrier {
  /** Steps delivered at once, at most. */
  readonly batch: number;
  /** Waited after the first new step, so that what belongs together goes together. */
  readonly collectMs: Millis;
  /** Least time between two deliveries. */
  readonly everyMs: Millis;
  send(events: readonly AlertEvent[], signal: AbortSignal): Promise<void>;
  /** What the receiver must be told again and again, and how often. */
  readonly repeat?: { readonly everyMs: Millis; send(signal: AbortSignal): Promise<void> };
  /** A harmless message, for the test button; says in words what was answered. */
  test(signal: AbortSignal): Promise<string>;
  close?(): void;
}

/** The receiver will never take this: it is noted and left, so that what comes after is not held up. */
export class Refused extends Error {}

/** Not now: the receiver says when. */
export class TryLater extends Error {
  readonly afterMs: Millis | null;
  constructor(message: string, afterMs: Millis | null = null) {
    super(message);
    this.afterMs = afterMs;
  }
}

export interface Delivery {
  readonly at: Millis;
  readonly what: "events" | "repeat" | "test";
  readonly outcome: "delivered" | "refused" | "failed";
  readonly events: number;
  readonly firstEventId: string | null;
  readonly tookMs: number;
  readonly detail: string | null;
}

export interface CourierStatus {
  /** `open`: it has failed so often that it is only tried now and then. */
  readonly circuit: "closed" | "open";
  readonly failures: number;
  readonly failingSince: Millis | null;
  readonly nextTryAt: Millis | null;
  readonly delivered: number;
  readonly refused: number;
  /** Revision up to which everything is delivered. */
  readonly rev: number;
}

export interface CourierParts {
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly startRev: number;
  readonly limits: { readonly retryFirstMs: Millis; readonly retryLastMs: Millis; readonly logEntries: number };
  /** Steps after a revision, in order. */
  readonly steps: (afterRev: number, limit: number) => Promise<readonly { entry: TimelineEntry; alert: Alert }[]>;
  readonly headRev: () => number;
  readonly accepts: (alert: Alert) => boolean;
  readonly eventOf: (entry: TimelineEntry, alert: Alert) => AlertEvent;
  /** Makes the position durable; a crash before it delivers again, never less. */
  readonly keepPosition: (rev: number) => Promise<void>;
  readonly random?: () => number;
}

export interface Courier {
  readonly status: CourierStatus;
  readonly log: readonly Delivery[];
  /** Something may have changed. */
  wake(): void;
  test(): Promise<Delivery>;
  stop(): Promise<void>;
}

const STEPS_READ = 500;
/** Failures in a row after which the circuit counts as open. */
const OPENS_AFTER = 5;

/**
 * Carries the steps of alerts to one receiver, in order, at least once: the journal is the queue, and all that is kept is how
 * far it has been delivered. Failures are tried again with growing pauses and jitter for as long as it takes.
 */
export function startCourier(parts: CourierParts): Courier {
  const { carrier, clock, limits } = parts;
  const random = parts.random ?? Math.random;
  const log: Delivery[] = [];
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
  let rev = parts.startRev;
  let failures = 0;
  let failingSince: Millis | null = null;
  let nextTryAt: Millis | null = null;
  let delivered = 0;
  let refused = 0;
  let lastSentAt = Number.NEGATIVE_INFINITY;
  let repeatedAt = Number.NEGATIVE_INFINITY;
  let wakeUp: (() => void) | null = null;

  const note = (entry: Omit<Delivery, "at">): Delivery => {
    const kept = { at: clock.now(), ...entry };
    log.push(kept);
    if (log.length > limits.logEntries) log.shift();
    return kept;
  };

  /** Until woken, or so many real milliseconds. */
  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(done, ms) : undefined;
      function done() {
        clearTimeout(timer);
        wakeUp = null;
        resolve();
      }
      wakeUp = done;
    });
  const pause = async (ms: number): Promise<void> => {
    const until = performance.now() + ms;
    for (let left = ms; left > 0 && !stopping.signal.aborted; left = until - performance.now()) await rest(left);
  };

  const attempt = async (what: Delivery["what"], events: readonly AlertEvent[], run: () => Promise<void>) => {
    const startedAt = performance.now();
    const facts = { what, events: events.length, firstEventId: events[0]?.id ?? null };
    const took = () => Math.round(performance.now() - startedAt);
    try {
      await Promise.race([run(), stopped.then(() => Promise.reject(new Error("stopped")))]);
      // What is said again and again is worth a line only when it had failed.
      if (what !== "repeat" || failures > 0) note({ ...facts, outcome: "delivered", tookMs: took(), detail: null });
      delivered += events.length;
      failures = 0;
      failingSince = null;
      return true;
    } catch (error) {
      if (stopping.signal.aborted) return false;
      const detail = (error as Error).message.slice(0, 300);
      if (error instanceof Refused) {
        refused += events.length;
        note({ ...facts, outcome: "refused", tookMs: took(), detail });
        parts.logger.warn({ detail, ...facts }, "an output refuses an alert; it goes on without it");
        return true;
      }
      failures++;
      failingSince ??= clock.now();
      note({ ...facts, outcome: "failed", tookMs: took(), detail });
      if (failures === OPENS_AFTER) parts.logger.warn({ detail }, "an output cannot deliver; it is tried now and then");
      const doubled = Math.min(limits.retryLastMs, limits.retryFirstMs * 2 ** Math.min(failures - 1, 20));
      const asked = error instanceof TryLater ? (error.afterMs ?? 0) : 0;
      // Half of it is chance: receivers that come back are not met by everybody at once.
      const waitMs = Math.min(limits.retryLastMs, Math.max(asked, doubled / 2 + (random() * doubled) / 2));
      nextTryAt = clock.now() + Math.round(waitMs);
      await pause(waitMs);
      nextTryAt = null;
      return false;
    }
  };

  /** Delivers one page; false when there was nothing to deliver. */
  const deliver = async (): Promise<boolean> => {
    const head = parts.headRev();
    if (head <= rev) return false;
    const read = await parts.steps(rev, Math.max(STEPS_READ, carrier.batch));
    const last = read.at(-1)?.entry.rev;
    const wanted = read.filter(({ alert }) => parts.accepts(alert));
    const page = wanted.slice(0, carrier.batch);
    if (page.length === 0) {
      // Nothing here is this receiver's business: it need not be read again.
      rev = last ?? Math.max(rev, head);
      return last !== undefined;
    }
    const events = page.map(({ entry, alert }) => parts.eventOf(entry, alert));
    if (!(await attempt("events", events, () => carrier.send(events, stopping.signal)))) return true;
    const next = wanted[page.length];
    rev = next ? (page.at(-1)?.entry.rev ?? rev) : (last ?? rev);
    lastSentAt = performance.now();
    // At the end of the center nothing is committed any more: the position is behind then, which only repeats.
    await Promise.race([parts.keepPosition(rev), stopped]);
    return true;
  };

  const repeatDue = (): number =>
    carrier.repeat ? repeatedAt + carrier.repeat.everyMs - performance.now() : Number.POSITIVE_INFINITY;

  /** One thing that is due, or a rest until something is. */
  const turn = async (): Promise<void> => {
    const { repeat } = carrier;
    if (repeat && repeatDue() <= 0) {
      if (await attempt("repeat", [], () => repeat.send(stopping.signal))) repeatedAt = performance.now();
      return;
    }
    if (parts.headRev() <= rev) return rest(repeatDue());
    await pause(Math.max(carrier.collectMs, lastSentAt + carrier.everyMs - performance.now()));
    while (!stopping.signal.aborted && (await deliver())) {
      if (carrier.everyMs > 0) break;
    }
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        await turn();
      } catch (error) {
        if (stopping.signal.aborted) return;
        // The journal cannot be read just now: nothing is lost by reading it later.
        parts.logger.error({ err: error }, "an output cannot read the journal; it tries again");
        await pause(limits.retryLastMs);
      }
    }
  };
  const running = run();

  return {
    get status() {
      const circuit = failures >= OPENS_AFTER ? ("open" as const) : ("closed" as const);
      return { circuit, failures, failingSince, nextTryAt, delivered, refused, rev };
    },
    log,
    wake: () => {
      if (nextTryAt === null) wakeUp?.();
    },
    async test() {
      const startedAt = performance.now();
      const facts = { what: "test", events: 0, firstEventId: null } as const;
      const tookMs = () => Math.round(performance.now() - startedAt);
      try {
        const detail = await carrier.test(stopping.signal);
        return note({ ...facts, outcome: "delivered", tookMs: tookMs(), detail });
      } catch (error) {
        return note({ ...facts, outcome: "failed", tookMs: tookMs(), detail: (error as Error).message.slice(0, 300) });
      }
    },
    async stop() {
      stopping.abort();
      wakeUp?.();
      await running;
      carrier.close?.();
    },
  };
}

/** Statuses by which a receiver says that it will never take this one message, whatever else is right. */
const NEVER = new Set([400, 409, 413, 422]);

/** @throws Refused, TryLater, Error unless the answer is a success */
export function demandSuccess(answer: { status: number; body: Buffer; retryAfterMs: number | null }): void {
  const { status, body, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return;
  const said = `answered ${status}${body.length > 0 ? `: ${body.toString("utf8").slice(0, 120)}` : ""}`;
  if (NEVER.has(status)) throw new Refused(said);
  if (status >= 300 && status < 400) throw new Error(`${said}; redirects are not followed`);
  throw new TryLater(said, retryAfterMs);
}
