import type { Level } from "../domain/levels.ts";
import type { Millis } from "../domain/time.ts";

/** What the two duty state machines (person-duty.ts, vehicle-duty.ts) have in common. */

/**
 * `planned` before its time, `due` until the grace is over, `ended` after it. `noSignal` is a state of its own: who is not
 * heard of is neither present nor absent. `offDuty` is said of somebody who has no duty at all.
 */
export const dutyStates = [
  "offDuty",
  "planned",
  "due",
  "onPost",
  "break",
  "offPost",
  "idle",
  "absent",
  "noSignal",
  "leave",
  "notStarted",
  "working",
  "travelling",
  "standing",
  "ended",
] as const;
export type DutyState = (typeof dutyStates)[number];

/** States in which somebody is there and can be sent. */
export const atWork: ReadonlySet<DutyState> = new Set([
  "onPost",
  "offPost",
  "idle",
  "working",
  "travelling",
  "standing",
  "break",
]);

/** Something about a duty that an alert should say. */
export interface DutyProblem {
  readonly ruleId: string;
  readonly subtype: string | null;
  readonly level?: Level;
  readonly since: Millis;
}

/** A fix is not believed beyond this inaccuracy (domain: fix accuracy ≤ 30 m). */
export const USABLE_FIX_M = 30;

/** Sides of a question that fixes answer one by one: it changes only when two in a row say so (one may have jumped). */
export interface Side<T> {
  readonly value: T;
  readonly since: Millis;
  /** The first fix that said otherwise. */
  readonly doubt: { readonly value: T; readonly at: Millis } | null;
  /** Fixes that agreed since it changed. */
  readonly fixes: number;
}

export function decide<T>(side: Side<T> | null, value: T, at: Millis): Side<T> {
  if (side === null) return { value, since: at, doubt: null, fixes: 1 };
  if (value === side.value) return { ...side, doubt: null, fixes: side.fixes + 1 };
  if (side.doubt?.value === value) return { value, since: side.doubt.at, doubt: null, fixes: 2 };
  return { ...side, doubt: { value, at } };
}
