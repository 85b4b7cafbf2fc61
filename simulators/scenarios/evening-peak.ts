import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { emptied, filled, minutesAfter, TO_THE_MINUTE_SECONDS, watchClosely } from "./steps.ts";

const startAt = "2026-03-02T18:00";
const at = minutesAfter(startAt);

/** The evening deposit peak: bins fill by the rhythm of the hour, one overflows unnoticed by its sensor, one burns. */
export const eveningPeak: Scenario = {
  id: "evening-peak",
  title: { en: "Evening peak", zh: "晚高峰" },
  seed: 2,
  startAt,
  durationMinutes: 4 * 60,
  population: quietNeighbourhood,
  faults: noFaults,
  script: [
    ...["bin-0007", "bin-0020", "bin-0044", "bin-0061"].map(watchClosely),
    // At 300 % of its depth a day, 60 % at 18:10 become 80 % at about 19:00 and 95 % at about 19:30.
    { atMinutes: at("18:10"), device: "bin-0007", command: { do: "fillPerDay", pct: 300 } },
    { atMinutes: at("18:10"), device: "bin-0007", command: { do: "fill", pct: 60 } },
    emptied(at("20:10"), "bin-0007"),
    // Full from one moment to the next: a shop's boxes.
    ...filled(at("18:40"), "bin-0020", 98),
    emptied(at("19:30"), "bin-0020"),
    // Heat without fill: something smoulders.
    { atMinutes: at("20:00"), device: "bin-0044", fault: { fault: "says", minutes: 20, metrics: { tempC: 67 } } },
    // Goods on the pavement, seen for fifty minutes.
    {
      atMinutes: at("18:30"),
      device: "camera-012",
      command: { do: "street", category: "stackedGoods", minutes: 50, confidence: 0.9 },
    },
    // A lid that is left open for a moment reads "full" once: nothing to do.
    ...filled(at("21:00"), "bin-0061", 100),
    { atMinutes: at("21:00") + 0.9, device: "bin-0061", command: { do: "fill", pct: 20 } },
  ],
  // Nobody works in this script, so targets run out; an overdue case is named after the alert it is about.
  ignoredRules: ["case.sla_breach"],
  expected: [
    {
      ruleId: "bin.near_full",
      subjectId: "bin-0007",
      openAt: at("19:00"),
      clearAt: at("20:10"),
      toleranceSeconds: 300,
      level: 4,
    },
    {
      ruleId: "bin.overflow",
      subjectId: "bin-0007",
      openAt: at("19:40"),
      clearAt: at("20:11"),
      toleranceSeconds: 300,
    },
    {
      ruleId: "bin.near_full",
      subjectId: "bin-0020",
      openAt: at("18:41"),
      clearAt: at("19:30"),
      toleranceSeconds: TO_THE_MINUTE_SECONDS,
      level: 4,
    },
    {
      ruleId: "bin.overflow",
      subjectId: "bin-0020",
      openAt: at("18:50"),
      clearAt: at("19:31"),
      toleranceSeconds: TO_THE_MINUTE_SECONDS,
    },
    {
      ruleId: "bin.fire_risk",
      subjectId: "bin-0044",
      openAt: at("20:00"),
      clearAt: at("20:50"),
      toleranceSeconds: TO_THE_MINUTE_SECONDS,
      level: 1,
    },
    {
      ruleId: "street.stacked_goods",
      subjectId: "camera-012",
      openAt: at("19:00"),
      toleranceSeconds: 130,
      level: 3,
    },
  ],
};
