import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connectAsync, type MqttClient } from "mqtt";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "./support/directory.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const ADMIN_TOKEN = "administrator-of-the-tests";
const ROUNDS = 20;

interface Running {
  readonly child: ChildProcess;
  readonly http: string;
  readonly mqtt: string;
}

function start(directory: string): Promise<Running> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN], {
    env: {
      PATH: process.env.PATH,
      HTTP_PORT: "0",
      MQTT_PORT: "0",
      LOG_LEVEL: "silent",
      ADMIN_TOKEN,
      DATA_DIR: directory,
      DISK_RESERVE_BYTES: "0",
      MQTT_MESSAGES_PER_SECOND: "100000",
      MQTT_MESSAGES_BURST: "100000",
      MQTT_BYTES_PER_SECOND: "100000000",
      MQTT_BYTES_BURST: "100000000",
      CHECKPOINT_SECONDS: "1",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the center ended with code ${code}`)));
    createInterface(child.stdout as NodeJS.ReadableStream).on("line", (line) => {
      const message = JSON.parse(line) as { msg: string; http: string; mqtt: string };
      if (message.msg === "ready") resolve({ child, http: message.http, mqtt: message.mqtt });
    });
  });
}

async function rest<T>({ http }: Running, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${http}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} → ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

describe("kill -9", () => {
  test(`at random moments under load, ${ROUNDS} times: no receipted message is lost, no alert is doubled`, {
    timeout: 180_000,
  }, async () => {
    using directory = temporaryDirectory();
    const topic = "kerbside/v1/bin/bin-1/telemetry";
    const startedAt = Date.now() - 6 * 3_600_000;
    const receipted = new Set<number>();
    let next = 0;
    let login: { username: string; password: string } | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      const center = await start(directory.path);
      if (!login) {
        const device = { id: "bin-1", kind: "bin", place: { lat: 22.733, lon: 113.9033 } };
        const answer = await rest<{ mqtt: { username: string; password: string } }>(center, "POST", "/devices", device);
        login = answer.mqtt;
      }
      const client: MqttClient = await connectAsync(center.mqtt, { ...login, reconnectPeriod: 0 });
      client.on("error", () => {});
      const gone = new Promise<void>((resolve) => center.child.once("exit", () => resolve()));
      const killAfter = 5 + ((round * 61) % 150);
      let count = 0;
      for (let i = 0; i < 400; i++) {
        // Every reading tells its number by its time; two thirds of each round are full, the rest is not.
        const n = next++;
        const payload = JSON.stringify({ ts: startedAt + n * 1_000, fillPct: 97 });
        client.publish(topic, payload, { qos: 1 }, (error) => {
          if (error) return;
          receipted.add(n);
          if (++count === killAfter) center.child.kill("SIGKILL");
        });
      }
      await gone;
      client.end(true);
    }
    const center = await start(directory.path);
    const from = startedAt;
    const to = startedAt + next * 1_000 + 1;
    const { points } = await rest<{ points: { at: number }[] }>(
      center,
      "GET",
      `/devices/bin-1/history?metric=fillPct&from=${from}&to=${to}`,
    );
    const stored = new Set(points.map(({ at }) => (at - startedAt) / 1_000));
    const lost = [...receipted].filter((n) => !stored.has(n));
    expect(receipted.size).toBeGreaterThan(ROUNDS * 5);
    expect(lost).toEqual([]);
    const { items } = await rest<{ items: { count: number; ruleId: string }[] }>(
      center,
      "GET",
      "/alerts?ruleId=bin.overflow",
    );
    expect(items).toHaveLength(1);
    // Each stored reading supports the alert exactly once, however often it was sent again.
    expect(items[0]?.count).toBe(stored.size);
    center.child.kill("SIGTERM");
    const code = await new Promise((resolve) => center.child.once("exit", resolve));
    expect(code).toBe(0);
  });
});
