import { z } from "zod";
import type { SeenObservation, Subject } from "../../center/subject.ts";
import { levels } from "../../domain/levels.ts";
import { type MetricName, metricNames } from "../../domain/metrics.ts";
import type { Json } from "../../domain/text.ts";
import type { Millis } from "../../domain/time.ts";
import type { District } from "../alerting.ts";
import type { Says } from "../condition.ts";

/** What a check makes of one observation; null when the observation has nothing to say about it. */
export interface Judgement {
  readonly says: Says;
  /** Overrides the rule's level. */
  readonly level?: 1 | 2 | 3 | 4;
  /** What is worth showing: values, confidence, picture. */
  readonly facts?: { readonly [fact: string]: Json };
}

/** Judgements without facts are made once. */
export const OVER: Judgement = { says: "over" };
export const BETWEEN: Judgement = { says: "between" };

/** A pure way of judging observations, its parameters filled in. */
export type Judging = (observation: SeenObservation, district: District) => Judgement | null;

/** A kind of judgement: the shape of its parameters, and the function they make. A new kind of rule is one of these. */
export interface JudgeKind<S extends z.ZodObject> {
  readonly schema: S;
  make(parameters: z.infer<S>): Judging;
  /** Whether it can ever say "over": an event that simply happens (a card, an alarm) has no end of its own. */
  ends(parameters: z.infer<S>): boolean;
}

export const defineJudge = <S extends z.ZodObject>(
  schema: S,
  make: (parameters: z.infer<S>) => Judging,
  ends: (parameters: z.infer<S>) => boolean = () => true,
): JudgeKind<S> => ({ schema, make, ends });

/** For `defineJudge`: what it judges happens and is over at once. */
export const NEVER_ENDS = (): boolean => false;

export const metric = z.enum(metricNames as [MetricName, ...MetricName[]]);
export const level = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
if (Object.keys(levels).length !== level.options.length) throw new Error("a level is missing here");

interface Sample {
  readonly at: Millis;
  readonly value: number;
}

let slots = 0;

/**
 * What one judgement remembers of each subject. It stands in the subject itself: weak maps of 30,000 subjects cost the
 * collector more than all judging. After a restart it starts anew.
 */
export function memory<T>(): { of(subject: Subject): T | undefined; put(subject: Subject, value: T): T } {
  const slot = slots++;
  return {
    of: (subject) => subject.notes[slot] as T | undefined,
    put: (subject, value) => {
      subject.notes[slot] = value;
      return value;
    },
  };
}

/** As `memory`, of what must go on after a restart. @param name its own, and the same in every run */
export function lastingMemory<T>(name: string): ReturnType<typeof memory<T>> {
  return {
    of: (subject) => subject.kept?.[name] as T | undefined,
    put: (subject, value) => {
      subject.kept ??= {};
      subject.kept[name] = value as Json;
      return value;
    },
  };
}

/**
 * The extreme value of each subject within a time: only samples that may still become the extreme are kept, so a value costs
 * the same however often a device reports. They live beside the subject: unless `recent` lasts, a comparison starts anew
 * after a restart, which can only delay it by its own length.
 */
export function extremeWithin(
  withinMs: Millis,
  extreme: "lowest" | "highest",
  recent: ReturnType<typeof memory<Sample[]>> = memory(),
) {
  const beaten = (kept: number, by: number): boolean => (extreme === "lowest" ? kept >= by : kept <= by);
  return (subject: Subject, at: Millis, value: number): number => {
    const kept = recent.of(subject) ?? recent.put(subject, []);
    while (kept.length > 0 && beaten((kept.at(-1) as Sample).value, value)) kept.pop();
    kept.push({ at, value });
    while (at - (kept[0] as Sample).at > withinMs) kept.shift();
    return (kept[0] as Sample).value;
  };
}

/** The oldest value of each subject within a time. @see extremeWithin */
export function oldestWithin(withinMs: Millis) {
  const recent = memory<Sample[]>();
  return (subject: Subject, at: Millis, value: number): Sample => {
    const kept = recent.of(subject) ?? recent.put(subject, []);
    kept.push({ at, value });
    while (at - (kept[0] as Sample).at > withinMs) kept.shift();
    return kept[0] as Sample;
  };
}
