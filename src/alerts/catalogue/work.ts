import { categories } from "../../domain/categories.ts";
import { MINUTE } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";
import { WORKING_DAY_MINUTES } from "./shared.ts";

/**
 * Work that is not done as it was planned (domain 4(a) 5, 21, 22, 28–30, 35, 36): found by operations/ in rosters, plans and
 * tracks; the thresholds are read there.
 */
export const work: readonly Rule[] = [
  {
    id: "point.missed_collection",
    title: { en: "Collection missed", zh: "收运超时" },
    level: 3,
    checks: [],
    matter: categories.binOverflow.codes,
    target: { minutes: 120, clock: "D" },
    closesAfterMs: 0,
    thresholds: { graceMinutes: 30, withinM: 40 },
    enabled: true,
  },
  {
    id: "vehicle.not_on_duty",
    title: { en: "Did not start", zh: "未按时出车/未作业" },
    level: 3,
    checks: [],
    matter: [],
    target: { minutes: 30, clock: "U" },
    closesAfterMs: 0,
    thresholds: { graceMinutes: 15, workedMinutes: 5, noSignalMinutes: 15 },
    enabled: true,
  },
  {
    id: "vehicle.idle",
    title: { en: "Unauthorised stay", zh: "违规停留/怠速" },
    level: 4,
    checks: [],
    matter: [],
    target: { minutes: 30, clock: "U" },
    closesAfterMs: 0,
    thresholds: { minutes: 20, minorMinutes: 40, idlingMinutes: 10 },
    enabled: true,
  },
  {
    // Nobody who was not heard of is called absent: the subtype `noSignal`, at level 4, asks somebody to call.
    id: "person.absent",
    title: { en: "Absent", zh: "缺勤" },
    level: 3,
    checks: [],
    matter: [],
    target: { minutes: 30, clock: "U" },
    closesAfterMs: 0,
    thresholds: { graceMinutes: 15, noSignalMinutes: 10 },
    enabled: true,
  },
  {
    id: "person.off_post",
    title: { en: "Off post", zh: "脱岗" },
    level: 3,
    checks: [],
    matter: [],
    target: { minutes: 20, clock: "U" },
    closesAfterMs: 5 * MINUTE,
    thresholds: { toleranceM: 30, minutes: 15, backMinutes: 3 },
    enabled: true,
  },
  {
    // A welfare check: somebody who does not move may need help. It is no ground for a deduction.
    id: "person.idle",
    title: { en: "Not moving: ask how they are", zh: "滞留（关怀核实）" },
    level: 4,
    checks: [],
    matter: [],
    target: { minutes: 30, clock: "U" },
    closesAfterMs: 0,
    thresholds: { radiusM: 20, minutes: 30, minorMinutes: 60, movedM: 50, welfare: true },
    enabled: true,
  },
  {
    id: "sweep.coverage_low",
    title: { en: "Sweep coverage low", zh: "机扫/清扫覆盖不足" },
    level: 3,
    checks: [],
    matter: [{ standardRef: "GB/T 47678.5-2026", code: "06012" }],
    target: { minutes: 120, clock: "D" },
    closesAfterMs: 0,
    thresholds: { mainRoadPct: 95, otherRoadPct: 90, reserveMinutes: 15, lateFixMinutes: 10 },
    enabled: true,
  },
  {
    id: "task.overdue",
    title: { en: "Work task overdue", zh: "作业任务逾期" },
    level: 3,
    checks: [],
    matter: [],
    target: { minutes: WORKING_DAY_MINUTES, clock: "W" },
    closesAfterMs: 0,
    enabled: true,
  },
];
