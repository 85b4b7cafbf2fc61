import { readFileSync } from "node:fs";
import { booleanPointInPolygon } from "@turf/boolean-point-in-polygon";
import Flatbush from "flatbush";
import type { Feature, FeatureCollection, MultiPolygon, Polygon } from "geojson";
import { type AreaGrade, areaGrades, distanceM, type Place, type PlaceType, placeTypes } from "../domain/place.ts";

type Zone = Feature<Polygon | MultiPolygon, Record<string, unknown>>;

/**
 * The district's ground: which community and grid a position lies in, and how far it is from an area.
 *
 * The district file is a GeoJSON FeatureCollection; `properties.type` says what a feature is: `boundary`, `community`,
 * `grid`, `road`, `depositPoint`, `facility`, `area` (where a vehicle or crew belongs). `properties.id` names it.
 */
export interface Geography {
  readonly features: FeatureCollection;
  placeAt(lat: number, lon: number): Place;
  /** Metres from a position to the edge of an area when outside, 0 inside, null when there is no such area. */
  metresOutside(areaId: string, lat: number, lon: number): number | null;
}

export function loadGeography(path: string): Geography {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`DISTRICT ${path} cannot be read as GeoJSON: ${(error as Error).message}`);
  }
  const features = parsed as FeatureCollection;
  if (features?.type !== "FeatureCollection" || !Array.isArray(features.features)) {
    throw new Error(`DISTRICT ${path} must be a GeoJSON FeatureCollection`);
  }
  return createGeography(features);
}

export function createGeography(features: FeatureCollection): Geography {
  const communities = zoneIndex(features, "community");
  const grids = zoneIndex(features, "grid");
  const areas = new Map<string, Zone>();
  for (const feature of features.features) {
    const id = feature.properties?.id;
    if (typeof id === "string" && isZone(feature)) areas.set(id, feature);
  }
  return {
    features,
    placeAt(lat, lon) {
      const grid = grids(lat, lon);
      const community = communities(lat, lon);
      return {
        lat,
        lon,
        communityId: text(community?.properties.id) ?? text(grid?.properties.communityId),
        gridId: text(grid?.properties.id),
        sectionId: null,
        pointId: null,
        placeType: oneOf<PlaceType>(placeTypes, grid?.properties.placeType),
        areaGrade: oneOf<AreaGrade>(areaGrades, grid?.properties.areaGrade ?? community?.properties.areaGrade),
      };
    },
    metresOutside(areaId, lat, lon) {
      const area = areas.get(areaId);
      if (!area) return null;
      if (booleanPointInPolygon([lon, lat], area)) return 0;
      return metresToEdge(area, lat, lon);
    },
  };
}

function isZone(feature: Feature): feature is Zone {
  return feature.geometry?.type === "Polygon" || feature.geometry?.type === "MultiPolygon";
}

function zoneIndex(features: FeatureCollection, type: string): (lat: number, lon: number) => Zone | undefined {
  const zones = features.features.filter((feature): feature is Zone => {
    return feature.properties?.type === type && isZone(feature);
  });
  if (zones.length === 0) return () => undefined;
  const index = new Flatbush(zones.length);
  for (const zone of zones) index.add(...boundsOf(zone));
  index.finish();
  return (lat, lon) => {
    for (const at of index.search(lon, lat, lon, lat)) {
      const zone = zones[at];
      if (zone && booleanPointInPolygon([lon, lat], zone)) return zone;
    }
    return undefined;
  };
}

function ringsOf(zone: Zone): number[][][] {
  const { geometry } = zone;
  return (geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat()) as number[][][];
}

function boundsOf(zone: Zone): [number, number, number, number] {
  let west = 180;
  let south = 90;
  let east = -180;
  let north = -90;
  for (const [lon = 0, lat = 0] of ringsOf(zone).flat()) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return [west, south, east, north];
}

/** Distance to the nearest edge, on a plane tangent at the position: exact to centimetres over a district. */
function metresToEdge(zone: Zone, lat: number, lon: number): number {
  const perLat = distanceM({ lat, lon }, { lat: lat + 0.001, lon }) / 0.001;
  const perLon = distanceM({ lat, lon }, { lat, lon: lon + 0.001 }) / 0.001;
  let nearest = Number.POSITIVE_INFINITY;
  for (const ring of ringsOf(zone)) {
    for (let i = 1; i < ring.length; i++) {
      const [lonA = 0, latA = 0] = ring[i - 1] ?? [];
      const [lonB = 0, latB = 0] = ring[i] ?? [];
      const ax = (lonA - lon) * perLon;
      const ay = (latA - lat) * perLat;
      const dx = (lonB - lonA) * perLon;
      const dy = (latB - latA) * perLat;
      const length2 = dx * dx + dy * dy;
      const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length2));
      nearest = Math.min(nearest, Math.hypot(ax + t * dx, ay + t * dy));
    }
  }
  return nearest;
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | null {
  return allowed.includes(value as T) ? (value as T) : null;
}
