import { booleanPointInPolygon } from "@turf/boolean-point-in-polygon";
import type { Feature, MultiPolygon, Polygon } from "geojson";
import { createRandom } from "../simulators/random.ts";
import { createDistrict } from "../src/district/district.ts";
import { createGeography } from "../src/district/geography.ts";
import { besideLine } from "../src/district/plane.ts";
import { readFeatures } from "../src/district/read.ts";
import type { DistrictFeature } from "../src/domain/district.ts";
import type { Print } from "./index.ts";

/** A district of the size of a large subdistrict: 500 polygons, 2,000 road sections, 500 deposit points. */
const [LON, LAT] = [113.88, 22.7];
const CELLS = [25, 20] as const;
const CELL_DEG = 0.002;
const SECTIONS = 2_000;
const POINTS = 500;
const LOOKUPS = 200_000;
const SCANS = 2_000;
const NOW = 1_790_000_000_000;

function build(): unknown {
  const random = createRandom("district");
  const anywhere = (): [number, number] => [
    LON + random.between(0, CELLS[0] * CELL_DEG),
    LAT + random.between(0, CELLS[1] * CELL_DEG),
  ];
  const features: unknown[] = [];
  for (let x = 0; x < CELLS[0]; x++) {
    for (let y = 0; y < CELLS[1]; y++) {
      const corner = (dx: number, dy: number) => [LON + (x + dx) * CELL_DEG, LAT + (y + dy) * CELL_DEG];
      const ring = [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1), corner(0, 0)];
      const properties = { type: "grid", id: `grid-${x}-${y}`, areaGrade: "B" };
      features.push({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: [ring] } });
    }
  }
  for (let n = 0; n < SECTIONS; n++) {
    const [lon, lat] = anywhere();
    const to = [lon + random.between(-0.003, 0.003), lat + random.between(-0.003, 0.003)];
    const properties = { type: "section", id: `section-${n}`, class: 3, widthM: 10, lengthM: undefined };
    features.push({ type: "Feature", properties, geometry: { type: "LineString", coordinates: [[lon, lat], to] } });
  }
  for (let n = 0; n < POINTS; n++) {
    const properties = { type: "depositPoint", id: `point-${n}` };
    features.push({ type: "Feature", properties, geometry: { type: "Point", coordinates: anywhere() } });
  }
  return { type: "FeatureCollection", features };
}

/** The plain way: every polygon and every line is asked. */
function scan(features: readonly DistrictFeature[], lat: number, lon: number): number {
  let found = 0;
  for (const { geometry } of features) {
    if (geometry?.type === "Polygon") {
      if (
        booleanPointInPolygon([lon, lat], { type: "Feature", properties: {}, geometry } as Feature<
          Polygon | MultiPolygon
        >)
      )
        found++;
    } else if (geometry?.type === "LineString") {
      if (besideLine(geometry.coordinates, lat, lon).distanceM < 20) found++;
    }
  }
  return found;
}

const perSecond = (times: number, run: (n: number) => void): number => {
  const start = performance.now();
  for (let n = 0; n < times; n++) run(n);
  return (times / (performance.now() - start)) * 1_000;
};

export async function run(print: Print): Promise<void> {
  const json = build();
  const read = performance.now();
  const { features } = readFeatures(json);
  const district = createDistrict(null);
  await district.draft(features);
  print("file read and checked, 3,000 features", performance.now() - read, "ms", "in slices of 8 ms");
  const made = performance.now();
  const geography = createGeography(features);
  print("ground of an edition made", performance.now() - made, "ms", "before the swap of one reference");
  const random = createRandom("positions");
  const positions = Array.from({ length: 10_000 }, () => ({
    lat: LAT + random.between(0, CELLS[1] * CELL_DEG),
    lon: LON + random.between(0, CELLS[0] * CELL_DEG),
  }));
  const at = (n: number) => positions[n % positions.length] as { lat: number; lon: number };
  let sink = 0;
  const place = (n: number) => {
    sink += geography.placeAt(at(n).lat, at(n).lon, NOW).sectionId === null ? 0 : 1;
  };
  perSecond(LOOKUPS / 10, place);
  const indexed = perSecond(LOOKUPS, place);
  const scanned = perSecond(SCANS, (n) => {
    sink += scan(features, at(n).lat, at(n).lon);
  });
  if (sink === 0) throw new Error("nothing was found");
  print("places found", indexed, "/s", `${(indexed / scanned).toFixed(0)} × asking every polygon and line`);
}
