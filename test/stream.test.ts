import { createConnection } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect, type StreamClient } from "../src/stream/client.ts";
import type { AlertView, ServerFrame, StateFrame } from "../src/stream/protocol.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { random } from "./support/random.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

const urlOf = (center: TestCenter): string => `${center.http.replace("http", "ws")}/api/v1/stream`;
const place = { lat: 22.733, lon: 113.9033 };

let reported = 0;
/** Each report stands far from the others: what is near would join the same alert. */
const report = (center: TestCenter, id: string, ruleId = "street.illegal_dumping") => {
  const elsewhere = { lat: place.lat + reported++ * 0.001, lon: place.lon };
  return center.rest<AlertView>("POST", "/alerts", { ruleId, subject: { kind: "spot", id }, place: elsewhere });
};
const close = (center: TestCenter, id: string) =>
  center.rest<AlertView>("POST", `/alerts/${id}/close`, { note: "done" });

function until(holds: () => boolean): Promise<void> {
  return expect.poll(holds, { interval: 5, timeout: 10_000 }).toBe(true);
}

/** The view a client has now, and the one a new client gets. */
async function compare(
  center: TestCenter,
  client: StreamClient,
  view: { items: ReadonlyMap<string, unknown>; rev: number },
  filter: object,
) {
  await until(() => client.status === "live" && view.rev >= center.center.alerts.head);
  const fresh = connect({ url: urlOf(center), token: ADMIN_TOKEN });
  const snapshot = fresh.subscribe("alerts", { filter });
  await until(() => snapshot.rev >= center.center.alerts.head);
  expect(new Map(view.items)).toEqual(new Map(snapshot.items));
  fresh.close();
}

