import type { Browser, BrowserContextOptions } from "playwright-core";
import { openPage, type WatchedPage } from "./browser.ts";
import type { TestCenter } from "./running-center.ts";

/** The desk with somebody of a role at it, whose token came by the link that the center gave out. */
export async function openDeskAs(
  browser: Browser,
  center: TestCenter,
  role: string,
  { lang = "en", ...options }: BrowserContextOptions & { readonly lang?: "zh" | "en" } = {},
): Promise<WatchedPage> {
  const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: `a ${role}`, role });
  const opened = await openPage(browser, options);
  await opened.page.goto(`${center.http}/desk?lang=${lang}#token=${token}`);
  await opened.page.waitForSelector(".queue");
  return opened;
}

/** Presses `g` and the page's key. */
export async function goTo({ page }: Pick<WatchedPage, "page">, key: string): Promise<void> {
  await page.keyboard.press("g");
  await page.keyboard.press(key);
}
