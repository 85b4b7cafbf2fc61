import { connectAsync } from "mqtt";
import { WebSocket } from "ws";
import { startLoad } from "../simulators/load/load.ts";
import { registerVehicles, startCenterProcess } from "./center-process.ts";
import type { Print } from "./index.ts";

const CONNECTIONS = 500;

/** From the publish of a reading to the frame that carries it, while 5,000 other readings a second go through. */
export async function run(print: Print): Promise<void> {
  await using center = await startCenterProcess();
  const logins = await registerVehicles(center, CONNECTIONS + 1);
  const probe = logins[CONNECTIONS];
  if (!probe) throw new Error("no login for the probe");

  const socket = new WebSocket(`${center.http.replace("http", "ws")}/api/v1/stream`);
  await new Promise((resolve) => socket.once("open", resolve));
  const sentAt = new Map<number, number>();
  const latencies: number[] = [];
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data));
    if (frame.type === "hello") {
      socket.send(
        JSON.stringify({
          type: "subscribe",
          id: "p",
          topic: "devices",
          filter: { id: [probe.username] },
          everyMs: 100,
        }),
      );
    }
    for (const device of frame.upsert ?? []) {
      const at = sentAt.get(device.metrics?.odometerKm);
      if (at !== undefined) latencies.push(performance.now() - at);
    }
  });
  socket.send(JSON.stringify({ type: "auth", token: center.adminToken }));

  const device = await connectAsync(`mqtt://127.0.0.1:${center.mqttPort}`, { ...probe, clientId: "probe" });
  const load = startLoad({
    port: center.mqttPort,
    connections: CONNECTIONS,
    window: 10,
    durationSeconds: 12,
    ratePerSecond: 5_000,
    loginFor: (connection) => ({ clientId: `load-${connection}`, ...logins[connection] }),
  });
  let finished = false;
  void load.finally(() => {
    finished = true;
  });
  for (let n = 1; !finished; n++) {
    sentAt.set(n, performance.now());
    await device.publishAsync(
      `kerbside/v1/vehicle/${probe.username}/telemetry`,
      JSON.stringify({ ts: Date.now(), lat: 22.72, lon: 113.9, odometerKm: n }),
      { qos: 1 },
    );
    // Slower than the screen's own rate, so that every reading gets a frame of its own.
    await new Promise((resolve) => setTimeout(resolve, 120 + (n % 7) * 11));
  }
  const report = await load;
  await device.endAsync();
  socket.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => Number((latencies[Math.floor(latencies.length * share)] ?? Number.NaN).toFixed(1));
  print("readings under way", report.perSecond, "msg/s", `${latencies.length} probes`);
  print("reading to frame, p50", at(0.5), "ms", "aim ≤ 10 ms");
  print("reading to frame, p99", at(0.99), "ms", "aim ≤ 50 ms");
}
