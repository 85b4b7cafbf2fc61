import { expect, it } from "vitest";
import { checkScenario } from "../simulators/play.ts";
import { formatRows } from "../simulators/scenario.ts";
import { scenarios } from "../simulators/scenarios/list.ts";

// The whole line: simulated devices with their own logins, real MQTT, rules, the store, REST.
it.each(scenarios.map((scenario) => [scenario.id, scenario] as const))(
  "%s raises the alerts it must and no others",
  { timeout: 120_000 },
  async (_id, scenario) => {
    const result = await checkScenario(scenario);
    expect(
      result.rows.filter((row) => row.difference !== ""),
      formatRows(result.rows),
    ).toEqual([]);
    expect(result.receipted).toBe(result.sent);
    expect(result.refused).toEqual({});
  },
);

it("a scenario played at 3,600 times real time raises the same alerts", { timeout: 60_000 }, async () => {
  const scenario = scenarios.find(({ id }) => id === "maintenance");
  if (!scenario) throw new Error("no such scenario");
  const [fast, paced] = [await checkScenario(scenario), await checkScenario(scenario, null, 3_600)];
  expect(paced.rows).toEqual(fast.rows);
});
