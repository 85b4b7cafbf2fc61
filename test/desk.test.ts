import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ManualClock, MINUTE } from "../src/domain/time.ts";
import type { AlertView } from "../src/stream/protocol.ts";
import { expectAccessible, openBrowser, openPage } from "./support/browser.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { hostileStrings } from "./support/hostile-strings.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

const GIVEN = "river lantern oak seven";
const OWN = "copper thursday violin moss";
const PLACE = { lat: 22.733, lon: 113.9033 };

let browser: Browser & AsyncDisposable;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** Somebody who has chosen a password already. */
async function employ(center: TestCenter, id: string, role: string): Promise<void> {
  await center.rest("POST", "/people", { id, name: id, role, password: GIVEN });
  const { token } = await center.rest<{ token: string }>("POST", "/session", { name: id, password: GIVEN });
  const headers = { authorization: `Bearer ${token}` };
  await center.rest("PUT", "/session/password", { current: GIVEN, password: OWN }, headers);
}

async function logIn(page: Page, center: TestCenter, name: string, password = OWN): Promise<void> {
  await page.goto(`${center.http}/desk?lang=en`);
  await page.waitForSelector("input[name=name]:focus");
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
}

let spots = 0;
/** Far enough from each other that they are problems of their own. */
const report = (center: TestCenter, ruleId = "street.exposed_garbage", more: object = {}) =>
  center.rest<AlertView>("POST", "/alerts", {
    ruleId,
    subject: { kind: "spot", id: `spot-${++spots}` },
    place: { lat: PLACE.lat - (spots % 30) * 0.001, lon: PLACE.lon + Math.floor(spots / 30) * 0.001 },
    ...more,
  });
const read = (center: TestCenter, id: string) =>
  center.rest<AlertView & { timeline: { action: string; actor: string; note: string | null }[] }>(
    "GET",
    `/alerts/${id}`,
  );
const stateOf = async (center: TestCenter, id: string) => (await read(center, id)).state;
const line = (page: Page, id: string) => page.locator(`#line-${id}`);
/** The alert is listed, and the center has said what can be done. */
async function ready(page: Page, id: string): Promise<void> {
  await line(page, id).waitFor();
  await page.locator(".card .actions button").first().waitFor();
}

describe("a case by keyboard", () => {
  test("from login to the end without touching the mouse", async () => {
    await using center = await startTestCenter();
    await employ(center, "wang", "dispatcher");
    const { page, problems } = await openPage(browser);
    await logIn(page, center, "wang");
    await page.waitForSelector(".queue");
    const other = await report(center, "street.stacked_goods");
    const { id } = await report(center);
    await ready(page, id);

    await page.keyboard.press("/");
    await page.waitForSelector(".search input:focus");
    await page.keyboard.type("exposed");
    await page.locator("#found [role=option]").first().waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => line(page, id).getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("a");
    await page.locator(".toasts .good button").waitFor();
    expect(await stateOf(center, id)).toBe("acknowledged");
    await page.keyboard.press("u");
    await expect.poll(() => stateOf(center, id)).toBe("open");
    await page.getByRole("button", { name: /^Acknowledge/ }).waitFor();
    await page.keyboard.press("a");
    await expect.poll(() => stateOf(center, id)).toBe("acknowledged");
    await expect.poll(() => page.locator(".head .state").textContent()).toBe("acknowledged");
    await page.keyboard.press("d");
    await page.locator("dialog input").waitFor();
    await page.keyboard.type("crew-7");
    await page.keyboard.press("Enter");
    await expect.poll(async () => (await read(center, id)).crewId).toBe("crew-7");
    await center.rest("POST", `/alerts/${id}/handle`);
    await expect.poll(() => page.locator(".head .state").textContent()).toBe("handled");
    await page.keyboard.press("v");
    await expect.poll(() => stateOf(center, id)).toBe("verified");
    await expect.poll(() => page.locator(".head .state").textContent()).toBe("verified");
    await page.keyboard.press("c");
    await page.locator("dialog textarea").waitFor();
    await page.keyboard.type("looked at it");
    await page.keyboard.press("Enter");
    await expect
      .poll(async () => (await read(center, id)).timeline.some(({ note }) => note === "looked at it"))
      .toBe(true);
    await page.keyboard.press("x");
    await page.locator("dialog textarea").waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => stateOf(center, id), { timeout: 10_000 }).toBe("closed");
    await expect.poll(() => page.locator(".line").count()).toBe(1);
    const done = (await read(center, id)).timeline
      .filter(({ actor }) => actor === "user:wang")
      .map(({ action }) => action);
    expect(done).toEqual(["acknowledge", "undo", "acknowledge", "dispatch", "verify", "comment", "close"]);
    expect(await stateOf(center, other.id)).toBe("open");
    expect(problems).toEqual([]);
  }, 90_000);

  test("an end is held back for a moment and can be taken back; many at once have one key", async () => {
    await using center = await startTestCenter();
    await employ(center, "wang", "dispatcher");
    const { page, problems } = await openPage(browser);
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push((await report(center)).id);
    await logIn(page, center, "wang");
    await expect.poll(() => page.locator(".line").count()).toBe(4);
    await page.keyboard.press("n");
    await page.locator("dialog .choices button").first().waitFor();
    await page.keyboard.press("2");
    await page.locator(".toasts button").waitFor();
    await page.keyboard.press("u");
    await page.getByText(/^Taken back/).waitFor();
    await page.keyboard.press("Control+a");
    await page.locator(".bulk").waitFor();
    await page.keyboard.press("a");
    await page.getByText("4 done").waitFor();
    for (const id of ids) expect(await stateOf(center, id)).toBe("acknowledged");
    await page.keyboard.press("u");
    for (const id of ids) await expect.poll(() => stateOf(center, id)).toBe("open");
    expect(problems).toEqual([]);
  });
});

