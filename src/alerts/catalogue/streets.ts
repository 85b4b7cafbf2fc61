import { categories } from "../../domain/categories.ts";
import { HOUR, MINUTE } from "../../domain/time.ts";
import { sighted } from "../judges.ts";
import type { Rule } from "../rule.ts";
import { CLEAN_TWICE, ONE_PROBLEM } from "./shared.ts";

/** What cameras see in the street. */
export const streets: readonly Rule[] = [
  {
    id: "street.illegal_dumping",
    title: { en: "Illegal dumping", zh: "偷倒垃圾" },
    level: 2,
    checks: [
      {
        kinds: ["camera"],
        subtype: null,
        judge: sighted(["illegalDumping", "accumulatedWaste"], 0.75),
        opens: { samples: 1 },
        clears: CLEAN_TWICE,
        sighting: { confirms: null },
      },
    ],
    matter: categories.illegalDumping.codes,
    target: { minutes: 120, clock: "U" },
    closesAfterMs: null,
    merges: ONE_PROBLEM,
    thresholds: { confidence: 0.75, cleanLooks: 2, cleanMinutesApart: 10 },
    enabled: true,
  },
  {
    id: "street.exposed_garbage",
    title: { en: "Exposed garbage", zh: "暴露垃圾" },
    level: 3,
    checks: [
      {
        kinds: ["camera"],
        subtype: null,
        judge: sighted(["exposedGarbage"], 0.75),
        opens: { samples: 2, spacingMs: 10 * MINUTE },
        clears: CLEAN_TWICE,
        sighting: { confirms: 0.9 },
      },
    ],
    matter: categories.exposedGarbage.codes,
    target: { minutes: 120, clock: "D" },
    closesAfterMs: HOUR,
    merges: ONE_PROBLEM,
    thresholds: { confidence: 0.75, stillThereMinutes: 10 },
    enabled: true,
  },
  {
    id: "street.stacked_goods",
    title: { en: "Stacked goods, bulky waste", zh: "乱堆放" },
    level: 3,
    checks: [
      {
        kinds: ["camera"],
        subtype: null,
        judge: sighted(["stackedGoods", "bulkyWaste"], 0.75),
        opens: { samples: 2, spacingMs: 30 * MINUTE },
        clears: CLEAN_TWICE,
        sighting: { confirms: null },
      },
    ],
    upgrades: [{ level: 2, attribute: "fireLane" }],
    matter: categories.stackedGoods.codes,
    target: { minutes: 240, clock: "D" },
    closesAfterMs: null,
    merges: ONE_PROBLEM,
    thresholds: { confidence: 0.75, sightings: 2, minutesApart: 30 },
    enabled: true,
  },
];
