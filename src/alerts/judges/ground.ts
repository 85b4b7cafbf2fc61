import { z } from "zod";
import type { SeenObservation, Subject } from "../../center/subject.ts";
import type { Geography } from "../../district/geography.ts";
import { hoursOfFeature } from "../../district/sections.ts";
import type { DistrictFeature } from "../../domain/district.ts";
import { facilityKinds, type SpotKind } from "../../domain/district.ts";
import { openUntil } from "../../domain/opening-hours.ts";
import type { Place } from "../../domain/place.ts";
import { MINUTE, type Millis } from "../../domain/time.ts";
import type { District } from "../alerting.ts";
import { BETWEEN, defineJudge, OVER } from "./judging.ts";

/** Judgements of where something happens: on its way, at a place for it, in a zone that permits it. */

const metres = z.number().min(0).max(100_000);
/** A position this old still tells where something without one of its own happened. */
const POSITION_HOLDS_MS = MINUTE;

/** Where an observation was made; null when that is not known. */
export function positionOf({ metrics, subject, at }: SeenObservation): { lat: number; lon: number } | null {
  const { lat, lon } = metrics;
  if (lat !== undefined && lon !== undefined) return { lat, lon };
  if (subject.positionAt === null) return subject.device.place;
  return Math.abs(at - subject.positionAt) <= POSITION_HOLDS_MS ? subject.place : null;
}

/** Where an observation belongs, on the ground of its time. */
export function placeOf({ subject, metrics, outOfOrder, at }: SeenObservation, geography: Geography): Place | null {
  const { place } = subject;
  if (metrics.lat === undefined || metrics.lon === undefined) {
    return place && outOfOrder ? geography.settle(place, at) : place;
  }
  if (!outOfOrder && place?.lat === metrics.lat) return place;
  const found = geography.placeAt(metrics.lat, metrics.lon, at);
  return { ...found, pointId: found.pointId ?? place?.pointId ?? null };
}

/** Whether a vehicle carries something worth tipping: so many kilograms on its own scale. */
export const isLoaded = ({ metrics, subject }: SeenObservation, fromKg: number): boolean =>
  (metrics.loadKg ?? subject.metrics.loadKg ?? 0) >= fromKg;

/**
 * The planned way left: further from the route's lines than its corridor, by more than the fix may be wrong. A vehicle that
 * is switched off is parked, not astray, and one that was sent somewhere goes there. Attribute `routeId`.
 */
export const offRoute = defineJudge(
  z.strictObject({ type: z.literal("offRoute"), loadedKg: z.number().min(0) }),
  ({ loadedKg }) =>
    (observation, { geography, errandsOf }) => {
      const { metrics, subject } = observation;
      const { routeId } = subject.device.attributes;
      if (typeof routeId !== "string" || metrics.lat === undefined || metrics.lon === undefined) return null;
      if ((metrics.acc ?? subject.metrics.acc) === 0) return OVER;
      const off = geography.metresOffRoute(routeId, metrics.lat, metrics.lon);
      if (off === null) return null;
      if (off === 0) return OVER;
      if (off <= (metrics.accuracyM ?? 0) || errandsOf(subject.id).length > 0) return BETWEEN;
      return { says: "holds", facts: { routeId, offRouteM: Math.round(off), loaded: isLoaded(observation, loadedKg) } };
    },
);

