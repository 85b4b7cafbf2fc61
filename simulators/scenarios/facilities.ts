import type { DeviceEvent } from "../../src/domain/observation.ts";
import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { scriptOf } from "./steps.ts";

const startAt = "2026-03-02T08:00";
const { at, says, report, alert } = scriptOf(startAt);
const card = (code: string, details: Readonly<Record<string, string | number>>): DeviceEvent => ({
  type: "card",
  code,
  details,
});
const handOver = (weightKg: number) => card("accepted", { cardId: "card-9", weightKg, stream: "food" });
/** Toilets and stations report every five minutes. */
const REPORTED = { toleranceSeconds: 300 };
const REFUSED = card("refused", { cardId: "card-8" });

/** Toilets, transfer stations, kitchen-waste points and traps, each with what can go wrong there. */
export const facilities: Scenario = {
  id: "facilities",
  title: { en: "Toilets, stations, deposit points", zh: "公厕、中转站、投放点" },
  seed: 13,
  startAt,
  durationMinutes: 6 * 60,
  population: { ...quietNeighbourhood, vehicles: 1, people: 1, cameras: 4, bins: 60 },
  faults: noFaults,
  script: [
    says("08:30", "09:10", "toilet-01", { nh3Ppm: 3 }),
    says("08:30", "09:10", "toilet-02", { leak: 1 }),
    says("08:30", "10:00", "toilet-03", { open: 0 }),
    report("08:40", "toilet-04", { callButton: 1 }),
    says("09:00", "09:20", "station-1", { h2sPpm: 9 }),
    says("09:30", "10:30", "station-2", { hopperPct: 97 }),
    report("11:00", "station-1", { grossKg: 31_000 }),
    says("09:00", "12:00", "trap-01", { densityIndex: 60 }),
    report("10:30", "food-01", {}, handOver(4)),
    ...[10, 11, 12, 13, 14].map((minute) => report(`12:${minute}`, "food-01", {}, REFUSED)),
    // One after the other, so that no honest deposit comes between them.
    ...[0, 1, 2, 3, 4].map((turn) => ({
      ...report("11:32", "food-02", {}, handOver(0)),
      atMinutes: at("11:32") + turn / 10,
    })),
    report("12:40", "food-02", {}, handOver(90)),
    report("13:00", "food-02", {}, { type: "detection", category: "mixedWaste", confidence: 0.9, phase: "pulse" }),
  ],
  ignoredRules: ["case.sla_breach"],
  expected: [
    alert("toilet.odor", "toilet-01", "08:50", "09:40", REPORTED),
    alert("toilet.out_of_service", "toilet-02", "08:35", "09:15", { ...REPORTED, subtype: "leak" }),
    // Closed for an hour while it should be open.
    alert("toilet.out_of_service", "toilet-03", "09:31", "10:06", { ...REPORTED, subtype: "closed" }),
    alert("help.sos", "toilet-04", "08:40", null, { level: 1 }),
    alert("facility.toxic_gas", "station-1", "09:01", "09:36", { ...REPORTED, subtype: "h2s", level: 1 }),
    // Full for a quarter of an hour.
    alert("station.backlog", "station-2", "09:47", "10:32", { ...REPORTED, subtype: null }),
    alert("station.backlog", "station-1", "11:00", undefined, { subtype: "overweight" }),
    // The trap counts once an hour: twice above, twice below.
    alert("pest.density_high", "trap-01", "10:45", "13:45", { toleranceSeconds: 3_600 }),
    alert("point.off_hours_deposit", "food-01", "10:30", null),
    alert("point.card_anomaly", "food-01", "12:14", null, { subtype: "refused" }),
    alert("point.card_anomaly", "food-02", "11:32", null, { subtype: "empty" }),
    alert("point.card_anomaly", "food-02", "12:40", null, { subtype: "heavy" }),
    alert("point.mixed_waste", "food-02", "13:00", null),
  ],
};
