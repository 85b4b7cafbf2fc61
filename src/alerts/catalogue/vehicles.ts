import { MINUTE, SECOND } from "../../domain/time.ts";
import { atLevel, outsideArea, overRoadLimit, overWorkLimit, raised } from "../judges.ts";
import type { Rule } from "../rule.ts";

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
        judge: overRoadLimit(60),
        opens: { samples: 2, spacingMs: 10 * SECOND },
        clears: { holdMs: MINUTE },
      },
      {
        kinds: ["vehicle"],
        subtype: "working",
        judge: atLevel(3, overWorkLimit({ sweeper: 10, water: 20 })),
        opens: { samples: 2, spacingMs: MINUTE },
        clears: { holdMs: MINUTE },
      },
    ],
    matter: [],
    target: { minutes: 10, clock: "U" },
    closesAfterMs: 10 * MINUTE,
    thresholds: { roadFallbackKmh: 60, toleranceShare: 0.1, roadSeconds: 10, sweeperKmh: 10, waterTruckKmh: 20 },
    enabled: true,
  },
  {
    id: "vehicle.out_of_area",
    title: { en: "Out of area", zh: "越界" },
    level: 3,
    checks: [
      {
        kinds: ["vehicle"],
        subtype: null,
        judge: outsideArea(50),
        opens: { samples: 2, spacingMs: 2 * MINUTE },
        clears: { holdMs: 2 * MINUTE },
      },
    ],
    matter: [],
    target: { minutes: 15, clock: "U" },
    closesAfterMs: 10 * MINUTE,
    thresholds: { metres: 50, minutes: 2 },
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
        judge: raised("sos"),
        opens: { samples: 1 },
        clears: null,
        evenLate: true,
      },
      {
        kinds: ["toilet"],
        subtype: null,
        judge: raised("callButton"),
        opens: { samples: 1 },
        clears: null,
        evenLate: true,
      },
    ],
    matter: [],
    target: { minutes: 10, clock: "U" },
    closesAfterMs: null,
    thresholds: {},
    enabled: true,
  },
];
