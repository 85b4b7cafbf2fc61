import { expect, test } from "vitest";
import { DAY, ManualClock } from "../src/domain/time.ts";
import { expectAccessible, openBrowser, openPage } from "./support/browser.ts";
import { startTestCenter } from "./support/running-center.ts";

const GIVEN = "river lantern oak seven";
const OWN = "copper thursday violin moss";

test("a report that is kept is listed on the desk and saved as a workbook", async () => {
  const clock = new ManualClock(Date.parse("2026-09-22T01:00:00Z"));
  await using center = await startTestCenter({}, { clock });
  clock.advanceTo(clock.now() + DAY);
  const id = "day-2026-09-22";
  await expect
    .poll(async () => {
      await center.rest("GET", `/reports/${id}`);
      return (await center.rest<{ items: { id: string }[] }>("GET", "/reports")).items.map((one) => one.id);
    })
    .toContain(id);
  await center.rest("POST", "/people", { id: "wang", name: "wang", role: "dispatcher", password: GIVEN });
  const { token } = await center.rest<{ token: string }>("POST", "/session", { name: "wang", password: GIVEN });
  const headers = { authorization: `Bearer ${token}` };
  await center.rest("PUT", "/session/password", { current: GIVEN, password: OWN }, headers);

  await using browser = await openBrowser();
  const { page } = await openPage(browser);
  await page.goto(`${center.http}/desk?lang=en`);
  await page.waitForSelector("input[name=name]:focus");
  await page.keyboard.type("wang");
  await page.keyboard.press("Tab");
  await page.keyboard.type(OWN);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".queue");
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  const button = page.getByRole("button", { name: `XLSX ${id}` });
  await button.waitFor();
  await expectAccessible(page, "reports");
  const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
  expect(file.suggestedFilename()).toBe(`${id}.xlsx`);
});