describe("the law of the stream", () => {
  test.for([1, 2, 3])("frames folded in any history are a fresh snapshot, seed %i", async (seed) => {
    await using center = await startTestCenter({ STREAM_HEARTBEAT_MS: "200", STREAM_FRAME_ITEMS: "7" });
    const next = random(seed);
    const filters = [{}, { open: true }, { level: [2] }, { state: ["acknowledged"] }, { ruleId: ["help.sos"] }];
    const clients = filters.map((filter) => {
      const client = connect({ url: urlOf(center), token: ADMIN_TOKEN });
      return { client, filter, view: client.subscribe("alerts", { filter }) };
    });
    const open: string[] = [];
    for (let step = 0; step < 120; step++) {
      const dice = next();
      if (dice < 0.45 || open.length === 0) {
        const ruleId = next() < 0.5 ? "street.illegal_dumping" : "help.sos";
        open.push((await report(center, `spot-${step}`, ruleId)).id);
      } else if (dice < 0.7) {
        const id = open[Math.floor(next() * open.length)] as string;
        await center.rest("POST", `/alerts/${id}/acknowledge`).catch(() => {});
      } else {
        const [id] = open.splice(Math.floor(next() * open.length), 1);
        await close(center, id as string);
      }
    }
    for (const { client, filter, view } of clients) {
      await compare(center, client, view, filter);
      client.close();
    }
  });

  test("a client that was away over a restart gets each change once, and what it knows is right", async () => {
    using directory = temporaryDirectory();
    const first = await startTestCenter({ DATA_DIR: directory.path });
    const kept = await report(first, "kept");
    const closed = await report(first, "closed");
    const socket = await greet(first);
    const [snapshot] = await ask(socket, { type: "subscribe", id: "a", topic: "alerts", filter: { open: true } }, 1);
    expect(snapshot?.since).toBe(0);
    const epoch = first.center.store.restored.epoch;
    const rev = snapshot?.rev ?? 0;
    socket.close();
    await close(first, closed.id);
    const during = await report(first, "during");
    await first[Symbol.asyncDispose]();
    await using second = await startTestCenter({ DATA_DIR: directory.path });
    const after = await report(second, "after");
    const again = await greet(second);
    const since = { epoch, rev };
    const frames = await ask(again, { type: "subscribe", id: "a", topic: "alerts", filter: { open: true }, since }, 2);
    const upserts = frames.flatMap((frame) => frame.upsert.map(({ id }) => id));
    expect(frames[0]).toMatchObject({ since: rev });
    expect(upserts.sort()).toEqual([during.id, after.id].sort());
    expect(frames.flatMap(({ gone }) => gone)).toContain(closed.id);
    expect(upserts).not.toContain(kept.id);
    again.close();
  });

  test("says why a view starts anew: another epoch, or a position that never was", async () => {
    await using center = await startTestCenter();
    await report(center, "a");
    const { epoch } = center.center.store.restored;
    for (const since of [
      { epoch: "another", rev: 1 },
      { epoch, rev: 999_999 },
    ]) {
      const socket = await greet(center);
      const [frame] = await ask(socket, { type: "subscribe", id: "a", topic: "alerts", since }, 1);
      expect(frame).toMatchObject({ since: 0, reset: "epoch" });
      expect(frame?.upsert).toHaveLength(1);
      socket.close();
    }
  });

  test("a view changes its pace and goes on from where it is", async () => {
    await using center = await startTestCenter();
    const place = { lat: 22.733, lon: 113.9033 };
    for (const id of ["bin-1", "bin-2"]) await center.rest("POST", "/devices", { id, kind: "bin", place });
    const frames: StateFrame[] = [];
    const client = connect({ url: urlOf(center), token: ADMIN_TOKEN, onFrame: (frame) => frames.push(frame) });
    const view = client.subscribe("marks", { everyMs: 60_000 });
    expect(view.complete).toBe(false);
    await until(() => view.complete && view.items.size === 2);
    const before = frames.length;
    view.pace(100);
    await center.rest("POST", "/devices", { id: "bin-3", kind: "bin", place });
    await until(() => view.items.size === 3);
    expect(frames.slice(before).filter(({ since }) => since === 0)).toEqual([]);
    client.close();
  });

  test("a heartbeat comes when nothing happens, and carries the center's time", async () => {
    await using center = await startTestCenter({ STREAM_HEARTBEAT_MS: "200" });
    const socket = await greet(center);
    const frames = await ask(socket, { type: "subscribe", id: "a", topic: "alerts" }, 4);
    for (const frame of frames.slice(1)) {
      expect(frame).toMatchObject({ upsert: [], gone: [] });
      expect(frame.since).toBe(frame.rev);
    }
    expect(frames.at(-1)?.now).toBeGreaterThan(frames[0]?.now ?? 0);
    socket.close();
  });

  test("frames say when the database of the past is behind, and only then", async () => {
    for (const [late, health] of [
      ["0", "historyBehind"],
      ["3600", undefined],
    ] as const) {
      await using center = await startTestCenter({
        STREAM_HEARTBEAT_MS: "200",
        // Nothing listens there.
        INFLUX_URL: "http://127.0.0.1:9",
        INFLUX_TOKEN: "none",
        INFLUX_ORG: "none",
        INFLUX_LATE_SECONDS: late,
      });
      await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
      const payload = new TextEncoder().encode(JSON.stringify({ fillPct: 50 }));
      const message = { topic: "kerbside/v1/bin/bin-1/telemetry", payload, receivedAt: Date.now(), principal: null };
      await new Promise<void>((resolve) => center.center.inbox.submit(message, resolve));
      const client = connect({ url: urlOf(center), token: ADMIN_TOKEN });
      const view = client.subscribe("devices", { everyMs: 100 });
      await until(() => view.items.size === 1);
      // The follower looks once a second at how far it is.
      if (health) await until(() => client.heard?.health === health);
      else expect(client.heard?.health).toBeNull();
      client.close();
    }
  });

  test("screens that ask the same share the bytes of one frame", async () => {
    await using center = await startTestCenter();
    const clients = Array.from({ length: 20 }, () => connect({ url: urlOf(center), token: ADMIN_TOKEN }));
    const views = clients.map((client) => client.subscribe("alerts"));
    await until(() => clients.every(({ status }) => status === "live") && views.every(({ rev }) => rev >= 0));
    await report(center, "first");
    await until(() => views.every(({ items }) => items.size === 1));
    const text = () => fetch(`${center.http}/metrics`).then((answer) => answer.text());
    const read = async (name: string) => Number(new RegExp(`^${name} (\\d+)`, "m").exec(await text())?.[1]);
    const before = {
      frames: await read("kerbside_stream_frames_total"),
      built: await read("kerbside_stream_serialised_total"),
    };
    await report(center, "second");
    await until(() => views.every(({ items }) => items.size === 2));
    expect((await read("kerbside_stream_frames_total")) - before.frames).toBe(20);
    expect((await read("kerbside_stream_serialised_total")) - before.built).toBe(1);
    for (const client of clients) client.close();
  });

  test("a reader that stalls is cut off and costs the others nothing", async () => {
    await using center = await startTestCenter({
      STREAM_SOFT_BYTES: "20000",
      STREAM_HARD_BYTES: "60000",
      STREAM_SLOW_SECONDS: "1",
      STREAM_HEARTBEAT_MS: "200",
    });
    const good = connect({ url: urlOf(center), token: ADMIN_TOKEN });
    const view = good.subscribe("alerts");
    const slow = await stalledSocket(center);
    const devices = Array.from({ length: 600 }, (_, n) => ({
      id: `bin-${n}`,
      kind: "bin",
      place,
      name: "n".repeat(100),
    }));
    await center.rest("POST", "/devices/import", devices);
    let turn = 0;
    const busy = setInterval(() => {
      const name = `name ${turn++} ${"x".repeat(90)}`;
      void center
        .rest(
          "POST",
          "/devices/import?update=true",
          devices.map((device) => ({ ...device, name })),
        )
        .catch(() => {});
    }, 150);
    const metrics = () => fetch(`${center.http}/metrics`).then((answer) => answer.text());
    await expect
      .poll(metrics, { timeout: 25_000, interval: 200 })
      .toContain('kerbside_stream_closed_total{code="4408"} 1');
    clearInterval(busy);
    slow.destroy();
    await report(center, "still here");
    await until(() => view.items.size === 1);
    good.close();
  });
});