/** A hopper or tip that is open anywhere but at the places for it. */
export const unloadsElsewhere = defineJudge(
  z.strictObject({
    type: z.literal("unloadsElsewhere"),
    facilities: z.array(z.enum(facilityKinds)).min(1),
    marginM: metres,
  }),
  ({ facilities, marginM }) => {
    const allowed: ReadonlySet<unknown> = new Set(facilities);
    return (observation, { geography }) => {
      const { hopperOpen } = observation.metrics;
      if (hopperOpen === undefined) return null;
      if (hopperOpen !== 1) return OVER;
      const position = positionOf(observation);
      if (!position) return null;
      const { lat, lon } = position;
      const places = geography.near(["facility"], lat, lon, FACILITIES_TOLD_M, observation.at);
      const nearest = places.find(({ feature }) => allowed.has(feature.properties.facility));
      if (nearest && nearest.distanceM <= marginM + (observation.metrics.accuracyM ?? 0)) return OVER;
      const facts = nearest && { nearestId: nearest.feature.properties.id, nearestM: Math.round(nearest.distanceM) };
      return { says: "holds", facts: { hopperOpen, lat, lon, ...facts } };
    };
  },
);

/** The nearest proper place is named when it is no further than this. */
const FACILITIES_TOLD_M = 2_000;

/** A camera at the edge of a zone looks into it. */
const ZONE_EDGE_M = 15;

/**
 * The zone of one of these kinds that permits a sighting where and when it is made. A camera says which zone it looks at
 * with the attribute `zoneId`; a zone may say what it permits (`permits`, categories).
 */
export function permittingZone(
  observation: SeenObservation,
  category: string,
  kinds: readonly SpotKind[],
  { geography, calendar }: Pick<District, "geography" | "calendar">,
): DistrictFeature | undefined {
  const { at, subject } = observation;
  const position = positionOf(observation);
  const named = geography.feature(String(subject.device.attributes.zoneId));
  const around = position ? geography.near(["spot"], position.lat, position.lon, ZONE_EDGE_M, at) : [];
  const zones = named ? [named] : around.map(({ feature }) => feature);
  return zones.find((zone) => {
    const { spot, permits } = zone.properties;
    if (!kinds.includes(spot as SpotKind)) return false;
    if (Array.isArray(permits) && !permits.includes(category)) return false;
    return openUntil(hoursOfFeature(zone), at, calendar) !== null;
  });
}

/**
 * What the ground says of a place, in the words of device attributes: `fireLane`, `mainRoad`, `carriageway`. What somebody
 * wrote on the device itself counts before it.
 */
export function groundAttributes(place: Pick<Place, "lat" | "lon"> | null, geography: Geography, at: Millis) {
  if (!place) return {};
  const { lat, lon } = place;
  const on = geography
    .nearestSections(lat, lon, ROAD_WITHIN_M)
    .filter(({ section, distanceM }) => distanceM < section.widthM / 2);
  const lane = geography.near(["spot"], lat, lon, 0, at).some(({ feature }) => feature.properties.spot === "fireLane");
  return {
    fireLane: lane || on.some(({ section }) => geography.feature(section.id)?.properties.fireLane === true),
    mainRoad: on.some(({ section }) => section.class <= 2),
    carriageway: on.length > 0,
  };
}

/** Half of the widest road there is. */
const ROAD_WITHIN_M = 100;

/**
 * The speed limit of the road a vehicle may be on: of several beside each other the highest, since a fix does not tell the
 * lane. Null where no section says.
 */
export function roadLimitAt(
  position: { lat: number; lon: number },
  accuracyM: number,
  geography: Geography,
): number | null {
  const reachM = Math.min(accuracyM, UNSURE_AT_MOST_M) + BESIDE_ROAD_M;
  let limit: number | null = null;
  for (const { section, distanceM } of geography.nearestSections(position.lat, position.lon, ROAD_WITHIN_M)) {
    if (distanceM > section.widthM / 2 + reachM) continue;
    if (section.speedLimitKmh === null) return null;
    limit = Math.max(limit ?? 0, section.speedLimitKmh);
  }
  return limit;
}

const BESIDE_ROAD_M = 10;
const UNSURE_AT_MOST_M = 50;

/** A device's attributes with what the ground under an alert adds. */
export const attributesOn = (subject: Subject, place: Place | null, geography: Geography, at: Millis) => ({
  ...groundAttributes(place, geography, at),
  ...subject.device.attributes,
});
