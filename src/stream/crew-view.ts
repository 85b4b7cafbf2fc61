import type { Registry } from "../center/access.ts";
import { type Reader, within } from "../domain/reach.ts";
import type { Role } from "../domain/roles.ts";
import type { Crew, CrewMember } from "../operations/crews.ts";
import { seesPeople, shownId } from "./anonymous.ts";
import type { CrewFilter, CrewView } from "./protocol.ts";

/** Crews as screens may see them: whoever may not know people sees roles and numbers, of a crew's work and no more. */

/** How a member is called: its number in the register, else the one its badge was given; never an id that is a name. */
export function memberName(
  { id, kind, role, number, name }: Pick<CrewMember, "id" | "kind" | "role" | "number" | "name">,
  eyes: Role,
  registry: Pick<Registry, "get">,
): Pick<CrewView["members"][number], "id" | "role" | "number" | "name"> {
  if (seesPeople(eyes)) return { id, role, number: number ?? id, name };
  const device = registry.get(id);
  const anonymous = device ? shownId(device, eyes) : kind === "vehicle" ? id : "staff~";
  if (kind === "vehicle") return { id: anonymous, role, number: id, name: null };
  return { id: anonymous, role, number: number ?? String(device?.number ?? ""), name: null };
}

export function crewView(crew: Crew, eyes: Role, registry: Pick<Registry, "get">): CrewView {
  const people = seesPeople(eyes);
  const { id, name, line, contractorId, onDuty, due } = crew;
  return {
    id,
    name,
    line,
    contractorId,
    onDuty,
    due,
    lead: people ? crew.lead : null,
    members: crew.members.map((member) => {
      const { kind, state, since, lat, lon, positionAt } = member;
      const shown = { ...memberName(member, eyes, registry), kind, state, since, lat, lon, positionAt };
      // That somebody is on leave is between them and the office.
      if (people || kind === "vehicle" || state !== "leave") return shown;
      return { ...shown, state: "offDuty", since: null };
    }),
  };
}

/** What both the token's reach and the client's filter let through. */
export function crewMatcher(filter: CrewFilter, { scope, work }: Reader): (crew: Crew) => boolean {
  const among = (allowed: readonly string[] | undefined, values: readonly string[]) =>
    allowed === undefined || values.some((value) => allowed.includes(value));
  return ({ id, line, members, communityId, gridId }) =>
    (work === undefined || work.crewId === id || members.some((member) => work.selves.includes(member.id))) &&
    // An area grade belongs to a place; a crew has none.
    scope.areaGrade === undefined &&
    within(scope.businessLine, line) &&
    among(scope.communityId, communityId) &&
    among(scope.gridId, gridId) &&
    among(filter.id, [id]) &&
    among(filter.line, [line]) &&
    among(filter.communityId, communityId);
}
