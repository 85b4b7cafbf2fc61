import { connectAsync, type MqttClient } from "mqtt";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byUrgency, type SweepRow, standingOf } from "../src/console/desk/sweep-plan.ts";
import { DAY, ManualClock, MINUTE, SECOND } from "../src/domain/time.ts";
import { expectAccessible, openBrowser } from "./support/browser.ts";
import { goTo, openDeskAs } from "./support/desk.ts";
import { hostileStrings } from "./support/hostile-strings.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

/** 05:50 in Yutang, ten minutes before the first window. */
const DAWN = Date.parse("2026-09-21T21:50:00Z");
const SWEPT = "section-songbai-1";
const LEFT = "section-songbai-2";
const LATER = "section-genyu-1";
const HOSTILE = hostileStrings.find((text) => text.startsWith("<img")) as string;

interface Row extends SweepRow {
  readonly date: string;
}
interface Pass {
  readonly vehicleId: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly share: number;
}
interface Morning extends AsyncDisposable {
  readonly center: TestCenter;
  readonly clock: ManualClock;
  readonly until: (at: number) => Promise<void>;
  /** The sweeper works its section from its beginning, so many metres, one fix every ten seconds. */
  readonly sweep: (from: number, metres: number) => Promise<void>;
  readonly rows: (date?: string) => Promise<readonly Row[]>;
}

async function openMorning(): Promise<Morning> {
  const clock = new ManualClock(DAWN);
  const center = await startTestCenter({}, { clock });
  const device = { id: "sweeper-1", kind: "vehicle", name: HOSTILE, attributes: { vehicleType: "sweeper" } };
  const { mqtt } = await center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", device);
  const crew = { name: "Early <b>birds</b>", line: "cleaning", members: ["sweeper-1"] };
  await center.rest("PUT", "/registry/crews/early", crew);
  await center.rest("PUT", "/registry/plans/morning", {
    kind: "sweep",
    vehicleId: "sweeper-1",
    sections: [
      { sectionId: SWEPT, from: "06:00", to: "08:00" },
      { sectionId: LEFT, from: "06:00", to: "07:00" },
      { sectionId: LATER, from: "14:00", to: "17:00" },
    ],
  });
  await center.rest("PUT", "/registry/plans/greens", {
    kind: "sweep",
    sections: [{ sectionId: "section-guangqiao-2", from: "06:00", to: "09:00" }],
  });
  const line: MqttClient = await connectAsync(center.mqtt as string, mqtt);
  const until = async (at: number) => {
    clock.advanceTo(at);
    await center.center.operate(() => {});
  };
  await until(DAWN + MINUTE);
  const section = center.center.geography.section(SWEPT);
  const along = section?.line ?? [];
  const metresPerDegree = 111_195;
  return {
    center,
    clock,
    until,
    async sweep(from, metres) {
      const step = (8 / 3.6) * 10;
      let at = from;
      let [start, ...rest] = along;
      for (let left = metres, into = 0; left > 0 && start && rest[0]; left -= step, at += 10 * SECOND) {
        await until(at);
        const [end] = rest;
        const dx = (end[0] - start[0]) * metresPerDegree * Math.cos((start[1] * Math.PI) / 180);
        const dy = (end[1] - start[1]) * metresPerDegree;
        const part = Math.min(1, into / Math.hypot(dx, dy));
        const [lon, lat] = [start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part];
        const said = { ts: at, lat, lon, speedKmh: 8, working: 1, acc: 1, accuracyM: 4 };
        await line.publishAsync("kerbside/v1/vehicle/sweeper-1/telemetry", JSON.stringify(said), { qos: 1 });
        into += step;
        if (part === 1) {
          into = 0;
          [start, ...rest] = rest;
        }
      }
    },
    rows: async (date) =>
      (await center.rest<{ items: Row[] }>("GET", `/sweeps${date === undefined ? "" : `?date=${date}`}`)).items,
    async [Symbol.asyncDispose]() {
      await line.endAsync();
      await center[Symbol.asyncDispose]();
    },
  };
}

let browser: Browser & AsyncDisposable;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

