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

it.each([
  ["maintenance", 3_600],
  ["maintenance", 1_200],
  ["morning-shift", 3_600],
])("%s played at %i times real time raises the same alerts", { timeout: 60_000 }, async (id, speed) => {
  const scenario = scenarios.find((one) => one.id === id);
  if (!scenario) throw new Error("no such scenario");
  const [fast, paced] = [await checkScenario(scenario), await checkScenario(scenario, null, speed)];
  expect(paced.rows).toEqual(fast.rows);
});
