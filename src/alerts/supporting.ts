import type { SeenObservation, Subject } from "../center/subject.ts";
import type { Evidence } from "../domain/alert.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import type { Judgement } from "./judges/judging.ts";
import type { Check } from "./rule.ts";

/** What an observation is worth to the alert it supports. */

/** Two confident sightings confirm each other when they are at least this far apart (domain: AI confirmation). */
const CONFIRMING_SPACING_MS = MINUTE;

/** @param previous what the same source said before */
export function evidenceOf(
  { at, subject }: SeenObservation,
  { facts }: Judgement,
  previous: Evidence | undefined,
  check: Check,
): Evidence {
  const confirms = check.sighting?.confirms ?? null;
  const confident = confirms !== null && Number(facts?.confidence ?? 0) >= confirms;
  const since = typeof previous?.confidentSince === "number" ? previous.confidentSince : at;
  return { source: subject.id, at, ...facts, ...(confident && { confidentSince: Math.min(since, at) }) };
}

/** A sensor confirms by itself, a camera only by two confident sightings apart, otherwise a person must. */
export function confirmedBy(check: Check, { at, confidentSince }: Evidence): boolean {
  if (!check.sighting) return true;
  return typeof confidentSince === "number" && at - confidentSince >= CONFIRMING_SPACING_MS;
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