describe("two at once, and a line that breaks", () => {
  test("two dispatchers press at the same moment: one winner, one plain conflict", async () => {
    await using center = await startTestCenter();
    const { id } = await report(center);
    const pages: Page[] = [];
    let waiting = 0;
    let release = () => {};
    const both = new Promise<void>((done) => {
      release = done;
    });
    for (const name of ["wang", "li"]) {
      await employ(center, name, "dispatcher");
      const { page } = await openPage(browser);
      // Both requests are on their way before either arrives.
      await page.route("**/acknowledge", async (route) => {
        if (++waiting === 2) release();
        await both;
        await route.continue();
      });
      await logIn(page, center, name);
      await ready(page, id);
      pages.push(page);
    }
    await Promise.all(pages.map((page) => page.keyboard.press("a")));
    const conflicts = async () => Promise.all(pages.map((page) => page.locator(".conflict").count()));
    await expect.poll(async () => (await conflicts()).sort()).toEqual([0, 1]);
    const loser = pages[(await conflicts()).indexOf(1)] as Page;
    await expect
      .poll(() => loser.locator(".conflict").textContent())
      .toMatch(/Somebody was faster.*It is now acknowledged.*Last step: (wang|li), Acknowledge/);
    await loser.getByRole("button", { name: "Leave it" }).click();
    await expect.poll(() => loser.locator(".conflict").count()).toBe(0);
    expect((await read(center, id)).timeline.filter(({ action }) => action === "acknowledge")).toHaveLength(1);
  }, 60_000);

  test("a reading that comes in between is no conflict", async () => {
    await using center = await startTestCenter();
    await employ(center, "wang", "dispatcher");
    const { id } = await report(center);
    const { page } = await openPage(browser);
    let first = true;
    await page.route("**/acknowledge", async (route) => {
      if (first) await center.rest("POST", `/alerts/${id}/comment`, { note: "meanwhile" });
      first = false;
      await route.continue();
    });
    await logIn(page, center, "wang");
    await ready(page, id);
    await page.keyboard.press("a");
    await expect.poll(() => stateOf(center, id)).toBe("acknowledged");
    expect(await page.locator(".conflict").count()).toBe(0);
  });

  test("while the center is down actions are kept; afterwards each is done once, lost answers included", async () => {
    using directory = temporaryDirectory();
    const before = await startTestCenter({ DATA_DIR: directory.path });
    await employ(before, "wang", "dispatcher");
    const alerts = [await report(before), await report(before, "street.stacked_goods")];
    const { page, problems } = await openPage(browser);
    await logIn(page, before, "wang");
    for (const { id } of alerts) await ready(page, id);

    // The center does it, and the answer is lost on the way.
    const lost = new Promise<void>((done) => {
      void page.route(
        "**/comment",
        async (route) => {
          await route.fetch();
          await route.abort();
          done();
        },
        { times: 1 },
      );
    });
    await page.keyboard.press("c");
    await page.locator("dialog textarea").waitFor();
    await page.keyboard.type("once only");
    await page.keyboard.press("Enter");
    await lost;
    const port = new URL(before.http).port;
    await before[Symbol.asyncDispose]();

    await page.keyboard.press("a");
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    await expect.poll(() => page.locator(".outbox > button").textContent()).toMatch(/3 to send/);
    await expect.poll(() => page.locator(".freshness").getAttribute("class"), { timeout: 15_000 }).toContain("grey");

    await using after = await startTestCenter({ DATA_DIR: directory.path, HTTP_PORT: port });
    for (const { id } of alerts) await expect.poll(() => stateOf(after, id), { timeout: 20_000 }).toBe("acknowledged");
    await expect.poll(() => page.locator(".outbox > button").count()).toBe(0);
    const told = await Promise.all(alerts.map(async ({ id }) => (await read(after, id)).timeline));
    const own = told.flat().filter(({ actor }) => actor === "user:wang");
    expect(own.filter(({ action }) => action === "comment")).toHaveLength(1);
    expect(own.filter(({ action }) => action === "acknowledge")).toHaveLength(2);
    expect(problems).toEqual([]);
  }, 60_000);

  test("a page that is closed keeps what was not sent, for the same person only", async () => {
    await using center = await startTestCenter();
    await employ(center, "wang", "dispatcher");
    await employ(center, "li", "dispatcher");
    const { id } = await report(center);
    const { page } = await openPage(browser);
    await page.route("**/acknowledge", (route) => route.abort());
    await logIn(page, center, "wang");
    await ready(page, id);
    await page.keyboard.press("a");
    await expect.poll(() => page.locator(".outbox > button").textContent()).toMatch(/1 to send/);
    const context = page.context();
    await page.close();
    const second = await context.newPage();
    await logIn(second, center, "li");
    await line(second, id).waitFor();
    expect(await second.locator(".outbox > button").count()).toBe(0);
    await second.close();
    const third = await context.newPage();
    await logIn(third, center, "wang");
    await expect.poll(() => stateOf(center, id)).toBe("acknowledged");
    expect((await read(center, id)).timeline.at(-1)?.actor).toBe("user:wang");
  });
});

