import type { Changes } from "../center/changes.ts";
import type { Subject } from "../center/subject.ts";
import { type Alert, finalStates, type ServiceProof } from "../domain/alert.ts";
import { distanceM } from "../domain/place.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { DerivedProblem } from "./alerting.ts";
import { FAULT_RULE, SUSPECT_SUBTYPE } from "./denial.ts";
import type { Desk } from "./desk.ts";
import type { Rule } from "./rule.ts";
import type { Presence, Workforce } from "./workforce.ts";

/**
 * What counts as done. A level that fell proves little alone, a visit alone nothing: together they do, and a camera that
 * looked and found nothing does. Sources that deny each other make the sensor suspect instead of sending somebody.
 */

/** A visit is told this much before the last full reading too: clocks of bins and trackers differ. */
const CLOCKS_DIFFER_MS = 2 * MINUTE;
/** A level sensor that has not spoken since the visit is waited for so long. */
const WAITS_FOR_READING_MS = 8 * HOUR;

export type ProofTimer =
  | { readonly type: "visited"; readonly alertId: string; readonly visit: Presence; readonly giveUpAt: Millis }
  | { readonly type: "handled"; readonly alertId: string; readonly handledAt: Millis };

export interface ProofParts {
  readonly desk: Desk;
  readonly rule: (id: string) => Rule | undefined;
  readonly workforce: Workforce;
  readonly timer: (dueAt: Millis, timer: ProofTimer) => void;
  /** Sources of an alert other than one whose condition holds, as of a time. */
  readonly heldBy: (alert: Alert, other: string, at: Millis) => readonly Subject[];
  readonly holds: (problem: DerivedProblem, now: Millis, changes: Changes) => void;
  readonly over: (
    ruleId: string,
    subjectId: string,
    subtype: string,
    at: Millis,
    note: string,
    changes: Changes,
  ) => void;
}

