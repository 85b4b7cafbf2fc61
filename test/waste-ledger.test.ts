import fc from "fast-check";
import mqtt from "mqtt";
import { describe, expect, test } from "vitest";
import { MINUTE } from "../src/domain/time.ts";
import type { Load } from "../src/operations/loads.ts";
import { wasteLedger } from "../src/operations/waste-ledger.ts";
import { at, clock, type Field, openField } from "./support/field.ts";
import { startTestCenter } from "./support/running-center.ts";

/** A kitchen-waste point with a scale, a lorry and a weighbridge. */
function openPoint(): Field {
  const field = openField(clock("06:00"));
  field.add("scale-1", "foodWastePoint", {}, at(500, 310));
  field.add("bridge-1", "station", { stream: "food" }, at(-300, -300));
  field.add("lorry-1", "vehicle", { vehicleType: "foodWaste" });
  field.put("vehicles", { id: "lorry-1", type: "foodWaste", plate: "粤B·E0001", line: "cleaning" });
  return field;
}

const handOver = (field: Field, weightKg: number, time = field.now) =>
  field.say("scale-1", {}, time, { type: "card", code: "accepted", details: { cardId: "card-7", weightKg } });

/** The lorry stands somewhere for some minutes, told every half minute. */
function stand(field: Field, x: number, y: number, minutes: number): void {
  const from = field.now;
  for (let half = 0; half <= 2 * minutes; half++) {
    field.until(from + half * (MINUTE / 2));
    field.say("lorry-1", { ...at(x, y), speedKmh: 0, accuracyM: 5 });
  }
}

const ledger = (field: Field) =>
  wasteLedger(
    [
      ...new Map(
        field.work.filter(({ kind }) => kind === "load").map(({ id, body }) => [id, body as unknown as Load]),
      ).values(),
    ],
    0.05,
  );

describe("waste from hand to hand", () => {
  test("handed over by card, taken when the scale falls under a lorry, weighed in at the station: the balance closes", () => {
    const field = openPoint();
    for (const kg of [12.5, 30, 7.5]) {
      field.until(field.now + 5 * MINUTE);
      handOver(field, kg);
    }
    field.say("scale-1", { weightKg: 50 });
    stand(field, 500, 310, 4);
    field.say("scale-1", { weightKg: 0 });
    expect(ledger(field).vehicles).toEqual([
      expect.objectContaining({ vehicleId: "lorry-1", takenKg: 50, verdict: "loaded", differenceKg: null }),
    ]);
    stand(field, -300, -300, 4);
    field.say("bridge-1", { grossKg: 4_049, tareKg: 4_000 });
    const { points, vehicles, stations, streams } = ledger(field);
    expect(points).toEqual([
      { pointId: "scale-1", stream: "food", deposits: 3, handedOverKg: 50, collections: 1, takenKg: 50 },
    ]);
    expect(vehicles).toEqual([
      {
        ...{ vehicleId: "lorry-1", stream: "food", collections: 1, takenKg: 50, weighings: 1, receivedKg: 49 },
        ...{ differenceKg: -1, verdict: "balanced" },
      },
    ]);
    expect(stations).toEqual([{ stationId: "bridge-1", stream: "food", weighings: 1, receivedKg: 49 }]);
    expect(streams).toEqual([{ stream: "food", handedOverKg: 50, takenKg: 50, receivedKg: 49 }]);
  });

  test("what is missing at the station is said; a plate names the lorry; weighed twice is one load", () => {
    const field = openPoint();
    field.say("scale-1", { weightKg: 100 });
    stand(field, 500, 310, 2);
    field.say("scale-1", { weightKg: 2 });
    const weighing = { type: "status", code: "weighed", details: { vehicle: "粤B·E0001" } } as const;
    for (const minute of [0, 3]) {
      field.until(field.now + minute * MINUTE);
      field.say("bridge-1", { grossKg: 4_060, tareKg: 4_000 }, field.now, weighing);
    }
    expect(ledger(field).vehicles).toEqual([
      expect.objectContaining({ takenKg: 98, receivedKg: 60, weighings: 1, differenceKg: -38, verdict: "short" }),
    ]);
  });

  test("a collector who weighs at the point counts once, though the scale falls too", () => {
    const field = openPoint();
    field.say("scale-1", { weightKg: 80 });
    field.until(field.now + MINUTE);
    const collected = { weightKg: 79.5, binTag: "e280", vehicle: "lorry-1" };
    field.say("scale-1", {}, field.now, { type: "card", code: "weighed", details: collected });
    field.until(field.now + 5 * MINUTE);
    field.say("scale-1", { weightKg: 0 });
    expect(ledger(field).points).toEqual([expect.objectContaining({ collections: 1, takenKg: 79.5 })]);
  });

  test("a scale that falls with nobody there is taken by nobody that is known; a lifted lid is nothing", () => {
    const field = openPoint();
    field.say("scale-1", { weightKg: 60 });
    field.until(field.now + 15 * MINUTE);
    field.say("scale-1", { weightKg: 56 });
    expect(ledger(field).points).toEqual([]);
    field.until(field.now + 15 * MINUTE);
    field.say("scale-1", { weightKg: 1 });
    expect(ledger(field).vehicles).toEqual([expect.objectContaining({ vehicleId: null, takenKg: 55 })]);
  });

  test("a restart between two words of a scale loses nothing, and late cards are added", () => {
    const field = openPoint();
    handOver(field, 20);
    field.say("scale-1", { weightKg: 90 });
    field.restart();
    field.until(field.now + 10 * MINUTE);
    handOver(field, 5);
    field.say("scale-1", { weightKg: 0 });
    handOver(field, 3, field.now - 2 * 60 * MINUTE);
    expect(ledger(field).points).toEqual([
      { pointId: "scale-1", stream: "food", deposits: 3, handedOverKg: 28, collections: 1, takenKg: 90 },
    ]);
  });

  test("whatever happened, nothing appears or disappears between the accounts", () => {
    const load = fc.record({
      step: fc.constantFrom("handedOver", "taken", "received"),
      at: fc.integer({ min: 0, max: 1_000 }),
      kg: fc.integer({ min: 1, max: 500 }),
      count: fc.constant(1),
      stream: fc.constantFrom("food", "residual"),
      placeId: fc.constantFrom("a", "b"),
      vehicleId: fc.constantFrom("x", "y", null),
      lat: fc.constant(null),
      lon: fc.constant(null),
    });
    fc.assert(
      fc.property(fc.array(load as fc.Arbitrary<Load>, { maxLength: 40 }), (loads) => {
        const { points, vehicles, stations, streams } = wasteLedger(loads, 0);
        const sum = (kgs: readonly number[]) => kgs.reduce((total, kg) => total + kg, 0);
        const of = (step: Load["step"]) => sum(loads.filter((one) => one.step === step).map(({ kg }) => kg));
        expect(sum(points.map(({ handedOverKg }) => handedOverKg))).toBe(of("handedOver"));
        expect(sum(points.map(({ takenKg }) => takenKg))).toBe(of("taken"));
        expect(sum(vehicles.map(({ takenKg }) => takenKg))).toBe(of("taken"));
        expect(sum(vehicles.map(({ receivedKg }) => receivedKg))).toBe(of("received"));
        expect(sum(stations.map(({ receivedKg }) => receivedKg))).toBe(of("received"));
        expect(sum(streams.map(({ takenKg }) => takenKg))).toBe(of("taken"));
      }),
    );
  });
});

