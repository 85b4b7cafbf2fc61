import { readFileSync, statSync } from "node:fs";
import { parse } from "csv-parse/sync";
import ExcelJS from "exceljs";
import { connectAsync } from "mqtt";
import type { Browser, Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ManualClock, SECOND } from "../src/domain/time.ts";
import type { AlertView } from "../src/stream/protocol.ts";
import { expectAccessible, openBrowser } from "./support/browser.ts";
import { goTo, openDeskAs } from "./support/desk.ts";
import { hostileStrings } from "./support/hostile-strings.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

/** 10:00 in Yutang. */
const START = Date.parse("2026-09-22T02:00:00Z");
const NAME = hostileStrings.find((text) => text.startsWith("<svg")) as string;

const clock = new ManualClock(START);
let center: TestCenter;
let browser: Browser & AsyncDisposable;

/** A truck that drives for an hour, a bin, a badge, and alerts of two levels. */
beforeAll(async () => {
  browser = await openBrowser();
  center = await startTestCenter({}, { clock });
  const register = async (id: string, kind: string, name: string) => {
    const device = { id, kind, name, place: { lat: 22.72, lon: 113.9 } };
    const { mqtt } = await center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", device);
    return connectAsync(center.mqtt as string, mqtt);
  };
  const truck = await register("truck-1", "vehicle", NAME);
  const badge = await register("badge-7", "person", "Ann");
  for (let n = 0; n <= 360; n++) {
    clock.advanceTo(START + n * 10 * SECOND);
    const moving = n % 120 < 80;
    const said = { ts: clock.now(), lat: 22.72 + (n - (n % 120 < 80 ? 0 : n % 120)) / 20_000, lon: 113.9 };
    const speedKmh = moving ? 20 : 0;
    await truck.publishAsync("kerbside/v1/vehicle/truck-1/telemetry", JSON.stringify({ ...said, speedKmh }), {
      qos: 1,
    });
  }
  await badge.publishAsync(
    "kerbside/v1/person/badge-7/telemetry",
    JSON.stringify({ ts: clock.now(), batteryPct: 80 }),
    {
      qos: 1,
    },
  );
  for (let n = 0; n < 6; n++) {
    await center.rest("POST", "/alerts", {
      ruleId: n < 4 ? "street.exposed_garbage" : "street.illegal_dumping",
      subject: { kind: "spot", id: `spot-${n}` },
      place: { lat: 22.73 + n * 0.001, lon: 113.9 },
    });
  }
  await truck.endAsync();
  await badge.endAsync();
}, 60_000);
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser.close();
  await center[Symbol.asyncDispose]();
});

const dialog = (page: Page) => page.locator("dialog");
const choice = (page: Page, name: string) => dialog(page).getByRole("button", { name, exact: true });
const running = (page: Page) => page.locator(".exports li");

async function save(page: Page): Promise<{ file: Download; text: string; path: string }> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    dialog(page).getByRole("button", { name: "Download" }).click(),
  ]);
  const path = await file.path();
  return { file, path, text: readFileSync(path, "utf8") };
}
const openDevice = async (page: Page, id: string) => {
  await goTo({ page }, "d");
  await page.getByLabel("Device id").fill(id);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.locator(".panel").getByRole("button", { name: "Export" }).click();
  await dialog(page).waitFor();
};

