import { type CategoryName, categories } from "../../domain/categories.ts";
import { HOUR, MINUTE } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";
import { CLEAN_TWICE, ONE_PROBLEM } from "./shared.ts";

/** Neighbouring trades that the same engine serves: ready, and switched off until a city wants them. */
const seen = (
  id: string,
  en: string,
  zh: string,
  names: readonly CategoryName[],
  minutes: number,
  rest: Partial<Rule> = {},
): Rule => ({
  id,
  title: { en, zh },
  level: 3,
  checks: [
    {
      kinds: ["camera"],
      subtype: null,
      judge: { type: "sighted", categories: names, confidence: 0.75 },
      opens: { samples: 2, spacingMs: 5 * MINUTE, gapMs: HOUR },
      clears: CLEAN_TWICE,
      sighting: { confirms: null },
    },
  ],
  matter: names.flatMap((name) => categories[name].codes),
  target: { minutes, clock: "D" },
  closesAfterMs: HOUR,
  merges: ONE_PROBLEM,
  enabled: false,
  ...rest,
});

/** Water that cannot run off does its harm while the storm lasts: half the time. */
const STORM_HASTE = 0.5;

export const adjacent: readonly Rule[] = [
  seen("street.ponding", "Water on the road", "道路积水", ["ponding"], 240, {
    limits: [{ amount: 4, unit: "dutyHours" }],
    inStorm: STORM_HASTE,
  }),
  seen("street.muck_truck_uncovered", "Muck truck uncovered", "渣土车未密闭", ["uncoveredTruck"], 60),
  seen("street.parking_disorder", "Disorderly parking", "车辆乱停放", ["parking", "nonMotorParking"], 120),
  seen("manhole.open", "Manhole open", "井盖缺失", ["manholeCover"], 120, {
    limits: [{ amount: 2, unit: "urgentHours" }],
  }),
  seen("grate.blocked", "Storm grate blocked", "雨箅堵塞", ["blockedGrate"], 480, {
    limits: [{ amount: 1, unit: "workingDays" }],
    inStorm: STORM_HASTE,
  }),
  seen("air.dust", "Dust from a site", "工地扬尘", ["siteDust"], 120),
  seen("river.floating", "Floating waste", "河道漂浮物", ["riverFloating"], 480),
  seen("fire_lane.blocked", "Fire lane blocked", "占用消防通道", ["blockedFireLane"], 60),
  seen("light.out", "Street light out", "路灯不亮", ["brokenLight"], 480),
];
