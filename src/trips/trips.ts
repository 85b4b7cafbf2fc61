import { distanceM } from "../domain/place.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { TrackPoint } from "../store/history.ts";

/** From positions to journeys: where something stood, and how it went from there to the next place. */

export interface Stop {
  readonly from: Millis;
  readonly to: Millis;
  /** Mean position while it stood. */
  readonly lat: number;
  readonly lon: number;
}

export interface Trip {
  readonly from: Millis;
  readonly to: Millis;
  readonly distanceM: number;
  readonly maxSpeedKmh: number;
  /** Over the time under way. */
  readonly meanSpeedKmh: number;
  readonly points: readonly TrackPoint[];
}

export interface TripRules {
  /** Positions within this distance of where it came to stand are the same place: GPS wanders between high houses. */
  readonly stopRadiusM: number;
  readonly stopMs: Millis;
  /** A shorter way is wandering, not a trip. */
  readonly leastTripM: number;
  /** Nothing drives faster: a fix that says so is a jump and is left out. */
  readonly fastestKmh: number;
  /** Without a position for so long it is not known where it was: the trip ends. */
  readonly gapMs: Millis;
}

export const tripRules: TripRules = {
  stopRadiusM: 60,
  stopMs: 3 * MINUTE,
  leastTripM: 200,
  fastestKmh: 160,
  gapMs: 30 * MINUTE,
};

/** Drops fixes that cannot be reached from the last believed one. A second fix beside the jump is believed again. */
export function withoutJumps(points: readonly TrackPoint[], fastestKmh: number): TrackPoint[] {
  const kept: TrackPoint[] = [];
  let doubted: TrackPoint | null = null;
  for (const point of points) {
    const last = kept.at(-1);
    const reachable = (from: TrackPoint) => kmh(from, point) <= fastestKmh;
    if (!last || reachable(last)) kept.push(point);
    else if (doubted && reachable(doubted)) kept.push(doubted, point);
    else {
      doubted = point;
      continue;
    }
    doubted = null;
  }
  return kept;
}

/** Splits a track into stops and the trips between them, in order of time. */
export function findTrips(
  track: readonly TrackPoint[],
  rules: TripRules = tripRules,
): { readonly trips: readonly Trip[]; readonly stops: readonly Stop[] } {
  const points = withoutJumps(track, rules.fastestKmh);
  const trips: Trip[] = [];
  const stops: Stop[] = [];
  let way: TrackPoint[] = [];
  const endTrip = () => {
    const trip = tripOf(way);
    if (trip && trip.distanceM >= rules.leastTripM) trips.push(trip);
    way = [];
  };
  for (let i = 0; i < points.length; ) {
    const anchor = points[i] as TrackPoint;
    const last = way.at(-1);
    if (last && anchor.at - last.at > rules.gapMs) endTrip();
    const end = endOfStay(points, i, rules);
    const until = points[end - 1] as TrackPoint;
    if (until.at - anchor.at < rules.stopMs) {
      way.push(anchor);
      i++;
      continue;
    }
    way.push(anchor);
    endTrip();
    const stay = points.slice(i, end);
    const mean = (of: (point: TrackPoint) => number) => stay.reduce((sum, point) => sum + of(point), 0) / stay.length;
    stops.push({ from: anchor.at, to: until.at, lat: mean(({ lat }) => lat), lon: mean(({ lon }) => lon) });
    way = [until];
    i = end;
  }
  endTrip();
  return { trips, stops };
}

/** Index behind the last point that is still at the place of the point at `start`, without a gap in between. */
function endOfStay(points: readonly TrackPoint[], start: number, { stopRadiusM, gapMs }: TripRules): number {
  const anchor = points[start] as TrackPoint;
  let end = start + 1;
  for (; end < points.length; end++) {
    const point = points[end] as TrackPoint;
    if (point.at - (points[end - 1] as TrackPoint).at > gapMs || distanceM(anchor, point) > stopRadiusM) break;
  }
  return end;
}

function tripOf(points: readonly TrackPoint[]): Trip | null {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last || points.length < 2) return null;
  let metres = 0;
  let fastest = 0;
  for (let i = 1; i < points.length; i++) {
    const [before, after] = [points[i - 1] as TrackPoint, points[i] as TrackPoint];
    metres += distanceM(before, after);
    fastest = Math.max(fastest, after.speedKmh ?? kmh(before, after));
  }
  const hours = (last.at - first.at) / HOUR;
  return {
    from: first.at,
    to: last.at,
    distanceM: Math.round(metres),
    maxSpeedKmh: Math.round(fastest * 10) / 10,
    meanSpeedKmh: hours > 0 ? Math.round((metres / 1_000 / hours) * 10) / 10 : 0,
    points,
  };
}

/** Speed it would take from one fix to the next; two places at one moment are infinitely fast. */
function kmh(from: TrackPoint, to: TrackPoint): number {
  const metres = distanceM(from, to);
  return metres === 0 ? 0 : metres / 1_000 / ((to.at - from.at) / HOUR);
}
