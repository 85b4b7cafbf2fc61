import { connectAsync, type MqttClient } from "mqtt";
import type { Browser, Page, WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { standing } from "../src/console/shared/alert-order.ts";
import type { TimelineEntry } from "../src/domain/alert.ts";
import { ManualClock, MINUTE } from "../src/domain/time.ts";
import { connect } from "../src/stream/client.ts";
import type { AlertView } from "../src/stream/protocol.ts";
import { expectAccessible, openBrowser } from "./support/browser.ts";
import { goTo, openDeskAs } from "./support/desk.ts";
import { hostileStrings } from "./support/hostile-strings.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

/** 10:00 in Yutang. */
const START = Date.parse("2026-09-22T02:00:00Z");
const BINS = 3;
const NOTE = hostileStrings.find((text) => text.startsWith("<script>")) as string;
const NAME = "Ann <b>Secret</b>";

const clock = new ManualClock(START);
let center: TestCenter;
let browser: Browser & AsyncDisposable;
let alerts: readonly AlertView[];
let steps: readonly TimelineEntry[];

/** An hour and a half: bins overflow after twenty minutes, somebody acts after fifty, a truck and a cleaner are under way. */
beforeAll(async () => {
  browser = await openBrowser();
  center = await startTestCenter({ REPLAY_SESSIONS: "4" }, { clock });
  const lines = new Map<string, MqttClient>();
  const register = async (id: string, kind: string, lat: number, name = id) => {
    const device = { id, kind, name, place: { lat, lon: 113.9033 } };
    const { mqtt } = await center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", device);
    lines.set(id, await connectAsync(center.mqtt as string, mqtt));
  };
  for (let n = 0; n < BINS; n++) await register(`bin-${n}`, "bin", 22.72 + n / 100);
  await register("truck-1", "vehicle", 22.72);
  await register("badge-7", "person", 22.725, NAME);
  const say = (id: string, kind: string, payload: object) =>
    (lines.get(id) as MqttClient).publishAsync(
      `kerbside/v1/${kind}/${id}/telemetry`,
      JSON.stringify({ ts: clock.now(), ...payload }),
      { qos: 1 },
    );
  const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "wang", role: "dispatcher" });
  const headers = { authorization: `Bearer ${token}` };
  for (let minute = 0; minute <= 90; minute += 5) {
    clock.advanceTo(START + minute * MINUTE);
    for (let n = 0; n < BINS; n++) await say(`bin-${n}`, "bin", { fillPct: minute < 20 ? 60 + n : 96 + n, tempC: 30 });
    await say("truck-1", "vehicle", { lat: 22.72 + minute / 10_000, lon: 113.9, speedKmh: 20, headingDeg: minute });
    await say("badge-7", "person", { lat: 22.725, lon: 113.9033 });
    if (minute !== 50) continue;
    const { items } = await center.rest<{ items: AlertView[] }>("GET", "/alerts?ruleId=bin.overflow");
    await center.rest("POST", `/alerts/${items[0]?.id}/acknowledge`, { note: NOTE }, headers);
    await center.rest("POST", `/alerts/${items[1]?.id}/reject`, { note: "lid open" }, headers);
  }
  alerts = (await center.rest<{ items: AlertView[] }>("GET", "/alerts")).items;
  const told = alerts.map(({ id }) => center.rest<{ timeline: TimelineEntry[] }>("GET", `/alerts/${id}`));
  steps = (await Promise.all(told)).flatMap(({ timeline }) => timeline);
  for (const line of lines.values()) await line.endAsync();
}, 60_000);
// A page that stays open keeps its replay.
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser.close();
  await center[Symbol.asyncDispose]();
});

const happened = (page: Page) => page.locator(".happened li");
const band = (page: Page) => page.locator(".band");

/** Chooses a stretch by hand, local times as forms have them. */
async function choose(page: Page, from: string, to: string): Promise<void> {
  await page.locator(".stretch input").first().fill(from);
  await page.locator(".stretch input").last().fill(to);
  await page.locator(".stretch button").click();
}
const open = async (role = "dispatcher", options = {}) => {
  const desk = await openDeskAs(browser, center, role, options);
  await goTo(desk, "t");
  await desk.page.locator(".stretch").waitFor();
  await desk.page.locator(".freshness.live").waitFor();
  return desk;
};
const toTheEnd = async (page: Page) => {
  await page.getByRole("button", { name: "×3600" }).click();
  await expect.poll(() => band(page).textContent(), { timeout: 20_000 }).toContain("The end");
};

