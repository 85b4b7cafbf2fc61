import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MetricName, metricNames } from "../src/domain/metrics.ts";
import { HOUR, MINUTE } from "../src/domain/time.ts";
import { decodeChunk, encodeChunk } from "../src/store/chunks.ts";
import { decodeReadings, ReadingWriter } from "../src/store/readings.ts";
import type { Aggregate, Reading } from "../src/store/store.ts";
import { temporaryDirectory } from "./support/directory.ts";
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

describe("history", () => {
  test("answers the same from memory, from chunks and from both, in any order of arrival", async () => {
    using directory = temporaryDirectory();
    await using store = await openTestStore(directory.path);
    let device = 0;
    await fc.assert(
      fc.asyncProperty(
        someReadings,
        fc.nat(4),
        fc.constantFrom<Aggregate>("mean", "min", "max", "sum", "count", "first", "last"),
        async (readings, packs, aggregate) => {
          device += 10;
          const shifted = readings.map((reading) => ({ ...reading, device: reading.device + device }));
          const cut = Math.ceil(shifted.length / (packs + 1)) || 1;
          for (let from = 0; from < shifted.length; from += cut) {
            await store.commit(batchOf(shifted.slice(from, from + cut)));
            if (packs > 0 && (from / cut) % 2 === 0) await store.pack();
          }
          for (let n = 1; n <= 3; n++) {
            const expected = reference(
              shifted.filter((reading) => reading.device === device + n),
              "fillPct",
            );
            const span = { device: device + n, metric: "fillPct", from: T0 + HOUR, to: T0 + 40 * HOUR } as const;
            const inSpan = expected.filter(({ at }) => at >= span.from && at < span.to);
            expect((await store.series(span)).points).toEqual(inSpan);
            const everyMs = 3 * HOUR;
            const { points } = await store.series({ ...span, everyMs, aggregate });
            expect(points).toEqual(windowed(inSpan, everyMs, aggregate));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("gives tracks and events", async () => {
    using directory = temporaryDirectory();
    await using store = await openTestStore(directory.path);
    const event = { type: "detection", category: "illegalDumping", phase: "start" } as const;
    await store.commit(
      batchOf([
        { device: 1, at: T0 + 2, receivedAt: T0, key: 2, metrics: { lat: 22.72, lon: 113.9 } },
        { device: 1, at: T0 + 1, receivedAt: T0, key: 1, metrics: { lat: 22.71, lon: 113.9, speedKmh: 5 } },
        { device: 1, at: T0 + 3, receivedAt: T0, key: 3, metrics: { batteryPct: 3 } },
        { device: 1, at: T0 + 4, receivedAt: T0, key: 4, metrics: {}, event },
      ]),
    );
    expect(await store.track({ device: 1, from: T0, to: T0 + 10, limit: 10 })).toEqual([
      { at: T0 + 1, lat: 22.71, lon: 113.9, speedKmh: 5, headingDeg: null },
      { at: T0 + 2, lat: 22.72, lon: 113.9, speedKmh: null, headingDeg: null },
    ]);
    const events = await store.events({ device: 1, from: T0, to: T0 + 10, limit: 10 });
    expect(events).toMatchObject([{ at: T0 + 4, event }]);
  });

  test("says when there are more points than were asked for", async () => {
    using directory = temporaryDirectory();
    await using store = await openTestStore(directory.path);
    const readings = Array.from({ length: 50 }, (_, n) => ({
      device: 1,
      at: T0 + n,
      receivedAt: T0,
      key: n,
      metrics: { hr: n },
    }));
    await store.commit(batchOf(readings));
    const answer = await store.series({ device: 1, metric: "hr", from: T0, to: T0 + 100, limit: 20 });
    expect(answer.points).toHaveLength(20);
    expect(answer.truncated).toBe(true);
  });
});

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
