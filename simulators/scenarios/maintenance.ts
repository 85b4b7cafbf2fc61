import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { emptied, filled, minutesAfter, TO_THE_MINUTE_SECONDS, watchClosely } from "./steps.ts";

const startAt = "2026-03-02T09:00";
const at = minutesAfter(startAt);

/** Two bins are worked on for an hour. What is over before the hour is over is no news; what is still so afterwards is. */
export const maintenance: Scenario = {
  id: "maintenance",
  title: { en: "Maintenance window", zh: "检修静默" },
  seed: 8,
  startAt,
  durationMinutes: 3 * 60,
  population: { ...quietNeighbourhood, vehicles: 1, people: 1, cameras: 2, bins: 60 },
  faults: noFaults,
  script: [
    ...["bin-0007", "bin-0020"].map(watchClosely),
    ...filled(at("09:20"), "bin-0007", 99),
    emptied(at("09:50"), "bin-0007"),
    ...filled(at("09:20"), "bin-0020", 99),
    emptied(at("10:40"), "bin-0020"),
  ],
  orders: [{ atMinutes: at("09:05"), silence: "maintenance", minutes: 60, subjectIds: ["bin-0007", "bin-0020"] }],
  ignoredRules: ["case.sla_breach"],
  expected: ["bin.near_full", "bin.overflow"].map((ruleId, index) => ({
    ruleId,
    subjectId: "bin-0020",
    // The time of the measurement is told, though nobody was told at the time.
    openAt: at("09:22") + index * 9,
    clearAt: at("10:40") + index,
    toleranceSeconds: TO_THE_MINUTE_SECONDS,
  })),
};
