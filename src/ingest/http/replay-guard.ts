import type { Millis } from "../../domain/time.ts";

const REMEMBERED = 50_000;

/**
 * Ids of signed requests within their window of time. One that comes again after it was settled is answered like the first
 * without doing anything; one that comes while the first is under way has to wait.
 */
export function createReplayGuard(windowMs: Millis) {
  const seen = new Map<string, { at: Millis; settled: boolean }>();
  return {
    /** `new`: go on; `settled`: it was done; `underWay`: it is being done. */
    meet(key: string, now: Millis): "new" | "settled" | "underWay" {
      for (const [known, { at }] of seen) {
        // Twice the window: a request from the future end of it may come again until its time has passed.
        if (now - at <= 2 * windowMs && seen.size <= REMEMBERED) break;
        seen.delete(known);
      }
      const before = seen.get(key);
      if (before) return before.settled ? "settled" : "underWay";
      seen.set(key, { at: now, settled: false });
      return "new";
    },
    settled(key: string): void {
      const entry = seen.get(key);
      if (entry) entry.settled = true;
    },
    /** It was refused: the sender may mend it and send it again. */
    forget(key: string): void {
      seen.delete(key);
    },
  };
}
