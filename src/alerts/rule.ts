import type { SeenObservation } from "../center/subject.ts";
import type { StandardCode } from "../domain/categories.ts";
import type { Kind } from "../domain/kinds.ts";
import type { Level } from "../domain/levels.ts";
import type { AreaGrade } from "../domain/place.ts";
import type { Json, Text } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { District } from "./alerting.ts";
import type { Enough, Says } from "./condition.ts";

/** What a check makes of one observation; null when the observation has nothing to say about it. */
export interface Judgement {
  readonly says: Says;
  /** Overrides the rule's level. */
  readonly level?: Level;
  /** What is worth showing: values, confidence, picture. */
  readonly facts?: { readonly [fact: string]: Json };
}

/** A pure way of judging observations: all the state a condition needs is kept outside of it. */
export type Judge<P> = (observation: SeenObservation, parameters: P, district: District) => Judgement | null;

/** One condition of a rule: for which kinds, how it is judged, when it is enough to open and to clear. */
export interface Check {
  readonly kinds: readonly Kind[];
  /** Alerts of different subtypes stand beside each other. */
  readonly subtype: string | null;
  readonly judge: (observation: SeenObservation, district: District) => Judgement | null;
  readonly opens: Enough;
  /** Null: nothing a device says clears it. */
  readonly clears: Enough | null;
  /** A sighting that no person has confirmed: see `confirms`. */
  readonly sighting?: {
    /** Sightings of at least this confidence, twice a minute apart, confirm by themselves; null: a person must. */
    readonly confirms: number | null;
  };
  /** Counts even when something newer is known already: a cry for help is never out of date. */
  readonly evenLate?: boolean;
}

/** Raises the level of an open alert. All conditions that are given must hold. */
export interface Upgrade {
  readonly level: Level;
  readonly areaGrade?: readonly AreaGrade[];
  /** Local hours of the district, from (inclusive) to (exclusive). */
  readonly hours?: readonly [number, number];
  /** Since the alert opened. */
  readonly afterMs?: Millis;
  readonly attribute?: string;
}

/** How long the operational target runs: U around the clock, D inside duty hours, W on working days. */
export interface Target {
  readonly minutes: number;
  readonly clock: "U" | "D" | "W";
}

/** An entry of the catalogue. */
export interface Rule {
  readonly id: string;
  readonly title: Text;
  readonly level: Level;
  readonly checks: readonly Check[];
  readonly upgrades?: readonly Upgrade[];
  readonly matter: readonly StandardCode[];
  readonly target: Target | null;
  /** After this much quiet a cleared alert that nobody was sent to closes by itself; null: a person closes it. */
  readonly closesAfterMs: Millis | null;
  /** One problem seen by several sources: within so many metres and so long, a second source joins the first. */
  readonly merges?: { readonly radiusM: number; readonly withinMs: Millis };
  /** Default thresholds in words of the data, for people who read the catalogue. */
  readonly thresholds: { readonly [name: string]: Json };
  readonly enabled: boolean;
}

/** Judgements without facts are made once. */
export const OVER: Judgement = { says: "over" };
export const BETWEEN: Judgement = { says: "between" };
