import type { Alert, AlertState } from "../domain/alert.ts";
import type { Actor } from "../domain/roles.ts";
import type { Millis } from "../domain/time.ts";
import type { ActionInput, AlertAction } from "./alerting.ts";

/** Whoever does one of these has looked at it: what an AI only suspected is now believed. */
const CONFIRMING: ReadonlySet<AlertAction> = new Set(["acknowledge", "dispatch", "accept", "verify"]);
/** After these an offer that stood has its answer, or needs none. */
const ENDS_OFFER: ReadonlySet<AlertAction> = new Set([
  "acknowledge",
  "dispatch",
  "accept",
  "arrive",
  "handle",
  "decline",
  "reopen",
  "rework",
]);

/**
 * What an action changes besides the state. Pure: the rights and the state were checked before.
 * @param state where the action leads (lifecycle.ts)
 */
export function fieldsOf(
  alert: Alert,
  action: AlertAction,
  input: ActionInput,
  state: AlertState,
  actor: Actor,
  now: Millis,
): Partial<Alert> {
  return {
    state,
    ...(input.assignee !== undefined && { assignee: input.assignee }),
    ...(input.crewId !== undefined && { crewId: input.crewId }),
    ...(CONFIRMING.has(action) && { confirmed: true }),
    ...(ENDS_OFFER.has(action) && { offer: null }),
    ...(action === "dispatch" && { dispatchedAt: now }),
    ...special(alert, action, input, actor, now),
  };
}

function special(alert: Alert, action: AlertAction, input: ActionInput, actor: Actor, now: Millis): Partial<Alert> {
  switch (action) {
    case "shelve":
      return { shelvedUntil: input.until ?? null };
    case "reopen":
      return { clearedAt: null, proof: null, reopenCount: alert.reopenCount + 1 };
    case "rework":
      return { clearedAt: null, proof: null, reworkCount: alert.reworkCount + 1 };
    case "decline":
      return { crewId: null, assignee: null };
    case "requestExtension":
    case "requestSuspension":
      return {
        request: {
          kind: action === "requestExtension" ? "extension" : "suspension",
          until: input.until ?? now,
          reason: input.note ?? "",
          by: actor.name,
          at: now,
        },
      };
    case "approve":
      return alert.request?.kind === "extension"
        ? { request: null, targetAt: alert.request.until, targetUsedPct: 0 }
        : { request: null, suspendedAt: now, suspendedUntil: alert.request?.until ?? null };
    case "refuse":
      return { request: null };
    case "resume":
      return resumed(alert, now);
    default:
      return {};
  }
}

/** The clocks go on: what was left of the target when they stopped is left again. */
export function resumed({ suspendedAt, targetAt, limitAt, pausedMs }: Alert, now: Millis): Partial<Alert> {
  const stoodMs = suspendedAt === null ? 0 : now - suspendedAt;
  return {
    suspendedAt: null,
    suspendedUntil: null,
    pausedMs: pausedMs + stoodMs,
    targetAt: targetAt === null ? null : targetAt + stoodMs,
    limitAt: limitAt === null ? null : limitAt + stoodMs,
  };
}
