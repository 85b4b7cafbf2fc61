import type { Place } from "../domain/place.ts";
import { forbidden, Problem } from "../domain/problem.ts";
import { type Actor, atLeast, type Role, type Scope, type Token } from "../domain/roles.ts";

/** Who may do what on REST: the least role for each permission. A route names its permission; without one it does not start. */
export const permissions = {
  public: null,
  self: "viewer",
  readDistrict: "viewer",
  readDevices: "viewer",
  readHistory: "viewer",
  readAlerts: "viewer",
  readCatalog: "viewer",
  actOnAlerts: "crew",
  reportAlerts: "crew",
  readPictures: "crew",
  readPeople: "dispatcher",
  readSilences: "dispatcher",
  readRegistry: "dispatcher",
  manageRegistry: "manager",
  manageSilences: "dispatcher",
  readQuarantine: "dispatcher",
  manageDevices: "manager",
  manageRules: "manager",
  manageMappings: "manager",
  readAudit: "manager",
  manageTokens: "admin",
  backup: "admin",
} as const satisfies Record<string, Role | null>;
export type Permission = keyof typeof permissions;

/** @throws Problem 401 without a token, 403 when its role does not reach */
export function demand(permission: Permission, token: Token | null): void {
  const role = permissions[permission];
  if (role === null) return;
  if (!token) throw new Problem(401, "unauthenticated", "send Authorization: Bearer <token>");
  if (!atLeast(token.role, role)) throw forbidden(`this needs the role ${role}; the token is a ${token.role}`);
}

export function actorOf(token: Token): Actor {
  return { name: `user:${token.name}`, role: token.role, scope: token.scope, tokenId: token.id };
}

/** Whether a place lies in what a token was given. A record without a place is nobody's but the unlimited ones'. */
export function inScope(scope: Scope, place: Place | null): boolean {
  const inside = <T>(allowed: readonly T[] | undefined, value: T | null | undefined) =>
    allowed === undefined || (value != null && allowed.includes(value));
  return (
    inside(scope.communityId, place?.communityId) &&
    inside(scope.gridId, place?.gridId) &&
    inside(scope.areaGrade, place?.areaGrade)
  );
}
