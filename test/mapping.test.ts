import fc from "fast-check";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkMapping } from "../devices/mapping/check.ts";
import type { Mapping } from "../devices/mapping/shape.ts";
import { mappingTemplates } from "../devices/mapping/templates.ts";
import { compileTime } from "../devices/mapping/time.ts";
import { tryMapping } from "../devices/mapping/try.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

const NOW = Date.UTC(2026, 4, 4, 4);

const binMapping = {
  id: "nb-bins",
  title: { en: "NB-IoT bins", zh: "NB-IoT 垃圾桶" },
  topics: ["nb/{device}/up"],
  kind: "bin",
  device: { namespace: "nb", parts: ["{device}"] },
  time: { at: "/t", format: "yyyyMMddHHmmss", zone: "+08:00" },
  entries: [
    {
      metrics: {
        distanceMm: { at: "/cm", unit: "cm", none: [0, 65535] },
        tempC: { at: "/f", unit: "°F" },
        batteryPct: { at: "/bat", factor: 100, offset: 0 },
        lidOpen: { at: "/lid", values: { opened: 1, closed: 0 } },
      },
    },
    { when: [{ at: "/fire", is: [1, "1", true] }], event: { type: "alarm", code: { constant: "fire" } } },
  ],
  samples: [
    { name: "ordinary", topic: "nb/b1/up", payload: { t: "20260504110201", cm: 75, f: 68, bat: 0.9, lid: "closed" } },
  ],
};
const parsed = (input: unknown): Mapping => {
  const checked = checkMapping(input);
  if ("faults" in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.mapping;
};
const clockText = (aheadSeconds: number): string =>
  new Date(Date.now() + 8 * 3_600_000 + aheadSeconds * 1_000).toISOString().replace(/\D/g, "").slice(0, 14);
const tried = (input: unknown, payload: unknown, topic = "nb/b1/up") => tryMapping(parsed(input), NOW)(topic, payload);

describe("reading with a mapping", () => {
  test("units, factors, tables, local time and the device of the topic", () => {
    const trial = tried(binMapping, binMapping.samples[0]?.payload);
    expect(trial).toMatchObject({ sound: true, problems: [] });
    expect(trial.observations).toEqual([
      {
        device: "nb:b1",
        at: Date.UTC(2026, 4, 4, 3, 2, 1),
        atSource: "device",
        metrics: { distanceMm: 750, tempC: 20, batteryPct: 90, lidOpen: 0 },
        hints: { kind: "bin" },
      },
    ]);
  });

  test("a sentinel is no distance, and what is missing stays missing", () => {
    const trial = tried(binMapping, { t: "20260504110201", cm: 65535, f: null });
    expect(trial.observations[0]?.metrics).toEqual({});
    expect(trial.sound).toBe(true);
    expect(trial.absent).toContain("entries.0.metrics.distanceMm");
  });

  test("a value that does not fit is named with its element, and the rest counts", () => {
    const trial = tried(binMapping, { t: "20260504110201", cm: "far", f: 9_999, bat: 0.5, lid: "ajar" });
    expect(trial.problems.map(({ field }) => field)).toEqual([
      "entries.0.metrics.distanceMm",
      "entries.0.metrics.lidOpen",
      "entries.0.metrics.tempC",
    ]);
    expect(trial.observations[0]?.metrics).toEqual({ batteryPct: 50 });
    expect(trial.observations[0]?.quality).toEqual(["outOfRange"]);
  });

  test("a condition adds an observation of its own", () => {
    const trial = tried(binMapping, { t: "20260504110201", cm: 75, fire: 1 });
    expect(trial.observations.map(({ event }) => event)).toEqual([undefined, { type: "alarm", code: "fire" }]);
  });

  test("a clock that was never set is no time, and nonsense is refused", () => {
    expect(tried(binMapping, { t: "20000101080000", cm: 75 }).observations[0]).toMatchObject({
      at: null,
      atSource: "receiveTime",
      quality: ["clockDefault"],
    });
    expect(tried(binMapping, { t: "20260231110000", cm: 75 })).toMatchObject({ sound: false, observations: [] });
  });

  test("lists within lists, with what stands around the item", () => {
    const nested = {
      ...binMapping,
      time: undefined,
      device: { parts: ["/box", "../id"] },
      entries: [{ each: ["/groups", "./bins"], metrics: { fillPct: { at: "./level", unit: "fraction" } } }],
    };
    const payload = {
      box: "x",
      groups: [
        { id: "a", bins: [{ level: 0.1 }, { level: 0.2 }] },
        { id: "b", bins: [] },
      ],
    };
    const { observations } = tried(nested, payload);
    expect(observations.map(({ device, metrics }) => [device, metrics.fillPct])).toEqual([
      ["x/a", 10],
      ["x/a", 20],
    ]);
  });

  test("local times follow the zone's summer time", () => {
    const read = compileTime("dd.MM.yyyy HH:mm", "Europe/Berlin");
    expect(read("01.07.2026 12:00")).toEqual({ at: Date.UTC(2026, 6, 1, 10) });
    expect(read("01.12.2026 12:00")).toEqual({ at: Date.UTC(2026, 11, 1, 11) });
    expect(compileTime("iso", "+08:00")("2026-05-04 11:02:01.250")).toEqual({ at: Date.UTC(2026, 4, 4, 3, 2, 1, 250) });
    expect(compileTime("iso", "+08:00")("2026-05-04T11:02:01Z")).toEqual({ at: Date.UTC(2026, 4, 4, 11, 2, 1) });
  });

  test("fields of a time that stand side by side have two digits each", () => {
    const read = compileTime("yyyyMMddHHmmss", "+08:00");
    expect(read("20260504110201")).toEqual({ at: Date.UTC(2026, 4, 4, 3, 2, 1) });
    expect(read(20260504110201)).toEqual({ at: Date.UTC(2026, 4, 4, 3, 2, 1) });
    expect(read("2026050411021")).toHaveProperty("invalid");
    expect(compileTime("yyyy-MM-dd HH:mm:ss", "+08:00")("2026-5-4 11:2:1")).toEqual({
      at: Date.UTC(2026, 4, 4, 3, 2, 1),
    });
  });

  test("whatever somebody writes as a mapping, its faults are told and nothing is thrown", () => {
    const [key, ...keys] = [
      "topics",
      "device",
      "time",
      "entries",
      "metrics",
      "event",
      "each",
      "when",
      "at",
      "is",
      "box",
      "key",
    ];
    const words = fc.constantFrom("/a", "./a", "{device}", "nb/{device}/up", "auto", "+08:00", "bin", "detection", "");
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        words,
        fc.jsonValue(),
        fc.dictionary(fc.constantFrom(key ?? "", ...keys), tie("any")),
        fc.array(tie("any")),
      ),
    })).any;
    fc.assert(
      fc.property(fc.constantFrom(key ?? "", ...keys), value, (field, given) => {
        const [entry] = binMapping.entries;
        for (const input of [
          given,
          { ...binMapping, [field]: given },
          { ...binMapping, entries: [{ ...entry, [field]: given }] },
        ]) {
          const checked = checkMapping(input);
          if ("mapping" in checked) tryMapping(checked.mapping, NOW)("nb/b1/up", { t: "20260504110201", cm: 1 });
          else expect(checked.faults.length).toBeGreaterThan(0);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test("whatever a message holds, it is read or refused, never thrown", () => {
    const read = [binMapping, ...mappingTemplates].map((mapping) => parsed(mapping));
    const keys = ["t", "cm", "BoardId", "Result", "data", "bizData", "detailData", "each", "__proto__", "constructor"];
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        fc.jsonValue(),
        fc.dictionary(fc.constantFrom(...keys), tie("any")),
        fc.array(tie("any")),
      ),
    })).any;
    fc.assert(
      fc.property(value, (payload) => {
        for (const mapping of read) {
          const trial = tryMapping(mapping, NOW)(mapping.samples[0]?.topic ?? "", JSON.stringify(payload) ?? "");
          expect(trial.sound).toBe(trial.problems.length === 0);
          for (const { metrics } of trial.observations) {
            for (const number of Object.values(metrics)) expect(Number.isFinite(number)).toBe(true);
          }
        }
      }),
      { seed: 42, numRuns: 300 },
    );
  });
});

