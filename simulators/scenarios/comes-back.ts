import { noFaults } from "../faults.ts";
import type { Order } from "../orders.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { scriptOf } from "./steps.ts";

const startAt = "2026-03-02T08:00";
const { at, sees, alert } = scriptOf(startAt);
const CAMERA = "camera-020";
const order = (time: string, action: string): Order => ({
  atMinutes: at(time),
  ruleId: "street.illegal_dumping",
  subjectId: CAMERA,
  action,
});
/** Seen, sent, taken away and closed. */
const dealtWith = (times: readonly [string, string, string, string]): Order[] => [
  order(times[0], "acknowledge"),
  { ...order(times[1], "dispatch"), body: { crewId: "crew-1" } } as Order,
  order(times[2], "handle"),
  order(times[3], "close"),
];

/** 反复回潮: waste is dumped at one place again and again, however often it is taken away. */
export const comesBack: Scenario = {
  id: "comes-back",
  title: { en: "It keeps coming back", zh: "反复回潮" },
  seed: 12,
  startAt,
  durationMinutes: 8 * 60,
  population: { ...quietNeighbourhood, vehicles: 1, people: 1, bins: 60 },
  faults: noFaults,
  script: [
    sees("08:10", "08:50", CAMERA, "illegalDumping"),
    sees("10:10", "10:50", CAMERA, "illegalDumping"),
    sees("12:10", "12:50", CAMERA, "illegalDumping"),
  ],
  orders: [...dealtWith(["08:30", "08:31", "08:50", "09:20"]), ...dealtWith(["10:30", "10:31", "10:50", "11:20"])],
  ignoredRules: ["case.sla_breach"],
  expected: [
    ...(["08:10", "10:12", "12:12"] as const).map((time, times) =>
      alert("street.illegal_dumping", CAMERA, time, ["09:03", "11:03", "13:03"][times], {
        toleranceSeconds: 240,
        level: 2,
        ...(times < 2 && { state: "closed" }),
      }),
    ),
    // Back within 72 hours of being closed, at the same spot: one file for the spot, which stays open.
    alert("spot.recurrence", CAMERA, "10:12", null, {
      subtype: "street.illegal_dumping",
      level: 3,
      toleranceSeconds: 240,
    }),
  ],
};
