import type { Registry } from "../center/access.ts";
import type { Reader } from "../domain/reach.ts";
import type { Role } from "../domain/roles.ts";
import type { Crew } from "../operations/crews.ts";
import { createNames, seesPeople } from "./anonymous.ts";
import type { CrewFilter, CrewView } from "./protocol.ts";

/** Crews as screens see them: walls by role and number, dispatchers by name. */

/** What a token's reach and a filter let through. A crew whose members are nowhere yet is everybody's. */
export function crewMatcher(filter: CrewFilter, { scope, work }: Reader): (crew: Crew) => boolean {
  const touches = (allowed: readonly string[] | undefined, own: readonly string[]) =>
    allowed === undefined || own.length === 0 || own.some((id) => allowed.includes(id));
  const among = (allowed: readonly string[] | undefined, own: string) => allowed === undefined || allowed.includes(own);
  return ({ id, line, communityId, gridId }) =>
    (work === undefined || work.crewId === id) &&
    touches(scope.communityId, communityId) &&
    touches(scope.gridId, gridId) &&
    among(scope.businessLine, line) &&
    among(filter.id, id) &&
    among(filter.line, line) &&
    touches(filter.communityId, communityId);
}

export function crewView(crew: Crew, role: Role, registry: Pick<Registry, "get" | "byNumber">): CrewView {
  const people = seesPeople(role);
  const names = createNames(registry, role);
  const { id, name, line, contractorId, onDuty, due, members } = crew;
  return {
    id,
    name,
    line,
    contractorId,
    onDuty,
    due,
    lead: people ? crew.lead : null,
    members: members.map((member) => ({
      ...member,
      id: names.of(member.id, member.kind),
      name: people ? member.name : null,
    })),
  };
}
