import type { Changes } from "../center/changes.ts";
import { type Alert, finalStates } from "../domain/alert.ts";
import type { Level } from "../domain/levels.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import type { DerivedProblem } from "./alerting.ts";
import { BREACH_RULE } from "./catalogue/derived.ts";
import type { Desk } from "./desk.ts";
import type { Rule } from "./rule.ts";
import { type ClockName, limitOf, type Targets, targetOf } from "./targets.ts";

/** The clocks of an alert: who must have looked at it by when, and how much of its two times is used up. */

/** Unacknowledged for so long, an alert goes to the duty manager (domain: escalation; level 4 never does). */
const ESCALATES_AFTER_MS: Readonly<Partial<Record<Level, Millis>>> = { 1: 2 * MINUTE, 2: 10 * MINUTE, 3: 30 * MINUTE };
/** Shares at which something is said, in percent. */
export const CLOCK_MARKS = [50, 80, 100, 150] as const;
const WARN_PCT = 80;
const BREACH_PCT = 100;
const DUTY_MANAGER_PCT = 150;

/** The operational target, and what the case table allows. */
const clocksOf = {
  target: { due: "targetAt", used: "targetUsedPct", subtype: null },
  limit: { due: "limitAt", used: "limitUsedPct", subtype: "statutory" },
} as const;
type Which = keyof typeof clocksOf;
const both: readonly Which[] = ["target", "limit"];

export type ClockTimer =
  | { readonly type: "escalate"; readonly alertId: string }
  | { readonly type: "clock"; readonly alertId: string; readonly which: Which; readonly pct: number };

export interface ClockParts {
  readonly desk: Desk;
  readonly rule: (id: string) => Rule | undefined;
  readonly targets: Pick<Targets, "shareAt">;
  readonly timer: (dueAt: Millis, timer: ClockTimer) => void;
  readonly holds: (problem: DerivedProblem, now: Millis, changes: Changes) => void;
  readonly over: (alertId: string, subtype: string | null, at: Millis, note: string, changes: Changes) => void;
}

/** Nobody has to hurry now: it is gone, done, ended, or paused with leave. */
const clockStopped = (alert: Alert): boolean =>
  alert.suspendedAt !== null ||
  finalStates.has(alert.state) ||
  alert.clearedAt !== null ||
  alert.state === "handled" ||
  alert.state === "verified";

export function createClocks({ desk, rule, targets, timer, holds, over }: ClockParts) {
  /** When a share is used up, counted on the clock the time was given on: nights use up no duty hours, pauses nothing. */
  const markAt = (alert: Alert, which: Which, pct: number): Millis | null => {
    const due = alert[clocksOf[which].due];
    if (due === null) return null;
    const from = Math.min(alert.openedAt + alert.pausedMs, due);
    return targets.shareAt(from, due, clockName(rule(alert.ruleId), alert.subtype, which), pct / 100);
  };

  const arm = (alert: Alert) => {
    if (finalStates.has(alert.state)) return;
    const patience = ESCALATES_AFTER_MS[alert.level];
    if (alert.state === "open" && alert.escalatedAt === null && patience !== undefined) {
      timer(alert.knownAt + patience, { type: "escalate", alertId: alert.id });
    }
    if (clockStopped(alert)) return;
    for (const which of both) {
      for (const pct of CLOCK_MARKS) {
        const at = pct <= usedOf(alert, which) ? null : markAt(alert, which, pct);
        if (at !== null) timer(at, { type: "clock", alertId: alert.id, which, pct });
      }
    }
  };

  const breach = (alert: Alert, which: Which, at: Millis, changes: Changes) => {
    const usedPct = usedOf(alert, which);
    if (usedPct < WARN_PCT || alert.ruleId === BREACH_RULE) return;
    const due = alert[clocksOf[which].due];
    holds(
      {
        ruleId: BREACH_RULE,
        subtype: clocksOf[which].subtype,
        subject: { kind: "case", id: alert.id },
        place: alert.place,
        at,
        level: usedPct >= BREACH_PCT ? 2 : 4,
        matter: alert.matter,
        facts: { usedPct, ruleId: alert.ruleId, subjectId: alert.subject.id, dueAt: due },
      },
      at,
      changes,
    );
  };

  return {
    arm,

    /** An alert changed: what it no longer needs falls silent. */
    changed(before: Alert | null, after: Alert, at: Millis, changes: Changes): void {
      if (before === null) {
        arm(after);
        return;
      }
      const stopped = !clockStopped(before) && clockStopped(after);
      const restarted = clockStopped(before) && !clockStopped(after);
      for (const which of both) {
        const warned = usedOf(before, which) >= WARN_PCT;
        const { subtype } = clocksOf[which];
        if (warned && stopped) over(after.id, subtype, at, "its clock stands", changes);
        else if (warned && usedOf(after, which) < WARN_PCT)
          over(after.id, subtype, at, "it was given more time", changes);
        else if (restarted) breach(after, which, at, changes);
      }
      const moved = after.targetAt !== before.targetAt || after.limitAt !== before.limitAt;
      if (restarted || moved || after.level < before.level) arm(after);
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
      const { which, pct } = fired;
      const at = markAt(alert, which, pct);
      // It may have been given more time since this timer was set.
      if (at === null || dueAt < at || clockStopped(alert) || usedOf(alert, which) >= pct) return;
      // One level above its rule's own: what has been raised for its age or place already is not raised twice.
      const above = Math.max(1, (rule(alert.ruleId)?.level ?? alert.level) - 1);
      const graver = pct === BREACH_PCT ? (Math.min(alert.level, above) as Level) : alert.level;
      const forManager = pct === DUTY_MANAGER_PCT && { escalatedAt: alert.escalatedAt ?? dueAt };
      const action = pct < BREACH_PCT ? "clockWarning" : pct < DUTY_MANAGER_PCT ? "clockBreach" : "escalate";
      const details = { clock: which, pct, ...(forManager && { to: "dutyManager" }) };
      const next = desk.change(
        alert,
        { [clocksOf[which].used]: pct, level: graver, ...forManager },
        { action, actor: "system", at: dueAt, details },
        changes,
      );
      breach(next, which, dueAt, changes);
    },
  };
}

const usedOf = (alert: Alert, which: Which): number => alert[clocksOf[which].used];

const isShelved = ({ shelvedUntil }: Alert, at: Millis): boolean => shelvedUntil !== null && at < shelvedUntil;

function clockName(rule: Rule | undefined, subtype: string | null, which: Which): ClockName {
  if (!rule) return "U";
  return (which === "target" ? targetOf(rule, subtype)?.clock : limitOf(rule, subtype)?.unit) ?? "U";
}
