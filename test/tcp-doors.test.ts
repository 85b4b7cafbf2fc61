import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeFrame } from "../devices/jt808/frame.ts";
import { MESSAGE, writeLocation } from "../devices/jt808/location.ts";
import { type AvlRecord, encodePacket } from "../devices/teltonika/codec8.ts";
import { startCenterProcess } from "./support/center-process.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { locationAt, Terminal } from "./support/jt808-terminal.ts";
import { random } from "./support/random.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

const DOORS = { JT808_PORT: "0", TELTONIKA_PORT: "0", MQTT_FLAPS_PER_MINUTE: "100000", JT808_FRAGMENT_SECONDS: "1" };
const hour = 3_600_000;
interface History {
  readonly points: { readonly at: number; readonly value: number }[];
}

const vehicle = (center: Pick<TestCenter, "rest">, id: string, alias: string, attributes = {}) =>
  center.rest("POST", "/devices", { id, kind: "vehicle", aliases: [alias], attributes });
const history = async (center: Pick<TestCenter, "rest">, id: string, metric = "speedKmh") => {
  const path = `/devices/${id}/history?metric=${metric}&from=${Date.now() - 24 * hour}&to=${Date.now() + hour}`;
  return (await center.rest<History>("GET", path)).points;
};
const refusals = async (center: TestCenter) =>
  (await center.rest<{ items: { reason: string; detail: string }[] }>("GET", "/quarantine")).items;
/** From now on commits wait; the answer lets them go. */
const holdCommits = (center: TestCenter): (() => void) => {
  const store = center.center.store as { commit: (typeof center.center.store)["commit"] };
  const { commit } = store;
  const gate = Promise.withResolvers<void>();
  store.commit = async (batch) => {
    await gate.promise;
    return commit(batch);
  };
  return () => {
    store.commit = commit;
    gate.resolve();
  };
};

