import { startLoad } from "../simulators/load/load.ts";
import { registerVehicles, startCenterProcess } from "./center-process.ts";
import type { Print } from "./index.ts";

const CONNECTIONS = 10_000;

/** Memory of the center with 10,000 devices connected and talking. */
export async function run(print: Print): Promise<void> {
  await using center = await startCenterProcess();
  const before = center.memory();
  const logins = await registerVehicles(center, CONNECTIONS);
  const registered = center.memory();
  const load = startLoad({
    port: center.mqttPort,
    connections: CONNECTIONS,
    window: 2,
    ratePerSecond: 1_000,
    durationSeconds: 20,
    loginFor: (connection) => ({ clientId: `load-${connection}`, ...logins[connection] }),
  });
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, center.memory());
  }, 250);
  const report = await load;
  clearInterval(watch);
  const mb = (bytes: number) => Math.round(bytes / 1024 / 1024);
  print("resident memory, empty center", mb(before), "MB", "baseline");
  print(`${CONNECTIONS} devices registered`, mb(registered), "MB", "");
  const ratio = (highest / before).toFixed(1);
  print(`${CONNECTIONS} connected, 1,000 msg/s, highest`, mb(highest), "MB", `${ratio} × empty (aim ≤ 1,024 MB)`);
  print("  per connection", Math.round((highest - registered) / CONNECTIONS / 1_024), "kB", "");
  print("  receipts of messages sent", report.receipted / report.sent, "", "must be 1");
}
