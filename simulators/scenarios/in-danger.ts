import type { DeviceEvent } from "../../src/domain/observation.ts";
import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { scriptOf, watchClosely } from "./steps.ts";

const startAt = "2026-07-14T08:00";
const { report, says, alert } = scriptOf(startAt);
const alarm = (code: string): DeviceEvent => ({ type: "alarm", code });

/** A hot day: a fire in a bin, workers who need help, drivers who are a danger, and who is only resting. */
export const inDanger: Scenario = {
  id: "in-danger",
  title: { en: "People and bins in danger", zh: "人员与火情" },
  seed: 14,
  startAt,
  durationMinutes: 4 * 60,
  population: { ...quietNeighbourhood, cameras: 4, bins: 60 },
  faults: noFaults,
  organised: true,
  script: [
    watchClosely("bin-0007"),
    says("08:30", "08:50", "bin-0007", { tempC: 74 }),
    report("09:00", "person-0001", { sos: 1 }),
    report("09:10", "person-0003", { fall: 1 }),
    says("09:20", "09:30", "person-0005", { hr: 168, speedKmh: 0 }),
    // Felt at the badge; an hour of it is what counts.
    says("09:00", "10:40", "person-0007", { tempC: 43, humidityPct: 60 }),
    // It comes with the pulse of somebody who walks fast.
    says("09:20", "09:30", "person-0009", { hr: 151, speedKmh: 6 }),
    report("09:40", "vehicle-03", {}, alarm("fatigue")),
    report("09:50", "vehicle-05", {}, alarm("phone")),
  ],
  ignoredRules: ["case.sla_breach"],
  expected: [
    alert("bin.fire_risk", "bin-0007", "08:30", "09:21", { level: 1 }),
    alert("help.sos", "person-0001", "09:00", null, { level: 1 }),
    alert("person.health", "person-0003", "09:10", null, { subtype: "fall", level: 1 }),
    alert("person.health", "person-0005", "09:23", "09:45", { subtype: "heartRate" }),
    alert("person.health", "person-0007", "10:00", undefined, { subtype: "heat" }),
    alert("vehicle.driver_risk", "vehicle-03", "09:40", "10:10", { subtype: "danger" }),
    alert("vehicle.driver_risk", "vehicle-05", "09:50", "10:20", { subtype: "habit" }),
  ],
};
