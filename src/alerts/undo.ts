import type { Alert } from "../domain/alert.ts";
import { conflict } from "../domain/problem.ts";
import type { Actor } from "../domain/roles.ts";
import type { Millis } from "../domain/time.ts";
import type { AlertAction } from "./alerting.ts";

/** What can be taken back: nothing has ended by it, and nobody's proof rests on it. */
const UNDOABLE: ReadonlySet<AlertAction> = new Set([
  "acknowledge",
  "assign",
  "shelve",
  "dispatch",
  "accept",
  "arrive",
  "verify",
]);
/** Actions that are remembered; in memory only, the oldest go first. */
const KEPT = 1_000;

interface Done {
  readonly action: AlertAction;
  readonly actor: string;
  readonly at: Millis;
  readonly before: Alert;
  readonly after: Alert;
}

/** Remembers the last action on each alert for a while, so that a slip of the hand can be taken back by its author. */
export function createUndo(withinMs: Millis) {
  const last = new Map<string, Done>();

  return {
    remember(action: AlertAction, { name: actor }: Actor, before: Alert, after: Alert, at: Millis): void {
      last.delete(before.id);
      if (!UNDOABLE.has(action)) return;
      last.set(before.id, { action, actor, at, before, after });
      while (last.size > KEPT) last.delete(last.keys().next().value as string);
    },

    /**
     * How the alert was before. What sensors have said since stays.
     * @throws Problem 409 `nothingToUndo`
     */
    undone(
      alert: Alert,
      { name }: Actor,
      now: Millis,
    ): { readonly action: AlertAction; readonly fields: Partial<Alert> } {
      const done = last.get(alert.id);
      const refuse = (why: string) => conflict("nothingToUndo", why, { rev: alert.rev, state: alert.state });
      if (!done || now - done.at > withinMs) throw refuse("there is nothing to take back any more");
      if (done.actor !== name) throw refuse(`the last action was ${done.action} by ${done.actor}, not by you`);
      const { state, assignee, crewId, shelvedUntil } = done.after;
      // An offer may have moved to the crew meanwhile; anybody else's step must not be undone with it.
      if (alert.state !== state || alert.assignee !== assignee || alert.shelvedUntil !== shelvedUntil)
        throw refuse(`something was done since: the alert is ${alert.state}`);
      if (alert.crewId !== crewId && done.action !== "dispatch") throw refuse("another crew was asked since");
      last.delete(alert.id);
      const { before } = done;
      return {
        action: done.action,
        fields: {
          state: before.state,
          assignee: before.assignee,
          crewId: before.crewId,
          shelvedUntil: before.shelvedUntil,
          confirmed: before.confirmed,
          dispatchedAt: before.dispatchedAt,
          offer: null,
        },
      };
    },
  };
}
export type Undo = ReturnType<typeof createUndo>;