describe("JT/T 808 over TCP", () => {
  let center: TestCenter;
  let url: string;
  beforeAll(async () => {
    center = await startTestCenter(DOORS);
    url = center.jt808 as string;
  });
  afterAll(() => center[Symbol.asyncDispose]());

  test.for([2011, 2013, 2019] as const)(
    "a terminal of %i registers, authenticates, reports, rests and leaves",
    async (edition) => {
      const id = `truck-${edition}`;
      await vehicle(center, id, `jt808:1380000${edition}`);
      const terminal = await Terminal.connect(url, `01380000${edition}`, edition);
      const registered = await terminal.register();
      expect(registered).toEqual({ result: 0, code: expect.stringMatching(/^[\w-]{16}$/) });
      expect(await terminal.authenticate(registered?.code ?? "")).toMatchObject({ messageId: 0x0102, result: 0 });
      const at = Math.floor(Date.now() / 1_000) * 1_000;
      const serial = terminal.locate(at);
      expect(await terminal.answer()).toEqual({ serial, messageId: 0x0200, result: 0 });
      expect(await history(center, id)).toEqual([{ at, value: 18.5 }]);
      const beat = terminal.send(MESSAGE.heartbeat, new Uint8Array(0));
      expect(await terminal.answer()).toEqual({ serial: beat, messageId: 0x0002, result: 0 });
      const picture = terminal.send(0x0801, new Uint8Array(40));
      expect(await terminal.answer()).toEqual({ serial: picture, messageId: 0x0801, result: 3 });
      expect(await center.rest("GET", `/devices/${id}`)).toMatchObject({ online: true });
      terminal.raw.end();
      await expect.poll(async () => center.rest("GET", `/devices/${id}`)).toMatchObject({ online: false });
    },
  );

  test("a receipt leaves after the commit, never before", async () => {
    await vehicle(center, "truck-commit", "jt808:13800000001");
    const terminal = await Terminal.connect(url, "013800000001");
    await terminal.login();
    const release = holdCommits(center);
    const serial = terminal.locate(Date.now());
    await expect.poll(() => center.center.settled).toBe(false);
    // A heartbeat changes nothing, so its answer may come first: until then nothing else has.
    const beat = terminal.send(MESSAGE.heartbeat, new Uint8Array(0));
    expect(await terminal.answer()).toMatchObject({ serial: beat });
    release();
    expect(await terminal.answer()).toMatchObject({ serial, result: 0 });
    terminal.raw.end();
  });

  test("a batch in fragments: what is missing is asked for, every frame is answered once the whole is on disk", async () => {
    await vehicle(center, "truck-batch", "jt808:13800000002");
    const terminal = await Terminal.connect(url, "013800000002", 2019);
    await terminal.login();
    const start = Math.floor(Date.now() / 1_000) * 1_000 - hour;
    const times = Array.from({ length: 60 }, (_, i) => start + i * 10_000);
    const first = terminal.serial;
    const frames = terminal.fragments(times, 700);
    expect(frames.length).toBeGreaterThan(2);
    for (const [i, frame] of frames.entries()) if (i !== 1) terminal.raw.send(frame);
    const asked = await terminal.next();
    expect(asked?.messageId).toBe(0x8003);
    expect(Buffer.from(asked?.body ?? []).toString("hex")).toBe(`${first.toString(16).padStart(4, "0")}00010002`);
    expect(await history(center, "truck-batch")).toEqual([]);
    terminal.raw.send(frames[1] as Uint8Array);
    const answers = [];
    for (const _ of frames) answers.push(await terminal.answer());
    expect(answers).toEqual(frames.map((_, i) => ({ serial: first + i, messageId: 0x0704, result: 0 })));
    expect((await history(center, "truck-batch")).map(({ at }) => at)).toEqual(times);
    // The terminal has missed the answers and sends everything again.
    for (const frame of frames) terminal.raw.send(frame);
    for (const _ of frames) await terminal.answer();
    expect(await history(center, "truck-batch")).toHaveLength(times.length);
    terminal.raw.end();
  });

  test("a frame that was damaged on the way is asked for again, and one that was cut loses nobody else's", async () => {
    await vehicle(center, "truck-noise", "jt808:13800000003");
    const terminal = await Terminal.connect(url, "013800000003");
    await terminal.login();
    const at = Math.floor(Date.now() / 1_000) * 1_000;
    const damaged = terminal.frame(MESSAGE.location, writeLocation(locationAt(at)));
    damaged[20] = (damaged[20] as number) ^ 0x01;
    terminal.raw.send(damaged);
    expect(await terminal.answer()).toMatchObject({ result: 2 });
    const cut = terminal.frame(MESSAGE.location, writeLocation(locationAt(at))).subarray(0, 20);
    terminal.raw.send(cut);
    const serial = terminal.locate(at);
    expect(await terminal.answer()).toMatchObject({ serial: serial - 1, result: 2 });
    expect(await terminal.answer()).toMatchObject({ serial, result: 0 });
    expect(await history(center, "truck-noise")).toEqual([{ at, value: 18.5 }]);
    terminal.raw.end();
  });

  test("who is not registered, not bound, or not authenticated gets nowhere, and operators see who knocked", async () => {
    const stranger = await Terminal.connect(url, "013899999999");
    expect(await stranger.register()).toMatchObject({ result: 2 });
    await stranger.raw.ended();
    await expect
      .poll(() => refusals(center))
      .toContainEqual(
        expect.objectContaining({ reason: "unknownDevice", detail: expect.stringContaining("jt808:13899999999") }),
      );
    await vehicle(center, "truck-bound", "jt808:13800000004");
    const own = await Terminal.connect(url, "013800000004");
    await own.login("T000001");
    const other = await Terminal.connect(url, "013800000004");
    expect(await other.register("T000002")).toMatchObject({ result: 3, code: "" });
    await other.raw.ended();
    const guessing = await Terminal.connect(url, "013800000004");
    expect(await guessing.authenticate("0123456789abcdef")).toMatchObject({ result: 1 });
    await guessing.raw.ended();
    const hasty = await Terminal.connect(url, "013800000004");
    hasty.locate(Date.now());
    expect(await hasty.answer()).toMatchObject({ result: 1 });
    await hasty.raw.ended();
    const serial = own.locate(Date.now());
    expect(await own.answer()).toMatchObject({ serial, result: 0 });
    own.raw.send(own.frame(MESSAGE.location, writeLocation(locationAt(Date.now())), null, "013800000001"));
    expect(await own.answer()).toMatchObject({ result: 1 });
    await own.raw.ended();
    expect(await history(center, "truck-bound")).toHaveLength(1);
  });

  test("a new secret ends the session and the old code; the secret itself is a code too", async () => {
    await vehicle(center, "truck-secret", "jt808:13800000005");
    const terminal = await Terminal.connect(url, "013800000005");
    const registered = await terminal.register();
    await terminal.authenticate(registered?.code ?? "");
    const made = await center.rest<{ mqtt: { password: string } }>("POST", "/devices/truck-secret/secret", {
      keepPrevious: false,
    });
    await terminal.raw.ended();
    const again = await Terminal.connect(url, "013800000005");
    expect(await again.authenticate(registered?.code ?? "")).toMatchObject({ result: 1 });
    const right = await Terminal.connect(url, "013800000005");
    expect(await right.authenticate(made.mqtt.password)).toMatchObject({ result: 0 });
    const newer = await Terminal.connect(url, "013800000005");
    await newer.login();
    await right.raw.ended();
    newer.raw.end();
  });

  test("a driver's card and a log out are kept", async () => {
    await vehicle(center, "truck-card", "jt808:13800000006");
    const terminal = await Terminal.connect(url, "013800000006");
    await terminal.login();
    const time = Buffer.from(locationAt(Date.now()).time, "hex");
    terminal.send(MESSAGE.driverCard, Buffer.concat([Buffer.of(2), time]));
    expect(await terminal.answer()).toMatchObject({ messageId: 0x0702, result: 0 });
    terminal.send(MESSAGE.logOut, new Uint8Array(0));
    expect(await terminal.answer()).toMatchObject({ messageId: 0x0003, result: 0 });
    const path = `/devices/truck-card/events?from=${Date.now() - hour}`;
    expect(JSON.stringify(await center.rest("GET", path))).toContain('"code":"removed"');
    expect(await center.rest("GET", "/devices/truck-card")).toMatchObject({ online: false });
    terminal.raw.end();
  });
});

