import type { Alert } from "../domain/alert.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Level } from "../domain/levels.ts";
import { HOUR, type Millis } from "../domain/time.ts";

/** What a person can take: which alerts make a sound, and which are only listed. */

export interface AttentionLimits {
  /** Local hours without sound for levels 3 and 4, from (inclusive) to (exclusive), over midnight (domain: 23 to 5). */
  readonly nightHours: readonly [from: number, to: number];
  /** Sounding alerts of levels 3 and 4 in any hour for all desks together. */
  readonly perHour: number;
}

/** Levels 1 and 2 always ring: no budget and no night holds back what may hurt somebody. */
const ALWAYS: Level = 2;

/**
 * @param restored alerts that were there before, so that a restart does not fill the budget anew
 */
export function createAttention(limits: AttentionLimits, restored: Iterable<Alert>, calendar: Calendar) {
  const rung: Millis[] = [];
  for (const { rings, level, knownAt } of restored) if (rings && level > ALWAYS) rung.push(knownAt);
  rung.sort((a, b) => a - b);

  return {
    /** Whether a new alert sounds; one that does uses up a part of the hour's budget. */
    rings({ level, late }: { level: Level; late: boolean }, now: Millis): boolean {
      if (late) return false;
      if (level <= ALWAYS) return true;
      const [from, to] = limits.nightHours;
      const hour = calendar.hoursOfDay(now);
      if (from <= to ? hour >= from && hour < to : hour >= from || hour < to) return false;
      while (rung.length > 0 && now - (rung[0] as Millis) >= HOUR) rung.shift();
      if (rung.length >= limits.perHour) return false;
      rung.push(now);
      return true;
    },
  };
}
export type Attention = ReturnType<typeof createAttention>;
