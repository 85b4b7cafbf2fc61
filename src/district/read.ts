import type { Geometry, Position } from "geojson";
import { gcj02ToWgs84 } from "../domain/coordinates.ts";
import { type DistrictFeature, type FeatureType, featureTypes } from "../domain/district.ts";
import { faultsOf, linesOf } from "../domain/faults.ts";
import type { DistrictIssue } from "./issue.ts";
import { text } from "./sections.ts";
import { shapes } from "./shapes.ts";

export interface DistrictReading {
  /** In WGS-84. Those that have a problem are missing. */
  readonly features: readonly DistrictFeature[];
  readonly issues: readonly DistrictIssue[];
}

const coordSystems = ["wgs84", "gcj02"] as const;

/**
 * Reads GeoJSON into features of known types, one by one: form, properties, coordinates. What they mean together is
 * judged by `checkDistrict`.
 */
export function readFeatures(json: unknown): DistrictReading {
  const collection = json as { type?: unknown; features?: unknown; coordSystem?: unknown; crs?: unknown } | null;
  if (collection?.type !== "FeatureCollection" || !Array.isArray(collection.features)) {
    return wrong("it is no GeoJSON FeatureCollection", 'send {"type": "FeatureCollection", "features": […]}');
  }
  const { coordSystem = "wgs84", features } = collection;
  if (!coordSystems.includes(coordSystem as never)) {
    return wrong(`coordSystem ${JSON.stringify(coordSystem)} is unknown`, `use one of ${coordSystems.join(", ")}`);
  }
  const issues: DistrictIssue[] = [];
  const read: DistrictFeature[] = [];
  const first = new Map<string, number>();
  for (const [index, given] of features.entries()) {
    const feature = readFeature(given, index, coordSystem === "gcj02", issues);
    if (!feature) continue;
    const { id, type } = feature.properties;
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, index);
      read.push(feature);
    } else {
      const problem = `features[${earlier}] has this id already`;
      issues.push({ index, id, type, problem, todo: "give every feature an id of its own", severity: "problem" });
    }
  }
  return { features: read, issues };
}

function wrong(problem: string, todo: string): DistrictReading {
  return { features: [], issues: [{ index: null, id: null, type: null, problem, todo, severity: "problem" }] };
}

function readFeature(given: unknown, index: number, gcj02: boolean, issues: DistrictIssue[]): DistrictFeature | null {
  const feature = given as { type?: unknown; id?: unknown; geometry?: unknown; properties?: unknown } | null;
  const properties = (feature?.properties ?? {}) as Record<string, unknown>;
  const id = properties.id ?? feature?.id;
  const named = { index, id: text(id) ?? (typeof id === "number" ? String(id) : null), type: text(properties.type) };
  const refuse = (problem: string, todo: string) => {
    issues.push({ ...named, problem, todo, severity: "problem" });
    return null;
  };
  if (feature?.type !== "Feature" || typeof properties !== "object") {
    return refuse(
      "it is no GeoJSON Feature",
      'every entry needs {"type": "Feature", "properties": {…}, "geometry": {…}}',
    );
  }
  if (!featureTypes.includes(properties.type as FeatureType)) {
    return refuse(
      `properties.type is ${JSON.stringify(properties.type)}`,
      `use one of ${featureTypes.join(", ")} (overlay: shown on the map, otherwise ignored)`,
    );
  }
  const { properties: shape, geometries } = shapes[properties.type as FeatureType];
  const parsed = shape.safeParse({ ...properties, ...(id !== undefined && { id }) });
  if (!parsed.success) {
    for (const line of linesOf(faultsOf(parsed.error, "").slice(0, 5))) {
      refuse(`properties.${line}`, "correct or remove this property");
    }
    return null;
  }
  const geometry = (feature.geometry ?? null) as Geometry | null;
  const form = geometry?.type ?? null;
  if (geometries !== "any" && !geometries.includes(form as never)) {
    return refuse(
      form === null ? "it has no geometry" : `its geometry is a ${form}`,
      `a ${properties.type} is drawn as ${geometries.map((one) => one ?? "nothing (null)").join(" or ")}`,
    );
  }
  const fault = geometry && coordinateFault(geometry);
  if (fault) return refuse(fault.problem, fault.todo);
  return {
    type: "Feature",
    properties: parsed.data as DistrictFeature["properties"],
    geometry: geometry && gcj02 ? fromGcj02(geometry) : geometry,
  };
}