describe("Teltonika over TCP", () => {
  const imei = "352093080000015";
  const record = (at: number): AvlRecord => ({
    ...{ at, priority: 0, lat: 22.733, lon: 113.9033, altM: 12, angle: 90, satellites: 9, speedKmh: 21 },
    ...{ event: 0, io: { 239: 1 } },
  });
  const greet = async (url: string, digits: string) => {
    const raw = await RawSocket.open(url);
    raw.send(Buffer.concat([Buffer.of(0, 15), Buffer.from(digits)]));
    const answer = await raw.take((bytes) => (bytes.length > 0 ? { value: bytes[0], bytes: 1 } : null));
    return { raw, answer };
  };
  const acknowledged = (raw: RawSocket) =>
    raw.take((bytes) => (bytes.length >= 4 ? { value: bytes.readUInt32BE(0), bytes: 4 } : null));

  test("a packet is acknowledged with its records once they are on disk; nobody else's tracker gets in", async () => {
    await using center = await startTestCenter(DOORS);
    const url = center.teltonika as string;
    await vehicle(center, "tracker-1", `imei:${imei}`);
    const { raw, answer } = await greet(url, imei);
    expect(answer).toBe(1);
    const at = Date.now() - 60_000;
    const release = holdCommits(center);
    raw.send(encodePacket([record(at), record(at - 10_000)]));
    await expect.poll(() => center.center.settled).toBe(false);
    let answered = false;
    const receipt = acknowledged(raw).then((count) => {
      answered = true;
      return count;
    });
    await fetch(`${center.http}/health/live`);
    expect(answered).toBe(false);
    release();
    expect(await receipt).toBe(2);
    expect((await history(center, "tracker-1")).map((point) => point.at)).toEqual([at - 10_000, at]);
    raw.send(Uint8Array.of(0xff));
    const damaged = encodePacket([record(at + 10_000)]);
    damaged[30] = (damaged[30] as number) ^ 1;
    raw.send(damaged);
    expect(await acknowledged(raw)).toBe(0);
    expect(await refusals(center)).toContainEqual(expect.objectContaining({ reason: "checksum" }));
    raw.send(encodePacket([record(at + 10_000)]));
    expect(await acknowledged(raw)).toBe(1);
    const stranger = await greet(url, "352093080000099");
    expect(stranger.answer).toBe(0);
    await stranger.raw.ended();
    await center.rest("DELETE", "/devices/tracker-1");
    await raw.ended();
  });

  test("from a network that was not listed nobody comes in, registered or not", async () => {
    await using center = await startTestCenter({ ...DOORS, TELTONIKA_NETWORKS: "10.0.0.0/8" });
    await vehicle(center, "tracker-1", `imei:${imei}`);
    const { raw, answer } = await greet(center.teltonika as string, imei);
    expect(answer).toBe(0);
    await raw.ended();
  });
});

