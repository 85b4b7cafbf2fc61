import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import type { AreaGrade, PlaceType } from "../../src/domain/place.ts";
import {
  along,
  centroid,
  contains,
  corridor,
  distance,
  distanceToLine,
  grow,
  lengthOf,
  nearestCells,
  type Plane,
  type Point,
  planeAt,
} from "../geometry.ts";
import { createRandom, type Random } from "../random.ts";
import { boundary, communities, mainRoads, modelToilets, otherStreets, streetsOf } from "./facts.ts";
import { groundFeatures } from "./ground.ts";
import { connectedPart, joinStreets, layOutStreets, type Street } from "./streets.ts";

/** The middle of the district; all plane coordinates are relative to it. */
export const districtOrigin: [number, number] = [113.9055, 22.72];
const SEED = "yutang";
const DEPOSIT_POINTS = 210;
const TOILETS = 30;
const FOOD_WASTE_POINTS = 10;
const STATIONS_PER_COMMUNITY: Readonly<Record<string, number>> = { tianliao: 2, changzhen: 1, yulv: 2, hongxing: 1 };
/** How far around its community a vehicle may be: yards and junctions lie at the border. */
const WORK_AREA_MARGIN_M = 80;
const CORRIDOR_M = 60;

interface Zone {
  readonly id: string;
  readonly communityId: string;
  readonly ring: Point[];
  grade: AreaGrade;
  placeType: PlaceType;
}

/** Builds the synthetic district: real facts where they are public, own geometry everywhere else. Same result every time. */
export function buildDistrict(): FeatureCollection {
  const plane = planeAt(districtOrigin);
  const ring = boundary.map((position) => plane.toPoint(position as [number, number]));
  const cells = nearestCells(
    ring,
    communities.map((community) => plane.toPoint(community.centre)),
  );
  const mains: Street[] = mainRoads.map((road) => ({
    id: road.id,
    name: road.zh,
    roadClass: 1,
    widthM: road.widthM,
    line: road.line.map((position) => plane.toPoint(position as [number, number])),
  }));
  const lattice = layOutStreets(ring, mains, createRandom(SEED, "streets"));
  joinStreets([...mains, ...lattice], plane);
  const streets = connectedPart([...mains, ...lattice]);
  nameStreets(streets, cells);
  const grids = layOutGrids(cells, mains, createRandom(SEED, "grids"));

  const features: Feature[] = [
    feature(polygon([ring], plane), {
      type: "boundary",
      id: "yutang",
      name: "玉塘街道",
      nameEn: "Yutang",
      code: "440311005",
    }),
  ];
  for (const [i, community] of communities.entries()) {
    const geometry = polygon([cells[i] as Point[]], plane);
    features.push(feature(geometry, { type: "community", id: community.id, name: community.zh, nameEn: community.en }));
  }
  for (const grid of grids) {
    const { id, communityId, grade, placeType } = grid;
    const number = id.slice(-2);
    const { zh = "", en = "" } = communities.find((community) => community.id === communityId) ?? {};
    const names = { name: `${zh}${number}网格`, nameEn: `${en} grid ${number}` };
    const properties = { type: "grid", id, ...names, communityId, areaGrade: grade, placeType };
    features.push(feature(polygon([grid.ring], plane), properties));
  }
  for (const street of streets) {
    const line = { type: "LineString", coordinates: street.line.map(plane.toLonLat) } as const;
    const { id, name, roadClass, widthM } = street;
    features.push(feature(line, { type: "road", id, name, class: roadClass, widthM }));
  }
  features.push(...depositPoints(streets, grids, plane));
  features.push(...facilities(streets, grids, plane));
  features.push(...workAreas(ring, cells, mains, plane));
  features.push(...groundFeatures({ streets, zones: grids, plane }));
  return { type: "FeatureCollection", features };
}

function feature(geometry: Geometry, properties: Record<string, unknown>): Feature {
  return { type: "Feature", properties: { ...properties, synthetic: true }, geometry };
}

function polygon(rings: readonly (readonly Point[])[], plane: Plane): Geometry {
  const closed = rings.map((ring) => [...ring, ring[0] as Point].map(plane.toLonLat));
  if (closed.length === 1) return { type: "Polygon", coordinates: closed };
  return { type: "MultiPolygon", coordinates: closed.map((ring) => [ring]) };
}

