import type { Alert, AlertState } from "../domain/alert.ts";
import { conflict, forbidden, invalid, notFound, Problem } from "../domain/problem.ts";
import { reaches } from "../domain/reach.ts";
import { type Actor, atLeast, type Role } from "../domain/roles.ts";
import type { ActionInput, AlertAction } from "./alerting.ts";

/** One action of a person: from where, to where, who may. `to` null leaves the state as it is. */
interface Transition {
  readonly from: readonly AlertState[];
  readonly to: AlertState | null;
  readonly role: Role;
  /** One of these fields, or with `all` every one of them. */
  readonly needs?: keyof ActionInput | readonly (keyof ActionInput)[];
  readonly all?: true;
}

const STANDING: readonly AlertState[] = [
  "open",
  "acknowledged",
  "dispatched",
  "accepted",
  "arrived",
  "handled",
  "cleared",
  "verified",
];

/** The whole lifecycle as one table. */
export const transitions: Readonly<Record<AlertAction, Transition>> = {
  acknowledge: { from: ["open", "cleared"], to: "acknowledged", role: "dispatcher" },
  assign: { from: STANDING, to: null, role: "dispatcher", needs: "assignee" },
  dispatch: {
    from: ["open", "acknowledged", "dispatched", "accepted", "handled", "cleared"],
    to: "dispatched",
    role: "dispatcher",
    needs: ["assignee", "crewId"],
  },
  accept: { from: ["dispatched"], to: "accepted", role: "crew" },
  arrive: { from: ["dispatched", "accepted"], to: "arrived", role: "crew" },
  handle: { from: ["dispatched", "accepted", "arrived"], to: "handled", role: "crew" },
  verify: { from: ["handled", "cleared"], to: "verified", role: "dispatcher" },
  close: { from: STANDING, to: "closed", role: "dispatcher" },
  reopen: { from: ["handled", "cleared", "verified"], to: "open", role: "dispatcher", needs: "note" },
  reject: { from: STANDING, to: "falsePositive", role: "dispatcher", needs: "note" },
  shelve: { from: STANDING, to: null, role: "dispatcher", needs: "until" },
  comment: { from: STANDING, to: null, role: "crew", needs: "note" },
  decline: { from: ["dispatched", "accepted"], to: "acknowledged", role: "crew", needs: "note" },
  rework: { from: ["handled", "cleared", "verified"], to: "dispatched", role: "dispatcher", needs: "note" },
  requestExtension: { from: STANDING, to: null, role: "crew", needs: ["until", "note"], all: true },
  requestSuspension: { from: STANDING, to: null, role: "crew", needs: ["until", "note"], all: true },
  approve: { from: STANDING, to: null, role: "manager" },
  refuse: { from: STANDING, to: null, role: "manager", needs: "note" },
  resume: { from: STANDING, to: null, role: "dispatcher" },
  merge: { from: STANDING, to: "merged", role: "dispatcher", needs: "into" },
  // Where it leads is how it was before (undo.ts).
  undo: { from: STANDING, to: null, role: "crew" },
};
const NEEDS_FUTURE: ReadonlySet<AlertAction> = new Set(["shelve", "requestExtension", "requestSuspension"]);

/**
 * Where an action leads, or why it may not be.
 * @throws Problem 403 (role), 404 (outside the actor's scope or own work), 409 `conflict` (somebody was faster), 409 `state`, 400
 */
export function nextState(
  alert: Alert,
  action: AlertAction,
  input: ActionInput,
  actor: Actor,
  now: number,
): AlertState {
  if (!reaches(actor, alert)) throw notFound(`alert ${alert.id}`);
  const { from, to, role, needs, all } = transitions[action];
  if (!atLeast(actor.role, role)) throw forbidden(`${action} needs the role ${role}; this token is a ${actor.role}`);
  if (input.expectedRev !== undefined && input.expectedRev !== alert.rev) {
    throw conflict("conflict", `somebody was faster: the alert is at revision ${alert.rev} and ${alert.state}`, {
      rev: alert.rev,
      state: alert.state,
      assignee: alert.assignee,
      crewId: alert.crewId,
    });
  }
  if (!from.includes(alert.state)) {
    throw conflict(
      "state",
      `an alert that is ${alert.state} cannot be given ${action}; possible from: ${from.join(", ")}`,
      {
        rev: alert.rev,
        state: alert.state,
      },
    );
  }
  const fields = needs === undefined ? [] : typeof needs === "string" ? [needs] : needs;
  const missing = fields.filter((field) => input[field] === undefined || input[field] === "");
  if (all ? missing.length > 0 : fields.length > 0 && missing.length === fields.length) {
    throw invalid(`${action} needs ${fields.join(all ? " and " : " or ")}`);
  }
  if ((action === "approve" || action === "refuse") && !alert.request) {
    throw conflict("state", `nothing is asked for about this alert that could be ${action}d`, { rev: alert.rev });
  }
  if (action === "resume" && alert.suspendedAt === null) {
    throw conflict("state", "this alert is not suspended", { rev: alert.rev });
  }
  if (NEEDS_FUTURE.has(action) && (input.until ?? 0) <= now) {
    throw new Problem(400, "invalid", "until must lie in the future (epoch milliseconds)");
  }
  return to ?? alert.state;
}

/** States in which somebody is on the way: what a sensor says then waits for a person to look. */
export function isUnderWay(state: AlertState): boolean {
  return state === "dispatched" || state === "accepted" || state === "arrived";
}
