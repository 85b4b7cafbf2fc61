import { startLoad } from "../simulators/load/load.ts";
import { registerVehicles, startCenterProcess } from "./center-process.ts";
import type { Print } from "./index.ts";

const SUBJECTS = 10_000;
const ALERTS = 5_000;

/** From `kill -9` back to ready, with a district in memory and alerts open. */
export async function run(print: Print): Promise<void> {
  const first = await startCenterProcess();
  const logins = await registerVehicles(first, SUBJECTS);
  const lines = 100;
  const perLine = Math.floor(ALERTS / lines);
  // Each connection speaks for its own vehicle; alerts are reported by people, the shortest way to 5,000 open ones.
  await startLoad({
    port: first.mqttPort,
    connections: 1_000,
    window: 10,
    durationSeconds: 3,
    loginFor: (connection) => ({ clientId: `load-${connection}`, ...logins[connection] }),
  });
  for (let batch = 0; batch < lines; batch++) {
    await Promise.all(
      Array.from({ length: perLine }, (_, i) => {
        const id = `load-${String(batch * perLine + i).padStart(5, "0")}`;
        const subject = { kind: "vehicle", id };
        return first.rest("POST", "/alerts", { ruleId: "vehicle.out_of_area", subject, note: "benchmark" });
      }),
    );
  }
  await first.stop("SIGKILL");
  const empty = await startCenterProcess();
  const baselineMs = empty.readyMs;
  await empty[Symbol.asyncDispose]();
  await using second = await startCenterProcess(first.directory);
  const open = await second.rest<{ items: unknown[] }>("GET", "/alerts?open=true&limit=1");
  if (open.items.length !== 1) throw new Error("no alert survived the restart");
  print("an empty center, start to ready", Math.round(baselineMs), "ms", "baseline");
  const ratio = (second.readyMs / baselineMs).toFixed(1);
  print(
    `${SUBJECTS} subjects, ${ALERTS} open alerts`,
    Math.round(second.readyMs),
    "ms",
    `${ratio} × empty (aim ≤ 3,000 ms)`,
  );
}
