import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { scriptOf } from "./steps.ts";

const startAt = "2026-03-02T04:20";
const { at, report, says, alert } = scriptOf(startAt);
const FAR = { lat: 22.69, lon: 113.93 };

/** Vehicles that do what they must not: too fast on the road and at work, away from their ground, tipping in the street, losing fuel. */
export const astray: Scenario = {
  id: "astray",
  title: { en: "Vehicles astray", zh: "车辆违规" },
  seed: 15,
  startAt,
  durationMinutes: 3 * 60,
  population: { ...quietNeighbourhood, people: 1, cameras: 2, bins: 60 },
  faults: noFaults,
  script: [
    says("05:30", "05:32", "vehicle-03", { speedKmh: 88 }),
    says("05:20", "05:24", "vehicle-04", { speedKmh: 31, working: 1 }),
    says("05:40", "05:50", "vehicle-01", { ...FAR, loadKg: 0 }),
    says("05:30", "05:40", "vehicle-02", FAR),
    says("06:10", "06:13", "vehicle-05", { hopperOpen: 1 }),
    { atMinutes: at("04:45"), device: "vehicle-04", command: { do: "siphon", litres: 25 } },
    report("06:30", "vehicle-06", { tamper: 1 }),
  ],
  ignoredRules: ["case.sla_breach"],
  expected: [
    alert("vehicle.fuel_anomaly", "vehicle-04", "04:45", null, { subtype: null, toleranceSeconds: 300 }),
    alert("vehicle.overspeed", "vehicle-04", "05:21", "05:25", { subtype: "working", level: 3 }),
    alert("vehicle.overspeed", "vehicle-03", "05:30", "05:33", { subtype: "road", level: 2 }),
    alert("vehicle.out_of_area", "vehicle-02", "05:32", "05:42", { subtype: null }),
    alert("vehicle.out_of_area", "vehicle-02", "05:33", "05:42", { subtype: "offRoute" }),
    alert("vehicle.out_of_area", "vehicle-01", "05:42", "05:52", { subtype: null }),
    // Where it was tipped somebody has to look: it never ends by itself.
    alert("vehicle.illegal_unload", "vehicle-05", "06:10", null),
    alert("device.fault", "vehicle-06", "06:30", null, { subtype: "tamper", level: 3 }),
  ],
};
