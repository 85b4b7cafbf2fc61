import type { Feature, FeatureCollection, Position } from "geojson";
import { gcj02ToWgs84, wgs84ToGcj02 } from "../../domain/coordinates.ts";

/** west, south, east, north */
export type Bbox = readonly [number, number, number, number];

/** What the map shows of the world, in WGS-84. */
export interface MapView {
  readonly bbox: Bbox;
  readonly zoom: number;
}

/** How WGS-84 is drawn on the base map, and back. Only what is drawn is shifted; everything else stays WGS-84. */
export interface Datum {
  toMap(lon: number, lat: number): [lon: number, lat: number];
  fromMap(lon: number, lat: number): [lon: number, lat: number];
}

export function datumOf(coordinates: "wgs84" | "gcj02"): Datum {
  if (coordinates === "wgs84") return { toMap: (lon, lat) => [lon, lat], fromMap: (lon, lat) => [lon, lat] };
  return {
    toMap(lon, lat) {
      const shifted = wgs84ToGcj02(lat, lon);
      return [shifted.lon, shifted.lat];
    },
    fromMap(lon, lat) {
      const original = gcj02ToWgs84(lat, lon);
      return [original.lon, original.lat];
    },
  };
}

/** The same features on the base map's datum. */
export function shifted<T>(given: T, datum: Datum): T {
  const move = (part: unknown): unknown => {
    if (!Array.isArray(part)) return part;
    if (typeof part[0] === "number") return datum.toMap(part[0], part[1] as number);
    return part.map(move);
  };
  const of = (feature: Feature): Feature =>
    feature.geometry && "coordinates" in feature.geometry
      ? ({
          ...feature,
          geometry: { ...feature.geometry, coordinates: move(feature.geometry.coordinates) },
        } as Feature)
      : feature;
  const collection = given as unknown as FeatureCollection;
  return { ...collection, features: collection.features.map(of) } as unknown as T;
}

export const ofType = (district: FeatureCollection, ...types: string[]): FeatureCollection => ({
  type: "FeatureCollection",
  features: district.features.filter(({ properties }) => types.includes(properties?.type)),
});

export function boundsOf({ features }: FeatureCollection): [number, number, number, number] {
  let [west, south, east, north] = [180, 90, -180, -90];
  const visit = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") {
      const [lon = 0, lat = 0] = part as Position;
      west = Math.min(west, lon);
      east = Math.max(east, lon);
      south = Math.min(south, lat);
      north = Math.max(north, lat);
    } else for (const inner of part) visit(inner);
  };
  for (const { geometry } of features) if (geometry && "coordinates" in geometry) visit(geometry.coordinates);
  return [west, south, east, north];
}
