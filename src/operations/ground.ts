import type { Position } from "geojson";
import type { Geography, LiveGeography } from "../district/geography.ts";
import type { DistrictFeature, FeatureType } from "../domain/district.ts";
import { distanceM, type Place } from "../domain/place.ts";
import type { Clock, Millis } from "../domain/time.ts";
import type { Post } from "./records.ts";

/** The ground as those who work on it see it: road sections to be swept, points to be served, places to stand at. */

/** East and north of the district's corner, metres: exact to centimetres over a few kilometres. */
export type Point = readonly [x: number, y: number];

export interface Section {
  readonly id: string;
  readonly name: string;
  /** 1 main road … 4 lane. */
  readonly roadClass: number;
  readonly lengthM: number;
  readonly widthM: number;
  readonly line: readonly Point[];
  readonly coordinates: readonly Position[];
  readonly place: Place;
}

/** A deposit point, toilet, station, depot … */
export interface Spot {
  readonly id: string;
  readonly facility: string;
  readonly lat: number;
  readonly lon: number;
}

export interface Ground {
  readonly sections: ReadonlyMap<string, Section>;
  readonly spots: ReadonlyMap<string, Spot>;
  toPoint(lat: number, lon: number): Point;
  toLatLon(point: Point): { lat: number; lon: number };
  /** Metres outside a post; 0 inside; null when the district does not know it. */
  metresOutside(post: Post, lat: number, lon: number): number | null;
  /** A position that stands for the post: the middle of a section, the point itself. */
  placeOf(post: Post, at: Millis): Place | null;
  /** The nearest spot within so many metres that fits. */
  spotNear(lat: number, lon: number, radiusM: number, fits?: (spot: Spot) => boolean): Spot | null;
}

const UNKNOWN_WIDTH_M = 8;
const SPOT_TYPES: readonly FeatureType[] = ["depositPoint", "facility", "spot"];

const spotOf = ({ properties }: DistrictFeature, lat: number, lon: number): Spot => ({
  id: properties.id,
  facility: String(properties.facility ?? properties.spot ?? properties.type),
  lat,
  lon,
});
/** The ground of the district as it is now: worked out anew when the district was changed. */
export function createLiveGround(geography: LiveGeography, clock: Pick<Clock, "now">): Ground {
  let made: { readonly of: Geography; readonly ground: Ground } | null = null;
  const now = (): Ground => {
    if (made?.of !== geography.current)
      made = { of: geography.current, ground: createGround(geography.current, clock.now()) };
    return made.ground;
  };
  return {
    get sections() {
      return now().sections;
    },
    get spots() {
      return now().spots;
    },
    toPoint: (lat, lon) => now().toPoint(lat, lon),
    toLatLon: (point) => now().toLatLon(point),
    metresOutside: (post, lat, lon) => now().metresOutside(post, lat, lon),
    placeOf: (post, at) => now().placeOf(post, at),
    spotNear: (lat, lon, radiusM, fits) => now().spotNear(lat, lon, radiusM, fits),
  };
}

/**
 * Sections are features of type `section`; a district without any has its roads swept as they are.
 * @param at the instant whose communities the sections belong to
 */
