import simplifyLine from "@turf/simplify";
import type { LineString } from "geojson";
import type { TrackPoint } from "../store/history.ts";

const METRES_PER_DEGREE = 111_320;

/**
 * Fewer points that lie nowhere farther from the way than `toleranceM` (Ramer–Douglas–Peucker). Degrees of longitude are
 * shorter than those of latitude: off the equator the tolerance holds in metres at least.
 */
export function simplifyTrack(points: readonly TrackPoint[], toleranceM: number): TrackPoint[] {
  if (points.length < 3) return [...points];
  const line: LineString = { type: "LineString", coordinates: points.map(({ lon, lat }) => [lon, lat]) };
  const { coordinates } = simplifyLine(line, { tolerance: toleranceM / METRES_PER_DEGREE, highQuality: true });
  // What is left are points of the way in its order: each is found behind the last one.
  const kept: TrackPoint[] = [];
  let at = 0;
  for (const [lon, lat] of coordinates) {
    while (at < points.length && (points[at]?.lon !== lon || points[at]?.lat !== lat)) at++;
    const point = points[at++];
    if (point) kept.push(point);
  }
  return kept;
}
