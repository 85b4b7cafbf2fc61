import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MetricName, metricNames } from "../src/domain/metrics.ts";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";
import type { Aggregate, SeriesQuery } from "../src/store/history.ts";
import type { Reading } from "../src/store/kept.ts";
import type { SqliteStore } from "../src/store/sqlite-store.ts";
import { decodeWindows, encodeWindows, join, type Summary, summarise } from "../src/store/tiers.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { batchOf, openTestStore, T0 } from "./support/store.ts";

const D0 = Math.floor(T0 / DAY) * DAY;
const aggregates = ["mean", "min", "max", "sum", "count", "first", "last"] as const;
const tenths = fc.integer({ min: -5_000, max: 50_000 }).map((n) => n / 10);

/** Readings of five days, several within five minutes, in any order of arrival. */
const someReadings = fc.array(
  fc.record({
    device: fc.integer({ min: 1, max: 2 }),
    at: fc.integer({ min: 0, max: 5 * 24 * 60 - 1 }).map((n) => D0 + n * MINUTE),
    receivedAt: fc.constant(T0),
    key: fc.nat(1_000),
    metrics: fc.record({ fillPct: tenths, tempC: tenths }, { requiredKeys: [] }),
  }),
  { minLength: 1, maxLength: 120 },
) as fc.Arbitrary<Reading[]>;

/** The same question over what was committed, in its plainest form. */
function answer(readings: readonly Reading[], { device, metric, from, to, everyMs = 1, aggregate }: SeriesQuery) {
  const values = new Map<number, number>();
  for (const { device: own, at, metrics } of readings) {
    const value = metrics[metric];
    if (own === device && value !== undefined && at >= from && at < to) values.set(at, value);
  }
  const windows = new Map<number, number[]>();
  for (const [at, value] of [...values].sort(([a], [b]) => a - b)) {
    const start = Math.floor(at / everyMs) * everyMs;
    windows.set(start, [...(windows.get(start) ?? []), value]);
  }
  const sum = (given: number[]) => given.reduce((a, b) => a + b, 0);
  const of: Record<Aggregate, (given: number[]) => number> = {
    mean: (given) => sum(given) / given.length,
    min: (given) => Math.min(...given),
    max: (given) => Math.max(...given),
    sum,
    count: (given) => given.length,
    first: (given) => given[0] as number,
    last: (given) => given.at(-1) as number,
  };
  return [...windows].map(([at, given]) => ({ at, value: of[aggregate ?? "mean"](given) }));
}

async function expectSame(store: SqliteStore, readings: readonly Reading[], query: SeriesQuery): Promise<void> {
  const { points } = await store.series(query);
  const expected = answer(readings, query);
  expect(points.map(({ at }) => at)).toEqual(expected.map(({ at }) => at));
  for (const [i, { value }] of expected.entries()) expect(points[i]?.value).toBeCloseTo(value, 6);
}

describe("windows", () => {
  const anything = fc.oneof(
    tenths,
    fc.double({ noNaN: true, min: -1e12, max: 1e12 }),
    fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((n) => n / 1e7),
  );
  const windows = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.constantFrom(...metricNames), anything), { maxLength: 200 })
    .map((rows) => {
      const at = Float64Array.from(rows.map(([minute]) => D0 + minute * MINUTE).sort((a, b) => a - b));
      const values = new Map<MetricName, Float64Array>();
      rows.forEach(([, name, value], i) => {
        const column = values.get(name) ?? new Float64Array(rows.length).fill(Number.NaN);
        column[i] = value;
        values.set(name, column);
      });
      return summarise({ at, values }, 5 * MINUTE);
    });

  test("come back as they were, alone and among others", () => {
    fc.assert(
      fc.property(windows, (given) => {
        const body = encodeWindows(given);
        expect(decodeWindows(body)).toEqual(given);
        for (const [name, own] of given) expect(decodeWindows(body, name)).toEqual(new Map([[name, own]]));
      }),
    );
  });

  test("of a longer stretch are the sum of the shorter ones", () => {
    fc.assert(
      fc.property(fc.array(tenths, { minLength: 1, maxLength: 60 }), (given) => {
        const columns = {
          at: Float64Array.from(given, (_, n) => D0 + n * MINUTE),
          values: new Map<MetricName, Float64Array>([["tempC", Float64Array.from(given)]]),
        };
        const whole = summarise(columns, HOUR)
          .get("tempC")
          ?.get(D0 / HOUR) as Summary;
        const joined = [
          ...(summarise(columns, 5 * MINUTE)
            .get("tempC")
            ?.values() ?? []),
        ].reduce(join);
        expect({ ...joined, sum: 0 }).toEqual({ ...whole, sum: 0 });
        expect(joined.sum).toBeCloseTo(whole.sum, 6);
      }),
    );
  });
});

