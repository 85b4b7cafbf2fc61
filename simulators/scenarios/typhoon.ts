import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { minutesAfter, TO_THE_MINUTE_SECONDS, watchClosely } from "./steps.ts";

const startAt = "2026-08-20T10:00";
const at = minutesAfter(startAt);

/** A storm: water on the road is urgent, bins fall over, a gateway loses its uplink; what the storm makes normal is silent. */
export const typhoon: Scenario = {
  id: "typhoon",
  title: { en: "Typhoon", zh: "台风" },
  seed: 9,
  startAt,
  durationMinutes: 4 * 60,
  population: { ...quietNeighbourhood, vehicles: 2, people: 2, loraShare: 1 },
  faults: noFaults,
  script: [
    watchClosely("bin-0044"),
    { atMinutes: at("10:30"), device: "bin-0044", fault: { fault: "says", minutes: 60, metrics: { tilted: 1 } } },
    {
      atMinutes: at("10:40"),
      device: "camera-006",
      command: { do: "street", category: "ponding", minutes: 120, confidence: 0.92 },
    },
  ],
  orders: [
    { atMinutes: at("10:02"), silence: "storm", minutes: 8 * 60 },
    { atMinutes: at("10:03"), enable: "street.ponding" },
  ],
  ignoredRules: ["case.sla_breach"],
  expected: [
    {
      ruleId: "bin.disturbed",
      subjectId: "bin-0044",
      subtype: "tipped",
      openAt: at("10:34"),
      clearAt: at("11:36"),
      toleranceSeconds: TO_THE_MINUTE_SECONDS,
    },
    {
      ruleId: "street.ponding",
      subjectId: "camera-006",
      openAt: at("10:46"),
      clearAt: at("12:53"),
      toleranceSeconds: 240,
    },
  ],
};
