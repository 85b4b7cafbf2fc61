import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR, ManualClock, MINUTE, SECOND } from "../src/domain/time.ts";
import { newUsage, type Usage, type UsageFact, uses } from "../src/operations/usage.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { at, clock, openField } from "./support/field.ts";
import { random } from "./support/random.ts";
import { startTestCenter } from "./support/running-center.ts";

const LIMITS = { fastestKmh: 120, gapMs: 10 * MINUTE, burnsLPerHour: 60 };
const silent: UsageFact = {
  at: 0,
  odometerKm: undefined,
  fuelL: undefined,
  lat: undefined,
  lon: undefined,
  accuracyM: undefined,
  speedKmh: undefined,
};

/** What a row of facts adds up to, each ten seconds after the one before unless it says otherwise. */
function sum(facts: readonly Partial<UsageFact>[]) {
  let usage: Usage = newUsage;
  const total = { km: 0, litres: 0, fueledKm: 0 };
  for (const [index, fact] of facts.entries()) {
    const step = uses(usage, { ...silent, at: index * 10 * SECOND, ...fact }, LIMITS);
    usage = step.usage;
    total.km += step.used.km;
    total.litres += step.used.litres;
    total.fueledKm += step.used.fueledKm;
  }
  return total;
}

/** A drive east at 36 km/h, a hundred metres every ten seconds. */
const drive = (fixes: number, more: (index: number) => Partial<UsageFact> = () => ({})) =>
  Array.from({ length: fixes }, (_, index) => ({ ...at(index * 100, 0), speedKmh: 36, ...more(index) }));

describe("kilometres", () => {
  test("are the odometer's where there is one, whatever positions do", () => {
    const facts = drive(61, (index) => ({ odometerKm: 5_000 + index * 0.12 }));
    expect(sum(facts).km).toBeCloseTo(7.2, 6);
  });

  test("over a silence too, for an odometer counts meanwhile", () => {
    const facts = [{ odometerKm: 100 }, { at: 2 * HOUR, odometerKm: 160 }];
    expect(sum(facts).km).toBe(60);
  });

  test("an odometer that was changed or leaps says nothing: positions do", () => {
    const facts = drive(31, (index) => ({ odometerKm: index < 11 ? 5_000 + index * 0.1 : 3 + index * 0.1 }));
    expect(sum(facts).km).toBeCloseTo(3, 1);
    expect(sum([{ odometerKm: 10 }, { odometerKm: 4_000 }]).km).toBe(0);
  });

  test("are the way by positions where there is none", () => {
    expect(sum(drive(61)).km).toBeCloseTo(6, 1);
  });

  test("a parked vehicle whose position wanders drives nowhere; a jump between houses and back is no way", () => {
    const next = random(7);
    const noise = () => (next() - 0.5) * 40;
    expect(sum(Array.from({ length: 500 }, () => ({ ...at(noise(), noise()), accuracyM: 12 }))).km).toBe(0);
    const jumping = drive(61, (index) => (index % 20 === 10 ? at(index * 100, 400) : {}));
    expect(sum(jumping).km).toBeCloseTo(6, 1);
  });

  test("what nobody followed is not made up: the way over a gap of positions counts for nothing", () => {
    const first = drive(31);
    const second = drive(31).map((fact, index) => ({
      ...fact,
      ...at(20_000 + index * 100, 0),
      at: HOUR + index * 10_000,
    }));
    expect(sum([...first, ...second]).km).toBeCloseTo(6, 1);
  });

  test("an odometer that falls silent is followed by positions, and nothing counts twice when it speaks again", () => {
    const facts = drive(361, (index) => (index < 60 || index > 300 ? { odometerKm: 900 + index * 0.1 } : {}));
    expect(sum(facts).km).toBeCloseTo(36, 0);
  });

  test("never exceed the fastest way, whatever a terminal says", () => {
    const fact = fc.record({
      odometerKm: fc.option(fc.double({ min: 0, max: 5_000_000, noNaN: true }), { nil: undefined }),
      fuelL: fc.option(fc.double({ min: 0, max: 1_000, noNaN: true }), { nil: undefined }),
      lat: fc.double({ min: 22.6, max: 22.9, noNaN: true }),
      lon: fc.double({ min: 113.8, max: 114.1, noNaN: true }),
      speedKmh: fc.option(fc.double({ min: 0, max: 250, noNaN: true }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 40 }), (facts) => {
        const { km, litres, fueledKm } = sum(facts);
        const hours = (facts.length * 10 * SECOND) / HOUR;
        expect(km).toBeLessThanOrEqual(hours * LIMITS.fastestKmh + facts.length * 1.2);
        expect(litres).toBeLessThanOrEqual(hours * LIMITS.burnsLPerHour + 2 + 1e-6);
        expect(Math.min(km, litres, fueledKm)).toBeGreaterThanOrEqual(0);
        expect(fueledKm).toBeLessThanOrEqual(km + 1e-6);
      }),
      { numRuns: 300 },
    );
  });
});

