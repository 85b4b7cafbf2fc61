import type { Page } from "playwright-core";
import type { TestCenter } from "./running-center.ts";

const GIVEN = "river lantern oak seven";
const OWN = "copper thursday violin moss";

/** Somebody with an account who has chosen a password of their own already. */
export async function employ(center: TestCenter, id: string, role: string, more: object = {}): Promise<void> {
  await center.rest("POST", "/people", { id, name: id, role, password: GIVEN, ...more });
  const { token } = await center.rest<{ token: string }>("POST", "/session", { name: id, password: GIVEN });
  const headers = { authorization: `Bearer ${token}` };
  await center.rest("PUT", "/session/password", { current: GIVEN, password: OWN }, headers);
}

/** Opens the desk or the crew page and logs in as somebody employed. */
export async function logIn(page: Page, center: TestCenter, name: string, path = "/desk?lang=en"): Promise<void> {
  await page.goto(`${center.http}${path}`);
  await page.waitForSelector("input[name=name]:focus");
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(OWN);
  await page.keyboard.press("Enter");
}
