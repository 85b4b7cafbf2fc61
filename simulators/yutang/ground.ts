import type { Feature } from "geojson";
import { along, centroid, contains, distanceToLine, lengthOf, type Plane, type Point } from "../geometry.ts";
import { createRandom } from "../random.ts";
import { mainRoads, parks } from "./facts.ts";
import type { Street } from "./streets.ts";

/** What is worked and watched in the synthetic district: sections, their routes, spots, and places of the department. */

const SEED = "yutang";
const SECTIONS = 120;
const BLIND_SPOTS = 20;
const VENDOR_ZONES = 6;
const REST_AREAS = 12;
const TOOL_ROOMS = 12;
const FIRE_LANES = 4;
/** The street of the night market: 长圳夜市一条街. */
const MARKET_STREET = "长圳路";
const MARKET_M = 300;

interface Zone {
  readonly id: string;
  readonly communityId: string;
  readonly ring: readonly Point[];
  readonly placeType: string;
}

export interface GroundParts {
  readonly streets: readonly Street[];
  readonly zones: readonly Zone[];
  readonly plane: Plane;
}

type Properties = { readonly type: string; readonly id: string; readonly [name: string]: unknown };

export function groundFeatures(parts: GroundParts): Feature[] {
  const sections = layOutSections(parts);
  return [...sections, ...routes(sections), ...places(parts), ...spots(parts)];
}

function feature(geometry: Feature["geometry"] | null, properties: Properties): Feature {
  return { type: "Feature", properties: { ...properties, synthetic: true }, geometry: geometry as Feature["geometry"] };
}

const number = (n: number, digits = 2): string => String(n).padStart(digits, "0");
const zoneAt = (zones: readonly Zone[], point: Point): Zone | undefined =>
  zones.find(({ ring }) => contains(ring, point));

/** Roads cut into sections of about a kilometre, so that there are as many as the district has. */
function layOutSections({ streets, zones, plane }: GroundParts): Feature[] {
  const total = streets.reduce((sum, street) => sum + lengthOf(street.line), 0);
  const shares = streets.map((street) => (lengthOf(street.line) / total) * SECTIONS);
  const counts = shares.map((share) => Math.max(1, Math.floor(share)));
  // The longest pieces are cut once more, until the number is right.
  for (let sum = counts.reduce((a, b) => a + b); sum < SECTIONS; sum++) {
    const pieces = shares.map((share, i) => share / (counts[i] as number));
    const longest = pieces.indexOf(Math.max(...pieces));
    counts[longest] = (counts[longest] as number) + 1;
  }
  return streets.flatMap((street, i) => {
    const length = lengthOf(street.line);
    const count = counts[i] as number;
    return Array.from({ length: count }, (_, n) => {
      const line = cut(street.line, (length * n) / count, (length * (n + 1)) / count);
      const zone = zoneAt(zones, along(line, lengthOf(line) / 2).point);
      const village = zone?.placeType === "urbanVillage" || zone?.placeType === "market";
      const sectionClass = street.roadClass === 3 && village ? 4 : street.roadClass;
      return feature(
        { type: "LineString", coordinates: line.map(plane.toLonLat) },
        {
          type: "section",
          id: `section-${street.id}-${n + 1}`,
          name: street.name,
          roadId: street.id,
          class: sectionClass,
          lengthM: Math.round(lengthOf(line)),
          widthM: street.widthM,
          speedLimitKmh: SPEED_LIMITS[sectionClass],
          windows: sectionClass <= 2 ? MECHANISED : MANUAL,
          mechanisable: sectionClass <= 3,
          ...(zone && { communityId: zone.communityId, gridId: zone.id, crewId: `crew-${zone.id}` }),
        },
      );
    });
  });
}

const SPEED_LIMITS: Readonly<Record<1 | 2 | 3 | 4, number>> = { 1: 60, 2: 50, 3: 40, 4: 30 };
const MECHANISED = [
  { work: "mechSweep", from: "04:30", to: "08:00" },
  { work: "mechSweep", from: "14:00", to: "17:30" },
];
const MANUAL = [
  { work: "manualSweep", from: "05:30", to: "09:00" },
  { work: "patrolClean", from: "09:00", to: "21:30" },
];

/** The part of a line between two distances from its beginning. */
function cut(line: readonly Point[], fromM: number, toM: number): Point[] {
  const part: Point[] = [along(line, fromM).point];
  let passed = 0;
  for (let i = 1; i < line.length; i++) {
    passed += lengthOf([line[i - 1] as Point, line[i] as Point]);
    if (passed > fromM + 1 && passed < toM - 1) part.push(line[i] as Point);
  }
  return [...part, along(line, toM).point];
}

/** Each main road is one route of its sections. */
function routes(sections: readonly Feature[]): Feature[] {
  return mainRoads.map((road) =>
    feature(null, {
      type: "route",
      id: `route-${road.id}`,
      name: road.zh,
      sections: sections
        .filter(({ properties }) => properties?.roadId === road.id)
        .map(({ properties }) => properties?.id),
      corridorM: 50,
      vehicleType: "sweeper",
    }),
  );
}

