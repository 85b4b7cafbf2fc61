import type { Alert } from "../domain/alert.ts";
import type { Device } from "../domain/device.ts";
import type { Place } from "../domain/place.ts";
import type { Millis } from "../domain/time.ts";
import type { Rule } from "./rule.ts";

/** Somebody was near a place long enough to do something there (operations/visits.ts). */
export interface Presence {
  readonly subjectId: string;
  readonly from: Millis;
  readonly to: Millis;
}

/** A crew that could go, and what speaks for it. */
export interface CrewSuggestion {
  readonly crewId: string;
  readonly name: string;
  readonly onDuty: boolean;
  /** Its business line and skills fit the alert, and it has a vehicle of the kind that is needed. */
  readonly fits: boolean;
  /** Of the member that is nearest; null when nobody's position is known. */
  readonly distanceM: number | null;
  readonly etaSeconds: number | null;
  readonly positionAgeMs: Millis | null;
  /** Alerts it has not finished. */
  readonly load: number;
}

/** What the alert desk asks about people and vehicles at work. */
export interface Workforce {
  /** Who was at a place in a window, in order of time. */
  visitsNear(place: Place, from: Millis, to: Millis): readonly Presence[];
  /** Whether crews are followed at all at this time: only then does "nobody was there" mean something. */
  follows(at: Millis): boolean;
  /** Whether this vehicle or person does this kind of work: a sweeper that passes by empties no bin. */
  serves(subjectId: string, rule: Rule): boolean;
  /** Every crew, best first. */
  suggest(alert: Alert, at: Millis, loadOf: (crewId: string) => number): readonly CrewSuggestion[];
  /** Devices of a crew's members, to be told; null when no such crew is registered. */
  membersOf(crewId: string): readonly string[] | null;
  kindOf(subjectId: string): string | null;
  /** The business line whose work an alert is; null: nobody's. */
  lineOf(alert: Pick<Alert, "ruleId" | "crewId" | "subject">, device: Device | undefined): string | null;
}

/** A center that follows nobody: alerts are dispatched by name, and the level alone says that a bin was emptied. */
export const nobody: Workforce = {
  visitsNear: () => [],
  follows: () => false,
  serves: () => false,
  suggest: () => [],
  membersOf: () => null,
  kindOf: () => null,
  lineOf: () => null,
};
