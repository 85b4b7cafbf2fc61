import type {
  DistrictFeature,
  FeatureType,
  Near,
  PlannedRoute,
  RoadSection,
  SectionMatch,
} from "../domain/district.ts";
import { featureTypes } from "../domain/district.ts";
import { type AreaGrade, areaGrades, type Place, type PlaceType, placeTypes } from "../domain/place.ts";
import type { Millis } from "../domain/time.ts";
import { instantOf, Layer, metresTo } from "./layer.ts";
import { besideLine } from "./plane.ts";
import { SectionIndex } from "./section-index.ts";
import { hoursOfFeature, oneOf, sectionOf, text } from "./sections.ts";

/** A position belongs to a section when it is no further than this beside the carriageway. */
export const SECTION_MARGIN_M = 15;
/** A position belongs to the deposit point that is no further away than this. */
export const POINT_WITHIN_M = 30;
/** Beside this much, a route's lines are its way where the route does not say. */
const CORRIDOR_M = 50;

/**
 * The district's ground at one edition: what lies where. It never changes; a change of the district is another one.
 * All positions are WGS-84 degrees, all distances metres.
 */
export interface Geography {
  readonly edition: number;
  readonly features: readonly DistrictFeature[];
  feature(id: string): DistrictFeature | undefined;
  /** Where a position lies, with the community and grid that were valid at an instant. */
  placeAt(lat: number, lon: number, at: Millis): Place;
  /**
   * The place of something that stands still, with what somebody said about it: an id they gave counts as long as it
   * names something that is valid at the instant; otherwise where the position lies.
   */
  settle(given: Place, at: Millis): Place;
  /** Two instants with the same number see the same communities and grids. */
  epochAt(at: Millis): number;
  /** Every road section. */
  sections(): readonly RoadSection[];
  section(id: string): RoadSection | undefined;
  /** Sections whose centre line is within so many metres, nearest first. Parallel roads give more than one. */
  nearestSections(lat: number, lon: number, withinM: number): readonly SectionMatch[];
  /** Features of some types within so many metres (0: those the position lies in), nearest first. */
  near(types: readonly FeatureType[], lat: number, lon: number, withinM: number, at?: Millis): readonly Near[];
  /** Features of a type whose bounds touch a box. */
  inside(type: FeatureType, west: number, south: number, east: number, north: number): readonly DistrictFeature[];
  /** From a position to the edge of an area when outside, 0 inside, null when there is no such area. */
  metresOutside(areaId: string, lat: number, lon: number): number | null;
  route(id: string): PlannedRoute | undefined;
  /** From a position to the edge of a route's corridor, 0 on it, null when there is no such route. */
  metresOffRoute(routeId: string, lat: number, lon: number): number | null;
}

/** Holds the ground that counts now. */
export interface LiveGeography {
  readonly current: Geography;
}

