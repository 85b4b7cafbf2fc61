/** Epoch milliseconds, UTC. Every field that holds one is called `at` or ends in `At`. */
export type Millis = number;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The only source of "now". Core functions are given a time; edges and the center's loop ask a clock. */
export interface Clock {
  now(): Millis;
  /** Real milliseconds to wait until this clock shows `at` (0 when it already does). */
  delayUntil(at: Millis): number;
}

/** The wall clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  delayUntil: (at) => Math.max(0, at - Date.now()),
};

/**
 * A clock that starts at `startAt` and runs `speed` times faster than real time.
 * Recorded days and synthetic districts are played on it, so that rules, deadlines and screens see one consistent time.
 */
export function scaledClock(startAt: Millis, speed: number): Clock {
  const origin = performance.now();
  const now = () => Math.floor(startAt + (performance.now() - origin) * speed);
  return { now, delayUntil: (at) => Math.max(0, (at - now()) / speed) };
}

/** A clock that moves only when it is told to: scenarios run on it in lockstep, so their result never depends on speed. */
export class ManualClock implements Clock {
  #now: Millis;
  readonly #listeners = new Set<() => void>();

  constructor(startAt: Millis) {
    this.#now = startAt;
  }

  now(): Millis {
    return this.#now;
  }

  delayUntil(at: Millis): number {
    return at <= this.#now ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Moves the clock forward (never back) and tells whoever waits on it. */
  advanceTo(at: Millis): void {
    if (at < this.#now) throw new RangeError(`the clock shows ${this.#now} and cannot go back to ${at}`);
    this.#now = at;
    for (const listener of this.#listeners) listener();
  }

  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