describe("litres", () => {
  /** Hundred kilometres at 30 L/100 km by odometer, the gauge sloshing by some litres. */
  const trip = (slosh: number, more: (index: number, fuelL: number) => Partial<UsageFact> = () => ({})) => {
    const next = random(3);
    return Array.from({ length: 1_001 }, (_, index) => {
      const fuelL = 120 - index * 0.03 + (next() - 0.5) * 2 * slosh;
      return { odometerKm: 5_000 + index * 0.1, fuelL, speedKmh: 36, ...more(index, fuelL) };
    });
  };

  test("are what the level fell by; a gauge that sloshes or drops out for once adds no more than its error", () => {
    const { litres, fueledKm } = sum(trip(0));
    expect(litres).toBeCloseTo(30, 0);
    expect((litres / fueledKm) * 100).toBeCloseTo(30, 0);
    expect(sum(trip(2)).litres).toBeGreaterThan(28);
    expect(sum(trip(2)).litres).toBeLessThan(33);
    const droppingOut = trip(0, (index) => (index % 100 === 50 ? { fuelL: 0 } : {}));
    expect(sum(droppingOut).litres).toBeCloseTo(30, 0);
  });

  test("filling up is no consumption, at once or slowly", () => {
    const atOnce = trip(0, (index, fuelL) => ({ fuelL: fuelL + (index > 500 ? 60 : 0) }));
    expect(sum(atOnce).litres).toBeCloseTo(30, 0);
    const slowly = trip(0, (index, fuelL) => ({ fuelL: fuelL + Math.min(60, Math.max(0, index - 500) * 3) }));
    expect(sum(slowly).litres).toBeGreaterThan(28.5);
    expect(sum(slowly).litres).toBeLessThan(31);
  });

  test("what is drained from a parked vehicle is not burnt", () => {
    const parked = Array.from({ length: 60 }, (_, index) => ({
      odometerKm: 5_000,
      fuelL: index < 30 ? 100 : 70,
      speedKmh: 0,
    }));
    expect(sum(parked).litres).toBeLessThan(3);
  });

  test("of a way that nobody knows are not told: neither side of the ratio counts it", () => {
    const facts = drive(31, (index) => ({ fuelL: 100 - index * 0.03 }));
    const later = facts.map((fact, index) => ({
      ...fact,
      ...at(30_000 + index * 100, 0),
      at: HOUR + index * 10_000,
      fuelL: 80 - index * 0.03,
    }));
    const { litres, fueledKm } = sum([...facts, ...later]);
    expect(litres).toBeLessThan(2.5);
    expect(fueledKm).toBeLessThanOrEqual(6.2);
  });
});

