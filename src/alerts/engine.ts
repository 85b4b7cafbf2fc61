import type { Changes } from "../center/changes.ts";
import { type Alert, finalStates } from "../domain/alert.ts";
import { isKind } from "../domain/kinds.ts";
import { invalid, notFound } from "../domain/problem.ts";
import { type Actor, atLeast } from "../domain/roles.ts";
import { DAY, type Millis } from "../domain/time.ts";
import type { RuleState } from "../store/store.ts";
import type { ActionInput, AlertAction, Alerting, DerivedProblem, District, ReportInput } from "./alerting.ts";
import { BREACH_RULE } from "./catalogue/derived.ts";
import { catalogue, SILENCE_RULE } from "./catalogue.ts";
import { type ClockTimer, createClocks } from "./clocks.ts";
import { createDesk, type DeskTimer } from "./desk.ts";
import { mayTouch, nextState } from "./lifecycle.ts";
import { createQuiet } from "./quiet.ts";
import { createRecurrence } from "./recurrence.ts";
import type { Rule } from "./rule.ts";
import { createRulebook } from "./rulebook.ts";
import { createSilence, type SilenceTimer } from "./silence.ts";
import { TimerWheel } from "./timer-wheel.ts";
import { type CheckTimer, createWatch } from "./watch.ts";

export interface AlertingParts {
  readonly district: District;
  readonly restored: {
    readonly alerts: readonly Alert[];
    readonly ruleStates: readonly RuleState[];
    readonly alertRev: number;
    readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  };
  readonly settings: { readonly archiveAfterMs: Millis };
  readonly startedAt: Millis;
  /** Ids that sort by time. */
  readonly newId: () => string;
  readonly rules?: readonly Rule[];
}

type Timer = CheckTimer | DeskTimer | SilenceTimer | ClockTimer | { readonly type: "forget" };
const FORGET_EVERY_MS = DAY;

