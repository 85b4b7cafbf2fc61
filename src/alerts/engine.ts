import type { Changes } from "../center/changes.ts";
import type { Alert } from "../domain/alert.ts";
import { invalid } from "../domain/problem.ts";
import { DAY, type Millis } from "../domain/time.ts";
import type { RuleState } from "../store/kept.ts";
import type { Alerting, DerivedProblem, District } from "./alerting.ts";
import { type AttentionLimits, createAttention } from "./attention.ts";
import { resumed } from "./case-actions.ts";
import { BREACH_RULE, RECURRENCE_RULE } from "./catalogue/derived.ts";
import { catalogue, SILENCE_RULE } from "./catalogue.ts";
import { type ClockTimer, createClocks } from "./clocks.ts";
import { createDenial } from "./denial.ts";
import { createDesk, type DeskTimer } from "./desk.ts";
import { createDispatching, type DispatchLimits, type OfferTimer } from "./dispatching.ts";
import { attributesOn } from "./judges/ground.ts";
import { createMerchants, type MerchantTimer, NO_DEPOSIT_RULE } from "./merchants.ts";
import { createOperator } from "./operator.ts";
import { createProof, type ProofTimer } from "./proof.ts";
import { createQuiet } from "./quiet.ts";
import { createRecurrence } from "./recurrence.ts";
import type { Rule } from "./rule.ts";
import { createRulebook } from "./rulebook.ts";
import { createSilence, type SilenceParts, type SilenceTimer } from "./silence.ts";
import { createTargets, type TargetSettings } from "./targets.ts";
import { TimerWheel } from "./timer-wheel.ts";
import { createUndo } from "./undo.ts";
import { type CheckTimer, createWatch } from "./watch.ts";
import { nobody, type Workforce } from "./workforce.ts";

export interface AlertSettings {
  readonly archiveAfterMs: Millis;
  readonly attention: AttentionLimits;
  readonly dispatch: DispatchLimits;
  /** How long the last action can be taken back. */
  readonly undoMs: Millis;
  /** When street teams and offices work. */
  readonly hours: Pick<TargetSettings, "dutyHours" | "workingHours">;
}

export interface AlertingParts {
  readonly district: District;
  readonly restored: {
    readonly alerts: readonly Alert[];
    readonly ruleStates: readonly RuleState[];
    readonly alertRev: number;
    readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  };
  readonly settings: AlertSettings;
  readonly startedAt: Millis;
  /** Ids that sort by time. */
  readonly newId: () => string;
  readonly rules?: readonly Rule[];
  readonly workforce?: Workforce;
  /** Told when a device is heard of for the first time, falls silent, or is heard again. */
  readonly presence?: SilenceParts["presence"];
}

type Timer =
  | CheckTimer
  | DeskTimer
  | SilenceTimer
  | ClockTimer
  | ProofTimer
  | OfferTimer
  | MerchantTimer
  | { readonly type: "resume"; readonly alertId: string }
  | { readonly type: "forget" };
const FORGET_EVERY_MS = DAY;