describe("who is let in, and to what", () => {
  test("a first password must be changed; wrong ones are refused and lock", async () => {
    await using center = await startTestCenter({ LOGIN_FAILURES: "2" });
    await center.rest("POST", "/people", { id: "wang", name: "Wang", role: "dispatcher", password: GIVEN });
    const { page, problems } = await openPage(browser);
    await logIn(page, center, "wang", "not this one at all");
    await page.getByText("Name or password is wrong").waitFor();
    await logIn(page, center, "wang", GIVEN);
    await page.waitForSelector("input[name=fresh]");
    const choose = async (password: string) => {
      await page.fill("input[name=current]", GIVEN);
      await page.fill("input[name=fresh]", password);
      await page.fill("input[name=again]", password);
      await page.keyboard.press("Enter");
    };
    await choose("password12345");
    await page.getByText(/tried first/).waitFor();
    await choose(OWN);
    await page.waitForSelector(".queue");
    expect(page.url()).not.toContain("token");
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("kt_");
    await page.locator(".user summary").click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForSelector("input[name=name]");
    for (let i = 0; i < 2; i++) {
      await logIn(page, center, "wang", "wrong");
      await page.getByText("Name or password is wrong").waitFor();
    }
    await logIn(page, center, "wang");
    await page.getByText(/too many wrong passwords|Too many wrong passwords; try again in \d+ s/).waitFor();
    expect(problems).toEqual([]);
  });

  test("an idle session ends by itself and says so; a token from elsewhere works too", async () => {
    const clock = new ManualClock(1_790_043_200_000);
    await using center = await startTestCenter({ SESSION_IDLE_MINUTES: "10" }, { clock });
    await employ(center, "wang", "dispatcher");
    const { page } = await openPage(browser);
    await logIn(page, center, "wang");
    await page.waitForSelector(".queue");
    clock.advanceTo(clock.now() + 11 * MINUTE);
    await page.getByText(/Your session has ended/).waitFor();
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "link", role: "dispatcher" });
    const { page: linked } = await openPage(browser);
    await linked.goto(`${center.http}/desk?lang=en#token=${token}`);
    await linked.waitForSelector(".queue");
    expect(linked.url()).not.toContain(token);
  });

  test("what a role may not do is not offered", async () => {
    await using center = await startTestCenter();
    await report(center);
    const offered = async (role: string) => {
      await employ(center, role, role);
      const { page } = await openPage(browser);
      await logIn(page, center, role);
      await page.locator(".line").first().click();
      await page.waitForSelector(".card .head");
      await page.waitForSelector(".clocks");
      const rail = await page.locator(".rail button").allTextContents();
      if (role !== "viewer") await page.waitForSelector(".card .actions button");
      return { rail, actions: await page.locator(".card .actions button").allTextContents() };
    };
    const viewer = await offered("viewer");
    expect(viewer.actions).toEqual([]);
    expect(viewer.rail).not.toContain("Handover");
    const dispatcher = await offered("dispatcher");
    expect(dispatcher.actions.join()).toContain("Acknowledge");
    expect(dispatcher.rail).toContain("Handover");
    expect(dispatcher.rail).not.toContain("Rules");
    expect(dispatcher.rail).not.toContain("Accounts");
    const admin = await offered("admin");
    expect(admin.rail).toEqual(expect.arrayContaining(["Rules", "Accounts", "Handover", "Walls"]));
  }, 60_000);
});

