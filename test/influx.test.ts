import { describe, expect, test } from "vitest";
import { chinaCalendar } from "../src/domain/calendar.ts";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";
import { createDelivery, type Stuck } from "../src/influx/delivery.ts";
import { createFollower } from "../src/influx/follower.ts";
import { escapeString, escapeTag } from "../src/influx/lines.ts";
import { createSender, retryAfterMs } from "../src/influx/sender.ts";
import { answerKpis } from "../src/kpi/answer.ts";
import { kpiCatalogue } from "../src/kpi/catalogue.ts";
import type { KpiChanges } from "../src/kpi/ledger.ts";
import { EVERYWHERE, type Measure } from "../src/kpi/measures.ts";
import { createPeriods } from "../src/kpi/periods.ts";
import type { Reading } from "../src/store/kept.ts";
import { openJournal, type SqliteStore } from "../src/store/sqlite-store.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { type FaultyServer, startFaultyInflux, startInflux, startVictoria } from "./support/influx.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";
import { alertOf, batchOf, openTestStore, T0 } from "./support/store.ts";

const TARGET = { token: "secret", org: "kerbside", bucket: "kerbside", timeoutMs: 300 };

const place = { communityId: "tianliao", gridId: "g 1,2" };
const device = (number: number, kind = "bin", at = T0) => ({
  id: `${kind}-${number}`,
  device: {
    id: `${kind}-${number}`,
    number,
    kind: kind as "bin",
    name: "",
    aliases: [],
    place: { lat: 22.7, lon: 113.9, sectionId: null, pointId: null, placeType: null, areaGrade: null, ...place },
    attributes: {},
    secretHashes: [],
    createdAt: at,
    updatedAt: at,
    rev: 1,
  },
});

const reading = (n: number, fields: Partial<Reading> = {}): Reading => ({
  device: 1 + (n % 3),
  at: T0 + n * MINUTE,
  receivedAt: T0 + n * MINUTE + 500,
  key: n,
  metrics: { fillPct: n % 100, tempC: 20 + n / 10 },
  ...fields,
});

/** A delivery to a server, whose pauses take no time but are written down. */
function deliveryTo(url: string, options: { linesAtOnce?: number; after?: (pauses: number[]) => void } = {}) {
  const pauses: number[] = [];
  const stuck: (Stuck | null)[] = [];
  const sender = createSender({ ...TARGET, url }, options.linesAtOnce ?? 5_000);
  const delivery = createDelivery({
    sender,
    linesAtOnce: options.linesAtOnce ?? 5_000,
    firstPauseMs: 1_000,
    longestPauseMs: 60_000,
    random: () => 1,
    pause: async (ms) => {
      pauses.push(ms);
      options.after?.(pauses);
    },
    stuck: (why) => stuck.push(why),
  });
  return { ...delivery, pauses, stuck, [Symbol.dispose]: () => sender.close() };
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, n) => `bin,device=b${n % 7} fillPct=${n} ${T0 + n}000000`);

const periods = createPeriods(chinaCalendar);

async function followerOf(store: SqliteStore, url: string, options: { linesAtOnce?: number; now?: () => number } = {}) {
  const delivery = deliveryTo(url, options);
  const follower = await createFollower({
    journal: openJournal(store.door()),
    deliver: delivery.deliver,
    personal: false,
    linesAtOnce: options.linesAtOnce ?? 5_000,
    figures: { periods, desks: 1 },
    figuresEveryMs: 0,
    now: options.now ?? (() => T0),
  });
  return {
    ...delivery,
    follower,
    async catchUp() {
      while (await follower.round());
    },
    [Symbol.dispose]: delivery[Symbol.dispose],
  };
}

const following = { follower: { backlogBytes: 1e9 } };
/** Lets the log go as far as the follower allows. */
const completes = { checkpoint: { begins: true, subjects: [], completes: true } };

