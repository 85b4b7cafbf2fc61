import type { Millis } from "../domain/time.ts";

/** Something to do at a time. A timer that is no longer wanted is simply ignored when it fires. */
export interface Timer<T> {
  readonly dueAt: Millis;
  readonly what: T;
}

/** Timers by due time in a binary heap: adding and firing cost log n, waiting costs nothing. */
export class TimerWheel<T> {
  readonly #heap: Timer<T>[] = [];

  get nextDueAt(): Millis | null {
    return this.#heap[0]?.dueAt ?? null;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(dueAt: Millis, what: T): void {
    const heap = this.#heap;
    let at = heap.length;
    const timer = { dueAt, what };
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Timer<T>;
      if (above.dueAt <= dueAt) break;
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
    const last = heap.pop() as Timer<T>;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(timer: Timer<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && right.dueAt < (heap[child] as Timer<T>).dueAt) child++;
      const below = heap[child] as Timer<T>;
      if (below.dueAt >= timer.dueAt) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = timer;
  }
}