describe("faults of a mapping are named", () => {
  const faultsOf = (change: object): string[] => {
    const checked = checkMapping({ ...binMapping, ...change });
    return "faults" in checked ? checked.faults.map(({ field, problem }) => `${field}: ${problem}`) : [];
  };

  test.for([
    ["a metric that is none of ours", { entries: [{ metrics: { fullness: "/x" } }] }, /^entries\.0\.metrics/],
    [
      "a unit of something else",
      { entries: [{ metrics: { tempC: { at: "/x", unit: "kg" } } }] },
      /tempC\.unit: it can be given in °C, °F, K/,
    ],
    [
      "a level the topic has not",
      { device: { parts: ["{imei}"] } },
      /^device\.parts\.0: the topic nb\/\{device\}\/up has no level \{imei\}/,
    ],
    [
      "an item without a list",
      { entries: [{ metrics: { tempC: "./x" } }] },
      /^entries\.0\.metrics\.tempC: .* needs 1 list/,
    ],
    ["a local time without a zone", { time: { at: "/t", format: "yyyy-MM-dd HH:mm" } }, /^time\.zone/],
    ["no value and no event", { entries: [{ key: ["/id"] }] }, /^entries\.0: it reads neither/],
    ["topics that overlap each other", { topics: ["nb/{device}/up", "nb/x/{device}"] }, /^topics\.1: it overlaps/],
    ["a topic of the center's own", { topics: ["kerbside/v1/bin/{device}/telemetry"] }, /^topics\.0/],
    ["a wildcard", { topics: ["nb/#"] }, /^topics\.0: must be a topic of levels/],
    ["a word where a pointer belongs", { device: { parts: ["device"] } }, /^device\.parts\.0: must be a pointer/],
    [
      "both a pointer and a constant",
      { entries: [{ metrics: { tempC: { at: "/x", constant: 1 } } }] },
      /either at or constant/,
    ],
  ] as const)("%s", ([, change, expected]) => {
    expect(faultsOf(change).join("\n")).toMatch(expected);
  });
});

