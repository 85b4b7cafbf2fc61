import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { connectAsync } from "mqtt";
import { type Browser, chromium, type Page } from "playwright-core";
import { startLoad } from "../simulators/load/load.ts";
import { type CenterProcess, type Login, startCenterProcess } from "./center-process.ts";
import type { Print } from "./index.ts";
import { frameCost } from "./trace.ts";

/** The wall in a real browser: what a frame costs the page, what a wall costs the network, how soon one sees things. */

const SIZES = [1_000, 10_000, 30_000, 50_000] as const;
/** More than this in view are not drawn one by one: the bins, of which there are most, are counted (map-feed.ts). */
const MOST_SINGLE = 40_000;
const RATE = 5_000;
const GATEWAYS = 20;
/** Positions a vehicle goes through, again and again. */
const STEPS = 4;
const MEASURE_SECONDS = 8;
/** Twice the slowest pace of positions, and frames enough where software paints slowly. */
const LONG_SECONDS = 20;
const PROBES = 60;
const MIDDLE = { lat: 22.7215, lon: 113.9045 };
/** All subjects lie within what a wall shows at street zoom: the worst that can be asked of its map. */
const SPREAD = 0.0065;
/** Debian's Chromium, with WebGL in software. */
export const BROWSER_FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
];
const CONSOLE = fileURLToPath(new URL("../dist/console", import.meta.url));

export async function run(print: Print): Promise<void> {
  if (!existsSync(CONSOLE)) throw new Error("the pages are not built: npm run build");
  printBundle(print);
  for (const size of SIZES) {
    await using center = await startCenterProcess(undefined, { MQTT_GATEWAY_MESSAGES_PER_SECOND: "1000000" });
    const gateways = await registerDistrict(center, size);
    // One browser each: what an earlier wall left behind would be counted too.
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: BROWSER_FLAGS });
    try {
      await measure(print, center, browser, size, gateways);
    } finally {
      await browser.close();
    }
  }
}

async function measure(
  print: Print,
  center: CenterProcess,
  browser: Browser,
  size: number,
  gateways: readonly Login[],
): Promise<void> {
  const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "wall", role: "viewer" });
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  await page.goto(`${center.http}/?lang=en#token=${token}`);
  await page.waitForSelector(".map[data-ready=true]", { timeout: 60_000 });
  const named = `${size.toLocaleString("en")} subjects`;
  const firstMap = Number(await until(page, "performance.getEntriesByName('map')[0]?.startTime"));
  print(`${named}: power-on to first map`, firstMap, "ms", "aim ≤ 3,000 ms");

  const moving = Math.floor(size / 3);
  const load = startLoad({
    port: center.mqttPort,
    connections: GATEWAYS,
    window: Math.ceil((moving * STEPS) / GATEWAYS),
    ratePerSecond: RATE,
    durationSeconds: MEASURE_SECONDS + 2 * LONG_SECONDS + 40,
    loginFor: (connection) => ({ clientId: `gateway-${connection}`, ...gateways[connection] }),
    messagesFor: (connection) => journeys(connection, moving),
  });
  let loading = true;
  void load.finally(() => {
    loading = false;
  });

  // The scene that asks for most: who works, and where.
  await center.rest("PUT", "/walls/wall/order", { scene: "sanitation" });
  await page.waitForTimeout(4_000);
  const far = await kilobytesPerSecond(center, page, MEASURE_SECONDS);
  await center.rest("PUT", "/walls/wall/order", { scene: "overview", place: { ...MIDDLE, zoom: 15.05 } });
  await until(page, `Number(document.querySelector('.map').dataset.subjects) >= ${size > MOST_SINGLE ? moving : size}`);
  // Where some are counted the map has begun anew: its first look at all of them is no part of what it costs.
  await page.waitForTimeout(size > MOST_SINGLE ? 20_000 : 4_000);
  const near = await kilobytesPerSecond(center, page, LONG_SECONDS);
  const cost = await frameCost(browser, page, LONG_SECONDS);
  print(
    `${named}, a third moving: main thread per frame, p95`,
    cost.p95,
    "ms",
    `p50 ${cost.p50.toFixed(1)} ms, ${cost.frames} frames, besides ${cost.besidesPerSecond.toFixed(0)} ms/s; aim ≤ 12 ms`,
  );
  print(
    `${named}: frames a second`,
    cost.framesPerSecond,
    "/s",
    "WebGL in software decides; a graphics card is not here",
  );
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  print(`${named}: JS heap after collection`, usedSize / 1_048_576, "MiB", "");
  print(`${named}: one wall, whole district`, far, "kB/s", "counts per cell");
  print(
    `${named}: one wall, street zoom`,
    near,
    "kB/s",
    size > MOST_SINGLE ? "vehicles by themselves, bins counted" : "every subject by itself",
  );
  if (size === SIZES[0]) await readingToPixel(print, center, page);
  const report = await load;
  if (loading) throw new Error("the load did not end");
  print(`${named}: readings under way`, report.perSecond, "msg/s", `aim ${RATE}`);
}