describe("bounds of raw sockets", () => {
  test("connections, bytes and time before the login, silence after it", async () => {
    const limits = {
      TCP_LOGIN_SECONDS: "1",
      TCP_BYTES_BEFORE_LOGIN: "1500",
      TCP_IDLE_SECONDS: "1",
      MQTT_CONNECTIONS_PER_ADDRESS: "2",
    };
    await using center = await startTestCenter({ ...DOORS, ...limits });
    const url = center.jt808 as string;
    await vehicle(center, "truck-1", "jt808:13800000001");
    const idle = await RawSocket.open(url);
    await idle.ended();
    const talkative = await RawSocket.open(url);
    talkative.send(Buffer.alloc(2_000, 0x7e));
    await talkative.ended();
    const two = await Promise.all([RawSocket.open(url), RawSocket.open(url)]);
    const third = await RawSocket.open(url);
    await third.ended();
    for (const raw of two) raw.end();
    await expect
      .poll(async () => {
        const terminal = await Terminal.connect(url, "013800000001");
        return terminal.login().then(
          () => true,
          () => false,
        );
      })
      .toBe(true);
    const metrics = await (await fetch(`${center.http}/metrics`)).text();
    for (const cause of ["no login in time", "too much before the login", "too many connections of one address"]) {
      expect(metrics).toContain(`kerbside_jt808_refused_total{cause="${cause}"}`);
    }
    await expect
      .poll(async () => (await fetch(`${center.http}/metrics`)).text(), { timeout: 5_000 })
      .toContain('kerbside_jt808_refused_total{cause="idle"}');
  });

  test("whatever bytes come, on many sockets, the center lives and a sound terminal is served", async () => {
    await using center = await startTestCenter({
      ...DOORS,
      MQTT_AUTH_FAILURES_PER_ADDRESS: "100000",
      MQTT_AUTH_FAILURES_PER_ID: "100000",
      MQTT_CONNECTS_PER_ADDRESS_BURST: "100000",
    });
    const roll = random(808);
    const byte = () => Math.floor(roll() * 256);
    await vehicle(center, "truck-1", "jt808:13800000001");
    const sound = await Terminal.connect(center.jt808 as string, "013800000001");
    await sound.login();
    const phone = "013800000002";
    await vehicle(center, "truck-2", "jt808:13800000002");
    const { code } = (await (await Terminal.connect(center.jt808 as string, phone)).register()) as { code: string };
    const samples = (): Uint8Array[] => [
      encodeFrame({ messageId: MESSAGE.location, phone, serial: byte(), body: writeLocation(locationAt(Date.now())) }),
      encodeFrame({ messageId: MESSAGE.register, phone, serial: 1, body: Buffer.alloc(37, byte()) }),
      encodeFrame({ messageId: MESSAGE.authenticate, phone, serial: 2, body: Buffer.from(code) }),
      encodeFrame({
        messageId: 0x0704,
        phone,
        serial: 3,
        body: Buffer.alloc(90, byte()),
        fragment: { total: 1 + byte(), index: byte() },
      }),
      Buffer.concat([Buffer.of(0, 15), Buffer.from("352093080000015")]),
      Buffer.from(Array.from({ length: 1 + byte() }, byte)),
    ];
    for (let round = 0; round < 150; round++) {
      const url = (roll() < 0.6 ? center.jt808 : center.teltonika) as string;
      const raw = await RawSocket.open(url);
      for (let i = 0; i < 1 + roll() * 6; i++) {
        const sample = Uint8Array.from(samples()[Math.floor(roll() * 6)] as Uint8Array);
        for (let flips = Math.floor(roll() * 4); flips > 0; flips--)
          sample[Math.floor(roll() * sample.length)] = byte();
        raw.send(roll() < 0.2 ? sample.subarray(0, Math.floor(roll() * sample.length)) : sample);
      }
      if (roll() < 0.5) raw.end();
      else raw.socket.end();
      if (round % 50 === 49) {
        const serial = sound.locate(Date.now() - round * 1_000);
        expect(await sound.answer()).toMatchObject({ serial, result: 0 });
      }
    }
    expect((await fetch(`${center.http}/health/ready`)).status).toBe(200);
    expect(await history(center, "truck-1")).toHaveLength(3);
    sound.raw.end();
  });
});

test("kill -9 under load: no location that was answered is lost", { timeout: 120_000 }, async () => {
  using directory = temporaryDirectory();
  const start = Math.floor(Date.now() / 1_000) * 1_000 - 6 * hour;
  const answered = new Set<number>();
  let next = 0;
  for (let round = 0; round < 6; round++) {
    const center = await startCenterProcess(directory.path, DOORS);
    if (round === 0) await vehicle(center, "truck-1", "jt808:13800000001");
    const terminal = await Terminal.connect(center.jt808 as string, "013800000001");
    await terminal.login();
    const killAfter = 20 + ((round * 61) % 150);
    const sent = new Map<number, number>();
    for (let i = 0; i < 300; i++) {
      const n = next++;
      sent.set(terminal.locate(start + n * 1_000), n);
    }
    for (let count = 0; ; count++) {
      const answer = await terminal.answer();
      if (!answer) break;
      if (answer.result === 0) answered.add(sent.get(answer.serial) as number);
      if (count === killAfter) center.child.kill("SIGKILL");
    }
    terminal.raw.end();
  }
  const center = await startCenterProcess(directory.path, DOORS);
  const stored = new Set((await history(center, "truck-1")).map(({ at }) => (at - start) / 1_000));
  expect(answered.size).toBeGreaterThan(6 * 20);
  expect([...answered].filter((n) => !stored.has(n))).toEqual([]);
  expect(await center.stop()).toBe(0);
});