describe("a delivery", () => {
  test("outlasts errors, overload, a lost answer and a hanging server, without a point lost or doubled", async () => {
    await using server = await startFaultyInflux();
    const faults = [
      { status: 500 },
      { status: 503, headers: { "retry-after": "7" } },
      { status: 429, headers: { "Retry-After": "3" } },
      "lose204",
      "hang",
    ] as const;
    server.decide((_lines, request) => faults[request - 1] ?? "take");
    using delivery = deliveryTo(server.url);
    expect(await delivery.deliver(lines(1_000))).toEqual([]);
    expect(server.points.size).toBe(1_000);
    expect(delivery.pauses).toEqual([1_000, 7_000, 3_000, 8_000, 16_000]);
    expect(delivery.counters).toMatchObject({ lines: 1_000, refused: 0, requests: { later: 5, taken: 1 } });
    expect(delivery.stuck.at(0)).toMatchObject({ is: "waiting" });
    expect(delivery.stuck.at(-1)).toBeNull();
    expect(server.requests[0]?.authorization).toBe("Token secret");
  });

  test("finds the one bad line in 5,000 while the others go on", async () => {
    await using server = await startFaultyInflux();
    const bad = "bin,device=b1 fillPct=oops 1";
    server.decide((given) => (given.includes(bad) ? { status: 400 } : "take"));
    using delivery = deliveryTo(server.url);
    const given = lines(4_999);
    given.splice(3_210, 0, bad);
    const refused = await delivery.deliver(given);
    expect(refused.map(({ line }) => line)).toEqual([bad]);
    expect(server.points.size).toBe(4_999);
    expect(server.requests.length).toBeLessThan(30);
  });

  test("halves what is too large, and asks for no more than was taken before", async () => {
    await using server = await startFaultyInflux();
    server.decide((given) => (given.length > 100 ? { status: 413 } : "take"));
    using delivery = deliveryTo(server.url);
    expect(await delivery.deliver(lines(1_000))).toEqual([]);
    const first = server.requests.length;
    expect(await delivery.deliver(lines(1_000))).toEqual([]);
    expect(server.points.size).toBe(1_000);
    expect(server.requests.length - first).toBeLessThan(30);
  });

  test("waits for somebody when the token is refused, and gives nothing up when everything is", async () => {
    await using server = await startFaultyInflux();
    server.decide(() => ({ status: 401 }));
    const let_in = (pauses: number[]) => {
      if (pauses.length === 3) server.decide(() => ({ status: 400 }));
      if (pauses.length === 4) server.decide(() => "take");
    };
    using delivery = deliveryTo(server.url, { after: let_in });
    expect(await delivery.deliver(lines(200))).toEqual([]);
    expect(server.points.size).toBe(200);
    expect(delivery.stuck[0]).toMatchObject({ is: "notAllowed", reason: expect.stringMatching(/^401/) });
    expect(delivery.stuck[3]).toMatchObject({ is: "notAllowed", reason: expect.stringMatching(/refuses everything/) });
  });

  test("reads Retry-After in both of its forms", () => {
    expect(retryAfterMs("120", 0)).toBe(120_000);
    expect(retryAfterMs("Wed, 21 Oct 2026 07:28:00 GMT", Date.UTC(2026, 9, 21, 7, 27))).toBe(MINUTE);
    expect(retryAfterMs("Wed, 21 Oct 2020 07:28:00 GMT", T0)).toBe(0);
    expect(retryAfterMs(undefined, 0)).toBeNull();
    expect(retryAfterMs("soon", 0)).toBeNull();
  });
});

