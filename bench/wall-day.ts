import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { type CDPSession, chromium } from "playwright-core";
import { HOUR, MINUTE, type Millis } from "../src/domain/time.ts";
import { sceneNames } from "../src/domain/wall.ts";
import { BROWSER_FLAGS } from "./browser.ts";
import { type CenterProcess, type Login, startCenterProcess } from "./center-process.ts";
import type { Print } from "./index.ts";

/**
 * A day of the wall in minutes: the center's clock runs faster, vehicles drive, alerts come and go and are archived, scenes
 * change, alerts are shown by order, the past is replayed, the center is restarted and killed. What the page keeps of it is
 * printed hour by hour.
 */

const HOURS = 24;
const SPEED = 240;
const START = Date.UTC(2026, 8, 21, 22);
const VEHICLES = 300;
const STEP_MS = 300;
const ALERTS_PER_HOUR = 20;
/** By then the page has seen every scene and as many alerts as it will ever hold. */
const SETTLED_AFTER = 6;
const RESTARTS: ReadonlyMap<number, NodeJS.Signals> = new Map([
  [8, "SIGTERM"],
  [14, "SIGKILL"],
  [20, "SIGTERM"],
]);
const REPLAYS: readonly number[] = [5, 11, 17, 23];

export async function run(print: Print): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "kerbside-bench-"));
  const begun = performance.now();
  /** The center's time, reckoned here, so that it goes on after a restart. */
  const now = (): Millis => Math.round(START + (performance.now() - begun) * SPEED);
  const start = (ports: Record<string, string> = {}) =>
    startCenterProcess(directory, {
      CLOCK_START: String(now()),
      CLOCK_SPEED: String(SPEED),
      WALL_SCENE_SECONDS: String(Math.floor(HOUR / sceneNames.length / 1_000)),
      // The steady state of a day comes within hours instead of with the next day.
      ALERT_ARCHIVE_HOURS: "2",
      ...ports,
    });
  let center = await start();
  const ports = { HTTP_PORT: new URL(center.http).port, MQTT_PORT: String(center.mqttPort) };
  const gateway = await register(center);
  const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "wall", role: "viewer" });
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: BROWSER_FLAGS });
  const traffic = await startTraffic(center.mqttPort, gateway);
  try {
    const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
    let errors = 0;
    page.on("pageerror", () => errors++);
    await page.goto(`${center.http}/?lang=en#token=${token}`);
    await page.waitForSelector(".map[data-ready=true]", { timeout: 60_000 });
    const devtools = await page.context().newCDPSession(page);
    const kept: number[] = [];
    for (let hour = 1; hour <= HOURS; hour++) {
      const signal = RESTARTS.get(hour);
      if (signal) {
        await center.stop(signal);
        center = await start(ports);
      }
      await liveThrough(center, hour, START + hour * HOUR, now);
      await page.waitForSelector(".wall:not(.grey)", { timeout: 60_000 });
      const { bytes, nodes, listeners } = await heldBy(devtools);
      kept.push(bytes / 1_024);
      const beside = [`${nodes} DOM nodes`, `${listeners} listeners`, signal && `after ${signal}`];
      print(`hour ${hour}: JS heap after collection`, bytes / 1_048_576, "MiB", beside.filter(Boolean).join(", "));
    }
    print("errors of the page", errors, "", "aim 0");
    print("growth of the heap", slope(kept.slice(SETTLED_AFTER)), "KiB/h", `hours ${SETTLED_AFTER + 1} to ${HOURS}`);
  } finally {
    await traffic.stop();
    await browser.close();
    await center[Symbol.asyncDispose]();
  }
}

/** One hour of a district: something happens every few minutes, and the hour ends when its time has come. */
async function liveThrough(center: CenterProcess, hour: number, endsAt: Millis, now: () => Millis): Promise<void> {
  const startsAt = endsAt - HOUR;
  const order = (what: object) => center.rest("PUT", "/walls/wall/order", what);
  for (let i = 0; i < ALERTS_PER_HOUR; i++) {
    await sleepUntil(startsAt + (i / ALERTS_PER_HOUR) * (HOUR - 5 * MINUTE), now);
    const alert = await center.rest<{ id: string }>("POST", "/alerts", {
      ruleId: i % 5 === 0 ? "help.sos" : "street.illegal_dumping",
      subject: { kind: "spot", id: `spot-${hour}-${i}` },
      place: positionOf(i * 37 + hour, 0),
    });
    if (i === 3) await order({ alertId: alert.id });
    if (i === 6 && REPLAYS.includes(hour)) {
      await order({ replay: { fromAt: startsAt - HOUR, toAt: startsAt, seconds: 10 } });
    }
    if (i === 5 || i === 12) await center.rest("DELETE", "/walls/wall/order");
    await center.rest("POST", `/alerts/${alert.id}/close`, { note: "done" });
  }
  await sleepUntil(endsAt, now);
}

async function sleepUntil(at: Millis, now: () => Millis): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, (at - now()) / SPEED)));
}

/** Vehicles spread over the district (golden angle), a few metres further with each step. */
function positionOf(i: number, step: number): { lat: number; lon: number } {
  const angle = i * 2.399963 + step * 0.01;
  const radius = 0.018 * Math.sqrt(((i * 0.618034) % 1) + 0.0001);
  return {
    lat: Number((22.7215 + radius * Math.sin(angle)).toFixed(6)),
    lon: Number((113.9045 + radius * Math.cos(angle)).toFixed(6)),
  };
}

async function register(center: CenterProcess): Promise<Login> {
  const vehicles = Array.from({ length: VEHICLES }, (_, i) => ({
    id: `v-${i}`,
    kind: "vehicle",
    place: positionOf(i, 0),
  }));
  const others = ["toilet", "pestTrap", "foodWastePoint", "camera", "bin"].flatMap((kind, at) =>
    Array.from({ length: 20 }, (_, i) => ({ id: `${kind}-${i}`, kind, place: positionOf(i * 7 + at, 0) })),
  );
  const gateway = { id: "gateway", kind: "gateway", attributes: { devices: "*" } };
  const devices = [gateway, ...vehicles, ...others];
  const { created } = await center.rest<{ created: { mqtt: Login }[] }>("POST", "/devices/import", devices);
  return created[0]?.mqtt as Login;
}

/** Every vehicle takes a step again and again; the client comes back by itself when the center does. */
async function startTraffic(port: number, login: Login): Promise<{ stop(): Promise<void> }> {
  const client: MqttClient = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    ...login,
    clientId: "gateway",
    reconnectPeriod: 500,
    queueQoSZero: false,
  });
  client.on("error", () => {});
  let step = 0;
  const timer = setInterval(() => {
    step++;
    if (!client.connected) return;
    for (let i = 0; i < VEHICLES; i++) {
      const reading = { ...positionOf(i, step), speedKmh: 12 + (i % 9), headingDeg: (i * 37 + step * 5) % 360, acc: 1 };
      client.publish(`kerbside/v1/vehicle/v-${i}/telemetry`, JSON.stringify(reading), { qos: 0 });
    }
  }, STEP_MS);
  return {
    async stop() {
      clearInterval(timer);
      await client.endAsync(true);
    },
  };
}

async function heldBy(devtools: CDPSession): Promise<{ bytes: number; nodes: number; listeners: number }> {
  for (let i = 0; i < 3; i++) await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await devtools.send("Memory.getDOMCounters");
  return { bytes: usedSize, nodes, listeners: jsEventListeners };
}

/** Least squares over values that are one apart. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  const under = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return over / under;
}
