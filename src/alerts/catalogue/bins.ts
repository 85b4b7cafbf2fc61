import { categories } from "../../domain/categories.ts";
import { HOUR, MINUTE, SECOND } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";
import { CLEAN_TWICE, component, ONE_PROBLEM } from "./shared.ts";

/** They pass by bins all day and empty none. */
const EMPTIES_NO_BIN = ["sweeper", "washer", "water", "sprinkler", "washSweeper", "greening", "pestControl", "patrol"];

/** Households do not fill a seventh of a bin within half an hour, but a lid that is open does. */
const LEAP = { by: 15, withinMs: 30 * MINUTE, samples: 2 };

/** Bins: level, heat, tipping. */
export const bins: readonly Rule[] = [
  {
    id: "bin.near_full",
    title: { en: "Bin nearly full", zh: "垃圾桶将满" },
    level: 4,
    checks: [
      {
        kinds: ["bin"],
        subtype: null,
        judge: { type: "above", metric: "fillPct", set: 80, reset: 70, settles: LEAP },
        opens: { samples: 2, holdMs: 10 * MINUTE, heard: 2 },
        clears: { samples: 1 },
      },
    ],
    matter: [],
    target: { minutes: 240, clock: "D" },
    closesAfterMs: 10 * MINUTE,
    enabled: true,
  },
  {
    id: "bin.overflow",
    title: { en: "Bin overflowing", zh: "垃圾桶满溢" },
    level: 3,
    checks: [
      {
        kinds: ["bin"],
        subtype: null,
        judge: { type: "above", metric: "fillPct", set: 95, reset: 50.0001, settles: LEAP },
        opens: { holdMs: 10 * MINUTE, heard: 2 },
        clears: { samples: 2 },
      },
      {
        kinds: ["camera"],
        subtype: null,
        judge: { type: "sighted", categories: ["binOverflow"], confidence: 0.8 },
        opens: { samples: 2, spacingMs: MINUTE, gapMs: 30 * MINUTE },
        clears: CLEAN_TWICE,
        sighting: { confirms: 0.9 },
      },
    ],
    upgrades: [
      { level: 2, areaGrade: ["A"], hours: [7, 22] },
      { level: 2, afterMs: HOUR },
    ],
    matter: categories.binOverflow.codes,
    target: { minutes: 60, clock: "D" },
    closesAfterMs: 30 * MINUTE,
    merges: ONE_PROBLEM,
    proof: { settleMs: 15 * MINUTE, notServedBy: EMPTIES_NO_BIN },
    recurs: true,
    enabled: true,
  },
  {
    id: "bin.fire_risk",
    title: { en: "Bin heat, fire risk", zh: "桶内高温疑似起火" },
    level: 1,
    checks: [
      {
        kinds: ["bin"],
        subtype: null,
        judge: { type: "above", metric: "tempC", set: 60, reset: 45 },
        opens: { samples: 1 },
        clears: { holdMs: 30 * MINUTE },
      },
      {
        kinds: ["bin"],
        subtype: null,
        judge: { type: "rises", metric: "tempC", by: 10, withinMs: 5 * MINUTE },
        opens: { samples: 1 },
        clears: null,
      },
      {
        kinds: ["bin"],
        subtype: null,
        judge: { type: "raised", metric: "smoke" },
        opens: { samples: 1 },
        clears: { holdMs: 30 * MINUTE },
      },
      {
        kinds: ["camera"],
        subtype: null,
        judge: { type: "sighted", categories: ["smoke"], confidence: 0.7 },
        opens: { samples: 2, spacingMs: 10 * SECOND, gapMs: 10 * MINUTE },
        clears: CLEAN_TWICE,
        sighting: { confirms: null },
      },
    ],
    matter: categories.openBurning.codes,
    target: { minutes: 10, clock: "U" },
    closesAfterMs: null,
    merges: ONE_PROBLEM,
    enabled: true,
  },
  {
    id: "bin.disturbed",
    title: { en: "Bin tipped, moved or missing", zh: "垃圾桶倾倒移位" },
    level: 3,
    checks: [
      {
        kinds: ["bin"],
        subtype: "tipped",
        judge: { type: "above", metric: "tiltDeg", set: 45.0001, reset: 30 },
        opens: { holdMs: 3 * MINUTE },
        clears: { holdMs: 5 * MINUTE },
      },
      {
        kinds: ["bin"],
        subtype: "tipped",
        judge: { type: "raised", metric: "tilted" },
        opens: { holdMs: 3 * MINUTE },
        clears: { holdMs: 5 * MINUTE },
      },
      {
        kinds: ["bin"],
        subtype: "moved",
        judge: { type: "movedFrom", setM: 30, resetM: 20 },
        opens: { samples: 2 },
        clears: { samples: 1 },
      },
    ],
    upgrades: [{ level: 2, attribute: "carriageway" }],
    matter: component("03005"),
    target: { minutes: 120, clock: "D" },
    limits: [
      { amount: 1, unit: "workingDays", subtype: "tipped" },
      { amount: 4, unit: "dutyHours", subtype: "moved" },
    ],
    closesAfterMs: 30 * MINUTE,
    enabled: true,
  },
];
