import { Revisions } from "../center/revisions.ts";
import type { Subject } from "../center/subject.ts";
import type { Millis } from "../domain/time.ts";
import { atWork, type DutyState } from "./duty.ts";
import type { DutyDesk } from "./duty-desk.ts";
import type { Register } from "./register.ts";

/** A badge or vehicle of a crew as it is now. `name` is for dispatchers only. */
export interface CrewMember {
  readonly id: string;
  readonly kind: string;
  readonly role: string;
  /** As the register has it; null where it has none. */
  readonly number: string | null;
  readonly name: string | null;
  readonly state: DutyState;
  readonly since: Millis | null;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly positionAt: Millis | null;
}

export interface Crew {
  readonly id: string;
  readonly rev: number;
  readonly name: string;
  readonly line: string;
  readonly contractorId: string | null;
  readonly skills: readonly string[];
  readonly lead: string | null;
  readonly onDuty: number;
  readonly due: number;
  readonly members: readonly CrewMember[];
  /** Where most of it is: communities and grids of its members, for scopes and filters. */
  readonly communityId: readonly string[];
  readonly gridId: readonly string[];
}

export interface CrewsParts {
  readonly register: Register;
  readonly subject: (deviceId: string) => Subject | undefined;
  readonly duties: () => DutyDesk;
  readonly firstRev: number;
}

const SHOW_MOVES_EVERY_MS = 1_000;
const SCHEDULED: ReadonlySet<DutyState> = new Set(["due", "absent", "notStarted", "noSignal"]);

export type Crews = ReturnType<typeof createCrews>;

/** Crews by revision of their last change, for screens. A crew is built anew only when something about it changed. */
export function createCrews({ register, subject: subjectOf, duties, firstRev }: CrewsParts) {
  const revisions = new Revisions<Crew>(firstRev);
  const crewOf = new Map<string, string>();
  const dirty = new Set<string>();
  /** Crews of which somebody only moved: shown at most once a second. */
  const movedCrews = new Set<string>();
  let movesShownAt = 0;
  let rev = firstRev;

  const index = () => {
    crewOf.clear();
    for (const { id, members } of register.all("crews")) for (const member of members) crewOf.set(member, id);
  };
  index();
  for (const { id } of register.all("crews")) dirty.add(id);

  const roleOf = (deviceId: string): Pick<CrewMember, "role" | "number" | "name"> => {
    const person = register.wearerOf(deviceId);
    if (person) return { role: person.role, number: person.number ?? null, name: person.name };
    const vehicle = register.get("vehicles", deviceId);
    return { role: vehicle?.type ?? "vehicle", number: deviceId, name: vehicle?.plate ?? null };
  };

  const memberOf = (deviceId: string): CrewMember => {
    const subject = subjectOf(deviceId);
    const live = subject && duties().dutyAt(deviceId, subject.at ?? 0);
    const current = live ?? lastOf(duties(), deviceId);
    const state = current?.state.state ?? "offDuty";
    const shown: DutyState = state === "planned" || state === "ended" ? "offDuty" : state;
    const kind = subject?.device.kind ?? "person";
    // Off duty nobody's whereabouts are anybody's business.
    const where = kind === "person" && !atWork.has(shown) ? null : (subject ?? null);
    return {
      id: deviceId,
      kind,
      ...roleOf(deviceId),
      state: shown,
      since: current?.state.since ?? null,
      lat: where?.positionAt != null ? (where.place?.lat ?? null) : null,
      lon: where?.positionAt != null ? (where.place?.lon ?? null) : null,
      positionAt: where?.positionAt ?? null,
    };
  };

  const build = (id: string): void => {
    const record = register.get("crews", id);
    if (!record) {
      revisions.remove(id, ++rev);
      return;
    }
    const members = record.members.map(memberOf);
    const places = record.members.flatMap((member) => subjectOf(member)?.place ?? []);
    const distinct = (values: readonly (string | null)[]) => [...new Set(values)].filter((value) => value !== null);
    revisions.put({
      id,
      rev: ++rev,
      name: record.name,
      line: record.line,
      contractorId: record.contractorId ?? null,
      skills: record.skills,
      lead: record.lead ?? null,
      onDuty: members.filter(({ state }) => atWork.has(state)).length,
      due: members.filter(({ state }) => SCHEDULED.has(state)).length,
      members,
      communityId: distinct(places.map(({ communityId }) => communityId)),
      gridId: distinct(places.map(({ gridId }) => gridId)),
    });
  };

  return {
    revisions,
    crewOf: (deviceId: string): string | null => crewOf.get(deviceId) ?? null,
    roleOf,

    /** Something about a device changed: its crew is shown anew with the next commit. */
    touch(deviceId: string): void {
      const id = crewOf.get(deviceId);
      if (id !== undefined) dirty.add(id);
    },

    moved(deviceId: string): void {
      const id = crewOf.get(deviceId);
      if (id !== undefined) movedCrews.add(id);
    },

    registerChanged(): void {
      const before = [...revisions.values()].map(({ id }) => id);
      index();
      for (const id of before) dirty.add(id);
      for (const { id } of register.all("crews")) dirty.add(id);
    },

    /** After the commit: what changed becomes what screens see. */
    committed(): void {
      const nowMs = performance.now();
      if (movedCrews.size > 0 && nowMs - movesShownAt >= SHOW_MOVES_EVERY_MS) {
        for (const id of movedCrews) dirty.add(id);
        movedCrews.clear();
        movesShownAt = nowMs;
      }
      for (const id of dirty) build(id);
      dirty.clear();
    },
  };
}

/** The duty that began last: what says most about somebody who has been silent. */
const lastOf = (duties: DutyDesk, deviceId: string) =>
  duties.of(deviceId).findLast(({ state }) => state.state !== "planned");
