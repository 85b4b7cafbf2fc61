import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DAY, HOUR, ManualClock } from "../src/domain/time.ts";
import { expectAccessible, openBrowser, openPage } from "./support/browser.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";
import { employ, logIn } from "./support/staff.ts";

let browser: Browser & AsyncDisposable;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** Days that are kept: more than a page of the list holds. */
const DAYS = 22;
/** A Tuesday, 09:00 in Yutang. */
const START = Date.parse("2026-09-22T01:00:00Z");

/** A center after some weeks, each day of which somebody had a report of. */
async function afterWeeks(): Promise<TestCenter> {
  const clock = new ManualClock(START);
  const center = await startTestCenter({}, { clock });
  await employ(center, "wang", "dispatcher");
  const place = { lat: 22.733, lon: 113.9033, communityId: "tianliao" };
  const subject = { kind: "spot", id: "corner" };
  const { id } = await center.rest("POST", "/alerts", { ruleId: "street.exposed_garbage", subject, place });
  await center.rest("POST", `/alerts/${id}/close`, { note: "gone" });
  for (let day = 0; day < DAYS; day++) {
    const date = new Date(START + day * DAY).toISOString().slice(0, 10);
    clock.advanceTo(START + (day + 1) * DAY);
    await center.rest("GET", `/reports/day-${date}`);
  }
  return center;
}

async function openReports(center: TestCenter, path?: string) {
  const watched = await openPage(browser);
  await logIn(watched.page, center, "wang", path);
  await watched.page.waitForSelector(".queue");
  await watched.page.keyboard.press("g");
  await watched.page.keyboard.press("e");
  await watched.page.waitForSelector(".paper");
  return watched;
}
const periods = (page: Page) => page.locator(".periods button");
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

describe("reports on the desk", () => {
  test("are called as people call them, open as a page, and say whether they can still change", async () => {
    await using center = await afterWeeks();
    const { page, problems } = await openReports(center);
    // The newest that will not change is open already.
    const newest = page.getByRole("region", { name: "Daily report 2026-10-13" });
    await newest.getByRole("heading", { name: "Daily report 2026-10-13" }).waitFor();
    await newest.getByText(/frozen at 2026-10-14 09:00: it does not change any more/).waitFor();
    await expectAccessible(page, "a frozen report");
    expect(await periods(page).first().textContent()).toBe("Daily report 2026-10-14still running: preliminary");
    await periods(page).first().click();
    await page.getByText(/still running: preliminary, as of 2026-10-14 09:00/).waitFor();

    // The list goes on as far as somebody asks, and no further than there is.
    expect(await periods(page).count()).toBe(21);
    await press(page, "Older");
    await expect.poll(() => periods(page).count()).toBe(DAYS + 1);
    expect(await page.getByRole("button", { name: "Older" }).count()).toBe(0);
    await periods(page).last().click();
    await page.getByRole("heading", { name: "Daily report 2026-09-22" }).waitFor();
    await page.getByText("By community").last().waitFor();
    await page.getByRole("cell", { name: "Tianliao", exact: true }).waitFor();

    await press(page, "By grid");
    await expect.poll(() => page.getByRole("heading", { name: "By community" }).count()).toBe(0);
    await page.getByRole("heading", { name: "Daily report 2026-09-22" }).waitFor();
    expect(page.url()).not.toContain("token");
    expect(problems).toEqual([]);
  }, 60_000);

  test("a period nobody has asked for is made, and kept in the list from then on", async () => {
    await using center = await afterWeeks();
    const { page, problems } = await openReports(center, "/desk?lang=zh");
    await press(page, "周报");
    await page.getByRole("heading", { name: "2026-10-12 至 2026-10-18 周报" }).waitFor();
    await page.getByText(/统计期未结束/).waitFor();
    // A Thursday belongs to the week that began on Monday.
    await page.fill("input[type=date]", "2026-10-01");
    await page.getByRole("heading", { name: "2026-09-28 至 2026-10-04 周报" }).waitFor();
    await expect.poll(() => periods(page).last().textContent()).toMatch(/^2026-09-28 至 2026-10-04 周报.* 定稿$/);
    expect(await periods(page).last().getAttribute("aria-current")).toBe("true");
    await press(page, "月报");
    await page.getByRole("heading", { name: "2026年10月 月报" }).waitFor();
    await page.fill("input[type=date]", "2027-01-01");
    await page
      .getByRole("alert")
      .getByText(/has not begun/)
      .waitFor();
    expect(problems).toEqual([]);
  }, 60_000);

  test("are taken away as PDF and as workbook", async () => {
    await using center = await afterWeeks();
    const { page } = await openReports(center);
    for (const format of ["PDF", "XLSX"]) {
      const button = page.getByRole("button", { name: format, exact: true });
      const [file] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), button.click()]);
      expect(file.suggestedFilename()).toBe(`day-2026-10-13.${format.toLowerCase()}`);
    }
  }, 60_000);
});

