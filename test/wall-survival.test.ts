import { DatabaseSync } from "node:sqlite";
import type { Page, WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeCodes } from "../src/stream/close-codes.ts";
import { openBrowser } from "./support/browser.ts";
import { startCenterProcess } from "./support/center-process.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter } from "./support/running-center.ts";
import { openWall, report, viewerToken, WALL_TIMEOUT } from "./support/wall.ts";

/** What happens to a wall that hangs for months and that nobody ever touches. */

let browser: Awaited<ReturnType<typeof openBrowser>>;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

const COMES_BACK = { timeout: 45_000 };
/** The overview, which shows every kind, does not leave the screen. */
const ONE_SCENE = { WALL_SCENE_SECONDS: "100000000000" };
const mapReady = (page: Page) => page.waitForSelector(".wall .map[data-ready=true]", WALL_TIMEOUT);
const listed = (page: Page, id: string) => page.locator(`.list [data-id="${id}"]`).count();
const subjects = async (page: Page) => Number((await page.getAttribute(".map", "data-subjects")) ?? 0);

/** Takes a page's stream, so that it can be ended the way a center ends it. */
async function takeStream(page: Page): Promise<{ latest(): WebSocketRoute; count(): number }> {
  const streams: WebSocketRoute[] = [];
  await page.routeWebSocket(/\/api\/v1\/stream/, (route) => {
    streams.push(route);
    route.connectToServer();
  });
  return { latest: () => streams.at(-1) as WebSocketRoute, count: () => streams.length };
}

