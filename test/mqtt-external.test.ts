import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter } from "./support/running-center.ts";

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function startMosquitto(directory: string, port: number): Promise<ChildProcess> {
  const file = join(directory, "mosquitto.conf");
  writeFileSync(
    file,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 10000\npersistence true\npersistence_location ${directory}/\n`,
  );
  const child = spawn("/usr/sbin/mosquitto", ["-c", file], { stdio: "ignore" });
  const probe = async () =>
    (await connectAsync(`mqtt://127.0.0.1:${port}`, { connectTimeout: 1_000, reconnectPeriod: 0 })).endAsync();
  await expect
    .poll(
      () =>
        probe().then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  return child;
}

test("a real mosquitto: everything arrives, nothing twice, also what came while the center was away", async () => {
  using directory = temporaryDirectory();
  using data = temporaryDirectory();
  const port = await freePort();
  const broker = await startMosquitto(directory.path, port);
  const url = `mqtt://127.0.0.1:${port}`;
  const environment = { MQTT_URL: url, MQTT_CONNECTIONS: "4", DATA_DIR: data.path };
  const topic = "kerbside/v1/bin/bin-1/telemetry";
  const publisher = await connectAsync(url);
  const startedAt = Date.now() - 3_600_000;
  const publish = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, i) =>
        publisher.publishAsync(topic, JSON.stringify({ ts: startedAt + (from + i) * 1_000, fillPct: 5 }), { qos: 1 }),
      ),
    );
  const stored = async (center: Awaited<ReturnType<typeof startTestCenter>>) => {
    const path = `/devices/bin-1/history?metric=fillPct&from=${startedAt}&to=${Date.now()}`;
    return (await center.rest<{ points: unknown[] }>("GET", path)).points.length;
  };
  {
    await using center = await startTestCenter(environment);
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin" });
    await publish(0, 200);
    await expect.poll(() => stored(center), { timeout: 15_000 }).toBe(200);
  }
  await publish(200, 400);
  await using center = await startTestCenter(environment);
  await expect.poll(() => stored(center), { timeout: 15_000 }).toBe(400);
  await publisher.endAsync();
  broker.kill();
});

test("a mapping put in force is subscribed to at once, and the tree of alerts is told to others there", async () => {
  using directory = temporaryDirectory();
  const port = await freePort();
  const broker = await startMosquitto(directory.path, port);
  const url = `mqtt://127.0.0.1:${port}`;
  await using center = await startTestCenter({ MQTT_URL: url, MQTT_CONNECTIONS: "2" });
  await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", aliases: ["nb:b1"] });
  await center.rest("PUT", "/mappings/nb", {
    ...{ title: { en: "Bins", zh: "桶" }, topics: ["nb/{device}/up"], kind: "bin" },
    device: { namespace: "nb", parts: ["{device}"] },
    entries: [{ metrics: { fillPct: "/full" } }],
    samples: [{ name: "one", topic: "nb/b1/up", payload: { full: 1 } }],
  });
  const other = await connectAsync(url);
  const said = async (full: number) => {
    await other.publishAsync("nb/b1/up", JSON.stringify({ full }), { qos: 1 });
    const { metrics } = await center.rest<{ metrics: { fillPct?: number } }>("GET", "/devices/bin-1");
    return metrics.fillPct;
  };
  expect(await said(40)).toBeUndefined();
  await center.rest("POST", "/mappings/nb/enable", {});
  await expect.poll(() => said(50), { timeout: 5_000 }).toBe(50);
  await center.rest("POST", "/mappings/nb/disable");

  const heard: string[] = [];
  other.on("message", (topic, payload) =>
    heard.push(`${topic} ${payload.length > 0 ? JSON.parse(payload.toString()).state : "gone"}`),
  );
  await other.subscribeAsync("kerbside/v1/alerts/#");
  await center.rest("PUT", "/outputs/tree", { type: "mqtt", title: "Others", broker: "external" });
  const subject = { kind: "bin", id: "bin-1" };
  const { id } = await center.rest<{ id: string }>("POST", "/alerts", { ruleId: "bin.disturbed", subject });
  await center.rest("POST", `/alerts/${id}/close`, {});
  const topic = `kerbside/v1/alerts/none/bin.disturbed/${id}`;
  await expect.poll(() => heard.slice(-2), { timeout: 5_000 }).toEqual([`${topic} closed`, `${topic} gone`]);
  await other.endAsync();
  broker.kill();
});

test("topics of one's own choosing are read from the broker of others, and known by their content", async () => {
  using directory = temporaryDirectory();
  const port = await freePort();
  const broker = await startMosquitto(directory.path, port);
  const url = `mqtt://127.0.0.1:${port}`;
  await using center = await startTestCenter({
    MQTT_URL: url,
    MQTT_CONNECTIONS: "2",
    MQTT_TOPICS: "fleet/+/up, aibox/#",
  });
  await center.rest("POST", "/devices", { id: "v-1", kind: "vehicle", aliases: ["imei:352093080000015"] });
  const other = await connectAsync(url);
  const reported = { ts: Date.now(), latlng: "22.72,113.9", sat: 9, sp: 18, 239: 1 };
  const speed = async () => {
    await other.publishAsync("fleet/352093080000015/up", JSON.stringify({ state: { reported } }), { qos: 1 });
    return (await center.rest<{ metrics: { speedKmh?: number } }>("GET", "/devices/v-1")).metrics.speedKmh;
  };
  await expect.poll(speed, { timeout: 5_000 }).toBe(18);
  await other.endAsync();
  broker.kill();
});
