import type { Changes } from "../center/changes.ts";
import { type Alert, type AlertState, type Evidence, finalStates } from "../domain/alert.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Level } from "../domain/levels.ts";
import { distanceM, type Place } from "../domain/place.ts";
import type { Json } from "../domain/text.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { beliefIn } from "./belief.ts";
import { isUnderWay } from "./lifecycle.ts";
import { newAlert, type Opening, openingDetails, raisedLevel } from "./new-alert.ts";
import type { Rule } from "./rule.ts";
import type { Targets } from "./targets.ts";

/** A problem that came back within this distance and time of one that was closed is linked to it. */
const RECURS_WITHIN_M = 30;
const RECURS_WITHIN_MS = 72 * HOUR;
/** More cycles of open and clear than this within an hour: hold it open until it has been quiet for an hour. */
const FLAPS = 3;
const FLAP_WINDOW_MS = HOUR;
const EVIDENCE_KEPT = 20;

export type DeskTimer =
  | { readonly type: "close"; readonly alertId: string }
  | { readonly type: "archive"; readonly alertId: string }
  | { readonly type: "upgrade"; readonly alertId: string }
  | { readonly type: "settle"; readonly alertId: string }
  | { readonly type: "quiet"; readonly alertId: string };

export interface DeskParts {
  readonly alerts: readonly Alert[];
  readonly alertRev: number;
  readonly newId: () => string;
  readonly archiveAfterMs: Millis;
  readonly rule: (id: string) => Rule | undefined;
  readonly targets: Targets;
  readonly calendar: Calendar;
  readonly stormAt: (at: Millis) => boolean;
  readonly timer: (dueAt: Millis, timer: DeskTimer) => void;
  /** The closed alert that a new one came back from, as the memory of places knows it. */
  readonly cameBackFrom: (opening: Opening) => string | null;
  /** Whose work an alert is, by the crew it was given to, its subject and its rule. */
  readonly lineOf: (alert: Alert) => string | null;
  /** Whether a new alert sounds. */
  readonly rings: (alert: Alert, now: Millis) => boolean;
  /** Told of every change; `before` is null when it opened. */
  readonly changed: (before: Alert | null, after: Alert, at: Millis, changes: Changes) => void;
}

export type Desk = ReturnType<typeof createDesk>;
export const alertKey = (ruleId: string, subjectId: string, subtype: string | null): string =>
  `${ruleId}\u0000${subjectId}\u0000${subtype ?? ""}`;

