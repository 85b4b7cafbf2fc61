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

export interface AlertSubject {
  readonly kind: Kind | "spot" | "area" | "section" | "task" | "case" | "merchant";
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
  readonly subject: AlertSubject;
  readonly place: Place | null;
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
  /** Operational target and statutory limit; null where none applies. */
  readonly targetAt: Millis | null;
  readonly limitAt: Millis | null;
  /** The highest mark of the target's time that has passed: 0, 50, 80, 100 or 150 percent. */
  readonly targetUsedPct: number;
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
