import { categories } from "../../domain/categories.ts";
import { MINUTE, SECOND } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";
import { WORKING_DAY_MINUTES } from "./shared.ts";

/** From this on a vehicle is loaded: less is its own equipment and water. */
const LOADED_KG = 500;

/** Vehicles, and calls for help. */
export const vehicles: readonly Rule[] = [
  {
    id: "vehicle.overspeed",
    title: { en: "Overspeed", zh: "车辆超速/作业超速" },
    level: 2,
    checks: [
      {
        kinds: ["vehicle"],
        subtype: "road",
        judge: { type: "overRoadLimit", fallbackKmh: 60, toleranceShare: 0.1 },
        opens: { samples: 2, spacingMs: 10 * SECOND },
        clears: { holdMs: MINUTE },
      },
      {
        kinds: ["vehicle"],
        subtype: "working",
        judge: {
          type: "overWorkLimit",
          limitsKmh: { sweeper: 10, washSweeper: 10, water: 20, sprinkler: 20 },
          level: 3,
        },
        opens: { samples: 2, spacingMs: MINUTE },
        clears: { holdMs: MINUTE },
      },
    ],
    matter: [],
    target: { minutes: 10, clock: "U" },
    closesAfterMs: 10 * MINUTE,
    enabled: true,
  },
  {
    id: "vehicle.out_of_area",
    title: { en: "Out of area or off route", zh: "越界/偏航" },
    level: 3,
    checks: [
      {
        kinds: ["vehicle"],
        subtype: null,
        judge: { type: "outsideArea", setM: 50, loadedKg: LOADED_KG },
        opens: { samples: 2, spacingMs: 2 * MINUTE },
        clears: { holdMs: 2 * MINUTE },
        outliers: 1,
      },
      {
        kinds: ["vehicle"],
        subtype: "offRoute",
        judge: { type: "offRoute", loadedKg: LOADED_KG },
        opens: { samples: 2, spacingMs: 3 * MINUTE },
        clears: { holdMs: 2 * MINUTE },
        outliers: 1,
      },
    ],
    // A loaded vehicle that stays away may be on its way to dump.
    upgrades: [{ level: 2, afterMs: 15 * MINUTE, fact: "loaded" }],
    matter: [],
    target: { minutes: 15, clock: "U" },
    closesAfterMs: 10 * MINUTE,
    enabled: true,
  },
  {
    id: "vehicle.illegal_unload",
    title: { en: "Unloading at a wrong place", zh: "非指定地点倾倒" },
    level: 2,
    checks: [
      {
        kinds: ["vehicle"],
        subtype: null,
        judge: { type: "unloadsElsewhere", facilities: ["station", "unloading"], marginM: 50 },
        opens: { holdMs: 30 * SECOND },
        clears: null,
      },
    ],
    matter: categories.illegalDumping.codes,
    target: { minutes: 15, clock: "U" },
    closesAfterMs: null,
    recurs: true,
    enabled: true,
  },
  {
    id: "vehicle.fuel_anomaly",
    title: { en: "Fuel drop", zh: "油耗异常" },
    level: 3,
    checks: [
      {
        kinds: ["vehicle"],
        subtype: null,
        judge: { type: "falls", metric: "fuelL", by: 8, byShare: 0.08, withinMs: 10 * MINUTE, whileStopped: true },
        opens: { samples: 1 },
        clears: null,
      },
      {
        kinds: ["vehicle"],
        subtype: "consumption",
        judge: { type: "burns", legKm: 20, overShare: 1.3, days: 30, legs: 5 },
        opens: { samples: 1 },
        clears: { samples: 1 },
      },
    ],
    matter: [],
    target: { minutes: WORKING_DAY_MINUTES, clock: "W" },
    closesAfterMs: null,
    enabled: true,
  },
  {
    id: "vehicle.driver_risk",
    title: { en: "Dangerous driving", zh: "驾驶风险" },
    level: 2,
    checks: [
      {
        kinds: ["vehicle"],
        subtype: "danger",
        judge: { type: "alarmed", codes: ["fatigue", "collision", "rollover", "forwardCollision", "pedestrian"] },
        opens: { samples: 1 },
        clears: null,
      },
      {
        kinds: ["vehicle"],
        subtype: "habit",
        judge: { type: "alarmed", codes: ["phone", "smoking", "distraction"], level: 3 },
        opens: { samples: 1 },
        clears: null,
      },
    ],
    matter: [],
    target: { minutes: 5, clock: "U" },
    closesAfterMs: 10 * MINUTE,
    quietMs: 30 * MINUTE,
    enabled: true,
  },
  {
    id: "help.sos",
    title: { en: "SOS, help call", zh: "一键求助" },
    level: 1,
    checks: [
      {
        kinds: ["person", "vehicle"],
        subtype: null,
        judge: { type: "raised", metric: "sos" },
        opens: { samples: 1 },
        clears: null,
        evenLate: true,
      },
      {
        kinds: ["toilet"],
        subtype: null,
        judge: { type: "raised", metric: "callButton" },
        opens: { samples: 1 },
        clears: null,
        evenLate: true,
      },
      {
        // A stall occupied for more than half an hour: somebody may have fallen.
        kinds: ["toilet"],
        subtype: "welfare",
        judge: { type: "alarmed", codes: ["stallOccupied"], level: 2 },
        opens: { samples: 1 },
        clears: null,
      },
    ],
    matter: [],
    target: { minutes: 10, clock: "U" },
    closesAfterMs: null,
    enabled: true,
  },
];
