import { type Millis, SECOND } from "../../src/domain/time.ts";
import type { AlertView } from "../../src/stream/protocol.ts";
import type { Operator } from "../orders.ts";
import { createRandom, type Random } from "../random.ts";
import { type Rest, RestError } from "../rest.ts";

/** What somebody will do about an alert: so long after it came to where it stands. */
export interface Move {
  readonly afterMs: Millis;
  make(at: Millis): Promise<unknown>;
}

/** What this part of the staff does with an alert as it stands; null: nothing, it is for others or for later. */
export type Habit = (alert: AlertView, random: Random) => Move | null;

export interface StaffParts {
  /** Sees every alert that is open. */
  readonly rest: Rest;
  readonly seed: number;
  readonly habits: readonly Habit[];
}

/** People look at their list now and then, not all the time. */
const LOOKS_EVERY_MS = 20 * SECOND;

/**
 * Simulated people at desks and in crews: each looks at the alerts that stand and does the next thing after the time that
 * people take. The same seed takes the same times.
 */
export function createStaff({ rest, seed, habits }: StaffParts): Operator {
  let nextAt = Number.NEGATIVE_INFINITY;
  /** Moves that are decided, by alert and where it stands. */
  const planned = new Map<string, { readonly dueAt: Millis; readonly move: Move } | null>();

  const consider = async (alert: AlertView, at: Millis): Promise<void> => {
    const { id, state, crewId, reworkCount, clearedAt } = alert;
    for (const [index, habit] of habits.entries()) {
      const key = [id, index, state, crewId, reworkCount, clearedAt !== null].join(" ");
      if (!planned.has(key)) {
        const move = habit(alert, createRandom(seed, key));
        planned.set(key, move && { dueAt: at + move.afterMs, move });
      }
      const plan = planned.get(key);
      if (!plan || plan.dueAt > at) continue;
      planned.set(key, null);
      // Somebody real may have been faster, or thinks otherwise: then it is as they say.
      await plan.move.make(at).catch((error: unknown) => {
        if (!(error instanceof RestError) || error.status >= 500) throw error;
      });
      return;
    }
  };

  return {
    get nextAt() {
      return nextAt;
    },
    async run(until) {
      if (nextAt > until) return;
      nextAt = until + LOOKS_EVERY_MS;
      const open = await rest.all<AlertView>("/alerts?open=true&limit=500");
      const standing = new Set(open.map(({ id }) => id));
      for (const key of planned.keys()) if (!standing.has(key.split(" ", 1)[0] ?? "")) planned.delete(key);
      for (const alert of open) await consider(alert, until);
    },
  };
}