describe("a follower", () => {
  test("delivers every commit once confirmed, and after a crash goes on where it was", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    for (let start = 0; start < 3; start++) {
      await using store = await openTestStore(directory.path, following);
      if (start === 0) await store.commit(batchOf([], { devices: [device(1), device(2), device(3)] }));
      for (let n = start * 100; n < start * 100 + 100; n += 10) {
        await store.commit(batchOf(Array.from({ length: 10 }, (_, i) => reading(n + i))));
      }
      using own = await followerOf(store, server.url, { linesAtOnce: 25 });
      const before = server.requests.length;
      await own.catchUp();
      expect(server.points.size).toBe((start + 1) * 100);
      expect(server.requests.slice(before).reduce((sum, request) => sum + request.lines, 0)).toBe(100);
      expect(own.follower.progress).toEqual({ oldestAt: null, entries: 0, rereading: false });
    }
    expect([...server.points.keys()]).toContain(
      `bin,community=tianliao,device=bin-1,grid=g\\ 1\\,2,number=1 ${T0}000000`,
    );
  });

  test("loses nothing when it is away for longer than the log is kept: it reads the days from the chunks", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    await using store = await openTestStore(directory.path, { follower: { backlogBytes: 2_000 } });
    await store.commit(batchOf([], { devices: [device(1), device(2), device(3)] }));
    const event = { type: "alarm", code: "lid" } as const;
    const given: Reading[] = Array.from({ length: 600 }, (_, n) => reading(n, n % 50 === 7 ? { event } : {}));
    const send = async (from: number, to: number) => {
      for (let n = from; n < to; n += 20) await store.commit(batchOf(given.slice(n, n + 20), completes));
    };
    {
      using own = await followerOf(store, server.url);
      await send(0, 100);
      await own.catchUp();
      expect(server.points.size).toBe(102);
    }
    await send(100, 600);
    await store.commit(batchOf([], completes));
    await store.pack();
    using own = await followerOf(store, server.url);
    const { entries } = await openJournal(store.door())
      .entries(0, 1e9)
      .then(({ bodies }) => ({ entries: bodies.length }));
    expect(entries).toBeLessThan(10);
    await own.catchUp();
    expect(server.points.size).toBe(612);
    expect(own.follower.progress).toEqual({ oldestAt: null, entries: 0, rereading: false });
  });

  test("begins with everything that was stored before it, and tells everything anew when asked", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    {
      await using store = await openTestStore(directory.path);
      await store.commit(batchOf([], { devices: [device(1), device(2), device(3)] }));
      for (let n = 0; n < 300; n += 30) {
        await store.commit(
          batchOf(
            Array.from({ length: 30 }, (_, i) => reading(n + i)),
            completes,
          ),
        );
      }
      await store.commit(batchOf([], completes));
      await store.pack();
    }
    await using store = await openTestStore(directory.path, following);
    await store.commit(batchOf([reading(300)]));
    using own = await followerOf(store, server.url);
    await own.catchUp();
    expect(server.points.size).toBe(301);
    (server.points as Map<string, string>).clear();
    await own.follower.tellAnew();
    await own.catchUp();
    expect(server.points.size).toBe(301);
  });

  test("keeps what InfluxDB refuses in the quarantine, with the reason, and goes on", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    await using store = await openTestStore(directory.path, following);
    await store.commit(batchOf([], { devices: [device(1), device(2), device(3)] }));
    server.decide((given) =>
      given.some((line) => line.includes("fillPct=42,"))
        ? { status: 422, body: JSON.stringify({ code: "x", message: "field type conflict" }) }
        : "take",
    );
    await store.commit(batchOf(Array.from({ length: 99 }, (_, n) => reading(n))));
    using own = await followerOf(store, server.url);
    await own.catchUp();
    expect(server.points.size).toBe(98);
    const { items } = await store.quarantine({ reason: "influxRefused", limit: 10 });
    expect(items).toMatchObject([{ topic: "influx", device: "bin-1", detail: "422: field type conflict" }]);
    expect(Buffer.from(items[0]?.payload ?? "", "base64").toString()).toContain("fillPct=42,");
  });

  test("tells a reading under the place its device had then, and keeps people's readings in the journal", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    await using store = await openTestStore(directory.path, following);
    await store.commit(batchOf([], { devices: [device(1), device(2, "person")] }));
    const moved = device(1, "bin", T0 + DAY);
    const elsewhere = { ...moved.device, place: { ...moved.device.place, communityId: "yutang", gridId: null } };
    await store.commit(batchOf([], { devices: [{ id: moved.id, device: elsewhere }] }));
    await store.commit(
      batchOf([
        reading(0, { device: 1, at: T0 + 5 }),
        reading(1, { device: 1, at: T0 + DAY + 5 }),
        reading(2, { device: 2, at: T0, metrics: { lat: 22.7, lon: 113.9 } }),
      ]),
    );
    using own = await followerOf(store, server.url);
    await own.catchUp();
    expect([...server.points.keys()].sort()).toEqual([
      `bin,community=tianliao,device=bin-1,grid=g\\ 1\\,2,number=1 ${T0 + 5}000000`,
      `bin,community=yutang,device=bin-1,number=1 ${T0 + DAY + 5}000000`,
    ]);
  });

  test("tells alerts as they stand, one point each, and every step of their lives", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    await using store = await openTestStore(directory.path, following);
    using own = await followerOf(store, server.url);
    const step = (rev: number, action: string) => ({
      alertId: "a",
      rev,
      at: T0 + rev,
      actor: "system",
      action,
      fromState: null,
      toState: "open" as const,
      note: null,
      details: null,
    });
    await store.commit(batchOf([], { alerts: [alertOf({ id: "a", rev: 1 })], timeline: [step(1, "opened")] }));
    await own.catchUp();
    const closed = alertOf({ id: "a", rev: 3, state: "closed", closedAt: T0 + 90 * MINUTE });
    await store.commit(batchOf([], { alerts: [closed], timeline: [step(2, "acknowledged"), step(3, "closed")] }));
    await own.catchUp();
    const told = [...server.points.values()].sort();
    expect(told).toHaveLength(4);
    expect(told[0]).toMatch(
      /^alert,kind=bin,rule=bin.overflow id="a",.*state="closed",level=3,open=0,closedAfterHours=1.5/,
    );
    expect(told.slice(1).map((line) => /action=(\w+)/.exec(line)?.[1])).toEqual(["acknowledged", "closed", "opened"]);
  });
});

