import { noFaults } from "../faults.ts";
import type { Step } from "../player.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { emptied, filled, minutesAfter, watchClosely } from "./steps.ts";

const startAt = "2026-03-02T09:00";
const at = minutesAfter(startAt);
const BIN = "bin-0015";
/** Six minutes nearly full, six minutes not, for an hour and a half: more than three cycles an hour. */
const cycles: readonly Step[] = Array.from({ length: 8 }, (_, cycle) => [
  ...filled(at("09:30") + cycle * 12, BIN, 86),
  ...filled(at("09:30") + cycle * 12 + 6, BIN, 40),
]).flat();

/** A sensor that cannot make up its mind makes one alert that is held open, not a row of them. */
export const flappingBin: Scenario = {
  id: "flapping-bin",
  title: { en: "Flapping bin", zh: "反复跳变的垃圾桶" },
  seed: 4,
  startAt,
  durationMinutes: 4 * 60,
  population: { ...quietNeighbourhood, vehicles: 2, people: 4 },
  faults: noFaults,
  script: [watchClosely(BIN), ...cycles, emptied(at("11:10"), BIN)],
  expected: [
    {
      ruleId: "bin.near_full",
      subjectId: BIN,
      openAt: at("09:31"),
      // The last cycle ends at 11:00; after an hour of quiet the alert is let go.
      clearAt: at("12:00"),
      toleranceSeconds: 100,
      clearToleranceSeconds: 600,
      level: 4,
    },
  ],
};