function nameStreets(streets: readonly Street[], cells: readonly Point[][]): void {
  const unnamed = streets.filter((street) => street.name === null);
  unnamed.sort((a, b) => lengthOf(b.line) - lengthOf(a.line) || a.id.localeCompare(b.id));
  const take = (name: string, fits: (street: Street) => boolean): void => {
    const street = unnamed.find((candidate) => candidate.name === null && fits(candidate));
    if (street) street.name = name;
  };
  for (const [i, community] of communities.entries()) {
    for (const name of streetsOf[community.id] ?? []) {
      take(name, (street) => contains(cells[i] as Point[], along(street.line, lengthOf(street.line) / 2).point));
    }
  }
  for (const name of otherStreets) take(name, () => true);
}

/** Grids: nearest cells of evenly spread sites (Lloyd's method) inside each community. */
function layOutGrids(cells: readonly Point[][], mains: readonly Street[], random: Random): Zone[] {
  const zones: Zone[] = [];
  for (const [i, community] of communities.entries()) {
    const cell = cells[i] as Point[];
    const middle = centroid(cell);
    let sites = Array.from({ length: community.grids }, (): Point => {
      const corner = random.pick(cell);
      const share = random.between(0.2, 0.8);
      return [middle[0] + (corner[0] - middle[0]) * share, middle[1] + (corner[1] - middle[1]) * share];
    });
    for (let round = 0; round < 30; round++) sites = nearestCells(cell, sites).map(centroid);
    for (const [n, ring] of nearestCells(cell, sites).entries()) {
      const id = `${community.id}-${String(n + 1).padStart(2, "0")}`;
      zones.push({ id, communityId: community.id, ring, grade: "B", placeType: "residentialIndustrial" });
    }
  }
  const toMain = (zone: Zone): number =>
    Math.min(...mains.map((road) => distanceToLine(centroid(zone.ring), road.line)));
  const byDistance = [...zones].sort((a, b) => toMain(a) - toMain(b));
  for (const [n, zone] of byDistance.entries()) {
    zone.grade = n < 8 ? "A" : n < 18 ? "B" : "C";
    zone.placeType = n < 8 ? (n % 3 === 0 ? "commercialStreet" : "municipalRoad") : "residentialIndustrial";
    if (n >= 20) zone.placeType = "squarePark";
  }
  const plane = planeAt(districtOrigin);
  for (const community of communities) {
    const village = plane.toPoint(community.centre);
    const own = zones.filter((zone) => zone.communityId === community.id);
    own.sort((a, b) => distance(centroid(a.ring), village) - distance(centroid(b.ring), village));
    for (const zone of own.slice(0, 2)) zone.placeType = "urbanVillage";
    const market = own[2];
    if (market) market.placeType = "market";
  }
  return zones;
}

const zoneOf = (zones: readonly Zone[], point: Point): Zone | undefined =>
  zones.find((zone) => contains(zone.ring, point));

/** Points spread evenly along the streets, urban villages twice as densely: that is where people live. */
function depositPoints(streets: readonly Street[], grids: readonly Zone[], plane: Plane): Feature[] {
  const random = createRandom(SEED, "depositPoints");
  const stepM = 20;
  const places: { point: Point; street: Street; weight: number }[] = [];
  for (const street of streets) {
    for (let at = stepM; at < lengthOf(street.line); at += stepM) {
      const { point, headingDeg } = along(street.line, at);
      const right = ((headingDeg + 90) * Math.PI) / 180;
      const aside: Point = [
        point[0] + Math.sin(right) * (street.widthM / 2 + 2),
        point[1] + Math.cos(right) * (street.widthM / 2 + 2),
      ];
      const zone = zoneOf(grids, aside);
      if (zone) places.push({ point: aside, street, weight: zone.placeType === "urbanVillage" ? 2 : 1 });
    }
  }
  const total = places.reduce((sum, place) => sum + place.weight, 0);
  const features: Feature[] = [];
  let seen = 0;
  let next = (total / DEPOSIT_POINTS) * random.next();
  for (const { point, street, weight } of places) {
    seen += weight;
    if (seen < next || features.length === DEPOSIT_POINTS) continue;
    next += total / DEPOSIT_POINTS;
    const zone = zoneOf(grids, point);
    const number = String(features.length + 1).padStart(3, "0");
    const id = `point-${number}`;
    const { id: gridId, communityId, placeType, grade: areaGrade } = zone ?? {};
    const community = communities.find((one) => one.id === communityId);
    // Called after its street where that has a name, as people do.
    const names = {
      name: `${street.name ?? community?.zh.replace("社区", "") ?? ""}${number}号点`,
      nameEn: `${community?.en ?? ""} point ${number}`,
    };
    features.push(
      feature(
        { type: "Point", coordinates: plane.toLonLat(point) },
        { type: "depositPoint", id, ...names, communityId, gridId, placeType, areaGrade, roadId: street.id },
      ),
    );
  }
  return features;
}

