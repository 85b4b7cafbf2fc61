import { z } from "zod";
import { type Kind, kindNames } from "../domain/kinds.ts";
import { areaGrades } from "../domain/place.ts";
import { DAY } from "../domain/time.ts";
import { level } from "./judges/judging.ts";
import { judgeShape } from "./judges/table.ts";

/**
 * A rule is data: managers read it, change it, try it on past days. Only the kinds of judgement it is made of are code
 * (judges/).
 */

const text = z.strictObject({ en: z.string().min(1).max(200), zh: z.string().min(1).max(200) });
const milliseconds = z
  .number()
  .int()
  .min(0)
  .max(400 * DAY);
const hour = z.number().int().min(0).max(24);

const enough = z
  .strictObject({
    samples: z.number().int().min(1).max(64).optional(),
    spacingMs: milliseconds.optional(),
    withinMs: milliseconds.optional(),
    holdMs: milliseconds.optional(),
    heard: z.number().int().min(1).max(8).optional(),
    gapMs: milliseconds.optional(),
  })
  .refine(({ samples, holdMs }) => samples !== undefined || holdMs !== undefined, "needs samples or holdMs");

/** One condition of a rule: for which kinds, how it is judged, when it is enough to open and to clear. */
export const checkShape = z.strictObject({
  kinds: z.array(z.enum(kindNames as [Kind, ...Kind[]])).min(1),
  /** Alerts of different subtypes stand beside each other. */
  subtype: z.string().min(1).max(64).nullable(),
  judge: judgeShape,
  opens: enough,
  /** Null: nothing a device says clears it. */
  clears: enough.nullable(),
  /**
   * A sighting that no person has confirmed. Sightings of at least this confidence, twice a minute apart, confirm by
   * themselves; null: a person must.
   */
  sighting: z.strictObject({ confirms: z.number().min(0).max(1).nullable() }).optional(),
  /** So many in a row that say otherwise are taken for jumps of the position between houses, not for a change. */
  outliers: z.number().int().min(1).max(8).optional(),
  /** Counts even when something newer is known already: a cry for help is never out of date. */
  evenLate: z.boolean().optional(),
  /** What comes again within this of one that was counted is the same occurrence: one household, two bags. */
  groupMs: milliseconds.optional(),
  /** So often within so long is graver. */
  frequent: z.strictObject({ times: z.number().int().min(2).max(64), withinMs: milliseconds, level }).optional(),
  /** Files its alerts under this one of the rule's matter codes. */
  code: z.string().min(1).max(16).optional(),
});

/** Raises the level of an open alert. All conditions that are given must hold. */
const upgrade = z.strictObject({
  level,
  areaGrade: z.array(z.enum(areaGrades)).optional(),
  /** Local hours of the district, from (inclusive) to (exclusive). */
  hours: z.tuple([hour, hour]).optional(),
  /** Since the alert opened. */
  afterMs: milliseconds.optional(),
  /** Of the device, or of the ground there: `fireLane`, `carriageway`, `mainRoad`. */
  attribute: z.string().min(1).max(64).optional(),
  /** A fact of the newest evidence that must be true: `loaded`. */
  fact: z.string().min(1).max(64).optional(),
});

const target = { minutes: z.number().min(1).max(100_000), clock: z.enum(["U", "D", "W"]) };

const limit = z.strictObject({
  amount: z.number().min(0.1).max(1_000),
  unit: z.enum(["urgentHours", "dutyHours", "workingDays"]),
  subtype: z.string().min(1).max(64).optional(),
});

export const ruleShape = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z_]+\.[a-z_0-9]+$/, "an id is a family and a name: bin.overflow")
    .max(64),
  title: text,
  level,
  checks: z.array(checkShape).max(16),
  upgrades: z.array(upgrade).max(8).optional(),
  /** Codes of the civic matter, newest edition first. */
  matter: z.array(z.strictObject({ standardRef: z.string().min(1).max(64), code: z.string().min(1).max(16) })).max(16),
  /** How long the operational target runs: U around the clock, D inside duty hours, W on working days. */
  target: z.strictObject(target).nullable(),
  /** Where a subtype has a target of its own. */
  targets: z
    .array(z.strictObject({ ...target, subtype: z.string().min(1).max(64) }))
    .max(16)
    .optional(),
  /** What the case table allows, for all subtypes or for one: urgent hours run around the clock. */
  limits: z.array(limit).max(16).optional(),
  /** Storm mode multiplies both times by this. */
  inStorm: z.number().min(0.05).max(20).optional(),
  /** After this much quiet a cleared alert that nobody was sent to closes by itself; null: a person closes it. */
  closesAfterMs: milliseconds.nullable(),
  /** Cleared when nothing has supported it for so long: for events, which have no end of their own. */
  quietMs: milliseconds.optional(),
  /** One problem seen by several sources: within so many metres and so long, a second source joins the first. */
  merges: z.strictObject({ radiusM: z.number().min(1).max(1_000), withinMs: milliseconds }).optional(),
  /**
   * Its end is asked for proof (proof.ts): so long after a visit the level must have fallen; vehicles of the types
   * `notServedBy` pass by without doing this work.
   */
  proof: z
    .strictObject({ settleMs: milliseconds, notServedBy: z.array(z.string().min(1).max(64)).min(1).optional() })
    .optional(),
  /** A problem of a place, which can come back to it: counted for recurrence. */
  recurs: z.boolean().optional(),
  /** What of it is decided outside of the checks (plans, silence, history), for those who read the catalogue. */
  thresholds: z.record(z.string().max(64), z.union([z.number(), z.string().max(64), z.boolean()])).optional(),
  enabled: z.boolean(),
});

type Data<T> = T extends object ? { readonly [K in keyof T]: Data<T[K]> } : T;

/** An entry of the catalogue. */
export type Rule = Data<z.input<typeof ruleShape>>;
export type Check = Rule["checks"][number];
export type Upgrade = NonNullable<Rule["upgrades"]>[number];
export type Target = NonNullable<Rule["target"]>;
export type Limit = NonNullable<Rule["limits"]>[number];