export function createProof(parts: ProofParts) {
  const { desk, rule: ruleOf, workforce, timer, heldBy, holds, over } = parts;
  const awaited = new Map<string, Millis>();

  const servedIn = (alert: Alert, from: Millis, to: Millis): Presence | undefined => {
    const rule = ruleOf(alert.ruleId);
    if (alert.place === null || !rule) return undefined;
    return workforce
      .visitsNear(alert.place, from, to)
      .filter(({ subjectId }) => workforce.serves(subjectId, rule))
      .at(-1);
  };

  const verdictOf = (alert: Alert, by: Subject, at: Millis, now: Millis): ServiceProof | null => {
    if (!ruleOf(alert.ruleId)?.proof) return null;
    if (by.device.kind === "camera") return { verdict: "seenClean", at: now, visit: null };
    const visit = servedIn(alert, alert.lastSeenAt - CLOCKS_DIFFER_MS, at);
    if (visit) return { verdict: "serviced", at: now, visit };
    return workforce.follows(at) ? { verdict: "emptiedByUnknown", at: now, visit: null } : null;
  };

  const suspect = (alert: Alert, sensor: Subject, at: Millis, reason: string, now: Millis, changes: Changes) => {
    desk.change(
      desk.get(alert.id) ?? alert,
      { contested: true },
      { action: "contradicted", actor: "system", at: now, note: reason, details: { suspect: sensor.id } },
      changes,
    );
    holds(
      {
        ruleId: FAULT_RULE,
        subtype: SUSPECT_SUBTYPE,
        subject: { kind: sensor.device.kind, id: sensor.id },
        place: sensor.place,
        at,
        facts: { alertId: alert.id, reason },
      },
      now,
      changes,
    );
  };

  const isContradicted = ({ evidence }: Alert): boolean => evidence.some(({ contradicts }) => contradicts === true);

  return {
    /** One source says that it is over. Clears the alert, unless another source says the opposite. */
    clears(alert: Alert, by: Subject, at: Millis, now: Millis, changes: Changes): void {
      const others = heldBy(alert, by.id, at);
      if (others.length === 0) {
        const proof = verdictOf(alert, by, at, now);
        desk.cleared(alert, at, now, proof?.verdict ?? null, changes, { proof });
        return;
      }
      const known = alert.evidence.find(({ source }) => source === by.id);
      if (known?.contradicts === true) return;
      const contradicting = { ...known, source: by.id, at, contradicts: true };
      const told = desk.support(
        alert,
        { evidence: contradicting, confirmed: false, attributes: {}, contradicts: true },
        changes,
      );
      // Between a level and a picture it is the level that is doubted: lids stick, lenses get dirty.
      const sensor = others.find(({ device }) => device.kind !== "camera") ?? by;
      const reason = `${by.id} says it is over, ${others.map(({ id }) => id).join(", ")} that it is not`;
      suspect(told, sensor, at, reason, now, changes);
    },

    /** Somebody was at a place long enough to do something there. */
    visited(visit: Presence & { lat: number; lon: number }, radiusM: number, changes: Changes): void {
      for (const alert of [...desk.live()]) {
        const rule = ruleOf(alert.ruleId);
        const settleMs = rule?.proof?.settleMs;
        if (!rule || settleMs === undefined || !alert.place || finalStates.has(alert.state)) continue;
        if (distanceM(alert.place, visit) > radiusM || !workforce.serves(visit.subjectId, rule)) continue;
        const { subjectId, from, to } = visit;
        if (alert.clearedAt === null) {
          const known = awaited.get(alert.id);
          if (known !== undefined && known >= to) continue;
          awaited.set(alert.id, to);
          const giveUpAt = to + WAITS_FOR_READING_MS;
          timer(to + settleMs, { type: "visited", alertId: alert.id, visit: { subjectId, from, to }, giveUpAt });
        } else if (alert.proof?.verdict === "emptiedByUnknown" && to >= alert.lastSeenAt && from <= alert.clearedAt) {
          // The tracker's word came after the sensor's.
          const proof = { verdict: "serviced", at: to, visit: { subjectId, from, to } } as const;
          const told = { action: "serviced", actor: `device:${subjectId}`, at: to };
          desk.closeLater(desk.change(alert, { proof }, told, changes));
        }
      }
    },

    /** A person says it is done: what the sensors say shortly after decides. */
    handled(alert: Alert, now: Millis): void {
      const settleMs = ruleOf(alert.ruleId)?.proof?.settleMs;
      if (settleMs !== undefined && alert.clearedAt === null) {
        timer(now + settleMs, { type: "handled", alertId: alert.id, handledAt: now });
      }
    },

    /** Sources that agree again make nothing suspect. */
    changed(before: Alert | null, after: Alert, at: Millis, changes: Changes): void {
      if (before === null) return;
      const settled = after.clearedAt !== null && before.clearedAt === null;
      if (settled) awaited.delete(after.id);
      if (!after.contested) return;
      if (!settled && !(isContradicted(before) && !isContradicted(after))) return;
      desk.change(after, { contested: false }, null, changes);
      for (const source of new Set([after.subject.id, ...after.evidence.map((one) => one.source)])) {
        over(FAULT_RULE, source, SUSPECT_SUBTYPE, at, "its sources agree again", changes);
      }
    },

    fire(fired: ProofTimer, dueAt: Millis, changes: Changes): void {
      const alert = desk.get(fired.alertId);
      if (!alert || finalStates.has(alert.state) || alert.clearedAt !== null) return;
      const settleMs = ruleOf(alert.ruleId)?.proof?.settleMs ?? 0;
      if (fired.type === "handled") {
        if (alert.state !== "handled" || alert.lastSeenAt <= fired.handledAt) return;
        const sensor = heldBy(alert, "", dueAt).find(({ device }) => device.kind !== "camera");
        if (!sensor) return;
        if (alert.pictures.some(({ at, valid }) => valid && at <= fired.handledAt)) {
          suspect(alert, sensor, dueAt, "a picture shows the work, the sensor denies it", dueAt, changes);
        } else sendBack(alert, dueAt, changes);
        return;
      }
      if (awaited.get(alert.id) !== fired.visit.to) return;
      if (alert.lastSeenAt <= fired.visit.to) {
        if (dueAt + settleMs <= fired.giveUpAt) timer(dueAt + settleMs, fired);
        return;
      }
      awaited.delete(alert.id);
      const proof = { verdict: "servicedNotEmptied", at: dueAt, visit: fired.visit } as const;
      const told = { action: "servicedNotEmptied", actor: `device:${fired.visit.subjectId}`, at: dueAt };
      const next = desk.change(alert, { proof }, told, changes);
      if (next.state === "handled") sendBack(next, dueAt, changes);
    },

    /** Deadlines live in memory: after a restart they follow from the alert and the visits. */
    rearm(alert: Alert, now: Millis): void {
      const settleMs = ruleOf(alert.ruleId)?.proof?.settleMs;
      if (settleMs === undefined || alert.clearedAt !== null || finalStates.has(alert.state)) return;
      if (alert.state === "handled") this.handled(alert, now);
      const visit = servedIn(alert, now - WAITS_FOR_READING_MS, now);
      if (!visit || alert.proof?.visit?.to === visit.to) return;
      awaited.set(alert.id, visit.to);
      const giveUpAt = visit.to + WAITS_FOR_READING_MS;
      timer(visit.to + settleMs, { type: "visited", alertId: alert.id, visit, giveUpAt });
    },
  };

  function sendBack(alert: Alert, at: Millis, changes: Changes): void {
    desk.change(
      alert,
      {
        state: alert.crewId === null && alert.assignee === null ? "open" : "dispatched",
        reworkCount: alert.reworkCount + 1,
      },
      { action: "rework", actor: "system", at, note: "said to be done, but the sensor still says the same" },
      changes,
    );
  }
}
export type Proof = ReturnType<typeof createProof>;
