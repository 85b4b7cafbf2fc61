import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlertView } from "../src/stream/protocol.ts";
import { openBrowser, openPage } from "./support/browser.ts";
import { openDeskAs } from "./support/desk.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

/** A desk and the telephones of two crews, open at the same time: each sees what the other does. */

const PLACE = { lat: 22.733, lon: 113.9033 };
const NORTH = { id: "north", name: "北区保洁组" };
const SOUTH = { id: "south", name: "南区保洁组" };

let browser: Browser & AsyncDisposable;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** Two crews on duty, of which the northern one stands nearer. */
async function crewsAtWork(center: TestCenter): Promise<void> {
  const write = (path: string, record: object) => center.rest("PUT", `/registry/${path}`, record);
  await write("shifts/day", { name: "Day", from: "00:00", to: "00:00" });
  const entries: object[] = [];
  for (const [index, { id, name }] of [NORTH, SOUTH].entries()) {
    const badge = `badge-${id}`;
    const at = { lat: PLACE.lat + 0.002 * (index + 1), lon: PLACE.lon };
    await center.rest("POST", "/devices", { id: badge, kind: "person", place: PLACE });
    await write(`people/${id}-one`, { name: `${id} one`, badge, number: String(index + 1), line: "cleaning" });
    await write(`crews/${id}`, { name, line: "cleaning", members: [badge] });
    entries.push({ personId: `${id}-one`, where: { circle: { ...at, radiusM: 800 } } });
    await write("rosters/r", { shiftId: "day", entries });
    await new Promise<void>((settled) => {
      const payload = Buffer.from(JSON.stringify({ ts: Date.now(), ...at, accuracyM: 5, clockIn: 1 }));
      const topic = `kerbside/v1/person/${badge}/telemetry`;
      center.center.inbox.submit({ topic, payload, receivedAt: Date.now(), principal: null }, settled);
    });
  }
  await expect
    .poll(async () => {
      const { items } = await center.rest<{ items: { onDuty: number }[] }>("GET", "/crews");
      return items.map(({ onDuty }) => onDuty);
    })
    .toEqual([1, 1]);
}

async function openCrewPage(center: TestCenter, crewId: string) {
  const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: crewId, role: "crew", crewId });
  const opened = await openPage(browser, {
    viewport: { width: 390, height: 844 },
    geolocation: { latitude: PLACE.lat + 0.0001, longitude: PLACE.lon },
    permissions: ["geolocation"],
  });
  await opened.page.goto(`${center.http}/crew?lang=en#token=${token}`);
  await opened.page.waitForSelector(".sos");
  return opened;
}

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const report = (center: TestCenter) =>
  center.rest<AlertView>("POST", "/alerts", {
    ruleId: "street.exposed_garbage",
    subject: { kind: "spot", id: "corner" },
    place: PLACE,
  });

test("what the dispatcher sends the crew has at once, and each step of the crew stands on the card", async () => {
  await using center = await startTestCenter();
  await crewsAtWork(center);
  const desk = await openDeskAs(browser, center, "dispatcher");
  const phone = await openCrewPage(center, NORTH.id);
  const { id } = await report(center);
  await desk.page.locator(`#line-${id}`).click();

  const nearest = desk.page.locator(".crews li");
  await nearest.first().waitFor();
  expect(await nearest.allInnerTexts()).toEqual([
    expect.stringContaining(NORTH.name),
    expect.stringContaining(SOUTH.name),
  ]);
  await nearest.first().getByRole("button").click();
  const card = desk.page.locator(".card");
  await card.getByText(`asking ${NORTH.name}`).waitFor();

  await phone.page.getByText("answer within").waitFor();
  await press(phone.page, "Accept");
  await card.locator(".state", { hasText: "accepted" }).waitFor();
  await press(phone.page, "I am there");
  await card.locator(".state", { hasText: "arrived" }).waitFor();
  await press(phone.page, "Done");
  await card.locator(".state", { hasText: "handled" }).waitFor();
  expect([...desk.problems, ...phone.problems]).toEqual([]);
});

test("a crew that says no, and one that says nothing: the next is asked, and the card says whom", async () => {
  await using center = await startTestCenter({ OFFER_SECONDS: "3" });
  await crewsAtWork(center);
  const desk = await openDeskAs(browser, center, "dispatcher");
  const [north, south] = [await openCrewPage(center, NORTH.id), await openCrewPage(center, SOUTH.id)];
  const { id } = await report(center);
  await desk.page.locator(`#line-${id}`).click();
  await desk.page.locator(".crews li").first().getByRole("button").click();

  // Nobody of the north answers: the south has it, and the north no longer.
  await south.page.locator(".task").waitFor();
  const timeline = desk.page.locator(".timeline");
  await timeline.getByText("No answer").waitFor();
  await expect.poll(() => north.page.locator(".task").count()).toBe(0);
  await press(south.page, "Decline");
  await press(south.page, "Too far away");
  await timeline.getByText("Too far away").waitFor();
  await timeline.getByText("no crew took it").waitFor();
  await desk.page.locator(".card .state", { hasText: "acknowledged" }).waitFor();
  const asked = await timeline.locator("li", { hasText: "Offered" }).allInnerTexts();
  expect(asked.map((line) => /→ (.*)/.exec(line)?.[1]).toReversed()).toEqual([NORTH.name, SOUTH.name]);
});
