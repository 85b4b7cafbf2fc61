import { z } from "zod";
import { placeTypes } from "../domain/place.ts";

/**
 * The city's own score of the subdistrict (市容环境综合指数), as the city publishes it each quarter: nothing here is reckoned by
 * us, it stands beside what is.
 */

const score = z.number().min(0).max(100);

export const cityIndexShape = z.strictObject({
  /** `2026-Q3`, or `2026-09` where the city scores months. */
  period: z.string().regex(/^\d{4}-(Q[1-4]|0[1-9]|1[0-2])$/, "must be a quarter like 2026-Q3 or a month like 2026-09"),
  index: score,
  rank: z.number().int().min(1).max(10_000).optional(),
  /** How many subdistricts are ranked. */
  outOf: z.number().int().min(1).max(10_000).optional(),
  clean: score.optional(),
  tidy: score.optional(),
  orderly: score.optional(),
  green: score.optional(),
  toilet: score.optional(),
  byPlaceType: z.partialRecord(z.enum(placeTypes), score).optional(),
});
export type CityIndex = z.infer<typeof cityIndexShape>;

/** Grades of the Shenzhen index since 2023 (domain: 市容环境综合指数). */
export function gradeOf({ index }: Pick<CityIndex, "index">): "A+" | "A" | "B" | "C" {
  if (index >= 93) return "A+";
  if (index >= 90) return "A";
  return index >= 87 ? "B" : "C";
}
