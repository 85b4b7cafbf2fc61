import { describe, expect, it } from "vitest";
import { createDecoder } from "../devices/index.ts";
import { fieldFaults, noFaults } from "../simulators/faults.ts";
import { createPlayer, type Outgoing, type Step } from "../simulators/player.ts";
import { createPopulation, fullDistrict, type Population, quietNeighbourhood } from "../simulators/population.ts";
import { depositedDays, hourOfDay, localTime } from "../simulators/rhythm.ts";
import { readTown } from "../simulators/town.ts";
import { districtPath } from "../simulators/yutang/district.ts";
import { createGeography } from "../src/district/geography.ts";
import { loadDistrict } from "../src/district/load.ts";
import type { Observation } from "../src/domain/observation.ts";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";

const town = readTown();
const startAt = localTime("2026-03-02T05:00");
const decoder = createDecoder();

function play(
  population: Population,
  hours: number,
  options: { seed?: number; script?: Step[]; faults?: typeof noFaults } = {},
) {
  const seed = options.seed ?? 1;
  const actors = createPopulation(town, population, seed, startAt);
  const player = createPlayer({
    actors,
    seed,
    startAt,
    faults: options.faults ?? noFaults,
    script: options.script ?? [],
  });
  return { actors, messages: player.due(startAt + hours * HOUR) };
}

function decode(messages: readonly Outgoing[]): Observation[] {
  return messages.flatMap(({ topic, payload, at }) => {
    const decoded = decoder.decode(topic, Buffer.from(payload), at);
    if ("refused" in decoded) throw new Error(`${topic}: ${decoded.refused.reason} ${decoded.refused.detail}`);
    return [...decoded.observations];
  });
}

const of = (messages: readonly Outgoing[], id: string): Observation[] =>
  decode(messages.filter((message) => message.topic.split("/")[3] === id));

describe("the simulated district", () => {
  it("plays the same day for the same seed, and another for another", () => {
    const first = play(quietNeighbourhood, 2, { faults: fieldFaults }).messages;
    expect(play(quietNeighbourhood, 2, { faults: fieldFaults }).messages).toEqual(first);
    expect(play(quietNeighbourhood, 2, { faults: fieldFaults, seed: 2 }).messages).not.toEqual(first);
  });

  it("has the baseline population", () => {
    const { actors } = play(fullDistrict, 0);
    const kinds = Map.groupBy(actors, (actor) => actor.device.kind);
    const counts = Object.fromEntries([...kinds].map(([kind, list]) => [kind, list.length]));
    expect(counts).toMatchObject({
      bin: 1_260,
      camera: 270,
      vehicle: 60,
      person: 600,
      toilet: 30,
      station: 6,
      foodWastePoint: 10,
    });
    expect(new Set(actors.map((actor) => actor.device.id)).size).toBe(actors.length);
  });

  it("speaks only what the drivers understand, in order of time, and through gateways that may", () => {
    const { actors, messages } = play({ ...quietNeighbourhood, problemsPerDay: 40 }, 3, { faults: fieldFaults });
    expect(messages.map((message) => message.at)).toEqual(messages.map((message) => message.at).sort((a, b) => a - b));
    const aliases = new Map(actors.map(({ device }) => [device.alias ?? device.id, device]));
    const gateways = new Map(
      actors.map(({ device }) => [device.id, String(device.attributes.devices ?? "").split(",")]),
    );
    for (const message of messages) {
      for (const observation of decode([message])) {
        const device = aliases.get(observation.device);
        expect(device, message.topic).toBeDefined();
        if (message.login !== device?.id) expect(gateways.get(message.login)).toContain(device?.id);
      }
    }
    const dialects = new Set(messages.map((message) => message.topic.split("/")[0]));
    expect([...dialects].sort()).toEqual(["application", "frigate", "kerbside"]);
  });

  it("keeps vehicles on their roads and inside their areas, at believable speeds", () => {
    const geography = createGeography(loadDistrict(districtPath).features);
    const { actors, messages } = play({ ...quietNeighbourhood, vehicles: 60, bins: 0, people: 0, cameras: 0 }, 5);
    const areas = new Map(actors.map(({ device }) => [device.id, String(device.attributes.areaId)]));
    let moving = 0;
    for (const { device, metrics } of decode(messages.filter((message) => message.topic.includes("/vehicle/")))) {
      expect(geography.metresOutside(areas.get(device) ?? "", metrics.lat ?? 0, metrics.lon ?? 0)).toBeLessThan(30);
      expect(metrics.speedKmh).toBeLessThan(40);
      if ((metrics.speedKmh ?? 0) > 0) moving++;
    }
    expect(moving).toBeGreaterThan(10_000);
  });

  it("sends no position of a worker off shift", () => {
    const { messages } = play({ ...quietNeighbourhood, bins: 0, cameras: 0, vehicles: 0 }, 24);
    const people = decode(messages.filter((message) => message.topic.includes("/person/")));
    const located = people.filter((observation) => observation.metrics.lat !== undefined);
    expect(located.length).toBeGreaterThan(1_000);
    for (const { at } of located) {
      expect(hourOfDay(at ?? 0)).toBeGreaterThanOrEqual(5.5);
      expect(hourOfDay(at ?? 0)).toBeLessThan(21.5);
    }
  });

  it("fills bins by the rhythm of the day and empties them when a truck stops", () => {
    expect(depositedDays(startAt + DAY) - depositedDays(startAt)).toBeCloseTo(1, 9);
    const peak = depositedDays(localTime("2026-03-02T20:00")) - depositedDays(localTime("2026-03-02T19:00"));
    const night = depositedDays(localTime("2026-03-02T03:00")) - depositedDays(localTime("2026-03-02T02:00"));
    expect(peak / night).toBeGreaterThan(20);
    const population = {
      ...quietNeighbourhood,
      bins: 1_260,
      people: 0,
      cameras: 0,
      vehicles: 60,
      loraShare: 0,
      wasteFactor: 1,
    };
    const readings = Map.groupBy(
      decode(play(population, 24).messages.filter((message) => message.topic.includes("/bin/"))),
      (observation) => observation.device,
    );
    let emptied = 0;
    for (const list of readings.values()) {
      const levels = list.map((observation) => observation.metrics.fillPct ?? 0);
      if (levels.some((level, i) => i > 0 && level < (levels[i - 1] ?? 0) - 8)) emptied++;
    }
    expect(emptied).toBeGreaterThan(1_000);
  });
});

