import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { scriptOf, watchClosely } from "./steps.ts";

const startAt = "2026-03-02T09:00";
const { at, says, silent, report, alert } = scriptOf(startAt);

/** Devices that fail in their own ways: empty, opened, out of range, wrong clock, moved, silent. */
export const sickDevices: Scenario = {
  id: "sick-devices",
  title: { en: "Devices that fail", zh: "设备故障" },
  seed: 18,
  startAt,
  durationMinutes: 5 * 60,
  population: { ...quietNeighbourhood, vehicles: 2, people: 2, cameras: 2, bins: 60, loraShare: 0 },
  faults: noFaults,
  script: [
    ...["bin-0002", "bin-0003", "bin-0005", "bin-0007", "bin-0011"].map(watchClosely),
    says("09:30", "10:00", "bin-0002", { batteryPct: 14 }),
    report("09:30", "bin-0003", { tamper: 1 }),
    { atMinutes: at("09:30"), device: "bin-0005", fault: { fault: "skew", minutes: 20, seconds: 86_400 } },
    says("09:30", "10:00", "bin-0007", { tempC: 260 }),
    says("09:30", "10:30", "bin-0011", { lat: 22.73, lon: 113.9 }),
    silent("09:30", "11:30", "toilet-02"),
    report("10:00", "vehicle-01", {}, { type: "alarm", code: "gnssAntennaOpen" }),
  ],
  ignoredRules: ["case.sla_breach"],
  expected: [
    alert("device.fault", "bin-0002", "09:31", "11:01", { subtype: "battery" }),
    alert("device.fault", "bin-0003", "09:30", null, { subtype: "tamper", level: 3 }),
    alert("device.fault", "bin-0005", "09:31", "10:51", { subtype: "clock" }),
    alert("device.fault", "bin-0007", "09:32", "11:01", { subtype: "outOfRange" }),
    alert("bin.disturbed", "bin-0011", "09:31", null, { subtype: "moved" }),
    alert("device.offline", "toilet-02", "09:40", "11:35", { toleranceSeconds: 300 }),
    alert("device.fault", "vehicle-01", "10:00", null, { subtype: "reported" }),
  ],
};
