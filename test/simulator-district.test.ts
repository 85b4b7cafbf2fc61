import { readFileSync } from "node:fs";
import type { Position } from "geojson";
import { describe, expect, it } from "vitest";
import { buildDistrict, districtPath } from "../simulators/yutang/district.ts";
import { createDistrict } from "../src/district/district.ts";
import { createGeography } from "../src/district/geography.ts";
import { lengthOfLine } from "../src/district/plane.ts";
import { readFeatures } from "../src/district/read.ts";
import { areaGrades, placeTypes } from "../src/domain/place.ts";

const district = buildDistrict();
const reading = readFeatures(district);
const geography = createGeography(reading.features);
const NOW = Date.parse("2026-09-22T10:00:00+08:00");
const of = (type: string) => district.features.filter((feature) => feature.properties?.type === type);

describe("the synthetic district", () => {
  it("has no fault, each alone and all together", async () => {
    expect(reading.issues).toEqual([]);
    expect((await createDistrict(null).draft(reading.features)).notes).toEqual([]);
  });

  it("covers every road with sections, whose speed limits nobody in it exceeds", () => {
    const lengths = Map.groupBy(geography.sections(), ({ roadId }) => roadId);
    for (const { properties, geometry } of of("road")) {
      const sum = (lengths.get(properties?.id) ?? []).reduce((total, { lengthM }) => total + lengthM, 0);
      const road = lengthOfLine((geometry as { coordinates: Position[] }).coordinates);
      expect(Math.abs(sum - road), properties?.id).toBeLessThan(10);
    }
    expect(Math.min(...geography.sections().map(({ speedLimitKmh }) => speedLimitKmh ?? 0))).toBeGreaterThanOrEqual(30);
  });

  it("is what the repository holds", () => {
    expect(district).toEqual(JSON.parse(readFileSync(districtPath, "utf8")));
  });

  it("has the counts of the subdistrict", () => {
    const facilities = Map.groupBy(of("facility"), (feature) => feature.properties?.facility);
    expect(of("community").map((feature) => feature.properties?.id)).toEqual([
      "tianliao",
      "changzhen",
      "yulv",
      "hongxing",
    ]);
    expect(of("grid")).toHaveLength(24);
    expect(of("depositPoint")).toHaveLength(210);
    expect(facilities.get("toilet")).toHaveLength(30);
    expect(facilities.get("toilet")?.filter((toilet) => toilet.properties?.model)).toHaveLength(6);
    expect(facilities.get("station")).toHaveLength(6);
    expect(facilities.get("foodWastePoint")).toHaveLength(10);
    expect(of("section")).toHaveLength(120);
    const spots = Map.groupBy(of("spot"), (feature) => feature.properties?.spot);
    expect(spots.get("blindSpot")).toHaveLength(20);
    expect(spots.get("vendorZone")).toHaveLength(6);
    expect(spots.get("nightMarket")).toHaveLength(1);
    expect(of("route")).toHaveLength(5);
  });

  it("gives every id once", () => {
    const ids = district.features.map((feature) => `${feature.properties?.type} ${feature.properties?.id}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("places each deposit point in the grid and community it names", () => {
    for (const { properties, geometry } of of("depositPoint")) {
      const [lon = 0, lat = 0] = (geometry as { coordinates: Position }).coordinates;
      const place = geography.placeAt(lat, lon, NOW);
      expect(place).toMatchObject({ communityId: properties?.communityId, gridId: properties?.gridId });
      expect(placeTypes).toContain(place.placeType);
      expect(areaGrades).toContain(place.areaGrade);
    }
  });

  it("contains the villages whose position is known, in their community", () => {
    expect(geography.placeAt(22.733, 113.9033, NOW).communityId).toBe("tianliao");
    expect(geography.placeAt(22.714, 113.8905, NOW).communityId).toBe("yulv");
    expect(geography.placeAt(22.692, 113.882, NOW).communityId).toBeNull();
  });

  it("lets every road be reached from every other", () => {
    const next = new Map<string, Set<string>>();
    for (const { geometry } of of("road")) {
      const line = (geometry as { coordinates: Position[] }).coordinates.map(String);
      for (let i = 1; i < line.length; i++) {
        for (const [a, b] of [
          [line[i - 1], line[i]],
          [line[i], line[i - 1]],
        ] as [string, string][]) {
          next.set(a, (next.get(a) ?? new Set()).add(b));
        }
      }
    }
    const [start = ""] = next.keys();
    const seen = new Set([start]);
    for (const node of seen) for (const other of next.get(node) ?? []) seen.add(other);
    expect(seen.size).toBe(next.size);
    expect(next.size).toBeGreaterThan(200);
  });
});
