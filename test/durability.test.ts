import { connectAsync, type MqttClient } from "mqtt";
import { describe, expect, test } from "vitest";
import { type Login, registerBin, startCenterProcess } from "./support/center-process.ts";
import { temporaryDirectory } from "./support/directory.ts";

const ROUNDS = 20;

describe("kill -9", () => {
  test(`at random moments under load, ${ROUNDS} times: no receipted message is lost, no alert is doubled`, {
    timeout: 180_000,
  }, async () => {
    using directory = temporaryDirectory();
    const topic = "kerbside/v1/bin/bin-1/telemetry";
    const startedAt = Date.now() - 6 * 3_600_000;
    const receipted = new Set<number>();
    let next = 0;
    let login: Login | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      const center = await startCenterProcess(directory.path);
      login ??= await registerBin(center);
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
    const center = await startCenterProcess(directory.path);
    const from = startedAt;
    const to = startedAt + next * 1_000 + 1;
    const { points } = await center.rest<{ points: { at: number }[] }>(
      "GET",
      `/devices/bin-1/history?metric=fillPct&from=${from}&to=${to}`,
    );
    const stored = new Set(points.map(({ at }) => (at - startedAt) / 1_000));
    const lost = [...receipted].filter((n) => !stored.has(n));
    expect(receipted.size).toBeGreaterThan(ROUNDS * 5);
    expect(lost).toEqual([]);
    const { items } = await center.rest<{ items: { count: number; ruleId: string }[] }>(
      "GET",
      "/alerts?ruleId=bin.overflow",
    );
    expect(items).toHaveLength(1);
    // Each stored reading supports the alert exactly once, however often it was sent again.
    expect(items[0]?.count).toBe(stored.size);
    expect(await center.stop()).toBe(0);
  });
});
