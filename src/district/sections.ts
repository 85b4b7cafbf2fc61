import type { LineString } from "geojson";
import type { DistrictFeature, FeatureType, RoadSection, WorkWindow } from "../domain/district.ts";
import { type DayName, type Hours, hoursOf } from "../domain/opening-hours.ts";
import { type AreaGrade, areaGrades, type PlaceType, placeTypes } from "../domain/place.ts";
import { lengthOfLine, pointAlong } from "./plane.ts";

/** Hours as a feature writes them: `{"from": "18:00", "to": "02:00", "days": ["sat", "sun"]}`. */
export interface WrittenHours {
  readonly from: string;
  readonly to: string;
  readonly days?: readonly DayName[] | undefined;
  readonly dates?: readonly [string, string] | undefined;
}

export function hoursOfFeature({ properties }: DistrictFeature): Hours[] {
  const written = (properties.hours ?? []) as readonly WrittenHours[];
  return written.map(({ from, to, days, dates }) => hoursOf(from, to, days ?? null, dates ?? null));
}

/** @param locate the grid that a position lies in */
export function sectionOf(
  feature: DistrictFeature,
  locate: (lat: number, lon: number, type: FeatureType) => DistrictFeature | undefined,
): RoadSection {
  const { properties } = feature;
  const line = (feature.geometry as LineString).coordinates as unknown as RoadSection["line"];
  const lineM = lengthOfLine(line);
  const middle = pointAlong(line, lineM / 2);
  const grid = locate(middle.lat, middle.lon, "grid");
  const windows = (properties.windows ?? []) as readonly (WrittenHours & Pick<WorkWindow, "work">)[];
  return {
    id: properties.id,
    name: text(properties.name),
    roadId: text(properties.roadId),
    class: properties.class as RoadSection["class"],
    line,
    lengthM: typeof properties.lengthM === "number" ? properties.lengthM : Math.round(lineM * 10) / 10,
    widthM: properties.widthM as number,
    windows: windows.map(({ work, from, to, days, dates }) => ({
      ...hoursOf(from, to, days ?? null, dates ?? null),
      work,
    })),
    crewId: text(properties.crewId),
    speedLimitKmh: typeof properties.speedLimitKmh === "number" ? properties.speedLimitKmh : null,
    communityId: text(properties.communityId) ?? text(grid?.properties.communityId),
    gridId: text(properties.gridId) ?? grid?.properties.id ?? null,
    placeType: oneOf<PlaceType>(placeTypes, properties.placeType),
    areaGrade: oneOf<AreaGrade>(areaGrades, properties.areaGrade),
    mechanisable: properties.mechanisable !== false,
  };
}

export const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

export function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | null {
  return allowed.includes(value as T) ? (value as T) : null;
}
