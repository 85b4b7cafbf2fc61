import type { CrewSuggestion, Workforce } from "../alerts/workforce.ts";
import type { Subject } from "../center/subject.ts";
import type { Alert } from "../domain/alert.ts";
import { distanceM } from "../domain/place.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import type { Crew, Crews } from "./crews.ts";
import { atWork } from "./duty.ts";
import type { Register } from "./register.ts";
import { vehicleTypeOf } from "./vehicle-types.ts";
import type { Visits } from "./visits.ts";

export interface WorkforceParts {
  readonly register: Register;
  readonly crews: Crews;
  readonly visits: Visits;
  readonly subject: (deviceId: string) => Subject | undefined;
  readonly vehicleType: (deviceId: string) => string | null;
}

/** On foot, through streets. */
const WALK_KMH = 4.5;
const DRIVE_KMH = 25;
/** Streets are longer than the straight line by about this. */
const DETOUR = 1.35;
/** Getting ready before leaving. */
const READY_SECONDS = 60;
/** An older position says little about where somebody is. */
const FRESH_MS = 10 * MINUTE;
/** What a crew has to finish first costs about so much, in the order of suggestions only. */
const LOAD_SECONDS = 15 * 60;

/** Rules that need a vehicle of such a type; the others a person can answer. */
const NEEDED_VEHICLES: readonly (readonly [pattern: string, types: readonly string[]])[] = [
  ["bin.overflow", ["collection", "foodWaste"]],
  ["bin.near_full", ["collection", "foodWaste"]],
  ["point.missed_collection", ["collection", "foodWaste"]],
  ["sweep.coverage_low", ["sweeper", "washer", "water"]],
  ["street.road_soiled", ["sweeper", "washer", "water"]],
];

/** Somebody is in danger: whoever is near goes, whatever their trade. */
const FOR_EVERYBODY = ["help.", "person.health"] as const;
const isForEverybody = (ruleId: string): boolean => FOR_EVERYBODY.some((start) => ruleId.startsWith(start));

/** People and vehicles at work, as the alert desk asks for them. */
export function createWorkforce(parts: WorkforceParts): Workforce {
  const { register, crews, visits, subject: subjectOf, vehicleType } = parts;

  const lineServes = (lineId: string | null, ruleId: string): boolean => {
    const line = lineId === null ? undefined : register.get("lines", lineId);
    return line?.serves.some((pattern) => covers(pattern, ruleId)) ?? false;
  };

  /** Of a task, and of whoever works in a crew or is written down with a line. */
  const ownLine = ({ kind, id }: Alert["subject"]): string | null => {
    // `<task>@<date>`
    if (kind === "task") return register.get("tasks", id.slice(0, id.lastIndexOf("@")))?.line ?? null;
    if (kind !== "vehicle" && kind !== "person") return null;
    const crewId = crews.crewOf(id);
    return crewId === null ? lineOf(register, id, kind) : (register.get("crews", crewId)?.line ?? null);
  };

  const suggestion = (crew: Crew, alert: Alert, at: Millis, load: number): CrewSuggestion & { rank: number } => {
    const present = crew.members.filter(({ state }) => atWork.has(state));
    const wanted = NEEDED_VEHICLES.find(([pattern]) => covers(pattern, alert.ruleId))?.[1];
    const hasVehicle = !wanted || crew.members.some(({ id }) => wanted.includes(vehicleType(id) ?? ""));
    const skills = new Set(crew.skills);
    const knows = lineServes(crew.line, alert.ruleId) || skills.has(alert.ruleId);
    const fits = isForEverybody(alert.ruleId) || (hasVehicle && knows);
    let best: { metres: number; seconds: number; ageMs: Millis } | null = null;
    for (const { id, kind, lat, lon, positionAt } of present) {
      if (!alert.place || lat === null || lon === null || positionAt === null) continue;
      // What a vehicle must do only the vehicles of the right type can be near for.
      if (wanted && hasVehicle && !wanted.includes(vehicleType(id) ?? "")) continue;
      const metres = distanceM(alert.place, { lat, lon });
      const kmh = kind === "vehicle" ? (vehicleTypeOf(vehicleType(id))?.driveKmh ?? DRIVE_KMH) : WALK_KMH;
      const seconds = READY_SECONDS + (metres * DETOUR) / (kmh / 3.6);
      if (!best || seconds < best.seconds) best = { metres, seconds, ageMs: at - positionAt };
    }
    const stale = best !== null && best.ageMs > FRESH_MS;
    const rank =
      (fits ? 0 : 1e9) +
      (present.length > 0 ? 0 : 1e8) +
      (best === null || stale ? 1e7 : 0) +
      (best?.seconds ?? 0) +
      // For what is critical everything else is left standing.
      (alert.level === 1 ? 0 : load * LOAD_SECONDS);
    return {
      crewId: crew.id,
      name: crew.name,
      onDuty: present.length > 0,
      fits,
      distanceM: best && Math.round(best.metres),
      etaSeconds: best && Math.round(best.seconds),
      positionAgeMs: best?.ageMs ?? null,
      load,
      rank,
    };
  };

  return {
    visitsNear: (place, from, to) =>
      visits.nearby(place, from, to).map(({ subjectId, from, to }) => ({ subjectId, from, to })),

    follows: (at) => register.hasWorkforce() && visits.followedAt(at),

    serves(subjectId, { id: ruleId, proof }) {
      const kind = subjectOf(subjectId)?.device.kind;
      if (kind !== "vehicle" && kind !== "person") return false;
      const type = kind === "vehicle" ? vehicleType(subjectId) : null;
      if (type !== null && proof?.notServedBy?.includes(type)) return false;
      const line = ownLine({ kind, id: subjectId });
      // Whose line nobody wrote down may be of any.
      return line === null || lineServes(line, ruleId);
    },

    suggest(alert, at, loadOf) {
      const all = [...crews.revisions.values()].map((crew) => suggestion(crew, alert, at, loadOf(crew.id)));
      return all.sort((a, b) => a.rank - b.rank).map(({ rank: _rank, ...rest }) => rest);
    },

    membersOf: (crewId) => register.get("crews", crewId)?.members ?? null,
    kindOf: (subjectId) => subjectOf(subjectId)?.device.kind ?? null,

    lineOf({ ruleId, crewId, subject }, device) {
      const sent = crewId === null ? undefined : register.get("crews", crewId)?.line;
      const { line: own } = device?.attributes ?? {};
      const subjects = typeof own === "string" && own !== "" ? own : ownLine(subject);
      if (sent ?? subjects) return sent ?? subjects;
      for (const { id, serves } of register.all("lines")) if (serves.some((one) => covers(one, ruleId))) return id;
      return null;
    },
  };
}

function covers(pattern: string, ruleId: string): boolean {
  return pattern === ruleId || (pattern.endsWith(".*") && ruleId.startsWith(pattern.slice(0, -1)));
}

/** The business line of somebody in no crew. */
export function lineOf(register: Register, deviceId: string, kind: string): string | null {
  if (kind === "vehicle") return register.get("vehicles", deviceId)?.line ?? null;
  return register.wearerOf(deviceId)?.line ?? null;
}
