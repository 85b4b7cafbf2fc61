import { categories } from "../../domain/categories.ts";
import { HOUR, MINUTE } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";
import { component, WORKING_DAY_MINUTES } from "./shared.ts";

/** Dangerous from the first value on; safe again some way below it, so that a value on the edge does not call off the alarm. */
const GASES = [
  // 10 mg/m³ of hydrogen sulphide are 7.17 ppm (1 ppm = 1.394 mg/m³ at 25 °C).
  ["h2s", { type: "above", metric: "h2sPpm", set: 7.17, reset: 5.74 }],
  ["methane", { type: "above", metric: "ch4LelPct", set: 20, reset: 16 }],
  ["oxygen", { type: "below", metric: "o2Pct", set: 19.5, reset: 20 }],
] as const;

/** Public toilets, transfer stations, pest traps. */
export const facilities: readonly Rule[] = [
  {
    id: "toilet.odor",
    title: { en: "Toilet odour above limit", zh: "公厕异味超标" },
    level: 3,
    checks: [
      {
        kinds: ["toilet"],
        subtype: null,
        judge: {
          type: "odour",
          windowMs: 10 * MINUTE,
          // GB/T 17217-1998, by class of toilet.
          nh3MgM3: { 1: 0.3, 2: 1, 3: 3 },
          h2sMgM3: 0.01,
          majorFactor: 3,
        },
        opens: { samples: 2 },
        clears: { holdMs: 20 * MINUTE },
      },
    ],
    matter: component("03001"),
    target: { minutes: 60, clock: "D" },
    limits: [{ amount: 1, unit: "workingDays" }],
    closesAfterMs: 30 * MINUTE,
    enabled: true,
  },
  {
    id: "toilet.out_of_service",
    title: { en: "Toilet closed, flooded, no water", zh: "公厕停用/未按时开放" },
    level: 3,
    checks: [
      {
        kinds: ["toilet"],
        subtype: "closed",
        judge: { type: "closedInOpeningHours", opensAt: 6, closesAt: 22 },
        opens: { holdMs: HOUR },
        clears: { samples: 2 },
      },
      {
        kinds: ["toilet"],
        subtype: "leak",
        judge: { type: "raised", metric: "leak" },
        opens: { samples: 2 },
        clears: { samples: 2 },
      },
      {
        kinds: ["toilet"],
        subtype: "nightFlow",
        judge: { type: "growsAtNight", metric: "waterM3", perHour: 0.2, hours: [0, 5] },
        opens: { holdMs: 2 * HOUR },
        clears: { samples: 2 },
      },
    ],
    matter: component("03001"),
    target: { minutes: 60, clock: "D" },
    targets: [
      { minutes: 240, clock: "D", subtype: "leak" },
      { minutes: 240, clock: "D", subtype: "nightFlow" },
    ],
    limits: [{ amount: 4, unit: "dutyHours", subtype: "closed" }],
    closesAfterMs: HOUR,
    enabled: true,
  },
  {
    id: "facility.toxic_gas",
    title: { en: "Toxic or explosive gas", zh: "有毒有害气体" },
    level: 1,
    checks: GASES.flatMap(([subtype, judge]) =>
      // A septic tank and a station are filed under their own components.
      (
        [
          ["toilet", "03003"],
          ["station", "03004"],
        ] as const
      ).map(([kind, code]) => ({
        kinds: [kind],
        subtype,
        judge,
        opens: { samples: 1 },
        clears: { holdMs: 15 * MINUTE },
        code,
      })),
    ),
    matter: component("03003", "03004"),
    target: { minutes: 5, clock: "U" },
    closesAfterMs: null,
    enabled: true,
  },
  {
    id: "station.backlog",
    title: { en: "Transfer station backlog", zh: "中转站积压/满载" },
    level: 2,
    checks: [
      {
        kinds: ["station"],
        subtype: null,
        judge: { type: "above", metric: "hopperPct", set: 90, reset: 75 },
        opens: { holdMs: 15 * MINUTE },
        clears: { samples: 1 },
      },
      {
        kinds: ["station"],
        subtype: null,
        judge: { type: "above", metric: "queue", set: 4, reset: 1.0001 },
        opens: { samples: 1 },
        clears: { samples: 1 },
      },
      {
        kinds: ["station"],
        subtype: "overweight",
        judge: { type: "aboveOwnLimit", metric: "grossKg", attribute: "ratedKg" },
        opens: { samples: 1 },
        clears: { samples: 1 },
      },
    ],
    matter: [...component("03004"), ...categories.binOverflow.codes],
    target: { minutes: 60, clock: "U" },
    limits: [{ amount: 4, unit: "dutyHours" }],
    closesAfterMs: 30 * MINUTE,
    enabled: true,
  },
  {
    id: "pest.density_high",
    title: { en: "Vector density above grade", zh: "病媒密度超标" },
    level: 3,
    checks: [
      {
        // Grade C of GB/T 27770 to 27773 for the vector that the trap counts, as its attribute.
        kinds: ["pestTrap"],
        subtype: null,
        judge: { type: "aboveOwnLimit", metric: "densityIndex", attribute: "gradeCDensity" },
        opens: { samples: 2 },
        clears: { samples: 2 },
      },
    ],
    upgrades: [{ level: 2, attribute: "dengueSeason" }],
    matter: [],
    target: { minutes: 3 * WORKING_DAY_MINUTES, clock: "W" },
    closesAfterMs: null,
    enabled: true,
  },
];
