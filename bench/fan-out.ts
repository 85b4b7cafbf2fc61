import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { startLoad } from "../simulators/load/load.ts";
import { textFrame } from "../src/stream/connection.ts";
import { registerVehicles, startCenterProcess } from "./center-process.ts";
import type { Print } from "./index.ts";

const SOCKETS = 1_000;
const WALLS = 200;
const OPERATORS = 4;
const CHANGES = 300;
const BARE_FRAMES = 1_000;

/** What the process with the screens is told and answers. */
export interface ScreensCall {
  readonly url: string;
  readonly sockets: number;
  /** Frames of the stream's protocol to send after opening; absent for the bare server. */
  readonly greet?: readonly unknown[];
  /** Frames each socket gets before the screens count as ready. */
  readonly readyAfter: number;
}

interface Screens {
  /** Resolves when `frames` more have come over all sockets; milliseconds it took from the call. */
  receive(frames: number): Promise<number>;
  counts(): Promise<{ frames: number; bytes: number; upserts: number }>;
  stop(): void;
}

async function openScreens(call: ScreensCall): Promise<Screens> {
  const child = fork(fileURLToPath(new URL("./screens-process.ts", import.meta.url)), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const answer = async () => (await once(child, "message"))[0];
  child.send(call);
  await answer();
  return {
    async receive(frames) {
      child.send({ receive: frames });
      await answer();
      const startedAt = performance.now();
      await answer();
      return performance.now() - startedAt;
    },
    async counts() {
      child.send({ counts: true });
      return answer();
    },
    stop: () => child.kill(),
  };
}

/** One alert to 1,000 sockets and device changes to 200 walls, beside bare `ws` that writes one prepared frame. */
export async function run(print: Print): Promise<void> {
  await using center = await startCenterProcess(undefined, {
    STREAM_SOCKETS_PER_TOKEN: String(SOCKETS + WALLS),
    STREAM_SOCKETS: String(SOCKETS + WALLS),
  });
  const logins = await registerVehicles(center, 1_000);
  const url = `${center.http.replace("http", "ws")}/api/v1/stream`;
  const auth = { type: "auth", token: center.adminToken };

  const screens = await openScreens({
    url,
    sockets: SOCKETS,
    greet: [auth, { type: "subscribe", id: "a", topic: "alerts" }],
    readyAfter: 2,
  });
  const alerts: string[] = [];
  let one = "";
  for (let n = 0; n < OPERATORS; n++) {
    const subject = { kind: "vehicle", id: `load-${String(n).padStart(5, "0")}` };
    const alert = await center.rest<{ id: string }>("POST", "/alerts", { ruleId: "vehicle.out_of_area", subject });
    one = JSON.stringify(alert);
    alerts.push(alert.id);
  }
  const start = await screens.counts();
  const changedFrom = performance.now();
  // Several at a time, so that the next change is always there when the last one has gone out.
  await Promise.all(
    alerts.map(async (id) => {
      for (let n = 0; n < CHANGES; n++) await center.rest("POST", `/alerts/${id}/comment`, { note: `${n}` });
    }),
  );
  const seconds = (performance.now() - changedFrom) / 1_000;
  const end = await screens.counts();
  const rate = (end.frames - start.frames) / seconds;
  screens.stop();

  const bare = new WebSocketServer({ port: 0, perMessageDeflate: false });
  const { port } = bare.address() as { port: number };
  const plain = await openScreens({ url: `ws://127.0.0.1:${port}`, sockets: SOCKETS, readyAfter: 0 });
  while (bare.clients.size < SOCKETS) await new Promise((resolve) => setImmediate(resolve));
  const frame = textFrame(
    JSON.stringify({ type: "state", id: "a", since: 1, rev: 2, upsert: [JSON.parse(one)], gone: [] }),
  );
  const bareTook = plain.receive(SOCKETS * BARE_FRAMES);
  for (let n = 0; n < BARE_FRAMES; n++) {
    for (const client of bare.clients) {
      (client as unknown as { _socket: { write(data: Buffer): boolean } })._socket.write(frame);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const bareMs = await bareTook;
  plain.stop();
  bare.close();
  const bareRate = (SOCKETS * BARE_FRAMES * 1_000) / bareMs;
  print("bare ws, one prepared frame", bareRate, "frames/s", "baseline");
  print(
    `alert changes to ${SOCKETS} sockets, by REST, durable`,
    rate,
    "frames/s",
    `${(rate / bareRate).toFixed(2)} of it`,
  );

  const walls = await openScreens({
    url,
    sockets: WALLS,
    greet: [auth, { type: "subscribe", id: "d", topic: "devices", everyMs: 1_000 }],
    readyAfter: 2,
  });
  const before = await walls.counts();
  const cpuBefore = center.cpuSeconds();
  const startedAt = performance.now();
  const load = await startLoad({
    port: center.mqttPort,
    connections: 1_000,
    window: 10,
    durationSeconds: 8,
    ratePerSecond: 5_000,
    loginFor: (connection) => ({ clientId: `load-${connection}`, ...logins[connection] }),
  });
  const loadSeconds = (performance.now() - startedAt) / 1_000;
  const cpu = (center.cpuSeconds() - cpuBefore) / loadSeconds;
  const after = await walls.counts();
  walls.stop();
  const wallFrames = (after.frames - before.frames) / loadSeconds / WALLS;
  const kilobytes = (after.bytes - before.bytes) / 1_024 / loadSeconds / WALLS;
  print(
    `1,000 moving devices to ${WALLS} walls`,
    wallFrames,
    "frames/s per wall",
    `${load.perSecond} readings/s under way`,
  );
  print(
    "  carried to each wall",
    kilobytes,
    "kB/s",
    `${Math.round((after.upserts - before.upserts) / loadSeconds)} device changes/s in all`,
  );
  print("  processor time of the center", cpu, "cores", "");
}
