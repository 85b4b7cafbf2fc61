import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillFromDistance } from "../devices/fill.ts";
import { deviceGuide, ungrouped } from "../devices/guide.ts";
import { createDecoder, dialectDrivers, dialectTopics, drivers } from "../devices/index.ts";
import { readTimestamp } from "../devices/timestamp.ts";
import { createTopicMatcher, filterOf, withoutCovered } from "../devices/topics.ts";
import { gcj02ToWgs84, wgs84ToGcj02 } from "../src/domain/coordinates.ts";
import { isMetricName, metrics as metricTable } from "../src/domain/metrics.ts";
import type { Observation } from "../src/domain/observation.ts";
import { distanceM } from "../src/domain/place.ts";

const decoder = createDecoder();
const T0 = 1_790_000_000_000;
const bytes = (payload: unknown): Uint8Array =>
  payload instanceof Uint8Array
    ? Uint8Array.from(payload)
    : new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload));
const topicOf = (pattern: string): string => pattern.replace(/\{\w+\+?\}/g, "x1");

describe("the driver table", () => {
  test("has unique ids and disjoint topics", () => {
    expect(new Set(drivers.map(({ id }) => id)).size).toBe(drivers.length);
    const patterns = drivers.flatMap((driver) => driver.topics.map((pattern) => ({ pattern, value: driver.id })));
    const match = createTopicMatcher(patterns);
    for (const { pattern, value } of patterns) expect(match(topicOf(pattern))?.value).toBe(value);
    expect(() => createTopicMatcher([...patterns, patterns[0]!])).toThrow(/a topic could belong to/);
  });

  for (const driver of drivers) {
    describe(driver.id, () => {
      test.for(driver.samples.map((sample) => [sample.name, sample] as const))("decodes: %s", ([, sample]) => {
        const decoded = decoder.decode(sample.topic, bytes(sample.payload), T0);
        if ("refused" in decoded) throw new Error(JSON.stringify(decoded.refused));
        expect(decoded.driver).toBe(driver.id);
        expect(decoded.observations).toEqual(sample.observations);
      });

      test("stays within the vocabulary and its ranges", () => {
        for (const { observations } of driver.samples) for (const observation of observations) expectSound(observation);
      });

      test("refuses what it must refuse", () => {
        for (const rejected of driver.rejects) {
          const decoded = decoder.decode(topicOf(driver.topics[0] ?? ""), bytes(rejected), T0);
          expect(decoded, JSON.stringify(rejected)).toHaveProperty("refused");
        }
      });

      test("never throws on a damaged sample: it is decoded or refused", () => {
        fc.assert(
          fc.property(
            fc.constantFrom(...driver.samples),
            fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }),
            fc.nat(400),
            ({ topic, payload }, edits, cut) => {
              const damaged = bytes(payload);
              for (const [at, byte] of edits) damaged[at % damaged.length] = byte;
              const decoded = decoder.decode(topic, damaged.subarray(0, Math.max(1, damaged.length - (cut % 40))), T0);
              if ("refused" in decoded) expect(decoded.refused.reason).toMatch(/^\w+$/);
              else for (const observation of decoded.observations) expectSound(observation);
            },
          ),
          { numRuns: 150 },
        );
      });
    });
  }
});

function expectSound({ metrics, at }: Observation): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (!isMetricName(name)) throw new Error(`${name} is no metric`);
    expect(value).toBeGreaterThanOrEqual(metricTable[name].min);
    expect(value).toBeLessThanOrEqual(metricTable[name].max);
  }
  expect(at === null || Number.isFinite(at)).toBe(true);
}

describe("encode", () => {
  const reading: Observation = {
    device: "device-1",
    at: T0,
    atSource: "device",
    metrics: { lat: 22.72, lon: 113.9, speedKmh: 18.52, headingDeg: 90, batteryPct: 66 },
  };
  const cases = [
    ["kerbside/vehicle/telemetry", { id: "device-1", kind: "vehicle" }, reading],
    [
      "owntracks",
      { id: "p-1", kind: "person", alias: "ot:crew/p-1" },
      { ...reading, metrics: { lat: 22.7, lon: 113.9, speedKmh: 4 } },
    ],
    ["traccar", { id: "v-1", kind: "vehicle", alias: "imei:352093080000015" }, reading],
    [
      "chirpstack-v4",
      { id: "bin-1", kind: "bin", alias: "eui:24e124713d000417" },
      { ...reading, metrics: { distanceMm: 812, tempC: -5.1, batteryPct: 75, tilted: 0 } },
    ],
  ] as const;

  test.for(cases)("%s: what a simulated device sends is read back as it was meant", ([id, target, observation]) => {
    const driver = drivers.find((candidate) => candidate.id === id);
    const message = driver?.encode?.(observation, target);
    if (!message) throw new Error("nothing was encoded");
    const decoded = decoder.decode(message.topic, bytes(message.payload), T0);
    if ("refused" in decoded) throw new Error(JSON.stringify(decoded.refused));
    expect(decoded.observations[0]?.at).toBe(T0);
    expect(decoded.observations[0]?.metrics).toMatchObject(observation.metrics);
  });
});

