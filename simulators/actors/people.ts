import { HOUR, MINUTE, type Millis } from "../../src/domain/time.ts";
import { along, distance, type Point } from "../geometry.ts";
import { createRandom } from "../random.ts";
import { hourOfDay, localMidnight } from "../rhythm.ts";
import type { Town } from "../town.ts";
import { type Actor, MOBILE_NETWORK, numbered, observe, round, type SimulatedDevice } from "./actor.ts";

export interface PeopleOptions {
  readonly count: number;
  readonly seed: number;
  readonly startAt: Millis;
  /** So many have a login of their own; the badges of the rest report through a gateway of their community. */
  readonly ownLogins: number;
}

const ON_SHIFT_EVERY_MS = MINUTE;
const CHARGING_EVERY_MS = 10 * MINUTE;
/** Local hours; even numbers work the first, odd ones the second. */
export const SHIFTS = [
  { from: 5.5, to: 13.5 },
  { from: 13.5, to: 21.5 },
] as const;
const WALK_KMH = 2.4;
const SECTION_M = 320;

/**
 * Workers who walk their road section up and down during their shift. Off shift the badge lies on its charger and sends
 * no position: people are followed at work only.
 */
export function createPeople(town: Town, options: PeopleOptions): Actor[] {
  const roads = [...town.network.roads.values()];
  return Array.from({ length: options.count }, (_, index) => createPerson(town, roads, options, index));
}

function createPerson(town: Town, roads: readonly (readonly Point[])[], options: PeopleOptions, index: number): Actor {
  const id = numbered("person", index + 1, 4);
  const random = createRandom(options.seed, id);
  const line = businessLine(index);
  const own = index < options.ownLogins;
  const site = town.depositPoints[(index * 7) % town.depositPoints.length];
  const gatewayId = own ? null : `gw-badges-${site?.communityId ?? "tianliao"}`;
  const road = site
    ? (town.network.roads.get(String(site.properties.roadId)) ?? random.pick(roads))
    : random.pick(roads);
  const sectionFrom = random.between(0, 200);
  // From one end of the section to the other, and some metres for the receiver.
  const [lon, lat] = town.plane.toLonLat(along(road, sectionFrom + SECTION_M / 2).point);
  const beat = { lat, lon, radiusM: SECTION_M / 2 + 40 };
  const device: SimulatedDevice = {
    id,
    kind: "person",
    name: personName(index),
    dialect: "native",
    ...(site && { site }),
    beat,
    gatewayId,
    attributes: {
      businessLine: line,
      reportEverySeconds: CHARGING_EVERY_MS / 1_000,
      ...(gatewayId ? { gatewayId } : { network: MOBILE_NETWORK }),
    },
  };
  const shift = SHIFTS[index % SHIFTS.length] ?? SHIFTS[0];
  const phase = random.next();
  let batteryPct = random.between(70, 100);
  let steps = 0;
  let staysInUntil = Number.NEGATIVE_INFINITY;
  let errand: Errand | null = null;
  let nextAt = options.startAt + Math.floor(random.between(0, ON_SHIFT_EVERY_MS));
  let here = along(road, sectionFrom).point;
  return {
    device,
    get nextAt() {
      return nextAt;
    },
    act(at) {
      const hour = hourOfDay(at);
      const onShift = hour >= shift.from && hour < shift.to && at >= staysInUntil;
      if (!onShift) {
        nextAt = at + CHARGING_EVERY_MS;
        const startsAt = localMidnight(at) + shift.from * HOUR;
        if (startsAt > at) nextAt = Math.min(nextAt, startsAt + Math.floor(phase * ON_SHIFT_EVERY_MS));
        batteryPct = Math.min(100, batteryPct + 2);
        steps = 0;
        return [observe(device, at, { batteryPct: round(batteryPct, 0), clockIn: 0 })];
      }
      nextAt = at + ON_SHIFT_EVERY_MS;
      batteryPct = Math.max(25, batteryPct - 0.08);
      const walked = ((at - localMidnight(at)) / HOUR) * WALK_KMH * 1_000;
      const turn = (walked / SECTION_M + phase * 2) % 2;
      const metres = sectionFrom + (turn < 1 ? turn : 2 - turn) * SECTION_M;
      const beatPoint = along(road, metres).point;
      if (errand && at >= errand.backAt) errand = null;
      const point = errand ? onErrand(errand, beatPoint, at) : beatPoint;
      here = point;
      const [lon, lat] = town.plane.toLonLat([point[0] + random.between(-6, 6), point[1] + random.between(-6, 6)]);
      steps += random.integer(30, 65);
      return [
        observe(device, at, {
          lat,
          lon,
          accuracyM: round(random.between(4, 18)),
          speedKmh: round(random.between(0, 4)),
          batteryPct: round(batteryPct, 0),
          hr: random.integer(72, 118),
          steps,
          clockIn: 1,
        }),
      ];
    },
    command(at, command) {
      if (command.do === "stayIn") staysInUntil = at + command.minutes * MINUTE;
      if (command.do === "goTo") errand = newErrand(here, town.plane.toPoint([command.lon, command.lat]), at, command);
    },
  };
}

/** A way to somewhere, a stay, and the way back to the beat. */
interface Errand {
  readonly from: Point;
  readonly to: Point;
  readonly leftAt: Millis;
  readonly arrivesAt: Millis;
  readonly leavesAt: Millis;
  readonly backAt: Millis;
}

/** By electric tricycle, through streets that are a little longer than the straight line. */
const RIDE_KMH = 14;

function newErrand(from: Point, to: Point, at: Millis, { minutes }: { readonly minutes: number }): Errand {
  const way = (distance(from, to) / 1_000 / RIDE_KMH) * HOUR;
  const leavesAt = at + way + minutes * MINUTE;
  return { from, to, leftAt: at, arrivesAt: at + way, leavesAt, backAt: leavesAt + way };
}

function onErrand({ from, to, leftAt, arrivesAt, leavesAt, backAt }: Errand, beat: Point, at: Millis): Point {
  if (at < arrivesAt) return between(from, to, (at - leftAt) / (arrivesAt - leftAt));
  return at < leavesAt ? to : between(to, beat, (at - leavesAt) / (backAt - leavesAt));
}

const between = ([x1, y1]: Point, [x2, y2]: Point, share: number): Point => [
  x1 + (x2 - x1) * share,
  y1 + (y2 - y1) * share,
];

const FAMILY_NAMES = [..."王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"];
const GIVEN_NAMES = [
  ..."秀英 桂兰 建国 玉梅 国强 春花 志明 丽华 海燕 文彬".split(" "),
  ..."小红 金凤 永强 素珍 德胜 美玲 伟民 凤英 家豪 淑芬".split(" "),
  ..."天赐 阿妹 水根 冬梅 福生 巧云 大勇 爱莲 庆华 月娥".split(" "),
];
/** Invented; six hundred people have six hundred names. */
function personName(index: number): string {
  const family = index % FAMILY_NAMES.length;
  const given = (Math.floor(index / FAMILY_NAMES.length) + 3 * family) % GIVEN_NAMES.length;
  return `${FAMILY_NAMES[family]}${GIVEN_NAMES[given]}`;
}

/** Of 600: 500 cleaners, 80 greening, 20 pest control. */
function businessLine(index: number): string {
  const turn = index % 30;
  return turn < 25 ? "cleaning" : turn < 29 ? "greening" : "pestControl";
}
