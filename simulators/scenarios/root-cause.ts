import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { scriptOf } from "./steps.ts";

const startAt = "2026-03-02T09:00";
const { silent, alert } = scriptOf(startAt);

/**
 * A feed trips: gateways, toilets, stations and cameras fall silent, and the bins behind the gateways with them. A mobile
 * network fails: so does everything that moves. Two alerts, not sixty.
 */
export const rootCause: Scenario = {
  id: "root-cause",
  title: { en: "Power and network", zh: "停电与断网" },
  seed: 17,
  startAt,
  durationMinutes: 4 * 60,
  population: { ...quietNeighbourhood, people: 4 },
  faults: noFaults,
  script: [
    ...["lora", "bins", "cameras", "frigate", "facilities"].map((what) =>
      silent("09:40", "10:40", `gw-${what}-tianliao`),
    ),
    ...["vehicle-*", "person-*"].map((device) => silent("11:00", "12:00", device)),
  ],
  expected: [
    // Silent from 09:40: the first are missed a quarter of an hour after their last word. Over when the slowest are back.
    alert("device.offline", "power:feed-tianliao", "09:52", "11:08", {
      subtype: "power",
      level: 2,
      toleranceSeconds: 900,
    }),
    alert("device.offline", "network:mobile-1", "11:10", "12:10", {
      subtype: "network",
      level: 2,
      toleranceSeconds: 300,
    }),
  ],
};
