import type { Changes } from "../center/changes.ts";
import type { SeenObservation } from "../center/subject.ts";
import { type Alert, type AlertState, finalStates, type Offer } from "../domain/alert.ts";
import { distanceM, type Place } from "../domain/place.ts";
import type { Millis } from "../domain/time.ts";
import type { Desk } from "./desk.ts";
import { isUnderWay } from "./lifecycle.ts";
import type { Rule } from "./rule.ts";
import type { CrewSuggestion, Workforce } from "./workforce.ts";

/** From "somebody must go" to "somebody is there": offers, their answers, silence, arrival by position. */

/** Somebody within this distance has arrived, and proof from within it is valid (domain: crew's day). */
export const ARRIVED_WITHIN_M = 50;
const SENT: ReadonlySet<AlertState> = new Set(["dispatched", "accepted", "arrived", "handled"]);
const ON_ERRAND: ReadonlySet<AlertState> = new Set(["accepted", "arrived", "handled"]);
const ACCEPT_NOTE = "accepted on the device";

export type OfferTimer = { readonly type: "offer"; readonly alertId: string; readonly offerId: string };

export interface DispatchParts {
  readonly desk: Desk;
  readonly rule: (id: string) => Rule | undefined;
  readonly workforce: Workforce;
  readonly timer: (dueAt: Millis, timer: OfferTimer) => void;
  readonly newId: () => string;
  readonly limits: DispatchLimits;
}

export interface DispatchLimits {
  /** How long an offer waits for its answer. */
  readonly offerMs: Millis;
  /** Crews that are asked one after the other before a dispatcher must look again. */
  readonly crewsAsked: number;
}

