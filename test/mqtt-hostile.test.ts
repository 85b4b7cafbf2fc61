import { readFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import fc from "fast-check";
import { connectAsync } from "mqtt";
import { generate } from "mqtt-packet";
import { afterEach, describe, expect, test } from "vitest";
import { type CenterProcess, type Login, registerBin, startCenterProcess } from "./support/center-process.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./support/directory.ts";

/** A whole center in a process of its own: its memory and its log are looked at from outside. */
let directory: TemporaryDirectory | undefined;
let center: CenterProcess | undefined;

async function start(environment: Readonly<Record<string, string>> = {}): Promise<CenterProcess> {
  directory = temporaryDirectory();
  center = await startCenterProcess(directory.path, environment);
  return center;
}

afterEach(async () => {
  expect(center?.child.exitCode).toBeNull();
  expect(await center?.stop()).toBe(0);
  directory?.[Symbol.dispose]();
});

const memoryBytes = ({ child }: CenterProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) * 1_024;

const portOf = ({ mqtt }: CenterProcess): number => Number(new URL(mqtt).port);

/** Writes bytes to the broker and waits for its end of the connection, or closes it when it stays open. */
function attack(port: number, bytes: Buffer, stayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connectSocket(port, "127.0.0.1");
    const timer = setTimeout(() => socket.destroy(), stayMs);
    socket.on("connect", () => socket.write(bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const unlimited = {
  MQTT_AUTH_FAILURES_PER_ADDRESS: "1000000",
  MQTT_AUTH_FAILURES_PER_ID: "1000000",
  MQTT_CONNECTS_PER_ADDRESS_PER_SECOND: "100000",
  MQTT_CONNECTS_PER_ADDRESS_BURST: "100000",
  MQTT_FLAPS_PER_MINUTE: "1000000",
};

describe("hostile input", () => {
  test("mutated packets on 32 sockets at a time: it lives, serves others, and its memory and log stay small", {
    timeout: 120_000,
  }, async () => {
    const running = await start({ ...unlimited, LOG_LEVEL: "info" });
    const login = await registerBin(running);
    const sound = [
      generate({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        clientId: "fuzz",
        keepalive: 60,
        username: login.username,
        password: Buffer.from(login.password),
        will: {
          topic: "kerbside/v1/bin/bin-1/status",
          payload: Buffer.from('{"online":false}'),
          qos: 1,
          retain: false,
        },
      }),
      ...[0, 1, 2].map((qos) =>
        generate({
          cmd: "publish",
          topic: "kerbside/v1/bin/bin-1/telemetry",
          payload: '{"ts":1790000000000,"fillPct":50}',
          qos: qos as 0 | 1 | 2,
          messageId: 7,
          retain: false,
          dup: false,
        }),
      ),
      generate({ cmd: "subscribe", messageId: 8, subscriptions: [{ topic: "kerbside/v1/bin/bin-1/command", qos: 1 }] }),
      generate({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["kerbside/v1/bin/bin-1/command"] }),
      generate({ cmd: "pubrel", messageId: 7 }),
      generate({ cmd: "pingreq" }),
      generate({ cmd: "disconnect" }),
    ];
    const mutation = fc.record({
      packets: fc.array(fc.integer({ min: 1, max: sound.length - 1 }), { maxLength: 6 }),
      greets: fc.boolean(),
      flips: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      cut: fc.option(fc.nat()),
    });
    const cases = fc.sample(mutation, { numRuns: 3_000, seed: 20_260_922 }).map(({ packets, greets, flips, cut }) => {
      const bytes = Buffer.concat([...(greets ? [sound[0]] : []), ...packets.map((n) => sound[n])] as Buffer[]);
      for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
    });
    const before = memoryBytes(running);
    await Promise.all(
      Array.from({ length: 32 }, async (_, line) => {
        for (let n = line; n < cases.length; n += 32) await attack(portOf(running), cases[n] as Buffer, 40);
      }),
    );
    const client = await connectAsync(running.mqtt, { ...login, reconnectPeriod: 0 });
    await client.publishAsync("kerbside/v1/bin/bin-1/telemetry", '{"fillPct":51}', { qos: 1 });
    await client.endAsync();
    expect(memoryBytes(running) - before).toBeLessThan(128 * 1024 * 1024);
    expect(running.log.length).toBeLessThan(1_000);
    for (const line of running.log) expect(() => JSON.parse(line)).not.toThrow();
  });

  test("300 strangers with a huge header and a mebibyte of junk each are cut off, and nothing of it is kept", {
    timeout: 60_000,
  }, async () => {
    const running = await start(unlimited);
    const before = memoryBytes(running);
    const junk = Buffer.concat([Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(1024 * 1024, 0x61)]);
    const stayMs = 15_000;
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 300 }, () => attack(portOf(running), junk, stayMs)));
    expect(performance.now() - startedAt).toBeLessThan(stayMs);
    expect(memoryBytes(running) - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("one device that floods is held back; the others get every receipt", { timeout: 60_000 }, async () => {
    const running = await start({ MQTT_MESSAGES_PER_SECOND: "20", MQTT_MESSAGES_BURST: "200" });
    const flooder = await registerBin(running, "bin-flood");
    const others: Login[] = [];
    for (let n = 0; n < 10; n++) others.push(await registerBin(running, `bin-${n}`));
    const flood = await connectAsync(running.mqtt, { ...flooder, reconnectPeriod: 0 });
    flood.on("error", () => {});
    let flooded = 0;
    for (let n = 0; n < 10_000; n++) {
      flood.publish("kerbside/v1/bin/bin-flood/telemetry", `{"fillPct":${n % 100}}`, { qos: 1 }, (error) => {
        if (!error) flooded++;
      });
    }
    await Promise.all(
      others.map(async (login) => {
        const client = await connectAsync(running.mqtt, { ...login, reconnectPeriod: 0 });
        for (let n = 0; n < 100; n++) {
          await client.publishAsync(`kerbside/v1/bin/${login.username}/telemetry`, `{"fillPct":${n}}`, { qos: 1 });
        }
        await client.endAsync();
      }),
    );
    // The burst it is allowed, and what its rate gave it meanwhile.
    expect(flooded).toBeLessThan(2_000);
    flood.end(true);
  });

  test("a stop under load: what was receipted is there, the others know that theirs was not", {
    timeout: 60_000,
  }, async () => {
    const running = await start();
    const login = await registerBin(running);
    const client = await connectAsync(running.mqtt, { ...login, reconnectPeriod: 0 });
    client.on("error", () => {});
    const startedAt = Date.now() - 3_600_000;
    const receipted = new Set<number>();
    const stopping = Promise.withResolvers<number | null>();
    for (let n = 0; n < 5_000; n++) {
      const payload = JSON.stringify({ ts: startedAt + n * 500, fillPct: 30 });
      client.publish("kerbside/v1/bin/bin-1/telemetry", payload, { qos: 1 }, (error) => {
        if (error) return;
        receipted.add(n);
        if (receipted.size === 500) stopping.resolve(running.stop());
      });
    }
    expect(await stopping.promise).toBe(0);
    client.end(true);
    center = await startCenterProcess(directory?.path as string);
    const { points } = await center.rest<{ points: { at: number }[] }>(
      "GET",
      `/devices/bin-1/history?metric=fillPct&from=${startedAt}&to=${startedAt + 3_600_000}`,
    );
    const stored = new Set(points.map(({ at }) => (at - startedAt) / 500));
    expect([...receipted].filter((n) => !stored.has(n))).toEqual([]);
  });
});
