import { Problem } from "../domain/problem.ts";
import { DAY, type Millis, SECOND } from "../domain/time.ts";

export interface AttemptLimits {
  readonly failures: number;
  readonly lockMs: Millis;
  readonly lockMaxMs: Millis;
  readonly perAddress: number;
  readonly addressWindowMs: Millis;
}

interface Count {
  failures: number;
  /** When the last failure was, or for addresses when the window began. */
  at: Millis;
}

/** Names and addresses that are remembered; the ones not heard of for longest go first. */
const KEPT = 10_000;

/**
 * Counts wrong passwords. Unknown accounts are counted like known ones, so the answers tell nobody which exist. An attempt
 * counts as failed from its beginning: a hundred guesses at once are a hundred guesses.
 */
export function createAttempts(limits: AttemptLimits) {
  const accounts = new Map<string, Count>();
  const addresses = new Map<string, Count>();

  const count = (counts: Map<string, Count>, key: string, now: Millis, keepMs: Millis): Count => {
    const known = counts.get(key);
    const entry = known && now - known.at < keepMs ? known : { failures: 0, at: now };
    counts.delete(key);
    counts.set(key, entry);
    while (counts.size > KEPT) counts.delete(counts.keys().next().value as string);
    return entry;
  };

  const lockedUntil = ({ failures, at }: Count): Millis => {
    const over = failures - limits.failures;
    return over < 0 ? 0 : at + Math.min(limits.lockMaxMs, limits.lockMs * 2 ** over);
  };

  const refuse = (until: Millis, now: Millis): never => {
    const retryAfterSeconds = Math.max(1, Math.ceil((until - now) / SECOND));
    throw new Problem(429, "tooManyAttempts", `too many wrong passwords; try again in ${retryAfterSeconds} s`, {
      retryAfterSeconds,
    });
  };

  return {
    /** @throws Problem 429 while the account or the address has to wait */
    begin(account: string, address: string, now: Millis): void {
      const from = count(addresses, address, now, limits.addressWindowMs);
      if (from.failures >= limits.perAddress) refuse(from.at + limits.addressWindowMs, now);
      const of = count(accounts, account, now, DAY);
      const until = lockedUntil(of);
      if (until > now) refuse(until, now);
      from.failures++;
      of.failures++;
      of.at = now;
    },

    /** The password was right: the account starts anew, the address gets this one back. */
    succeeded(account: string, address: string): void {
      accounts.delete(account);
      const from = addresses.get(address);
      if (from) from.failures--;
    },

    /** Seconds the account is locked from now on; 0 when it is not. */
    lockedFor(account: string, now: Millis): number {
      const entry = accounts.get(account);
      return entry ? Math.max(0, Math.ceil((lockedUntil(entry) - now) / SECOND)) : 0;
    },

    /** An administrator lets somebody try again. */
    forgive: (account: string): void => void accounts.delete(account),
  };
}
export type Attempts = ReturnType<typeof createAttempts>;
