import type { Changes } from "../center/changes.ts";
import { type Alert, finalStates } from "../domain/alert.ts";
import { isKind } from "../domain/kinds.ts";
import { distanceM } from "../domain/place.ts";
import { conflict, invalid, notFound } from "../domain/problem.ts";
import { alertInScope, reaches } from "../domain/reach.ts";
import { type Actor, atLeast } from "../domain/roles.ts";
import type { Millis } from "../domain/time.ts";
import type { ActionInput, AlertAction, District, PictureInput, ReportInput } from "./alerting.ts";
import { fieldsOf } from "./case-actions.ts";
import type { Desk } from "./desk.ts";
import { ARRIVED_WITHIN_M, type Dispatching } from "./dispatching.ts";
import { nextState } from "./lifecycle.ts";
import type { Proof } from "./proof.ts";
import type { Rule } from "./rule.ts";
import type { Undo } from "./undo.ts";
import type { Watch } from "./watch.ts";

export interface OperatorParts {
  readonly desk: Desk;
  readonly district: District;
  readonly ruleOf: (id: string) => Rule;
  readonly watch: Watch;
  readonly dispatching: Dispatching;
  readonly proof: Proof;
  readonly undo: Undo;
  readonly newId: () => string;
  /** A pause was granted until then. */
  readonly suspended: (alertId: string, until: Millis) => void;
}

/** Pictures of one alert: before, after, and again after rework. */
const PICTURES_KEPT = 12;

/** What people do with alerts: every action checked, in the timeline and in the audit. */
export function createOperator({
  desk,
  district,
  ruleOf,
  watch,
  dispatching,
  proof,
  undo,
  newId,
  suspended,
}: OperatorParts) {
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

  function mergeTarget(alert: Alert, intoId: string, actor: Actor): Alert {
    const into = desk.get(intoId);
    if (!into || !reaches(actor, into)) throw notFound(`alert ${intoId}`);
    if (into.id === alert.id) throw invalid("an alert cannot be merged into itself");
    if (finalStates.has(into.state)) throw invalid(`alert ${intoId} is ${into.state}: merge into one that goes on`);
    return into;
  }

  /** What was known of the one is evidence for the other. */
  function joinInto(into: Alert, merged: Alert, changes: Changes): Alert {
    for (const evidence of merged.evidence) {
      desk.support(desk.get(into.id) ?? into, { evidence, confirmed: merged.confirmed, attributes: {} }, changes);
    }
    return desk.change(merged, { mergedInto: into.id }, null, changes);
  }

  /** The author's own last action is taken back. Both stay in the timeline. */
  function takeBack(alert: Alert, input: ActionInput, actor: Actor, now: Millis, changes: Changes): Alert {
    const { action, fields } = undo.undone(alert, actor, now);
    const told = { action: "undo", actor: actor.name, at: now, note: input.note ?? null, details: { action } };
    const next = desk.change(alert, fields, told, changes);
    audit(actor, "undo", alert, next, { ...input, action }, now, changes);
    return next;
  }

  return {
    act(alertId: string, action: AlertAction, input: ActionInput, actor: Actor, now: Millis, changes: Changes): Alert {
      const alert = desk.get(alertId);
      if (!alert) throw notFound(`alert ${alertId}`);
      const state = nextState(alert, action, input, actor, now);
      if (action === "undo") return takeBack(alert, input, actor, now, changes);
      const note = input.note ?? null;
      const into = action === "merge" ? mergeTarget(alert, input.into ?? "", actor) : null;
      const fields = fieldsOf(alert, action, input, state, actor, now);
      const decided = action === "approve" && alert.request ? { kind: alert.request.kind } : null;
      const told = { action, actor: actor.name, at: now, note, details: input.evidence ?? decided };
      let next: Alert;
      if (finalStates.has(state)) {
        watch.mute(alert, state, changes);
        next = desk.end(alert, state, now, actor.name, action, note, changes);
        if (into) next = joinInto(into, next, changes);
      } else next = desk.change(alert, fields, told, changes);
      if (action === "dispatch") next = dispatching.dispatched(next, now, changes);
      else if (action === "decline") next = dispatching.declined(alert, next, now, changes);
      else if (action === "handle") proof.handled(next, now);
      else if (action === "approve" && next.suspendedUntil !== null) suspended(alertId, next.suspendedUntil);
      audit(actor, action, alert, next, input, now, changes);
      undo.remember(action, actor, alert, next, now);
      return next;
    },

    /** A picture of the work was stored. It proves something when it was taken there and after somebody was sent. */
    addPicture(alertId: string, picture: PictureInput, actor: Actor, now: Millis, changes: Changes): Alert {
      const alert = desk.get(alertId);
      if (!alert || !reaches(actor, alert)) throw notFound(`alert ${alertId}`);
      if (finalStates.has(alert.state)) throw conflict("state", `the alert is ${alert.state}`, { rev: alert.rev });
      const { id, position } = picture;
      // Sent again, because the answer was lost on the way.
      if (alert.pictures.some((known) => known.id === id)) return alert;
      const at = Math.min(picture.at ?? now, now);
      const metres = alert.place && position ? Math.round(distanceM(alert.place, position)) : null;
      const inTime = alert.dispatchedAt !== null && at >= alert.dispatchedAt;
      const valid = inTime && metres !== null && metres <= ARRIVED_WITHIN_M;
      const pictures = [{ id, at, by: actor.name, metres, valid }, ...alert.pictures].slice(0, PICTURES_KEPT);
      const told = { action: "picture", actor: actor.name, at: now, details: { id, metres, valid } };
      const next = desk.change(alert, { pictures }, told, changes);
      audit(actor, "picture", alert, next, { id, metres, valid }, now, changes);
      return next;
    },

    report(input: ReportInput, actor: Actor, now: Millis, changes: Changes): Alert {
      const rule = ruleOf(input.ruleId);
      const known = input.subject && district.subject(input.subject.id);
      if (input.subject && isKind(input.subject.kind) && !known)
        throw notFound(`${input.subject.kind} ${input.subject.id}`);
      if (!input.subject && !input.place) throw invalid("a report needs a subject or a place");
      const place = input.place
        ? district.geography.placeAt(input.place.lat, input.place.lon, now)
        : (known?.place ?? null);
      const evidence = { source: actor.name, at: now, ...input.evidence };
      const attributes = known?.device.attributes ?? {};
      const subject = input.subject
        ? { kind: known?.device.kind ?? ("spot" as const), id: input.subject.id }
        : { kind: "spot" as const, id: `spot-${newId()}` };
      const standing = desk.standing(rule.id, subject.id, null) ?? desk.nearby(rule, null, place, now);
      if (standing && !alertInScope(actor.scope, standing)) throw notFound(`alert ${standing.id}`);
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
  };
}
