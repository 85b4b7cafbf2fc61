import { createConnection, type Socket } from "node:net";
import fc from "fast-check";
import { generate, parser } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkPacket } from "../src/ingest/packet-rules.ts";
import { covers, type Login, mayUse } from "../src/ingest/topic-gate.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

const limits = { clientIdBytes: 64, topicBytes: 256, topicLevels: 8, filtersPerSubscribe: 8, willBytes: 1_024 };

/** A text with its length. */
const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};
const bytes = (...parts: (Buffer | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as number[])));
const connectBody = (flags: number, ...payload: Buffer[]) => bytes(text("MQTT"), [4, flags, 0, 60], ...payload);
const id = text("device");
const badUtf8 = text(Buffer.from([0xc3, 0x28]));
const nul = text(Buffer.from("a\u0000b"));

/** What a server must close the connection for, by statement of MQTT 3.1.1. */
const mustClose: readonly (readonly [statement: string, first: number, body: Buffer])[] = [
  ["MQTT-3.1.2-1 wrong protocol name", 0x10, bytes(text("MQTX"), [4, 2, 0, 60], id)],
  ["MQTT-3.1.2-2 unknown level", 0x10, bytes(text("MQTT"), [5, 2, 0, 60], id)],
  ["MQTT-3.1.2-2 level 3 under the new name", 0x10, bytes(text("MQTT"), [3, 2, 0, 60], id)],
  ["MQTT-3.1.2-3 reserved connect flag", 0x10, connectBody(0x03, id)],
  ["MQTT-3.1.2-13 will QoS without will", 0x10, connectBody(0x0a, id)],
  ["MQTT-3.1.2-15 will retain without will", 0x10, connectBody(0x22, id)],
  ["MQTT-3.1.2-14 will QoS 3", 0x10, connectBody(0x1e, id, text("a"), text("b"))],
  ["MQTT-3.1.2-22 password without user", 0x10, connectBody(0x42, id, text("secret"))],
  ["MQTT-3.1.2-18 user flag without user", 0x10, connectBody(0x82, id)],
  ["MQTT-3.1.2-20 password flag without password", 0x10, connectBody(0xc2, id, text("u"))],
  ["MQTT-3.1.2-9 will flag without will", 0x10, connectBody(0x06, id)],
  ["MQTT-3.1.3-3 no client id", 0x10, connectBody(0x02)],
  ["MQTT-3.1.3-4 client id no UTF-8", 0x10, connectBody(0x02, badUtf8)],
  ["MQTT-1.5.3-2 U+0000 in the client id", 0x10, connectBody(0x02, nul)],
  ["MQTT-3.1.3-8 empty client id with a session", 0x10, connectBody(0x00, text(""))],
  ["client id of 65 bytes", 0x10, connectBody(0x02, text("x".repeat(65)))],
  ["MQTT-3.1.3-10 will topic no UTF-8", 0x10, connectBody(0x06, id, badUtf8, text("b"))],
  ["MQTT-3.3.2-2 will topic with a wildcard", 0x10, connectBody(0x06, id, text("a/#"), text("b"))],
  ["will of more than 1 KiB", 0x10, connectBody(0x06, id, text("a"), text("x".repeat(1_025)))],
  ["MQTT-3.1.3-11 user name no UTF-8", 0x10, connectBody(0x82, id, badUtf8)],
  ["MQTT-1.5.3-2 U+0000 in the user name", 0x10, connectBody(0x82, id, nul)],
  ["MQTT-3.1.4-1 spare bytes after CONNECT", 0x10, connectBody(0x02, id, Buffer.from([1]))],
  ["MQTT-3.1 truncated CONNECT", 0x10, text("MQTT")],
  ["MQTT-2.2.2-2 flags of CONNECT", 0x11, connectBody(0x02, id)],
  ["MQTT-3.3.1-4 QoS 3", 0x36, bytes(text("a"), [0, 1])],
  ["MQTT-3.3.1-2 DUP with QoS 0", 0x38, text("a")],
  ["MQTT-3.3.2-1 empty topic", 0x30, text("")],
  ["MQTT-3.3.2-1 topic no UTF-8", 0x30, badUtf8],
  ["MQTT-1.5.3-2 U+0000 in a topic", 0x30, nul],
  ["MQTT-3.3.2-2 + in a topic", 0x30, text("a/+")],
  ["MQTT-3.3.2-2 # in a topic", 0x30, text("#")],
  ["MQTT-3.3.2 topic longer than the packet", 0x30, Buffer.from([0, 9, 0x61])],
  ["MQTT-3.3.2 no topic", 0x30, Buffer.from([0])],
  ["MQTT-2.3.1-1 QoS 1 with packet id 0", 0x32, bytes(text("a"), [0, 0])],
  ["MQTT-2.3.1-1 QoS 2 with packet id 0", 0x34, bytes(text("a"), [0, 0])],
  ["MQTT-2.3.1 QoS 1 without packet id", 0x32, text("a")],
  ["topic of nine levels", 0x30, text("1/2/3/4/5/6/7/8/9")],
  ["topic of 257 bytes", 0x30, text("x".repeat(257))],
  ["MQTT-3.4 PUBACK too short", 0x40, Buffer.from([0])],
  ["MQTT-3.4 PUBACK too long", 0x40, Buffer.from([0, 1, 0])],
  ["MQTT-2.3.1-1 PUBACK for packet id 0", 0x40, Buffer.from([0, 0])],
  ["MQTT-2.2.2-2 flags of PUBACK", 0x41, Buffer.from([0, 1])],
  ["MQTT-3.5 PUBREC too long", 0x50, Buffer.from([0, 1, 0])],
  ["MQTT-2.2.2-2 flags of PUBREC", 0x52, Buffer.from([0, 1])],
  ["MQTT-3.6.1-1 flags of PUBREL", 0x60, Buffer.from([0, 1])],
  ["MQTT-3.6 PUBREL for packet id 0", 0x62, Buffer.from([0, 0])],
  ["MQTT-3.7 PUBCOMP too short", 0x70, Buffer.from([])],
  ["MQTT-3.8.1-1 flags of SUBSCRIBE", 0x80, bytes([0, 1], text("a"), [0])],
  ["MQTT-2.3.1-1 SUBSCRIBE with packet id 0", 0x82, bytes([0, 0], text("a"), [0])],
  ["MQTT-3.8.3-3 SUBSCRIBE without a filter", 0x82, Buffer.from([0, 1])],
  ["MQTT-3.8.3-4 SUBSCRIBE with QoS 3", 0x82, bytes([0, 1], text("a"), [3])],
  ["MQTT-3.8.3-4 reserved bits of the QoS", 0x82, bytes([0, 1], text("a"), [0x11])],
  ["MQTT-3.8.3-1 filter no UTF-8", 0x82, bytes([0, 1], badUtf8, [0])],
  ["MQTT-3.8 QoS missing", 0x82, bytes([0, 1], text("a"))],
  ["MQTT-4.7.1-2 # in the middle", 0x82, bytes([0, 1], text("a/#/b"), [0])],
  ["MQTT-4.7.1-3 + inside a level", 0x82, bytes([0, 1], text("ab/+e"), [0])],
  ["MQTT-4.7.3-1 empty filter", 0x82, bytes([0, 1], text(""), [0])],
  ["nine filters in one SUBSCRIBE", 0x82, bytes([0, 1], ...Array.from({ length: 9 }, () => bytes(text("a"), [0])))],
  ["MQTT-3.10.1-1 flags of UNSUBSCRIBE", 0xa0, bytes([0, 1], text("a"))],
  ["MQTT-3.10.3-2 UNSUBSCRIBE without a filter", 0xa2, Buffer.from([0, 1])],
  ["MQTT-3.10.3-1 UNSUBSCRIBE filter no UTF-8", 0xa2, bytes([0, 1], badUtf8)],
  ["MQTT-2.2.2-2 flags of PINGREQ", 0xc1, Buffer.from([])],
  ["PINGREQ with a body", 0xc0, Buffer.from([0])],
  ["MQTT-3.14.1-1 flags of DISCONNECT", 0xe1, Buffer.from([])],
  ["DISCONNECT with a body", 0xe0, Buffer.from([0])],
  ["a packet type of zero", 0x00, Buffer.from([])],
  ["CONNACK from a client", 0x20, Buffer.from([0, 0])],
  ["SUBACK from a client", 0x90, Buffer.from([0, 1, 0])],
  ["UNSUBACK from a client", 0xb0, Buffer.from([0, 1])],
  ["PINGRESP from a client", 0xd0, Buffer.from([])],
  ["AUTH, which 3.1.1 does not have", 0xf0, Buffer.from([])],
];

