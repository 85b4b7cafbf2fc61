import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import type { Person } from "../domain/person.ts";
import { Problem } from "../domain/problem.ts";
import type { Token } from "../domain/roles.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../domain/time.ts";
import { createAttempts } from "./attempts.ts";
import { checkPassword } from "./password-rules.ts";
import { createPasswords } from "./passwords.ts";
import { createPeople, type People } from "./people.ts";

export interface Login {
  readonly people: People;
  /** @throws Problem 401 for a wrong name, a wrong password and a disabled account alike; 429 after too many; 503 */
  begin(name: string, password: string, address: string): Promise<{ token: Token; secret: string; person: Person }>;
  /** Who signs with name and password on somebody else's screen. Throws like `begin`. */
  sign(name: string, password: string, address: string): Promise<Person>;
  /** @throws Problem 400 for a password that is too easy */
  hash(password: string, person: { readonly id: string; readonly name: string }): Promise<string>;
  lockedFor(name: string): number;
  forgive(name: string): void;
}

const WRONG = "name or password is wrong";

/** How people get in. The only place that sees passwords. */
export function createLogin(center: Center, config: Config): Login {
  const passwords = createPasswords({
    atOnce: Math.max(1, config.PASSWORD_HASHES_AT_ONCE),
    waiting: config.PASSWORD_HASHES_WAITING,
  });
  const attempts = createAttempts({
    failures: config.LOGIN_FAILURES,
    lockMs: config.LOGIN_LOCK_SECONDS * SECOND,
    lockMaxMs: config.LOGIN_LOCK_MAX_SECONDS * SECOND,
    perAddress: config.LOGIN_FAILURES_PER_ADDRESS,
    addressWindowMs: config.LOGIN_WINDOW_SECONDS * SECOND,
  });
  const people = createPeople(center.store.restored.documents, center.tokens, {
    idleMs: config.SESSION_IDLE_MINUTES * MINUTE,
    lifeMs: config.SESSION_HOURS * HOUR,
    passwordAgeMs: config.PASSWORD_AGE_DAYS > 0 ? config.PASSWORD_AGE_DAYS * DAY : null,
  });

  const sign = async (name: string, password: string, address: string): Promise<Person> => {
    const account = name.trim().toLowerCase();
    attempts.begin(account, address, center.clock.now());
    const person = people.find(account);
    const right = await passwords.verify(password, person?.passwordHash ?? null);
    if (!right || !person || person.disabledAt !== null) {
      await center.operate((now, changes) => {
        const lockedSeconds = attempts.lockedFor(account, now);
        changes.audit.push({
          at: now,
          actor: "system",
          action: "session.refuse",
          target: account.slice(0, 64),
          details: { address, lockedSeconds },
        });
      });
      throw new Problem(401, "badCredentials", WRONG);
    }
    attempts.succeeded(account, address);
    if (passwords.isDated(person.passwordHash)) {
      const hash = await passwords.hash(password);
      await center.operate((_now, changes) => people.rehash(account, person.passwordHash, hash, changes));
    }
    return person;
  };

  return {
    people,
    sign,
    async begin(name, password, address) {
      const { id, version } = await sign(name, password, address);
      return center.operate((now, changes) => {
        // While the hash was worked out an administrator may have changed the account.
        const person = people.find(id);
        if (!person || person.version !== version) throw new Problem(401, "badCredentials", WRONG);
        return { ...people.beginSession(person, address, now, changes), person };
      });
    },
    async hash(password, { id, name }) {
      checkPassword(password, config.PASSWORD_LENGTH, [id, name]);
      return passwords.hash(password);
    },
    lockedFor: (name) => attempts.lockedFor(name, center.clock.now()),
    forgive: attempts.forgive,
  };
}
