import type { Geometry } from "geojson";
import { distanceM } from "../domain/place.ts";

/**
 * Distances on a plane that touches the earth at the position asked about: exact to centimetres over a district, and an
 * order of magnitude cheaper than on the sphere.
 */

const EARTH_RADIUS_M = 6_371_008.8;
const M_PER_DEGREE = (Math.PI / 180) * EARTH_RADIUS_M;

/** longitude, latitude (and maybe altitude), as GeoJSON writes them */
export type Position = readonly number[];

/** Metres in a degree of latitude, anywhere, and of longitude, at a latitude. */
export interface Scale {
  readonly perLat: number;
  readonly perLon: number;
}

export function scaleAt(lat: number): Scale {
  return { perLat: M_PER_DEGREE, perLon: M_PER_DEGREE * Math.cos((lat * Math.PI) / 180) };
}

/** Where a position stands beside a line. */
export interface BesideLine {
  readonly distanceM: number;
  /** From the line's beginning to the point nearest to the position. */
  readonly alongM: number;
}

/** @returns infinitely far for a line without a segment */
export function besideLine(line: readonly Position[], lat: number, lon: number): BesideLine {
  const { perLat, perLon } = scaleAt(lat);
  let nearest = Number.POSITIVE_INFINITY;
  let alongM = 0;
  let passedM = 0;
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1] as Position;
    const b = line[i] as Position;
    const ax = ((a[0] as number) - lon) * perLon;
    const ay = ((a[1] as number) - lat) * perLat;
    const dx = ((b[0] as number) - (a[0] as number)) * perLon;
    const dy = ((b[1] as number) - (a[1] as number)) * perLat;
    const lengthM = Math.sqrt(dx * dx + dy * dy);
    const share = lengthM === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (lengthM * lengthM)));
    const distance = Math.hypot(ax + share * dx, ay + share * dy);
    if (distance < nearest) {
      nearest = distance;
      alongM = passedM + share * lengthM;
    }
    passedM += lengthM;
  }
  return { distanceM: nearest, alongM };
}

export function lengthOfLine(line: readonly Position[]): number {
  let length = 0;
  for (let i = 1; i < line.length; i++) {
    const [lonA = 0, latA = 0] = line[i - 1] as Position;
    const [lonB = 0, latB = 0] = line[i] as Position;
    length += distanceM({ lat: latA, lon: lonA }, { lat: latB, lon: lonB });
  }
  return length;
}

/** The point so many metres along a line; its end when the line is shorter. */
export function pointAlong(line: readonly Position[], metres: number): { lat: number; lon: number } {
  let left = metres;
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1] as Position;
    const b = line[i] as Position;
    const length = lengthOfLine([a, b]);
    if (left <= length && length > 0) {
      const share = Math.max(0, left) / length;
      const between = (axis: 0 | 1) => (a[axis] as number) + ((b[axis] as number) - (a[axis] as number)) * share;
      return { lon: between(0), lat: between(1) };
    }
    left -= length;
  }
  const [lon = 0, lat = 0] = line.at(-1) ?? [];
  return { lon, lat };
}

/** Every position of a geometry, without altitudes. */
export function positionsOf({ geometry }: { readonly geometry: Geometry | null }): readonly Position[] {
  if (!geometry || geometry.type === "GeometryCollection") return [];
  const list = [geometry.coordinates].flat(4) as number[];
  const width = widthOf(geometry.coordinates);
  return Array.from({ length: Math.floor(list.length / width) }, (_, i) => list.slice(i * width, i * width + 2));
}

/** Numbers in a position: 2, or 3 with an altitude. */
function widthOf(coordinates: unknown): number {
  return Array.isArray(coordinates) && Array.isArray(coordinates[0])
    ? widthOf(coordinates[0])
    : (coordinates as readonly number[]).length;
}
