import { expect, test } from "vitest";
import { organisationOf, registerOrganisation, summaryLine } from "../simulators/organisation.ts";
import { createPopulation, fullDistrict } from "../simulators/population.ts";
import { registerDevices, registrationOf } from "../simulators/register.ts";
import { createRest } from "../simulators/rest.ts";
import { readTown } from "../simulators/town.ts";
import { ADMIN_TOKEN, startTestCenter } from "./support/running-center.ts";

test("the district's crews, rosters and plans fit its ground and its devices, and are written down once", async () => {
  await using center = await startTestCenter({ CLOCK_START: "2026-09-22T05:15:00+08:00" });
  const town = readTown();
  const actors = createPopulation(
    town,
    { ...fullDistrict, bins: 12, cameras: 4 },
    1,
    Date.parse("2026-09-22T05:15:00+08:00"),
  );
  const rest = createRest(center.http, ADMIN_TOKEN);
  await registerDevices(
    rest,
    actors.map((actor) => registrationOf(actor.device)),
    new Set(),
  );
  const records = organisationOf(actors, town);
  const first = await registerOrganisation(rest, records);
  expect(first).toMatchObject({ known: 0, written: { people: 600, vehicles: 60 } });
  expect(summaryLine(first)).toMatch(
    /^organisation: 2 contractors, 600 people, 60 vehicles, \d+ crews.* written down$/,
  );
  const { length } = Object.values(records).flat();
  expect(await registerOrganisation(rest, records)).toEqual({ written: {}, known: length });
  const { items: crews } = await center.rest<{ items: { members: object[]; line: string }[] }>("GET", "/crews");
  expect(crews.flatMap(({ members }) => members)).toHaveLength(660);
  expect(new Set(crews.map(({ line }) => line))).toEqual(new Set(["cleaning", "greening", "pestControl"]));
  const { people, vehicles } = await center.rest<{ people: { due: number }; vehicles: { due: number } }>(
    "GET",
    "/operations/summary",
  );
  // People begin at half past five; of the vehicles all but those for kitchen waste are out.
  expect([people.due, vehicles.due]).toEqual([0, 54]);
  const { features } = await center.rest<{ features: { properties: { coverage: number | null } }[] }>(
    "GET",
    "/coverage",
  );
  expect(features.filter(({ properties }) => properties.coverage !== null).length).toBeGreaterThan(10);
});
