import type { Alert, AlertState, TimelineEntry } from "../domain/alert.ts";
import type { Level } from "../domain/levels.ts";
import { renamed } from "../domain/personal.ts";
import type { Text } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { OutputFilter } from "./output-shape.ts";

/** An alert as other systems may know it: what, where and how bad; never who. */
export interface OutwardAlert
  extends Pick<
    Alert,
    | ("id" | "ruleId" | "subtype" | "level" | "state" | "confirmed" | "contested" | "firstAt" | "openedAt" | "knownAt")
    | ("lastSeenAt" | "clearedAt" | "closedAt" | "count" | "reopenCount" | "recurrenceOf" | "mergedInto" | "late")
    | ("stale" | "flapping" | "targetAt" | "limitAt" | "escalatedAt" | "matter" | "rev" | "evidence")
  > {
  readonly title: Text;
  readonly subject: { readonly kind: Alert["subject"]["kind"]; readonly id: string };
  readonly place: Pick<NonNullable<Alert["place"]>, "communityId" | "gridId" | "placeType" | "areaGrade"> & {
    readonly lat: number | null;
    readonly lon: number | null;
  };
}

/** One step in the life of an alert. A step that is told twice has the same id. */
export interface AlertEvent {
  readonly id: string;
  readonly at: Millis;
  readonly action: string;
  readonly fromState: AlertState | null;
  readonly toState: AlertState;
  /** The alert as it is when this is sent: it may have gone on since. */
  readonly alert: OutwardAlert;
}

export interface OutwardContext {
  titleOf(ruleId: string): Text;
  /** Whether this id is a person's device. */
  isPerson(id: string): boolean;
  /** The same for the same person, and of no use to find out who. */
  pseudonym(id: string): string;
}

const NOWHERE = { communityId: null, gridId: null, placeType: null, areaGrade: null };

/**
 * Leaves out names, crews, notes, pictures and whoever did something. A person who needs help is told of by community and
 * under a pseudonym: who may know more has a login here.
 */
export function outward(alert: Alert, { titleOf, isPerson, pseudonym }: OutwardContext): OutwardAlert {
  const person = alert.subject.kind === "person" || isPerson(alert.subject.id);
  const { place } = alert;
  const { communityId, gridId, placeType, areaGrade } = place ?? NOWHERE;
  return {
    ...{ id: alert.id, ruleId: alert.ruleId, subtype: alert.subtype, title: titleOf(alert.ruleId), level: alert.level },
    ...{ state: alert.state, confirmed: alert.confirmed, contested: alert.contested },
    subject: { kind: alert.subject.kind, id: person ? pseudonym(alert.subject.id) : alert.subject.id },
    place: {
      ...{ communityId, gridId, placeType, areaGrade },
      lat: person ? null : (place?.lat ?? null),
      lon: person ? null : (place?.lon ?? null),
    },
    ...{ firstAt: alert.firstAt, openedAt: alert.openedAt, knownAt: alert.knownAt, lastSeenAt: alert.lastSeenAt },
    ...{ clearedAt: alert.clearedAt, closedAt: alert.closedAt, count: alert.count, reopenCount: alert.reopenCount },
    ...{ recurrenceOf: alert.recurrenceOf, mergedInto: alert.mergedInto, late: alert.late, stale: alert.stale },
    ...{ flapping: alert.flapping, targetAt: alert.targetAt, limitAt: alert.limitAt, escalatedAt: alert.escalatedAt },
    ...{ matter: alert.matter, rev: alert.rev },
    // What a person's device measured is about the person; what somebody reported may name one.
    evidence: person
      ? []
      : alert.evidence
          .filter(({ source }) => !source.startsWith("user:") && !isPerson(source))
          .map((one) => renamed(one, (id) => (isPerson(id) ? pseudonym(id) : id))),
  };
}

export function eventOf(entry: TimelineEntry, alert: Alert, context: OutwardContext): AlertEvent {
  const { alertId, rev, at, action, fromState, toState } = entry;
  return { id: `${alertId}:${rev}`, at, action, fromState, toState, alert: outward(alert, context) };
}

export function matches({ level, ruleId, communityId }: OutputFilter, alert: Alert): boolean {
  const among = <T>(allowed: readonly T[] | undefined, value: T | null | undefined) =>
    allowed === undefined || (value != null && allowed.includes(value));
  const levels: readonly Level[] | undefined = level;
  return (
    among(levels, alert.level) && among(ruleId, alert.ruleId) && among(communityId, alert.place?.communityId ?? null)
  );
}
