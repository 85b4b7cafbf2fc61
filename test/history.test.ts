import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chinaCalendar } from "../src/domain/calendar.ts";
import { type MetricName, metricNames } from "../src/domain/metrics.ts";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";
import { createDelivery } from "../src/influx/delivery.ts";
import { createFollower } from "../src/influx/follower.ts";
import { createInfluxHistory } from "../src/influx/history.ts";
import { createSender } from "../src/influx/sender.ts";
import { createPeriods } from "../src/kpi/periods.ts";
import { decodeChunk, encodeChunk } from "../src/store/chunks.ts";
import type { Aggregate, History, Point } from "../src/store/history.ts";
import type { Reading } from "../src/store/kept.ts";
import { decodeReadings, ReadingWriter } from "../src/store/readings.ts";
import { openJournal, type SqliteStore } from "../src/store/sqlite-store.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startInflux } from "./support/influx.ts";
import { batchOf, openTestStore, T0 } from "./support/store.ts";

const value = fc.oneof(
  fc.integer({ min: -1_000, max: 100_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 10_000),
);
const someMetrics = fc.dictionary(fc.constantFrom(...metricNames), value, { maxKeys: 6 });
const someReadings = fc.array(
  fc.record({
    device: fc.integer({ min: 1, max: 3 }),
    at: fc.integer({ min: 0, max: 400 }).map((n) => T0 + n * 7 * MINUTE),
    receivedAt: fc.constant(T0),
    key: fc.nat({ max: 0xffffffff }),
    metrics: someMetrics,
  }),
  { maxLength: 80 },
) as fc.Arbitrary<Reading[]>;

describe("packed readings", () => {
  test("come back as they were appended, events and flags included", () => {
    fc.assert(
      fc.property(someReadings, fc.boolean(), (readings, withEvent) => {
        const writer = new ReadingWriter();
        const given = readings.map((reading, i): Reading => {
          if (!withEvent || i % 3) return reading;
          const event = { type: "detection", category: "垃圾", phase: "start" } as const;
          return { ...reading, event, quality: ["zeroFix", "mock"] };
        });
        for (const reading of given) writer.append(reading);
        const back: Reading[] = [];
        const packed = writer.finish();
        if (packed) decodeReadings(packed, (reading) => back.push(reading));
        expect(back).toEqual(given);
      }),
    );
  });
});

describe("chunks", () => {
  test("come back bit by bit, whatever the values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1e12 }), fc.option(value, { nil: Number.NaN })), { maxLength: 60 }),
        (rows) => {
          const sorted = rows.map(([at]) => at).sort((a, b) => a - b);
          const columns = {
            at: Float64Array.from(sorted),
            values: new Map<MetricName, Float64Array>([["tempC", Float64Array.from(rows.map(([, v]) => v as number))]]),
          };
          expect(decodeChunk(encodeChunk(columns))).toEqual(columns);
        },
      ),
    );
  });
});

/** Values a working device may report; chunks above are held to every other one too. */
const plausible = fc.dictionary(
  fc.constantFrom(...metricNames),
  fc.oneof(
    fc.integer({ min: -1_000, max: 100_000 }),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 10_000),
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((n) => n + 0),
  ),
  { maxKeys: 6 },
);
const plausibleReadings = someReadings.chain((readings) =>
  fc
    .array(plausible, { minLength: readings.length, maxLength: readings.length })
    .map((metrics) => readings.map((reading, i) => ({ ...reading, metrics: metrics[i] ?? {} }))),
);

const aggregates = fc.constantFrom<Aggregate>("mean", "min", "max", "sum", "count", "first", "last");

/** A history over a store: what is committed to the one is asked of the other. */
interface House extends AsyncDisposable {
  readonly store: SqliteStore;
  readonly history: History;
  /** Everything that was committed can be asked for. */
  settle(): Promise<void>;
}

const bin = (number: number) => ({
  id: `bin-${number}`,
  device: {
    id: `bin-${number}`,
    number,
    kind: "bin" as const,
    name: "",
    aliases: [],
    place: null,
    attributes: {},
    secretHashes: [],
    createdAt: T0,
    updatedAt: T0,
    rev: 1,
  },
});

