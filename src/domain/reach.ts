import type { Alert } from "./alert.ts";
import type { Place } from "./place.ts";
import type { Scope, Work } from "./roles.ts";

/** What a reader may see and touch: one rule for REST, the stream and the desk's actions. */
export interface Reader {
  readonly scope: Scope;
  /** Set for crews: they see nothing but their own work. */
  readonly work?: Work | undefined;
}

/** Whether a place lies in what a token was given. A record without a place is nobody's but the unlimited ones'. */
export function inScope(scope: Scope, place: Place | null | undefined): boolean {
  const inside = <T>(allowed: readonly T[] | undefined, value: T | null | undefined) =>
    allowed === undefined || (value != null && allowed.includes(value));
  return (
    inside(scope.communityId, place?.communityId) &&
    inside(scope.gridId, place?.gridId) &&
    inside(scope.areaGrade, place?.areaGrade)
  );
}

/** Whether an alert is in what a token was given: its place, and whose work it is. */
export function alertInScope(scope: Scope, { place, line }: Pick<Alert, "place" | "line">): boolean {
  const ofLine = scope.businessLine === undefined || (line !== null && scope.businessLine.includes(line));
  return ofLine && inScope(scope, place);
}

/** Offered to the crew, given to it or to the person, or about the person. */
export function isOwnWork({ crewId, selves }: Work, alert: Alert): boolean {
  return (
    (crewId !== null && alert.crewId === crewId) ||
    (alert.assignee !== null && selves.includes(alert.assignee)) ||
    selves.includes(alert.subject.id)
  );
}

export function reaches({ scope, work }: Reader, alert: Alert): boolean {
  return alertInScope(scope, alert) && (work === undefined || isOwnWork(work, alert));
}