describe("figures in InfluxDB", () => {
  const hour = periods.start("hour", T0);
  const counted = (measure: Measure, at: number, communityId: string, amount: number): KpiChanges => ({
    counters: [{ measure, hour: at, scope: { ...EVERYWHERE, communityId }, bin: 0, amount, ms: 0 }],
    parts: [],
    records: [],
  });
  const commitAll = async (store: SqliteStore, changes: readonly KpiChanges[]) => {
    for (const kpi of changes) await store.commit(batchOf([], { kpi }));
  };
  /** What a point says of a figure in an hour and community; the whole district without one. */
  const told = (server: FaultyServer, figure: string, at: number, community?: string) => {
    const key = `kpi,${community ? `community=${community},` : ""}figure=${figure} ${at}000000`;
    const line = server.points.get(key);
    return (
      line && Object.fromEntries([...line.matchAll(/(\w+)=(-?[\d.]+)(?=[, ])/g)].map(([, k, v]) => [k, Number(v)]))
    );
  };

  test("are told by hour and community, again when they change, and say so when nothing is left of them", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    await using store = await openTestStore(directory.path, following);
    using own = await followerOf(store, server.url);
    await commitAll(store, [
      counted("device.dueMinutes", hour - HOUR, "tianliao", 4),
      counted("device.onlineMinutes", hour - HOUR, "tianliao", 3),
      counted("device.dueMinutes", hour - HOUR, "yutang", 1),
      // Falls due later: no figure yet.
      counted("device.dueMinutes", hour + 3 * HOUR, "yutang", 7),
    ]);
    await own.catchUp();
    const rate = kpiCatalogue.find(({ numerator, how }) => {
      return numerator[0] === "device.onlineMinutes" && how === undefined;
    });
    const id = rate?.id ?? "";
    expect(told(server, id, hour - HOUR, "tianliao")).toEqual({ value: 75, numerator: 3, denominator: 4 });
    expect(told(server, id, hour - HOUR, "yutang")).toEqual({ value: 0, numerator: 0, denominator: 1 });
    expect(told(server, id, hour - HOUR)).toEqual({ value: 60, numerator: 3, denominator: 5 });
    expect(told(server, id, hour + 3 * HOUR)).toBeUndefined();

    // A mistake is taken back: the point that was told does not go on saying it.
    const before = server.requests.length;
    await commitAll(store, [counted("device.dueMinutes", hour - HOUR, "yutang", -1)]);
    await own.catchUp();
    expect(told(server, id, hour - HOUR, "yutang")).toEqual({ numerator: 0, denominator: 0 });
    expect(told(server, id, hour - HOUR)).toEqual({ value: 75, numerator: 3, denominator: 4 });
    expect(server.requests.length).toBe(before + 1);
    await own.catchUp();
    expect(server.requests.length).toBe(before + 1);

    // The same figures as anybody who asks the center.
    const parts = { store, periods, desks: 1, openCases: () => [], live: () => [] };
    const question = { kpis: kpiCatalogue, from: hour - HOUR, to: hour, by: [], period: null };
    for (const { id: figure, value } of await answerKpis(question, parts, hour)) {
      if (value !== null && server.points.has(`kpi,figure=${figure} ${hour - HOUR}000000`)) {
        expect(told(server, figure, hour - HOUR)?.value, figure).toBe(value);
      }
    }
  });

  test("go into an empty bucket again, every hour that was ever counted", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    {
      await using store = await openTestStore(directory.path);
      const hours = Array.from({ length: 60 }, (_, n) => hour - (n + n * (n % 3)) * HOUR);
      await commitAll(
        store,
        [...new Set(hours)].map((at) => counted("collect.kg", at, "tianliao", 5)),
      );
    }
    await using store = await openTestStore(directory.path, following);
    using own = await followerOf(store, server.url);
    await own.catchUp();
    const points = new Map(server.points);
    expect([...points.keys()].filter((key) => key.startsWith("kpi,community=tianliao")).length).toBeGreaterThan(1_000);
    (server.points as Map<string, string>).clear();
    await own.follower.tellAnew();
    await own.catchUp();
    expect(new Map(server.points)).toEqual(points);
  });

  test("that change while they are delivered are delivered again", async () => {
    using directory = temporaryDirectory();
    await using server = await startFaultyInflux();
    await using store = await openTestStore(directory.path, following);
    using own = await followerOf(store, server.url);
    await commitAll(store, [counted("collect.kg", hour - HOUR, "tianliao", 5)]);
    const journal = openJournal(store.door());
    const due = await journal.figuresDue(T0, 10);
    await commitAll(store, [counted("collect.kg", hour - HOUR, "tianliao", 2)]);
    await journal.delivered({ figures: due, refused: [] });
    await own.catchUp();
    const id = kpiCatalogue.find(({ numerator }) => numerator[0] === "collect.kg")?.id ?? "";
    expect(told(server, id, hour - HOUR, "tianliao")).toMatchObject({ value: 7 });
  });
});