describe("the time machine", () => {
  test("plays a stretch at any speed: alerts and operators' actions come as they came, and it says that this is the past", async () => {
    const { page, problems } = await open();
    const frames: string[] = [];
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(String(payload))));
    await choose(page, "2026-09-22T10:00", "2026-09-22T11:30");
    await expect.poll(() => band(page).textContent()).toContain("This is the past");
    await toTheEnd(page);
    await expect.poll(() => happened(page).count()).toBeGreaterThan(BINS + 1);
    const list = page.locator(".happened");
    await expect.poll(() => list.textContent()).toContain("wang");
    expect(await list.textContent()).toContain(NOTE);
    expect(await list.textContent()).toContain("lid open");
    expect(await list.locator("script, b").count()).toBe(0);
    // At the end it shows what stands open now.
    const then = alerts.filter(standing);
    for (const level of [1, 2, 3, 4] as const) {
      const count = String(then.filter((alert) => alert.level === level).length);
      const shown = band(page)
        .locator("li")
        .nth(level - 1);
      await expect.poll(async () => (await shown.textContent())?.split(" ").at(-1)).toBe(count);
    }

    await page.locator(".page-head h2").click();
    await page.keyboard.press("Home");
    await expect.poll(() => band(page).locator("time").textContent()).toMatch(/^10:0/);
    await page.keyboard.press(" ");
    await page.getByRole("button", { name: "Play", exact: true }).first().waitFor();
    await page.locator(".track input").fill(String(START + 45 * MINUTE));
    await expect.poll(() => band(page).locator("time").textContent()).toBe("10:45:00");
    const { length } = steps.filter(({ at }) => at >= START && at <= START + 45 * MINUTE);
    expect(length).toBeGreaterThanOrEqual(BINS);
    await expect.poll(() => happened(page).count()).toBe(length);
    expect(await list.textContent()).not.toContain("wang");
    await page.keyboard.press("Home");
    await expect.poll(() => list.textContent()).toContain("No alert and no action until now");

    // People are roles there, whoever looks.
    const past = frames.filter((frame) => frame.includes("staff~"));
    expect(past.length).toBeGreaterThan(0);
    expect(frames.join()).not.toContain("badge-7");
    expect(frames.join()).not.toContain("Secret");
    expect(problems).toEqual([]);
  }, 90_000);

  test("says in words what cannot be played", async () => {
    const { page, problems } = await open();
    const told = page.locator(".page-head .problem");
    await choose(page, "2026-09-22T11:00", "2026-09-22T10:00");
    await expect.poll(() => told.textContent()).toBe("The beginning must lie before the end");
    await choose(page, "2026-09-23T11:00", "2026-09-23T12:00");
    await expect.poll(() => told.textContent()).toBe("The beginning must lie in the past");
    await choose(page, "2026-06-01T10:00", "2026-09-22T10:00");
    await expect.poll(() => told.textContent()).toBe("At most 31 days at once");
    await choose(page, "", "2026-09-22T10:00");
    await expect.poll(() => told.textContent()).toBe("Give both a beginning and an end");
    expect(await band(page).count()).toBe(0);

    await choose(page, "2026-08-01T10:00", "2026-08-01T10:30");
    await page.getByText("No device had reported until here").waitFor();
    await toTheEnd(page);
    await page.getByText("Nothing is stored of this stretch").waitFor();
    await page.getByRole("button", { name: "Back to the present" }).click();
    await page.getByText("Choose a stretch of the past").waitFor();

    const others = Array.from({ length: 4 }, () =>
      connect({
        url: `${center.http.replace("http", "ws")}/api/v1/tracks/replay?from=${START}&to=${START + MINUTE}&speed=1`,
        token: ADMIN_TOKEN,
        WebSocket: WebSocket as never,
      }),
    );
    await expect.poll(() => others.every(({ status }) => status === "live")).toBe(true);
    await choose(page, "2026-09-22T10:00", "2026-09-22T11:00");
    await page.getByText("As many replays as may be are under way").waitFor();
    for (const other of others) other.close();
    expect(problems).toEqual([]);
  }, 60_000);

  test("opens from an incident a quarter of an hour before it began; goes on where it stood when the line breaks", async () => {
    const desk = await openDeskAs(browser, center, "dispatcher");
    const { page, problems } = desk;
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/tracks\/replay/, (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
    const alert = alerts.find(({ state }) => state === "acknowledged") as AlertView;
    await page.locator(`#line-${alert.id}`).click();
    await page.locator(".card").getByRole("button", { name: "Time machine" }).click();
    const time = (at: number) => new Date(at + 8 * 60 * MINUTE).toISOString().slice(0, 16);
    await expect
      .poll(() => page.locator(".stretch input").first().inputValue())
      .toBe(time(alert.openedAt - 15 * MINUTE));
    await expect.poll(() => band(page).locator("time").textContent()).not.toBe("");
    await page.keyboard.press(" ");
    await page.getByRole("button", { name: "Play", exact: true }).first().waitFor();
    const at = START + 52 * MINUTE;
    await page.locator(".track input").fill(String(at));
    await expect.poll(() => page.locator(".happened").textContent()).toContain("wang");
    await sockets[0]?.close({ code: 1012 });
    await expect.poll(() => sockets.length, { timeout: 15_000 }).toBe(2);
    await expect.poll(() => band(page).textContent()).not.toContain("Reading the past");
    await expect.poll(() => band(page).locator("time").textContent()).toBe("10:52:00");
    await page.keyboard.press("?");
    await page.getByText("play / stand still").waitFor();
    await page.keyboard.press("Escape");
    expect(problems).toEqual([]);
  }, 60_000);

  test("a viewer may look too", async () => {
    const { page, problems } = await open("viewer");
    await page.getByRole("button", { name: "last hour" }).click();
    await expect.poll(() => band(page).textContent()).toContain("This is the past");
    await toTheEnd(page);
    await expect.poll(() => happened(page).count()).toBeGreaterThan(0);
    expect(await page.locator(".happened").textContent()).not.toContain("wang");
    expect(problems).toEqual([]);
  }, 60_000);

  test.each(["light", "dark"] as const)(
    "WCAG AA, as far as a program can tell: %s",
    async (colorScheme) => {
      const { page, problems } = await open("dispatcher", { colorScheme, lang: "zh" });
      await expectAccessible(page, "before anything is chosen");
      await choose(page, "2026-09-22T10:00", "2026-09-22T11:30");
      await page.locator(".band .play").waitFor();
      await page.keyboard.press("End");
      await expect.poll(() => happened(page).count()).toBeGreaterThan(0);
      await expectAccessible(page, `time machine ${colorScheme}`);
      expect(problems).toEqual([]);
    },
    60_000,
  );
});