describe("the plan over REST", () => {
  test("says how far each section is, who swept it when, and keeps it for the days after", async () => {
    await using morning = await openMorning();
    const { center, rows, sweep, until } = morning;
    await sweep(DAWN + 20 * MINUTE, 700);
    const swept = (await rows()).find(({ sectionId }) => sectionId === SWEPT);
    expect(swept).toMatchObject({ crewId: "early", line: "cleaning", target: 0.95, missed: false });
    expect(swept?.coverage).toBeGreaterThan(0.4);
    expect(swept?.coverage).toBeLessThan(0.7);
    expect(swept?.restMinutes).toBeGreaterThan(0);
    const path = `/coverage/${SWEPT}/passes?from=${DAWN}`;
    const { items } = await center.rest<{ items: Pass[] }>("GET", path);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ vehicleId: "sweeper-1", name: HOSTILE, from: DAWN + 20 * MINUTE });
    // A cell that is passed at a crossing is counted for whichever section the fixes before it were on.
    expect(Math.abs((items[0]?.share ?? 0) - (swept?.coverage ?? 0))).toBeLessThan(0.02);
    await expect(center.rest("GET", `/coverage/${SWEPT}/passes?from=${DAWN - 3 * DAY}`)).rejects.toThrow(
      "at most 2 days at once",
    );
    await expect(center.rest("GET", `/coverage/nowhere/passes?from=${DAWN}`)).rejects.toThrow("404");
    await expect(center.rest("GET", "/sweeps?date=2026-02-30")).rejects.toThrow("no date of the calendar");

    for (let days = 1; days <= 3; days++) await until(DAWN + days * DAY);
    const before = (await rows("2026-09-22")).find(({ sectionId }) => sectionId === SWEPT);
    expect(before).toMatchObject({ coverage: swept?.coverage, date: "2026-09-22", crewId: "early" });
    expect((await rows("2026-09-22")).map(({ sectionId }) => sectionId).sort()).toEqual(
      [SWEPT, LEFT, LATER, "section-guangqiao-2"].sort(),
    );
    const limited = { name: "lines", role: "dispatcher", scope: { businessLine: ["greening"] } };
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", limited);
    const seen = await center.rest<{ items: Row[] }>("GET", "/sweeps", undefined, { authorization: `Bearer ${token}` });
    expect(seen.items).toEqual([]);
  }, 60_000);

  test("what is at risk comes before what is missed, and that before what goes well", () => {
    const now = DAWN;
    const row = (id: string, fields: Partial<SweepRow>): SweepRow =>
      ({
        id,
        sectionId: id,
        from: now - 10 * MINUTE,
        to: now + 60 * MINUTE,
        coverage: 0.5,
        target: 0.95,
        warned: false,
        ...fields,
      }) as SweepRow;
    const rows = [
      row("done", { coverage: 0.96 }),
      row("next", { from: now + MINUTE }),
      row("half", {}),
      row("little", { coverage: 0.1 }),
      row("over", { to: now, missed: true }),
      row("late", { warned: true, to: now + 30 * MINUTE }),
      row("later", { warned: true, to: now + 40 * MINUTE }),
      row("made up", { to: now - MINUTE, coverage: 0.95, missed: false }),
    ];
    expect(rows.toSorted(byUrgency(now)).map(({ id }) => id)).toEqual([
      "late",
      "later",
      "over",
      "little",
      "half",
      "next",
      "made up",
      "done",
    ]);
    expect(standingOf(row("swept in spite of the warning", { warned: true, coverage: 1 }), now)).toBe("done");
  });
});

