import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { scriptOf } from "./steps.ts";

const startAt = "2026-03-02T09:00";
const { at, sees, alert } = scriptOf(startAt);
/** Trades of the neighbours: ready, and switched off until a city wants them. */
const NEIGHBOURS = [
  ["street.muck_truck_uncovered", "uncoveredTruck", "camera-008"],
  ["street.parking_disorder", "parking", "camera-009"],
  ["manhole.open", "manholeCover", "camera-010"],
  ["grate.blocked", "blockedGrate", "camera-011"],
  ["air.dust", "siteDust", "camera-013"],
  ["river.floating", "riverFloating", "camera-014"],
  ["fire_lane.blocked", "blockedFireLane", "camera-015"],
  ["light.out", "brokenLight", "camera-016"],
] as const;
/** Cameras look every two minutes. */
const SEEN = { toleranceSeconds: 240 };

/** One camera for everything that an AI may see in a street; each kind has its own patience before it rings. */
export const streetLife: Scenario = {
  id: "street-life",
  title: { en: "What cameras see in a street", zh: "街面秩序" },
  seed: 16,
  startAt,
  durationMinutes: 4 * 60,
  population: { ...quietNeighbourhood, vehicles: 1, people: 1, bins: 60 },
  faults: noFaults,
  script: [
    sees("09:30", "10:30", "camera-001", "stackedGoods"),
    sees("09:30", "10:00", "camera-002", "shopEncroachment"),
    sees("09:30", "09:31", "camera-004", "posting"),
    sees("09:30", "09:31", "camera-005", "hanging"),
    sees("09:30", "09:50", "camera-006", "roadSoiled"),
    sees("09:30", "09:50", "camera-007", "openBurning"),
    ...NEIGHBOURS.map(([, category, camera]) => sees("09:30", "09:50", camera, category)),
    // A passer-by with a cart, a shop that takes in a delivery: gone before anybody is called.
    sees("11:00", "11:04", "camera-018", "streetVending"),
    sees("11:00", "11:10", "camera-019", "shopEncroachment"),
  ],
  orders: NEIGHBOURS.map(([enable]) => ({ atMinutes: at("09:05"), enable })),
  ignoredRules: ["case.sla_breach"],
  expected: [
    alert("street.stacked_goods", "camera-001", "10:00", "10:43", SEEN),
    alert("street.shop_encroachment", "camera-002", "09:46", "10:15", SEEN),
    alert("street.posting_hanging_building", "camera-004", "09:30", null, { ...SEEN, subtype: "posting" }),
    alert("street.posting_hanging_building", "camera-005", "09:30", null, { ...SEEN, subtype: "hanging" }),
    alert("street.road_soiled", "camera-006", "09:30", "10:03", SEEN),
    alert("street.open_burning", "camera-007", "09:32", "10:05", SEEN),
    ...NEIGHBOURS.map(([ruleId, , camera]) => alert(ruleId, camera, "09:36", "10:03", SEEN)),
  ],
};
