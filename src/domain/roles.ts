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

/** Whose work a crew's token shows: what is offered or given to the crew, or to the person by one of its names. */
export interface Work {
  readonly crewId: string | null;
  /** Names the person goes by: `user:<name>`, the badge it wears, the subject of its own call for help. */
  readonly selves: readonly string[];
}

/** What makes a token the session of a person who has logged in. */
export interface SessionOf {
  readonly personId: string;
  /** Without a sign of the person for so long it ends before its time. */
  readonly idleMs: Millis;
  /** The password was given by somebody else: first of all it must be changed. */
  readonly mustChangePassword?: true;
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
  /** For the role `crew`: the crew, and the badge of whoever holds the token. */
  readonly crewId?: string | null | undefined;
  readonly deviceId?: string | null | undefined;
  /** Absent for tokens of screens and programs. */
  readonly session?: SessionOf | undefined;
}

/** Who does something: written into the timeline and the audit. */
export interface Actor {
  /** `user:<token name>`, `device:<id>` or `system`. */
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  readonly tokenId: string | null;
  /** Somebody who has logged in; the same in every session. */
  readonly personId?: string | undefined;
  /** Set for crews, which see and touch their own work only. */
  readonly work?: Work | undefined;
}

export const systemActor: Actor = { name: "system", role: "admin", scope: {}, tokenId: null };

export function atLeast(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** @see Work. Undefined for every role that sees more than its own work. */
export function workOf({ name, role, crewId, deviceId }: Token): Work | undefined {
  if (role !== "crew") return undefined;
  const selves = [`user:${name}`, helpSubjectOf(name), ...(deviceId ? [deviceId] : [])];
  return { crewId: crewId ?? null, selves };
}

/** The subject of a call for help by somebody who wears no badge. */
export const helpSubjectOf = (name: string): string => `help-${name}`;
