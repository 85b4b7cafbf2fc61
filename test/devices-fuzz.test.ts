import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDecoder, drivers } from "../devices/index.ts";
import { parseXml } from "../devices/xml.ts";
import { isMetricName, metrics as metricTable } from "../src/domain/metrics.ts";
import { qualityFlags } from "../src/domain/observation.ts";

const SEED = 20_260_921;
const NOW = 1_790_000_000_000;
const decoder = createDecoder();
const dialects = drivers.filter(({ id }) => !id.startsWith("kerbside/"));
const samples = dialects.flatMap((driver) => driver.samples.map((sample) => ({ driver, ...sample })));
type Sample = (typeof samples)[number];

const bytesOf = (payload: unknown): Uint8Array =>
  payload instanceof Uint8Array
    ? Uint8Array.from(payload)
    : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
/** The sample's own topic, or one that no pattern claims: then the content decides. */
const topicOf = (topic: string, foreign: boolean): string => (foreign ? `zz/${topic}` : topic);

/** Ends as observations within the vocabulary, or in the quarantine with a reason. */
function expectSound(topic: string, payload: Uint8Array): void {
  const decoded = decoder.decode(topic, payload, NOW);
  if ("refused" in decoded) {
    expect(decoded.refused.reason).toMatch(/^[a-zA-Z]+$/);
    expect(decoded.refused.detail.length).toBeGreaterThan(0);
    return;
  }
  for (const { reason, detail } of decoded.problems) {
    expect(reason).toMatch(/^[a-zA-Z]+$/);
    expect(detail.length).toBeGreaterThan(0);
  }
  for (const { device, at, atSource, metrics, quality = [], standing, key } of decoded.observations) {
    expect(typeof device === "string" && device !== "").toBe(true);
    expect(at === null || (Number.isFinite(at) && at > 0)).toBe(true);
    expect(at === null).toBe(atSource === "receiveTime");
    for (const [name, value] of Object.entries(metrics)) {
      if (!isMetricName(name)) throw new Error(`${name} is no metric`);
      expect(value, name).toBeGreaterThanOrEqual(metricTable[name].min);
      expect(value, name).toBeLessThanOrEqual(metricTable[name].max);
    }
    for (const flag of quality) expect(qualityFlags).toContain(flag);
    expect(standing === undefined || Array.isArray(standing)).toBe(true);
    expect(key === undefined || typeof key === "string").toBe(true);
  }
}

/** Values that devices send where others are expected. */
const odd = fc.constantFrom<unknown>(
  ...[null, "", "x", "-1", "1e999", 0, -1, 1e308, -0.5, true, [], {}, [null], { a: { a: {} } }, "0".repeat(300)],
  ...["9007199254740993", "2001-01-01T00:00:00Z", "9999-99-99 99:99:99", [[], {}], { value: {} }],
);

