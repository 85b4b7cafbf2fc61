import type { Browser, ConsoleMessage } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./support/browser.ts";
import { goTo, openDeskAs } from "./support/desk.ts";
import { startTestCenter } from "./support/running-center.ts";

/** Every page of the desk, as a newcomer opens it: in a center that has just begun. */

/** Of every page the key after `g`, in the order of the rail. */
const KEYS = [..."qbsctfhdrnkmeowp"];

let browser: Browser & AsyncDisposable;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

test.for(["en", "zh"] as const)("every page opens by its key and leaves no error in the console: %s", async (lang) => {
  await using center = await startTestCenter();
  await center.rest("POST", "/alerts", {
    ruleId: "street.exposed_garbage",
    subject: { kind: "spot", id: "corner" },
    place: { lat: 22.733, lon: 113.9033 },
  });
  const desk = await openDeskAs(browser, center, "admin", { lang });
  const { page, problems } = desk;
  const errors: string[] = [];
  page.on("console", (message: ConsoleMessage) => {
    if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
  });
  await page.locator(".line").waitFor();
  const rail = page.locator(".rail button[title]");
  expect(await rail.count()).toBe(KEYS.length);
  for (const [index, key] of KEYS.entries()) {
    await goTo(desk, key);
    const id = await rail.nth(index).innerText();
    await expect.poll(() => rail.nth(index).getAttribute("aria-current"), { message: id }).toBe("page");
    await page.waitForLoadState("networkidle");
    const text = await page.locator("main").innerText();
    expect(text.trim(), id).not.toBe("");
    // No word of the other language where nobody wrote one.
    if (lang === "en") expect(text.match(/[\u4e00-\u9fff]+/g), id).toBe(null);
  }
  await page.keyboard.press("?");
  await page.locator("dialog .key-help").waitFor();
  expect([...problems, ...errors]).toEqual([]);
});
