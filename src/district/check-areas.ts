import { area } from "@turf/area";
import { featureCollection, feature as turfFeature } from "@turf/helpers";
import { intersect } from "@turf/intersect";
import { kinks } from "@turf/kinks";
import type { Feature, MultiPolygon, Polygon, Position } from "geojson";
import type { DistrictFeature, FeatureType } from "../domain/district.ts";
import type { Millis } from "../domain/time.ts";
import type { Geography } from "./geography.ts";
import { type DistrictCheck, type DistrictIssue, issueOf } from "./issue.ts";
import { boundsOf, instantOf } from "./layer.ts";

/** Checks of polygons: drawn soundly, not upon each other, and the ground covered without a gap in time. */

type Surface = Feature<Polygon | MultiPolygon, DistrictFeature["properties"]>;

/** Neighbours drawn by hand overlap a little: so much of the smaller one, or so many square metres, is a mistake. */
const OVERLAP_SHARE = 0.01;
const OVERLAP_M2 = 10_000;
/** Ground that stops belonging to any community at an instant, as a share of what one covered. */
const GAP_SHARE = 0.02;

/** A position has one community, one duty grid, one unit grid: these may not lie upon each other. */
const exclusive: ReadonlySet<FeatureType> = new Set(["community", "grid", "unitGrid"]);

const isSurface = (feature: DistrictFeature): feature is Surface =>
  feature.geometry?.type === "Polygon" || feature.geometry?.type === "MultiPolygon";

export function* areaProblems(feature: DistrictFeature, { next, changed }: DistrictCheck): Generator<DistrictIssue> {
  if (!isSurface(feature)) return;
  const crossing = polygonsOf(feature.geometry).flatMap((polygon) => kinks(polygon).features)[0];
  if (crossing) {
    const [lon = 0, lat = 0] = crossing.geometry.coordinates;
    const problem = `its outline crosses itself at [${lon.toFixed(6)}, ${lat.toFixed(6)}]`;
    yield issueOf(feature, problem, "draw the outline without crossings");
    return;
  }
  if (area(feature) < 1) {
    yield issueOf(feature, "it has no area", "draw it, or remove it");
    return;
  }
  if (exclusive.has(feature.properties.type)) yield* overlaps(feature, next, changed);
}

/** Its polygons one by one (those of a corridor lie upon each other), without vertices written twice: no crossing. */
function polygonsOf(geometry: Polygon | MultiPolygon): Polygon[] {
  const ring = (positions: Position[]) =>
    positions.filter(([lon, lat], i) => i === 0 || lon !== positions[i - 1]?.[0] || lat !== positions[i - 1]?.[1]);
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.map((rings) => ({ type: "Polygon", coordinates: rings.map(ring) }));
}

function* overlaps(feature: Surface, next: Geography, changed: ReadonlySet<string>): Generator<DistrictIssue> {
  const { id, type } = feature.properties;
  for (const other of next.inside(type, ...boundsOf(feature.geometry))) {
    if (other.properties.id === id || !isSurface(other) || !together(feature, other)) continue;
    // Two that both changed are told of once.
    if (changed.has(other.properties.id) && other.properties.id < id) continue;
    const commonM2 = commonArea(feature, other);
    const smaller = Math.min(area(feature), area(other));
    if (commonM2 <= Math.min(OVERLAP_M2, smaller * OVERLAP_SHARE)) continue;
    const problem = `it overlaps ${type} ${other.properties.id} by ${Math.round(commonM2).toLocaleString("en")} m²`;
    yield issueOf(feature, problem, "draw the common border once; a position can lie in one of them only");
  }
}

function commonArea(a: Surface, b: Surface): number {
  const common = intersect(featureCollection([turfFeature(a.geometry), turfFeature(b.geometry)]));
  return common ? area(common) : 0;
}

const validity = ({ properties }: DistrictFeature): [Millis, Millis] => [
  instantOf(properties.validFrom) ?? Number.NEGATIVE_INFINITY,
  instantOf(properties.validTo) ?? Number.POSITIVE_INFINITY,
];

/** Whether both are valid at some instant. */
function together(a: DistrictFeature, b: DistrictFeature): boolean {
  const [fromA, toA] = validity(a);
  const [fromB, toB] = validity(b);
  return fromA < toB && fromB < toA;
}

/**
 * When a community ends, its ground must belong to those that come after it: a split leaves no hole. Asked of all of them
 * when one changes, since it may be the one that follows.
 */
export function* gapsInTime({ next, previous, changed }: DistrictCheck): Generator<DistrictIssue> {
  const all = next.features.filter(({ properties }) => properties.type === "community").filter(isSurface);
  const removed = previous.features.some(
    ({ properties: { id, type } }) => type === "community" && next.feature(id) === undefined,
  );
  if (!removed && !all.some(({ properties }) => changed.has(properties.id))) return;
  for (const community of all) {
    const [, to] = validity(community);
    if (to === Number.POSITIVE_INFINITY) continue;
    let coveredM2 = 0;
    for (const other of next.inside("community", ...boundsOf(community.geometry))) {
      const [otherFrom, otherTo] = validity(other);
      if (isSurface(other) && otherFrom <= to && to < otherTo) coveredM2 += commonArea(community, other);
    }
    const openShare = 1 - coveredM2 / area(community);
    if (openShare <= GAP_SHARE) continue;
    const until = new Date(to).toISOString();
    const problem = `from ${until} on, ${Math.round(openShare * 100)} % of its ground belongs to no community`;
    yield issueOf(community, problem, "add the communities that follow it, with validFrom at that instant");
  }
}
