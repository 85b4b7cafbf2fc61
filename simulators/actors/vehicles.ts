import { DAY, HOUR, MINUTE, type Millis, SECOND } from "../../src/domain/time.ts";
import { along, type Point } from "../geometry.ts";
import { createRandom } from "../random.ts";
import { localMidnight } from "../rhythm.ts";
import type { Site, Town } from "../town.ts";
import { type Actor, numbered, observe, round, type SimulatedDevice } from "./actor.ts";
import type { BinActor } from "./bins.ts";
import { collectionTrip, type Leg, shuttleTrip, workTrip } from "./trips.ts";

export interface VehicleOptions {
  readonly count: number;
  readonly seed: number;
  readonly startAt: Millis;
}

const ON_TRIP_EVERY_MS = 10 * SECOND;
const PARKED_EVERY_MS = 5 * MINUTE;

/** Of 60: 20 sweepers, 10 water trucks, 24 collection, 6 kitchen waste; any other number in the same mix. */
const mix = [
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
type VehicleType = "collection" | "sweeper" | "water" | "foodWaste";

/** Local hours at which trips start. */
const departures: Readonly<Record<VehicleType, readonly number[]>> = {
  collection: [5, 13.5, 20.5],
  sweeper: [4.5, 14],
  water: [5, 15],
  foodWaste: [9, 20],
};

/**
 * Vehicles on their daily trips along the roads of the community they belong to; collection crews empty the bins of the
 * points they stop at.
 */
export function createVehicles(town: Town, bins: readonly BinActor[], options: VehicleOptions): Actor[] {
  const binsAt = Map.groupBy(bins, (bin) => bin.pointId);
  const collectors = Array.from({ length: options.count }, (_, index) => index).filter(
    (i) => typeOf(i) === "collection",
  );
  const rounds = shareOut(town, collectors);
  const main = ["songbai", "guangqiao", "genyu", "changsong", "yuxing"];
  let sweepers = 0;
  return Array.from({ length: options.count }, (_, index) => {
    const type = typeOf(index);
    const corridor =
      type === "sweeper" && sweepers++ % 4 === 0 ? main[Math.floor((sweepers - 1) / 4) % main.length] : undefined;
    return createVehicle(town, options, index, type, rounds.get(index) ?? [], corridor, (pointId, at) => {
      for (const bin of binsAt.get(pointId) ?? []) bin.empty(at);
    });
  });
}

const typeOf = (index: number): VehicleType => mix[index % mix.length] as VehicleType;
const communityOf = (town: Town, index: number): string =>
  town.communities[Math.floor(index / 2) % town.communities.length] ?? "tianliao";

/** Every deposit point gets a collection vehicle of its community, or of any when the fleet is small. */
function shareOut(town: Town, collectors: readonly number[]): Map<number, Site[]> {
  const rounds = new Map<number, Site[]>();
  for (const [community, sites] of Object.entries(Object.groupBy(town.depositPoints, (site) => site.communityId))) {
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

function createVehicle(
  town: Town,
  options: VehicleOptions,
  index: number,
  type: VehicleType,
  round_: readonly Site[],
  corridor: string | undefined,
  collect: (pointId: string, at: Millis) => void,
): Actor {
  const id = numbered("vehicle", index + 1, 2);
  const random = createRandom(options.seed, id);
  const community = communityOf(town, index);
  const area = town.area(`area-${community}`);
  const yard = town.facilities("depot").find((depot) => depot.communityId === community);
  const road = corridor ? town.network.roads.get(corridor) : undefined;
  const home: Point = road?.[0] ?? yard?.point ?? [0, 0];
  const parkedAt = road ? home : (town.network.nodes[town.network.nearest(home, area)] ?? home);
  const station = town.facilities("station").find((site) => site.communityId === community);
  const foodPoints = town.facilities("foodWastePoint").filter((site) => site.communityId === community);
  const device: SimulatedDevice = {
    id,
    kind: "vehicle",
    name: `${type} ${index + 1}`,
    dialect: "native",
    ...(yard && { site: yard }),
    gatewayId: null,
    attributes: {
      vehicleType: type,
      areaId: road ? `corridor-${corridor}` : `area-${community}`,
      ...(road && { routeId: `route-${corridor}` }),
      businessLine: "cleaning",
      ...(type === "sweeper" && { workSpeedLimitKmh: 10 }),
      ...(type === "water" && { workSpeedLimitKmh: 20 }),
    },
  };
  const planTrip = (startAt: Millis): Leg[] => {
    if (road) return shuttleTrip(road, { hours: 3, workKmh: 7 }, startAt);
    if (type === "sweeper") return workTrip(town, home, area, { hours: 3, workKmh: 7, driveKmh: 24 }, random, startAt);
    if (type === "water") return workTrip(town, home, area, { hours: 2, workKmh: 13, driveKmh: 28 }, random, startAt);
    const stops = type === "collection" ? round_ : foodPoints;
    const plan = { stops, stopSeconds: 100, driveKmh: random.between(20, 28), ...(station && { unloadAt: station }) };
    return collectionTrip(town, home, area, plan, startAt);
  };
  const delayMs = Math.floor(random.between(0, 8 * MINUTE));
  const nextDeparture = (after: Millis): Millis => {
    const midnight = localMidnight(after);
    const times = [0, DAY].flatMap((day) => departures[type].map((hour) => midnight + day + hour * HOUR + delayMs));
    return times.find((time) => time > after) ?? after + DAY;
  };

  // A trip that began up to five hours before the start is under way.
  let departAt = nextDeparture(options.startAt - 5 * HOUR);
  let legs: Leg[] = [];
  let nextAt = options.startAt + Math.floor(random.between(0, ON_TRIP_EVERY_MS));
  let position: Point = parkedAt;
  let headingDeg = 0;
  let odometerKm = random.between(8_000, 90_000);
  let loadKg = 0;

  const advance = (at: Millis): Leg | undefined => {
    while (departAt <= at) {
      legs = planTrip(departAt);
      departAt = nextDeparture(Math.max(departAt, legs.at(-1)?.toAt ?? departAt));
    }
    while (legs[0] && legs[0].toAt <= at) {
      const [done] = legs.splice(0, 1);
      if (done?.collects) {
        collect(done.collects, done.toAt);
        loadKg = Math.min(8_000, loadKg + 420);
      } else if (done?.speedKmh === 0) {
        loadKg = 0;
      }
    }
    return legs[0];
  };
  const report = (at: Millis, leg: Leg | undefined) => {
    const [lon, lat] = town.plane.toLonLat([position[0] + random.between(-3, 3), position[1] + random.between(-3, 3)]);
    const moving = leg !== undefined && leg.speedKmh > 0;
    return observe(device, at, {
      lat,
      lon,
      speedKmh: moving ? round(Math.max(0, leg.speedKmh * random.between(0.88, 1.12))) : 0,
      headingDeg: round(headingDeg, 0) % 360,
      satellites: random.integer(8, 17),
      acc: leg ? 1 : 0,
      working: leg?.working ? 1 : 0,
      odometerKm: round(odometerKm, 2),
      loadKg: Math.round(loadKg),
    });
  };
  return {
    device,
    get nextAt() {
      return nextAt;
    },
    act(at) {
      const leg = advance(at);
      if (leg && leg.speedKmh > 0) {
        const driven = ((at - leg.fromAt) / HOUR) * leg.speedKmh * 1_000;
        ({ point: position, headingDeg } = along(leg.line, driven));
        odometerKm += (ON_TRIP_EVERY_MS / HOUR) * leg.speedKmh;
      } else if (leg) {
        position = leg.line[0] ?? position;
      } else {
        position = parkedAt;
      }
      nextAt = leg ? at + ON_TRIP_EVERY_MS : Math.min(at + PARKED_EVERY_MS, departAt);
      return [report(at, leg)];
    },
  };
}
