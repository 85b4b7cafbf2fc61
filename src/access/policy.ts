import type { Place } from "../domain/place.ts";
import { forbidden, Problem } from "../domain/problem.ts";
import { inScope } from "../domain/reach.ts";
import { type Actor, atLeast, type Role, type Scope, type Token, workOf } from "../domain/roles.ts";

/** Who may do what on REST: the least role for each permission. A route names its permission; without one it does not start. */
export const permissions = {
  public: null,
  logIn: null,
  self: "viewer",
  readDistrict: "viewer",
  readDevices: "viewer",
  readHistory: "viewer",
  readAlerts: "viewer",
  readCatalog: "viewer",
  readKpis: "viewer",
  exportData: "dispatcher",
  readReports: "dispatcher",
  readDuty: "viewer",
  readTasks: "crew",
  actOnTasks: "crew",
  importTickets: "dispatcher",
  actOnAlerts: "crew",
  reportAlerts: "crew",
  readPictures: "crew",
  keepReferences: "dispatcher",
  readPeople: "dispatcher",
  readSilences: "dispatcher",
  readWork: "dispatcher",
  readRegistry: "dispatcher",
  manageRegistry: "manager",
  manageSilences: "dispatcher",
  readQuarantine: "dispatcher",
  handOver: "dispatcher",
  controlWalls: "dispatcher",
  pairWalls: "manager",
  manageDevices: "manager",
  manageRules: "manager",
  manageMappings: "manager",
  manageDistrict: "manager",
  readDistrictEditions: "dispatcher",
  readAudit: "manager",
  manageTokens: "admin",
  managePeople: "admin",
  readOutputs: "manager",
  manageOutputs: "admin",
  backup: "admin",
} as const satisfies Record<string, Role | null>;
export type Permission = keyof typeof permissions;

/** Whether a role is enough for what everybody's permission would be asked for. */
export function atLeastFor(permission: Permission, role: Role): boolean {
  const least = permissions[permission];
  return least === null || atLeast(role, least);
}

/** @throws Problem 401 without a token, 403 when its role does not reach */
export function demand(permission: Permission, token: Token | null): void {
  const role = permissions[permission];
  if (role === null) return;
  if (!token) throw new Problem(401, "unauthenticated", "send Authorization: Bearer <token>");
  if (!atLeast(token.role, role)) throw forbidden(`this needs the role ${role}; the token is a ${token.role}`);
}

export function actorOf(token: Token): Actor {
  const { name, role, scope, session, id: tokenId } = token;
  return { name: `user:${name}`, role, scope, tokenId, personId: session?.personId, work: workOf(token) };
}

/**
 * A token that is limited to communities or grids changes what lies in them, and nothing else.
 * @param places where everything lies that is to be changed; null: everywhere
 * @throws Problem 403
 */
export function demandGround({ scope }: Token, places: (() => readonly Place[]) | null): void {
  if (!scope.communityId && !scope.gridId && !scope.areaGrade) return;
  const touched = places?.() ?? [];
  if (touched.length > 0 && touched.every((place) => inScope(scope, place))) return;
  throw forbidden("this reaches beyond the communities and grids of the token");
}

/** Whether everything that `inner` reaches lies within `outer`. */
export function scopeWithin(inner: Scope, outer: Scope): boolean {
  const within = <T>(mine: readonly T[] | undefined, theirs: readonly T[] | undefined) =>
    theirs === undefined || mine?.every((one) => theirs.includes(one)) === true;
  return (
    within(inner.communityId, outer.communityId) &&
    within(inner.gridId, outer.gridId) &&
    within(inner.businessLine, outer.businessLine) &&
    within(inner.areaGrade, outer.areaGrade)
  );
}