describe("tiers", () => {
  const every = fc.constantFrom(5 * MINUTE, 15 * MINUTE, HOUR, 7 * MINUTE, DAY, 2 * DAY);
  const spans = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 60 }))
    .map(([start, length]) => ({ from: D0 + start * 2 * HOUR, to: D0 + (start + length) * 2 * HOUR }));

  test("answer as the readings do, whenever they were written, late data and restarts included", async () => {
    await fc.assert(
      fc.asyncProperty(
        someReadings,
        someReadings,
        fc.boolean(),
        fc.array(fc.tuple(spans, every, fc.constantFrom(...aggregates)), { minLength: 5, maxLength: 5 }),
        async (first, late, restart, questions) => {
          using directory = temporaryDirectory();
          const given = [...first, ...late];
          const ask = async (store: SqliteStore, known: readonly Reading[]) => {
            for (const [span, everyMs, aggregate] of questions) {
              await expectSame(store, known, { device: 1, metric: "fillPct", ...span, everyMs, aggregate });
            }
          };
          let store = await openTestStore(directory.path);
          await store.commit(batchOf(first));
          await store.pack();
          await ask(store, first);
          await store.commit(batchOf(late));
          await ask(store, given);
          if (restart) {
            await store[Symbol.asyncDispose]();
            store = await openTestStore(directory.path);
          }
          await store.pack();
          await ask(store, given);
          await store[Symbol.asyncDispose]();
        },
      ),
      { numRuns: 25 },
    );
  });

  test("outlive the readings: first windows of five minutes are left, then days", async () => {
    using directory = temporaryDirectory();
    const limits = { readingsMs: 10 * DAY, minutesMs: 20 * DAY, daysMs: 90 * DAY };
    const rest = { personTracksMs: DAY, alertsMs: DAY, auditMs: DAY, quarantineMs: DAY, kpiMs: DAY };
    await using store = await openTestStore(directory.path, { retention: { ...limits, ...rest } });
    const given = Array.from({ length: 2_000 }, (_, n): Reading => {
      return { device: 1, at: D0 + n * 7 * MINUTE, receivedAt: T0, key: n, metrics: { fillPct: (n * 37) % 101 } };
    });
    await store.commit(batchOf(given));
    await store.pack();
    const span = { device: 1, metric: "fillPct", from: D0, to: D0 + 10 * DAY } as const;

    await store.retain(D0 + 20 * DAY);
    expect((await store.series(span)).points).toEqual([]);
    expect((await store.status()).packedReadings).toBe(0);
    for (const aggregate of aggregates) {
      await expectSame(store, given, { ...span, everyMs: 5 * MINUTE, aggregate });
      await expectSame(store, given, { ...span, everyMs: DAY, aggregate });
    }
    // A straggler of a day whose readings are gone must not stand for the whole day.
    await store.commit(batchOf([{ device: 1, at: D0 + HOUR, receivedAt: T0, key: 9_999, metrics: { fillPct: 0 } }]));
    await store.pack();
    await store.retain(D0 + 20 * DAY);
    await expectSame(store, given, { ...span, everyMs: DAY, aggregate: "count" });

    await store.retain(D0 + 40 * DAY);
    expect((await store.series({ ...span, everyMs: HOUR })).points).toEqual([]);
    for (const aggregate of aggregates) await expectSame(store, given, { ...span, everyMs: DAY, aggregate });
    await store.retain(D0 + 200 * DAY);
    expect((await store.series({ ...span, everyMs: DAY })).points).toEqual([]);
  });

  test("are not kept of people, whose ways go after a time of their own", async () => {
    using directory = temporaryDirectory();
    const all = { readingsMs: 400 * DAY, minutesMs: 400 * DAY, daysMs: 400 * DAY, alertsMs: DAY, auditMs: DAY };
    const retention = { ...all, quarantineMs: DAY, kpiMs: DAY, personTracksMs: 7 * DAY };
    await using store = await openTestStore(directory.path, { retention });
    const device = (number: number, kind: "person" | "bin") => ({
      id: `${kind}-${number}`,
      device: {
        id: `${kind}-${number}`,
        number,
        kind,
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
    const metrics = { lat: 22.7, lon: 113.9 };
    const readings = [1, 2].map((n) => ({ device: n, at: D0 + HOUR, receivedAt: T0, key: n, metrics }));
    await store.commit(batchOf(readings, { devices: [device(1, "person"), device(2, "bin")] }));
    await store.pack();
    await store.retain(D0 + 10 * DAY);
    const span = { from: D0, to: D0 + DAY };
    for (const [number, left] of [
      [1, 0],
      [2, 1],
    ] as const) {
      const asked = { device: number, ...span, limit: 10 };
      expect(await store.track(asked)).toHaveLength(left);
      const { points } = await store.series({ device: number, metric: "lat", ...span, everyMs: DAY });
      expect(points).toHaveLength(left);
    }
  });

  test("and retention let commits through all the while", async () => {
    using directory = temporaryDirectory();
    const short = { readingsMs: DAY, minutesMs: 400 * DAY, daysMs: 400 * DAY };
    const rest = { personTracksMs: DAY, alertsMs: DAY, auditMs: DAY, quarantineMs: DAY, kpiMs: DAY };
    await using store = await openTestStore(directory.path, { retention: { ...short, ...rest } });
    // Enough of it that a commit comes to its turn several times, also on a machine that is slow to sync.
    const hours = Array.from({ length: 48 }, (_, n) => n);
    for (let first = 1; first <= 3_000; first += 50) {
      const devices = Array.from({ length: 50 }, (_, n) => first + n);
      const readings = devices.flatMap((device) =>
        hours.map((n) => ({ device, at: D0 + n * HOUR, receivedAt: T0, key: n, metrics: { hr: n } })),
      );
      await store.commit(batchOf(readings));
    }
    const work = ["packing", "retention"] as const;
    for (const what of work) {
      let done = false;
      const under = (what === "packing" ? store.pack() : store.retain(D0 + 9 * DAY)).then(() => {
        done = true;
      });
      let committed = 0;
      let through = 0;
      while (!done) {
        const at = T0 + committed++;
        await store.commit(batchOf([{ device: 1, at, receivedAt: T0, key: committed, metrics: { hr: 1 } }]));
        // Confirmed while the other work was still under way; none would be if that held the store to its end.
        if (!done) through++;
      }
      await under;
      expect(through, what).toBeGreaterThan(0);
    }
  });
});