type Fault = Pick<DistrictIssue, "problem" | "todo">;

/** More vertices in one feature are a mistake of a tool, not a border. */
const MOST_POSITIONS = 4_000;

function coordinateFault(geometry: Geometry): Fault | null {
  if (geometry.type === "GeometryCollection") {
    if (!Array.isArray(geometry.geometries)) return { problem: "geometries is no list", todo: "see RFC 7946, 3.1.8" };
    for (const part of geometry.geometries) {
      const fault = part.type === "GeometryCollection" ? null : coordinateFault(part);
      if (fault) return fault;
    }
    return null;
  }
  const depth = depths[geometry.type];
  if (depth === undefined) return { problem: `geometry ${geometry.type} is unknown`, todo: "see RFC 7946, 3.1" };
  const lines = flatten(geometry.coordinates, depth);
  if (!lines) {
    return {
      problem: "its coordinates are not nested as its geometry asks for",
      todo: `see RFC 7946 for ${geometry.type}`,
    };
  }
  if (lines.reduce((sum, line) => sum + line.length, 0) > MOST_POSITIONS) {
    return { problem: `it has more than ${MOST_POSITIONS} vertices`, todo: "simplify it" };
  }
  for (const line of lines) {
    const fault = positionFault(line) ?? lineFault(line, geometry.type);
    if (fault) return fault;
  }
  return null;
}

/** How many lists lie around a position. */
const depths: Readonly<Record<string, number>> = {
  Point: 0,
  MultiPoint: 1,
  LineString: 1,
  MultiLineString: 2,
  Polygon: 2,
  MultiPolygon: 3,
};

/** Lists of positions, whatever the geometry; null when the nesting is wrong. */
function flatten(coordinates: unknown, depth: number): Position[][] | null {
  if (!Array.isArray(coordinates)) return null;
  if (depth === 0) return isPosition(coordinates) ? [[coordinates]] : null;
  if (depth === 1) return coordinates.every(isPosition) ? [coordinates as Position[]] : null;
  if (coordinates.length === 0) return null;
  const parts = coordinates.map((part) => flatten(part, depth - 1));
  return parts.every((part) => part !== null) ? (parts.flat() as Position[][]) : null;
}

function isPosition(value: unknown): value is Position {
  return Array.isArray(value) && value.length >= 2 && value.length <= 4 && value.every(Number.isFinite);
}

function positionFault(line: readonly Position[]): Fault | null {
  for (const [lon = 0, lat = 0] of line) {
    if (Math.abs(lat) > 90 && Math.abs(lon) <= 90) {
      return {
        problem: `position [${lon}, ${lat}] has a latitude beyond 90: latitude and longitude are swapped`,
        todo: "GeoJSON writes [longitude, latitude]; swap them in the whole file",
      };
    }
    if (Math.abs(lat) > 90 || Math.abs(lon) > 180) {
      return {
        problem: `position [${lon}, ${lat}] is nowhere on earth`,
        todo: "use degrees (EPSG:4326), not metres of a projection",
      };
    }
  }
  return null;
}

function lineFault(line: readonly Position[], form: Geometry["type"]): Fault | null {
  if (form.endsWith("LineString")) {
    const moves = line.some(([lon, lat]) => lon !== line[0]?.[0] || lat !== line[0]?.[1]);
    return moves ? null : { problem: "a line has fewer than two different positions", todo: "draw it, or remove it" };
  }
  if (!form.endsWith("Polygon")) return null;
  const [first, last] = [line[0], line.at(-1)];
  if (first?.[0] !== last?.[0] || first?.[1] !== last?.[1]) {
    return { problem: "a ring is not closed", todo: "repeat its first position as the last one" };
  }
  if (line.length < 4) return { problem: "a ring has fewer than three corners", todo: "draw it anew" };
  return null;
}

function fromGcj02(geometry: Geometry): Geometry {
  const convert = (value: unknown): unknown => {
    if (!isPosition(value)) return (value as unknown[]).map(convert);
    const { lat, lon } = gcj02ToWgs84(value[1] as number, value[0] as number);
    return [round(lon), round(lat), ...value.slice(2)];
  };
  if (geometry.type === "GeometryCollection") {
    return { ...geometry, geometries: geometry.geometries.map(fromGcj02) };
  }
  return { ...geometry, coordinates: convert(geometry.coordinates) } as Geometry;
}

/** 1e-7 degrees are a centimetre. */
const round = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;
