import type { Tokens } from "../center/access.ts";
import type { Changes } from "../center/changes.ts";
import type { Person } from "../domain/person.ts";
import { conflict, notFound } from "../domain/problem.ts";
import type { Actor, Token } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";

const COLLECTION = "person";
const plain = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json;

export type PersonInput = Pick<Person, "name" | "role" | "scope" | "crewId" | "deviceId">;

export interface SessionTimes {
  readonly idleMs: Millis;
  readonly lifeMs: Millis;
  /** Null: a password may get as old as it likes. */
  readonly passwordAgeMs: Millis | null;
}

/** Accounts in memory, changed only through `Center.operate`. Whatever takes rights away ends the sessions in the same commit. */
export function createPeople(
  documents: readonly { readonly collection: string; readonly id: string; readonly body: Json }[],
  tokens: Tokens,
  times: SessionTimes,
) {
  const byId = new Map<string, Person>();
  for (const { collection, id, body } of documents) {
    if (collection === COLLECTION) byId.set(id, body as unknown as Person);
  }

  const get = (id: string): Person => {
    const person = byId.get(id);
    if (!person) throw notFound(`person ${id}`);
    return person;
  };
  const put = (person: Person, changes: Changes): Person => {
    byId.set(person.id, person);
    changes.putDocument(COLLECTION, person.id, person as unknown as Json);
    return person;
  };
  const told = (actor: string, action: string, target: string, details: Json, now: Millis, changes: Changes) =>
    changes.audit.push({ at: now, actor, action, target, details });

  const sessionsOf = (id: string): Token[] => [...tokens.all()].filter(({ session }) => session?.personId === id);
  const endSessions = (id: string, changes: Changes): number => {
    const sessions = sessionsOf(id);
    for (const session of sessions) tokens.revoke(session.id, changes);
    return sessions.length;
  };
  /** Sessions nobody ended by hand leave the records when the next one begins. */
  const forgetExpired = (now: Millis, changes: Changes): void => {
    for (const token of [...tokens.all()]) {
      if (token.session && !tokens.isAlive(token, now)) tokens.revoke(token.id, changes);
    }
  };

  return {
    all: (): readonly Person[] => [...byId.values()].sort((a, b) => a.id.localeCompare(b.id)),
    find: (id: string): Person | undefined => byId.get(id),
    get,
    sessionsOf,

    add(id: string, input: PersonInput, passwordHash: string, actor: Actor, now: Millis, changes: Changes): Person {
      if (byId.has(id)) throw conflict("exists", `somebody logs in as ${id} already`);
      const { role, scope } = input;
      told(actor.name, "person.add", id, { name: input.name, role, scope: plain(scope) }, now, changes);
      return put(
        {
          id,
          ...input,
          passwordHash,
          passwordChangedAt: now,
          mustChangePassword: true,
          disabledAt: null,
          createdAt: now,
          version: 1,
        },
        changes,
      );
    },

    change(
      id: string,
      fields: Partial<PersonInput> & { readonly disabled?: boolean | undefined },
      actor: Actor,
      now: Millis,
      changes: Changes,
    ): Person {
      const person = get(id);
      const { disabled, ...input } = fields;
      const disabledAt = disabled === undefined ? person.disabledAt : disabled ? (person.disabledAt ?? now) : null;
      const next = { ...person, ...input, disabledAt, version: person.version + 1 };
      const sessions = endSessions(id, changes);
      told(actor.name, "person.change", id, { ...(plain(fields) as object), sessions }, now, changes);
      return put(next, changes);
    },

    remove(id: string, actor: Actor, now: Millis, changes: Changes): void {
      get(id);
      const sessions = endSessions(id, changes);
      byId.delete(id);
      changes.putDocument(COLLECTION, id, null);
      told(actor.name, "person.remove", id, { sessions }, now, changes);
    },

    /** A new password ends every session that the old one opened. `reset`: somebody else chose it. */
    setPassword(id: string, hash: string, reset: boolean, actor: Actor, now: Millis, changes: Changes): Person {
      const person = get(id);
      const sessions = endSessions(id, changes);
      told(actor.name, reset ? "person.resetPassword" : "person.changePassword", id, { sessions }, now, changes);
      return put(
        {
          ...person,
          passwordHash: hash,
          passwordChangedAt: now,
          mustChangePassword: reset,
          version: person.version + 1,
        },
        changes,
      );
    },

    /** The same password under today's parameters: nothing changes for anybody. */
    rehash(id: string, from: string, to: string, changes: Changes): void {
      const person = byId.get(id);
      if (person?.passwordHash === from) put({ ...person, passwordHash: to }, changes);
    },

    beginSession(person: Person, address: string, now: Millis, changes: Changes) {
      const { id, role, scope, crewId, deviceId, passwordChangedAt } = person;
      forgetExpired(now, changes);
      const dated = times.passwordAgeMs !== null && now - passwordChangedAt > times.passwordAgeMs;
      const mustChange = person.mustChangePassword || dated;
      const session = {
        personId: id,
        idleMs: times.idleMs,
        ...(mustChange && { mustChangePassword: true as const }),
      };
      const issued = tokens.issue(
        { name: id, role, scope, crewId, deviceId, session, expiresAt: now + times.lifeMs },
        now,
        changes,
      );
      tokens.isAlive(issued.token, now);
      told(`user:${id}`, "session.begin", id, { session: issued.token.id, address }, now, changes);
      return issued;
    },

    endSession(token: Token, actor: Actor, now: Millis, changes: Changes): void {
      tokens.revoke(token.id, changes);
      told(actor.name, "session.end", token.session?.personId ?? token.name, { session: token.id }, now, changes);
    },

    endSessions(id: string, actor: Actor, now: Millis, changes: Changes): number {
      get(id);
      const sessions = endSessions(id, changes);
      told(actor.name, "session.endAll", id, { sessions }, now, changes);
      return sessions;
    },
  };
}
export type People = ReturnType<typeof createPeople>;