/** Gateways that speak for everybody, vehicles that will move, bins that stand. */
async function registerDistrict(center: CenterProcess, size: number): Promise<Login[]> {
  const vehicles = Math.floor(size / 3);
  const devices = Array.from({ length: size }, (_, i) =>
    i < vehicles
      ? { id: `vehicle-${i}`, kind: "vehicle", place: positionOf(i, 0) }
      : { id: `bin-${i}`, kind: "bin", place: positionOf(i, 0) },
  );
  for (let from = 0; from < size; from += 2_000) {
    await center.rest("POST", "/devices/import", devices.slice(from, from + 2_000));
  }
  const probes = Array.from({ length: PROBES }, (_, i) => ({
    id: `probe-${i}`,
    kind: "person",
    place: positionOf(i, 0),
  }));
  const speakers = Array.from({ length: GATEWAYS + 1 }, (_, i) => ({
    id: `gateway-${i}`,
    kind: "gateway",
    attributes: { devices: "*" },
  }));
  const { created } = await center.rest<{ created: { mqtt: Login }[] }>("POST", "/devices/import", [
    ...speakers,
    ...probes,
  ]);
  return created.slice(0, GATEWAYS + 1).map(({ mqtt }) => mqtt);
}

/** Spread evenly over the area (golden angle), a few metres further with each step. */
function positionOf(i: number, step: number): { lat: number; lon: number } {
  const angle = i * 2.399963 + step * 0.004;
  const radius = SPREAD * Math.sqrt(((i * 0.618034) % 1) + 0.0001);
  return {
    lat: Number((MIDDLE.lat + radius * Math.sin(angle)).toFixed(6)),
    lon: Number((MIDDLE.lon + radius * Math.cos(angle)).toFixed(6)),
  };
}

function journeys(connection: number, moving: number) {
  const messages = [];
  for (let step = 0; step < STEPS; step++) {
    for (let i = connection; i < moving; i += GATEWAYS) {
      const reading = {
        ts: 1_700_000_000_000,
        ...positionOf(i, step),
        speedKmh: 18,
        headingDeg: (i * 37 + step * 5) % 360,
        acc: 1,
      };
      messages.push({ topic: `kerbside/v1/vehicle/vehicle-${i}/telemetry`, payload: JSON.stringify(reading) });
    }
  }
  return messages;
}

async function kilobytesPerSecond(center: CenterProcess, page: Page, seconds: number): Promise<number> {
  const before = await center.metric("kerbside_stream_bytes_total");
  await page.waitForTimeout(seconds * 1_000);
  return ((await center.metric("kerbside_stream_bytes_total")) - before) / seconds / 1_000;
}

/** From the publish of a call for help to the frame in which the wall shows its line. */
async function readingToPixel(print: Print, center: CenterProcess, page: Page): Promise<void> {
  const { created } = await center.rest<{ created: { mqtt: Login }[] }>("POST", "/devices/import", [
    { id: "gateway-probe", kind: "gateway", attributes: { devices: "*" } },
  ]);
  const login = created[0]?.mqtt as Login;
  const client = await connectAsync(`mqtt://127.0.0.1:${center.mqttPort}`, { ...login, clientId: "probe" });
  await page.evaluate(WATCH_LINES);
  const latencies: number[] = [];
  for (let i = 0; i < PROBES; i++) {
    const sentAt = Date.now();
    const reading = JSON.stringify({ ts: sentAt, ...positionOf(i, 0), sos: 1 });
    await client.publishAsync(`kerbside/v1/person/probe-${i}/telemetry`, reading, { qos: 1 });
    const seenAt = await until(page, `[...window.seenAt.values()][${i}]`);
    latencies.push(Number(seenAt) - sentAt);
  }
  await client.endAsync();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  print(
    "reading to pixel, p50",
    at(0.5),
    "ms",
    `${PROBES} calls for help among ${RATE.toLocaleString("en")} msg/s, aim ≤ 2,000 ms`,
  );
  print("reading to pixel, p99", at(0.99), "ms", "the line painted, not only received");
}

/** The value of an expression once there is one; asked from outside, since the page's policy forbids `eval`. */
async function until(page: Page, expression: string): Promise<unknown> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const value = await page.evaluate<unknown>(expression);
    if (value) return value;
    await page.waitForTimeout(50);
  }
  throw new Error(`the wall never came to: ${expression}`);
}

/** Notes when a line of the list has been painted: the frame after the one it was put in has begun. */
const WATCH_LINES = `
  window.seenAt = new Map();
  new MutationObserver(() => {
    const ids = [...document.querySelectorAll(".list .alert")].filter((line) => /SOS/.test(line.textContent)).map((line) => line.dataset.id);
    requestAnimationFrame(() => requestAnimationFrame(() => {
      for (const id of ids) if (id && !window.seenAt.has(id)) window.seenAt.set(id, Date.now());
    }));
  }).observe(document.querySelector(".list"), { childList: true, subtree: true, characterData: true });`;

/** What the wall's page loads, by what it imports. */
function printBundle(print: Print): void {
  const files = new Map(
    readdirSync(`${CONSOLE}/assets`).map((name) => [name, readFileSync(`${CONSOLE}/assets/${name}`)]),
  );
  const needed = new Set<string>();
  const follow = (text: string): void => {
    for (const name of files.keys()) {
      if (needed.has(name) || !text.includes(name)) continue;
      needed.add(name);
      if (name.endsWith(".js")) follow(String(files.get(name)));
    }
  };
  follow(readFileSync(`${CONSOLE}/index.html`, "utf8"));
  const bytes = [...needed].reduce((sum, name) => sum + (files.get(name)?.length ?? 0), 0);
  const packed = [...needed].reduce((sum, name) => sum + gzipSync(files.get(name) ?? "").length, 0);
  print(
    "bundle of the wall",
    bytes / 1_024,
    "KiB",
    `${needed.size} files, ${Math.round(packed / 1_024)} KiB gzipped: map, charts, worker`,
  );
}
