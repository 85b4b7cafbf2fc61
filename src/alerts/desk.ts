import type { Changes } from "../center/changes.ts";
import { type Alert, type AlertState, type Evidence, finalStates } from "../domain/alert.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Level } from "../domain/levels.ts";
import type { Json } from "../domain/text.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { beliefIn } from "./belief.ts";
import { isUnderWay } from "./lifecycle.ts";
import { newAlert, type Opening, openingDetails, raisedLevel } from "./new-alert.ts";
import type { Rule } from "./rule.ts";
import { createStanding } from "./standing.ts";
import type { Targets } from "./targets.ts";

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

/** The records of alerts: opening, supporting, clearing, ending. It decides nothing; it keeps every change whole and told. */
export function createDesk(parts: DeskParts) {
  const { alerts, alertRev, newId, archiveAfterMs, rule: ruleOf, timer, cameBackFrom, lineOf, rings, changed } = parts;
  const { targets, calendar, stormAt } = parts;
  const standing = createStanding();
  const clearTimes = new Map<string, Millis[]>();
  let rev = alertRev;

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
    standing.put(next);
    if (finalStates.has(next.state)) clearTimes.delete(next.id);
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
    return standing.get(next.id) ?? next;
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

  for (const alert of alerts) standing.put(alert);

  return {
    get: standing.get,
    live: standing.live,
    isInvolved: standing.isInvolved,
    standingOf: standing.standingOf,
    standing: standing.standing,
    nearby: standing.nearby,
    worstLevelOf: standing.worstLevelOf,

    open(opening: Opening, now: Millis, changes: Changes): Alert {
      const { rule } = opening;
      const recurrenceOf = opening.recurrenceOf ?? cameBackFrom(opening) ?? standing.predecessor(opening);
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
      return standing.get(opened.id) as Alert;
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
      const { source } = by.evidence;
      const former = alert.evidence.find((known) => known.source === source);
      const others = alert.evidence.filter((known) => known !== former);
      // Until the picture of this sighting has come, the one before it is shown, with its own time.
      const { picture = null, pictureAt = null } = former ?? by.evidence;
      const shown = picture === null ? {} : { picture, pictureAt };
      const evidence = [{ ...shown, ...by.evidence }, ...others].slice(0, EVIDENCE_KEPT);
      const belief = beliefIn(evidence);
      if (by.contradicts) return change(alert, { evidence, belief }, null, changes);
      const level = Math.min(alert.level, by.level ?? 4) as Level;
      const confirms = by.confirmed && !alert.confirmed;
      return change(
        alert,
        {
          // Two checks of one rule may hold by the same observation: it was seen once.
          count: former?.at === at ? alert.count : alert.count + 1,
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

    /** The picture of what a source saw is kept. Nothing when the alert or its evidence is gone. */
    pictured(alertId: string, source: string, picture: { id: string; at: Millis }, changes: Changes): void {
      const alert = standing.get(alertId);
      if (!alert?.evidence.some((known) => known.source === source)) return;
      const facts = { picture: picture.id, pictureAt: picture.at };
      const evidence = alert.evidence.map((known) => (known.source === source ? { ...known, ...facts } : known));
      change(alert, { evidence }, null, changes);
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
      const alert = standing.get(fired.alertId);
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
  };
}
