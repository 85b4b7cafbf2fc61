import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { emptied, filled, minutesAfter, TO_THE_MINUTE_SECONDS, watchClosely } from "./steps.ts";

const startAt = "2026-03-02T05:00";
const at = minutesAfter(startAt);

/** A whole quiet day: a bin that fills up and is emptied in time, a speeding truck, a call for help, and field noise. */
export const normalDay: Scenario = {
  id: "normal-day",
  title: { en: "Normal day", zh: "平常的一天" },
  seed: 1,
  startAt,
  durationMinutes: 24 * 60,
  population: quietNeighbourhood,
  // Duplicates, short gaps with late batches and GPS jumps are everyday life and must not raise anything.
  faults: { ...noFaults, duplicatesPerDay: 3, gpsJumpsPerDay: 4 },
  script: [
    watchClosely("bin-0010"),
    ...filled(at("08:10"), "bin-0010", 86),
    emptied(at("09:00"), "bin-0010"),
    { atMinutes: at("06:00"), device: "vehicle-01", fault: { fault: "says", minutes: 1, metrics: { speedKmh: 78 } } },
    { atMinutes: at("06:30"), device: "vehicle-03", fault: { fault: "late", minutes: 9 } },
    { atMinutes: at("14:30"), device: "person-0002", fault: { fault: "late", minutes: 12 } },
    { atMinutes: at("10:30"), device: "person-0001", report: { metrics: { sos: 1 } } },
    // A sighting too doubtful for an alarm, and one that is gone before anybody could have looked.
    {
      atMinutes: at("11:00"),
      device: "camera-003",
      command: { do: "street", category: "illegalDumping", minutes: 3, confidence: 0.6 },
    },
    {
      atMinutes: at("12:00"),
      device: "camera-005",
      command: { do: "street", category: "exposedGarbage", minutes: 4, confidence: 0.9 },
    },
  ],
  // Nobody works in this script, so targets run out; an overdue case is named after the alert it is about.
  ignoredRules: ["case.sla_breach"],
  expected: [
    {
      ruleId: "bin.near_full",
      subjectId: "bin-0010",
      openAt: at("08:11"),
      clearAt: at("09:00"),
      toleranceSeconds: TO_THE_MINUTE_SECONDS,
      level: 4,
    },
    {
      ruleId: "vehicle.overspeed",
      subjectId: "vehicle-01",
      openAt: at("06:00"),
      clearAt: at("06:02"),
      toleranceSeconds: TO_THE_MINUTE_SECONDS,
      level: 2,
    },
    {
      ruleId: "help.sos",
      subjectId: "person-0001",
      openAt: at("10:30"),
      clearAt: null,
      toleranceSeconds: 30,
      level: 1,
    },
  ],
};
