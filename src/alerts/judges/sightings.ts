import { z } from "zod";
import { categories } from "../../domain/categories.ts";
import { depositedKg, isDepositHour } from "../../domain/deposits.ts";
import { spotKinds } from "../../domain/district.ts";
import { qualityFlags } from "../../domain/observation.ts";
import { groundAttributes, permittingZone, positionOf } from "./ground.ts";
import { BETWEEN, defineJudge, level, NEVER_ENDS, OVER } from "./judging.ts";

/** Judgements of events: what a camera saw, what a device said happened. */

const categoryNames = Object.keys(categories) as [string, ...string[]];

/** A detail of a sighting that makes it graver: so many stalls, oil instead of leaves, on a road of some importance. */
const grave = z
  .strictObject({
    detail: z.string().min(1).max(64),
    atLeast: z.number().optional(),
    among: z.array(z.string().min(1).max(64)).min(1).optional(),
    /** Only where the camera's own attribute, or the ground there, says so. */
    attribute: z.string().min(1).max(64).optional(),
    level,
  })
  .refine(({ atLeast, among }) => (atLeast === undefined) !== (among === undefined), "needs either atLeast or among");
type Grave = z.infer<typeof grave>;

/** An AI sighting of a category with enough confidence; a clean look or the end of the sighting says it is over. */
export const sighted = defineJudge(
  z.strictObject({
    type: z.literal("sighted"),
    categories: z.array(z.enum(categoryNames)).min(1),
    confidence: z.number().min(0).max(1),
    level: level.optional(),
    grave: z.array(grave).max(4).optional(),
    /** A sighting that says how much of it there is (a length, a count) must reach this; one that does not say counts. */
    least: z.strictObject({ detail: z.string().min(1).max(64), value: z.number() }).optional(),
    /** In such a zone, in its hours, it is permitted: nothing of it is there. */
    notIn: z.array(z.enum(spotKinds)).min(1).optional(),
  }),
  ({ categories: wanted, confidence: enough, level: own, grave: graver = [], least, notIn }) => {
    const names: readonly string[] = wanted;
    return (observation, district) => {
      const { event, subject, at } = observation;
      if (event?.type !== "detection") return null;
      if (event.category === "clean") return OVER;
      if (!names.includes(event.category)) return null;
      if (event.phase === "end") return OVER;
      if (notIn && permittingZone(observation, event.category, notIn, district)) return OVER;
      const { confidence, details = {} } = event;
      // Boxes that tell none have decided themselves. Their word is worth less, and it confirms nothing alone.
      if (confidence !== undefined && confidence < enough) return BETWEEN;
      const much = least && details[least.detail];
      if (least && much !== undefined && Number(much) < least.value) return BETWEEN;
      const attributes = graver.some(({ attribute }) => attribute !== undefined)
        ? { ...groundAttributes(positionOf(observation), district.geography, at), ...subject.device.attributes }
        : subject.device.attributes;
      const level = graver.find((one) => isGrave(one, details, attributes))?.level ?? own;
      return {
        says: "holds",
        ...(level !== undefined && { level }),
        facts: {
          category: event.category,
          ...(confidence !== undefined && { confidence }),
          ...(event.eventId !== undefined && { eventId: event.eventId }),
          ...(event.snapshotUrl !== undefined && { snapshotUrl: event.snapshotUrl }),
        },
      };
    };
  },
);

function isGrave(
  { detail, atLeast, among, attribute }: Grave,
  details: { readonly [key: string]: unknown },
  attributes: { readonly [name: string]: unknown },
): boolean {
  const value = details[detail];
  if (attribute !== undefined && !attributes[attribute]) return false;
  return among ? among.includes(String(value)) : Number(value ?? Number.NaN) >= (atLeast ?? 0);
}

/** An alarm a device raises by itself, by its code; another code says it is over. */
export const alarmed = defineJudge(
  z.strictObject({
    type: z.literal("alarmed"),
    codes: z.array(z.string().min(1).max(64)).min(1),
    over: z.array(z.string().min(1).max(64)).default([]),
    level: level.optional(),
  }),
  ({ codes, over, level }) =>
    ({ event }) => {
      if (event?.type === "status" && event.code === "alarmOver") {
        return codes.includes(String(event.details?.alarm)) ? OVER : null;
      }
      if (event?.type !== "alarm") return null;
      if (over.includes(event.code)) return OVER;
      if (!codes.includes(event.code)) return null;
      return { says: "holds", facts: { code: event.code }, ...(level !== undefined && { level }) };
    },
  ({ over }) => over.length > 0,
);

/** A card that was read, by the outcome the point reports. */
export const cardRead = defineJudge(
  z.strictObject({ type: z.literal("cardRead"), codes: z.array(z.string().min(1).max(64)).min(1) }),
  ({ codes }) =>
    ({ event }) =>
      event?.type === "card" && codes.includes(event.code) ? { says: "holds", facts: { code: event.code } } : null,
  NEVER_ENDS,
);

/** A door cycle that left next to nothing on the scale. */
export const emptyDeposit = defineJudge(
  z.strictObject({ type: z.literal("emptyDeposit"), lessThanKg: z.number().min(0) }),
  ({ lessThanKg }) =>
    ({ event, metrics }) => {
      const weightKg = depositedKg(event, metrics);
      if (weightKg === null) return null;
      return weightKg < lessThanKg ? { says: "holds", facts: { weightKg } } : OVER;
    },
);

/** A single deposit that weighs too much for a household. Shops hand over more, so a merchant's card says nothing here. */
export const heavyDeposit = defineJudge(
  z.strictObject({ type: z.literal("heavyDeposit"), moreThanKg: z.number().min(0) }),
  ({ moreThanKg }) =>
    ({ event, metrics }) => {
      if (event?.type !== "card" || event.details?.merchantCode !== undefined) return null;
      const weightKg = depositedKg(event, metrics) ?? 0;
      return weightKg > moreThanKg ? { says: "holds", facts: { weightKg } } : null;
    },
  NEVER_ENDS,
);

const hours = z.tuple([z.number().min(0).max(24), z.number().min(0).max(24)]);

/** Something put in outside the hours for it. A point's attribute `depositHours` ("7-9,19-21") replaces the default windows. */
export const depositOutside = defineJudge(
  z.strictObject({ type: z.literal("depositOutside"), windows: z.array(hours).min(1) }),
  ({ windows }) =>
    ({ event, metrics, subject, at }, { calendar }) => {
      const deposit = event?.type === "card" || metrics.doorOpen === 1;
      if (!deposit) return null;
      const hours = calendar.hoursOfDay(at);
      if (isDepositHour(hours, subject.device.attributes.depositHours, windows)) return null;
      return { says: "holds", facts: { hour: Math.floor(hours) } };
    },
  NEVER_ENDS,
);

/** A quality flag the pipeline or the driver put on the reading; a reading without it is good again. */
export const flagged = defineJudge(
  z.strictObject({ type: z.literal("flagged"), flags: z.array(z.enum(qualityFlags)).min(1) }),
  ({ flags }) =>
    ({ quality, metrics }) => {
      const found = quality.find((flag) => flags.includes(flag));
      if (found) return { says: "holds", facts: { quality: found } };
      for (const _ in metrics) return OVER;
      return null;
    },
);
