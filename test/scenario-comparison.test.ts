import { describe, expect, it } from "vitest";
import { noFaults } from "../simulators/faults.ts";
import { createPlayer } from "../simulators/player.ts";
import { createPopulation, quietNeighbourhood } from "../simulators/population.ts";
import { localTime } from "../simulators/rhythm.ts";
import {
  compareAlerts,
  type ExpectedAlert,
  formatRows,
  type RaisedAlert,
  type Scenario,
} from "../simulators/scenario.ts";
import { scenarios } from "../simulators/scenarios/list.ts";
import { readTown } from "../simulators/town.ts";
import { catalogue } from "../src/alerts/catalogue.ts";
import { MINUTE } from "../src/domain/time.ts";

const startAt = localTime("2026-03-02T18:00");
const expected: ExpectedAlert = {
  ruleId: "bin.overflow",
  subjectId: "bin-0007",
  openAt: 10,
  clearAt: 40,
  toleranceSeconds: 60,
  level: 2,
};
const scenario: Scenario = {
  id: "any",
  title: { en: "any", zh: "任意" },
  seed: 1,
  startAt: "2026-03-02T18:00",
  durationMinutes: 60,
  population: quietNeighbourhood,
  faults: noFaults,
  script: [],
  expected: [expected],
};
const raised: RaisedAlert = {
  id: "a",
  ruleId: "bin.overflow",
  subtype: null,
  state: "cleared",
  level: 2,
  subject: { kind: "bin", id: "bin-0007" },
  openedAt: startAt + 10 * MINUTE + 30_000,
  clearedAt: startAt + 40 * MINUTE,
};
const differences = (alerts: RaisedAlert[], wanted: ExpectedAlert[] = [expected], more: Partial<Scenario> = {}) =>
  compareAlerts({ ...scenario, ...more, expected: wanted }, startAt, alerts).map((row) => row.difference);

describe("comparing alerts with a scenario", () => {
  it("accepts what is within the tolerance", () => {
    expect(differences([raised])).toEqual([""]);
    expect(differences([{ ...raised, clearedAt: null }], [{ ...expected, clearAt: null }])).toEqual([""]);
  });

  it.each([
    ["missing", []],
    ["opened 120 s off", [{ ...raised, openedAt: startAt + 12 * MINUTE }]],
    ["not cleared", [{ ...raised, clearedAt: null }]],
    ["cleared -180 s off", [{ ...raised, clearedAt: startAt + 37 * MINUTE }]],
    ["level 3", [{ ...raised, level: 3 as const }]],
    ["missing", [{ ...raised, state: "merged" }]],
  ])("sees %s", (difference, alerts) => {
    expect(differences(alerts)).toEqual([difference]);
  });

  it("sees what was not expected, unless the rule is of no interest", () => {
    const other = { ...raised, id: "b", ruleId: "device.offline", subject: { kind: "bin", id: "bin-0001" } };
    expect(differences([raised, other])).toEqual(["", "not expected"]);
    expect(differences([raised, other], [expected], { ignoredRules: ["device.offline"] })).toEqual([""]);
    expect(differences([raised, { ...raised, id: "c" }])).toEqual(["", "not expected"]);
  });

  it("pairs the same alert raised twice by time", () => {
    const later = { ...expected, openAt: 50, clearAt: 55 };
    const second = { ...raised, id: "b", openedAt: startAt + 50 * MINUTE, clearedAt: startAt + 55 * MINUTE };
    expect(differences([second, raised], [expected, later])).toEqual(["", ""]);
  });

  it("prints a table", () => {
    const table = formatRows(compareAlerts(scenario, startAt, [raised]));
    expect(table).toContain("bin.overflow bin-0007  level 2, 18:10:00 to 18:40:00  level 2, 18:10:30 to 18:40:00  ok");
  });
});

describe.each(scenarios.map((each) => [each.id, each] as const))("scenario %s", (_id, each) => {
  it("names only devices that exist, and expects alerts within its time", () => {
    const from = localTime(each.startAt);
    const actors = createPopulation(readTown(), each.population, each.seed, from);
    const player = createPlayer({ actors, seed: each.seed, startAt: from, faults: each.faults, script: each.script });
    expect(player.due(from + each.durationMinutes * MINUTE).length).toBeGreaterThan(1_000);
    for (const { openAt, clearAt } of each.expected) {
      expect(openAt).toBeLessThan(each.durationMinutes);
      if (typeof clearAt === "number") expect(clearAt).toBeLessThan(each.durationMinutes);
    }
  });
});

describe("the scenarios together", () => {
  /** What no scenario can raise, and what raises it. */
  const elsewhere: Readonly<Record<string, string>> = {
    "merchant.no_deposit": "weeks of a shop's deposits: merchants.test.ts",
    "center.influx": "an InfluxDB that refuses: influx.test.ts",
  };

  it("raise every alert of the catalogue, those that are switched off as delivered included", () => {
    const expectedRules = new Set(scenarios.flatMap(({ expected }) => expected.map(({ ruleId }) => ruleId)));
    const never = catalogue.map(({ id }) => id).filter((id) => !expectedRules.has(id));
    expect(never.sort()).toEqual(Object.keys(elsewhere).sort());
  });

  it("ignore an alert only where nothing is expected of it", () => {
    for (const { id, expected, ignoredRules = [] } of scenarios) {
      expect(
        expected.filter(({ ruleId }) => ignoredRules.includes(ruleId)),
        id,
      ).toEqual([]);
    }
  });
});