/** @param features as `readFeatures` returns them */
export function createGeography(features: readonly DistrictFeature[], edition = 0): Geography {
  const byId = new Map(features.map((feature) => [feature.properties.id, feature]));
  const byType = Map.groupBy(features, ({ properties }) => properties.type);
  const layers = new Map(featureTypes.map((type) => [type, new Layer(byType.get(type) ?? [])]));
  const layer = (type: FeatureType) => layers.get(type) as Layer;
  const communities = layer("community");
  const grids = layer("grid");
  const points = layer("depositPoint");
  const facilities = layer("facility");
  const locate = (lat: number, lon: number, type: FeatureType) => layer(type).at(lat, lon, Number.MAX_SAFE_INTEGER);
  const sections = new Map(
    (byType.get("section") ?? []).map((feature) => [feature.properties.id, sectionOf(feature, locate)]),
  );
  const widestM = Math.max(0, ...Array.from(sections.values(), ({ widthM }) => widthM));
  const routes = new Map((byType.get("route") ?? []).map((feature) => [feature.properties.id, routeOf(feature)]));
  const turns = [...new Set(features.flatMap(boundariesInTime))].sort((a, b) => a - b);

  const sectionIndex = new SectionIndex(sections.values());

  /** The section whose carriageway is nearest: the middle of a broad road is further away than a lane beside it. */
  const sectionAt = (lat: number, lon: number): RoadSection | null => {
    let best: RoadSection | null = null;
    let nearestM = SECTION_MARGIN_M;
    for (const { section, distanceM } of sectionIndex.near(lat, lon, widestM / 2 + SECTION_MARGIN_M)) {
      const besideM = distanceM - section.widthM / 2;
      if (besideM > nearestM || (best && besideM === nearestM)) continue;
      best = section;
      nearestM = besideM;
    }
    return best;
  };

  /** Every id by which a community is known, with the outlines that had it. */
  const communityOutlines = Map.groupBy(byType.get("community") ?? [], communityIdOf);
  const isValid = (feature: DistrictFeature | undefined, type: FeatureType, at: Millis): boolean =>
    feature?.properties.type === type &&
    at >= (instantOf(feature.properties.validFrom) ?? at) &&
    at < (instantOf(feature.properties.validTo) ?? Number.POSITIVE_INFINITY);

  const geography: Geography = {
    edition,
    features,
    feature: (id) => byId.get(id),
    placeAt(lat, lon, at) {
      const grid = grids.at(lat, lon, at)?.properties;
      const community = communities.at(lat, lon, at)?.properties;
      const section = sectionAt(lat, lon);
      const facility = facilities.at(lat, lon, at)?.properties;
      const [point] = points.near(lat, lon, POINT_WITHIN_M);
      return {
        lat,
        lon,
        communityId: community ? communityIdOf({ properties: community }) : text(grid?.communityId),
        gridId: grid?.id ?? null,
        sectionId: section?.id ?? null,
        pointId: point?.feature.properties.id ?? null,
        placeType:
          oneOf<PlaceType>(placeTypes, facility?.placeType) ??
          section?.placeType ??
          oneOf<PlaceType>(placeTypes, grid?.placeType),
        areaGrade: section?.areaGrade ?? oneOf<AreaGrade>(areaGrades, grid?.areaGrade ?? community?.areaGrade),
      };
    },
    settle(given, at) {
      const found = geography.placeAt(given.lat, given.lon, at);
      const outlines = communityOutlines.get(given.communityId ?? "") ?? [];
      const community = outlines.some((outline) => isValid(outline, "community", at)) ? given.communityId : null;
      const known = (id: string | null, type: FeatureType) => (isValid(byId.get(id ?? ""), type, at) ? id : null);
      return {
        lat: given.lat,
        lon: given.lon,
        communityId: community ?? found.communityId ?? given.communityId,
        gridId: known(given.gridId, "grid") ?? found.gridId ?? given.gridId,
        sectionId: known(given.sectionId, "section") ?? found.sectionId ?? given.sectionId,
        pointId: known(given.pointId, "depositPoint") ?? found.pointId ?? given.pointId,
        placeType: given.placeType ?? found.placeType,
        areaGrade: given.areaGrade ?? found.areaGrade,
      };
    },
    epochAt(at) {
      let epoch = 0;
      while (epoch < turns.length && at >= (turns[epoch] as Millis)) epoch++;
      return epoch;
    },
    sections: () => [...sections.values()],
    section: (id) => sections.get(id),
    nearestSections: (lat, lon, withinM) => sectionIndex.near(lat, lon, withinM),
    near(types, lat, lon, withinM, at) {
      const found = types.flatMap((type) => layer(type).near(lat, lon, withinM, at));
      return types.length > 1 ? found.sort((a, b) => a.distanceM - b.distanceM) : found;
    },
    inside: (type, west, south, east, north) => layer(type).inside(west, south, east, north),
    metresOutside(areaId, lat, lon) {
      const geometry = byId.get(areaId)?.geometry;
      return geometry?.type === "Polygon" || geometry?.type === "MultiPolygon" ? metresTo(geometry, lat, lon) : null;
    },
    route: (id) => routes.get(id),
    metresOffRoute(routeId, lat, lon) {
      const route = routes.get(routeId);
      if (!route) return null;
      const own = byId.get(routeId)?.geometry;
      let nearest = own ? metresTo(own, lat, lon) : Number.POSITIVE_INFINITY;
      for (const id of route.sectionIds) {
        nearest = Math.min(nearest, besideLine(sections.get(id)?.line ?? [], lat, lon).distanceM);
      }
      return Math.max(0, nearest - route.corridorM);
    },
  };
  return geography;
}

/** Outlines of one community, one after the other, have this in common. */
export function communityIdOf({ properties }: Pick<DistrictFeature, "properties">): string {
  return text(properties.communityId) ?? properties.id;
}

function routeOf(feature: DistrictFeature): PlannedRoute {
  const { id, name, sections, corridorM, crewId } = feature.properties;
  return {
    id,
    name: text(name),
    sectionIds: (sections ?? []) as readonly string[],
    corridorM: typeof corridorM === "number" ? corridorM : CORRIDOR_M,
    hours: hoursOfFeature(feature),
    crewId: text(crewId),
  };
}

function boundariesInTime({ properties }: DistrictFeature): Millis[] {
  return [instantOf(properties.validFrom), instantOf(properties.validTo)].filter((at) => at !== null);
}