/** Rules, silence, lifecycle and deadlines put together. @see Alerting */
export function createAlerting(parts: AlertingParts): Alerting {
  const { district, restored, settings, startedAt, newId } = parts;
  const wheel = new TimerWheel<Timer>();
  const timer = (dueAt: Millis, what: Timer) => wheel.add(dueAt, what);
  const rulebook = createRulebook(parts.rules ?? catalogue, restored.documents);
  const quiet = createQuiet(restored.documents, newId);
  const recurrence = createRecurrence({
    documents: restored.documents,
    rule: rulebook.get,
    holds: (problem, now, changes) => holds(problem, now, changes),
  });
  const desk = createDesk({
    alerts: restored.alerts,
    alertRev: restored.alertRev,
    newId,
    archiveAfterMs: settings.archiveAfterMs,
    rule: rulebook.get,
    timer,
    cameBackFrom: (opening) => recurrence.predecessor({ ...opening, ruleId: opening.rule.id }),
    changed(before, after, at, changes) {
      clocks.changed(before, after, at, changes);
      recurrence.changed(before, after, at, changes);
    },
  });
  const clocks = createClocks({
    desk,
    timer,
    holds: (problem, now, changes) => holds(problem, now, changes),
    over: (alertId, at, note, changes) => over(BREACH_RULE, alertId, null, at, note, changes),
  });
  const watch = createWatch({
    district,
    desk,
    quietUntil: (rule, subject, place, at) => quiet.until(rule, subject.id, place, at),
    timer,
  });
  watch.useRules(rulebook.rules(), null);
  const silence = createSilence({
    district,
    desk,
    rule: () => ruleOf(SILENCE_RULE),
    timer,
    startedAt,
  });
  watch.restore(restored.ruleStates);
  silence.restore();
  for (const alert of desk.live()) rearm(alert);
  timer(startedAt + FORGET_EVERY_MS, { type: "forget" });

  function ruleOf(id: string): Rule {
    const rule = rulebook.get(id);
    if (!rule) throw invalid(`no rule is called ${id}; GET /catalog lists them`, { ruleId: id });
    return rule;
  }

  /** Deadlines live in memory: after a restart they follow from the alert itself. */
  function rearm(alert: Alert): void {
    const { id: alertId } = alert;
    if (alert.closedAt !== null) {
      timer(alert.closedAt + settings.archiveAfterMs, { type: "archive", alertId });
      return;
    }
    const rule = rulebook.get(alert.ruleId);
    clocks.arm(alert);
    if (rule?.quietMs !== undefined && alert.clearedAt === null) {
      timer(alert.lastSeenAt + rule.quietMs, { type: "quiet", alertId });
    }
    if (alert.flapping) timer(alert.lastSeenAt, { type: "settle", alertId });
    if (alert.clearedAt !== null && rule?.closesAfterMs != null) {
      timer(alert.clearedAt + rule.closesAfterMs, { type: "close", alertId });
    }
    for (const { afterMs } of rule?.upgrades ?? []) {
      if (afterMs !== undefined) timer(alert.openedAt + afterMs, { type: "upgrade", alertId });
    }
  }

  function holds(problem: DerivedProblem, now: Millis, changes: Changes): Alert | null {
    const { ruleId, subtype, subject, place, at, level, facts, recurrenceOf } = problem;
    const rule = ruleOf(ruleId);
    if (!rule.enabled || quiet.until(rule, subject.id, place, now) !== null) return null;
    const standing = desk.standing(ruleId, subject.id, subtype);
    const evidence = { source: subject.id, at, ...facts };
    const attributes = district.subject(subject.id)?.device.attributes ?? {};
    if (standing) {
      const back = standing.clearedAt === null ? standing : desk.returned(standing, now, changes);
      return desk.support(back, { evidence, level, confirmed: true, attributes }, changes);
    }
    return desk.open(
      {
        rule,
        subtype,
        subject,
        place,
        attributes,
        level: level ?? rule.level,
        confirmed: true,
        firstAt: at,
        openedAt: at,
        lastSeenAt: at,
        count: 1,
        late: false,
        evidence: [evidence],
        actor: "system",
        note: null,
        ...(recurrenceOf !== undefined && { recurrenceOf }),
      },
      now,
      changes,
    );
  }

  function over(
    ruleId: string,
    subjectId: string,
    subtype: string | null,
    at: Millis,
    note: string,
    changes: Changes,
  ): void {
    const standing = desk.standing(ruleId, subjectId, subtype);
    if (standing && standing.clearedAt === null) desk.cleared(standing, at, at, note, changes);
  }

  const attributesOf = (alert: Alert) => district.subject(alert.subject.id)?.device.attributes ?? {};

  const audit = (
    actor: Actor,
    action: string,
    before: Alert | null,
    after: Alert,
    input: object,
    now: Millis,
    changes: Changes,
  ) =>
    changes.audit.push({
      at: now,
      actor: actor.name,
      action: `alert.${action}`,
      target: after.id,
      details: { from: before?.state ?? null, to: after.state, rev: after.rev, ...JSON.parse(JSON.stringify(input)) },
    });

  return {
    see(observation, now, changes) {
      silence.heard(observation, now, changes);
      watch.see(observation, now, changes);
    },

    tick(now, changes) {
      for (let due = wheel.take(now); due; due = wheel.take(now)) {
        const { what, dueAt } = due;
        if (what.type === "check") watch.fire(what, dueAt, changes);
        else if (what.type === "escalate" || what.type === "clock") clocks.fire(what, dueAt, changes);
        else if (what.type === "forget") {
          recurrence.forget(dueAt, changes);
          timer(dueAt + FORGET_EVERY_MS, what);
        } else if (what.type === "silence" || what.type === "alone") silence.fire(what, dueAt, changes);
        else desk.fire(what, dueAt, (alert) => watch.holds(alert), attributesOf, changes);
      }
    },

    get nextDueAt() {
      return wheel.nextDueAt;
    },

    act(alertId: string, action: AlertAction, input: ActionInput, actor: Actor, now: Millis, changes: Changes): Alert {
      const alert = desk.get(alertId);
      if (!alert) throw notFound(`alert ${alertId}`);
      const state = nextState(alert, action, input, actor, now);
      const note = input.note ?? null;
      let next: Alert;
      if (finalStates.has(state)) {
        watch.mute(alert, changes);
        next = desk.end(alert, state, now, actor.name, action, note, changes);
      } else {
        const fields: Partial<Alert> = {
          state,
          ...(input.assignee !== undefined && { assignee: input.assignee }),
          ...(input.crewId !== undefined && { crewId: input.crewId }),
          ...(action === "shelve" && { shelvedUntil: input.until ?? null }),
          // Whoever takes it on has looked at it: what an AI only suspected is now believed.
          ...(["acknowledge", "dispatch", "accept", "verify"].includes(action) && { confirmed: true }),
          ...(action === "reopen" && { clearedAt: null, reopenCount: alert.reopenCount + 1 }),
        };
        const details = input.evidence ?? null;
        next = desk.change(alert, fields, { action, actor: actor.name, at: now, note, details }, changes);
      }
      audit(actor, action, alert, next, input, now, changes);
      return next;
    },

    report(input: ReportInput, actor: Actor, now: Millis, changes: Changes): Alert {
      const rule = ruleOf(input.ruleId);
      const known = input.subject && district.subject(input.subject.id);
      if (input.subject && isKind(input.subject.kind) && !known)
        throw notFound(`${input.subject.kind} ${input.subject.id}`);
      if (!input.subject && !input.place) throw invalid("a report needs a subject or a place");
      const place = input.place ? district.placeAt(input.place.lat, input.place.lon) : (known?.place ?? null);
      const evidence = { source: actor.name, at: now, ...input.evidence };
      const attributes = known?.device.attributes ?? {};
      const subject = input.subject
        ? { kind: known?.device.kind ?? ("spot" as const), id: input.subject.id }
        : { kind: "spot" as const, id: `spot-${newId()}` };
      const standing = desk.standing(rule.id, subject.id, null) ?? desk.nearby(rule, null, place, now);
      if (standing && !mayTouch(standing, actor)) throw notFound(`alert ${standing.id}`);
      const alert = standing
        ? desk.support(standing, { evidence, level: input.level, confirmed: true, attributes }, changes)
        : desk.open(
            {
              rule,
              subtype: null,
              subject,
              place,
              attributes,
              level: input.level ?? rule.level,
              confirmed: atLeast(actor.role, "crew"),
              firstAt: now,
              openedAt: now,
              lastSeenAt: now,
              count: 1,
              late: false,
              evidence: [evidence],
              actor: actor.name,
              note: input.note ?? null,
            },
            now,
            changes,
          );
      audit(actor, "report", standing ?? null, alert, input, now, changes);
      return alert;
    },

    holds,
    over,

    deviceChanged(deviceId, device, now, changes) {
      if (device) return;
      silence.removed(deviceId);
      watch.removed(deviceId, changes);
      for (const alert of [...desk.standingOf(deviceId)]) {
        desk.end(alert, "expired", now, "system", "expire", "the device was removed", changes);
      }
    },

    get: (id) => desk.get(id),
    live: () => desk.live(),
    worstLevelOf: (subjectId) => desk.worstLevelOf(subjectId),
    quiet,
    hotSpots: recurrence.hotSpots,
    rulebook: {
      editions: rulebook.editions,
      edition: rulebook.edition,
      put(input, expectedVersion, actor, now, changes) {
        const edition = rulebook.put(input, expectedVersion, actor, now, changes);
        watch.useRules(rulebook.rules(), changes);
        return edition;
      },
      reset(id, actor, now, changes) {
        rulebook.reset(id, actor, now, changes);
        watch.useRules(rulebook.rules(), changes);
      },
    },
  };
}
