import { once } from "node:events";
import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";
import { answerKpis } from "../src/kpi/answer.ts";
import { kpiCatalogue } from "../src/kpi/catalogue.ts";
import { startFaultyInflux } from "./support/influx.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";
import { T0 } from "./support/store.ts";

const place = { lat: 22.733, lon: 113.9033 };
const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };

/** Asks, and leaves once the center has had the question for a moment. */
async function askAndLeave({ http }: TestCenter, path: string, heard: () => Promise<unknown>): Promise<void> {
  const asked = request(`${http}/api/v1${path}`, { headers });
  asked.on("error", () => {});
  asked.end();
  await once(asked, "finish");
  await heard();
  asked.destroy();
}

const commit = (center: TestCenter, device: number, times: readonly number[]) =>
  center.center.operate((_now, changes) => {
    for (const [n, at] of times.entries()) {
      const metrics = { fillPct: n % 90, lat: 22.7 + (n % 100) / 1e4, lon: 113.9 };
      changes.readings.append({ device, at, receivedAt: at, key: n, metrics });
    }
  });

describe("questions about the past", () => {
  test("the latest of every device of a kind, now and then, within what the token reaches", async () => {
    await using center = await startTestCenter();
    for (const id of ["bin-1", "bin-2", "bin-3"]) await center.rest("POST", "/devices", { id, kind: "bin", place });
    const now = Date.now();
    await commit(center, 1, [now - 30 * HOUR, now - 3 * HOUR, now - HOUR]);
    await commit(center, 2, [now - 40 * DAY]);
    const latest = (query: string) => center.rest("GET", `/latest?kind=bin&metric=fillPct${query}`);
    expect(await latest("")).toMatchObject({ asked: 3, items: [{ id: "bin-1", at: now - HOUR, value: 2 }] });
    expect(await latest(`&at=${now - 2 * HOUR}`)).toMatchObject({ items: [{ id: "bin-1", value: 1 }] });
    expect(await latest(`&at=${now - 3 * HOUR}`)).toMatchObject({ items: [{ id: "bin-1", at: now - 3 * HOUR }] });
    expect(await latest("&within=30m")).toMatchObject({ asked: 3, items: [] });
    expect(await latest("&communityId=elsewhere")).toMatchObject({ asked: 0, items: [] });
    const elsewhere = { name: "elsewhere", role: "viewer", scope: { communityId: ["yutang"] } };
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", elsewhere);
    const narrow = await fetch(`${center.http}/api/v1/latest?kind=bin&metric=fillPct`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await narrow.json()).toMatchObject({ asked: 0, items: [] });
  });

  test("that cannot be answered are told what is allowed", async () => {
    await using center = await startTestCenter({ LATEST_DEVICES: "1" });
    for (const id of ["bin-1", "bin-2"]) await center.rest("POST", "/devices", { id, kind: "bin", place });
    const day = `from=${T0}&to=${T0 + DAY}`;
    const turned = `from=${T0 + DAY}&to=${T0}`;
    const cases: [path: string, allowed: RegExp][] = [
      [`/devices/bin-1/history?metric=fillPct&${turned}`, /from must lie before to/],
      [`/devices/bin-1/history?metric=fillPct&from=${T0}&to=${T0 + 99 * DAY}`, /at most 31 days/],
      [`/devices/bin-1/history?metric=fullness&${day}`, /no metric fullness; GET \/catalog/],
      [`/devices/bin-1/history?metric=fillPct&every=1ms&${day}`, /more than 50000 points: choose a longer every/],
      [`/devices/bin-1/history?metric=fillPct&every=often&${day}`, /every must be like 5m, 1h/],
      [`/devices/bin-1/history?metric=fillPct&every=0&${day}`, /every must be like 5m, 1h/],
      [`/devices/bin-1/history?metric=fillPct&agg=median&${day}`, /agg: .*"mean"/],
      ["/devices/bin-1/history?metric=fillPct&from=yesterday", /from: must be epoch milliseconds or ISO 8601/],
      ["/devices/bin-1/history?metric=fillPct&from=-1", /from: must be epoch milliseconds or ISO 8601/],
      ["/devices/bin-1/history?metric=fillPct&from=99999999999999999999", /from: must be epoch milliseconds/],
      [`/devices/bin-1/track?${turned}`, /from must lie before to/],
      [`/devices/bin-1/events?${turned}`, /from must lie before to/],
      [`/devices/bin-1/trips?${turned}`, /from must lie before to/],
      [`/devices/bin-1/trips?${day}&simplify=9999`, /simplify: .*1000/],
      ["/latest?kind=bin&metric=fullness", /no metric fullness; GET \/catalog/],
      ["/latest?kind=person&metric=lat", /kind: .*"bin"/],
      ["/latest?kind=bin&metric=fillPct&within=400d", /within must be like 30m, 12h or 7d, at most 31d/],
      ["/latest?kind=bin&metric=fillPct", /2 devices, at most 1: name communityId or gridId/],
      [`/exports/readings?device=bin-1&metric=fillPct&${turned}`, /from must lie before to/],
      [`/exports/readings?device=bin-1&metric=fullness&${day}`, /no metric fullness/],
      [`/exports/readings?device=bin-1&metric=fillPct&from=${T0}&to=${T0 + 999 * DAY}`, /at most 400 days/],
      [`/exports/track?device=bin-1&${turned}`, /from must lie before to/],
      [`/exports/trips?device=bin-1&${turned}`, /from must lie before to/],
      [`/exports/alerts?${turned}`, /from must lie before to/],
      [`/alerts?${turned}`, /from must lie before to/],
      [`/work/stop?${turned}`, /from must lie before to/],
      [`/visits?${turned}`, /from must lie before to/],
      [`/kpis?${turned}`, /to must be later than from/],
      [`/kpis?from=${T0 - 999 * DAY}&to=${T0}`, /at most 400 days/],
      [`/kpis?from=${T0 - 99 * DAY}&to=${T0}&groupBy=hour`, /by hour at most 32 days/],
      ["/kpis?id=happiness", /id.*"?case\./],
      ["/reports/day-2026-13-40", /report day-2026-13-40 does not exist/],
    ];
    for (const [path, allowed] of cases) {
      const response = await fetch(`${center.http}/api/v1${path}`, { headers });
      expect(response.headers.get("content-type"), path).toMatch(/^application\/problem\+json/);
      expect([400, 404], path).toContain(response.status);
      const { detail, code } = (await response.json()) as { detail: string; code: string };
      expect(detail, path).toMatch(allowed);
      expect(code, path).toMatch(/^(invalid|notFound)$/);
    }
  });

  test("stop when the client leaves: the embedded store gives up in the middle", async () => {
    await using center = await startTestCenter({ HISTORY_RANGE_DAYS: "5000", EXPORT_DAYS: "5000" });
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
    const from = T0 - 4_500 * DAY;
    await commit(
      center,
      1,
      Array.from({ length: 4_500 }, (_, n) => from + n * DAY),
    );
    const calledOff = async () => (await center.center.store.status()).calledOff;
    const span = `from=${from}&to=${T0}`;
    const paths = [
      `/devices/bin-1/history?metric=fillPct&every=7d&${span}`,
      `/devices/bin-1/track?${span}`,
      `/devices/bin-1/trips?${span}`,
      `/exports/track?device=bin-1&${span}`,
    ];
    for (const path of paths) {
      const before = await calledOff();
      // Asked again when the answer was quicker than the leaving.
      await expect
        .poll(
          async () => {
            await askAndLeave(center, path, () => new Promise((resolve) => setTimeout(resolve, 15)));
            return calledOff();
          },
          { timeout: 20_000, interval: 5, message: path },
        )
        .toBeGreaterThan(before);
    }
    expect(await center.rest("GET", `/devices/bin-1/track?from=${T0 - DAY}&to=${T0}`)).toMatchObject({
      type: "Feature",
    });
  });

  test("stop when the client leaves: InfluxDB is not waited for either", async () => {
    await using server = await startFaultyInflux();
    await using center = await startTestCenter({
      INFLUX_URL: server.url,
      INFLUX_TOKEN: "secret",
      HISTORY_FROM: "influx",
    });
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
    server.decide((lines) => (lines[0] === "" ? "hang" : "take"));
    const span = `from=${T0 - DAY}&to=${T0}`;
    const paths = [
      `/devices/bin-1/history?metric=fillPct&${span}`,
      `/devices/bin-1/track?${span}`,
      `/devices/bin-1/events?${span}`,
      `/devices/bin-1/trips?${span}`,
      "/latest?kind=bin&metric=fillPct",
      `/exports/track?device=bin-1&${span}`,
      `/exports/readings?device=bin-1&metric=fillPct&${span}`,
    ];
    for (const [asked, path] of paths.entries()) {
      const hanging = () => expect.poll(() => server.hanging, { timeout: 10_000, message: path }).toBe(1);
      await askAndLeave(center, path, hanging);
      await expect.poll(() => server.hanging, { timeout: 10_000, message: path }).toBe(0);
      expect(server.left).toBe(asked + 1);
    }
  });

  test("about figures stop between two measures", async () => {
    await using center = await startTestCenter();
    const { kpis, store, clock } = center.center;
    const now = clock.now();
    const leaving = new AbortController();
    let asked = 0;
    const parts = {
      store: {
        documents: store.documents,
        kpiSums: (query: Parameters<typeof store.kpiSums>[0]) => {
          if (++asked === 3) leaving.abort(new Error("gone"));
          return store.kpiSums(query);
        },
      },
      periods: kpis.periods,
      desks: 1,
      openCases: kpis.openCases,
      live: kpis.live,
      signal: leaving.signal,
    };
    const question = { kpis: kpiCatalogue, from: now - HOUR, to: now, by: [], period: null };
    await expect(answerKpis(question, parts, now)).rejects.toThrow("gone");
    expect(asked).toBe(3);
  });

  test("a back-test that nobody waits for is called off", async () => {
    await using center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
    const now = Date.now();
    await commit(
      center,
      1,
      Array.from({ length: 20_000 }, (_, n) => now - n * 2 * MINUTE),
    );
    const started = await center.rest<{ id: string }>("POST", "/rules/bin.overflow/backtest", {
      from: now - 30 * DAY,
      to: now,
    });
    expect(await center.rest("DELETE", `/backtests/${started.id}`)).toMatchObject({ state: "calledOff" });
    // The next one may begin at once: nothing runs any more.
    // What a rule's address answers can be tried as it is, and with a change.
    const rule = await center.rest("GET", "/rules/bin.overflow");
    const next = await center.rest<{ id: string }>("POST", "/rules/bin.overflow/backtest", {
      from: now - DAY,
      to: now,
      rule: { ...rule, closesAfterMs: 0 },
    });
    await expect
      .poll(async () => (await center.rest("GET", `/backtests/${next.id}`)).state, { timeout: 20_000 })
      .toBe("done");
    expect(await center.rest("GET", `/backtests/${started.id}`)).toMatchObject({ state: "calledOff", result: null });
  });
});
