import type { Role, Scope } from "./roles.ts";
import type { Millis } from "./time.ts";

/** Somebody who logs in. */
export interface Person {
  /** What is typed at the login, lower case. Stands in the timeline and the audit as `user:<id>`. */
  readonly id: string;
  /** How colleagues call the person. */
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  /** For the role `crew`: whose work is seen. */
  readonly crewId: string | null;
  /** The badge the person wears: the subject of its call for help. */
  readonly deviceId: string | null;
  /** Argon2id in its usual notation (access/passwords.ts). */
  readonly passwordHash: string;
  readonly passwordChangedAt: Millis;
  /** It was given by somebody else. */
  readonly mustChangePassword: boolean;
  readonly disabledAt: Millis | null;
  readonly createdAt: Millis;
  /** Grows with every change: an old answer must not overwrite a newer one. */
  readonly version: number;
}