describe("the ledger by REST", () => {
  test("what devices said over MQTT is in the ledger, within the token's ground", async () => {
    await using center = await startTestCenter();
    const secretOf = async (id: string, kind: string) => {
      const place = { lat: 22.733, lon: 113.9033 };
      const { mqtt: login } = await center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", {
        ...{ id, kind, place },
      });
      return login;
    };
    const point = await mqtt.connectAsync(center.mqtt as string, await secretOf("point-a", "foodWastePoint"));
    const bridge = await mqtt.connectAsync(center.mqtt as string, await secretOf("bridge-a", "station"));
    const card = { type: "card", code: "accepted", cardId: "c", weightKg: 12.25 };
    await point.publishAsync("kerbside/v1/foodWastePoint/point-a/event", JSON.stringify(card), { qos: 1 });
    const weighing = JSON.stringify({ grossKg: 5_000, tareKg: 4_200 });
    await bridge.publishAsync("kerbside/v1/station/bridge-a/telemetry", weighing, { qos: 1 });
    await Promise.all([point.endAsync(), bridge.endAsync()]);

    const found = await center.rest<ReturnType<typeof wasteLedger>>("GET", "/waste-ledger");
    expect(found.points).toEqual([expect.objectContaining({ pointId: "point-a", deposits: 1, handedOverKg: 12.25 })]);
    expect(found.stations).toEqual([expect.objectContaining({ stationId: "bridge-a", receivedKg: 800 })]);
    const food = await center.rest<ReturnType<typeof wasteLedger>>("GET", "/waste-ledger?stream=food");
    expect(food.stations).toEqual([]);
    expect(food.points).toHaveLength(1);

    const scope = { communityId: ["elsewhere"] };
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "other", role: "viewer", scope });
    const headers = { authorization: `Bearer ${token}` };
    const other = await center.rest<ReturnType<typeof wasteLedger>>("GET", "/waste-ledger", undefined, headers);
    expect(other).toMatchObject({ points: [], vehicles: [], stations: [], streams: [] });
    await expect(center.rest("GET", "/waste-ledger?from=2020-01-02&to=2020-01-01")).rejects.toThrow(
      /from must lie before/,
    );
  });
});
