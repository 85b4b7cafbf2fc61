import type { Actor, SimulatedDevice } from "./actors/actor.ts";
import type { Rest } from "./rest.ts";
import type { Town } from "./town.ts";

/** Who works for whom in the simulated district: crews, rosters and plans that its people and vehicles live by. */

type Records = Readonly<Record<string, readonly object[]>>;

const CONTRACTORS = [
  { id: "south-sanitation", name: "南环环卫", lines: ["cleaning"] },
  { id: "yutang-green", name: "玉塘绿化消杀", lines: ["greening", "pestControl"] },
] as const;
const ROLES: Readonly<Record<string, string>> = {
  cleaning: "cleaner",
  greening: "gardener",
  pestControl: "pestController",
};
/** Its people work one of these; even numbers the first, odd ones the second. */
const SHIFTS = [
  { id: "early", name: "早班", from: "05:30", to: "13:30", breaks: [{ from: "09:30", to: "10:00" }] },
  { id: "late", name: "晚班", from: "13:30", to: "21:30", breaks: [{ from: "17:30", to: "18:00" }] },
] as const;
/** Departures of each type, local, and when the vehicle is surely back. */
const TOURS: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>> = {
  sweeper: [
    ["04:30", "07:30"],
    ["14:00", "17:00"],
  ],
  water: [
    ["05:00", "07:00"],
    ["15:00", "17:00"],
  ],
};
const MAIN_ROADS = ["songbai", "guangqiao", "genyu", "changsong", "yuxing"];

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
      name: community ? `${community} ${line}` : line,
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
        name: `员工${number}`,
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
    shifts: SHIFTS,
    rosters: SHIFTS.map((shift, turn) => ({
      id: `roster-${shift.id}`,
      shiftId: shift.id,
      entries: people.flatMap(({ id, beat }, index) =>
        beat && index % SHIFTS.length === turn
          ? [{ personId: `staff-${id.replace(/^\D+/, "")}`, where: { circle: beat } }]
          : [],
      ),
    })),
    plans: [...vehicles.flatMap(toursOf), ...sweepPlans(town)],
    tasks: [
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
    ],
  };
}

/** A vehicle leaves for its tours from its corridor or its area. */
function toursOf({ id, attributes }: SimulatedDevice): object[] {
  const tours = TOURS[String(attributes.vehicleType)] ?? [];
  const areaId = String(attributes.areaId);
  return tours.map(([from, to], n) => ({ kind: "route", id: `tour-${id}-${n + 1}`, vehicleId: id, from, to, areaId }));
}

/** The main roads are swept in the morning and in the afternoon. */
function sweepPlans(town: Town): object[] {
  const windows = [
    ["04:30", "08:00"],
    ["14:00", "17:30"],
  ] as const;
  return MAIN_ROADS.flatMap((road) => {
    const sections = town.sections.filter((id) => id.startsWith(`section-${road}-`));
    if (sections.length === 0) return [];
    const entries = windows.flatMap(([from, to]) => sections.map((sectionId) => ({ sectionId, from, to })));
    return [{ kind: "sweep", id: `sweep-${road}`, targetPct: 90, sections: entries }];
  });
}

/** In this order each record finds what it names. */
const ORDER = ["contractors", "people", "vehicles", "crews", "shifts", "rosters", "plans", "tasks"] as const;

/**
 * Writes the organisation down, unless somebody has organised the district already.
 * @throws RestError when the token may not
 */
export async function registerOrganisation(rest: Rest, records: Records): Promise<boolean> {
  const known = await rest.get<{ items: readonly unknown[] }>("/registry/crews?limit=1");
  if (known.items.length > 0) return false;
  for (const collection of ORDER) {
    const wanted = records[collection] ?? [];
    if (wanted.length > 0) await rest.send("POST", `/registry/${collection}/import`, wanted);
  }
  return true;
}
