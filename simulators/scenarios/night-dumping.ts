import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { minutesAfter } from "./steps.ts";

const startAt = "2026-03-02T23:00";
const at = minutesAfter(startAt);

/** The quiet hours: somebody unloads rubble, a heap stays, and the camera's model is mistaken twice. */
export const nightDumping: Scenario = {
  id: "night-dumping",
  title: { en: "Night dumping", zh: "夜间偷倒" },
  seed: 3,
  startAt,
  durationMinutes: 6 * 60,
  population: quietNeighbourhood,
  faults: noFaults,
  script: [
    {
      atMinutes: at("01:15"),
      device: "camera-005",
      command: { do: "street", category: "illegalDumping", minutes: 6, confidence: 0.9 },
    },
    {
      atMinutes: at("02:00"),
      device: "camera-011",
      command: { do: "street", category: "exposedGarbage", minutes: 45, confidence: 0.88 },
    },
    {
      atMinutes: at("03:00"),
      device: "camera-014",
      command: { do: "street", category: "illegalDumping", minutes: 4, confidence: 0.6 },
    },
    {
      atMinutes: at("03:30"),
      device: "camera-017",
      command: { do: "street", category: "exposedGarbage", minutes: 5, confidence: 0.9 },
    },
  ],
  // Nobody works in this script, so targets run out; an overdue case is named after the alert it is about.
  ignoredRules: ["case.sla_breach"],
  expected: [
    {
      ruleId: "street.illegal_dumping",
      subjectId: "camera-005",
      openAt: at("01:15"),
      // Gone from view at 01:21 and found clean twice, at least ten minutes apart.
      clearAt: at("01:34"),
      toleranceSeconds: 240,
      level: 2,
    },
    {
      ruleId: "street.exposed_garbage",
      subjectId: "camera-011",
      openAt: at("02:10"),
      clearAt: at("02:58"),
      toleranceSeconds: 240,
      level: 3,
    },
  ],
};