/** Every place in a payload, as the path to it. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

function withChange(value: unknown, path: readonly (string | number)[], change: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...(value as object) };
  const target = copy as Record<string | number, unknown>;
  if (change === undefined && rest.length === 0) delete target[key];
  else target[key] = withChange(target[key], rest, change);
  return copy;
}

describe("damaged messages end as observations or with a reason", () => {
  test("every sample on a topic that nobody claims is read by its own driver, or refused with a reason", () => {
    for (const { driver, topic, payload, observations } of samples) {
      const decoded = decoder.decode(topicOf(topic, true), bytesOf(payload), NOW);
      if ("refused" in decoded) expect(["noDriver", "identity"]).toContain(decoded.refused.reason);
      else if (observations.length > 0) expect(decoded.driver).toBe(driver.id);
    }
  });

  test("bytes flipped, cut off, repeated", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Sample>(...samples),
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(2_000), fc.integer({ min: 1, max: 255 })), { maxLength: 5 }),
        fc.nat(2_000),
        fc.nat(3),
        ({ topic, payload }, foreign, flips, cut, repeated) => {
          const damaged = bytesOf(payload);
          if (damaged.length === 0) return;
          for (const [at, flip] of flips)
            damaged[at % damaged.length] = (damaged[at % damaged.length] as number) ^ flip;
          const shorter = cut % 3 === 0 ? damaged.subarray(0, cut % damaged.length) : damaged;
          const whole = Buffer.concat(Array.from({ length: repeated + 1 }, () => shorter));
          expectSound(topicOf(topic, foreign), whole);
        },
      ),
      { seed: SEED, numRuns: 6_000 },
    );
  });

  test("fields missing, or of another kind", () => {
    const objects = samples.filter(({ payload }) => typeof payload === "object" && !(payload instanceof Uint8Array));
    fc.assert(
      fc.property(
        fc.constantFrom<Sample>(...objects),
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(1_000), fc.option(odd, { nil: undefined })), { minLength: 1, maxLength: 3 }),
        ({ topic, payload }, foreign, changes) => {
          let changed: unknown = payload;
          for (const [place, change] of changes) {
            const places = placesIn(changed);
            changed = withChange(changed, places[place % places.length] ?? [], change);
          }
          expectSound(topicOf(topic, foreign), bytesOf(changed ?? null));
        },
      ),
      { seed: SEED, numRuns: 6_000 },
    );
  });

  test("more fields than anybody knows change nothing", () => {
    for (const { topic, payload, observations } of samples) {
      if (typeof payload !== "object" || payload instanceof Uint8Array || Array.isArray(payload)) continue;
      const more = { ...payload, zzVendor: { a: [1, "2", null] }, zzNote: "垃圾" };
      const decoded = decoder.decode(topic, bytesOf(more), NOW);
      expect("observations" in decoded && decoded.observations.map(({ metrics }) => metrics)).toEqual(
        observations.map(({ metrics }) => metrics),
      );
    }
  });
});

describe("no message holds up the line", () => {
  const LONG = 200_000;
  const fill = (unit: string): string => unit.repeat(Math.ceil(LONG / unit.length));
  const openings = [
    "<!--",
    "<EventNotificationAlert",
    "<a ",
    "<a b='",
    "&amp;",
    "[3G*1*0000*",
    "[3G*",
    "Code=",
    "Code=A;action=Start;index=0;data={",
  ];
  const more = [
    "lat=1&lon=2&",
    "?lat=",
    "=",
    "0x",
    "00",
    " ",
    "\u0000",
    "~",
    "}",
    '{"a":',
    "[",
    '"',
    "\\",
    "2026-09-21 ",
    "9",
  ];
  const topics = [
    ...new Set([...samples.map(({ topic }) => topic), "zz/unknown", "zz/onvif-ej/Device", "zz/352093080000015/data"]),
  ];

  test.for([...openings, ...more])("%j over and over", (unit) => {
    for (const topic of topics) {
      expectSound(topic, Buffer.from(fill(unit)));
      expectSound(topic, Buffer.from(`<EventNotificationAlert>${fill(unit)}`));
      expectSound(topic, Buffer.from(JSON.stringify({ Code: fill(unit), Action: "Start", data: fill(unit) })));
    }
  });

  test("XML of any sort is an element or nothing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("<a>", "</a>", "<b/>", "text", "<", ">", "&lt;", "<!--", "-->", "<?", "?>", '"')),
        (parts) => {
          const root = parseXml(parts.join(""));
          expect(root === null || root.name === "a" || root.name === "b").toBe(true);
        },
      ),
      { seed: SEED, numRuns: 2_000 },
    );
    expect(parseXml("<a>".repeat(50) + "</a>".repeat(50))).toBeNull();
    expect(parseXml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')).toBeNull();
    expect(parseXml(`<a>${"<b/>".repeat(5_000)}</a>`)).toBeNull();
    expect(parseXml('<?xml version="1.0"?><!-- x --><a x="<">no</a>')).toBeNull();
    expect(parseXml('<?xml version="1.0"?><!-- x --><n:a x=">">1 &lt; 2<b/></n:a>')).toEqual({
      name: "n:a",
      text: "1 < 2",
      children: [{ name: "b", text: "", children: [] }],
    });
  });
});
