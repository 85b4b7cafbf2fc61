import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { ManualClock, MINUTE } from "../src/domain/time.ts";
import { connect, type StreamClient, type View } from "../src/stream/client.ts";
import type { AlertView, DeviceView, ReplayFrame } from "../src/stream/protocol.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

const START = Date.parse("2026-09-22T02:00:00Z");
const BINS = 3;
const TRUCK = "truck-1";

interface Picture {
  readonly alerts: Record<string, AlertView>;
  /** What a replay cannot know: when the center heard of it, and revisions of this run of the process. */
  readonly devices: Record<string, Omit<DeviceView, "receivedAt">>;
}

const clock = new ManualClock(START);
let center: TestCenter;
let live: { client: StreamClient; alerts: View<AlertView>; devices: View<DeviceView> };
const lines = new Map<string, MqttClient>();
const then: { at: number; picture: Picture }[] = [];

const screens = (client: StreamClient) => ({
  client,
  alerts: client.subscribe("alerts"),
  devices: client.subscribe("devices", { everyMs: 100 }),
});

function picture({ alerts, devices }: Pick<typeof live, "alerts" | "devices">): Picture {
  const byId = <T extends { id: string }>(items: Iterable<T>) =>
    [...items].sort((a, b) => a.id.localeCompare(b.id)).map((item) => [item.id, item] as const);
  return {
    alerts: Object.fromEntries(byId(alerts.items.values())),
    devices: Object.fromEntries(
      byId(devices.items.values()).map(([id, { receivedAt: _when, ...device }]) => [id, device]),
    ),
  };
}

async function say(id: string, kind: string, payload: object): Promise<void> {
  const line = lines.get(id) as MqttClient;
  await line.publishAsync(`kerbside/v1/${kind}/${id}/telemetry`, JSON.stringify({ ts: clock.now(), ...payload }), {
    qos: 1,
  });
}

/** What the live screens show once everything until now has come to them. */
async function lookNow(): Promise<Picture> {
  const newest = await center.rest<{ items: AlertView[] }>("GET", "/alerts?limit=100");
  await vi.waitUntil(() => {
    const revs = newest.items.filter(({ archivedAt }) => archivedAt === null).map(({ id, rev }) => [id, rev]);
    const shown = Object.fromEntries([...live.alerts.items.values()].map(({ id, rev }) => [id, rev]));
    const truck = live.devices.items.get(TRUCK)?.at;
    return revs.every(([id, rev]) => shown[String(id)] === rev) && truck === clock.now();
  });
  return picture(live);
}

beforeAll(async () => {
  center = await startTestCenter({}, { clock });
  for (let n = 0; n < BINS; n++) await register(`bin-${n}`, "bin", 22.72 + n / 100);
  await register(TRUCK, "vehicle", 22.72);
  live = screens(
    connect({
      url: `${center.http.replace("http", "ws")}/api/v1/stream`,
      token: ADMIN_TOKEN,
      WebSocket: WebSocket as never,
    }),
  );
  for (let minute = 0; minute <= 90; minute += 5) {
    clock.advanceTo(START + minute * MINUTE);
    for (let n = 0; n < BINS; n++) {
      const fillPct = minute < 20 ? 60 + n : minute < 60 ? 96 + n : n === 0 ? 10 : 97;
      await say(`bin-${n}`, "bin", { fillPct, tempC: 30 + n });
    }
    await say(TRUCK, "vehicle", { lat: 22.72 + minute / 10_000, lon: 113.9, speedKmh: 20, headingDeg: minute });
    if (minute === 50) {
      const { items } = await center.rest<{ items: AlertView[] }>("GET", "/alerts?ruleId=bin.overflow");
      await center.rest("POST", `/alerts/${items[0]?.id}/acknowledge`, { note: "seen" });
      await center.rest("POST", `/alerts/${items[1]?.id}/reject`, { note: "lid open" });
    }
    if (minute === 55 || minute === 90) then.push({ at: clock.now(), picture: await lookNow() });
  }
}, 60_000);

