import { describe, expect, test } from "vitest";
import { readRecords } from "../src/api/record-import.ts";
import { chinaCalendar, dayOf } from "../src/domain/calendar.ts";
import { ManualClock } from "../src/domain/time.ts";
import { appliesOn, type Days } from "../src/operations/days.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

/** A working Tuesday. */
const NOW = Date.parse("2026-09-22T02:00:00Z");

async function refusal(center: TestCenter, path: string, body: unknown): Promise<string> {
  try {
    await center.rest("PUT", path, body);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${path} was accepted`);
}

async function withPeople(center: TestCenter): Promise<void> {
  for (const id of ["badge-1", "badge-2"]) await center.rest("POST", "/devices", { id, kind: "person" });
  await center.rest("POST", "/devices", { id: "sweeper-1", kind: "vehicle" });
  await center.rest("PUT", "/registry/people/ann", { name: "Ann", badge: "badge-1", line: "cleaning" });
  await center.rest("PUT", "/registry/people/bo", { name: "Bo", badge: "badge-2", line: "cleaning" });
  await center.rest("PUT", "/registry/shifts/early", { name: "Early", from: "05:30", to: "13:30" });
  await center.rest("PUT", "/registry/shifts/noon", { name: "Noon", from: "12:00", to: "20:00" });
  await center.rest("PUT", "/registry/shifts/night", { name: "Night", from: "22:00", to: "06:00" });
}

describe("what a manager writes down", () => {
  test("bad input is refused by name, with what to do", async () => {
    await using center = await startTestCenter({}, { clock: new ManualClock(NOW) });
    await withPeople(center);
    const where = { sectionId: "section-songbai-1" };
    const roster = { shiftId: "early", entries: [{ personId: "ann", where }] };

    const twice = { ...roster, entries: [...roster.entries, { personId: "ann", where: { gridId: "tianliao-01" } }] };
    expect(await refusal(center, "/registry/rosters/r1", twice)).toContain(
      "person ann stands twice in roster r1; keep one entry",
    );
    expect(await refusal(center, "/registry/rosters/r1", { ...roster, shiftId: "late" })).toContain(
      "there is no shift late; PUT /registry/shifts/late first",
    );
    expect(
      await refusal(center, "/registry/rosters/r1", {
        ...roster,
        entries: [{ personId: "ann", where: { sectionId: "x" } }],
      }),
    ).toContain("the place of person ann: the district has no section x");

    await center.rest("PUT", "/registry/rosters/r1", { ...roster, days: { weekdays: ["tue", "thu"] } });
    // Wednesdays do not meet, Thursdays do.
    await center.rest("PUT", "/registry/rosters/r2", { ...roster, shiftId: "noon", days: { weekdays: ["wed"] } });
    const meets = { ...roster, shiftId: "noon", days: { weekdays: ["thu"] } };
    expect(await refusal(center, "/registry/rosters/r2", meets)).toContain(
      "person ann would work twice on 2026-09-24: 12:00–20:00 here and 05:30–13:30 in roster r1",
    );
    // The night from Monday runs into Tuesday's early shift.
    const night = { ...roster, shiftId: "night", days: { weekdays: ["mon"] } };
    expect(await refusal(center, "/registry/rosters/r3", night)).toContain("person ann would work twice on 2026-09-28");

    expect(
      await refusal(center, "/registry/plans/p1", {
        kind: "route",
        vehicleId: "sweeper-1",
        from: "05:00",
        to: "09:00",
      }),
    ).toContain("route p1 has neither a section nor an area");
    const sweep = {
      kind: "sweep",
      crewId: "nobody",
      sections: [{ sectionId: "section-songbai-1", from: "05:00", to: "07:00" }],
    };
    expect(await refusal(center, "/registry/plans/p1", sweep)).toContain("there is no crew nobody");
    expect(await refusal(center, "/registry/vehicles/badge-1", { type: "sweeper" })).toContain(
      "vehicle: device badge-1 is a person, not a vehicle",
    );
    expect(await refusal(center, "/registry/people/cy", { name: "Cy", badge: "badge-1" })).toContain(
      "badge badge-1 is worn by person ann",
    );
    const shift = { name: "Odd", from: "05:30", to: "13:30", breaks: [{ from: "13:00", to: "14:00" }] };
    expect(await refusal(center, "/registry/shifts/odd", shift)).toContain("break 13:00–14:00 lies outside shift odd");
    const crew = { name: "One", line: "cleaning", members: ["badge-1", "badge-1"], lead: "badge-2" };
    expect(await refusal(center, "/registry/crews/one", crew)).toMatch(
      /badge-1 stands twice.*lead badge-2 is no member/,
    );
    expect(await refusal(center, "/registry/shifts/odd", { name: "Odd", from: "25:00", to: "13:30" })).toContain(
      "from: must be a time like 05:30",
    );
  });

  test("versions, conflicts, what is in use, and the audit", async () => {
    using directory = temporaryDirectory();
    const settings = { DATA_DIR: directory.path };
    {
      await using center = await startTestCenter(settings, { clock: new ManualClock(NOW) });
      await withPeople(center);
      const crew = { name: "One", line: "cleaning", members: ["badge-1"] };
      expect(await center.rest("PUT", "/registry/crews/one", crew, { "if-match": "0" })).toMatchObject({ version: 1 });
      await expect(center.rest("PUT", "/registry/crews/one", crew, { "if-match": "0" })).rejects.toThrow(
        "somebody was faster: crews/one is at version 1",
      );
      await center.rest(
        "PUT",
        "/registry/crews/one",
        { ...crew, members: ["badge-1", "badge-2"] },
        { "if-match": "1" },
      );
      const entries = [{ personId: "ann", where: { gridId: "tianliao-01" } }];
      await center.rest("PUT", "/registry/rosters/r1", { shiftId: "early", crewId: "one", entries });
      await expect(center.rest("DELETE", "/registry/crews/one")).rejects.toThrow(/409.*named by rosters\/r1/);
      const { items } = await center.rest<{ items: { action: string }[] }>("GET", "/audit?target=one");
      expect(items.map(({ action }) => action)).toEqual(["crews.put", "crews.put"]);
    }
    await using again = await startTestCenter(settings, { clock: new ManualClock(NOW) });
    expect(await again.rest("GET", "/registry/crews/one")).toMatchObject({
      version: 2,
      members: ["badge-1", "badge-2"],
    });
    expect((await again.rest<{ items: object[] }>("GET", "/registry/lines")).items).toHaveLength(3);
  });

  test("an import is all or nothing and names the row", async () => {
    await using center = await startTestCenter({}, { clock: new ManualClock(NOW) });
    await withPeople(center);
    const csv = (text: string) =>
      fetch(`${center.http}/api/v1/registry/rosters/import`, {
        method: "POST",
        headers: { authorization: "Bearer administrator-of-the-tests", "content-type": "text/csv" },
        body: text,
      }).then(async (answer) => ({ status: answer.status, body: await answer.json() }));
    const head = "id,shiftId,days.weekdays,personId,where.sectionId\n";
    const bad = await csv(
      `${head}r1,early,mon;tue,ann,section-songbai-1\nr1,early,mon;tue,nobody,section-songbai-1\nr2,early,wed,bo,section-songbai-1\n`,
    );
    expect(bad).toMatchObject({
      status: 400,
      body: { errors: [{ row: 1, id: "r1", problem: expect.stringContaining("there is no person nobody") }] },
    });
    expect((await center.rest<{ items: object[] }>("GET", "/registry/rosters")).items).toEqual([]);
    expect(
      await csv(`${head}r1,early,mon;tue,ann,section-songbai-1\nr1,early,mon;tue,bo,section-genyu-1\n`),
    ).toMatchObject({
      body: { imported: 1 },
    });
    expect(await center.rest("GET", "/registry/rosters/r1")).toMatchObject({
      days: { weekdays: ["mon", "tue"] },
      entries: [
        { personId: "ann", where: { sectionId: "section-songbai-1" } },
        { personId: "bo", where: { sectionId: "section-genyu-1" } },
      ],
    });
  });
});

test("CSV columns become nested fields, and no column reaches a prototype", () => {
  const [plan] = readRecords(
    "plans",
    "id,kind,pointId,from,to,__proto__.polluted\nc1,collection,point-001,06:00,07:00,1\n",
    "text/csv",
  );
  expect(plan).toMatchObject({ id: "c1", stops: [{ pointId: "point-001", from: "06:00", to: "07:00" }] });
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test.for<[Days, string, boolean]>([
  [{ weekdays: ["tue"] }, "2026-09-22", true],
  [{ weekdays: ["mon"] }, "2026-09-22", false],
  // 2026-10-01 is the National Day.
  [{ kinds: ["workingDay"] }, "2026-10-01", false],
  [{ kinds: ["holiday"] }, "2026-10-01", true],
  [{ from: "2026-09-20", every: 2 }, "2026-09-22", true],
  [{ from: "2026-09-20", every: 2 }, "2026-09-23", false],
  [{ from: "2026-09-23" }, "2026-09-22", false],
  [{ until: "2026-09-21" }, "2026-09-22", false],
  [{ only: ["2026-09-22"] }, "2026-09-22", true],
  [{ except: ["2026-09-22"] }, "2026-09-22", false],
])("%j on %s: %s", ([days, date, expected]) => {
  expect(appliesOn(days, dayOf(date), chinaCalendar)).toBe(expected);
});
