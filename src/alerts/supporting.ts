import type { SeenObservation, Subject } from "../center/subject.ts";
import type { AlertState, Evidence } from "../domain/alert.ts";
import type { Level } from "../domain/levels.ts";
import { DAY, MINUTE, type Millis } from "../domain/time.ts";
import { type ConditionState, heldTimes } from "./condition.ts";
import type { Judgement } from "./judges/judging.ts";
import type { Check } from "./rule.ts";

/** What an observation is worth to the alert it supports. */

/** Two confident sightings confirm each other when they are at least this far apart (domain: AI confirmation). */
const CONFIRMING_SPACING_MS = MINUTE;

/** @param since when the same source was first this sure in this episode */
export function evidenceOf(
  { at, subject }: SeenObservation,
  { facts }: Judgement,
  since: Millis | undefined,
  check: Check,
): Evidence {
  const confident = isConfident(check, facts?.confidence);
  return { source: subject.id, at, ...facts, ...(confident && { confidentSince: Math.min(since ?? at, at) }) };
}

/** A sighting sure enough to be one of the two that confirm. */
export function isConfident({ sighting }: Check, confidence: unknown): boolean {
  return sighting?.confirms != null && Number(confidence ?? 0) >= sighting.confirms;
}

/** A sensor confirms by itself, a camera only by two confident sightings apart, otherwise a person must. */
export function confirmedBy(check: Check, { at, confidentSince }: Evidence): boolean {
  if (!check.sighting) return true;
  return typeof confidentSince === "number" && at - confidentSince >= CONFIRMING_SPACING_MS;
}

/** What happens often enough is graver than once. */
export function withFrequency({ frequent }: Check, state: ConditionState, said: Judgement, at: Millis): Judgement {
  if (!frequent || said.says !== "holds" || heldTimes(state, frequent.withinMs, at) < frequent.times) return said;
  return { ...said, level: Math.min(said.level ?? frequent.level, frequent.level) as Level };
}

/** Something that happens again so soon is not counted twice. */
export function isSameOccurrence({ groupMs }: Check, { marks }: ConditionState, at: Millis): boolean {
  const last = marks.at(-1);
  return groupMs !== undefined && last?.says === "holds" && Math.abs(at - last.at) < groupMs;
}

/**
 * For how long without a word what a person ended stays silent: a heap that is still seen is the old one, one that is seen
 * after half an hour of nothing is new; what was called a mistake is taken for the same mistake for a day. A button that
 * stays pressed does not call again, one that is pressed again does. A level is the old one until it has fallen.
 */
export function mutedMsOf(check: Check, ended: AlertState): Millis {
  if (check.sighting) return ended === "falsePositive" ? DAY : 30 * MINUTE;
  return check.clears ? 400 * DAY : 10 * MINUTE;
}

/** After a restart only the state is known, not the observation that led to it: the subject's latest values stand in. */
export function restoredObservation(subject: Subject | undefined, at: Millis) {
  if (!subject) return null;
  const observation: SeenObservation = {
    subject,
    at,
    receivedAt: at,
    metrics: subject.metrics,
    event: undefined,
    quality: [],
    outOfOrder: false,
    late: false,
  };
  return { observation, judgement: { says: "holds", facts: { ...subject.metrics } } as Judgement };
}
