import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { scriptOf } from "./steps.ts";

const startAt = "2026-03-02T04:10";
const { at, says, staysIn, alert } = scriptOf(startAt);

/** Where vehicle-01 waits for a mechanic, some streets from its round, and where vehicle-06 has breakfast. */
const WORKSHOP = { lat: 22.715, lon: 113.9 };
const BREAKFAST = { lat: 22.7203, lon: 113.8853 };
/** 300 m from the beat of person-0003; and where person-0005 should be, but does not move. */
const ELSEWHERE = { lat: 22.7195, lon: 113.8855 };
const AT_POST = { lat: 22.7127, lon: 113.8926 };

/** Points whose window ended while vehicle-01 stood at the workshop. */
const MISSED = ["point-104", "point-105", "point-156", "point-164", "point-172"];

const SECTIONS = [1, 2, 3, 4].map((n) => `section-songbai-${n}`);

/** Everything that can go wrong before nine: who does not start, who stays away, what is not collected and not swept. */
export const morningShift: Scenario = {
  id: "morning-shift",
  title: { en: "A morning shift with gaps", zh: "早班缺口" },
  seed: 11,
  startAt,
  durationMinutes: 5 * 60,
  population: quietNeighbourhood,
  faults: noFaults,
  organised: true,
  script: [
    staysIn("04:15", "08:40", "vehicle-02"),
    staysIn("04:15", "07:35", "vehicle-04"),
    says("05:20", "05:46", "vehicle-06", { ...BREAKFAST, speedKmh: 0, working: 0, acc: 1 }),
    says("05:40", "05:54", "vehicle-01", { ...WORKSHOP, speedKmh: 0, working: 0, acc: 0 }),
    staysIn("05:00", "06:00", "person-0001"),
    says("07:00", "07:30", "person-0003", ELSEWHERE),
    says("07:00", "07:50", "person-0005", { ...AT_POST, steps: 100, speedKmh: 0 }),
  ],
  orders: [
    {
      atMinutes: at("04:12"),
      plan: "tasks",
      record: {
        id: "drains",
        line: "cleaning",
        title: "雨水篦子清掏",
        crewId: "crew-cleaning-tianliao",
        place: { pointId: "point-001" },
        from: "06:00",
        to: "07:30",
        days: { weekdays: ["mon"] },
        proof: { note: true },
      },
    },
  ],
  ignoredRules: ["case.sla_breach"],
  expected: [
    // A quarter of an hour after the plan; until it works, or its time is over.
    alert("vehicle.not_on_duty", "vehicle-02", "04:45", "07:30"),
    alert("vehicle.not_on_duty", "vehicle-04", "05:15", "07:00"),
    // Ten minutes with the engine on, twenty in all.
    alert("vehicle.idle", "vehicle-06", "05:30", "05:46", { subtype: "idling", level: 4 }),
    alert("vehicle.idle", "vehicle-06", "05:40", "05:46", { subtype: null, level: 4 }),
    alert("vehicle.out_of_area", "vehicle-01", "05:42", "05:56", { subtype: null }),
    ...MISSED.map((point) => alert("point.missed_collection", point, "06:00", null)),
    alert("point.missed_collection", "point-096", "06:15", null),
    alert("person.absent", "person-0001", "05:45", "06:00", { level: 3 }),
    alert("person.off_post", "person-0003", "07:16", "07:33"),
    alert("person.idle", "person-0005", "07:30", "07:50", { level: 4 }),
    alert("task.overdue", "drains@2026-03-02", "07:30", null, { level: 3 }),
    // Swept until eight; what the work itself takes and a quarter of an hour before that, it cannot be done any more.
    ...SECTIONS.map((section) =>
      alert("sweep.coverage_low", section, "07:35", "08:00", { subtype: "willMiss", level: 4 }),
    ),
    ...SECTIONS.map((section) => alert("sweep.coverage_low", section, "08:00", undefined, { subtype: null, level: 3 })),
  ],
};
