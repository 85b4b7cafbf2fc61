import { describe, expect, test } from "vitest";
import { at, clock, openField } from "./support/field.ts";
import { alertOf } from "./support/store.ts";

/** Two crews of cleaners on duty: one is near and busy, the other far and free; gardeners are nearest of all. */
function openMorning() {
  const field = openField(clock("05:50"));
  const crews = [
    ["near", "cleaning", 300],
    ["far", "cleaning", 900],
    ["gardeners", "greening", 100],
  ] as const;
  for (const [id, line, along] of crews) {
    field.add(`badge-${id}`, "person");
    field.put("people", { id, name: id, badge: `badge-${id}`, number: id, line });
    field.put("crews", { id, name: id, line, members: [`badge-${id}`] });
    field.put("shifts", { id: "early", name: "Early", from: "06:00", to: "14:00" });
    field.put("rosters", { id, shiftId: "early", entries: [{ personId: id, where: { sectionId: "main" } }] });
    field.until(clock("06:05"));
    field.say(`badge-${id}`, { ...at(along, 3), accuracyM: 8, clockIn: 1 });
  }
  const loads: Record<string, number> = { near: 4 };
  const placed = { ...at(0, 0), communityId: null, gridId: null, sectionId: null, pointId: null };
  const place = { ...placed, placeType: null, areaGrade: null };
  return (fields: object) =>
    field.operations.workforce
      .suggest({ ...alertOf({ place, ...fields }), place }, field.now, (id) => loads[id] ?? 0)
      .map(({ crewId, fits }) => [crewId, fits]);
}

describe("which crew goes", () => {
  test("the one that can be done first: nearness and what it has to finish count together", () => {
    const suggested = openMorning();
    expect(suggested({ ruleId: "street.exposed_garbage", level: 3 })).toEqual([
      ["far", true],
      ["near", true],
      ["gardeners", false],
    ]);
  });

  test("for what is critical the nearest that fits, whatever it is at", () => {
    const suggested = openMorning();
    expect(suggested({ ruleId: "street.open_burning", level: 1 })[0]).toEqual(["near", true]);
  });

  test("to somebody who calls for help the nearest of any trade", () => {
    const suggested = openMorning();
    expect(suggested({ ruleId: "help.sos", level: 1 })).toEqual([
      ["gardeners", true],
      ["near", true],
      ["far", true],
    ]);
  });
});
