import { describe, expect, test } from "vitest";
import { MINUTE } from "../src/domain/time.ts";
import { at, clock, type Field, openField } from "./support/field.ts";

/** A collection vehicle that is to serve point-1 between 08:00 and 09:00, and a pest task at the same place until 10:00. */
function openDay(time = "07:00"): Field {
  const field = openField(clock(time));
  field.add("truck-1", "vehicle", { vehicleType: "collection" });
  field.add("badge-1", "person");
  field.put("contractors", { id: "north", name: "North" });
  field.put("crews", { id: "one", name: "One", line: "cleaning", contractorId: "north", members: ["truck-1"] });
  field.put("people", { id: "ann", name: "Ann", badge: "badge-1", number: "17", line: "pestControl" });
  field.put("crews", { id: "pest", name: "Pest", line: "pestControl", members: ["badge-1"] });
  const stops = [{ pointId: "point-1", from: "08:00", to: "09:00" }];
  field.put("plans", { kind: "collection", id: "round", vehicleId: "truck-1", stops });
  field.put("tasks", {
    id: "traps",
    line: "pestControl",
    title: "Traps",
    crewId: "pest",
    place: { pointId: "point-1" },
    from: "08:00",
    to: "10:00",
    proof: { note: true },
  });
  field.until(field.now);
  return field;
}

/** The truck stands at the point for some minutes, then drives on. */
function serve(field: Field, from: string, minutes = 5): void {
  for (let half = 0; half <= minutes * 2; half++) {
    field.until(clock(from) + (half * MINUTE) / 2);
    field.say("truck-1", { ...at(500 + (half % 3), 310), speedKmh: 0, acc: 1, accuracyM: 5 });
  }
  for (let half = 1; half <= 4; half++) {
    field.until(clock(from) + minutes * MINUTE + (half * MINUTE) / 2);
    field.say("truck-1", { ...at(500 + half * 150, 310), speedKmh: 18, acc: 1, accuracyM: 5 });
  }
}
const missed = (field: Field) => field.open("point.missed_collection").map(({ subject }) => subject.id);

describe("a stop of a collection plan", () => {
  test("served in its window it is on time, and nobody is called", () => {
    const field = openDay();
    serve(field, "08:20");
    field.until(clock("11:00"));
    expect(field.alerts("point.missed_collection")).toEqual([]);
    expect([field.figure("collect.stopsPlanned"), field.figure("collect.stopsInTime")]).toEqual([1, 1]);
  });

  test("not served it is missed half an hour after the window; being served later ends the alert, not the delay", () => {
    const field = openDay();
    field.until(clock("09:29"));
    expect(missed(field)).toEqual([]);
    field.until(clock("09:31"));
    expect(missed(field)).toEqual(["point-1"]);
    field.restart();
    serve(field, "10:00");
    expect(missed(field)).toEqual([]);
    expect([field.figure("collect.stopsPlanned"), field.figure("collect.stopsInTime")]).toEqual([1, 0]);
  });

  test("driving past is no service", () => {
    const field = openDay();
    field.until(clock("08:20"));
    for (let n = 0; n < 10; n++) {
      field.until(clock("08:20") + n * 10_000);
      field.say("truck-1", { ...at(300 + n * 50, 310), speedKmh: 18, acc: 1, accuracyM: 5 });
    }
    field.until(clock("09:40"));
    expect(missed(field)).toEqual(["point-1"]);
  });
});

describe("a task", () => {
  const task = (field: Field) => [...field.operations.tasks.all()].find(({ planned }) => planned.date === "2026-09-22");
  const actor = { name: "user:li", role: "crew", scope: {}, tokenId: null } as const;

  test("asks for its proof, is done with it, and counts as due and done once, over a restart too", () => {
    const field = openDay();
    field.until(clock("08:30"));
    const id = task(field)?.planned.id ?? "";
    const act = (action: "start" | "complete" | "reopen", note?: string) =>
      field.operate((now, changes) =>
        field.operations.tasks.act(id, action, note === undefined ? {} : { note }, actor as never, now, changes),
      );
    expect(() => act("complete")).toThrow(/note/);
    act("start");
    act("complete", "three traps emptied");
    expect([field.figure("task.due"), field.figure("task.done")]).toEqual([1, 1]);
    field.restart();
    act("reopen");
    expect([field.figure("task.due"), field.figure("task.done")]).toEqual([0, 0]);
    act("complete", "four");
    expect([field.figure("task.due"), field.figure("task.done")]).toEqual([1, 1]);
  });

  test("that nobody proves is overdue after its line's tolerance, and counts as due only", () => {
    const field = openDay();
    // Pest control has a working day after the window.
    field.until(clock("09:00", 24));
    expect(field.open("task.overdue").length).toBeGreaterThan(0);
    expect(field.figure("task.done")).toBe(0);
    expect(field.figure("task.due")).toBeGreaterThan(0);
  });
});

describe("a duty", () => {
  test("that was worked counts as scheduled and arrived, with its minutes; one that was not as scheduled only", () => {
    const field = openDay("05:00");
    field.put("shifts", { id: "early", name: "Early", from: "06:00", to: "08:00" });
    field.put("rosters", { id: "r", shiftId: "early", entries: [{ personId: "ann", where: { sectionId: "main" } }] });
    const route = { kind: "route", vehicleId: "truck-1", from: "06:00", to: "07:00", sections: ["main"] };
    field.put("plans", { id: "tour", ...route });
    for (let minute = 0; minute < 120; minute++) {
      field.until(clock("06:00") + minute * MINUTE);
      field.say("badge-1", { ...at(100 + (minute % 20) * 40, 3), accuracyM: 8, clockIn: 1 });
    }
    field.until(clock("09:00"));
    expect([field.figure("person.scheduled"), field.figure("person.arrived")]).toEqual([1, 1]);
    expect(field.figure("person.dueMinutes")).toBeCloseTo(120, 0);
    expect(field.figure("person.onPostMinutes")).toBeGreaterThan(100);
    expect([field.figure("vehicle.scheduled"), field.figure("vehicle.started")]).toEqual([1, 0]);
  });

  test("sweeping counts square metres of the window, and what a make-up pass adds", () => {
    const field = openDay("05:30");
    field.add("sweeper-1", "vehicle", { vehicleType: "sweeper" });
    const sections = [{ sectionId: "main", from: "06:00", to: "07:00" }];
    field.put("plans", { kind: "sweep", id: "s", crewId: "one", sections });
    field.until(clock("07:30"));
    expect(field.figure("sweep.plannedM2")).toBeCloseTo(12_000, -2);
    expect(field.figure("sweep.coveredM2")).toBe(0);
    for (let n = 0; n * 22 <= 1_000; n++) {
      field.until(clock("08:00") + n * 10_000);
      field.say("sweeper-1", { ...at(n * 22, 0), speedKmh: 8, working: 1, accuracyM: 5 });
    }
    expect(field.figure("sweep.sectionCoveredM")).toBeGreaterThan(900);
    expect(field.figure("sweep.plannedM2")).toBeCloseTo(12_000, -2);
  });
});
