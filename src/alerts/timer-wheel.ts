import type { Millis } from "../domain/time.ts";

/** Something to do at a time. A timer that is no longer wanted is simply ignored when it fires. */
export interface Timer<T> {
  readonly dueAt: Millis;
  readonly what: T;
}

interface Waiting<T> extends Timer<T> {
  readonly order: number;
}

/** Of two that are due at once the one added first fires first: the same day played twice ends the same. */
const isBefore = (a: Waiting<unknown>, b: Waiting<unknown>): boolean =>
  a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);

/** Timers by due time in a binary heap: adding and firing cost log n, waiting costs nothing. */
export class TimerWheel<T> {
  readonly #heap: Waiting<T>[] = [];
  #added = 0;

  get nextDueAt(): Millis | null {
    return this.#heap[0]?.dueAt ?? null;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(dueAt: Millis, what: T): void {
    const heap = this.#heap;
    let at = heap.length;
    const timer = { dueAt, what, order: this.#added++ };
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Waiting<T>;
      if (isBefore(above, timer)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  /** Takes the earliest timer that is due, or null. */
  take(now: Millis): Timer<T> | null {
    const heap = this.#heap;
    const first = heap[0];
    if (!first || first.dueAt > now) return null;
    const last = heap.pop() as Waiting<T>;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(timer: Waiting<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Waiting<T>)) child++;
      const below = heap[child] as Waiting<T>;
      if (!isBefore(below, timer)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = timer;
  }
}
