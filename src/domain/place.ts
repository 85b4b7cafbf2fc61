/** The 12 place types the city samples for its appearance index (domain: Shenzhen 市容环境综合指数). */
export const placeTypes = [
  "municipalRoad",
  "publicService",
  "urbanVillage",
  "residentialIndustrial",
  "market",
  "commercialStreet",
  "squarePark",
  "overpass",
  "constructionSite",
  "transferStation",
  "workVehicle",
  "publicToilet",
] as const;
export type PlaceType = (typeof placeTypes)[number];

/** A core, B ordinary, C edge: time limits are multiplied by 1, 1.5 and 2. */
export const areaGrades = ["A", "B", "C"] as const;
export type AreaGrade = (typeof areaGrades)[number];

/** Where something is, as it was when it was recorded; history does not move when a border does. WGS-84 degrees. */
export interface Place {
  readonly lat: number;
  readonly lon: number;
  readonly communityId: string | null;
  readonly gridId: string | null;
  readonly sectionId: string | null;
  readonly pointId: string | null;
  readonly placeType: PlaceType | null;
  readonly areaGrade: AreaGrade | null;
}

const EARTH_RADIUS_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Great-circle distance in metres (haversine, mean earth radius). */
export function distanceM(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const dLat = (b.lat - a.lat) * RADIANS;
  const dLon = (b.lon - a.lon) * RADIANS;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}
