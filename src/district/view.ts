import type { Geometry } from "geojson";
import { wgs84ToGcj02 } from "../domain/coordinates.ts";
import type { DistrictFeature } from "../domain/district.ts";

/** Names and numbers of people who keep a place: not for screens that hang in public. */
const PERSONAL: ReadonlySet<string> = new Set([
  "keeper",
  "inspector",
  "crewLead",
  "leader",
  "contact",
  "contactName",
  "phone",
  "telephone",
  "mobile",
  "email",
]);

/** A feature as somebody may see it, in the coordinates they ask for. */
export function shownFeature(feature: DistrictFeature, seesPeople: boolean, coordSystem: "wgs84" | "gcj02") {
  const { properties, geometry } = feature;
  return {
    ...feature,
    properties: seesPeople
      ? properties
      : Object.fromEntries(Object.entries(properties).filter(([name]) => !PERSONAL.has(name))),
    geometry: geometry && coordSystem === "gcj02" ? toGcj02(geometry) : geometry,
  };
}

function toGcj02(geometry: Geometry): Geometry {
  if (geometry.type === "GeometryCollection") return { ...geometry, geometries: geometry.geometries.map(toGcj02) };
  const convert = (value: readonly unknown[]): unknown => {
    const [lon, lat, ...rest] = value;
    if (typeof lon !== "number" || typeof lat !== "number") return (value as readonly unknown[][]).map(convert);
    const there = wgs84ToGcj02(lat, lon);
    return [Math.round(there.lon * 1e7) / 1e7, Math.round(there.lat * 1e7) / 1e7, ...rest];
  };
  return { ...geometry, coordinates: convert(geometry.coordinates) } as Geometry;
}