describe("troubles", () => {
  const quiet = { ...quietNeighbourhood, loraShare: 0, vehicles: 2, people: 2 };

  it("silences a device, or everything behind a gateway", () => {
    const script: Step[] = [
      { atMinutes: 0, device: "bin-0001", fault: { fault: "silence", minutes: 60 } },
      { atMinutes: 0, device: "gw-facilities-tianliao", fault: { fault: "silence", minutes: 60 } },
    ];
    const { actors, messages } = play(quiet, 3, { script });
    expect(of(messages, "bin-0001").every(({ at }) => (at ?? 0) > startAt + HOUR)).toBe(true);
    expect(of(messages, "bin-0001").length).toBeGreaterThan(4);
    const behind = actors.filter(({ device }) => device.gatewayId === "gw-facilities-tianliao");
    expect(behind.length).toBeGreaterThan(0);
    for (const { device } of behind) {
      expect(of(messages, device.id).every(({ at }) => (at ?? 0) > startAt + HOUR)).toBe(true);
    }
  });

  it("holds readings back and sends them as one late batch, oldest first", () => {
    const script: Step[] = [{ atMinutes: 0, device: "vehicle-01", fault: { fault: "late", minutes: 40 } }];
    const own = play(quiet, 1, { script }).messages.filter((message) => message.login === "vehicle-01");
    const releasedAt = startAt + 40 * MINUTE;
    expect(own[0]?.at).toBe(releasedAt);
    const batch = decode(own.filter((message) => message.at === releasedAt));
    expect(batch.length).toBeGreaterThan(100);
    expect(batch.map(({ at }) => at)).toEqual(batch.map(({ at }) => at).sort((a, b) => (a ?? 0) - (b ?? 0)));
    expect(batch[0]?.at).toBeLessThan(startAt + MINUTE);
  });

  it("duplicates, skews, freezes, moves and overrides readings", () => {
    const device = "vehicle-01";
    const plain = of(play(quiet, 1).messages, device);
    const with_ = (fault: Extract<Step, { fault: unknown }>["fault"]): Observation[] =>
      of(play(quiet, 1, { script: [{ atMinutes: 0, device, fault }] }).messages, device);
    expect(with_({ fault: "duplicate", minutes: 60 })).toHaveLength(plain.length * 2);
    expect(with_({ fault: "skew", minutes: 60, seconds: -90 })[5]?.at).toBe((plain[5]?.at ?? 0) - 90_000);
    const stuck = with_({ fault: "stuck", minutes: 60 });
    expect(new Set(stuck.map(({ metrics }) => JSON.stringify(metrics))).size).toBe(1);
    const jumped = with_({ fault: "jump", minutes: 60, metres: 200 });
    expect(Math.abs((jumped[3]?.metrics.lat ?? 0) - (plain[3]?.metrics.lat ?? 0))).toBeLessThan(0.002);
    expect(jumped[3]?.metrics.lat).not.toBe(plain[3]?.metrics.lat);
    const fast = with_({ fault: "says", minutes: 10, metrics: { speedKmh: 90 } });
    expect(fast.filter(({ metrics }) => metrics.speedKmh === 90).length).toBeGreaterThan(10);
    expect(fast.at(-1)?.metrics.speedKmh).not.toBe(90);
  });

  it("says which device of a script does not exist", () => {
    const script: Step[] = [{ atMinutes: 0, device: "bin-9999", command: { do: "empty" } }];
    expect(() => play(quiet, 1, { script })).toThrow("bin-9999");
  });
});
