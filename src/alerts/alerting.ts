import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import type { Geography } from "../district/geography.ts";
import type { Alert, AlertSubject, Evidence } from "../domain/alert.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Device } from "../domain/device.ts";
import type { Level } from "../domain/levels.ts";
import type { Place } from "../domain/place.ts";
import type { Actor } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { Merchants } from "./merchants.ts";
import type { Quiet } from "./quiet.ts";
import type { Recurrence } from "./recurrence.ts";
import type { Rulebook } from "./rulebook.ts";
import type { CrewSuggestion, Presence } from "./workforce.ts";

export const alertActions = [
  "acknowledge",
  "assign",
  "dispatch",
  "accept",
  "arrive",
  "handle",
  "verify",
  "close",
  "reopen",
  "reject",
  "shelve",
  "comment",
  "decline",
  "rework",
  "requestExtension",
  "requestSuspension",
  "approve",
  "refuse",
  "resume",
  "merge",
  "undo",
] as const;
export type AlertAction = (typeof alertActions)[number];

/** What somebody wants done with an alert. */
export interface ActionInput {
  readonly note?: string | undefined;
  readonly assignee?: string | undefined;
  readonly crewId?: string | undefined;
  readonly evidence?: Json | undefined;
  /** For `shelve` and the two requests. */
  readonly until?: Millis | undefined;
  /** For `merge`: the alert that goes on. */
  readonly into?: string | undefined;
  /** The revision the actor was looking at; a different one means somebody was faster (409). */
  readonly expectedRev?: number | undefined;
}

/** A problem reported by a person or another system. */
export interface ReportInput {
  readonly ruleId: string;
  readonly subject?: { readonly kind: string; readonly id: string } | undefined;
  readonly place?: { readonly lat: number; readonly lon: number } | undefined;
  readonly level?: Level | undefined;
  readonly note?: string | undefined;
  readonly evidence?: Evidence | undefined;
}

/** A stored picture of the work on an alert. */
export interface PictureInput {
  readonly id: string;
  readonly at?: Millis | undefined;
  readonly position?: { readonly lat: number; readonly lon: number } | undefined;
}

/** A problem somebody else than a rule's own checks has found: a plan that was not kept, a spot that came back. */
export interface DerivedProblem {
  readonly ruleId: string;
  readonly subtype: string | null;
  readonly subject: AlertSubject;
  readonly place: Place | null;
  /** Event time at which its condition was fulfilled. */
  readonly at: Millis;
  /** Event time of its first sign, when that was earlier. */
  readonly since?: Millis;
  /** Overrides the rule's level. */
  readonly level?: Level;
  readonly facts: { readonly [fact: string]: Json };
  readonly recurrenceOf?: string;
  /** Filed under the matter of what it was derived from. */
  readonly matter?: Alert["matter"];
}

/**
 * The alert desk as the pipeline and the doors see it. Synchronous; everything it decides goes into `changes`.
 * Throws `Problem` before it changed anything when an operation is refused.
 */
export interface Alerting {
  /** Rules look at one observation that the world has just applied. */
  see(observation: SeenObservation, now: Millis, changes: Changes): void;
  /** Fires everything that is due: hold times, silence, deadlines, archiving. */
  tick(now: Millis, changes: Changes): void;
  /** When `tick` has something to do next; null when nothing is waiting. */
  readonly nextDueAt: Millis | null;
  act(alertId: string, action: AlertAction, input: ActionInput, actor: Actor, now: Millis, changes: Changes): Alert;
  /** The picture that a source took of what it saw is stored: it stands with the source's evidence. */
  pictured(alertId: string, source: string, picture: { id: string; at: Millis }, changes: Changes): void;
  addPicture(alertId: string, picture: PictureInput, actor: Actor, now: Millis, changes: Changes): Alert;
  /** Crews that could go, best first. */
  suggestCrews(alert: Alert, at: Millis): readonly CrewSuggestion[];
  /** Places the wearer of a badge was sent to, agreed to go to, and has not finished at. */
  errandsOf(deviceId: string): readonly Place[];
  /** Somebody was within so many metres of a place long enough to do something there. */
  visited(visit: Presence & { readonly lat: number; readonly lon: number }, radiusM: number, changes: Changes): void;
  report(input: ReportInput, actor: Actor, now: Millis, changes: Changes): Alert;
  /** Opens the alert of a derived problem, or adds to the one that stands (a cleared one is opened again). */
  holds(problem: DerivedProblem, now: Millis, changes: Changes): Alert | null;
  /** The derived problem is over: the alert that stands, if any, is cleared. */
  over(ruleId: string, subjectId: string, subtype: string | null, at: Millis, note: string, changes: Changes): void;
  /** A device was registered, changed or removed (null). */
  deviceChanged(deviceId: string, device: Device | null, now: Millis, changes: Changes): void;
  get(alertId: string): Alert | undefined;
  /** Alerts that are not archived. */
  live(): Iterable<Alert>;
  worstLevelOf(subjectId: string): Level | null;
  /** The catalogue as it is in force, and changes of it. */
  readonly rulebook: Omit<Rulebook, "get" | "rules" | "isDelivered">;
  /** Silences, permitted zones, storm mode. */
  readonly quiet: Quiet;
  /** Places where problems come back. */
  readonly hotSpots: Recurrence["hotSpots"];
  /** Shops that hand over kitchen waste. */
  readonly shops: Merchants["shops"];
}

/** What rules may ask about the district. */
export interface District {
  /** Local time, working days and holidays. */
  readonly calendar: Calendar;
  subject(id: string): Subject | undefined;
  subjects(): Iterable<Subject>;
  /** What lies where, as it is now. */
  readonly geography: Geography;
  /** Places it was sent to and is on its way to or at. @see Alerting.errandsOf */
  errandsOf(deviceId: string): readonly Place[];
}