describe("the page", () => {
  test("warns by itself while there is still time, lists by urgency, and opens a section by keys and on the map", async () => {
    await using morning = await openMorning();
    const { center, sweep, until } = morning;
    await sweep(DAWN + 15 * MINUTE, 500);
    const desk = await openDeskAs(browser, center, "dispatcher");
    const { page, problems } = desk;
    await goTo(desk, "c");
    const lines = page.locator(".sweep");
    await expect.poll(() => lines.count()).toBe(4);
    expect(await page.locator(".risks").count()).toBe(0);
    const swept = lines.filter({ hasText: "Early <b>birds</b>" }).filter({ hasText: "06:00–08:00" });
    const [row] = (await morning.rows()).filter(({ sectionId }) => sectionId === SWEPT);
    await expect
      .poll(() => swept.locator(".share").textContent())
      .toContain(`${Math.round((row?.coverage ?? 0) * 100)} %`);

    // Nobody sweeps the other section: half way through its window it cannot be done any more.
    await until(DAWN + 42 * MINUTE);
    await until(DAWN + 55 * MINUTE);
    await page.locator(".risks button").first().waitFor();
    expect(await page.locator(".risks").textContent()).toMatch(/1 will not be done in time.*松白路 2\/4 · 15 min left/);
    expect(await lines.first().textContent()).toContain("松白路 2/4");
    expect(await lines.first().locator("title").textContent()).toBe("will be missed");

    await page.keyboard.press("1");
    await expect.poll(() => lines.count()).toBe(1);
    await page.keyboard.press("1");
    await page.keyboard.press("End");
    await expect.poll(() => lines.last().getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("Home");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await expect.poll(() => lines.first().getAttribute("aria-selected")).toBe("true");
    const detail = page.locator(".section-detail");
    await expect.poll(() => detail.textContent()).toContain("No vehicle swept it");
    await expect.poll(() => detail.textContent()).toContain("Sweep coverage low");

    await swept.click();
    await expect.poll(() => detail.locator("table").textContent()).toContain(HOSTILE);
    expect(await detail.locator("img").count()).toBe(0);
    expect(await page.evaluate(() => (globalThis as { __pwned?: unknown }).__pwned)).toBeUndefined();
    expect(await lines.first().locator("b").count()).toBe(1);

    // On the map a planned section shows a pointing hand; a press on it chooses it.
    await page.keyboard.press("Escape");
    await expect.poll(() => detail.count()).toBe(0);
    await page.waitForSelector('.coverage-map .frame[data-drawn="4"] canvas');
    await expect.poll(() => pressOnSection(), { timeout: 15_000 }).toBe(true);
    await detail.waitFor();
    expect(problems).toEqual([]);

    async function pressOnSection(): Promise<boolean> {
      const box = await page.locator(".coverage-map .frame").boundingBox();
      if (!box) return false;
      for (let y = 0.1; y < 0.9; y += 0.08) {
        for (let x = 0.1; x < 0.9; x += 0.02) {
          await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
          const hand = await page.locator(".coverage-map canvas").evaluate((canvas) => canvas.style.cursor);
          if (hand !== "pointer") continue;
          await page.mouse.down();
          await page.mouse.up();
          return true;
        }
      }
      return false;
    }
  }, 90_000);

  test("other days, lines and communities can be chosen; below dispatcher it is not offered", async () => {
    await using morning = await openMorning();
    const desk = await openDeskAs(browser, morning.center, "dispatcher");
    const { page, problems } = desk;
    await goTo(desk, "c");
    const lines = page.locator(".sweep");
    await expect.poll(() => lines.count()).toBe(4);
    await page.getByRole("button", { name: "tomorrow" }).click();
    await expect.poll(() => lines.count()).toBe(4);
    await page.locator("input[type=date]").fill("2026-09-01");
    await page.getByText("No sweep plan of this day was watched from its beginning").waitFor();
    await page.getByRole("button", { name: "today" }).click();
    await expect.poll(() => lines.count()).toBe(4);
    const communities = new Set((await morning.rows()).map(({ communityId }) => communityId));
    const [community] = communities;
    expect(communities.size).toBeGreaterThan(1);
    await page.getByLabel("Community").selectOption(community as string);
    const there = (await morning.rows()).filter(({ communityId }) => communityId === community);
    await expect.poll(() => lines.count()).toBe(there.length);
    await page.getByLabel("Community").selectOption("");

    await page.getByRole("button", { name: "crew", exact: true }).click();
    const sums = page.locator(".plan table");
    await expect.poll(() => sums.locator("tbody tr").count()).toBe(2);
    expect(await sums.textContent()).toContain("0 / 3");
    await sums.getByRole("button", { name: "Early <b>birds</b>" }).click();
    await expect.poll(() => lines.count()).toBe(3);
    await page.locator(".page-head h2").click();

    await page.keyboard.press("?");
    await page.getByText("next / previous section").waitFor();
    await page.getByText("Coverage", { exact: true }).last().waitFor();
    await page.keyboard.press("Escape");
    const { page: walls } = await openDeskAs(browser, morning.center, "viewer");
    expect(await walls.locator(".rail button").allTextContents()).not.toContain("Coverage");
    expect(problems).toEqual([]);
  }, 60_000);

  test.each(["light", "dark"] as const)("WCAG AA, as far as a program can tell: %s", async (colorScheme) => {
    await using morning = await openMorning();
    await morning.sweep(DAWN + 15 * MINUTE, 300);
    await morning.until(DAWN + 55 * MINUTE);
    const desk = await openDeskAs(browser, morning.center, "dispatcher", { colorScheme, lang: "zh" });
    await goTo(desk, "c");
    await desk.page.locator(".risks").waitFor();
    await desk.page.keyboard.press("j");
    await desk.page.locator(".section-detail .windows").waitFor();
    await expectAccessible(desk.page, `coverage ${colorScheme}`);
    expect(desk.problems).toEqual([]);
  });
});
