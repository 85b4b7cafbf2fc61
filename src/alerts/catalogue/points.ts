import { categories } from "../../domain/categories.ts";
import { DAY, MINUTE } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";
import { WORKING_DAY_MINUTES } from "./shared.ts";

/** Deposit points, kitchen-waste points and the shops that hand over to them. */
export const points: readonly Rule[] = [
  {
    id: "point.off_hours_deposit",
    title: { en: "Deposit outside hours", zh: "误时投放" },
    level: 4,
    checks: [
      {
        kinds: ["foodWastePoint"],
        subtype: null,
        judge: {
          type: "depositOutside",
          windows: [
            [7, 9],
            [19, 21],
          ],
        },
        opens: { samples: 1 },
        clears: null,
        groupMs: 15 * MINUTE,
        frequent: { times: 10, withinMs: DAY, level: 3 },
      },
    ],
    matter: categories.mixedWaste.codes,
    target: null,
    closesAfterMs: 0,
    quietMs: DAY,
    enabled: true,
  },
  {
    id: "point.mixed_waste",
    title: { en: "Waste not sorted", zh: "混投/垃圾未分类" },
    level: 4,
    checks: [
      {
        kinds: ["camera", "foodWastePoint"],
        subtype: null,
        judge: { type: "sighted", categories: ["mixedWaste"], confidence: 0.8 },
        opens: { samples: 1 },
        clears: null,
        sighting: { confirms: null },
        frequent: { times: 5, withinMs: DAY, level: 3 },
      },
    ],
    matter: categories.mixedWaste.codes,
    target: { minutes: 240, clock: "D" },
    closesAfterMs: 0,
    quietMs: DAY,
    enabled: true,
  },
  {
    id: "point.card_anomaly",
    title: { en: "IC-card anomaly", zh: "IC卡/称重异常" },
    level: 4,
    checks: [
      {
        kinds: ["foodWastePoint"],
        subtype: "refused",
        judge: { type: "cardRead", codes: ["refused"] },
        opens: { samples: 5, withinMs: 10 * MINUTE },
        clears: null,
      },
      {
        kinds: ["foodWastePoint"],
        subtype: "empty",
        judge: { type: "emptyDeposit", lessThanKg: 0.2 },
        opens: { samples: 5 },
        clears: null,
      },
      {
        kinds: ["foodWastePoint"],
        subtype: "heavy",
        judge: { type: "heavyDeposit", moreThanKg: 50 },
        opens: { samples: 1 },
        clears: null,
      },
    ],
    matter: [],
    target: { minutes: WORKING_DAY_MINUTES, clock: "W" },
    closesAfterMs: 0,
    quietMs: DAY,
    enabled: true,
  },
  {
    id: "merchant.no_deposit",
    title: { en: "Shop stopped handing over kitchen waste", zh: "商户厨余异常断收" },
    level: 4,
    checks: [],
    matter: categories.mixedWaste.codes,
    target: { minutes: 3 * WORKING_DAY_MINUTES, clock: "W" },
    closesAfterMs: 0,
    thresholds: {
      daysAtZero: 3,
      weekShareOfMedian: 0.3,
      medianWeeks: 4,
      clearShareOfMedian: 0.5,
      seriousAfterDays: 30,
    },
    enabled: true,
  },
];
