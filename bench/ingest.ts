import { startBareBroker } from "../simulators/load/bare-aedes.ts";
import { type LoadReport, startLoad } from "../simulators/load/load.ts";
import { registerVehicles, startCenterProcess } from "./center-process.ts";
import type { Print } from "./index.ts";

const CONNECTIONS = 1_000;
const WINDOW = 10;

/**
 * Durable QoS 1 ingest through the whole pipeline (guard, login, decode, validate, rules, commit, fan-out), beside bare aedes
 * that only counts, with the same generator in the same run.
 */
export async function run(print: Print): Promise<void> {
  const bare = await startBareBroker();
  const baseline = await startLoad({ port: bare.port, connections: CONNECTIONS, window: WINDOW, durationSeconds: 5 });
  await bare.stop();
  print("bare aedes, counts only", baseline.perSecond, "msg/s", `receipt p99 ${baseline.receiptP99Ms} ms`);

  await using center = await startCenterProcess();
  const logins = await registerVehicles(center, CONNECTIONS);
  const loginFor = (connection: number) => {
    const login = logins[connection];
    return { clientId: `load-${connection}`, username: login?.username, password: login?.password };
  };
  const load = (ratePerSecond?: number): Promise<LoadReport> =>
    startLoad({
      port: center.mqttPort,
      connections: CONNECTIONS,
      window: WINDOW,
      durationSeconds: 8,
      warmUpSeconds: 2,
      loginFor,
      ...(ratePerSecond !== undefined && { ratePerSecond }),
    });

  // The steady rate first: afterwards the store still packs what full speed has left behind.
  const steady = await load(20_000);
  print("at a steady 20,000 msg/s", steady.perSecond, "msg/s", `p50 ${steady.receiptP50Ms} ms`);
  print("  receipt p99", steady.receiptP99Ms, "ms", "aim ≤ 50 ms");
  const full = await load();
  const share = full.perSecond / baseline.perSecond;
  print("durable ingest, full pipeline", full.perSecond, "msg/s", `${share.toFixed(2)} of bare aedes (aim ≥ 0.35)`);
  print("  receipt p50 / p99 at saturation", full.receiptP50Ms, "ms", `p99 ${full.receiptP99Ms} ms`);
  const receipts = await center.metric("kerbside_receipts_total");
  const lost = full.receipted + steady.receipted - receipts;
  print("receipts not accounted for by the center", Math.max(0, lost), "", "must be 0");
}
