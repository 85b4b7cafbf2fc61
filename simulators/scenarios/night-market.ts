import { noFaults } from "../faults.ts";
import type { Step } from "../player.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { minutesAfter } from "./steps.ts";

const startAt = "2026-03-02T17:00";
const at = minutesAfter(startAt);
const vending = (time: string, device: string, minutes: number): Step => ({
  atMinutes: at(time),
  device,
  command: { do: "street", category: "streetVending", minutes, confidence: 0.9 },
});

/** A street where stalls are welcome from six to midnight: nobody is called there, but elsewhere, and after midnight. */
export const nightMarket: Scenario = {
  id: "night-market",
  title: { en: "Night market", zh: "夜市一条街" },
  seed: 7,
  startAt,
  durationMinutes: 9 * 60,
  population: { ...quietNeighbourhood, vehicles: 1, people: 1, bins: 60 },
  faults: noFaults,
  script: [
    vending("19:00", "camera-003", 240),
    vending("19:30", "camera-012", 60),
    // Packing up takes until one.
    vending("00:20", "camera-003", 40),
  ],
  orders: [
    {
      atMinutes: at("17:05"),
      silence: "permitted",
      minutes: 30 * 24 * 60,
      ruleIds: ["street.vending", "street.shop_encroachment"],
      around: { device: "camera-003", radiusM: 40 },
      hours: [18, 24],
    },
  ],
  ignoredRules: ["case.sla_breach"],
  expected: [
    {
      ruleId: "street.vending",
      subjectId: "camera-012",
      openAt: at("19:40"),
      clearAt: at("20:45"),
      toleranceSeconds: 150,
    },
    {
      ruleId: "street.vending",
      subjectId: "camera-003",
      openAt: at("00:30"),
      clearAt: at("01:15"),
      toleranceSeconds: 150,
    },
  ],
};
