import { HOUR, type Millis, SECOND } from "../../src/domain/time.ts";
import { distance, lengthOf, type Point } from "../geometry.ts";
import type { Random } from "../random.ts";
import type { Site, Town } from "../town.ts";

/** A stretch of a trip at one speed, or a stop (a line of one point). */
export interface Leg {
  readonly fromAt: Millis;
  readonly toAt: Millis;
  readonly line: readonly Point[];
  readonly speedKmh: number;
  readonly working: boolean;
  /** Set when the crew empties this point's bins at the end of the leg. */
  readonly collects?: string;
}

/** What a vehicle does on one trip from its yard and back. */
export interface TripPlan {
  readonly stops: readonly Site[];
  readonly stopSeconds: number;
  readonly driveKmh: number;
  /** Where the load goes before the vehicle drives home. */
  readonly unloadAt?: Site;
}

/** The order in which a driver visits the points: always the nearest next. */
export function nearestOrder(from: Point, sites: readonly Site[]): Site[] {
  const left = [...sites];
  const ordered: Site[] = [];
  let here = from;
  while (left.length > 0) {
    let best = 0;
    for (const [i, site] of left.entries()) {
      if (distance(site.point, here) < distance((left[best] as Site).point, here)) best = i;
    }
    const [next] = left.splice(best, 1);
    if (!next) break;
    ordered.push(next);
    here = next.point;
  }
  return ordered;
}

/** A collection round: drive, stop and empty, unload, return. */
export function collectionTrip(
  town: Town,
  yard: Point,
  within: readonly Point[],
  plan: TripPlan,
  startAt: Millis,
): Leg[] {
  const { network } = town;
  const home = network.nearest(yard, within);
  const legs: Leg[] = [];
  let at = startAt;
  let node = home;
  const drive = (to: number): void => {
    const line = network.path(node, to, within);
    if (line.length > 1) {
      const toAt = at + travelMs(lengthOf(line), plan.driveKmh);
      legs.push({ fromAt: at, toAt, line, speedKmh: plan.driveKmh, working: false });
      at = toAt;
    }
    node = to;
  };
  const stop = (seconds: number, collects?: string): void => {
    const toAt = at + seconds * SECOND;
    const line = [network.nodes[node] as Point];
    legs.push({ fromAt: at, toAt, line, speedKmh: 0, working: true, ...(collects && { collects }) });
    at = toAt;
  };
  for (const site of nearestOrder(yard, plan.stops)) {
    drive(network.nearest(site.point, within));
    stop(plan.stopSeconds, site.id);
  }
  if (plan.unloadAt) {
    drive(network.nearest(plan.unloadAt.point, within));
    stop(420);
  }
  drive(home);
  return legs;
}

/** A sweeping or washing shift: along streets of the work area at working speed until the time is up. */
export function workTrip(
  town: Town,
  yard: Point,
  within: readonly Point[],
  options: { readonly hours: number; readonly workKmh: number; readonly driveKmh: number },
  random: Random,
  startAt: Millis,
): Leg[] {
  const { network } = town;
  const home = network.nearest(yard, within);
  const endAt = startAt + options.hours * HOUR;
  const legs: Leg[] = [];
  const targets = network.nodes.flatMap((_, node) =>
    network.nearest(network.nodes[node] as Point, within) === node ? [node] : [],
  );
  let at = startAt;
  let node = home;
  while (at < endAt) {
    const to = random.pick(targets);
    const line = network.path(node, to, within);
    node = to;
    if (line.length < 2) continue;
    const toAt = at + travelMs(lengthOf(line), options.workKmh);
    legs.push({ fromAt: at, toAt, line, speedKmh: options.workKmh, working: true });
    at = toAt;
  }
  const back = network.path(node, home, within);
  if (back.length > 1) {
    const toAt = at + travelMs(lengthOf(back), options.driveKmh);
    legs.push({ fromAt: at, toAt, line: back, speedKmh: options.driveKmh, working: false });
  }
  return legs;
}

/** Up and down one road until the time is up: main roads have sweepers of their own. */
export function shuttleTrip(
  road: readonly Point[],
  options: { readonly hours: number; readonly workKmh: number },
  startAt: Millis,
): Leg[] {
  const legs: Leg[] = [];
  const there = travelMs(lengthOf(road), options.workKmh);
  const turns = Math.max(2, 2 * Math.round((options.hours * HOUR) / (2 * there)));
  for (let turn = 0; turn < turns; turn++) {
    const line = turn % 2 === 0 ? road : road.toReversed();
    const fromAt = startAt + turn * there;
    legs.push({ fromAt, toAt: fromAt + there, line, speedKmh: options.workKmh, working: true });
  }
  return legs;
}

const travelMs = (metres: number, kmh: number): Millis => Math.round((metres / (kmh / 3.6)) * SECOND);