describe("real servers", () => {
  const odd = ["plain", "a b", "a,b", "a=b", "a\\", 'q"q', "垃圾桶", "line\nend", "\\,", "  x", "a\\ b"];

  test("InfluxDB takes every tag and string as it is meant", async () => {
    await using influx = await startInflux();
    using delivery = deliveryTo(influx.url);
    const given = odd.map((text, n) => `odd,t=${escapeTag(text)} s=${escapeString(text)},n=${n} ${T0 + n}000000`);
    expect(await delivery.deliver(given)).toEqual([]);
    const rows = await influx.query('SELECT "n", "s" FROM "odd"');
    expect(rows.map(([, , text]) => text)).toEqual(odd);
  });

  test("InfluxDB and VictoriaMetrics hold exactly what was committed, after a hard outage in the middle", async () => {
    await using influx = await startInflux();
    await using victoria = await startVictoria();
    using directory = temporaryDirectory();
    await using store = await openTestStore(directory.path, following);
    await store.commit(batchOf([], { devices: [device(1), device(2), device(3)] }));
    await store.commit(batchOf(Array.from({ length: 2_000 }, (_, n) => reading(n))));
    // A late repetition with a correction: the later commit wins everywhere.
    await store.commit(batchOf([reading(5, { metrics: { fillPct: 77 } })]));
    for (const url of [influx.url, victoria.url]) {
      using own = await followerOf(store, url, { linesAtOnce: 700 });
      await own.follower.tellAnew();
      await own.catchUp();
    }
    expect(await influx.query('SELECT count("fillPct"), sum("fillPct") FROM "bin"')).toEqual([[0, 2_000, 99_072]]);
    expect(await influx.query(`SELECT "fillPct" FROM "bin" WHERE time = ${T0 + 5 * MINUTE}ms`)).toMatchObject([
      [expect.anything(), 77],
    ]);
    const stored = await victoria.export('{__name__="bin_fillPct"}');
    expect(stored.map(({ metric }) => metric.device).sort()).toEqual(["bin-1", "bin-2", "bin-3"]);
    expect(stored.reduce((sum, { values }) => sum + values.length, 0)).toBeGreaterThanOrEqual(2_000);
  });
});

