import { mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { HOUR, MINUTE, type Millis, SECOND } from "../src/domain/time.ts";
import type { AlertView } from "../src/stream/protocol.ts";
import { fieldFaults } from "./faults.ts";
import { giveReferences, openGallery } from "./gallery.ts";
import { createPlayer, type Step } from "./player.ts";
import { createPopulation, fullDistrict } from "./population.ts";
import { localTime } from "./rhythm.ts";
import { playLockstep } from "./run.ts";
import { type OwnCenter, startOwnCenter } from "./session.ts";
import { settleOn } from "./staff/settled.ts";
import { issueToken } from "./staff/tokens.ts";
import { readTown } from "./town.ts";

/**
 * `npm run pictures`: plays an afternoon of the synthetic district as fast as the machine can, goes on in real time, and
 * photographs wall and desk in Chromium: the pictures of the README, made by what they show.
 */

const FOLDER = fileURLToPath(new URL("../docs/pictures", import.meta.url));
const FROM = localTime("2026-09-22T12:00");
const UNTIL = FROM + 8.4 * HOUR;
const STEP_MS = 20 * SECOND;
const LARGEST_BYTES = 600_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const afterMinutes = (UNTIL - FROM) / MINUTE;

/** Something of every sort within the last quarter of an hour. */
const evening: readonly Step[] = [
  {
    atMinutes: afterMinutes - 14,
    device: "camera-218",
    command: { do: "street", category: "illegalDumping", minutes: 60, confidence: 0.92 },
  },
  {
    atMinutes: afterMinutes - 11,
    device: "camera-107",
    command: { do: "street", category: "stackedGoods", minutes: 70, confidence: 0.86 },
  },
  {
    atMinutes: afterMinutes - 9,
    device: "camera-032",
    command: { do: "street", category: "exposedGarbage", minutes: 40, confidence: 0.88 },
  },
  { atMinutes: afterMinutes - 3, device: "vehicle-03", report: { metrics: { speedKmh: 79, acc: 1 } } },
  { atMinutes: afterMinutes - 2.7, device: "vehicle-03", report: { metrics: { speedKmh: 81, acc: 1 } } },
];

mkdirSync(FOLDER, { recursive: true });
await using own = await startOwnCenter(FROM, {
  // The first scene lasts longer than the pictures take: since 1970, in fact.
  WALL_SCENE_SECONDS: "100000000000",
  WALL_INTERRUPTION_SECONDS: "3600",
  SNAPSHOT_HOSTS: "127.0.0.1",
});
await using gallery = await openGallery();
const town = readTown();
const actors = createPopulation(town, { ...fullDistrict, wasteFactor: 1.2, problemsPerDay: 3 }, 1, FROM, gallery);
const player = createPlayer({ actors, seed: 1, startAt: FROM, faults: fieldFaults, script: evening });
const settled = await settleOn(own, { town, actors, player });
await using transport = settled.transport;
const { operator } = settled;
await giveReferences(own.rest, new AbortController().signal);
const play = (startAt: Millis, endAt: Millis, speed?: number, signal?: AbortSignal) =>
  playLockstep(
    own,
    speed === undefined ? STEP_MS : SECOND,
    {
      player,
      transport,
      startAt,
      endAt,
      operator,
      onProgress: (at) => say(new Date(at).toISOString()),
      ...(signal && { signal }),
    },
    speed,
  );
say(`playing ${actors.length} devices from noon to evening …`);
await play(FROM, UNTIL);

const stop = new AbortController();
const goingOn = play(UNTIL, UNTIL + HOUR, 1, stop.signal);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
try {
  await photograph(own, browser);
} finally {
  await browser.close();
  stop.abort();
  await goingOn;
}

async function photograph({ running, rest }: OwnCenter, browser: Browser): Promise<void> {
  const token = (name: string, role: string) => issueToken(rest, name, role);
  const wallToken = await token("wall", "viewer");
  const order = (what: object) => rest.send("PUT", "/walls/wall/order", what);
  const openWall = async (width: number, height: number, language: string): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width, height } });
    await page.goto(`${running.http}/?lang=${language}#token=${wallToken}`);
    await page.waitForSelector(".map[data-ready=true]", { timeout: 60_000 });
    return page;
  };
  const shoot = async (page: Page, name: string): Promise<void> => {
    // Charts and map have to come to rest, which no event tells.
    await page.waitForTimeout(6_000);
    const path = `${FOLDER}/${name}.png`;
    await page.screenshot({ path });
    const { size } = statSync(path);
    if (size > LARGEST_BYTES) throw new Error(`${path} has ${size} bytes, more than ${LARGEST_BYTES}`);
    say(`${name}.png  ${Math.round(size / 1_024)} KiB`);
  };

  const wall = await openWall(1_600, 900, "en");
  await shoot(wall, "wall");
  for (const scene of ["sanitation", "streetAi"] as const) {
    await order({ scene });
    await shoot(wall, `wall-${scene}`);
  }
  await wall.close();

  await rest.send("DELETE", "/walls/wall/order");
  const strip = await openWall(2_560, 720, "zh");
  await shoot(strip, "wall-strip");
  await strip.close();

  const alarmed = await openWall(1_600, 900, "zh");
  await rest.send("POST", "/alerts", {
    ruleId: "help.sos",
    subject: { kind: "person", id: "person-0007" },
    place: { lat: 22.7216, lon: 113.9052 },
  });
  await alarmed.waitForSelector(".interruption", { timeout: 30_000 });
  await shoot(alarmed, "wall-interruption");
  await alarmed.close();

  const desk = await browser.newPage({ viewport: { width: 1_600, height: 900 } });
  await desk.goto(`${running.http}/desk?lang=en#token=${await token("desk", "dispatcher")}`);
  await desk.waitForSelector(".line", { timeout: 30_000 });
  await desk
    .locator(".line", { hasText: "Illegal dumping" })
    .filter({ hasText: /handled|arrived/ })
    .first()
    .click();
  await shoot(desk, "desk");
  await desk.keyboard.press("g");
  await desk.keyboard.press("b");
  await desk.waitForSelector(".snapshot img", { timeout: 30_000 });
  await shoot(desk, "desk-bench");
  await desk.close();

  const [sent] = await rest.all<AlertView>("/alerts?open=true&state=accepted,arrived");
  if (!sent?.crewId) throw new Error("no crew has been sent anywhere");
  const crewToken = await issueToken(rest, "田寮保洁组", "crew", { crewId: sent.crewId });
  const crew = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await crew.goto(`${running.http}/crew?lang=zh#token=${crewToken}`);
  await crew.waitForSelector(".task", { timeout: 30_000 });
  await shoot(crew, "crew");
  await crew.close();
}