describe("what devices and people write", () => {
  test("is shown as it is and does nothing", async () => {
    await using center = await startTestCenter();
    expect(hostileStrings.length).toBeGreaterThanOrEqual(50);
    await employ(center, "wang", "admin");
    const subjects = [];
    for (const [i, text] of hostileStrings.entries()) {
      await center.rest("POST", "/devices", {
        id: `bin-${i}`,
        kind: "bin",
        name: text,
        place: { lat: 22.71 + i * 0.0005, lon: 113.9 },
      });
      const alert = await center.rest<AlertView>("POST", "/alerts", {
        ruleId: "bin.overflow",
        subject: { kind: "bin", id: `bin-${i}` },
        note: text,
        evidence: {
          [text === "__proto__" ? "key" : text.slice(0, 60)]: text,
          snapshotUrl: text,
          category: text,
          confidence: 0.5,
          bbox: [text, 0, 0, 0],
        },
      });
      await center.rest("POST", `/alerts/${alert.id}/dispatch`, {
        crewId: text.slice(0, 128),
        assignee: text.slice(0, 128),
        note: text,
      });
      subjects.push(alert);
    }
    const { page, problems } = await openPage(browser);
    await logIn(page, center, "wang");
    await expect.poll(() => page.locator(".line").count()).toBeGreaterThan(10);
    const card = page.locator(".card");
    for (const [i, text] of hostileStrings.entries()) {
      const visible = text.replaceAll(/\s+/g, " ").trim();
      await page.evaluate(`document.getElementById("line-${subjects[i]?.id}")?.click()`);
      if ((await page.locator(`#line-${subjects[i]?.id}`).count()) === 0) continue;
      await expect
        .poll(async () => ((await card.textContent()) ?? "").replaceAll(/\s+/g, " "), { message: text })
        .toContain(visible);
    }
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.locator("table").waitFor();
    expect(await page.locator("table").textContent()).toContain("<script>window.__pwned=1</script>");
    expect(await page.evaluate(() => (globalThis as { __pwned?: unknown }).__pwned)).toBeUndefined();
    expect(
      await page.locator("main iframe, main object, main embed, main script, main form[action^=javascript]").count(),
    ).toBe(0);
    expect(problems).toEqual([]);
  }, 90_000);

  test("thousands of alerts cost a few lines of the page", async () => {
    await using center = await startTestCenter();
    await employ(center, "wang", "dispatcher");
    const actor = { name: "user:test", role: "admin" as const, scope: {}, tokenId: null };
    await center.center.operate((now, changes) => {
      for (let i = 0; i < 3_000; i++) {
        const subject = { kind: "spot", id: `many-${i}` };
        center.center.alerting.report(
          { ruleId: "help.sos", subject, place: { lat: 22.7 + (i % 60) * 0.0008, lon: 113.88 + i / 60_000 } },
          actor,
          now,
          changes,
        );
      }
    });
    const { page, problems } = await openPage(browser);
    await logIn(page, center, "wang");
    await expect.poll(() => page.locator(".filter .count").textContent(), { timeout: 20_000 }).toContain("3000");
    await page.keyboard.press("End");
    await expect.poll(() => page.locator(".line.selected").getAttribute("aria-posinset")).toBe("3000");
    expect(await page.locator(".line").count()).toBeLessThan(60);
    await page.keyboard.press("Home");
    await expect.poll(() => page.locator(".line.selected").getAttribute("aria-posinset")).toBe("1");
    expect(problems).toEqual([]);
  }, 60_000);
});

describe("for everybody", () => {
  test.each(["light", "dark"] as const)(
    "WCAG AA, as far as a program can tell: %s",
    async (colorScheme) => {
      await using center = await startTestCenter();
      await employ(center, "wang", "admin");
      for (let i = 0; i < 6; i++) await report(center);
      const sos = await report(center, "help.sos");
      const { page, problems } = await openPage(browser, { colorScheme });
      await page.goto(`${center.http}/desk?lang=zh`);
      await page.waitForSelector("input[name=name]");
      await expectAccessible(page, "login");
      await logIn(page, center, "wang");
      await line(page, sos.id).waitFor();
      await page.waitForSelector(".timeline");
      await expectAccessible(page, "queue and card");
      await page.keyboard.press("?");
      await page.waitForSelector("dialog");
      await expectAccessible(page, "keys");
      await page.keyboard.press("Escape");
      await page.waitForSelector("dialog", { state: "detached" });
      for (const key of ["b", "f", "h", "d", "r", "n", "k", "o", "w", "p"]) {
        await page.keyboard.press("g");
        await page.keyboard.press(key);
        await page.waitForSelector("main .page-head");
        await expectAccessible(page, `page ${key}`);
      }
      expect(problems).toEqual([]);
    },
    90_000,
  );
});