async function register(id: string, kind: string, lat: number): Promise<void> {
  const device = { id, kind, place: { lat, lon: 113.9033 } };
  const { mqtt } = await center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", device);
  lines.set(id, await connectAsync(center.mqtt as string, mqtt));
}

afterAll(async () => {
  live?.client.close();
  for (const line of lines.values()) await line.endAsync();
  await center?.[Symbol.asyncDispose]();
});

function replay(from: number, to: number, speed: number, token = ADMIN_TOKEN) {
  const told: ReplayFrame[] = [];
  const times: number[] = [];
  const client = connect({
    url: `${center.http.replace("http", "ws")}/api/v1/tracks/replay?from=${from}&to=${to}&speed=${speed}&reason=test`,
    token,
    WebSocket: WebSocket as never,
    onReplay: (frame) => told.push(frame),
    onFrame: ({ now }) => times.push(now),
  });
  return { ...screens(client), told, times };
}

describe("the time machine", () => {
  test("ends in the very state that the live screens showed then, alerts and operators' actions included", async () => {
    for (const { at, picture: shown } of then) {
      const past = replay(START - MINUTE, at, 3_600);
      await expect.poll(() => past.told.at(-1)?.ended, { timeout: 20_000 }).toBe(true);
      await expect.poll(() => picture(past)).toEqual(shown);
      past.client.close();
    }
    const [middle] = then;
    const states = Object.values(middle?.picture.alerts ?? {}).map(({ state }) => state);
    expect(states).toContain("acknowledged");
    expect(states).toContain("falsePositive");
  });

  test("its time only goes forward, and everything between happens on the way", async () => {
    const past = replay(START, START + 45 * MINUTE, 3_600);
    const states = new Set<string>();
    past.alerts.onChange(({ upsert }) => {
      for (const { state, subject } of upsert as AlertView[]) states.add(`${subject.id} ${state}`);
    });
    await expect.poll(() => past.told.at(-1)?.ended, { timeout: 20_000 }).toBe(true);
    expect(past.times).toEqual([...past.times].sort((a, b) => a - b));
    expect(states).toContain("bin-1 open");
    past.client.close();
  });

  test("stands still when paused, jumps where it is told, and shows that moment whole", async () => {
    const past = replay(START, START + 90 * MINUTE, 60);
    await expect.poll(() => past.told.length).toBeGreaterThan(0);
    past.client.replay({ paused: true });
    await expect.poll(() => past.told.at(-1)?.paused).toBe(true);
    const [middle] = then;
    past.client.replay({ at: middle?.at as number });
    await expect.poll(() => past.told.at(-1)?.now).toBe(middle?.at);
    await expect.poll(() => picture(past)).toEqual(middle?.picture);
    past.client.replay({ at: START + 10 * MINUTE });
    await expect.poll(() => past.devices.items.get("bin-0")?.metrics.fillPct).toBe(60);
    expect([...past.alerts.items.values()]).toEqual([]);
    expect(past.told.at(-1)).toMatchObject({ paused: true, now: START + 10 * MINUTE });
    past.client.close();
  });

  test("asks who is there, says what it cannot do, and writes down who looked", async () => {
    const stranger = replay(START, START + MINUTE, 60, "kt_nobody");
    await expect.poll(() => stranger.client.status).toBe("refused");
    const errors: string[] = [];
    const url = `${center.http.replace("http", "ws")}/api/v1/tracks/replay?from=${START}&to=${START + 40 * 86_400_000}`;
    const long = connect({
      url,
      token: ADMIN_TOKEN,
      WebSocket: WebSocket as never,
      onError: ({ message }) => errors.push(message),
    });
    await expect.poll(() => errors).toContain("a replay covers at most 31 days");
    long.close();
    const plain = await fetch(`${center.http}/api/v1/tracks/replay?from=${START}&to=${START + MINUTE}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(plain.status).toBe(426);
    const { items } = await center.rest<{ items: { action: string }[] }>("GET", "/audit?action=replay");
    expect(items.length).toBeGreaterThan(0);
  });
});
