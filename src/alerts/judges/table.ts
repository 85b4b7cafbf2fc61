import { z } from "zod";
import { feltHeat, restingHeartRate } from "./bodies.ts";
import { closedInOpeningHours, growsAtNight, odour } from "./facilities.ts";
import { burns } from "./fuel.ts";
import { offRoute, unloadsElsewhere } from "./ground.ts";
import type { JudgeKind, Judging } from "./judging.ts";
import { movedFrom, outsideArea, overRoadLimit, overWorkLimit } from "./movement.ts";
import { alarmed, cardRead, depositOutside, emptyDeposit, flagged, heavyDeposit, sighted } from "./sightings.ts";
import { above, aboveOwnLimit, below, falls, raised, rises, stuck } from "./values.ts";

const judges = {
  above,
  below,
  aboveOwnLimit,
  raised,
  rises,
  falls,
  burns,
  stuck,
  odour,
  growsAtNight,
  closedInOpeningHours,
  restingHeartRate,
  feltHeat,
  sighted,
  alarmed,
  cardRead,
  emptyDeposit,
  heavyDeposit,
  depositOutside,
  flagged,
  movedFrom,
  outsideArea,
  overRoadLimit,
  overWorkLimit,
  offRoute,
  unloadsElsewhere,
} as const;

/** How a check judges, as data. */
export const judgeShape = z.discriminatedUnion("type", [
  judges.above.schema,
  judges.below.schema,
  judges.aboveOwnLimit.schema,
  judges.raised.schema,
  judges.rises.schema,
  judges.falls.schema,
  judges.burns.schema,
  judges.stuck.schema,
  judges.odour.schema,
  judges.growsAtNight.schema,
  judges.closedInOpeningHours.schema,
  judges.restingHeartRate.schema,
  judges.feltHeat.schema,
  judges.sighted.schema,
  judges.alarmed.schema,
  judges.cardRead.schema,
  judges.emptyDeposit.schema,
  judges.heavyDeposit.schema,
  judges.depositOutside.schema,
  judges.flagged.schema,
  judges.movedFrom.schema,
  judges.outsideArea.schema,
  judges.overRoadLimit.schema,
  judges.overWorkLimit.schema,
  judges.offRoute.schema,
  judges.unloadsElsewhere.schema,
]);

const kindOf = (type: z.infer<typeof judgeShape>["type"]) => judges[type] as unknown as JudgeKind<z.ZodObject>;

/**
 * The function that a check's `judge` makes. Judgements that compare with earlier values remember them from here on.
 * @throws ZodError when the parameters do not fit
 */
export function judgingOf(data: unknown): Judging {
  const parameters = judgeShape.parse(data);
  return kindOf(parameters.type).make(parameters);
}

/** Whether what it judges can be over, or only happens. */
export function judgeEnds(data: unknown): boolean {
  const parameters = judgeShape.parse(data);
  return kindOf(parameters.type).ends(parameters);
}
