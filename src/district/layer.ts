import { booleanPointInPolygon } from "@turf/boolean-point-in-polygon";
import Flatbush from "flatbush";
import type { Geometry, MultiPolygon, Polygon } from "geojson";
import type { DistrictFeature, Near } from "../domain/district.ts";
import type { Millis } from "../domain/time.ts";
import { besideLine, type Position, scaleAt } from "./plane.ts";

/** A feature with what lookups need of it, worked out once. */
interface Item {
  readonly feature: DistrictFeature;
  readonly geometry: Geometry;
  /** A point with a radius is a circle, a line with a half width a corridor. */
  readonly marginM: number;
  readonly from: Millis;
  readonly to: Millis;
}

/** Features of one type, found by where they are. */
export class Layer {
  readonly #items: readonly Item[];
  readonly #index: Flatbush | null;

  constructor(features: readonly DistrictFeature[]) {
    this.#items = features.flatMap((feature) => (feature.geometry ? [itemOf(feature, feature.geometry)] : []));
    this.#index = this.#items.length > 0 ? new Flatbush(this.#items.length) : null;
    for (const { geometry, marginM } of this.#items) {
      const [west, south, east, north] = boundsOf(geometry);
      const { perLat, perLon } = scaleAt((south + north) / 2);
      this.#index?.add(
        west - marginM / perLon,
        south - marginM / perLat,
        east + marginM / perLon,
        north + marginM / perLat,
      );
    }
    this.#index?.finish();
  }

  /** The first feature that a position lies in at a time. */
  at(lat: number, lon: number, at: Millis): DistrictFeature | undefined {
    let found: DistrictFeature | undefined;
    this.#index?.collides(lon, lat, lon, lat, (number) => {
      const item = this.#items[number] as Item;
      if (at < item.from || at >= item.to || distanceTo(item, lat, lon) > 0) return false;
      found = item.feature;
      return true;
    });
    return found;
  }

  /** Features within so many metres of a position, nearest first; `at` leaves out those not valid then. */
  near(lat: number, lon: number, withinM: number, at?: Millis): Near[] {
    const found: Near[] = [];
    const { perLat, perLon } = scaleAt(lat);
    const [dLon, dLat] = [withinM / perLon, withinM / perLat];
    this.#index?.search(lon - dLon, lat - dLat, lon + dLon, lat + dLat, (number) => {
      const item = this.#items[number] as Item;
      if (at !== undefined && (at < item.from || at >= item.to)) return false;
      const distanceM = distanceTo(item, lat, lon);
      if (distanceM <= withinM) found.push({ feature: item.feature, distanceM });
      return false;
    });
    return found.length > 1 ? found.sort((a, b) => a.distanceM - b.distanceM) : found;
  }

  /** Features whose bounds touch a box. */
  inside(west: number, south: number, east: number, north: number): DistrictFeature[] {
    const numbers = this.#index?.search(west, south, east, north) ?? [];
    return numbers.sort((a, b) => a - b).map((number) => (this.#items[number] as Item).feature);
  }
}

function itemOf(feature: DistrictFeature, geometry: Geometry): Item {
  const { radiusM, corridorM, validFrom, validTo } = feature.properties;
  const marginM = geometry.type === "Point" ? radiusM : geometry.type.endsWith("LineString") ? corridorM : 0;
  return {
    feature,
    geometry,
    marginM: typeof marginM === "number" ? marginM : 0,
    from: instantOf(validFrom) ?? Number.NEGATIVE_INFINITY,
    to: instantOf(validTo) ?? Number.POSITIVE_INFINITY,
  };
}

/** `validFrom` and `validTo` as the district file writes them: epoch milliseconds or ISO 8601. */
export function instantOf(value: unknown): Millis | null {
  if (typeof value === "number") return value;
  return typeof value === "string" ? Date.parse(value) : null;
}

function distanceTo({ geometry, marginM }: Item, lat: number, lon: number): number {
  return Math.max(0, metresTo(geometry, lat, lon) - marginM);
}

/** Metres from a position to a geometry; 0 in a polygon. */
export function metresTo(geometry: Geometry, lat: number, lon: number): number {
  switch (geometry.type) {
    case "Point":
      return metresToPoint(geometry.coordinates, lat, lon);
    case "MultiPoint":
      return Math.min(...geometry.coordinates.map((position) => metresToPoint(position, lat, lon)));
    case "LineString":
      return besideLine(geometry.coordinates, lat, lon).distanceM;
    case "MultiLineString":
      return nearestLine(geometry.coordinates, lat, lon);
    case "Polygon":
      return metresToPolygon(geometry, geometry.coordinates, lat, lon);
    case "MultiPolygon":
      return metresToPolygon(geometry, geometry.coordinates.flat(), lat, lon);
    case "GeometryCollection":
      return Math.min(...geometry.geometries.map((part) => metresTo(part, lat, lon)));
  }
}

function metresToPoint([toLon = 0, toLat = 0]: Position, lat: number, lon: number): number {
  const { perLat, perLon } = scaleAt(lat);
  return Math.hypot((toLon - lon) * perLon, (toLat - lat) * perLat);
}

function metresToPolygon(
  shape: Polygon | MultiPolygon,
  rings: readonly Position[][],
  lat: number,
  lon: number,
): number {
  return booleanPointInPolygon([lon, lat], shape) ? 0 : nearestLine(rings, lat, lon);
}

function nearestLine(lines: readonly (readonly Position[])[], lat: number, lon: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const line of lines) nearest = Math.min(nearest, besideLine(line, lat, lon).distanceM);
  return nearest;
}

/** west, south, east, north */
export function boundsOf(geometry: Geometry): [number, number, number, number] {
  const bounds: [number, number, number, number] = [180, 90, -180, -90];
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    const [lon, lat] = value;
    if (typeof lon === "number" && typeof lat === "number") {
      bounds[0] = Math.min(bounds[0], lon);
      bounds[1] = Math.min(bounds[1], lat);
      bounds[2] = Math.max(bounds[2], lon);
      bounds[3] = Math.max(bounds[3], lat);
    } else for (const part of value) visit(part);
  };
  if (geometry.type === "GeometryCollection")
    for (const part of geometry.geometries) visit((part as { coordinates?: unknown }).coordinates);
  else visit(geometry.coordinates);
  return bounds;
}