export function createGround(
  geography: Pick<Geography, "features" | "placeAt" | "metresOutside" | "near">,
  at: Millis,
): Ground {
  const { features } = geography;
  const origin = cornerOf(features);
  const perLat = distanceM(origin, { lat: origin.lat + 0.01, lon: origin.lon }) / 0.01;
  const perLon = distanceM(origin, { lat: origin.lat, lon: origin.lon + 0.01 }) / 0.01;
  const toPoint = (lat: number, lon: number): Point => [(lon - origin.lon) * perLon, (lat - origin.lat) * perLat];
  const toLatLon = ([x, y]: Point) => ({ lat: origin.lat + y / perLat, lon: origin.lon + x / perLon });

  const sections = new Map<string, Section>();
  const spots = new Map<string, Spot>();
  const areas = new Map<string, Position>();
  const own = features.some(({ properties }) => properties?.type === "section");
  for (const feature of features) {
    const { geometry, properties } = feature;
    const { id } = properties;
    if (!geometry) continue;
    if (properties?.type === (own ? "section" : "road") && geometry.type === "LineString") {
      sections.set(id, sectionOf(id, feature, geometry.coordinates));
    } else if (geometry.type === "Point" && SPOT_TYPES.includes(properties.type)) {
      const [lon = 0, lat = 0] = geometry.coordinates;
      spots.set(id, spotOf(feature, lat, lon));
    } else if (geometry.type === "Polygon" || geometry.type === "MultiPolygon") {
      const middle = middleOf(positionsOf(geometry));
      areas.set(id, middle);
      if (SPOT_TYPES.includes(properties.type)) spots.set(id, spotOf(feature, middle[1] ?? 0, middle[0] ?? 0));
    }
  }

  function sectionOf(id: string, { properties }: DistrictFeature, coordinates: readonly Position[]): Section {
    const line = coordinates.map(([lon = 0, lat = 0]) => toPoint(lat, lon));
    const lengthM = lengthOf(line);
    const middle = toLatLon(along(line, lengthM / 2));
    const place = geography.placeAt(middle.lat, middle.lon, at);
    return {
      id,
      name: String(properties?.name ?? id),
      roadClass: Number(properties?.class ?? properties?.roadClass ?? 3),
      lengthM,
      widthM: Number(properties?.widthM ?? UNKNOWN_WIDTH_M),
      line,
      coordinates,
      place: { ...place, sectionId: id },
    };
  }

  return {
    sections,
    spots,
    toPoint,
    toLatLon,
    metresOutside({ sectionId, gridId, areaId, pointId, circle }, lat, lon) {
      if (sectionId !== undefined) {
        const section = sections.get(sectionId);
        if (!section) return null;
        return Math.max(0, distanceToLine(toPoint(lat, lon), section.line) - section.widthM / 2);
      }
      if (circle) return Math.max(0, distanceM(circle, { lat, lon }) - circle.radiusM);
      if (pointId !== undefined) {
        const spot = spots.get(pointId);
        return spot ? distanceM(spot, { lat, lon }) : null;
      }
      const areaOrGrid = areaId ?? gridId;
      return areaOrGrid === undefined ? null : geography.metresOutside(areaOrGrid, lat, lon);
    },
    placeOf({ sectionId, gridId, areaId, pointId, circle }, at) {
      if (sectionId !== undefined) return sections.get(sectionId)?.place ?? null;
      if (circle) return geography.placeAt(circle.lat, circle.lon, at);
      const spot = pointId === undefined ? undefined : spots.get(pointId);
      if (spot) return { ...geography.placeAt(spot.lat, spot.lon, at), pointId: spot.id };
      const [lon, lat] = areas.get(areaId ?? gridId ?? "") ?? [];
      return lat === undefined || lon === undefined ? null : geography.placeAt(lat, lon, at);
    },
    spotNear(lat, lon, radiusM, fits = () => true) {
      for (const { feature } of geography.near(SPOT_TYPES, lat, lon, radiusM)) {
        const known = spots.get(feature.properties.id);
        if (known && fits(known)) return known;
      }
      return null;
    },
  };
}

function cornerOf(features: readonly DistrictFeature[]): { lat: number; lon: number } {
  let lat = 90;
  let lon = 180;
  for (const { geometry } of features) {
    for (const [x = 180, y = 90] of positionsOf((geometry ?? {}) as { coordinates?: unknown })) {
      lat = Math.min(lat, y);
      lon = Math.min(lon, x);
    }
  }
  return lat === 90 ? { lat: 0, lon: 0 } : { lat, lon };
}

function positionsOf({ coordinates }: { coordinates?: unknown }): Position[] {
  if (!Array.isArray(coordinates)) return [];
  if (typeof coordinates[0] === "number") return [coordinates as Position];
  return coordinates.flatMap((part) => positionsOf({ coordinates: part }));
}

function middleOf(positions: readonly Position[]): Position {
  let [x, y] = [0, 0];
  for (const [lon = 0, lat = 0] of positions) {
    x += lon / positions.length;
    y += lat / positions.length;
  }
  return [x, y];
}

export function lengthOf(line: readonly Point[]): number {
  let sum = 0;
  for (let i = 1; i < line.length; i++) sum += distance(line[i - 1] as Point, line[i] as Point);
  return sum;
}

export const distance = (a: Point, b: Point): number => Math.hypot(b[0] - a[0], b[1] - a[1]);

/** The point so many metres along a line. */
export function along(line: readonly Point[], metres: number): Point {
  let rest = metres;
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1] as Point;
    const b = line[i] as Point;
    const length = distance(a, b);
    if (rest <= length || i === line.length - 1) {
      const share = length === 0 ? 0 : Math.min(1, Math.max(0, rest / length));
      return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
    }
    rest -= length;
  }
  return line[0] ?? [0, 0];
}

export function distanceToLine(point: Point, line: readonly Point[]): number {
  let nearest = line.length === 1 ? distance(point, line[0] as Point) : Number.POSITIVE_INFINITY;
  for (let i = 1; i < line.length; i++) {
    nearest = Math.min(nearest, footOn(point, line[i - 1] as Point, line[i] as Point).metres);
  }
  return nearest;
}

/** Where the perpendicular of a point meets a stretch: share of its length, and metres away. */
export function footOn(point: Point, a: Point, b: Point): { share: number; metres: number } {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length2 = dx * dx + dy * dy;
  const dot = (point[0] - a[0]) * dx + (point[1] - a[1]) * dy;
  const share = length2 === 0 ? 0 : Math.max(0, Math.min(1, dot / length2));
  return { share, metres: Math.hypot(point[0] - a[0] - share * dx, point[1] - a[1] - share * dy) };
}
