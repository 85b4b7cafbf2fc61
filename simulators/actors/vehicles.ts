import { DAY, HOUR, MINUTE, type Millis, SECOND } from "../../src/domain/time.ts";
import { along, type Point } from "../geometry.ts";
import { createRandom } from "../random.ts";
import { localMidnight } from "../rhythm.ts";
import type { Town } from "../town.ts";
import { type Actor, MOBILE_NETWORK, numbered, observe, round, type SimulatedDevice } from "./actor.ts";
import type { BinActor } from "./bins.ts";
import type { FoodWastePointActor } from "./food-waste-points.ts";
import {
  type Assignment,
  assignments,
  DRIVE_KMH,
  LEAVES_WITHIN_MS,
  STOP_SECONDS,
  timetable,
  toursOf,
  type VehicleType,
} from "./rounds.ts";
import type { StationActor } from "./stations.ts";
import { createTank } from "./tank.ts";
import { collectionTrip, type Leg, shuttleTrip, workTrip } from "./trips.ts";

export interface VehicleOptions {
  readonly count: number;
  readonly seed: number;
  readonly startAt: Millis;
}

/** What vehicles take from, and bring to. */
export interface Places {
  readonly bins: readonly BinActor[];
  readonly foodWastePoints: readonly FoodWastePointActor[];
  readonly stations: readonly StationActor[];
}

const TYPE_NAMES: Readonly<Record<VehicleType, string>> = {
  collection: "收运车",
  sweeper: "机扫车",
  water: "洒水车",
  foodWaste: "厨余车",
};
const ON_TRIP_EVERY_MS = 10 * SECOND;
const PARKED_EVERY_MS = 5 * MINUTE;

/**
 * Vehicles on their daily trips along the roads of the community they belong to; collection crews empty the bins of the
 * points they stop at.
 */
export function createVehicles(town: Town, places: Places, options: VehicleOptions): Actor[] {
  const binsAt = Map.groupBy(places.bins, (bin) => bin.pointId);
  const foodAt = new Map(places.foodWastePoints.map((point) => [point.device.id, point]));
  const stationAt = new Map(places.stations.map((station) => [station.device.id, station]));
  const work: Work = {
    collect(placeId, at) {
      for (const bin of binsAt.get(placeId) ?? []) bin.empty(at);
      return foodAt.get(placeId)?.empty() ?? POINT_KG;
    },
    bring: (stationId, at, load) => stationAt.get(stationId)?.weighIn(at, load),
  };
  return assignments(town, options.count).map((assignment, index) =>
    createVehicle(town, options, index, assignment, work),
  );
}

/** What six bins of a point hold when they are emptied, kilograms. */
const POINT_KG = 420;

interface Work {
  /** Takes what is at a place, kilograms. */
  collect(placeId: string, at: Millis): number;
  bring(stationId: string, at: Millis, load: Parameters<StationActor["weighIn"]>[1]): void;
}

function createVehicle(town: Town, options: VehicleOptions, index: number, assignment: Assignment, work: Work): Actor {
  const { type, communityId: community, stops, corridor } = assignment;
  const id = numbered("vehicle", index + 1, 2);
  const random = createRandom(options.seed, id);
  const area = town.area(`area-${community}`);
  const yard = town.facilities("depot").find((depot) => depot.communityId === community);
  const road = corridor ? town.network.roads.get(corridor) : undefined;
  const home: Point = road?.[0] ?? yard?.point ?? [0, 0];
  const parkedAt = road ? home : (town.network.nodes[town.network.nearest(home, area)] ?? home);
  const station = town.facilities("station").find((site) => site.communityId === community);
  const { departs, workHours: hours } = timetable[type];
  const round_ = { stops, stopSeconds: STOP_SECONDS, ...(station && { unloadAt: station }) };
  const device: SimulatedDevice = {
    id,
    kind: "vehicle",
    name: `${TYPE_NAMES[type]}${index + 1}号`,
    dialect: "native",
    ...(yard && { site: yard }),
    gatewayId: null,
    tours: toursOf(town, assignment, home, area, { ...round_, driveKmh: DRIVE_KMH.slowest }),
    attributes: {
      vehicleType: type,
      areaId: road ? `corridor-${corridor}` : `area-${community}`,
      ...(road && { routeId: `route-${corridor}` }),
      businessLine: "cleaning",
      network: MOBILE_NETWORK,
      ...(type === "sweeper" && { workSpeedLimitKmh: 10 }),
      ...(type === "water" && { workSpeedLimitKmh: 20 }),
    },
  };
  const planTrip = (startAt: Millis): Leg[] => {
    if (road) return shuttleTrip(road, { hours, workKmh: 7 }, startAt);
    if (type === "sweeper") return workTrip(town, home, area, { hours, workKmh: 7, driveKmh: 24 }, random, startAt);
    if (type === "water") return workTrip(town, home, area, { hours, workKmh: 13, driveKmh: 28 }, random, startAt);
    const driveKmh = random.between(DRIVE_KMH.slowest, DRIVE_KMH.fastest);
    return collectionTrip(town, home, area, { ...round_, driveKmh }, startAt);
  };
  const delayMs = Math.floor(random.between(0, LEAVES_WITHIN_MS));
  const nextDeparture = (after: Millis): Millis => {
    const midnight = localMidnight(after);
    const times = [0, DAY].flatMap((day) => departs.map((hour) => midnight + day + hour * HOUR + delayMs));
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
  let staysInUntil = Number.NEGATIVE_INFINITY;
  const tank = createTank(type, random);

  const advance = (at: Millis): Leg | undefined => {
    if (departAt < staysInUntil) departAt = staysInUntil;
    while (departAt <= at) {
      legs = planTrip(departAt);
      departAt = nextDeparture(Math.max(departAt, legs.at(-1)?.toAt ?? departAt));
    }
    while (legs[0] && legs[0].toAt <= at) {
      const [done] = legs.splice(0, 1);
      if (done?.collects) {
        loadKg = Math.min(8_000, loadKg + work.collect(done.collects, done.toAt));
      } else if (done?.speedKmh === 0) {
        const stream = type === "foodWaste" ? "food" : "residual";
        if (station && loadKg > 0) work.bring(station.id, done.toAt, { vehicle: id, netKg: loadKg, stream });
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
      fuelL: tank.gauge(moving),
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
        const km = (ON_TRIP_EVERY_MS / HOUR) * leg.speedKmh;
        odometerKm += km;
        tank.drive(km);
      } else if (leg) {
        position = leg.line[0] ?? position;
      } else {
        position = parkedAt;
        tank.park();
      }
      nextAt = leg ? at + ON_TRIP_EVERY_MS : Math.min(at + PARKED_EVERY_MS, departAt);
      return [report(at, leg)];
    },
    command(at, command) {
      if (command.do === "siphon") tank.siphon(command.litres);
      if (command.do === "stayIn") staysInUntil = at + command.minutes * MINUTE;
    },
  };
}
