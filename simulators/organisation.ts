import { HOUR, MINUTE } from "../src/domain/time.ts";
import type { Actor, SimulatedDevice } from "./actors/actor.ts";
import { SHIFTS } from "./actors/people.ts";
import type { Rest } from "./rest.ts";
import { later, timeOfDay } from "./rhythm.ts";
import type { Town } from "./town.ts";

/** Who works for whom in the simulated district: crews, rosters and plans that its people and vehicles live by. */

/** Of each collection of the register the records, as `PUT /registry/…` takes them. */
export type Records = Readonly<Record<string, readonly RegisterRecord[]>>;
type RegisterRecord = { readonly id: string; readonly [field: string]: unknown };

const CONTRACTORS = [
  { id: "south-sanitation", name: "南环环卫", lines: ["cleaning"] },
  { id: "yutang-green", name: "玉塘绿化消杀", lines: ["greening", "pestControl"] },
] as const;
const ROLES: Readonly<Record<string, string>> = {
  cleaning: "cleaner",
  greening: "gardener",
  pestControl: "pestController",
};
const LINE_NAMES: Readonly<Record<string, string>> = { cleaning: "保洁", greening: "绿化", pestControl: "消杀" };
/** As people work them (actors/people.ts), with the break in the middle. */
const SHIFT_PLANS = [
  { id: "early", name: "早班", breaks: [{ from: "09:30", to: "10:00" }] },
  { id: "late", name: "晚班", breaks: [{ from: "17:30", to: "18:00" }] },
].map((shift, turn) => {
  const { from, to } = SHIFTS[turn] ?? SHIFTS[0];
  return { ...shift, from: timeOfDay(from * HOUR), to: timeOfDay(to * HOUR) };
});
/** A section may be finished a little after the sweeper should be back. */
const SWEEP_ROOM_MS = 30 * MINUTE;

const lineOf = ({ attributes }: SimulatedDevice): string => String(attributes.businessLine ?? "cleaning");
const contractorOf = (line: string): string => (line === "cleaning" ? CONTRACTORS[0].id : CONTRACTORS[1].id);

/** Records of the register, derived from the devices: the same district has the same organisation. */
export function organisationOf(actors: readonly Actor[], town: Town): Records {
  const devices = actors.map(({ device }) => device);
  const people = devices.filter(({ kind }) => kind === "person");
  const vehicles = devices.filter(({ kind }) => kind === "vehicle");
  const members = Map.groupBy([...people, ...vehicles], (device) => {
    const line = lineOf(device);
    return line === "pestControl" ? line : `${line}-${device.site?.communityId ?? town.communities[0]}`;
  });
  const crews = [...members].map(([id, devicesOfCrew]) => {
    const line = id.split("-")[0] ?? "cleaning";
    const community = id.slice(line.length + 1);
    return {
      id: `crew-${id}`,
      name: `${town.nameOf(community).replace("社区", "")}${LINE_NAMES[line] ?? line}组`,
      line,
      contractorId: contractorOf(line),
      members: devicesOfCrew.map((device) => device.id),
    };
  });
  return {
    contractors: CONTRACTORS,
    people: people.map((device, index) => {
      const line = lineOf(device);
      const number = device.id.replace(/^\D+/, "");
      return {
        id: `staff-${number}`,
        name: device.name,
        badge: device.id,
        number,
        role: ROLES[line] ?? "cleaner",
        line,
        contractorId: contractorOf(line),
        ...(index % 50 === 0 && { skills: ["lead"] }),
      };
    }),
    vehicles: vehicles.map(({ id, attributes }) => ({
      id,
      type: attributes.vehicleType,
      plate: `粤B·E${id.replace(/^\D+/, "").padStart(4, "0")}`,
      line: "cleaning",
      contractorId: CONTRACTORS[0].id,
    })),
    crews,
    shifts: SHIFT_PLANS,
    rosters: SHIFT_PLANS.map((shift, turn) => ({
      id: `roster-${shift.id}`,
      shiftId: shift.id,
      entries: people.flatMap(({ id, beat }, index) =>
        beat && index % SHIFT_PLANS.length === turn
          ? [{ personId: `staff-${id.replace(/^\D+/, "")}`, where: { circle: beat } }]
          : [],
      ),
    })),
    plans: vehicles.flatMap(plansOf),
    tasks: crews.some(({ line }) => line === "pestControl")
      ? [
          {
            id: "traps",
            line: "pestControl",
            title: "灭蚊灯巡查",
            crewId: "crew-pestControl",
            place: { areaId: `area-${town.communities[0]}` },
            from: "09:00",
            to: "17:00",
            days: { weekdays: ["fri"] },
            proof: { note: true },
          },
        ]
      : [],
  };
}

/** What a vehicle does every day, as it drives it (actors/rounds.ts): when it is out, what it serves, what it sweeps. */
function plansOf({ id, attributes, tours = [] }: SimulatedDevice): RegisterRecord[] {
  const areaId = String(attributes.areaId);
  const routes = tours.map(({ from, to }, n) => ({
    kind: "route",
    id: `tour-${id}-${n + 1}`,
    vehicleId: id,
    from,
    to,
    areaId,
  }));
  const stops = tours.flatMap((tour) => tour.stops);
  const sections = tours.flatMap(({ sections, from, to }) =>
    sections.map((sectionId) => ({ sectionId, from, to: later(to, SWEEP_ROOM_MS) })),
  );
  return [
    ...routes,
    ...(stops.length > 0 ? [{ kind: "collection", id: `round-${id}`, vehicleId: id, stops }] : []),
    ...(sections.length > 0 ? [{ kind: "sweep", id: `sweep-${id}`, vehicleId: id, targetPct: 90, sections }] : []),
  ];
}

/** In this order each record finds what it names. */
const ORDER = ["contractors", "people", "vehicles", "crews", "shifts", "rosters", "plans", "tasks"] as const;

/**
 * Writes down what is not there yet; what somebody has written or changed stays as it is. A second time it does nothing.
 * @returns how many of each collection were written, and how many stood there before
 * @throws RestError when the token may not
 */
export async function registerOrganisation(rest: Rest, records: Records): Promise<OrganisationSummary> {
  const written: Record<string, number> = {};
  let known = 0;
  for (const collection of ORDER) {
    const wanted = records[collection] ?? [];
    if (wanted.length === 0) continue;
    const there = new Set((await rest.all<{ id: string }>(`/registry/${collection}?limit=500`)).map(({ id }) => id));
    const missing = wanted.filter(({ id }) => !there.has(id));
    known += wanted.length - missing.length;
    if (missing.length === 0) continue;
    await rest.send("POST", `/registry/${collection}/import`, missing);
    written[collection] = missing.length;
  }
  return { written, known };
}

export interface OrganisationSummary {
  readonly written: Readonly<Record<string, number>>;
  readonly known: number;
}

/** In one line for people: `organisation: 24 crews, 600 people written down; 12 records were there`. */
export function summaryLine({ written, known }: OrganisationSummary): string {
  const counts = Object.entries(written).map(([collection, count]) => `${count} ${collection}`);
  const there = known > 0 ? `${known} records were there and stay as they are` : "";
  return `organisation: ${[counts.length > 0 ? `${counts.join(", ")} written down` : "", there].filter(Boolean).join("; ")}`;
}
