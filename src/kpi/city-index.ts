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

/** Where the scores are kept, one document a period. */
export const CITY_INDEX = "cityIndex";

const MONTHS_A_QUARTER = 3;

/** The first month of its period, as `2026-07`. */
export function firstMonthOf({ period }: Pick<CityIndex, "period">): string {
  const [year = "", part = ""] = period.split("-");
  if (!part.startsWith("Q")) return period;
  return `${year}-${String((Number(part.slice(1)) - 1) * MONTHS_A_QUARTER + 1).padStart(2, "0")}`;
}

/** Documents read back, oldest period first; a month comes after the quarter that begins with it. */
export function indexesIn(documents: readonly unknown[]): readonly CityIndex[] {
  const known = documents.flatMap((one) => cityIndexShape.safeParse(one).data ?? []);
  const order = (one: CityIndex) => firstMonthOf(one) + (one.period.includes("Q") ? " " : "~");
  return known.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** Grades of the Shenzhen index since 2023 (domain: 市容环境综合指数). */
export function gradeOf({ index }: Pick<CityIndex, "index">): "A+" | "A" | "B" | "C" {
  if (index >= 93) return "A+";
  if (index >= 90) return "A";
  return index >= 87 ? "B" : "C";
}