/** Rules, silence, lifecycle and deadlines put together. @see Alerting */
export function createAlerting(parts: AlertingParts): Alerting {
  const { district, restored, settings, startedAt, newId } = parts;
  const wheel = new TimerWheel<Timer>();
  const timer = (dueAt: Millis, what: Timer) => wheel.add(dueAt, what);
  const rulebook = createRulebook(parts.rules ?? catalogue, restored.documents);
  const quiet = createQuiet(restored.documents, newId, district.calendar);
  // What others than the checks find goes through these two, whoever finds it.
  const found = {
    holds: (...given: Parameters<typeof holds>) => void holds(...given),
    over: (...given: Parameters<typeof over>) => over(...given),
  };
  const recurrence = createRecurrence({ documents: restored.documents, rule: rulebook.get, holds: found.holds });
  const workforce = parts.workforce ?? nobody;
  const targets = createTargets({ calendar: district.calendar, ...settings.hours });
  const attention = createAttention(settings.attention, restored.alerts, district.calendar);
  const desk = createDesk({
    alerts: restored.alerts,
    alertRev: restored.alertRev,
    newId,
    archiveAfterMs: settings.archiveAfterMs,
    rule: rulebook.get,
    targets,
    calendar: district.calendar,
    stormAt: quiet.stormAt,
    timer,
    cameBackFrom: (opening) => recurrence.predecessor({ ...opening, ruleId: opening.rule.id }),
    lineOf,
    rings: attention.rings,
    changed(before, after, at, changes) {
      clocks.changed(before, after, at, changes);
      proof.changed(before, after, at, changes);
      dispatching.changed(before, after);
      recurrence.changed(before, after, at, changes);
    },
  });
  const clocks = createClocks({
    desk,
    rule: rulebook.get,
    targets,
    timer,
    holds: found.holds,
    over: (alertId, subtype, at, note, changes) => over(BREACH_RULE, alertId, subtype, at, note, changes),
  });
  const dispatching = createDispatching({
    desk,
    rule: rulebook.get,
    workforce,
    timer,
    newId,
    limits: settings.dispatch,
  });
  const proof = createProof({
    desk,
    rule: rulebook.get,
    workforce,
    timer,
    heldBy: (alert, other, at) => watch.heldBy(alert, other, at),
    ...found,
  });
  const denial = createDenial({ subject: district.subject, standing: desk.standing, ...found });
  const watch = createWatch({
    district,
    desk,
    denial,
    clears: proof.clears,
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
    presence: parts.presence ?? (() => {}),
  });
  const merchants = createMerchants({
    documents: restored.documents,
    calendar: district.calendar,
    rule: () => rulebook.get(NO_DEPOSIT_RULE),
    timer,
    standsSince: (code) => {
      const standing = desk.standing(NO_DEPOSIT_RULE, code, null);
      return standing && standing.clearedAt === null ? standing.openedAt : null;
    },
    holds: found.holds,
    over: (code, at, note, changes) => over(NO_DEPOSIT_RULE, code, null, at, note, changes),
  });
  merchants.arm(startedAt);
  watch.restore(restored.ruleStates);
  silence.restore();
  for (const alert of desk.live()) rearm(alert);
  timer(startedAt + FORGET_EVERY_MS, { type: "forget" });

  /** A finding about a case, or about a spot where a problem keeps coming back, is whose that problem is. */
  function lineOf(alert: Alert): string | null {
    const { ruleId, subject, evidence } = alert;
    const about = ruleId === BREACH_RULE ? subject.id : ruleId === RECURRENCE_RULE ? evidence[0]?.alertId : null;
    const problem = typeof about === "string" && alert.crewId === null ? desk.get(about) : undefined;
    return problem ? problem.line : workforce.lineOf(alert, district.subject(subject.id)?.device);
  }

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
    dispatching.rearm(alert);
    proof.rearm(alert, startedAt);
    if (alert.suspendedUntil !== null) timer(alert.suspendedUntil, { type: "resume", alertId });
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
    const { ruleId, subtype, subject, place, at, since, level, facts, recurrenceOf, matter } = problem;
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
        firstAt: since ?? at,
        openedAt: at,
        lastSeenAt: at,
        count: 1,
        late: false,
        evidence: [evidence],
        actor: "system",
        note: null,
        ...(recurrenceOf !== undefined && { recurrenceOf }),
        ...(matter !== undefined && { matter }),
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

  /** A pause the duty manager had granted is over. */
  function resume(alertId: string, dueAt: Millis, changes: Changes): void {
    const alert = desk.get(alertId);
    if (!alert || alert.suspendedUntil === null || dueAt < alert.suspendedUntil) return;
    desk.change(alert, resumed(alert, dueAt), { action: "resume", actor: "system", at: dueAt }, changes);
  }

  const attributesOf = (alert: Alert) => {
    const subject = district.subject(alert.subject.id);
    return subject ? attributesOn(subject, alert.place, district.geography, alert.openedAt) : {};
  };

  const operator = createOperator({
    desk,
    district,
    ruleOf,
    watch,
    dispatching,
    proof,
    undo: createUndo(settings.undoMs),
    newId,
    suspended: (alertId, until) => timer(until, { type: "resume", alertId }),
  });

  return {
    see(observation, now, changes) {
      silence.heard(observation, now, changes);
      dispatching.see(observation, now, changes);
      merchants.see(observation, now, changes);
      denial.see(observation);
      watch.see(observation, now, changes);
    },

    tick(now, changes) {
      for (let due = wheel.take(now); due; due = wheel.take(now)) {
        const { what, dueAt } = due;
        if (what.type === "check") watch.fire(what, dueAt, changes);
        else if (what.type === "escalate" || what.type === "clock") clocks.fire(what, dueAt, changes);
        else if (what.type === "visited" || what.type === "handled") proof.fire(what, dueAt, changes);
        else if (what.type === "offer") dispatching.fire(what, dueAt, changes);
        else if (what.type === "merchants") merchants.fire(dueAt, changes);
        else if (what.type === "resume") resume(what.alertId, dueAt, changes);
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

    act: operator.act,
    report: operator.report,
    addPicture: operator.addPicture,
    pictured: desk.pictured,
    suggestCrews: dispatching.suggest,
    errandsOf: dispatching.errandsOf,
    visited: proof.visited,
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
    shops: merchants.shops,
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