describe("bounds of a payload", () => {
  const topic = "kerbside/v1/bin/b-1/telemetry";
  test.for([
    ["not JSON", "{", "notJson"],
    ["not UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), "notJson"],
    ["too deep", "[".repeat(20) + "]".repeat(20), "tooDeep"],
    ["a depth bomb", "[".repeat(100_000), "tooDeep"],
    [
      "too many keys",
      JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i]))),
      "tooLarge",
    ],
    ["a long text", JSON.stringify({ ts: "9".repeat(20_000) }), "tooLarge"],
    ["a prototype key", '{"__proto__":{"fillPct":1}}', "notJson"],
    ["an infinite number", '{"fillPct":1e400}', "schema"],
    ["nothing", "", "notJson"],
  ] as const)("%s is refused", ([, payload, reason]) => {
    const decoded = decoder.decode(topic, typeof payload === "string" ? bytes(payload) : payload, T0);
    expect(decoded).toMatchObject({ refused: { reason } });
  });

  test("a topic nobody knows is refused", () => {
    expect(decoder.decode("nobody/knows", bytes({}), T0)).toMatchObject({ refused: { reason: "noDriver" } });
  });

  test("a bracket inside a text is no nesting", () => {
    const decoded = decoder.decode(
      "kerbside/v1/camera/c-1/event",
      bytes({ type: "alarm", label: '[[[[["{{{{{{{{{{{{{{{{{' }),
      T0,
    );
    expect(decoded).not.toHaveProperty("refused");
  });
});

describe("facts", () => {
  test("times in all their forms", () => {
    expect(readTimestamp(1_790_000_000)).toEqual({ at: T0 });
    expect(readTimestamp(1_790_000_000_000)).toEqual({ at: T0 });
    expect(readTimestamp(1_790_000_000_000_000)).toEqual({ at: T0 });
    expect(readTimestamp("2026-09-21T22:13:20.000+0800")).toEqual({ at: T0 });
    expect(readTimestamp("2026-09-21T14:13:20.000000123Z")).toEqual({ at: T0 });
    for (const unset of [0, "1980-01-01T00:00:00Z", "2004-01-01T00:05:00Z", 978_307_200]) {
      expect(readTimestamp(unset)).toEqual({ untrusted: true });
    }
    for (const odd of ["2026-09-21T22:13:20", "yesterday", {}, -5])
      expect(readTimestamp(odd)).toHaveProperty("invalid");
  });

  test("the level of a bin out of a distance", () => {
    const bin = { emptyMm: 1_450, fullMm: 300, blindMm: 280 };
    expect(fillFromDistance(1_450, bin)).toBe(0);
    expect(fillFromDistance(300, bin)).toBe(100);
    expect(fillFromDistance(875, bin)).toBe(50);
    expect(fillFromDistance(280, bin), "inside the blind zone").toBeNull();
    expect(fillFromDistance(2_000, bin), "past the bin").toBeNull();
    expect(fillFromDistance(500, { ...bin, emptyMm: Number.NaN }), "unknown bin").toBeNull();
  });

  test("GCJ-02, by a record of one place in both systems", () => {
    const gcj = wgs84ToGcj02(22.733, 113.903296);
    expect(distanceM(gcj, { lat: 22.729987, lon: 113.908177 })).toBeLessThan(1);
    expect(distanceM(gcj02ToWgs84(gcj.lat, gcj.lon), { lat: 22.733, lon: 113.903296 })).toBeLessThan(0.01);
    expect(gcj02ToWgs84(48.85, 2.29)).toEqual({ lat: 48.85, lon: 2.29 });
  });

  test("a broker is asked for each topic once", () => {
    expect(withoutCovered(["a/+", "a/+/#", "a/b", "a/#", "b/+/c", "b/x/c", "b/+/c"])).toEqual(["a/#", "b/+/c"]);
    expect(withoutCovered(["a/+", "+/a", "a/+/#", "+/#"])).toEqual(["+/#"]);
    expect(dialectTopics()).not.toContain("hikvision/+");
  });

  test("filters for brokers cover the patterns", () => {
    expect(filterOf("owntracks/{user}/{device}")).toBe("owntracks/+/+");
    expect(dialectTopics()).toContain("frigate/#");
  });
});

describe("docs/devices.md", () => {
  test("is current: npm run devices", () => {
    expect(readFileSync(new URL("../docs/devices.md", import.meta.url), "utf8")).toBe(deviceGuide());
  });

  test("shows every dialect, each with a guide in both languages", () => {
    expect(ungrouped()).toEqual([]);
    for (const { id, guide, title } of dialectDrivers) {
      for (const text of [guide?.connect, guide?.makes, title]) {
        expect(text?.en, id).toMatch(/[a-z]{3}/i);
        expect(text?.zh, id).toMatch(/[\u4e00-\u9fff]/);
      }
    }
  });
});
