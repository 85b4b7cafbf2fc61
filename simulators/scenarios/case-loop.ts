import { noFaults } from "../faults.ts";
import type { Order } from "../orders.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { emptied, filled, minutesAfter, TO_THE_MINUTE_SECONDS, watchClosely } from "./steps.ts";

const startAt = "2026-03-02T09:00";
const at = minutesAfter(startAt);
const DONE = "bin-0007";
const AGAIN = "bin-0020";
const NOBODY = "bin-0044";

const order = (time: string, subjectId: string, action: string, body?: Record<string, unknown>): Order => ({
  atMinutes: at(time),
  ruleId: "bin.overflow",
  subjectId,
  action,
  ...(body && { body }),
});
const overflow = { ruleId: "bin.overflow", openAt: at("09:21"), toleranceSeconds: TO_THE_MINUTE_SECONDS };
const nearFull = { ruleId: "bin.near_full", openAt: at("09:12"), toleranceSeconds: TO_THE_MINUTE_SECONDS };

const late = { ruleId: "case.sla_breach", level: 2, toleranceSeconds: TO_THE_MINUTE_SECONDS } as const;

/** Three full bins: one case as it should go, one that is sent back because the sensor denies it, one that nobody takes. */
export const caseLoop: Scenario = {
  id: "case-loop",
  title: { en: "From siren to file", zh: "告警闭环" },
  seed: 6,
  startAt,
  durationMinutes: 3 * 60,
  population: { ...quietNeighbourhood, vehicles: 1, people: 1, cameras: 2, bins: 60 },
  faults: noFaults,
  script: [
    ...[DONE, AGAIN, NOBODY].map(watchClosely),
    ...[DONE, AGAIN, NOBODY].flatMap((bin) => filled(at("09:10"), bin, 98)),
    emptied(at("09:40"), DONE),
    emptied(at("10:30"), AGAIN),
  ],
  orders: [
    ...[DONE, AGAIN].flatMap((bin) => [
      order("09:25", bin, "acknowledge"),
      order("09:26", bin, "dispatch", { crewId: "crew-1" }),
      order("09:28", bin, "accept"),
      order("09:36", bin, "arrive"),
      order("09:42", bin, "handle"),
    ]),
    order("09:50", DONE, "verify"),
    order("09:51", DONE, "close"),
    // It was sent back at 09:57, because the level had not fallen a quarter of an hour after it was said to be done.
    order("10:00", AGAIN, "accept"),
    order("10:31", AGAIN, "handle"),
    order("10:40", AGAIN, "verify"),
  ],
  expected: [
    { ...nearFull, subjectId: DONE, clearAt: at("09:40") },
    { ...nearFull, subjectId: AGAIN, clearAt: at("10:30") },
    { ...nearFull, subjectId: NOBODY, clearAt: null },
    { ...overflow, subjectId: DONE, clearAt: at("09:41"), state: "closed" },
    { ...overflow, subjectId: AGAIN, clearAt: at("10:31"), state: "verified" },
    { ...overflow, subjectId: NOBODY, clearAt: null, state: "open", level: 2 },
    // An hour in a place of grade A, an hour and a half in one of grade B: told at four fifths, overdue at the end.
    { ...late, subjectId: AGAIN, openAt: at("10:09"), clearAt: at("10:31") },
    { ...late, subjectId: NOBODY, openAt: at("10:33"), clearAt: null },
  ],
};
