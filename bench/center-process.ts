import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const ADMIN_TOKEN = "administrator-of-the-benchmark";

/** Unit of the times in /proc/PID/stat, the same on every Linux that Node runs on. */
const CLOCK_TICKS = 100;

/** Limits that protect a city from one device would measure themselves here; the bounds of the whole center stay. */
const UNLIMITED: Readonly<Record<string, string>> = {
  MQTT_MESSAGES_PER_SECOND: "1000000",
  MQTT_MESSAGES_BURST: "1000000",
  MQTT_BYTES_PER_SECOND: "1000000000",
  MQTT_BYTES_BURST: "1000000000",
  MQTT_CONNECTIONS_PER_ADDRESS: "20000",
  MQTT_UNAUTHENTICATED: "20000",
  MQTT_CONNECTS_PER_ADDRESS_PER_SECOND: "100000",
  MQTT_CONNECTS_PER_ADDRESS_BURST: "100000",
  HTTP_IMPORT_BYTES: "67108864",
  HTTP_REQUESTS_PER_SECOND: "1000000",
};

export interface CenterProcess extends AsyncDisposable {
  readonly http: string;
  readonly mqttPort: number;
  readonly directory: string;
  /** Milliseconds from the start of the process to its ready line. */
  readonly readyMs: number;
  readonly adminToken: string;
  /** Resident memory in bytes. */
  memory(): number;
  /** Processor time used since the start, all threads. */
  cpuSeconds(): number;
  rest<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Value of a Prometheus counter without labels. */
  metric(name: string): Promise<number>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the center as an operator would, in a process and a data folder of its own. */
export async function startCenterProcess(
  directory = mkdtempSync(join(tmpdir(), "kerbside-bench-")),
  environment: Record<string, string> = {},
): Promise<CenterProcess> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN], {
    env: {
      PATH: process.env.PATH,
      HTTP_PORT: "0",
      MQTT_PORT: "0",
      LOG_LEVEL: "error",
      DISK_RESERVE_BYTES: "0",
      ADMIN_TOKEN,
      DATA_DIR: directory,
      ...UNLIMITED,
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = Promise.withResolvers<{ http: string; mqtt: string }>();
  createInterface(child.stdout).on("line", (line) => {
    const message = JSON.parse(line) as { msg?: string; http: string; mqtt: string };
    if (message.msg === "ready") ready.resolve(message);
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.once("exit", (code) => ready.reject(new Error(`the center ended with code ${code} before it was ready`)));
  const { http, mqtt } = await ready.promise;
  const readyMs = performance.now() - startedAt;
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    await gone;
  };
  return {
    http,
    mqttPort: Number(new URL(mqtt).port),
    directory,
    readyMs,
    adminToken: ADMIN_TOKEN,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0) * 1_024,
    cpuSeconds() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
    },
    async rest<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await fetch(`${http}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} → ${answer.status} ${text.slice(0, 500)}`);
      return (text ? JSON.parse(text) : undefined) as T;
    },
    async metric(name) {
      const text = await (await fetch(`${http}/metrics`, { headers })).text();
      return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, "m").exec(text)?.[1] ?? Number.NaN);
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Registers vehicles `load-00000` … and returns their logins. */
export async function registerVehicles(center: CenterProcess, count: number): Promise<Login[]> {
  const logins: Login[] = [];
  for (let from = 0; from < count; from += 2_000) {
    const devices = Array.from({ length: Math.min(2_000, count - from) }, (_, i) => ({
      id: `load-${String(from + i).padStart(5, "0")}`,
      kind: "vehicle",
      place: { lat: 22.72, lon: 113.9 },
    }));
    const { created } = await center.rest<{ created: { id: string; mqtt: Login }[] }>(
      "POST",
      "/devices/import",
      devices,
    );
    for (const { mqtt } of created) logins.push(mqtt);
  }
  return logins;
}