describe("the stream's door", () => {
  test("wants auth first, and the right token", async () => {
    await using center = await startTestCenter({ STREAM_AUTH_SECONDS: "1" });
    expect(await closeCode(center, [{ type: "subscribe", id: "a", topic: "alerts" }])).toBe(4401);
    expect(await closeCode(center, [{ type: "auth", token: "wrong" }])).toBe(4401);
    expect(await closeCode(center, [])).toBe(4401);
  });

  test("refuses a foreign Origin and knows its own", async () => {
    await using center = await startTestCenter();
    const outcome = (origin?: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(urlOf(center), origin === undefined ? {} : { origin });
        socket.on("open", () => {
          resolve("open");
          socket.close();
        });
        socket.on("error", (error) => resolve(error.message));
      });
    expect(await outcome()).toBe("open");
    expect(await outcome(center.http)).toBe("open");
    expect(await outcome("https://evil.example")).toContain("403");
    expect(await outcome("null")).toContain("403");
  });

  test("closes within a second when the token is revoked", async () => {
    await using center = await startTestCenter();
    const { id, token } = await center.rest<{ id: string; token: string }>("POST", "/tokens", {
      name: "wall",
      role: "viewer",
    });
    const socket = await greet(center, token);
    const code = new Promise((resolve) => socket.once("close", resolve));
    await center.rest("DELETE", `/tokens/${id}`);
    expect(await code).toBe(4401);
  });

  test("answers what makes no sense with an error, and too much of it with the end", async () => {
    await using center = await startTestCenter({ STREAM_SUBSCRIPTIONS: "2" });
    const socket = await greet(center);
    const errors: ServerFrame[] = [];
    socket.on("message", (data) => errors.push(JSON.parse(String(data)) as ServerFrame));
    socket.send("{");
    socket.send(JSON.stringify({ type: "subscribe", id: "x", topic: "nothing" }));
    socket.send(JSON.stringify({ type: "subscribe", id: "y", topic: "alerts", filter: { nonsense: 1 } }));
    await until(() => errors.length === 3);
    expect(errors.map((frame) => "code" in frame && frame.code)).toEqual(["invalid", "unknownTopic", "invalid"]);
    const code = new Promise((resolve) => socket.once("close", resolve));
    for (let i = 0; i < 10; i++) socket.send("{");
    expect(await code).toBe(4400);
  });

  test("shows a wall no names of people", async () => {
    await using center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "badge-1", kind: "person", name: "王小明", place });
    await center.rest("POST", "/alerts", { ruleId: "help.sos", subject: { kind: "person", id: "badge-1" } });
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "wall", role: "viewer" });
    const client = connect({ url: urlOf(center), token });
    const devices = client.subscribe("devices", { everyMs: 100 });
    const alerts = client.subscribe("alerts");
    await until(() => devices.items.size === 1 && alerts.items.size === 1);
    expect(JSON.stringify([...devices.items.values(), ...alerts.items.values()])).not.toContain("王小明");
    expect(devices.items.get("staff~1")?.name).toBe("Worker badge 1");
    client.close();
  });
});

async function greet(center: TestCenter, token = ADMIN_TOKEN): Promise<WebSocket> {
  const socket = new WebSocket(urlOf(center));
  await new Promise((resolve) => socket.once("open", resolve));
  const hello = new Promise((resolve) => socket.once("message", resolve));
  socket.send(JSON.stringify({ type: "auth", token }));
  await hello;
  return socket;
}

/** Sends a frame and collects the next state frames. */
function ask(socket: WebSocket, frame: object, count: number): Promise<StateFrame<{ id: string }>[]> {
  return new Promise((resolve) => {
    const frames: StateFrame<{ id: string }>[] = [];
    socket.on("message", (data) => {
      const received = JSON.parse(String(data)) as StateFrame<{ id: string }>;
      if (received.type === "state") frames.push(received);
      if (frames.length === count) resolve(frames);
    });
    socket.send(JSON.stringify(frame));
  });
}

function closeCode(center: TestCenter, frames: object[]): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(urlOf(center));
    socket.on("open", () => {
      for (const frame of frames) socket.send(JSON.stringify(frame));
    });
    socket.on("close", resolve);
  });
}

/** A client that subscribes and never reads again. */
async function stalledSocket(center: TestCenter) {
  const { hostname, port } = new URL(center.http);
  const socket = createConnection(Number(port), hostname);
  const key = Buffer.from("0123456789abcdef").toString("base64");
  socket.write(
    `GET /api/v1/stream HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await new Promise((resolve) => socket.once("data", resolve));
  const send = (frame: object) => {
    const text = Buffer.from(JSON.stringify(frame));
    const header = Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]);
    socket.write(Buffer.concat([header, text]));
  };
  send({ type: "auth", token: ADMIN_TOKEN });
  send({ type: "subscribe", id: "d", topic: "devices", everyMs: 100 });
  socket.pause();
  socket.on("error", () => {});
  return socket;
}
