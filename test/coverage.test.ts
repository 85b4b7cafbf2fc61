import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MINUTE, SECOND } from "../src/domain/time.ts";
import { Cells } from "../src/operations/coverage.ts";
import { at, clock, type Field, openField } from "./support/field.ts";

/** Noise of a receiver between houses, the same in every run: two uniform numbers make one nearly normal one. */
function seeded(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * 1.7;
}

/** Main road and the one beside it, 40 m apart, are to be swept from 06:00 to 08:00. */
function openRoads(time = "05:30"): Field {
  const field = openField(clock(time));
  field.add("sweeper-1", "vehicle", { vehicleType: "sweeper" });
  field.put("crews", { id: "one", name: "One", line: "cleaning", members: ["sweeper-1"] });
  const windows = { from: "06:00", to: "08:00" };
  const sections = ["main", "beside"].map((sectionId) => ({ sectionId, ...windows }));
  field.put("plans", { kind: "sweep", id: "p", crewId: "one", sections });
  field.until(field.now);
  return field;
}

interface Drive {
  readonly from: string;
  readonly y?: number;
  readonly kmh?: number;
  readonly noiseM?: number;
  readonly working?: 0 | 1;
  readonly toX?: number;
  readonly seed?: number;
  /** Fixes arrive this much later. */
  readonly lateMs?: number;
}

/** Drives along the main road; a fix every ten seconds. */
function drive(
  field: Field,
  { from, y = 0, kmh = 8, noiseM = 0, working = 1, toX = 1_000, seed = 1, lateMs = 0 }: Drive,
) {
  const noise = seeded(seed);
  const start = clock(from);
  const step = (kmh / 3.6) * 10;
  for (let n = 0; n * step <= toX; n++) {
    const time = start + n * 10 * SECOND;
    field.until(time + lateMs);
    const where = at(n * step + noise() * noiseM, y + noise() * noiseM);
    field.say("sweeper-1", { ...where, speedKmh: kmh, working, acc: 1, accuracyM: 5 }, time);
  }
}

const share = (field: Field, sectionId: string) =>
  [...field.operations.sweeps.all()].find(
    ({ planned }) => planned.sectionId === sectionId && planned.date === "2026-09-22",
  )?.state.share ?? Number.NaN;

describe("what a sweeper covers", () => {
  test("the road it drives on, in full, and nothing of the one beside it", () => {
    const field = openRoads();
    drive(field, { from: "06:10" });
    expect(share(field, "main")).toBeGreaterThan(0.97);
    expect(share(field, "beside")).toBe(0);
  });

  test("with a receiver that wanders between houses it is still the right road", () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const field = openRoads();
      drive(field, { from: "06:10", noiseM: 9, seed });
      expect(share(field, "main"), `seed ${seed}`).toBeGreaterThan(0.93);
      expect(share(field, "beside"), `seed ${seed}`).toBeLessThan(0.1);
    }
  });

  test("driving without working, or too fast to sweep, covers nothing", () => {
    const field = openRoads();
    drive(field, { from: "06:10", working: 0 });
    drive(field, { from: "06:30", kmh: 28 });
    expect(share(field, "main")).toBe(0);
  });

  test("fixes that come late repair it", () => {
    const field = openRoads();
    drive(field, { from: "06:10", lateMs: 20 * MINUTE });
    expect(share(field, "main")).toBeGreaterThan(0.97);
  });

  test("half the road is half, over a restart, and another pass adds only what is new", () => {
    const field = openRoads();
    drive(field, { from: "06:10", toX: 500 });
    const half = share(field, "main");
    expect(half).toBeGreaterThan(0.47);
    expect(half).toBeLessThan(0.55);
    field.restart();
    expect(share(field, "main")).toBe(half);
    drive(field, { from: "06:40", toX: 500 });
    expect(share(field, "main")).toBeCloseTo(half, 1);
  });

  test("cells are a set: any order and any repetition of stretches gives the same", () => {
    const stretch = fc.tuple(fc.nat(120), fc.nat(120)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(stretch), fc.integer({ min: 1, max: 100 }), (stretches, count) => {
        const forward = new Cells(count);
        for (const [from, to] of stretches) forward.mark(from, to);
        const back = new Cells(count, forward.written);
        for (const [from, to] of stretches.toReversed()) expect(back.mark(from, to)).toBe(false);
        const wanted = new Set(
          stretches.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)),
        );
        expect(back.share).toBeCloseTo([...wanted].filter((cell) => cell < count).length / count, 10);
      }),
      { seed: 3 },
    );
  });
});

describe("sweep.coverage_low", () => {
  const alerts = (field: Field, sectionId: string) =>
    field.alerts("sweep.coverage_low").filter(({ subject }) => subject.id === sectionId);

  test("a warning comes while a pass is still possible, the alert after the window; a make-up pass ends it", () => {
    const field = openRoads();
    field.until(clock("07:59"));
    const [warning] = alerts(field, "main");
    expect(warning).toMatchObject({ subtype: "willMiss", level: 4 });
    // A kilometre at 6 km/h takes ten minutes, and a quarter of an hour is kept in reserve.
    expect(warning?.openedAt).toBeLessThanOrEqual(clock("07:40"));
    expect(warning?.openedAt).toBeGreaterThan(clock("07:00"));
    field.until(clock("08:15"));
    expect(field.open("sweep.coverage_low").filter(({ subject }) => subject.id === "main")).toMatchObject([
      { subtype: null, level: 3, evidence: [{ coveredPct: 0, targetPct: 95 }] },
    ]);
    drive(field, { from: "08:30" });
    expect(field.open("sweep.coverage_low").filter(({ subject }) => subject.id === "main")).toEqual([]);
  });

  test("a window that had mostly passed when it was written down is judged by nobody; one that had just begun is", () => {
    const alertsOf = (time: string) => {
      const field = openRoads(time);
      field.until(clock("08:30"));
      return field.alerts("sweep.coverage_low").map(({ subject, subtype }) => [subject.id, subtype]);
    };
    expect(alertsOf("06:40")).toEqual([]);
    expect(alertsOf("06:20")).toContainEqual(["main", null]);
  });

  test("a road that was swept in time gets neither, however the day goes on", () => {
    const field = openRoads();
    drive(field, { from: "06:10" });
    field.until(clock("12:00"));
    expect(alerts(field, "main")).toEqual([]);
    expect(alerts(field, "beside").length).toBeGreaterThan(0);
    const record = field.work.filter(({ kind, subjectId }) => kind === "sweep" && subjectId === "main").at(-1);
    expect(record?.body).toMatchObject({ judged: true, lengthM: expect.any(Number), widthM: 12, class: 1 });
  });
});