describe("mappings of a running center", () => {
  let center: TestCenter;
  let secret: string;
  const directory = temporaryDirectory();
  const start = () => startTestCenter({ DATA_DIR: directory.path });
  const state = async (id: string) => {
    const device = await center.rest<{ state?: { metrics?: Record<string, number> } | null }>("GET", `/devices/${id}`);
    return JSON.stringify(device);
  };
  const publish = async (payload: object, topic = "nb/b1/up") => {
    const client = await connectAsync(center.mqtt ?? "", { username: "gw-nb", password: secret });
    await client.publishAsync(topic, JSON.stringify(payload), { qos: 1 });
    await client.endAsync();
  };
  const refusals = async () =>
    (await center.rest<{ items: { reason: string }[] }>("GET", "/quarantine")).items.map(({ reason }) => reason);

  beforeAll(async () => {
    center = await start();
    await center.rest("POST", "/devices", { id: "bin-nb-1", kind: "bin", aliases: ["nb:b1"] });
    const made = await center.rest<{ mqtt: { password: string } }>("POST", "/devices", {
      id: "gw-nb",
      kind: "gateway",
      attributes: { devices: "bin-nb-1", dialects: "nb/#" },
    });
    secret = made.mqtt.password;
  });
  afterAll(async () => {
    await center[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  test("is tried before it is kept, with the devices it would reach", async () => {
    const answer = await center.rest<{ sound: boolean; items: { devices: object[] }[] }>("POST", "/mappings/try", {
      mapping: binMapping,
      messages: [
        { topic: "nb/b1/up", payload: '{"t":"20260504110201","cm":50}' },
        { topic: "nb/b9/up", payload: { cm: 1 } },
      ],
    });
    expect(answer.items.map(({ devices }) => devices)).toEqual([
      [{ name: "nb:b1", device: "bin-nb-1" }],
      [{ name: "nb:b9", device: null }],
    ]);
    expect(await center.rest("GET", "/mappings")).toMatchObject({ items: [] });
  });

  test("a fault is answered with the element's name", async () => {
    const broken = { ...binMapping, device: { parts: ["{imei}"] } };
    await expect(center.rest("PUT", "/mappings/nb-bins", broken)).rejects.toThrow(/400 .*device\.parts\.0/);
    const foreign = { ...binMapping, topics: ["owntracks/{device}/{phone}"] };
    await expect(center.rest("PUT", "/mappings/nb-bins", foreign)).rejects.toThrow(/400 .*topics\.0: owntracks reads/);
  });

  test("a saved mapping changes nothing until it is enabled, and then at once", async () => {
    await center.rest("PUT", "/mappings/nb-bins", binMapping);
    await publish({ t: "20260504110201", cm: 75 });
    expect(await refusals()).toContain("noDriver");
    await center.rest("POST", "/mappings/nb-bins/enable", {});
    await publish({ t: clockText(0), cm: 42 });
    expect(await state("bin-nb-1")).toContain('"distanceMm":420');
  });

  test("what its own samples do not pass is not enabled", async () => {
    const samples = [{ name: "bad", topic: "nb/b1/up", payload: { t: "never", cm: 1 } }];
    const saved = await center.rest<{ version: number }>("PUT", "/mappings/nb-bins", { ...binMapping, samples });
    expect(saved).toMatchObject({ version: 2, enabledVersion: 1 });
    await expect(center.rest("POST", "/mappings/nb-bins/enable", {})).rejects.toThrow(/409 .*samples/);
  });

  test("a new version takes over live, an earlier one rolls back, none is none", async () => {
    const halved = structuredClone(binMapping);
    Object.assign(halved.entries[0]?.metrics?.distanceMm ?? {}, { unit: "mm" });
    await center.rest("PUT", "/mappings/nb-bins", halved, { "if-match": "2" });
    await expect(center.rest("PUT", "/mappings/nb-bins", halved, { "if-match": "2" })).rejects.toThrow(/409/);
    await center.rest("POST", "/mappings/nb-bins/enable", {});
    await publish({ t: clockText(1), cm: 300 });
    expect(await state("bin-nb-1")).toContain('"distanceMm":300');
    await center.rest("POST", "/mappings/nb-bins/enable", { version: 1 });
    await publish({ t: clockText(2), cm: 31 });
    expect(await state("bin-nb-1")).toContain('"distanceMm":310');
    await center.rest("POST", "/mappings/nb-bins/disable");
    const before = (await refusals()).length;
    await publish({ t: clockText(3), cm: 32 });
    expect((await refusals()).length).toBe(before + 1);
    await center.rest("POST", "/mappings/nb-bins/enable", { version: 1 });
  });

  test("another mapping may not claim the same topics", async () => {
    await center.rest("PUT", "/mappings/other", { ...binMapping, topics: ["nb/{device}/{what}"] });
    await expect(center.rest("POST", "/mappings/other/enable", {})).rejects.toThrow(/400 .*mapping nb-bins reads/);
    await center.rest("DELETE", "/mappings/other");
  });

  test("it is in force after a restart, and everything is in the audit", async () => {
    await center[Symbol.asyncDispose]();
    center = await start();
    expect(await center.rest("GET", "/mappings/nb-bins")).toMatchObject({ version: 3, enabledVersion: 1 });
    await publish({ t: clockText(9), cm: 77 });
    expect(await state("bin-nb-1")).toContain('"distanceMm":770');
    const audit = await center.rest<{ items: { action: string }[] }>("GET", "/audit?target=nb-bins");
    expect(new Set(audit.items.map(({ action }) => action))).toEqual(
      new Set(["mapping.change", "mapping.enable", "mapping.disable"]),
    );
  });

  test("a device may be given a topic of its own there, and speaks for nobody else", async () => {
    const made = await center.rest<{ mqtt: { password: string } }>("POST", "/devices", {
      id: "bin-nb-2",
      kind: "bin",
      aliases: ["nb:b2"],
      attributes: { dialects: "nb/+/up" },
    });
    const client = await connectAsync(center.mqtt ?? "", { username: "bin-nb-2", password: made.mqtt.password });
    await client.publishAsync("nb/b2/up", '{"cm":11}', { qos: 1 });
    await client.publishAsync("nb/b1/up", '{"cm":12}', { qos: 1 });
    await client.endAsync();
    expect(await state("bin-nb-2")).toContain('"distanceMm":110');
    expect(await state("bin-nb-1")).not.toContain('"distanceMm":120');
    expect(await refusals()).toContain("notAllowed");
  });

  test("who may not manage sees nothing", async () => {
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "desk", role: "dispatcher" });
    const answer = await fetch(`${center.http}/api/v1/mappings`, { headers: { authorization: `Bearer ${token}` } });
    expect([answer.status, ADMIN_TOKEN.length > 0]).toEqual([403, true]);
  });
});