/** Places beside streets: positions in the middle of streets, a little aside, in the zones that fit. */
function beside({ streets, zones }: GroundParts, name: string) {
  const random = createRandom(SEED, name);
  return (
    fits: (zone: Zone, street: Street) => boolean,
  ): { point: Point; zone: Zone; street: Street; alongM: number } => {
    for (;;) {
      const street = random.pick(streets);
      const alongM = random.between(0.1, 0.9) * lengthOf(street.line);
      const { point, headingDeg } = along(street.line, alongM);
      const right = ((headingDeg + 90) * Math.PI) / 180;
      const asideM = street.widthM / 2 + 12;
      const aside: Point = [point[0] + Math.sin(right) * asideM, point[1] + Math.cos(right) * asideM];
      const zone = zoneAt(zones, aside);
      if (zone && fits(zone, street)) return { point: aside, zone, street, alongM };
    }
  };
}

function places(parts: GroundParts): Feature[] {
  const { plane, zones } = parts;
  const features: Feature[] = [];
  const place = (
    facility: string,
    id: string,
    name: string,
    radiusM: number,
    fits: (zone: Zone, street: Street) => boolean,
  ) => {
    const { point, zone } = beside(parts, id)(fits);
    const { communityId, id: gridId } = zone;
    const properties = { type: "facility", id, facility, name, radiusM, communityId, gridId };
    features.push(feature({ type: "Point", coordinates: plane.toLonLat(point) }, properties));
  };
  for (let n = 1; n <= TOOL_ROOMS; n++) {
    const zone = zones[(n * 2 - 1) % zones.length];
    place("toolRoom", `tool-room-${number(n)}`, `环卫工具间${n}`, 15, (candidate) => candidate === zone);
  }
  for (const [n, name] of parks.entries()) {
    place("park", `park-${n + 1}`, name, 60, ({ placeType }) => placeType === "squarePark" || n > 2);
  }
  for (let n = 1; n <= 2; n++) place("fuel", `fuel-${n}`, `加油点${n}`, 30, (_zone, { roadClass }) => roadClass === 1);
  for (let n = 1; n <= 4; n++) place("water", `water-${n}`, `取水点${n}`, 20, (_zone, { roadClass }) => roadClass <= 2);
  for (let n = 1; n <= 2; n++)
    place("unloading", `unloading-${n}`, `倾卸点${n}`, 50, (_zone, { roadClass }) => roadClass === 2);
  return features;
}

function spots(parts: GroundParts): Feature[] {
  const { streets, zones, plane } = parts;
  const features: Feature[] = [];
  const spot = (id: string, kind: string, more: object, fits: (zone: Zone, street: Street) => boolean) => {
    const { point, zone } = beside(parts, id)(fits);
    const { communityId, id: gridId } = zone;
    const properties = { type: "spot", id, spot: kind, ...more, communityId, gridId };
    features.push(feature({ type: "Point", coordinates: plane.toLonLat(point) }, properties));
  };
  for (let n = 1; n <= BLIND_SPOTS; n++) {
    const zone = zones[n % zones.length];
    spot(`blind-spot-${number(n)}`, "blindSpot", { radiusM: 30 }, (candidate) => candidate === zone);
  }
  const hours = [
    { from: "06:00", to: "10:00" },
    { from: "16:00", to: "21:00" },
  ];
  for (let n = 1; n <= VENDOR_ZONES; n++) {
    spot(`vendor-zone-${n}`, "vendorZone", { name: `摊贩疏导点${n}`, radiusM: 40, hours }, (zone) =>
      ["urbanVillage", "market", "commercialStreet"].includes(zone.placeType),
    );
  }
  for (let n = 1; n <= REST_AREAS; n++) {
    const zone = zones[(n * 2) % zones.length];
    spot(`rest-area-${number(n)}`, "restArea", { radiusM: 25 }, (candidate) => candidate === zone);
  }
  const lanes = streets.filter((street) => {
    const zone = zoneAt(zones, along(street.line, lengthOf(street.line) / 2).point);
    return street.roadClass === 3 && zone?.placeType === "urbanVillage";
  });
  for (const [n, lane] of lanes.slice(0, FIRE_LANES).entries()) {
    const line = { type: "LineString", coordinates: cut(lane.line, 20, 140).map(plane.toLonLat) } as const;
    features.push(feature(line, { type: "spot", id: `fire-lane-${n + 1}`, spot: "fireLane", corridorM: 4 }));
  }
  return [...features, nightMarket(parts)];
}

/** A stretch of its street in the middle of the village, with the pavements on both sides. */
function nightMarket({ streets, zones, plane }: GroundParts): Feature {
  const street = streets.find(({ name }) => name === MARKET_STREET) ?? (streets[0] as Street);
  const village = zones.find(
    ({ communityId, placeType }) => communityId === "changzhen" && placeType === "urbanVillage",
  );
  const middle = village ? centroid(village.ring) : ([0, 0] as Point);
  const length = lengthOf(street.line);
  let best = MARKET_M / 2;
  for (let m = MARKET_M / 2; m < length - MARKET_M / 2; m += 20) {
    const near = (at: number) =>
      distanceToLine(middle, [along(street.line, at).point, along(street.line, at + 1).point]);
    if (near(m) < near(best)) best = m;
  }
  const line = cut(street.line, best - MARKET_M / 2, best + MARKET_M / 2).map(plane.toLonLat);
  return feature(
    { type: "LineString", coordinates: line },
    {
      type: "spot",
      id: "night-market",
      name: "长圳夜市一条街",
      spot: "nightMarket",
      corridorM: street.widthM / 2 + 15,
      hours: [{ from: "18:00", to: "24:00" }],
    },
  );
}