describe("a center with InfluxDB", () => {
  const settings = (server: FaultyServer) => ({
    INFLUX_URL: server.url,
    INFLUX_TOKEN: "secret",
    INFLUX_EVERY_MS: "10",
    INFLUX_RETRY_FIRST_MS: "5",
    INFLUX_RETRY_LAST_SECONDS: "0.02",
  });
  const until = async (holds: () => Promise<boolean> | boolean) => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  /** Alerts of the center about its copy that have not ended, by what is wrong. */
  const own = async (center: TestCenter) => {
    const { items } = await center.rest<{ items: { ruleId: string; subtype: string }[] }>("GET", "/alerts?open=true");
    return items.filter(({ ruleId }) => ruleId === "center.influx").map(({ subtype }) => subtype);
  };

  test("raises an alert of its own when a token is refused, and ends it when delivery goes on", async () => {
    await using server = await startFaultyInflux();
    server.decide(() => ({ status: 401 }));
    await using center = await startTestCenter({ ...settings(server), INFLUX_LATE_SECONDS: "1" });
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin" });
    const say = () =>
      center.center.operate((now, changes) => {
        changes.readings.append({ device: 1, at: now, receivedAt: now, key: now % 1e6, metrics: { fillPct: 5 } });
      });
    await say();
    await until(async () => (await own(center)).length > 0);
    expect(await own(center)).toEqual(["notAllowed"]);
    const entries = async () =>
      ((await (await fetch(`${center.http}/health/ready`)).json()) as { influx: { entries: number } }).influx.entries;
    // What is behind goes on being counted while a delivery is stuck.
    const before = await entries();
    for (let n = 0; n < 5; n++) await say();
    await until(async () => (await entries()) >= before + 5);
    expect(await own(center)).toEqual(["notAllowed"]);
    server.decide(() => "take");
    await until(async () => (await own(center)).length === 0);
    expect(await entries()).toBe(0);
  });

  test("raises one for a copy that is too far behind, and one for a line that is refused", async () => {
    await using server = await startFaultyInflux();
    await server.close();
    await using center = await startTestCenter({ ...settings(server), INFLUX_LATE_SECONDS: "1" });
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin" });
    const say = (fillPct: number) =>
      center.center.operate((now, changes) => {
        changes.readings.append({ device: 1, at: now, receivedAt: now, key: now % 1e6, metrics: { fillPct } });
      });
    await say(5);
    await until(async () => (await own(center)).length > 0);
    expect(await own(center)).toEqual(["behind"]);
    await server.listen();
    await until(async () => (await own(center)).length === 0);
    server.decide((given) => (given.some((line) => line.includes("fillPct=66")) ? { status: 422 } : "take"));
    await say(66);
    const steps = async () => {
      const { items } = await center.rest<{ items: { ruleId: string; subtype: string }[] }>("GET", "/alerts");
      return items.filter(({ ruleId, subtype }) => ruleId === "center.influx" && subtype === "refusedLines");
    };
    await until(async () => (await steps()).length > 0);
    await say(7);
    await until(async () => (await own(center)).length === 0);
    expect(await steps()).toHaveLength(1);
  });

  test("goes on during an outage, says how far behind it is, catches up, and rebuilds when asked", async () => {
    await using server = await startFaultyInflux();
    await server.close();
    await using center = await startTestCenter(settings(server));
    const health = async () =>
      ((await (await fetch(`${center.http}/health/ready`)).json()) as { influx: Record<string, unknown> }).influx;
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place: { lat: 22.733, lon: 113.9033 } });
    const now = Date.now();
    await center.center.operate((_now, changes) => {
      for (let n = 0; n < 500; n++) {
        changes.readings.append({
          device: 1,
          at: now - n * MINUTE,
          receivedAt: now,
          key: n,
          metrics: { fillPct: n % 90 },
        });
      }
    });
    await until(async () => (await health()).state === "waiting");
    const subject = { kind: "bin", id: "bin-1" };
    await center.rest("POST", "/alerts", { ruleId: "bin.overflow", subject, note: "full" });
    expect(await health()).toMatchObject({
      state: "waiting",
      reason: expect.stringMatching(/ECONNREFUSED/),
      entries: 1,
    });
    await server.listen();
    await until(async () => (await health()).state === "following");
    const bins = () => [...server.points.keys()].filter((key) => key.startsWith("bin,")).length;
    expect(bins()).toBe(500);
    expect([...server.points.values()].filter((line) => /^alert,.*subject="bin-1"/.test(line))).toHaveLength(1);
    expect(await health()).toMatchObject({ behindMs: 0, entries: 0, refusedLines: 0 });
    const metrics = await (await fetch(`${center.http}/metrics`)).text();
    expect(metrics).toMatch(/kerbside_influx_lines_total 5\d\d/);
    expect(metrics).toMatch(/kerbside_influx_requests_total\{outcome="later"\} [1-9]/);

    (server.points as Map<string, string>).clear();
    await center.rest("POST", "/influx/rebuild");
    await until(() => bins() === 500);
    const denied = await fetch(`${center.http}/api/v1/influx/rebuild`, { method: "POST" });
    expect(denied.status).toBe(401);
  });
});