describe("alerts", () => {
  test("are saved by keyboard in every format, by the levels of the filter or all", async () => {
    const { page, problems } = await openDeskAs(browser, center, "dispatcher");
    const { items } = await center.rest<{ items: AlertView[] }>("GET", "/alerts");
    const ids = items.map(({ id }) => id).sort();
    await page.keyboard.press("Shift+E");
    await choice(page, "CSV").waitFor();
    const { file, text } = await save(page);
    expect(file.suggestedFilename()).toBe("alerts-2026-09-22.csv");
    const rows: Record<string, string>[] = parse(text, { bom: true, columns: true });
    expect(rows.map(({ Alert }) => Alert).sort()).toEqual(ids);
    await expect.poll(() => running(page).textContent()).toMatch(/alerts-2026-09-22\.csvsaved, \d/);

    await page.keyboard.press("2");
    await page.keyboard.press("Shift+E");
    await choice(page, "NGSI-LD").click();
    const urgent = items.filter(({ level }) => level === 2).map(({ id }) => `urn:ngsi-ld:Alert:kerbside:${id}`);
    const entities = JSON.parse((await save(page)).text) as { id: string; type: string }[];
    expect(urgent.length).toBeGreaterThan(0);
    expect(entities.map(({ id }) => id).sort()).toEqual(urgent.sort());

    await page.keyboard.press("Shift+E");
    await dialog(page).getByRole("checkbox").uncheck();
    await choice(page, "GeoJSON").click();
    const { features } = JSON.parse((await save(page)).text) as { features: { id: string }[] };
    expect(features.map(({ id }) => id).sort()).toEqual(ids);

    await page.keyboard.press("Shift+E");
    await choice(page, "XLSX").click();
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.readFile((await save(page)).path);
    expect(workbook.worksheets[0]?.rowCount).toBe(1 + urgent.length);
    expect(problems).toEqual([]);
  }, 60_000);

  test("a stretch that cannot be had is said in words; so is what the center says, and it can be tried again", async () => {
    const { page, problems } = await openDeskAs(browser, center, "dispatcher");
    await page.keyboard.press("Shift+E");
    await choice(page, "other").click();
    const [from, to] = [dialog(page).locator("input").first(), dialog(page).locator("input").nth(1)];
    const told = dialog(page).locator(".problem");
    await from.fill("2026-09-22T12:00");
    await to.fill("2026-09-22T11:00");
    await dialog(page).getByRole("button", { name: "Download" }).click();
    await expect.poll(() => told.textContent()).toBe("The beginning must lie before the end");
    await from.fill("2025-01-01T00:00");
    await dialog(page).getByRole("button", { name: "Download" }).click();
    await expect.poll(() => told.textContent()).toBe("At most 400 days at once");
    await from.fill("2026-09-22T09:00");

    // The line breaks once, and once the center refuses; then it goes well.
    let round = 0;
    await page.route("**/exports/alerts**", async (route) => {
      round++;
      if (round === 1) return route.abort();
      if (round === 2) {
        const url = `${route
          .request()
          .url()
          .replace(/level=[^&]*/, "")}&level=9`;
        return route.continue({ url });
      }
      return route.continue();
    });
    await dialog(page).getByRole("button", { name: "Download" }).click();
    await expect.poll(() => running(page).textContent()).toContain("The line broke before the file was whole");
    await expect.poll(() => dialog(page).count()).toBe(0);
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => running(page).textContent()).toMatch(/level/);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Try again" }).click(),
    ]);
    expect(statSync(await file.path()).size).toBeGreaterThan(100);
    expect(problems).toEqual([]);
  }, 60_000);
});

describe("a device", () => {
  test("gives its readings, its way and its trips; a name that is no name does nothing", async () => {
    const { page, problems } = await openDeskAs(browser, center, "dispatcher");
    await openDevice(page, "truck-1");
    await expect.poll(() => dialog(page).locator("h2").textContent()).toBe(`Export ${NAME}`);
    expect(await dialog(page).locator("svg").count()).toBe(0);
    const readings = await save(page);
    expect(readings.file.suggestedFilename()).toBe("truck-1-readings-2026-09-22.csv");
    expect(parse(readings.text, { bom: true })).toHaveLength(1 + 361);

    await page.locator(".panel").getByRole("button", { name: "Export" }).click();
    await choice(page, "way").click();
    const way = await save(page);
    expect(way.file.suggestedFilename()).toBe("truck-1-track-2026-09-22.gpx");
    expect(way.text.match(/<trkpt /g)?.length).toBe(361);

    await page.locator(".panel").getByRole("button", { name: "Export" }).click();
    await choice(page, "trips and stops").click();
    const trips: Record<string, string>[] = parse((await save(page)).text, { bom: true, columns: true });
    expect(new Set(trips.map(({ What }) => What))).toEqual(new Set(["trip", "stop"]));
    expect(problems).toEqual([]);
  }, 60_000);

  test("a person's is given for a reason only, which is kept", async () => {
    const { page, problems } = await openDeskAs(browser, center, "dispatcher");
    await openDevice(page, "badge-7");
    await dialog(page).getByRole("button", { name: "Download" }).click();
    expect(await dialog(page).count()).toBe(1);
    await dialog(page)
      .getByLabel(/Why you look/)
      .fill("lost badge");
    await save(page);
    const { items } = await center.rest<{ items: { target: string; details: { reason: string } }[] }>(
      "GET",
      "/audit?action=person.export",
    );
    expect(items.map(({ target, details }) => [target, details.reason])).toEqual([["badge-7", "lost badge"]]);
    expect(problems).toEqual([]);
  }, 30_000);
});

