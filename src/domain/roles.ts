import type { AreaGrade } from "./place.ts";
import type { Millis } from "./time.ts";

/** Who may do what. Each role may do everything the roles before it may. `crew` sees its own work only. */
export const roles = ["viewer", "crew", "dispatcher", "manager", "admin"] as const;
export type Role = (typeof roles)[number];

/** Limits what a token sees and touches; an absent list limits nothing. */
export interface Scope {
  readonly communityId?: readonly string[] | undefined;
  readonly gridId?: readonly string[] | undefined;
  readonly businessLine?: readonly string[] | undefined;
  readonly areaGrade?: readonly AreaGrade[] | undefined;
}

/** A bearer token as stored: the secret itself is known only to its owner. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  /** SHA-256 of the 256-bit random secret, hex. */
  readonly hash: string;
  readonly createdAt: Millis;
  readonly expiresAt: Millis | null;
}

/** Who does something: written into the timeline and the audit. */
export interface Actor {
  /** `user:<token name>`, `device:<id>` or `system`. */
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  readonly tokenId: string | null;
}

export const systemActor: Actor = { name: "system", role: "admin", scope: {}, tokenId: null };

export function atLeast(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
