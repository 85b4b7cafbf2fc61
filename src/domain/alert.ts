import type { Kind } from "./kinds.ts";
import type { Level } from "./levels.ts";
import type { Place } from "./place.ts";
import type { Json } from "./text.ts";
import type { Millis } from "./time.ts";

/** Where an alert stands. The last four are final: an alert there is closed and a new occurrence is a new alert. */
export const alertStates = [
  "open",
  "acknowledged",
  "dispatched",
  "accepted",
  "arrived",
  "handled",
  "cleared",
  "verified",
  "closed",
  "falsePositive",
  "merged",
  "expired",
] as const;
export type AlertState = (typeof alertStates)[number];

export const finalStates: ReadonlySet<AlertState> = new Set(["closed", "falsePositive", "merged", "expired"]);

/** One reason to believe the alert: who saw what, when. */
export interface Evidence {
  readonly source: string;
  readonly at: Millis;
  readonly [fact: string]: Json;
}

/** What the work on an alert has shown: `serviced` and `seenClean` are proof, the others say what is missing. */
export const proofVerdicts = ["serviced", "seenClean", "emptiedByUnknown", "servicedNotEmptied"] as const;

export interface ServiceProof {
  readonly verdict: (typeof proofVerdicts)[number];
  /** When it was known. */
  readonly at: Millis;
  /** Vehicle or person that was there, from when to when; null when nobody was. */
  readonly visit: { readonly subjectId: string; readonly from: Millis; readonly to: Millis } | null;
}

/** A picture of the work, stored beside the database. */
export interface PictureProof {
  readonly id: string;
  readonly at: Millis;
  readonly by: string;
  /** Metres from the alert's place; null when the position is not known. */
  readonly metres: number | null;
  /** Taken near enough and after somebody was sent (domain: within 50 m and after dispatch time). */
  readonly valid: boolean;
}

/** More time, or a pause, that the duty manager has not decided on yet. */
export interface CaseRequest {
  readonly kind: "extension" | "suspension";
  readonly until: Millis;
  readonly reason: string;
  readonly by: string;
  readonly at: Millis;
}

/** Work offered to a crew that has not answered yet. */
export interface Offer {
  readonly id: string;
  readonly crewId: string;
  readonly expiresAt: Millis;
  /** Crews that were asked about this alert, this one last. */
  readonly asked: readonly string[];
}

export interface AlertSubject {
  readonly kind: Kind | "spot" | "area" | "section" | "task" | "case" | "merchant" | "center";
  readonly id: string;
}

/**
 * A problem in the district, from the first sign until somebody has proven it gone.
 * At most one that is not final exists per (ruleId, subject.id, subtype); the database enforces it.
 */
export interface Alert {
  readonly id: string;
  readonly ruleId: string;
  readonly subtype: string | null;
  readonly level: Level;
  readonly state: AlertState;
  /** False while only an unproven AI sighting supports it (疑似). */
  readonly confirmed: boolean;
  /** Its sources deny each other: a sensor is suspect, and nobody should be sent for it alone. */
  readonly contested: boolean;
  readonly subject: AlertSubject;
  readonly place: Place | null;
  /**
   * The business line (业务条线) whose work it is: of the crew it was given to, else of the subject, else the one that
   * serves its rule; null when it is nobody's. Tokens are limited by it.
   */
  readonly line: string | null;
  /** Event time of the first supporting sample; an episode is counted from here. */
  readonly firstAt: Millis;
  /** Event time at which the rule's condition was fulfilled. */
  readonly openedAt: Millis;
  /** When the center knew. */
  readonly knownAt: Millis;
  readonly lastSeenAt: Millis;
  /** Event time at which the condition ended; null while it lasts. */
  readonly clearedAt: Millis | null;
  readonly closedAt: Millis | null;
  /** When it left the live picture; it stays in the records. */
  readonly archivedAt: Millis | null;
  /**
   * How much the evidence together is worth, 0 to 1: one minus the product of the doubts that each source leaves
   * (alerts/belief.ts).
   */
  readonly belief: number;
  /** False: it is listed without sound, because it is night, late news, or more than a desk can take. */
  readonly rings: boolean;
  /** Distinct supporting observations, duplicates not counted. */
  readonly count: number;
  readonly reopenCount: number;
  readonly recurrenceOf: string | null;
  readonly mergedInto: string | null;
  /** Raised from data that was already old when it arrived: no siren. */
  readonly late: boolean;
  /** The device fell silent while the alert was open: the picture may be out of date. */
  readonly stale: boolean;
  /** Opened and cleared too often within an hour; held open. */
  readonly flapping: boolean;
  readonly shelvedUntil: Millis | null;
  readonly assignee: string | null;
  readonly crewId: string | null;
  /** When somebody was sent last. */
  readonly dispatchedAt: Millis | null;
  readonly offer: Offer | null;
  readonly proof: ServiceProof | null;
  readonly pictures: readonly PictureProof[];
  /** How often the work was sent back as not done. */
  readonly reworkCount: number;
  readonly request: CaseRequest | null;
  /** The clocks stand still from `suspendedAt` until then. */
  readonly suspendedAt: Millis | null;
  readonly suspendedUntil: Millis | null;
  /** How long they have stood still with leave, in milliseconds: it uses up nothing. */
  readonly pausedMs: Millis;
  /** Operational target and statutory limit; null where none applies. */
  readonly targetAt: Millis | null;
  readonly limitAt: Millis | null;
  /** The highest mark of the target's time that has passed: 0, 50, 80, 100 or 150 percent. */
  readonly targetUsedPct: number;
  /** The same of the statutory limit. */
  readonly limitUsedPct: number;
  /** When it went to the duty manager because nobody had acknowledged it. */
  readonly escalatedAt: Millis | null;
  /** Standard matter code with its edition, e.g. `{standardRef:"GB/T 47678.5-2026", code:"06042"}`. */
  readonly matter: { readonly standardRef: string; readonly code: string } | null;
  /** Newest first for each source, bounded. */
  readonly evidence: readonly Evidence[];
  readonly rev: number;
}

/** One line of an alert's history: who did what, when, from where to where, why. */
export interface TimelineEntry {
  readonly alertId: string;
  readonly rev: number;
  readonly at: Millis;
  /** `system`, `device:<id>` or `user:<token name>`. */
  readonly actor: string;
  readonly action: string;
  readonly fromState: AlertState | null;
  readonly toState: AlertState;
  readonly note: string | null;
  readonly details: Json;
}

export function isClosed(alert: Alert): boolean {
  return finalStates.has(alert.state);
}
