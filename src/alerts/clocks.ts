import type { Changes } from "../center/changes.ts";
import { type Alert, finalStates } from "../domain/alert.ts";
import type { Level } from "../domain/levels.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import type { DerivedProblem } from "./alerting.ts";
import { BREACH_RULE } from "./catalogue/derived.ts";
import type { Desk } from "./desk.ts";

/** The clocks of an alert: who must have looked at it by when, and how much of its target is used up. */

/** Unacknowledged for so long, an alert goes to the duty manager (domain: escalation; level 4 never does). */
const ESCALATES_AFTER_MS: Readonly<Partial<Record<Level, Millis>>> = { 1: 2 * MINUTE, 2: 10 * MINUTE, 3: 30 * MINUTE };
/** Shares of the target at which something is said, in percent. */
export const CLOCK_MARKS = [50, 80, 100, 150] as const;
const WARN_PCT = 80;
const BREACH_PCT = 100;

export type ClockTimer =
  | { readonly type: "escalate"; readonly alertId: string }
  | { readonly type: "clock"; readonly alertId: string; readonly pct: (typeof CLOCK_MARKS)[number] };

export interface ClockParts {
  readonly desk: Desk;
  readonly timer: (dueAt: Millis, timer: ClockTimer) => void;
  readonly holds: (problem: DerivedProblem, now: Millis, changes: Changes) => void;
  readonly over: (alertId: string, at: Millis, note: string, changes: Changes) => void;
}

/** Nobody has to hurry now: it is gone, done, ended, or paused with leave. */
const clockStopped = (alert: Alert): boolean =>
  alert.suspendedAt !== null ||
  finalStates.has(alert.state) ||
  alert.clearedAt !== null ||
  alert.state === "handled" ||
  alert.state === "verified";

export function createClocks({ desk, timer, holds, over }: ClockParts) {
  const arm = (alert: Alert) => {
    if (finalStates.has(alert.state)) return;
    const patience = ESCALATES_AFTER_MS[alert.level];
    if (alert.state === "open" && alert.escalatedAt === null && patience !== undefined) {
      timer(alert.knownAt + patience, { type: "escalate", alertId: alert.id });
    }
    if (alert.targetAt === null || clockStopped(alert)) return;
    for (const pct of CLOCK_MARKS) {
      if (pct <= alert.targetUsedPct) continue;
      timer(markAt(alert.openedAt, alert.targetAt, pct), { type: "clock", alertId: alert.id, pct });
    }
  };

  return {
    arm,

    /** An alert changed: what it no longer needs falls silent. */
    changed(before: Alert | null, after: Alert, at: Millis, changes: Changes): void {
      if (before === null) {
        arm(after);
        return;
      }
      if (after.targetUsedPct >= WARN_PCT && !clockStopped(before) && clockStopped(after)) {
        over(after.id, at, "the case is handled", changes);
      }
      if (clockStopped(before) && !clockStopped(after)) arm(after);
      else if (after.level < before.level || after.targetAt !== before.targetAt) arm(after);
    },

    fire(fired: ClockTimer, dueAt: Millis, changes: Changes): void {
      const alert = desk.get(fired.alertId);
      if (!alert) return;
      if (fired.type === "escalate") {
        const patience = ESCALATES_AFTER_MS[alert.level];
        const waiting =
          alert.state === "open" && alert.suspendedAt === null && alert.escalatedAt === null && patience !== undefined;
        if (!waiting || dueAt < alert.knownAt + patience || isShelved(alert, dueAt)) return;
        const details = { to: "dutyManager", unacknowledgedMinutes: patience / MINUTE };
        desk.change(
          alert,
          { escalatedAt: dueAt },
          { action: "escalate", actor: "system", at: dueAt, details },
          changes,
        );
        return;
      }
      const { pct } = fired;
      if (alert.targetAt === null || clockStopped(alert) || alert.targetUsedPct >= pct) return;
      // The target may have been extended since this timer was set.
      if (dueAt < markAt(alert.openedAt, alert.targetAt, pct)) return;
      const level = pct === BREACH_PCT && alert.level > 1 ? ((alert.level - 1) as Level) : alert.level;
      const told = {
        action: pct < BREACH_PCT ? "clockWarning" : "clockBreach",
        actor: "system",
        at: dueAt,
        details: { pct },
      };
      const next = desk.change(alert, { targetUsedPct: pct, level }, told, changes);
      if (pct < WARN_PCT || alert.ruleId === BREACH_RULE) return;
      holds(
        {
          ruleId: BREACH_RULE,
          subtype: null,
          subject: { kind: "case", id: next.id },
          place: next.place,
          at: dueAt,
          level: pct >= BREACH_PCT ? 2 : 4,
          facts: { usedPct: pct, ruleId: next.ruleId, subjectId: next.subject.id, targetAt: next.targetAt },
        },
        dueAt,
        changes,
      );
    },
  };
}

const isShelved = ({ shelvedUntil }: Alert, at: Millis): boolean => shelvedUntil !== null && at < shelvedUntil;

/** Nights in between do not matter here: the share is of the time from opening to target, as people read it on a bar. */
function markAt(openedAt: Millis, targetAt: Millis, pct: number): Millis {
  return openedAt + Math.round(((targetAt - openedAt) * pct) / 100);
}
