import type { Feature, Geometry } from "geojson";
import type { Hours } from "./opening-hours.ts";
import type { AreaGrade, PlaceType } from "./place.ts";

/** What a feature of the district file can be: its `properties.type`. */
export const featureTypes = [
  "boundary",
  "community",
  "grid",
  "unitGrid",
  "road",
  "section",
  "depositPoint",
  "facility",
  "spot",
  "area",
  "route",
  "overlay",
] as const;
export type FeatureType = (typeof featureTypes)[number];

/** Places the department works from, or serves people at. */
export const facilityKinds = [
  "toilet",
  "station",
  "toolRoom",
  "park",
  "depot",
  "fuel",
  "water",
  "unloading",
  "foodWastePoint",
  "parking",
] as const;
export type FacilityKind = (typeof facilityKinds)[number];

/** Places that mean something to rules. */
export const spotKinds = ["blindSpot", "chronic", "vendorZone", "nightMarket", "restArea", "fireLane"] as const;
export type SpotKind = (typeof spotKinds)[number];

/** How a road section is worked. */
export const sectionWorks = [
  "fullSweep",
  "patrolClean",
  "mechSweep",
  "manualSweep",
  "sprinkle",
  "flush",
  "washSweep",
] as const;
export type SectionWork = (typeof sectionWorks)[number];

/** A feature that has an id and a known type. Further properties are kept as they came. */
export type DistrictFeature = Feature<
  Geometry | null,
  { readonly [name: string]: unknown; readonly type: FeatureType; readonly id: string }
>;

/** When and how a section is to be worked. */
export interface WorkWindow extends Hours {
  readonly work: SectionWork;
}

/** A stretch of road that one crew answers for. */
export interface RoadSection {
  readonly id: string;
  readonly name: string | null;
  /** The road it is a part of. */
  readonly roadId: string | null;
  /** 1 the busiest to 4 the quietest. */
  readonly class: 1 | 2 | 3 | 4;
  /** Centre line, longitude before latitude, WGS-84. */
  readonly line: readonly (readonly [lon: number, lat: number])[];
  /** As surveyed where the district file says so, otherwise of the centre line. */
  readonly lengthM: number;
  readonly widthM: number;
  /** When it must be worked; empty: not planned. */
  readonly windows: readonly WorkWindow[];
  readonly crewId: string | null;
  readonly speedLimitKmh: number | null;
  readonly communityId: string | null;
  readonly gridId: string | null;
  readonly placeType: PlaceType | null;
  readonly areaGrade: AreaGrade | null;
  /** A sweeper can work it: counts for the rate of mechanised sweeping. */
  readonly mechanisable: boolean;
}

/** A section near a position. */
export interface SectionMatch {
  readonly section: RoadSection;
  /** From the centre line. */
  readonly distanceM: number;
  /** From the beginning of the section, along its line, to the point nearest to the position. */
  readonly alongM: number;
}

/** A planned way: of a collection round, a sweeper, a patrol. */
export interface PlannedRoute {
  readonly id: string;
  readonly name: string | null;
  /** Sections in the order in which they are driven. */
  readonly sectionIds: readonly string[];
  /** How far beside its lines it is still on its way. */
  readonly corridorM: number;
  readonly hours: readonly Hours[];
  readonly crewId: string | null;
}

/** A feature near a position: 0 m when the position lies in it. */
export interface Near {
  readonly feature: DistrictFeature;
  readonly distanceM: number;
}
