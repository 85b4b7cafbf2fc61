import { type Alert, finalStates } from "../domain/alert.ts";
import type { Level } from "../domain/levels.ts";
import { distanceM, type Place } from "../domain/place.ts";
import { HOUR, type Millis } from "../domain/time.ts";
import type { Opening } from "./new-alert.ts";
import type { Rule } from "./rule.ts";

/** A problem that came back within this distance and time of one that was closed is linked to it. */
const RECURS_WITHIN_M = 30;
const RECURS_WITHIN_MS = 72 * HOUR;

const alertKey = (ruleId: string, subjectId: string, subtype: string | null): string =>
  `${ruleId}\u0000${subjectId}\u0000${subtype ?? ""}`;

/** Alerts that have not ended, and those that have not been archived yet, found by what they are about. */
export function createStanding() {
  const byId = new Map<string, Alert>();
  const standingByKey = new Map<string, string>();
  /** Sources that joined the alert of another subject. */
  const joined = new Map<string, string>();
  const standingBySubject = new Map<string, Set<string>>();
  /** Alerts of others that a source has joined. */
  const joinedBySource = new Map<string, Set<string>>();

  const index = (alert: Alert) => {
    byId.set(alert.id, alert);
    const key = alertKey(alert.ruleId, alert.subject.id, alert.subtype);
    const ids = standingBySubject.get(alert.subject.id);
    if (finalStates.has(alert.state)) {
      if (standingByKey.get(key) === alert.id) standingByKey.delete(key);
      ids?.delete(alert.id);
      if (ids?.size === 0) standingBySubject.delete(alert.subject.id);
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

  return {
    /** Takes over an alert as it is now. */
    put: index,

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

    /** The newest closed problem of this kind here, if it is not long ago. */
    predecessor(opening: Opening): string | null {
      let best: Alert | null = null;
      for (const alert of byId.values()) {
        if (alert.ruleId !== opening.rule.id || alert.state !== "closed" || alert.closedAt === null) continue;
        if (opening.openedAt - alert.closedAt > RECURS_WITHIN_MS) continue;
        const here = alert.subject.id === opening.subject.id && alert.subtype === opening.subtype;
        const near = alert.place && opening.place && distanceM(alert.place, opening.place) <= RECURS_WITHIN_M;
        if ((here || near) && (!best || alert.closedAt > (best.closedAt ?? 0))) best = alert;
      }
      return best?.id ?? null;
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
export type Standing = ReturnType<typeof createStanding>;