describe("a wall survives", () => {
  test("a center that is killed and comes back, with the same memory or with another", async () => {
    using directory = temporaryDirectory();
    const first = await startCenterProcess(directory.path, ONE_SCENE);
    const place = { lat: 22.7216, lon: 113.9052 };
    await first.rest("POST", "/devices", { id: "truck", kind: "vehicle", place });
    const token = await viewerToken(first);
    const before = await report(first, "street.illegal_dumping", "before");
    await using wall = await openWall(browser, first, token);
    const { page } = wall;
    await mapReady(page);
    await expect.poll(() => listed(page, before.id), WALL_TIMEOUT).toBe(1);
    await expect.poll(() => subjects(page), WALL_TIMEOUT).toBe(1);
    const port = { ...ONE_SCENE, HTTP_PORT: new URL(first.http).port };
    await first.stop("SIGKILL");
    await page.waitForSelector(".wall.grey", WALL_TIMEOUT);

    const second = await startCenterProcess(directory.path, port);
    const meanwhile = await report(second, "street.illegal_dumping", "meanwhile", { lat: 22.74, lon: 113.91 });
    await expect.poll(() => listed(page, meanwhile.id), COMES_BACK).toBe(1);
    await expect.poll(() => page.locator(".wall.grey").count(), WALL_TIMEOUT).toBe(0);
    expect(await listed(page, before.id)).toBe(1);
    await second.rest("DELETE", "/devices/truck");
    await second.stop("SIGKILL");

    // Positions of this center's memory mean nothing any more: as after a backup was put back.
    const database = new DatabaseSync(`${directory.path}/kerbside.db`);
    expect(database.prepare("DELETE FROM meta WHERE key = 'epoch'").run().changes).toBe(1);
    database.close();
    const third = await startCenterProcess(directory.path, port);
    await third.rest("POST", `/alerts/${before.id}/close`, { note: "gone" });
    await expect.poll(() => listed(page, before.id), COMES_BACK).toBe(0);
    expect(await listed(page, meanwhile.id)).toBe(1);
    await expect.poll(() => subjects(page), WALL_TIMEOUT).toBe(0);
    expect(wall.problems).toEqual([]);
    await third.stop();
  }, 180_000);

  test("the loss of its token: it says so, shows a code, and is what it was once it is paired again", async () => {
    await using center = await startTestCenter();
    const { id, token } = await center.rest<{ id: string; token: string }>("POST", "/tokens", {
      name: "lobby",
      role: "viewer",
    });
    await using wall = await openWall(browser, center, token);
    const { page } = wall;
    await page.waitForSelector(".wall", WALL_TIMEOUT);
    await center.rest("DELETE", `/tokens/${id}`);
    await page.waitForSelector(".pairing .refused", WALL_TIMEOUT);
    const code = page.locator("output.code");
    await expect.poll(() => code.textContent(), WALL_TIMEOUT).toMatch(/^[2-9A-Z]{3} [2-9A-Z]{3}$/);
    await center.rest("POST", "/pairings/confirm", { code: await code.textContent(), name: "hall" });
    await mapReady(page);
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    expect(wall.problems).toEqual([]);
  }, 60_000);

  test("a clock that is hours wrong: it shows the center's, and old alerts sound no siren", async () => {
    await using center = await startTestCenter({ PAIRING_MINUTES: "7" });
    const old = await report(center, "help.sos", "somebody");
    await center.rest("POST", `/alerts/${old.id}/acknowledge`);
    for (const hours of [-9, 9]) {
      const prepare = (page: Page) =>
        page.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${hours * 3_600_000}; }`);
      await using unpaired = await openWall(browser, center, null, { prepare });
      await expect.poll(() => unpaired.page.textContent(".hint"), WALL_TIMEOUT).toContain("7 min");
      await using wall = await openWall(browser, center, await viewerToken(center, `wall ${hours}`), { prepare });
      const { page } = wall;
      await expect.poll(() => listed(page, old.id), WALL_TIMEOUT).toBe(1);
      await page.waitForSelector('.as-of[data-freshness="live"]', WALL_TIMEOUT);
      const zone = { timeZone: "Asia/Shanghai", hourCycle: "h23", hour: "2-digit", minute: "2-digit" } as const;
      const minute = (at: number) => new Intl.DateTimeFormat("en-GB", zone).format(at);
      const shown = (await page.textContent(".clock time")) ?? "";
      expect([minute(Date.now()), minute(Date.now() - 60_000)]).toContain(shown.slice(0, 5));
      expect(await page.textContent(`.list [data-id="${old.id}"] .age`)).toMatch(/^(now|\d+ min ago)$/);
      expect(wall.problems).toEqual([]);
    }
  }, 90_000);

  test("a graphics card that drops everything: the map comes back with what was on it", async () => {
    await using center = await startTestCenter(ONE_SCENE);
    await center.rest("POST", "/devices", { id: "truck", kind: "vehicle", place: { lat: 22.7216, lon: 113.9052 } });
    await using wall = await openWall(browser, center, await viewerToken(center));
    const { page } = wall;
    await mapReady(page);
    await expect.poll(() => subjects(page), WALL_TIMEOUT).toBe(1);
    await page.evaluate(`{
      const canvas = document.querySelector(".map canvas");
      canvas.dataset.lost = "true";
      canvas.getContext("webgl2").getExtension("WEBGL_lose_context").loseContext();
    }`);
    await expect.poll(() => page.locator(".map canvas[data-lost]").count(), WALL_TIMEOUT).toBe(0);
    await mapReady(page);
    await expect.poll(() => subjects(page), WALL_TIMEOUT).toBe(1);
    expect(await page.locator(".map canvas").count()).toBe(1);
    expect(wall.problems).toEqual([]);
  }, 90_000);

  test("being sent away: restarting, too slow, too many; it asks again by itself", async () => {
    await using center = await startTestCenter();
    await using wall = await openWall(browser, center, null);
    const { page } = wall;
    const token = await viewerToken(center);
    const streams = await takeStream(page);
    // A fragment alone would not load the page.
    await page.goto("about:blank");
    await page.goto(`${center.http}/?lang=en#token=${token}`);
    await mapReady(page);
    for (const code of [closeCodes.restarting, closeCodes.tooSlow, closeCodes.tooMany]) {
      const before = streams.count();
      await streams.latest().close({ code });
      await expect.poll(() => streams.count(), COMES_BACK).toBeGreaterThan(before);
      const alert = await report(center, "street.illegal_dumping", `after-${code}`, {
        lat: 22.72 + (code % 10) * 0.003,
        lon: 113.9,
      });
      await expect.poll(() => listed(page, alert.id), COMES_BACK).toBe(1);
      expect(await page.locator("output.code").count()).toBe(0);
    }
    expect(wall.problems).toEqual([]);
  }, 180_000);

  test("another edition of its page: it loads it, but not while an alert holds the screen", async () => {
    await using center = await startTestCenter({ WALL_INTERRUPTION_SECONDS: "600" });
    let streams: Awaited<ReturnType<typeof takeStream>> | undefined;
    await using wall = await openWall(browser, center, await viewerToken(center), {
      prepare: async (page) => {
        streams = await takeStream(page);
      },
    });
    const { page } = wall;
    await mapReady(page);
    await page.evaluate("window.edition = 1");
    const alert = await report(center, "help.sos", "somebody");
    await page.waitForSelector(".interruption", WALL_TIMEOUT);
    const served = page.waitForResponse((answer) => answer.headers()["x-edition"] === "2", { timeout: 40_000 });
    await page.route(`${center.http}/`, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace("</head>", '<!-- "/assets/index-another.js" --></head>');
      await route.fulfill({ response: answer, body, headers: { ...answer.headers(), "x-edition": "2" } });
    });
    await page.route(`${center.http}/?*`, (route) => route.fallback());
    await page.waitForTimeout(11_000);
    await streams?.latest().close({ code: closeCodes.restarting });
    await served;
    await page.waitForTimeout(11_000);
    expect(await page.evaluate("window.edition")).toBe(1);
    await center.rest("POST", `/alerts/${alert.id}/acknowledge`);
    await expect.poll(() => page.evaluate("window.edition ?? null"), COMES_BACK).toBeNull();
    await mapReady(page);
    expect(wall.problems).toEqual([]);
  }, 180_000);

  test("a base map whose host is not there: the district is drawn on plain ground", async () => {
    await using center = await startTestCenter({ MAP_STYLE_URL: "http://127.0.0.1:9/style.json" });
    await using wall = await openWall(browser, center, await viewerToken(center));
    await wall.page.waitForSelector(".wall .map[data-ready=true]", { timeout: 30_000 });
    expect(wall.problems).toEqual([]);
  }, 60_000);
});