async function embedded(): Promise<House> {
  const directory = temporaryDirectory();
  const store = await openTestStore(directory.path);
  return {
    store,
    history: store,
    settle: async () => {},
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

/** Debian's InfluxDB, fed by the follower and read in InfluxQL. */
async function influx(): Promise<House> {
  const server = await startInflux();
  const directory = temporaryDirectory();
  const store = await openTestStore(directory.path, { follower: { backlogBytes: 1e9 } });
  const target = { url: server.url, token: "t", org: "", bucket: "kerbside", timeoutMs: 10_000 };
  const sender = createSender(target, 1_000);
  const { deliver } = createDelivery({
    sender,
    linesAtOnce: 1_000,
    firstPauseMs: 10,
    longestPauseMs: 10,
    random: () => 1,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    stuck: () => {},
  });
  const journal = openJournal(store.door());
  const follower = await createFollower({
    journal,
    deliver,
    personal: false,
    linesAtOnce: 1_000,
    figures: { periods: createPeriods(chinaCalendar), desks: 1 },
    figuresEveryMs: 0,
    now: () => T0,
  });
  return {
    store,
    history: createInfluxHistory({ ...target, journal, personal: false, kindOf: () => "bin" }),
    async settle() {
      while (await follower.round());
    },
    async [Symbol.asyncDispose]() {
      sender.close();
      await store[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe.each([
  { name: "the embedded store", open: embedded },
  { name: "InfluxDB", open: influx },
])("history out of $name", ({ open }) => {
  test("answers the same from memory, from chunks and from both, in any order of arrival", async () => {
    await using house = await open();
    const { store, history } = house;
    let device = 0;
    await fc.assert(
      fc.asyncProperty(plausibleReadings, fc.nat(4), aggregates, async (readings, packs, aggregate) => {
        device += 10;
        const shifted = readings.map((reading) => ({ ...reading, device: reading.device + device }));
        await store.commit(batchOf([], { devices: [1, 2, 3].map((n) => bin(device + n)) }));
        const cut = Math.ceil(shifted.length / (packs + 1)) || 1;
        for (let from = 0; from < shifted.length; from += cut) {
          await store.commit(batchOf(shifted.slice(from, from + cut)));
          if (packs > 0 && (from / cut) % 2 === 0) await store.pack();
        }
        await house.settle();
        const devices = [3, 1, 2, 99].map((n) => device + n);
        for (const to of [T0 + 7 * HOUR, T0 + 20 * HOUR, T0 + 90 * HOUR]) {
          const from = to - 15 * HOUR;
          const newest = devices.map((one) => {
            const own = shifted.filter((reading) => reading.device === one);
            return reference(own, "fillPct").findLast(({ at }) => at >= from && at < to);
          });
          const found = await history.latest({ devices, metric: "fillPct", from, to });
          expect([...found.at]).toEqual(newest.map((point) => point?.at ?? Number.NaN));
          expect([...found.value]).toEqual(newest.map((point) => point?.value ?? Number.NaN));
        }
        for (let n = 1; n <= 3; n++) {
          const expected = reference(
            shifted.filter((reading) => reading.device === device + n),
            "fillPct",
          );
          const span = { device: device + n, metric: "fillPct", from: T0 + HOUR, to: T0 + 40 * HOUR } as const;
          const inSpan = expected.filter(({ at }) => at >= span.from && at < span.to);
          expect((await history.series(span)).points).toEqual(inSpan);
          const everyMs = 3 * HOUR;
          const { points } = await history.series({ ...span, everyMs, aggregate });
          expectSame(points, windowed(inSpan, everyMs, aggregate));
          const all = await history.readings({ devices: [device + n], from: span.from, to: span.to });
          const found: Reading[] = [];
          if (all) decodeReadings(all, (reading) => found.push(reading));
          expect(reference(found, "fillPct")).toEqual(inSpan);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("gives tracks and events", async () => {
    await using house = await open();
    const event = { type: "detection", category: "illegalDumping", phase: "start" } as const;
    const detection = { device: 1, at: T0 + 4, receivedAt: T0, key: 4, metrics: { batteryPct: 4 }, event };
    const alarm = { ...detection, at: T0 + 1, key: 9, event: { type: "alarm", code: '"tilt", 垃圾' } as const };
    await house.store.commit(
      batchOf(
        [
          { device: 1, at: T0 + 2, receivedAt: T0, key: 2, metrics: { lat: 22.72, lon: 113.9 } },
          { device: 1, at: T0 + 1, receivedAt: T0, key: 1, metrics: { lat: 22.71, lon: 113.9, speedKmh: 5 } },
          { device: 1, at: T0 + 3, receivedAt: T0, key: 3, metrics: { batteryPct: 3 } },
          detection,
          alarm,
        ],
        { devices: [bin(1)] },
      ),
    );
    await house.settle();
    expect(await house.history.track({ device: 1, from: T0, to: T0 + 10, limit: 10 })).toEqual([
      { at: T0 + 1, lat: 22.71, lon: 113.9, speedKmh: 5, headingDeg: null },
      { at: T0 + 2, lat: 22.72, lon: 113.9, speedKmh: null, headingDeg: null },
    ]);
    const events = await house.history.events({ device: 1, from: T0, to: T0 + 10, limit: 10 });
    expect(events).toEqual([detection, alarm]);
    expect(await house.history.events({ device: 1, from: T0, to: T0 + 10, limit: 1 })).toEqual([detection]);
  });

  test("says when there are more points than were asked for", async () => {
    await using house = await open();
    const readings = Array.from({ length: 50 }, (_, n) => ({
      device: 1,
      at: T0 + n,
      receivedAt: T0,
      key: n,
      metrics: { hr: n },
    }));
    await house.store.commit(batchOf(readings, { devices: [bin(1)] }));
    await house.settle();
    const answer = await house.history.series({ device: 1, metric: "hr", from: T0, to: T0 + 100, limit: 20 });
    expect(answer.points).toHaveLength(20);
    expect(answer.truncated).toBe(true);
  });

  test("stops when nobody waits for the answer any more", async () => {
    await using house = await open();
    const days = Array.from({ length: 30 }, (_, n) => n);
    const readings = days.map((n) => ({ device: 1, at: T0 + n * DAY, receivedAt: T0, key: n, metrics: { hr: n } }));
    await house.store.commit(batchOf(readings, { devices: [bin(1)] }));
    await house.settle();
    const leaving = new AbortController();
    const asked = { device: 1, metric: "hr", from: T0, to: T0 + 31 * DAY } as const;
    const answer = house.history.series(asked, leaving.signal);
    leaving.abort(new Error("gone"));
    await expect(answer).rejects.toThrow("gone");
    await expect(house.history.series(asked, leaving.signal)).rejects.toThrow("gone");
    expect((await house.history.series(asked)).points).toHaveLength(30);
  });
});

/** Equal but for the order in which floating-point numbers were added. */
function expectSame(points: readonly Point[], expected: readonly Point[]): void {
  expect(points.map(({ at }) => at)).toEqual(expected.map(({ at }) => at));
  for (const [i, { value: wanted }] of expected.entries()) {
    const difference = Math.abs((points[i]?.value ?? Number.NaN) - wanted);
    expect(difference).toBeLessThanOrEqual(1e-9 * Math.max(1e3, Math.abs(wanted)));
  }
}

/** The definition in its plainest form: last commit wins for each moment, in order of time. */
function reference(readings: readonly Reading[], metric: MetricName): { at: number; value: number }[] {
  const values = new Map<number, number>();
  for (const { at, metrics } of readings) {
    const measured = metrics[metric];
    if (measured !== undefined) values.set(at, measured);
  }
  return [...values].sort(([a], [b]) => a - b).map(([at, measured]) => ({ at, value: measured }));
}

function windowed(points: readonly { at: number; value: number }[], everyMs: number, aggregate: Aggregate) {
  const windows = new Map<number, number[]>();
  for (const { at, value: measured } of points) {
    const start = Math.floor(at / everyMs) * everyMs;
    windows.set(start, [...(windows.get(start) ?? []), measured]);
  }
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const of: Record<Aggregate, (values: number[]) => number> = {
    mean: (values) => sum(values) / values.length,
    min: (values) => Math.min(...values),
    max: (values) => Math.max(...values),
    sum,
    count: (values) => values.length,
    first: (values) => values[0] as number,
    last: (values) => values.at(-1) as number,
  };
  return [...windows].map(([at, values]) => ({ at, value: of[aggregate](values) }));
}