describe("on its way", () => {
  const startReadings = async (page: Page) => {
    await openDevice(page, "truck-1");
    return dialog(page).getByRole("button", { name: "Download" });
  };

  test("a file lies on the disk, not in memory; without a disk of the page's own it comes all the same", async () => {
    const { page, problems } = await openDeskAs(browser, center, "dispatcher");
    await startReadings(page);
    const { path } = await save(page);
    const onDisk = await page.evaluate(`(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("exports");
      const sizes = [];
      for await (const [, handle] of folder.entries()) sizes.push((await handle.getFile()).size);
      return sizes;
    })()`);
    expect(onDisk).toEqual([statSync(path).size]);

    const { page: bare, problems: others } = await openDeskAs(browser, center, "dispatcher");
    await bare.addInitScript("delete StorageManager.prototype.getDirectory");
    await bare.reload();
    await bare.waitForSelector(".queue");
    expect(await bare.evaluate("typeof navigator.storage.getDirectory")).toBe("undefined");
    await startReadings(bare);
    const { text } = await save(bare);
    expect(parse(text, { bom: true })).toHaveLength(1 + 361);
    expect([...problems, ...others]).toEqual([]);
  }, 60_000);

  test("it can be stopped, goes on when another page is opened, and breaks nothing else", async () => {
    const { page, problems } = await openDeskAs(browser, center, "dispatcher");
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.route("**/exports/readings**", async (route) => {
      await held;
      await route.continue().catch(() => {});
    });
    await (await startReadings(page)).click();
    await expect.poll(() => running(page).textContent()).toContain("being prepared");
    await goTo({ page }, "q");
    await page.waitForSelector(".queue");
    await running(page).getByRole("button", { name: "Cancel" }).click();
    await expect.poll(() => running(page).count()).toBe(0);
    await (await startReadings(page)).click();
    await goTo({ page }, "q");
    const [file] = await Promise.all([page.waitForEvent("download"), release()]);
    expect(file.suggestedFilename()).toBe("truck-1-readings-2026-09-22.csv");
    expect(problems).toEqual([]);
  }, 60_000);
});

describe("who may", () => {
  test("what one may not do is not offered", async () => {
    const { page, problems } = await openDeskAs(browser, center, "viewer");
    await page.locator(".line").first().waitFor();
    expect(await page.getByRole("button", { name: "Export" }).count()).toBe(0);
    await page.keyboard.press("Shift+E");
    await page.keyboard.press("?");
    await page.locator(".key-help").waitFor();
    expect(await page.locator(".key-help").textContent()).not.toContain("export");
    await page.keyboard.press("Escape");
    await goTo({ page }, "k");
    await page.locator(".page-head").getByRole("button", { name: "Print" }).waitFor();
    expect(await page.getByRole("button", { name: "CSV" }).count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("figures are saved the same way", async () => {
    const { page, problems } = await openDeskAs(browser, center, "dispatcher");
    await goTo({ page }, "k");
    const button = page.getByRole("button", { name: "CSV" });
    const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
    expect(file.suggestedFilename()).toBe("kpis.csv");
    await expect.poll(() => running(page).textContent()).toMatch(/saved/);
    expect(problems).toEqual([]);
  });

  test.each(["light", "dark"] as const)("WCAG AA, as far as a program can tell: %s", async (colorScheme) => {
    const { page } = await openDeskAs(browser, center, "dispatcher", { colorScheme, lang: "zh" });
    await page.keyboard.press("2");
    await page.keyboard.press("Shift+E");
    await dialog(page).getByRole("button", { name: "自定" }).click();
    await expectAccessible(page, `export dialog ${colorScheme}`);
    await page.route("**/exports/alerts**", (route) => route.abort());
    await dialog(page).getByRole("button", { name: "下载" }).click();
    await page.locator(".exports .failed").waitFor();
    await expectAccessible(page, `failed export ${colorScheme}`);
  });
});
