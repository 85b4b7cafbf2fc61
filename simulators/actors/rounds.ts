import { HOUR, MINUTE, type Millis } from "../../src/domain/time.ts";
import type { Point } from "../geometry.ts";
import { timeOfDay } from "../rhythm.ts";
import type { Site, Town } from "../town.ts";
import { collectionTrip, type Leg, type TripPlan } from "./trips.ts";

/**
 * Who drives where and when: what the vehicles live by, and what the plans of the organisation are made of, so that what is
 * planned is what is driven.
 */

export const vehicleTypes = ["collection", "sweeper", "water", "foodWaste"] as const;
export type VehicleType = (typeof vehicleTypes)[number];

/** Local hours at which trips start, and how long the work of one takes where no stops decide it. */
export const timetable: Readonly<
  Record<VehicleType, { readonly departs: readonly number[]; readonly workHours: number }>
> = {
  collection: { departs: [5, 13.5, 20.5], workHours: 0 },
  sweeper: { departs: [4.5, 14], workHours: 3 },
  water: { departs: [5, 15], workHours: 2 },
  foodWaste: { departs: [9, 20], workHours: 0 },
};
/** Nobody leaves to the second. */
export const LEAVES_WITHIN_MS = 8 * MINUTE;
export const DRIVE_KMH = { slowest: 20, fastest: 28 } as const;
export const STOP_SECONDS = 100;
const MAIN_ROADS = ["songbai", "guangqiao", "genyu", "changsong", "yuxing"];

/** Of 60: 20 sweepers, 10 water trucks, 24 collection, 6 kitchen waste; any other number in the same mix. */
const mix: readonly VehicleType[] = [
  "collection",
  "sweeper",
  "collection",
  "water",
  "collection",
  "sweeper",
  "collection",
  "sweeper",
  "water",
  "foodWaste",
];

/** A stretch of the day in which a vehicle is out; local times as `05:30`. */
export interface Tour {
  readonly from: string;
  /** When it is surely back. */
  readonly to: string;
  /** Points it serves, each with the time by which it does. */
  readonly stops: readonly { readonly pointId: string; readonly from: string; readonly to: string }[];
  /** Road sections it sweeps from end to end. */
  readonly sections: readonly string[];
}

/** What one vehicle of the fleet is there for. */
export interface Assignment {
  readonly type: VehicleType;
  readonly communityId: string;
  /** Points of a collection round, in no order. */
  readonly stops: readonly Site[];
  /** The main road a sweeper has for itself. */
  readonly corridor: string | null;
}

/** Shares the district out among a fleet of so many. */
export function assignments(town: Town, count: number): Assignment[] {
  const types = Array.from({ length: count }, (_, index) => mix[index % mix.length] as VehicleType);
  const ofType = (wanted: VehicleType) => types.flatMap((type, index) => (type === wanted ? [index] : []));
  const rounds = shareOut(town, ofType("collection"), town.depositPoints);
  const foodRounds = shareOut(town, ofType("foodWaste"), town.facilities("foodWastePoint"));
  let sweepers = 0;
  return types.map((type, index) => {
    const communityId = communityOf(town, index);
    const turn = type === "sweeper" ? sweepers++ : null;
    // Every fourth sweeper has a main road.
    const corridor = turn !== null && turn % 4 === 0 ? (MAIN_ROADS[(turn / 4) % MAIN_ROADS.length] ?? null) : null;
    const stops = rounds.get(index) ?? foodRounds.get(index) ?? [];
    return { type, communityId, stops, corridor };
  });
}

const communityOf = (town: Town, index: number): string =>
  town.communities[Math.floor(index / 2) % town.communities.length] ?? "tianliao";

/** Every point gets one vehicle of its community. */
function shareOut(town: Town, collectors: readonly number[], points: readonly Site[]): Map<number, Site[]> {
  const rounds = new Map<number, Site[]>();
  for (const [community, sites] of Object.entries(Object.groupBy(points, (site) => site.communityId))) {
    const crews = collectors.filter((index) => communityOf(town, index) === community);
    if (crews.length === 0) continue;
    // Neighbouring points lie in a row along the streets, so consecutive shares make short rounds.
    for (const [i, site] of (sites ?? []).entries()) {
      const crew = crews[Math.floor((i * crews.length) / (sites ?? []).length)];
      if (crew === undefined) continue;
      rounds.set(crew, [...(rounds.get(crew) ?? []), site]);
    }
  }
  return rounds;
}

/** The tours of a day, from the trips as they are driven at their slowest and at their fastest. */
export function toursOf(
  town: Town,
  assignment: Assignment,
  home: Point,
  within: readonly Point[],
  plan: TripPlan,
): Tour[] {
  const { type, stops, corridor } = assignment;
  const { departs, workHours } = timetable[type];
  const trip = (driveKmh: number) => collectionTrip(town, home, within, { ...plan, driveKmh }, 0);
  const [slow, fast] = stops.length > 0 ? [trip(DRIVE_KMH.slowest), trip(DRIVE_KMH.fastest)] : [[], []];
  return departs.map((hour) => {
    const from = hour * HOUR;
    const backAfter = stops.length > 0 ? (slow.at(-1)?.toAt ?? 0) : workHours * HOUR;
    return {
      from: timeOfDay(from),
      to: timeOfDay(roundedUp(from + backAfter + (stops.length > 0 ? LEAVES_WITHIN_MS : 0))),
      stops: served(slow).map(({ pointId, at }, index) => ({
        pointId,
        from: timeOfDay(roundedDown(from + (served(fast)[index]?.at ?? at))),
        to: timeOfDay(roundedUp(from + at + LEAVES_WITHIN_MS)),
      })),
      sections: corridor === null ? [] : town.sections.filter((id) => id.startsWith(`section-${corridor}-`)),
    };
  });
}

const served = (legs: readonly Leg[]) =>
  legs.flatMap(({ collects, fromAt }) => (collects ? [{ pointId: collects, at: fromAt }] : []));

const WINDOW_STEP_MS = 15 * MINUTE;
const roundedDown = (at: Millis): Millis => Math.floor(at / WINDOW_STEP_MS) * WINDOW_STEP_MS;
const roundedUp = (at: Millis): Millis => Math.ceil(at / WINDOW_STEP_MS) * WINDOW_STEP_MS;
