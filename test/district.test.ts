import fc from "fast-check";
import type { Feature } from "geojson";
import { describe, expect, it } from "vitest";
import { Changes } from "../src/center/changes.ts";
import { createDistrict } from "../src/district/district.ts";
import { createGeography } from "../src/district/geography.ts";
import type { DistrictIssue } from "../src/district/issue.ts";
import { lengthOfLine } from "../src/district/plane.ts";
import { readFeatures } from "../src/district/read.ts";
import { chinaCalendar } from "../src/domain/calendar.ts";
import { wgs84ToGcj02 } from "../src/domain/coordinates.ts";
import { hoursOf, openUntil } from "../src/domain/opening-hours.ts";
import { distanceM } from "../src/domain/place.ts";
import type { Problem } from "../src/domain/problem.ts";
import { HOUR } from "../src/domain/time.ts";

const NOW = Date.parse("2026-09-22T10:00:00+08:00");
const TOLD = { actor: "user:test", reason: "a test" };
const [LON, LAT] = [113.9, 22.72];
/** Hundredths of a degree east and north of the corner: about 1 km. */
const at = (x: number, y: number): [number, number] => [LON + x / 100, LAT + y / 100];

function box(type: string, id: string, x: number, y: number, size: number, more: object = {}): Feature {
  const ring = [at(x, y), at(x + size, y), at(x + size, y + size), at(x, y + size), at(x, y)];
  return { type: "Feature", properties: { type, id, ...more }, geometry: { type: "Polygon", coordinates: [ring] } };
}
const line = (type: string, id: string, positions: [number, number][], more: object = {}): Feature => ({
  type: "Feature",
  properties: { type, id, ...more },
  geometry: { type: "LineString", coordinates: positions },
});
const point = (type: string, id: string, position: [number, number], more: object = {}): Feature => ({
  type: "Feature",
  properties: { type, id, ...more },
  geometry: { type: "Point", coordinates: position },
});
const collection = (...features: unknown[]) => ({ type: "FeatureCollection", features });

/** Two communities of one square kilometre beside each other, with everything that may lie in them. */
const town = [
  box("boundary", "town", 0, 0, 2),
  box("community", "west", 0, 0, 1),
  box("community", "east", 1, 0, 1, { areaGrade: "C" }),
  box("grid", "west-1", 0, 0, 1, { communityId: "west", areaGrade: "B", placeType: "residentialIndustrial" }),
  box("unitGrid", "cell-1", 0, 0, 0.1, { code: "440311005001001" }),
  line("section", "main", [at(0, 0.5), at(1, 0.5)], {
    class: 1,
    widthM: 40,
    areaGrade: "A",
    placeType: "municipalRoad",
  }),
  line("section", "service", [at(0, 0.54), at(1, 0.54)], { class: 3, widthM: 6 }),
  point("depositPoint", "point-1", at(0.2, 0.2)),
  point("facility", "toilet-1", at(0.8, 0.8), { facility: "toilet", radiusM: 20, placeType: "publicToilet" }),
  line("route", "round", [at(0, 0.5), at(1, 0.5)], { corridorM: 50 }),
];
const ground = (...features: unknown[]) => createGeography(readFeatures(collection(...features)).features);

async function issuesOf(json: unknown, before: unknown[] = []): Promise<DistrictIssue[]> {
  const district = createDistrict(null);
  if (before.length > 0) {
    const draft = await district.draft(readFeatures(collection(...before)).features);
    district.put(draft, TOLD, NOW, new Changes());
  }
  const { features, issues } = readFeatures(json);
  return district.draft(features, { issues, numbered: true }).then(
    ({ notes }) => [...notes],
    (problem: Problem) => problem.extra.errors as DistrictIssue[],
  );
}

