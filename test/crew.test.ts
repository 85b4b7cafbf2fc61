import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AlertView } from "../src/stream/protocol.ts";
import { expectAccessible, openBrowser, openPage } from "./support/browser.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

const GIVEN = "river lantern oak seven";
const OWN = "copper thursday violin moss";
const PLACE = { lat: 22.733, lon: 113.9033 };
const PHONE = {
  viewport: { width: 390, height: 844 },
  geolocation: { latitude: PLACE.lat + 0.0001, longitude: PLACE.lon },
  permissions: ["geolocation"],
};

let browser: Browser & AsyncDisposable;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** A crewman who has chosen a password, on a telephone. */
async function onTheStreet(center: TestCenter, options: object = {}) {
  await center.rest("POST", "/people", { id: "li", name: "Li", role: "crew", crewId: "crew-1", password: GIVEN });
  const { token } = await center.rest<{ token: string }>("POST", "/session", { name: "li", password: GIVEN });
  const headers = { authorization: `Bearer ${token}` };
  await center.rest("PUT", "/session/password", { current: GIVEN, password: OWN }, headers);
  const watched = await openPage(browser, { ...PHONE, ...options });
  await watched.page.goto(`${center.http}/crew?lang=en`);
  await watched.page.fill("input[name=name]", "li");
  await watched.page.fill("input[name=password]", OWN);
  await watched.page.keyboard.press("Enter");
  await watched.page.waitForSelector(".sos");
  return watched;
}

async function send(center: TestCenter, id: string, crewId: string): Promise<AlertView> {
  const subject = { kind: "spot", id };
  const made = await center.rest<AlertView>("POST", "/alerts", {
    ruleId: "street.exposed_garbage",
    subject,
    place: PLACE,
  });
  return center.rest("POST", `/alerts/${made.id}/dispatch`, { crewId });
}
const read = (center: TestCenter, id: string) =>
  center.rest<AlertView & { timeline: { action: string; actor: string; note: string | null }[] }>(
    "GET",
    `/alerts/${id}`,
  );
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** A picture as a telephone would take it. */
const picture = (page: Page): Promise<number[]> =>
  page.evaluate(`(async () => {
    const canvas = new OffscreenCanvas(2400, 1800);
    const brush = canvas.getContext("2d");
    brush.fillStyle = "#385"; brush.fillRect(0, 0, 2400, 1800);
    const blob = await canvas.convertToBlob({ type: "image/jpeg" });
    return [...new Uint8Array(await blob.arrayBuffer())];
  })()`);

describe("a crew's telephone", () => {
  test("accept, go, arrive, prove with a picture, done; nothing of other crews is seen", async () => {
    await using center = await startTestCenter();
    const { page, problems } = await onTheStreet(center);
    await send(center, "theirs", "crew-2");
    const { id } = await send(center, "ours", "crew-1");
    await page.getByText("to accept").waitFor();
    expect(await page.locator(".task").count()).toBe(1);
    expect(await page.locator(".task a").getAttribute("href")).toContain(`geo:${PLACE.lat},${PLACE.lon}`);
    await press(page, "Accept");
    await press(page, "I am there");
    await page.setInputFiles("input[type=file]", {
      name: "p.jpg",
      mimeType: "image/jpeg",
      buffer: Buffer.from(await picture(page)),
    });
    await page.getByText("1 pictures, 1 valid").waitFor();
    await press(page, "Done");
    await expect.poll(async () => (await read(center, id)).state).toBe("handled");
    const { timeline, pictures } = await read(center, id);
    const own = timeline.filter(({ actor }) => actor === "user:li").map(({ action }) => action);
    expect(own).toEqual(["accept", "arrive", "picture", "handle"]);
    expect(pictures).toMatchObject([{ valid: true, by: "user:li" }]);
    expect(problems).toEqual([]);
  });

  test("no, with a reason", async () => {
    await using center = await startTestCenter();
    const { page } = await onTheStreet(center);
    const { id } = await send(center, "ours", "crew-1");
    await press(page, "Decline");
    await press(page, "Vehicle or tool broken");
    await expect.poll(async () => (await read(center, id)).crewId).toBe(null);
    expect((await read(center, id)).timeline.find(({ action }) => action === "decline")).toMatchObject({
      actor: "user:li",
      note: "Vehicle or tool broken",
    });
    await expect.poll(() => page.locator(".task").count()).toBe(0);
  });

  test("in a tunnel everything is kept, pictures too, and done once behind it", async () => {
    await using center = await startTestCenter();
    const { page } = await onTheStreet(center);
    const { id } = await send(center, "ours", "crew-1");
    await press(page, "Accept");
    await page.getByRole("button", { name: "I am there", exact: true }).waitFor();
    const bytes = Buffer.from(await picture(page));
    await page.context().setOffline(true);
    await press(page, "I am there");
    await page.setInputFiles("input[type=file]", { name: "p.jpg", mimeType: "image/jpeg", buffer: bytes });
    await page.getByText("2 to send").waitFor();
    await page.context().setOffline(false);
    await expect.poll(async () => (await read(center, id)).state, { timeout: 20_000 }).toBe("arrived");
    await expect.poll(async () => (await read(center, id)).pictures.length, { timeout: 20_000 }).toBe(1);
    const done = (await read(center, id)).timeline
      .filter(({ actor }) => actor === "user:li")
      .map(({ action }) => action);
    expect(done).toEqual(["accept", "arrive", "picture"]);
  }, 60_000);

  test("a call for help is held, sent with the place, and its answer is shown", async () => {
    await using center = await startTestCenter();
    const { page, problems } = await onTheStreet(center);
    const button = page.getByRole("button", { name: "SOS", exact: true });
    await button.click();
    expect((await center.rest<{ items: unknown[] }>("GET", "/alerts?ruleId=help.sos")).items).toEqual([]);
    const calls = async () => (await center.rest<{ items: AlertView[] }>("GET", "/alerts?ruleId=help.sos")).items;
    await button.hover();
    await page.mouse.down();
    await expect.poll(async () => (await calls()).length, { timeout: 8_000 }).toBe(1);
    await page.mouse.up();
    const [call] = await calls();
    expect(call).toMatchObject({ level: 1, state: "open", subject: { id: "help-li" } });
    expect(call?.place?.lat).toBeCloseTo(PLACE.lat, 3);
    await page.getByText("Your call for help is on its way").waitFor();
    await center.rest("POST", `/alerts/${call?.id}/acknowledge`);
    await page.getByText("The desk has heard you").waitFor();
    expect(problems).toEqual([]);
  });

  test.each(["light", "dark"] as const)("WCAG AA, as far as a program can tell: %s", async (colorScheme) => {
    await using center = await startTestCenter();
    await send(center, "ours", "crew-1");
    const { page } = await onTheStreet(center, { colorScheme });
    await page.waitForSelector(".task");
    await expectAccessible(page, "task");
    await press(page, "Decline");
    await expectAccessible(page, "reasons");
  });
});
