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
  return (
    within(scope.communityId, place?.communityId) &&
    within(scope.gridId, place?.gridId) &&
    within(scope.areaGrade, place?.areaGrade)
  );
}

/** Whether one limit of a token lets a value through; an absent limit lets everything. */
export const within = <T>(allowed: readonly T[] | undefined, value: T | null | undefined): boolean =>
  allowed === undefined || (value != null && allowed.includes(value));

/** Planned work: where it is to be done, of which line, by which crew or device. */
export interface PlannedWork {
  readonly place: Place | null;
  readonly line: string | null;
  readonly crewId: string | null;
  readonly deviceId: string | null;
}

export function reachesWork({ scope, work }: Reader, { place, line, crewId, deviceId }: PlannedWork): boolean {
  if (!inScope(scope, place) || !within(scope.businessLine, line)) return false;
  if (work === undefined) return true;
  return (crewId !== null && work.crewId === crewId) || (deviceId !== null && work.selves.includes(deviceId));
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