describe("where a position lies", () => {
  const geography = ground(...town);
  const placeAt = ([lon, lat]: [number, number]) => geography.placeAt(lat, lon, NOW);

  it("has community, grid, section, point, type and grade", () => {
    expect(placeAt(at(0.5, 0.5))).toMatchObject({
      communityId: "west",
      gridId: "west-1",
      sectionId: "main",
      pointId: null,
      placeType: "municipalRoad",
      areaGrade: "A",
    });
    expect(placeAt(at(0.2, 0.2002))).toMatchObject({ pointId: "point-1", sectionId: null, areaGrade: "B" });
    expect(placeAt(at(0.8, 0.8001)).placeType).toBe("publicToilet");
    expect(placeAt(at(1.5, 0.1))).toMatchObject({ communityId: "east", gridId: null, areaGrade: "C" });
    expect(placeAt(at(5, 5))).toMatchObject({ communityId: null, sectionId: null, pointId: null });
  });

  it("takes the carriageway that is nearest, not the centre line", () => {
    // 24 m beside the centre of a road 40 m wide, 20 m from the centre of one 6 m wide.
    expect(placeAt(at(0.5, 0.5 + 24 / 1_112)).sectionId).toBe("main");
    expect(placeAt(at(0.5, 0.5 + 44 / 1_112)).sectionId).toBe("service");
    const both = geography.nearestSections(LAT + 0.00525, LON + 0.005, 30);
    expect(both.map(({ section }) => section.id)).toEqual(["service", "main"]);
    expect(both[0]?.alongM).toBeCloseTo(lengthOfLine([at(0, 0.54), at(0.5, 0.54)]), 0);
  });

  it("computes the length of a section that has none", () => {
    const drawn = lengthOfLine([at(0, 0.5), at(1, 0.5)]);
    expect(geography.section("main")?.lengthM).toBeCloseTo(drawn, 0);
  });

  it("is the polygon that contains it, as brute force finds it", () => {
    const anywhere = fc.tuple(fc.integer({ min: -4_999, max: 24_999 }), fc.integer({ min: -4_999, max: 24_999 }));
    fc.assert(
      fc.property(anywhere, (numbers) => {
        // Between the borders: on one either side is right.
        const [x, y] = numbers.map((number) => (number + 0.5) / 10_000) as [number, number];
        const inWest = x > 0 && x < 1 && y > 0 && y < 1;
        const inEast = x > 1 && x < 2 && y > 0 && y < 1;
        expect(placeAt(at(x, y)).communityId).toBe(inWest ? "west" : inEast ? "east" : null);
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });

  it("measures corridors and areas as many small steps along them do", () => {
    const bend = ground(
      line("route", "bend", [at(0, 0), at(0.6, 0.1), at(0.7, 0.9)], { corridorM: 50 }),
      box("area", "yard", 0, 0, 0.5),
    );
    const steps = Array.from({ length: 2_001 }, (_, i) => {
      const share = i / 1_000;
      const [from, to, part] = share <= 1 ? [at(0, 0), at(0.6, 0.1), share] : [at(0.6, 0.1), at(0.7, 0.9), share - 1];
      return { lon: from[0] + (to[0] - from[0]) * part, lat: from[1] + (to[1] - from[1]) * part };
    });
    fc.assert(
      fc.property(fc.double({ min: -1, max: 2, noNaN: true }), fc.double({ min: -1, max: 2, noNaN: true }), (x, y) => {
        const [lon, lat] = at(x, y);
        const nearest = Math.min(...steps.map((step) => distanceM(step, { lat, lon })));
        expect(Math.abs((bend.metresOffRoute("bend", lat, lon) ?? 0) - Math.max(0, nearest - 50))).toBeLessThan(2);
        const [dx, dy] = [Math.max(0, -x, x - 0.5), Math.max(0, -y, y - 0.5)];
        const corner = { lat: lat - Math.sign(y) * (dy / 100), lon: lon - Math.sign(x) * (dx / 100) };
        expect(Math.abs((bend.metresOutside("yard", lat, lon) ?? 0) - distanceM(corner, { lat, lon }))).toBeLessThan(1);
      }),
      { numRuns: 300, seed: 2 },
    );
  });
});

describe("communities in time", () => {
  const split = Date.parse("2027-01-01T00:00:00+08:00");
  const versions = [
    box("community", "old", 0, 0, 1, { validTo: "2027-01-01T00:00:00+08:00" }),
    box("community", "south", 0, 0, 0.5, { validFrom: split }),
    box("community", "old-2", 0, 0.5, 0.5, { communityId: "old", validFrom: split }),
    box("community", "north-east", 0.5, 0, 0.5, { validFrom: split }),
    box("community", "far", 0.5, 0.5, 0.5, { validFrom: split }),
  ];
  const geography = ground(...versions);

  it("belong to the moment asked about", () => {
    const [lon, lat] = at(0.2, 0.2);
    expect(geography.placeAt(lat, lon, split - 1).communityId).toBe("old");
    expect(geography.placeAt(lat, lon, split).communityId).toBe("south");
    expect(geography.placeAt(at(0, 0.7)[1], at(0.2, 0)[0], split).communityId).toBe("old");
    expect([geography.epochAt(split - 1), geography.epochAt(split)]).toEqual([0, 1]);
  });

  it("give way for what stands still, unless the id it was given still counts", () => {
    const [lon, lat] = at(0.2, 0.2);
    const given = { ...geography.placeAt(lat, lon, split - 1), communityId: "old" };
    expect(geography.settle(given, split - 1).communityId).toBe("old");
    // "old" is still a community, of another outline: what somebody said counts.
    expect(geography.settle(given, split).communityId).toBe("old");
    expect(geography.settle({ ...given, communityId: "north-east" }, split - 1).communityId).toBe("old");
    expect(geography.settle({ ...given, communityId: "nowhere" }, split).communityId).toBe("south");
  });

  it("leave no ground without one", async () => {
    expect(await issuesOf(collection(...versions))).toEqual([]);
    const [gap] = await issuesOf(collection(...versions.slice(0, 4)));
    expect(gap).toMatchObject({ id: "old", type: "community" });
    expect(gap?.problem).toMatch(/from 2026-12-31T16:00:00.000Z on, 25 % of its ground belongs to no community/);
    // The one that follows is removed later: the complaint is about the one that ended.
    expect((await issuesOf(collection(...versions.slice(0, 4)), versions))[0]).toMatchObject({ id: "old" });
  });

  it("are found the same whatever the order of their versions", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(versions, { minLength: versions.length }),
        fc.integer({ min: split - 1_000, max: split + 1_000 }),
        fc.tuple(fc.integer({ min: 1, max: 998 }), fc.integer({ min: 1, max: 998 })),
        (shuffled, when, numbers) => {
          const [x, y] = numbers.map((number) => (number + 0.5) / 1_000) as [number, number];
          const [lon, lat] = at(x, y);
          const expected =
            when < split ? "old" : x < 0.5 ? (y < 0.5 ? "south" : "old") : y < 0.5 ? "north-east" : "far";
          expect(ground(...shuffled).placeAt(lat, lon, when).communityId).toBe(expected);
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });
});

describe("opening hours", () => {
  const day = (time: string) => Date.parse(`2026-09-22T${time}:00+08:00`);

  it("end at their time, past midnight too", () => {
    const evening = [hoursOf("18:00", "24:00")];
    expect(openUntil(evening, day("17:59"), chinaCalendar)).toBeNull();
    expect(openUntil(evening, day("18:00"), chinaCalendar)).toBe(day("18:00") + 6 * HOUR);
    const night = [hoursOf("22:00", "02:00")];
    expect(openUntil(night, day("01:30"), chinaCalendar)).toBe(day("02:00"));
    expect(openUntil(night, day("02:00"), chinaCalendar)).toBeNull();
    expect(openUntil([], day("02:00"), chinaCalendar)).toBe(Number.POSITIVE_INFINITY);
  });

  it("know days of the week, the holiday calendar and seasons", () => {
    // 2026-09-22 is a Tuesday.
    expect(openUntil([hoursOf("00:00", "24:00", ["mon"])], day("12:00"), chinaCalendar)).toBeNull();
    expect(openUntil([hoursOf("22:00", "02:00", ["mon"])], day("01:00"), chinaCalendar)).toBe(day("02:00"));
    const holiday = Date.parse("2026-10-01T12:00:00+08:00");
    expect(openUntil([hoursOf("08:00", "20:00", ["workingDay"])], holiday, chinaCalendar)).toBeNull();
    expect(openUntil([hoursOf("08:00", "20:00", ["holiday"])], holiday, chinaCalendar)).toBe(holiday + 8 * HOUR);
    const fair = [hoursOf("08:00", "20:00", null, ["2026-09-22", "2026-09-23"])];
    expect(openUntil(fair, day("12:00"), chinaCalendar)).toBe(day("20:00"));
    expect(openUntil(fair, holiday, chinaCalendar)).toBeNull();
  });
});

describe("a district that is wrong", () => {
  const wrong: readonly [name: string, json: unknown, says: RegExp, which?: string][] = [
    ["no collection", [], /no GeoJSON FeatureCollection/],
    ["nothing", null, /no GeoJSON FeatureCollection/],
    [
      "an unknown datum",
      { ...collection(), coordSystem: "bd09" },
      /coordSystem "bd09" is unknown; use one of wgs84, gcj02/,
    ],
    ["no feature", collection(7), /features\[0\]\): it is no GeoJSON Feature/],
    [
      "no type",
      collection({ ...town[0], properties: { id: "x" } }),
      /properties.type is undefined; use one of boundary, community/,
    ],
    [
      "no id",
      collection(box("grid", undefined as never, 0, 0, 1)),
      /grid without an id \(features\[0\]\): properties.id/,
    ],
    ["an id with a slash", collection(box("grid", "a/b", 0, 0, 1)), /may hold no blanks/],
    [
      "an id twice",
      collection(town[1], town[1]),
      /community west \(features\[1\]\): features\[0\] has this id already/,
    ],
    [
      "a class that is none",
      collection(line("section", "s", [at(0, 0), at(1, 1)], { class: 7, widthM: 5 })),
      /properties.class: must be 1, 2, 3 or 4/,
    ],
    ["no width", collection(line("section", "s", [at(0, 0), at(1, 1)], { class: 2 })), /properties.widthM/],
    [
      "a time that is none",
      collection(point("spot", "s", at(0, 0), { spot: "nightMarket", hours: [{ from: "6pm", to: "24:00" }] })),
      /must be a time of day like 05:30/,
    ],
    [
      "the wrong geometry",
      collection(point("community", "c", at(0, 0))),
      /its geometry is a Point; a community is drawn as Polygon or MultiPolygon/,
    ],
    ["no geometry", collection({ ...town[1], geometry: null }), /it has no geometry/],
    ["latitude first", collection(point("depositPoint", "p", [22.7, 113.9])), /latitude and longitude are swapped/],
    ["metres", collection(point("depositPoint", "p", [12_680_000, 2_600_000])), /nowhere on earth; use degrees/],
    ["letters", collection(point("depositPoint", "p", ["a", "b"] as never)), /not nested as its geometry asks for/],
    ["NaN", collection(point("depositPoint", "p", [null, 22] as never)), /not nested/],
    ["wrong nesting", collection({ ...town[1], geometry: { type: "Polygon", coordinates: [[1, 2]] } }), /not nested/],
    ["an empty polygon", collection({ ...town[1], geometry: { type: "Polygon", coordinates: [] } }), /not nested/],
    [
      "a line of one point",
      collection(line("section", "s", [at(0, 0), at(0, 0)], { class: 1, widthM: 9 })),
      /fewer than two different positions/,
    ],
    [
      "an open ring",
      collection({
        ...town[1],
        geometry: { type: "Polygon", coordinates: [[at(0, 0), at(1, 0), at(1, 1), at(0, 1)]] },
      }),
      /community west \(features\[0\]\): a ring is not closed; repeat its first position/,
    ],
    [
      "a bow tie",
      collection({
        ...town[1],
        geometry: { type: "Polygon", coordinates: [[at(0, 0), at(1, 1), at(1, 0), at(0, 1), at(0, 0)]] },
      }),
      /crosses itself at \[113.905000, 22.725000\]/,
    ],
    [
      "no area",
      collection({
        ...town[1],
        geometry: { type: "Polygon", coordinates: [[at(0, 0), at(0, 0), at(0, 0), at(0, 0)]] },
      }),
      /it has no area/,
    ],
    [
      "too many vertices",
      collection({
        ...town[1],
        geometry: { type: "Polygon", coordinates: [Array.from({ length: 5_000 }, () => at(0, 0))] },
      }),
      /more than 4000 vertices/,
    ],
    [
      "an overlap",
      collection(town[1], box("community", "other", 0.9, 0, 1)),
      /overlaps community (west|other) by 11.,.{3} m²/,
    ],
    [
      "outside",
      collection(...town, point("depositPoint", "lost", at(3, 0.5))),
      /depositPoint lost \(features\[10\]\): .* lies 102\d m outside the boundary; correct it/,
    ],
    [
      "outside as GCJ-02",
      collection(
        ...town,
        (() => {
          const there = wgs84ToGcj02(at(1.9, 1.9)[1], at(1.9, 1.9)[0]);
          return point("depositPoint", "lost", [there.lon, there.lat]);
        })(),
      ),
      /would lie inside as GCJ-02/,
    ],
    [
      "a length far off",
      collection(line("section", "s", [at(0, 0), at(1, 0)], { class: 1, widthM: 9, lengthM: 4_000 })),
      /lengthM is 4000 but its line measures 10\d\d m/,
    ],
    [
      "a route of nothing",
      collection({ type: "Feature", properties: { type: "route", id: "r" }, geometry: null }),
      /route r \(features\[0\]\): it has neither sections nor a line/,
    ],
    [
      "a route of the unknown",
      collection({ type: "Feature", properties: { type: "route", id: "r", sections: ["none"] }, geometry: null }),
      /there is no section none; correct the id, or add the section/,
    ],
    [
      "a time that runs backwards",
      collection(box("community", "c", 0, 0, 1, { validFrom: 2, validTo: 1 })),
      /validTo is not later than validFrom/,
    ],
    [
      "a community that is not there",
      collection(town[1], box("grid", "g", 0, 0, 1, { communityId: "gone" })),
      /there is no community gone/,
    ],
    [
      "a road that is not there",
      collection(line("section", "s", [at(0, 0), at(1, 0)], { class: 1, widthM: 9, roadId: "gone" })),
      /there is no feature gone; correct roadId/,
    ],
  ];

  it.each(wrong)("%s: says which feature, what, and what to do", async (_name, json, says) => {
    const district = createDistrict(null);
    const { features, issues } = readFeatures(json);
    const refused = await district.draft(features, { issues, numbered: true }).then(
      () => null,
      (problem: Problem) => problem,
    );
    expect(refused).toMatchObject({ status: 400, code: "district" });
    expect(refused?.message).toMatch(says);
    expect(district.current.features).toEqual([]);
  });

  it("recognises a whole file in the wrong datum, and converts it when told", async () => {
    const shifted = town.map((feature) => JSON.parse(JSON.stringify(feature)) as Feature);
    const shift = (value: unknown): unknown => {
      const [lon, lat] = value as [number, number];
      if (typeof lon !== "number") return (value as unknown[]).map(shift);
      const there = wgs84ToGcj02(lat, lon);
      return [there.lon, there.lat];
    };
    for (const { geometry } of shifted)
      Object.assign(geometry, { coordinates: shift((geometry as never as { coordinates: unknown }).coordinates) });
    expect((await issuesOf(collection(...shifted), town)).map(({ problem }) => problem)).toContainEqual(
      expect.stringMatching(/and 9 others moved by exactly the offset of GCJ-02/),
    );
    const told = { ...collection(...shifted), coordSystem: "gcj02" };
    const { features } = readFeatures(told);
    const positionOf = (feature: unknown) => (feature as { geometry: { coordinates: number[] } }).geometry.coordinates;
    const [original, back] = [positionOf(town[7]), positionOf(features[7])];
    expect(
      distanceM({ lon: back[0] ?? 0, lat: back[1] ?? 0 }, { lon: original[0] ?? 0, lat: original[1] ?? 0 }),
    ).toBeLessThan(0.05);
    expect((await issuesOf(told, town)).filter(({ severity }) => severity === "problem")).toEqual([]);
  });

  it("never falls over arbitrary input", () => {
    const anything = fc.anything({ maxDepth: 6, withNullPrototype: true });
    const almost = fc.record({
      type: fc.constant("Feature"),
      properties: fc.record({
        type: fc.constantFrom("community", "section", "route", "spot", "overlay"),
        id: anything,
        class: anything,
      }),
      geometry: fc.record({
        type: fc.constantFrom("Polygon", "LineString", "Point", "GeometryCollection"),
        coordinates: anything,
        geometries: anything,
      }),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, almost), { maxLength: 4 }), (features) => {
        const { issues, features: read } = readFeatures({ type: "FeatureCollection", features });
        expect(read.length + new Set(issues.map(({ index }) => index)).size).toBe(features.length);
        createGeography(read).placeAt(LAT, LON, NOW);
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});

describe("editions", () => {
  const base = readFeatures(collection(...town)).features;

  it("put what differs, remove what is gone, and refuse what was drafted from an older one", async () => {
    const district = createDistrict(null);
    const changes = new Changes();
    const first = await district.draft(base);
    expect(first.counts).toEqual({ added: 10, changed: 0, removed: 0 });
    district.put(first, TOLD, NOW, changes);
    const late = await district.draft(base.slice(1));
    const wider = base.map((feature) =>
      feature.properties.id === "main" ? { ...feature, properties: { ...feature.properties, widthM: 30 } } : feature,
    );
    const second = await district.draft(wider.filter(({ properties }) => properties.id !== "point-1"));
    expect(second.counts).toEqual({ added: 0, changed: 1, removed: 1 });
    const before = district.current;
    district.put(second, TOLD, NOW, changes);
    expect(district.current.section("main")?.widthM).toBe(30);
    expect(before.section("main")?.widthM).toBe(40);
    expect(() => district.put(late, TOLD, NOW, changes)).toThrow(/somebody was faster: the district is at edition 2/);
    expect(changes.district.map(({ note, put, removed }) => [note.edition, put.length, removed])).toEqual([
      [1, 10, []],
      [2, 1, ["point-1"]],
    ]);
    // Nothing new is no edition.
    district.put(await district.draft(district.current.features), TOLD, NOW, changes);
    expect(district.note.edition).toBe(2);
  });

  it("do not let go of what others name", async () => {
    const route = { type: "Feature", properties: { type: "route", id: "named", sections: ["main"] }, geometry: null };
    const [broken] = await issuesOf(collection(...town.filter((f) => f.properties?.id !== "main"), route), [
      ...town,
      route,
    ]);
    expect(broken).toMatchObject({ id: "named", problem: "its section main is removed" });
    const [orphan] = await issuesOf(collection(...town.filter((f) => f.properties?.id !== "west")), town);
    expect(orphan).toMatchObject({ id: "west-1", problem: "there is no community west" });
  });
});
