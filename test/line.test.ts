import { execFile } from "node:child_process";
import { createConnection } from "node:net";
import { promisify } from "node:util";
import { connectAsync } from "mqtt";
import mqttPacket from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { connect, type View } from "../src/stream/client.ts";
import type { AlertView } from "../src/stream/protocol.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

const run = promisify(execFile);
const MINUTE = 60_000;

interface Registered {
  readonly mqtt: { readonly username: string; readonly password: string };
}

async function register(center: TestCenter, device: object): Promise<Registered["mqtt"]> {
  return (await center.rest<Registered>("POST", "/devices", device)).mqtt;
}

const bin = (id: string) => ({ id, kind: "bin", place: { lat: 22.733, lon: 113.9033 } });
const portOf = (url: string | null): string => new URL(url ?? "").port;

/** Waits until a view holds what is asked for. */
function until(view: View<AlertView>, holds: (alerts: readonly AlertView[]) => boolean): Promise<readonly AlertView[]> {
  return new Promise((resolve) => {
    const look = () => {
      const alerts = [...view.items.values()];
      if (holds(alerts)) resolve(alerts);
    };
    view.onChange(look);
    look();
  });
}

describe("the whole line", () => {
  test("a reading by mosquitto_pub becomes a receipt, history, an alert and a frame", async () => {
    await using center = await startTestCenter();
    const { username, password } = await register(center, bin("bin-0007"));
    const stream = connect({ url: `${center.http.replace("http", "ws")}/api/v1/stream`, token: ADMIN_TOKEN });
    const view = stream.subscribe("alerts", { filter: { ruleId: ["bin.overflow"] } });
    const now = Date.now();
    for (const [ts, fillPct] of [
      [now - 11 * MINUTE, 96],
      [now - MINUTE, 99],
    ]) {
      await run("mosquitto_pub", [
        ...["-p", portOf(center.mqtt), "-u", username, "-P", password, "-q", "1"],
        ...["-t", "kerbside/v1/bin/bin-0007/telemetry", "-m", JSON.stringify({ ts, fillPct })],
      ]);
    }
    const [alert] = await until(view, (alerts) => alerts.length === 1);
    expect(alert).toMatchObject({
      ruleId: "bin.overflow",
      state: "open",
      count: 2,
      subject: { kind: "bin", id: "bin-0007" },
      firstAt: now - 11 * MINUTE,
      place: { communityId: "tianliao" },
    });
    const history = await center.rest("GET", `/devices/bin-0007/history?metric=fillPct&from=${now - 60 * MINUTE}`);
    expect(history).toMatchObject({ points: [{ value: 96 }, { value: 99 }] });
    stream.close();
  });

  test("1,000 duplicated and shuffled messages at once give one alert with the right count", async () => {
    await using center = await startTestCenter({ MQTT_MESSAGES_BURST: "10000", MQTT_BYTES_BURST: "100000000" });
    const login = await register(center, bin("bin-1"));
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => connectAsync(`mqtt://127.0.0.1:${portOf(center.mqtt)}`, { ...login })),
    );
    const now = Date.now();
    const readings = Array.from({ length: 250 }, (_, n) =>
      JSON.stringify({ ts: now - 9 * MINUTE + n * 2_000, fillPct: 97 }),
    );
    const early = JSON.stringify({ ts: now - 9 * MINUTE - 6 * MINUTE, fillPct: 97 });
    const all = [...readings, ...readings, ...readings, ...readings].sort(
      (a, b) => ((a.charCodeAt(17) * 31 + a.charCodeAt(16)) % 97) - ((b.charCodeAt(17) * 31 + b.charCodeAt(16)) % 97),
    );
    const topic = "kerbside/v1/bin/bin-1/telemetry";
    await clients[0]?.publishAsync(topic, early, { qos: 1 });
    await Promise.all(all.map((payload, i) => clients[i % 4]?.publishAsync(topic, payload, { qos: 1 })));
    await Promise.all(clients.map((client) => client.endAsync()));
    const { items } = await center.rest<{ items: AlertView[] }>("GET", "/alerts?ruleId=bin.overflow");
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ state: "open", count: 251 });
  });

  test("bad input is receipted, kept with its reason, and blocks nothing", async () => {
    await using center = await startTestCenter();
    const login = await register(center, bin("bin-1"));
    const device = await connectAsync(`mqtt://127.0.0.1:${portOf(center.mqtt)}`, { ...login });
    const topic = "kerbside/v1/bin/bin-1/telemetry";
    for (const payload of ["no json", '{"fillPct":"full"}', `${"[".repeat(50)}`, '{"id":"other","fillPct":1}']) {
      await device.publishAsync(topic, payload, { qos: 1 });
    }
    await device.publishAsync(topic, '{"fillPct":12}', { qos: 1 });
    await device.endAsync();
    const { items } = await center.rest<{ items: { reason: string }[] }>("GET", "/quarantine");
    expect(items.map(({ reason }) => reason).sort()).toEqual(["identity", "notJson", "schema", "tooDeep"]);
    expect(await center.rest("GET", "/devices/bin-1")).toMatchObject({ metrics: { fillPct: 12 } });
  });

  test("receipts leave in the order of the messages", async () => {
    await using center = await startTestCenter({ MQTT_MESSAGES_BURST: "10000", MQTT_BYTES_BURST: "100000000" });
    const login = await register(center, bin("bin-1"));
    const socket = createConnection(Number(portOf(center.mqtt)), "127.0.0.1");
    const parser = mqttPacket.parser();
    const receipts: number[] = [];
    const done = new Promise<void>((resolve) => {
      parser.on("packet", (packet) => {
        if (packet.cmd === "connack") {
          for (let id = 1; id <= 500; id++) {
            const payload = JSON.stringify({ ts: Date.now() + id, fillPct: id % 100 });
            const topic = "kerbside/v1/bin/bin-1/telemetry";
            socket.write(
              mqttPacket.generate({ cmd: "publish", topic, payload, qos: 1, messageId: id, retain: false, dup: false }),
            );
          }
        } else if (packet.cmd === "puback" && packet.messageId) {
          receipts.push(packet.messageId);
          if (receipts.length === 500) resolve();
        }
      });
    });
    socket.on("data", (data) => parser.parse(data));
    socket.write(
      mqttPacket.generate({
        cmd: "connect",
        clientId: "x",
        clean: true,
        keepalive: 60,
        protocolId: "MQTT",
        protocolVersion: 4,
        username: login.username,
        password: Buffer.from(login.password),
      }),
    );
    await done;
    socket.destroy();
    expect(receipts).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
  });

  test("a last will tells that a device is gone", async () => {
    await using center = await startTestCenter();
    const login = await register(center, { id: "badge-1", kind: "person" });
    const topic = "kerbside/v1/person/badge-1/status";
    const device = await connectAsync(`mqtt://127.0.0.1:${portOf(center.mqtt)}`, {
      ...login,
      will: { topic, payload: Buffer.from('{"online":false}'), qos: 1, retain: true },
    });
    await device.publishAsync(topic, '{"online":true}', { qos: 1, retain: true });
    expect(await center.rest("GET", "/devices/badge-1")).toMatchObject({ online: true });
    device.stream.destroy();
    device.end(true);
    await expect.poll(async () => (await center.rest("GET", "/devices/badge-1")).online).toBe(false);
  });

  test("dialects come through a gateway, under the aliases of registered devices", async () => {
    await using center = await startTestCenter({ FOLLOW_UNPLANNED: "true" });
    const login = await register(center, {
      id: "gw-1",
      kind: "gateway",
      attributes: { devices: "phone-1", dialects: "owntracks/#" },
    });
    await register(center, { id: "phone-1", kind: "person", aliases: ["ot:lead/phone"] });
    await register(center, { id: "phone-2", kind: "person", aliases: ["ot:lead/other"] });
    const gateway = await connectAsync(`mqtt://127.0.0.1:${portOf(center.mqtt)}`, { ...login });
    const tst = Math.floor(Date.now() / 1_000);
    const location = JSON.stringify({ _type: "location", tst, lat: 22.72, lon: 113.9, acc: 5 });
    for (const topic of ["owntracks/lead/phone", "owntracks/lead/other", "owntracks/nobody/known"]) {
      await gateway.publishAsync(topic, location, { qos: 1 });
    }
    await gateway.endAsync();
    expect(await center.rest("GET", "/devices/phone-1")).toMatchObject({ position: { lat: 22.72, lon: 113.9 } });
    expect(await center.rest("GET", "/devices/phone-2")).toMatchObject({ position: null });
    const { items } = await center.rest<{ items: { reason: string }[] }>("GET", "/quarantine");
    expect(items.map(({ reason }) => reason).sort()).toEqual(["notAllowed", "unknownDevice"]);
  });

  test("works over WebSocket as well", async () => {
    await using center = await startTestCenter();
    const login = await register(center, bin("bin-1"));
    const device = await connectAsync(`${center.http.replace("http", "ws")}/mqtt`, { ...login });
    await device.publishAsync("kerbside/v1/bin/bin-1/telemetry", '{"fillPct":33}', { qos: 1 });
    await device.endAsync();
    expect(await center.rest("GET", "/devices/bin-1")).toMatchObject({ metrics: { fillPct: 33 } });
  });
});