describe("the rules of a packet", () => {
  test.for(mustClose)("%s", ([, first, body]) => {
    expect(checkPacket(first, body, limits)).not.toBeNull();
  });

  test("let through what a sound client sends", () => {
    const sound = [
      generate({
        cmd: "connect",
        clientId: "a",
        clean: true,
        keepalive: 60,
        protocolId: "MQTT",
        protocolVersion: 4,
        username: "u",
        password: Buffer.from("p"),
        will: { topic: "t", payload: Buffer.from("x"), qos: 1, retain: false },
      }),
      generate({ cmd: "connect", clientId: "b", clean: true, keepalive: 60, protocolId: "MQIsdp", protocolVersion: 3 }),
      generate({ cmd: "publish", topic: "街道/垃圾桶", payload: "x", qos: 0, retain: false, dup: false }),
      generate({ cmd: "publish", topic: "a/b", payload: "x", qos: 2, messageId: 65_535, retain: true, dup: true }),
      generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a/+/#", qos: 2 }] }),
      generate({ cmd: "unsubscribe", messageId: 1, unsubscriptions: ["a/+"] }),
      generate({ cmd: "pubrel", messageId: 3 }),
      generate({ cmd: "pingreq" }),
      generate({ cmd: "disconnect" }),
    ];
    for (const packet of sound) expect(checkPacket(packet[0] as number, packet.subarray(2), limits)).toBeNull();
  });

  test("answer to any bytes without throwing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 60 }), (first, body) => {
        const answer = checkPacket(first, Buffer.from(body), limits);
        expect(answer === null || answer.cause.length > 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the topic gate", () => {
  const device: Login = {
    ...{ deviceId: "bin-1", kind: "bin", gateway: false, devices: new Set() },
    ...{ dialects: [], alerts: new Set() },
  };
  const gateway: Login = {
    deviceId: "gw-1",
    kind: "gateway",
    gateway: true,
    devices: new Set(["bin-1"]),
    dialects: ["owntracks/#", "positions"],
    alerts: new Set(),
  };
  const listener: Login = { ...gateway, alerts: new Set(["tianliao", "none"]) };
  const everywhere: Login = { ...gateway, devices: new Set(["*"]), alerts: new Set(["*"]) };
  const all: Login = { ...gateway, devices: new Set(["*"]) };
  const own = "kerbside/v1/bin/bin-1";
  const table: readonly (readonly [Login, "publish" | "subscribe" | "forward", string, boolean])[] = [
    ...["telemetry", "event", "status", "reply"].flatMap((channel) => [
      [device, "publish", `${own}/${channel}`, true] as const,
      [device, "subscribe", `${own}/${channel}`, false] as const,
      [device, "forward", `${own}/${channel}`, false] as const,
      [device, "publish", `kerbside/v1/bin/bin-2/${channel}`, false] as const,
      [device, "publish", `kerbside/v1/vehicle/bin-1/${channel}`, false] as const,
      [gateway, "publish", `${own}/${channel}`, true] as const,
      [gateway, "publish", `kerbside/v1/bin/bin-2/${channel}`, false] as const,
      [all, "publish", `kerbside/v1/bin/bin-2/${channel}`, true] as const,
    ]),
    [device, "publish", `${own}/command`, false],
    [device, "subscribe", `${own}/command`, true],
    [device, "forward", `${own}/command`, true],
    [device, "subscribe", "kerbside/v1/bin/bin-2/command", false],
    [device, "forward", "kerbside/v1/bin/bin-2/command", false],
    [gateway, "subscribe", `${own}/command`, true],
    ...["#", "+/#", "$SYS/#", "$share/g/kerbside/#", "kerbside/v1/bin/+/command", `${own}/#`, ""].flatMap((filter) => [
      [device, "subscribe", filter, false] as const,
      [all, "subscribe", filter, false] as const,
    ]),
    [device, "publish", "$SYS/broker/load", false],
    [device, "publish", `${own}/telemetry/more`, false],
    [device, "publish", "kerbside/v1/bin//telemetry", false],
    [device, "publish", "kerbside/v2/bin/bin-1/telemetry", false],
    [device, "publish", "owntracks/a/b", false],
    [gateway, "publish", "owntracks/a/b", true],
    [gateway, "publish", "positions", true],
    [gateway, "publish", "positions/more", false],
    [gateway, "publish", "frigate/events", false],
    [gateway, "subscribe", "owntracks/a/b", false],
    [gateway, "forward", "owntracks/a/b", false],
    [device, "publish", "__proto__/constructor", false],
    [listener, "subscribe", "kerbside/v1/alerts/tianliao/#", true],
    [listener, "subscribe", "kerbside/v1/alerts/tianliao/bin.overflow/+", true],
    [listener, "subscribe", "kerbside/v1/alerts/yutang/#", false],
    [listener, "subscribe", "kerbside/v1/alerts/#", false],
    [listener, "publish", "kerbside/v1/alerts/tianliao/bin.overflow/1", false],
    [everywhere, "subscribe", "kerbside/v1/alerts/#", true],
    [everywhere, "publish", "kerbside/v1/alerts/tianliao/telemetry", false],
    [gateway, "subscribe", "kerbside/v1/alerts/tianliao/#", false],
    [device, "forward", "kerbside/v1/alerts/tianliao/bin.overflow/1", false],
  ];

  test("whatever filter somebody may subscribe to, nothing it covers is beyond what they may hear", () => {
    const words = ["kerbside", "v1", "alerts", "bin", "bin-1", "command", "telemetry", "tianliao", "yutang", "none"];
    const paths = (levels: readonly string[], depth: number): string[] =>
      depth === 0 ? [""] : paths(levels, depth - 1).flatMap((path) => levels.map((level) => `${path}/${level}`));
    const heads = ["kerbside/v1", "kerbside/+", "+/v1", "+", "#", "kerbside/v1/alerts", "$share/g/kerbside/v1/alerts"];
    const tails = [1, 2, 3].flatMap((depth) => paths([...words.slice(2), "+", "#"], depth));
    const topics = [2, 3].flatMap((depth) => paths(words.slice(2), depth)).map((tail) => `kerbside/v1${tail}`);
    let allowed = 0;
    for (const login of [device, gateway, all, listener, everywhere]) {
      const hearable = new Set(topics.filter((topic) => mayUse(login, "forward", topic)));
      for (const head of heads) {
        for (const tail of ["", ...tails]) {
          const filter = head + tail;
          // A wildcard for several levels ends a filter; the packet rules see to it.
          if (filter.slice(0, -1).includes("#") || !mayUse(login, "subscribe", filter)) continue;
          allowed++;
          for (const topic of topics)
            if (covers(filter, topic)) expect(hearable, `${filter} ${topic}`).toContain(topic);
        }
      }
    }
    expect(allowed).toBeGreaterThan(50);
  });

  test.for(table)("%o may %s %s: %s", ([login, action, topic, allowed]) => {
    expect(mayUse(login, action, topic)).toBe(allowed);
  });

  test("covers as MQTT defines it", () => {
    for (const [filter, topic, expected] of [
      ["a/#", "a", true],
      ["a/#", "a/b/c", true],
      ["a/+", "a", false],
      ["a/+", "a/b/c", false],
      ["+/b", "a/b", true],
      ["a", "ab", false],
    ] as const) {
      expect(covers(filter, topic), `${filter} ${topic}`).toBe(expected);
    }
  });
});

describe("the wire", () => {
  let center: TestCenter;
  let login: { username: string; password: string };
  beforeAll(async () => {
    center = await startTestCenter({
      MQTT_CONNECT_SECONDS: "1",
      MQTT_FLAPS_PER_MINUTE: "100000",
      MQTT_CONNECTS_PER_ADDRESS_BURST: "100000",
    });
    login = (await center.rest<{ mqtt: typeof login }>("POST", "/devices", { id: "bin-1", kind: "bin" })).mqtt;
  });
  afterAll(() => center[Symbol.asyncDispose]());

  const open = (): Socket =>
    createConnection(Number(new URL(center.mqtt ?? "").port), "127.0.0.1").on("error", () => {});
  const connect = () =>
    generate({
      cmd: "connect",
      clientId: "",
      clean: true,
      keepalive: 60,
      protocolId: "MQTT",
      protocolVersion: 4,
      username: login.username,
      password: Buffer.from(login.password),
    });
  const closed = (socket: Socket): Promise<Buffer> =>
    new Promise((resolve) => {
      const received: Buffer[] = [];
      socket.on("data", (data) => received.push(data));
      socket.on("error", () => {});
      socket.on("close", () => resolve(Buffer.concat(received)));
    });

  test("packets may be cut at any byte", async () => {
    const publish = generate({
      cmd: "publish",
      topic: "kerbside/v1/bin/bin-1/telemetry",
      payload: '{"fillPct":5}',
      qos: 1,
      messageId: 7,
      retain: false,
      dup: false,
    });
    const whole = Buffer.concat([connect(), publish]);
    for (let cut = 1; cut < whole.length; cut += 5) {
      const socket = open();
      const receipt = new Promise<number | undefined>((resolve) => {
        const reader = parser();
        reader.on("packet", (packet) => packet.cmd === "puback" && resolve(packet.messageId));
        socket.on("data", (data) => reader.parse(data));
      });
      socket.setNoDelay(true);
      socket.write(whole.subarray(0, cut), () => setImmediate(() => socket.write(whole.subarray(cut))));
      expect(await receipt).toBe(7);
      socket.destroy();
    }
  });

  test("who sends junk behind a huge header is cut off, and its bytes are not collected", async () => {
    const before = process.memoryUsage().rss;
    await Promise.all(
      Array.from({ length: 200 }, () => {
        const socket = open();
        socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
        socket.write(Buffer.alloc(256 * 1_024));
        return closed(socket);
      }),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1_024 * 1_024);
  });

  test("who says nothing is cut off in time; a second CONNECT and a first PUBLISH end it", async () => {
    await closed(open());
    const twice = open();
    twice.write(Buffer.concat([connect(), connect()]));
    await closed(twice);
    const first = open();
    first.write(generate({ cmd: "pingreq" }));
    expect(await closed(first)).toHaveLength(0);
  });

  test("an unknown level and an over-long id get their CONNACK before the end", async () => {
    const level = open();
    level.write(bytes([0x10, 18], text("MQTT"), [5, 2, 0, 60], id));
    expect([...(await closed(level))]).toEqual([0x20, 2, 0, 1]);
    const long = open();
    const body = connectBody(0x02, text("x".repeat(65)));
    long.write(bytes([0x10, body.length], body));
    expect([...(await closed(long))]).toEqual([0x20, 2, 0, 2]);
  });

  test("a foreign topic ends the connection; a wrong secret is refused like an unknown device", async () => {
    const socket = open();
    socket.write(connect());
    await new Promise((resolve) => socket.once("data", resolve));
    socket.write(
      generate({
        cmd: "publish",
        topic: "kerbside/v1/bin/bin-2/telemetry",
        payload: "{}",
        qos: 1,
        messageId: 1,
        retain: false,
        dup: false,
      }),
    );
    expect(await closed(socket)).toHaveLength(0);
    const answers = await Promise.all(
      ["bin-1", "nobody"].map((username) => {
        const guess = open();
        guess.write(
          generate({
            cmd: "connect",
            clientId: "x",
            clean: true,
            keepalive: 60,
            protocolId: "MQTT",
            protocolVersion: 4,
            username,
            password: Buffer.from("wrong"),
          }),
        );
        return closed(guess);
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect([...(answers[0] ?? [])]).toEqual([0x20, 2, 0, 4]);
  });

  test("a new secret ends the connections of the old one", async () => {
    const { mqtt } = await center.rest<{ mqtt: typeof login }>("POST", "/devices", { id: "bin-9", kind: "bin" });
    const socket = open();
    socket.write(
      generate({
        cmd: "connect",
        clientId: "x",
        clean: true,
        keepalive: 60,
        protocolId: "MQTT",
        protocolVersion: 4,
        username: "bin-9",
        password: Buffer.from(mqtt.password),
      }),
    );
    await new Promise((resolve) => socket.once("data", resolve));
    const ended = closed(socket);
    await center.rest("POST", "/devices/bin-9/secret");
    await ended;
  });

  test("a stranger's subscription is refused even beside an allowed one", async () => {
    const socket = open();
    const suback = new Promise<readonly number[]>((resolve) => {
      const reader = parser();
      reader.on("packet", (packet) => packet.cmd === "suback" && resolve(packet.granted as number[]));
      socket.on("data", (data) => reader.parse(data));
    });
    socket.write(connect());
    const filters = ["kerbside/v1/bin/bin-1/command", "#", "kerbside/v1/bin/+/telemetry"];
    socket.write(
      generate({ cmd: "subscribe", messageId: 5, subscriptions: filters.map((topic) => ({ topic, qos: 1 as const })) }),
    );
    expect(await suback).toEqual([1, 128, 128]);
    socket.destroy();
  });
});