function facilities(streets: readonly Street[], grids: readonly Zone[], plane: Plane): Feature[] {
  const random = createRandom(SEED, "facilities");
  const features: Feature[] = [];
  const vertices = streets.flatMap((street) => street.line);
  const place = (facility: string, id: string, name: string, fits: (zone: Zone) => boolean, more = {}): void => {
    for (;;) {
      const point = random.pick(vertices);
      const zone = zoneOf(grids, point);
      if (!zone || !fits(zone)) continue;
      const { id: gridId, communityId, grade: areaGrade } = zone;
      const placeType =
        facility === "toilet" ? "publicToilet" : facility === "station" ? "transferStation" : zone.placeType;
      const properties = { type: "facility", id, facility, name, communityId, gridId, placeType, areaGrade, ...more };
      features.push(feature({ type: "Point", coordinates: plane.toLonLat(point) }, properties));
      return;
    }
  };
  for (let n = 1; n <= TOILETS; n++) {
    const zone = grids[(n - 1) % grids.length];
    const model = n <= 6;
    const name = modelToilets[n - 1] ?? (model ? `样板公厕${n}` : `公厕${n}`);
    place("toilet", `toilet-${String(n).padStart(2, "0")}`, name, (candidate) => candidate === zone, {
      model,
      toiletClass: model ? 1 : (n % 2) + 2,
    });
  }
  let station = 1;
  for (const community of communities) {
    const here = (zone: Zone): boolean => zone.communityId === community.id;
    for (let n = 0; n < (STATIONS_PER_COMMUNITY[community.id] ?? 1); n++) {
      place("station", `station-${station}`, `中转站${station}`, here);
      station++;
    }
    place("depot", `depot-${community.id}`, `${community.zh}停车场`, here);
  }
  for (let n = 1; n <= FOOD_WASTE_POINTS; n++) {
    const community = communities[(n - 1) % communities.length];
    place(
      "foodWastePoint",
      `food-${String(n).padStart(2, "0")}`,
      `厨余暂存点${n}`,
      (zone) => zone.communityId === community?.id,
    );
  }
  return features;
}

/** Where vehicles belong: a community with its border, a main road's corridor, or the whole subdistrict. */
function workAreas(
  ring: readonly Point[],
  cells: readonly Point[][],
  mains: readonly Street[],
  plane: Plane,
): Feature[] {
  const whole = polygon([grow(ring, WORK_AREA_MARGIN_M)], plane);
  return [
    feature(whole, { type: "area", id: "area-yutang", purpose: "work" }),
    ...communities.map((community, i) =>
      feature(polygon([grow(cells[i] as Point[], WORK_AREA_MARGIN_M)], plane), {
        type: "area",
        id: `area-${community.id}`,
        communityId: community.id,
        purpose: "work",
      }),
    ),
    ...mains.map((road) =>
      feature(polygon(corridor(road.line, CORRIDOR_M), plane), {
        type: "area",
        id: `corridor-${road.id}`,
        roadId: road.id,
        purpose: "corridor",
      }),
    ),
  ];
}

export const districtPath = fileURLToPath(new URL("./district.geojson", import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const district = buildDistrict();
  const lines = district.features.map((each) => JSON.stringify(each));
  writeFileSync(districtPath, `{"type":"FeatureCollection","features":[\n${lines.join(",\n")}\n]}\n`);
  process.stdout.write(`${districtPath}: ${lines.length} features\n`);
}