describe("what others reckon", () => {
  const csv = (name: string, text: string | Buffer) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

  test("is taken over at the desk, wrong rows are named, and the city's index stands in the report", async () => {
    const clock = new ManualClock(START);
    await using center = await startTestCenter({}, { clock });
    await employ(center, "wang", "manager");
    const { page, problems } = await openReports(center);
    await page.getByText("Take over what others reckon").click();
    const tickets = page.getByLabel(/^Citizens' tickets/);
    const index = page.getByLabel(/^The city's index/);
    await tickets.setInputFiles(csv("wrong.csv", "id,openedAt,dueAt\nt-3,2026-09-22 06:00,2026-09-22 05:00\n"));
    await page.getByText(/wrong.csv: nothing was taken over. 1 of 1 rows/).waitFor();
    await page.getByRole("cell", { name: /dueAt must not be before openedAt/ }).waitFor();
    await expectAccessible(page, "rows that do not fit");
    await tickets.setInputFiles(csv("good.csv", "id,openedAt,dueAt\nt-3,2026-09-22 06:00,2026-09-22 08:00\n"));
    await page.getByText("good.csv: 1 rows taken over").waitFor();
    expect(await page.getByRole("table", { name: "Rows that do not fit" }).count()).toBe(0);
    await index.setInputFiles(
      csv("index.csv", "period,index,rank,outOf,clean\n2026-Q2,91.2,12,74,92\n2026-Q1,86.9,40,74,\n"),
    );
    await page.getByText("index.csv: 2 rows taken over").waitFor();
    await press(page, "Monthly report");
    await page.getByRole("heading", { name: "The city's index" }).waitFor();
    await page.getByRole("cell", { name: "12 / 74" }).waitFor();
    expect(problems).toEqual([]);
  }, 60_000);

  test("a spreadsheet of a Chinese system is read in its own encoding", async () => {
    const clock = new ManualClock(START + HOUR);
    await using center = await startTestCenter({}, { clock });
    await employ(center, "wang", "manager");
    const { page } = await openReports(center);
    await page.getByText("Take over what others reckon").click();
    const head = Buffer.from("id,openedAt,dueAt,category\nt-9,2026-09-22 06:00,2026-09-22 08:00,");
    const gb18030 = Buffer.concat([head, Buffer.from([0xc0, 0xac, 0xbb, 0xf8]), Buffer.from("\n")]);
    await page.getByLabel(/^Citizens' tickets/).setInputFiles(csv("gbk.csv", gb18030));
    await page.getByText("gbk.csv: 1 rows taken over").waitFor();
    const { items } = await center.rest<{ items: { group: { category: string } }[] }>(
      "GET",
      "/kpis?id=citizen.on_time&groupBy=category",
    );
    expect(items.map(({ group }) => group.category)).toContain("垃圾");
  });
});