describe("in the center", () => {
  /** Ten kilometres in ten minutes; `from` metres along the way. */
  const go = (field: ReturnType<typeof openField>, from: number, fields: (step: number) => object) => {
    for (let step = 1; step <= 60; step++) {
      field.until(field.now + 10 * SECOND);
      const metres = from + step * 150;
      field.say("truck-1", { ...at(metres, 0), speedKmh: 54, ...fields(step) });
    }
  };

  test("a vehicle's figures carry its line, contractor, type and itself, and go on after a crash", () => {
    const field = openField(clock("08:00"));
    field.add("truck-1", "vehicle", { vehicleType: "collection" });
    field.put("contractors", { id: "north", name: "North" });
    field.put("vehicles", { id: "truck-1", type: "collection", line: "cleaning", contractorId: "north" });
    field.say("truck-1", { ...at(0, 0), speedKmh: 0, odometerKm: 1_000, fuelL: 100 });
    go(field, 0, (step) => ({ odometerKm: 1_000 + step * 0.15, fuelL: 100 - step * 0.05 }));
    field.restart();
    go(field, 9_000, (step) => ({ odometerKm: 1_009 + step * 0.15, fuelL: 97 - step * 0.05 }));
    // Five minutes later everything was told.
    field.until(field.now + 6 * MINUTE);
    field.say("truck-1", { ...at(18_000, 0), speedKmh: 0, odometerKm: 1_018, fuelL: 94 });
    expect(field.figure("vehicle.km")).toBeCloseTo(18, 0);
    expect(field.figure("vehicle.fueledKm")).toBeCloseTo(18, 0);
    expect(field.figure("vehicle.fuelL")).toBeCloseTo(6, 0);
    expect(field.scopeOf("vehicle.km")).toMatchObject({
      line: "cleaning",
      contractor: "north",
      category: "collection",
      source: "truck-1",
    });
  });

  test("GET /kpis tells fuel per 100 km by vehicle; one without a gauge has kilometres and no consumption", async () => {
    const from = Date.UTC(2026, 8, 22, 1);
    const time = new ManualClock(from);
    await using center = await startTestCenter({}, { clock: time });
    for (const id of ["truck-1", "truck-2"]) {
      await center.rest("POST", "/devices", { id, kind: "vehicle", attributes: { vehicleType: "collection" } });
    }
    const say = (id: string, body: object) =>
      new Promise<void>((settled) => {
        const payload = Buffer.from(JSON.stringify({ ts: time.now(), ...body }));
        const topic = `kerbside/v1/vehicle/${id}/telemetry`;
        center.center.inbox.submit({ topic, payload, receivedAt: time.now(), principal: null }, settled);
      });
    for (let minute = 0; minute <= 100; minute++) {
      time.advanceTo(from + minute * MINUTE);
      await say("truck-1", { odometerKm: 1_000 + minute * 0.5, fuelL: 100 - minute * 0.2, speedKmh: 30 });
      await say("truck-2", { odometerKm: 2_000 + minute * 0.5, speedKmh: 30 });
    }
    const { items } = await center.rest<{ items: { id: string; group: { source: string }; value: number | null }[] }>(
      "GET",
      `/kpis?id=vehicle.km,vehicle.fuel_100&groupBy=vehicle&from=${from}&to=${time.now()}`,
    );
    const value = (id: string, vehicle: string) =>
      items.find((item) => item.id === id && item.group.source === vehicle)?.value ?? null;
    // The newest kilometre may not have been told yet.
    for (const id of ["truck-1", "truck-2"]) {
      expect(value("vehicle.km", id)).toBeGreaterThanOrEqual(49);
      expect(value("vehicle.km", id)).toBeLessThanOrEqual(50);
    }
    expect(value("vehicle.fuel_100", "truck-1")).toBeCloseTo(40, -1);
    expect(value("vehicle.fuel_100", "truck-2")).toBeNull();
  });

  test("what a vehicle usually burns, and what its tank held, is known after a restart", async () => {
    using directory = temporaryDirectory();
    const time = new ManualClock(Date.UTC(2026, 8, 22, 1));
    let km = 1_000;
    let fuelL = 180;
    const open = () => startTestCenter({ DATA_DIR: directory.path, CHECKPOINT_SECONDS: "0" }, { clock: time });
    const run = async (
      work: (center: Awaited<ReturnType<typeof open>>, say: (body: object) => Promise<void>) => Promise<void>,
    ) => {
      await using center = await open();
      await work(center, (body) => {
        time.advanceTo(time.now() + 15 * MINUTE);
        return new Promise<void>((settled) => {
          const payload = Buffer.from(JSON.stringify({ ts: time.now(), ...body }));
          const topic = "kerbside/v1/vehicle/truck-1/telemetry";
          center.center.inbox.submit({ topic, payload, receivedAt: time.now(), principal: null }, settled);
        });
      });
    };
    const leg = async (say: (body: object) => Promise<void>, litres: number) => {
      for (let step = 0; step < 4; step++) {
        km += 5;
        fuelL -= litres / 4;
        await say({ odometerKm: km, fuelL, speedKmh: 20 });
      }
    };
    await run(async (center, say) => {
      await center.rest("POST", "/devices", { id: "truck-1", kind: "vehicle" });
      await say({ odometerKm: km, fuelL, speedKmh: 20 });
      for (let count = 0; count < 6; count++) await leg(say, 6);
    });
    await run(async (center, say) => {
      await leg(say, 9);
      const { items } = await center.rest<{ items: object[] }>("GET", "/alerts?open=true&ruleId=vehicle.fuel_anomaly");
      expect(items).toMatchObject([{ subtype: "consumption", evidence: [{ per100L: 45, usualPer100L: 30, legs: 6 }] }]);
    });
  });
});
