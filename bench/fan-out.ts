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
const BURSTS = 300;

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
  /**
   * Runs what makes the center send one frame to every socket, and waits for all of them.
   * @returns milliseconds from the first of these frames to the last, and from the beginning to the last
   */
  burst(make: () => unknown): Promise<{ readonly spreadMs: number; readonly totalMs: number }>;
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
    async burst(make) {
      child.send({ receive: call.sockets });
      await answer();
      const startedAt = performance.now();
      const last = answer();
      await make();
      const { burstMs } = await last;
      return { spreadMs: burstMs, totalMs: performance.now() - startedAt };
    },
    async counts() {
      child.send({ counts: true });
      return answer();
    },
    stop: () => child.kill(),
  };
}

type Burst = Awaited<ReturnType<Screens["burst"]>>;

/** Medians over many bursts, after some that only warm up. */
async function measure(burst: (name: string) => Promise<Burst>): Promise<Burst> {
  for (let n = 0; n < BURSTS / 10; n++) await burst(`warm-up ${n}`);
  const bursts: Burst[] = [];
  for (let n = 0; n < BURSTS; n++) bursts.push(await burst(`${n}`));
  const median = (of: (burst: Burst) => number) => bursts.map(of).sort((a, b) => a - b)[BURSTS / 2] ?? 0;
  return { spreadMs: median(({ spreadMs }) => spreadMs), totalMs: median(({ totalMs }) => totalMs) };
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
  const subject = { kind: "vehicle", id: "load-00000" };
  const alert = await center.rest<{ id: string }>("POST", "/alerts", { ruleId: "vehicle.out_of_area", subject });
  // What the opening sent is not counted: a further change waits for it.
  const change = (note: string) => screens.burst(() => center.rest("POST", `/alerts/${alert.id}/comment`, { note }));
  const changes = await measure(change);
  screens.stop();

  const bare = new WebSocketServer({ port: 0, perMessageDeflate: false });
  const { port } = bare.address() as { port: number };
  const plain = await openScreens({ url: `ws://127.0.0.1:${port}`, sockets: SOCKETS, readyAfter: 0 });
  while (bare.clients.size < SOCKETS) await new Promise((resolve) => setImmediate(resolve));
  const frame = textFrame(JSON.stringify({ type: "state", id: "a", since: 1, rev: 2, upsert: [alert], gone: [] }));
  const baseline = await measure(() =>
    plain.burst(() => {
      for (const client of bare.clients) {
        (client as unknown as { _socket: { write(data: Buffer): boolean } })._socket.write(frame);
      }
    }),
  );
  plain.stop();
  bare.close();
  const rate = (SOCKETS * 1_000) / changes.spreadMs;
  const bareRate = (SOCKETS * 1_000) / baseline.spreadMs;
  print("bare ws, one prepared frame", bareRate, "frames/s", "baseline");
  const share = (rate / bareRate).toFixed(2);
  print(`one alert to ${SOCKETS} sockets`, rate, "frames/s", `${share} of it (aim ≥ 0.7)`);
  print("  from the operator's request to the last socket", changes.totalMs, "ms", "median, durable");

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