/** The records of alerts: opening, supporting, clearing, ending. It decides nothing; it keeps every change whole and told. */
export function createDesk(parts: DeskParts) {
  const { alerts, alertRev, newId, archiveAfterMs, rule: ruleOf, timer, cameBackFrom, lineOf, rings, changed } = parts;
  const { targets, calendar, stormAt } = parts;
  const byId = new Map<string, Alert>();
  const standingByKey = new Map<string, string>();
  /** Sources that joined the alert of another subject. */
  const joined = new Map<string, string>();
  const standingBySubject = new Map<string, Set<string>>();
  /** Alerts of others that a source has joined. */
  const joinedBySource = new Map<string, Set<string>>();
  const clearTimes = new Map<string, Millis[]>();
  let rev = alertRev;

  const index = (alert: Alert) => {
    byId.set(alert.id, alert);
    const key = alertKey(alert.ruleId, alert.subject.id, alert.subtype);
    const ids = standingBySubject.get(alert.subject.id);
    if (finalStates.has(alert.state)) {
      if (standingByKey.get(key) === alert.id) standingByKey.delete(key);
      ids?.delete(alert.id);
      if (ids?.size === 0) standingBySubject.delete(alert.subject.id);
      clearTimes.delete(alert.id);
      for (const { source } of alert.evidence) {
        const others = joinedBySource.get(source);
        others?.delete(alert.id);
        if (others?.size === 0) joinedBySource.delete(source);
      }
      if (alert.archivedAt !== null) byId.delete(alert.id);
      return;
    }
    standingByKey.set(key, alert.id);
    for (const { source } of alert.evidence) {
      if (source === alert.subject.id) continue;
      joined.set(alertKey(alert.ruleId, source, alert.subtype), alert.id);
      const others = joinedBySource.get(source);
      if (others) others.add(alert.id);
      else joinedBySource.set(source, new Set([alert.id]));
    }
    if (ids) ids.add(alert.id);
    else standingBySubject.set(alert.subject.id, new Set([alert.id]));
  };

  /** It follows the crew; what else it depends on is looked at once, when the alert opens. */
  const lineAfter = (alert: Alert, { crewId }: Partial<Alert>): string | null =>
    alert.rev === 0 || (crewId !== undefined && crewId !== alert.crewId)
      ? lineOf({ ...alert, crewId: crewId ?? null })
      : alert.line;

  const change = (
    alert: Alert,
    fields: Partial<Alert>,
    told: { action: string; actor: string; at: Millis; note?: string | null; details?: Json } | null,
    changes: Changes,
  ): Alert => {
    const next: Alert = { ...alert, ...fields, line: lineAfter(alert, fields), rev: ++rev };
    index(next);
    changes.alerts.set(next.id, next);
    if (told) {
      changes.timeline.push({
        alertId: next.id,
        rev,
        at: told.at,
        actor: told.actor,
        action: told.action,
        fromState: alert.state,
        toState: next.state,
        note: told.note ?? null,
        details: told.details ?? null,
      });
    }
    if (alert.rev > 0) changed(alert, next, told?.at ?? next.lastSeenAt, changes);
    return byId.get(next.id) ?? next;
  };

  const end = (
    alert: Alert,
    state: AlertState,
    at: Millis,
    actor: string,
    action: string,
    note: string | null,
    changes: Changes,
  ) => {
    timer(at + archiveAfterMs, { type: "archive", alertId: alert.id });
    return change(alert, { state, closedAt: at, shelvedUntil: null }, { action, actor, at, note }, changes);
  };

  /** The newest closed problem of this kind here, if it is not long ago. */
  const predecessor = (opening: Opening): string | null => {
    let best: Alert | null = null;
    for (const alert of byId.values()) {
      if (alert.ruleId !== opening.rule.id || alert.state !== "closed" || alert.closedAt === null) continue;
      if (opening.openedAt - alert.closedAt > RECURS_WITHIN_MS) continue;
      const here = alert.subject.id === opening.subject.id && alert.subtype === opening.subtype;
      const near = alert.place && opening.place && distanceM(alert.place, opening.place) <= RECURS_WITHIN_M;
      if ((here || near) && (!best || alert.closedAt > (best.closedAt ?? 0))) best = alert;
    }
    return best?.id ?? null;
  };

  for (const alert of alerts) index(alert);

  return {
    get: (id: string): Alert | undefined => byId.get(id),
    live: (): Iterable<Alert> => byId.values(),
    /** Whether any alert that has not ended is about this subject, or was joined by it. */
    isInvolved: (subjectId: string): boolean => standingBySubject.has(subjectId) || joinedBySource.has(subjectId),

    *standingOf(subjectId: string): Generator<Alert> {
      for (const id of standingBySubject.get(subjectId) ?? []) yield byId.get(id) as Alert;
    },

    /** The alert of this key that has not ended, its own or the one it joined. */
    standing(ruleId: string, subjectId: string, subtype: string | null): Alert | undefined {
      const key = alertKey(ruleId, subjectId, subtype);
      const id = standingByKey.get(key) ?? joined.get(key);
      const alert = id === undefined ? undefined : byId.get(id);
      if (alert && !finalStates.has(alert.state)) return alert;
      joined.delete(key);
      return undefined;
    },

    /** An alert another source opened about the same problem: near and not long ago. */
    nearby(rule: Rule, subtype: string | null, place: Place | null, at: Millis): Alert | undefined {
      if (!rule.merges || !place) return undefined;
      const { radiusM, withinMs } = rule.merges;
      for (const id of standingByKey.values()) {
        const alert = byId.get(id) as Alert;
        if (alert.ruleId !== rule.id || alert.subtype !== subtype || !alert.place) continue;
        if (Math.abs(at - alert.lastSeenAt) <= withinMs && distanceM(alert.place, place) <= radiusM) return alert;
      }
      return undefined;
    },

    open(opening: Opening, now: Millis, changes: Changes): Alert {
      const { rule } = opening;
      const recurrenceOf = opening.recurrenceOf ?? cameBackFrom(opening) ?? predecessor(opening);
      const grade = opening.place?.areaGrade ?? null;
      const circumstances = { level: opening.level, grade, storm: stormAt(opening.openedAt) };
      const clocks = targets.of(rule, opening.subtype, opening.openedAt, circumstances);
      const alert = newAlert(newId(), { ...opening, recurrenceOf, ...clocks }, now, calendar);
      for (const { afterMs } of rule.upgrades ?? []) {
        if (afterMs !== undefined) timer(alert.openedAt + afterMs, { type: "upgrade", alertId: alert.id });
      }
      if (rule.quietMs !== undefined) timer(alert.lastSeenAt + rule.quietMs, { type: "quiet", alertId: alert.id });
      const told = { action: "open", actor: opening.actor, at: now, note: opening.note };
      const opened = change(alert, { rings: rings(alert, now) }, null, changes);
      const details = openingDetails(opening);
      changes.timeline.push({ alertId: alert.id, rev, ...told, fromState: null, toState: "open", details });
      changed(null, opened, now, changes);
      return byId.get(opened.id) as Alert;
    },

    /** One more observation says the same. */
    support(
      alert: Alert,
      by: {
        evidence: Evidence;
        level?: Level | undefined;
        confirmed: boolean;
        attributes: Opening["attributes"];
        /** It speaks against the alert: kept as evidence, not counted as a sighting. */
        contradicts?: true;
      },
      changes: Changes,
    ): Alert {
      const rule = ruleOf(alert.ruleId);
      const at = by.evidence.at;
      const others = alert.evidence.filter(({ source }) => source !== by.evidence.source);
      const evidence = [by.evidence, ...others].slice(0, EVIDENCE_KEPT);
      const belief = beliefIn(evidence);
      if (by.contradicts) return change(alert, { evidence, belief }, null, changes);
      const level = Math.min(alert.level, by.level ?? 4) as Level;
      const confirms = by.confirmed && !alert.confirmed;
      return change(
        alert,
        {
          count: alert.count + 1,
          firstAt: Math.min(alert.firstAt, at),
          lastSeenAt: Math.max(alert.lastSeenAt, at),
          confirmed: alert.confirmed || by.confirmed,
          level: rule ? raisedLevel(rule, { ...alert, level, evidence }, at, by.attributes, calendar) : level,
          evidence,
          belief,
        },
        confirms ? { action: "confirm", actor: "system", at, details: { by: by.evidence.source } } : null,
        changes,
      );
    },

    /** The condition is over. That ends nothing by itself where somebody is under way or a person must look. */
    cleared(
      alert: Alert,
      at: Millis,
      now: Millis,
      note: string | null,
      changes: Changes,
      fields: Partial<Alert> = {},
    ): Alert {
      // Held open: only an hour without a sign of it ends that.
      if (alert.flapping) return alert;
      const times = [...(clearTimes.get(alert.id) ?? []), at].filter((time) => at - time < FLAP_WINDOW_MS);
      clearTimes.set(alert.id, times);
      if (times.length > FLAPS) {
        timer(at + FLAP_WINDOW_MS, { type: "settle", alertId: alert.id });
        return change(alert, { flapping: true }, { action: "flapping", actor: "system", at: now }, changes);
      }
      const state = isUnderWay(alert.state) ? alert.state : "cleared";
      const told = { action: "clear", actor: "system", at: now, note };
      return this.closeLater(change(alert, { ...fields, state, clearedAt: at }, told, changes));
    },

    /** Lets a cleared alert close by itself after its quiet time, where its rule says so. */
    closeLater(alert: Alert): Alert {
      const closesAfterMs = ruleOf(alert.ruleId)?.closesAfterMs ?? null;
      if (alert.state === "cleared" && alert.clearedAt !== null && closesAfterMs !== null)
        timer(alert.clearedAt + closesAfterMs, { type: "close", alertId: alert.id });
      return alert;
    },

    /** The condition is back before anybody ended the alert. */
    returned(alert: Alert, now: Millis, changes: Changes): Alert {
      const state = isUnderWay(alert.state) ? alert.state : "open";
      const fields = { state, clearedAt: null, proof: null, reopenCount: alert.reopenCount + 1 };
      const quietMs = ruleOf(alert.ruleId)?.quietMs;
      if (quietMs !== undefined) timer(now + quietMs, { type: "quiet", alertId: alert.id });
      return change(alert, fields, { action: "reopen", actor: "system", at: now }, changes);
    },

    change,
    end,

    /** @returns whether the timer's alert changed */
    fire(
      fired: DeskTimer,
      dueAt: Millis,
      holdsStill: (alert: Alert) => boolean,
      attributes: (alert: Alert) => Opening["attributes"],
      changes: Changes,
    ): void {
      const alert = byId.get(fired.alertId);
      if (!alert) return;
      const rule = ruleOf(alert.ruleId);
      if (fired.type === "archive") {
        if (alert.closedAt !== null && alert.archivedAt === null) change(alert, { archivedAt: dueAt }, null, changes);
      } else if (fired.type === "close") {
        // What nobody is known to have emptied waits for a person to look.
        const proven = alert.proof?.verdict !== "emptiedByUnknown";
        const quiet = alert.state === "cleared" && alert.clearedAt !== null && !alert.flapping && proven;
        if (quiet && dueAt - (alert.clearedAt ?? 0) >= (rule?.closesAfterMs ?? Number.POSITIVE_INFINITY)) {
          end(alert, "closed", dueAt, "system", "close", "quiet for long enough", changes);
        }
      } else if (fired.type === "upgrade") {
        if (!rule || finalStates.has(alert.state) || alert.clearedAt !== null) return;
        const level = raisedLevel(rule, alert, dueAt, attributes(alert), calendar);
        if (level < alert.level)
          change(alert, { level }, { action: "raiseLevel", actor: "system", at: dueAt }, changes);
      } else if (fired.type === "quiet") {
        if (rule?.quietMs === undefined || finalStates.has(alert.state) || alert.clearedAt !== null) return;
        const quietAt = alert.lastSeenAt + rule.quietMs;
        if (dueAt < quietAt) timer(quietAt, fired);
        else this.cleared(alert, quietAt, dueAt, "not seen again", changes);
      } else if (alert.flapping && !finalStates.has(alert.state)) {
        const quietAt = alert.lastSeenAt + FLAP_WINDOW_MS;
        if (holdsStill(alert) || dueAt < quietAt) {
          timer(Math.max(quietAt, dueAt + MINUTE), fired);
          return;
        }
        clearTimes.delete(alert.id);
        const settled = change(alert, { flapping: false }, null, changes);
        this.cleared(settled, dueAt, dueAt, "quiet for an hour", changes);
      }
    },

    worstLevelOf(subjectId: string): Level | null {
      let worst: Level | null = null;
      for (const id of standingBySubject.get(subjectId) ?? []) {
        const { level, clearedAt } = byId.get(id) as Alert;
        if (clearedAt === null && (worst === null || level < worst)) worst = level;
      }
      return worst;
    },
  };
}