export function createDispatching({ desk, rule, workforce, timer, newId, limits }: DispatchParts) {
  /** Alerts somebody of a crew is expected at, by the device of each member. */
  const expected = new Map<string, Set<string>>();
  /** Alerts that are offered, by the id the answer names. */
  const offered = new Map<string, string>();

  const expect = (alert: Alert) => {
    const members = alert.crewId === null ? null : workforce.membersOf(alert.crewId);
    for (const member of members ?? []) {
      const alerts = expected.get(member);
      const wanted = SENT.has(alert.state) && alert.suspendedAt === null;
      if (!wanted) {
        alerts?.delete(alert.id);
        if (alerts?.size === 0) expected.delete(member);
      } else if (alerts) alerts.add(alert.id);
      else expected.set(member, new Set([alert.id]));
    }
  };

  /** Places a badge is expected at and has said so, or its crew; where one of them has said it, the others stay. */
  const errandsOf = (deviceId: string): Place[] =>
    [...(expected.get(deviceId) ?? [])].flatMap((alertId) => {
      const alert = desk.get(alertId);
      if (!alert?.place || !ON_ERRAND.has(alert.state)) return [];
      const { assignee, place } = alert;
      const somebodyElse = assignee !== null && assignee !== deviceId && workforce.kindOf(assignee) !== null;
      return somebodyElse ? [] : [place];
    });

  const loadOf = (crewId: string): number => {
    let load = 0;
    for (const alert of desk.live()) if (alert.crewId === crewId && isUnderWay(alert.state)) load++;
    return load;
  };

  const suggest = (alert: Alert, at: Millis): readonly CrewSuggestion[] => workforce.suggest(alert, at, loadOf);

  /** Asks a crew; a crew nobody has registered is only a name and is not asked. */
  const offer = (alert: Alert, crewId: string, asked: readonly string[], now: Millis, changes: Changes): Alert => {
    const members = workforce.membersOf(crewId);
    if (!members) return alert;
    const made: Offer = { id: newId(), crewId, expiresAt: now + limits.offerMs, asked: [...asked, crewId] };
    const told = { action: "offer", actor: "system", at: now, details: { crewId, offerId: made.id } };
    const next = desk.change(alert, { offer: made, crewId }, told, changes);
    offered.set(made.id, alert.id);
    timer(made.expiresAt, { type: "offer", alertId: alert.id, offerId: made.id });
    for (const deviceId of members) {
      const kind = workforce.kindOf(deviceId);
      if (kind === null) continue;
      const { id, ruleId, level, subject, place, targetAt } = next;
      const args = {
        alertId: id,
        ruleId,
        title: rule(ruleId)?.title ?? null,
        level,
        subject: { ...subject },
        place: place && { lat: place.lat, lon: place.lon },
        targetAt,
        expiresAt: made.expiresAt,
      };
      changes.commands.push({ kind, deviceId, command: { id: made.id, name: "offer", args } });
    }
    return next;
  };

  /** Asks the next crew that fits; when there is none left, a dispatcher must look. */
  const offerOn = (alert: Alert, asked: readonly string[], now: Millis, changes: Changes): Alert => {
    const next =
      asked.length < limits.crewsAsked
        ? suggest(alert, now).find((crew) => crew.onDuty && crew.fits && !asked.includes(crew.crewId))
        : undefined;
    if (next) return offer(alert, next.crewId, asked, now, changes);
    return desk.change(
      alert,
      { state: "acknowledged", crewId: null, assignee: null, offer: null, escalatedAt: now },
      { action: "escalate", actor: "system", at: now, note: "no crew took it", details: { asked: [...asked] } },
      changes,
    );
  };

  return {
    suggest,
    errandsOf,

    /** A person sent a crew. */
    dispatched(alert: Alert, now: Millis, changes: Changes): Alert {
      if (alert.crewId === null) return alert;
      return offer(alert, alert.crewId, [], now, changes);
    },

    /** A crew said no: the next one is asked, if this one had only been offered it. */
    declined(before: Alert, after: Alert, now: Millis, changes: Changes): Alert {
      if (!before.offer) return after;
      const back = desk.change(after, { state: "dispatched" }, null, changes);
      return offerOn(back, before.offer.asked, now, changes);
    },

    changed(before: Alert | null, after: Alert): void {
      if (before?.offer && before.offer.id !== after.offer?.id) offered.delete(before.offer.id);
      if (before && before.crewId !== after.crewId) expect({ ...before, state: "closed" });
      expect(after);
    },

    /** Answers of devices, and positions of those who are expected somewhere. Costs nothing for anybody else. */
    see({ subject, at, event, metrics, outOfOrder }: SeenObservation, now: Millis, changes: Changes): void {
      if (event?.type === "reply") {
        const alert = desk.get(offered.get(String(event.details?.id ?? "")) ?? "");
        const asked = alert?.offer && workforce.membersOf(alert.offer.crewId)?.includes(subject.id);
        if (!alert?.offer || !asked || alert.state !== "dispatched") return;
        const actor = `device:${subject.id}`;
        if (event.code === "ok") {
          const told = { action: "accept", actor, at: now, note: ACCEPT_NOTE };
          desk.change(alert, { state: "accepted", assignee: subject.id, offer: null, confirmed: true }, told, changes);
        } else {
          const reason = event.details?.result;
          const note = typeof reason === "string" ? reason.slice(0, 500) : "declined on the device";
          const before = alert;
          const told = { action: "decline", actor, at: now, note };
          const after = desk.change(alert, { crewId: null, assignee: null, offer: null }, told, changes);
          offerOn(after, before.offer?.asked ?? [], now, changes);
        }
        return;
      }
      if (metrics.lat === undefined || metrics.lon === undefined || outOfOrder) return;
      for (const alertId of [...(expected.get(subject.id) ?? [])]) {
        const alert = desk.get(alertId);
        if (alert?.state !== "accepted" || !alert.place) continue;
        const metres = distanceM(alert.place, { lat: metrics.lat, lon: metrics.lon });
        if (metres > ARRIVED_WITHIN_M) continue;
        const details = { metres: Math.round(metres), at };
        const told = { action: "arrive", actor: `device:${subject.id}`, at: now, details };
        desk.change(alert, { state: "arrived" }, told, changes);
      }
    },

    fire({ alertId, offerId }: OfferTimer, dueAt: Millis, changes: Changes): void {
      const alert = desk.get(alertId);
      if (alert?.offer?.id !== offerId || finalStates.has(alert.state)) return;
      const { asked, crewId } = alert.offer;
      const told = { action: "offerExpired", actor: "system", at: dueAt, details: { crewId } };
      const silent = desk.change(alert, { offer: null, crewId: null }, told, changes);
      offerOn(silent, asked, dueAt, changes);
    },

    rearm(alert: Alert): void {
      expect(alert);
      if (!alert.offer || finalStates.has(alert.state)) return;
      offered.set(alert.offer.id, alert.id);
      timer(alert.offer.expiresAt, { type: "offer", alertId: alert.id, offerId: alert.offer.id });
    },
  };
}
export type Dispatching = ReturnType<typeof createDispatching>;
