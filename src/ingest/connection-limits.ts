import { MINUTE, type Millis } from "../domain/time.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
  readonly unauthenticated: number;
  readonly connectsPerSecond: number;
  readonly connectsBurst: number;
  readonly failuresPerAddress: number;
  readonly failuresPerId: number;
  readonly failureWindowMs: Millis;
  readonly flapsPerMinute: number;
  readonly banMs: Millis;
}

/** Names remembered at most: an attacker who invents names must not fill the memory. */
const REMEMBERED = 50_000;

/** Who may connect now, and who has to wait. Pure bookkeeping; times are given. */
export function createConnectionLimits(limits: ConnectionLimits) {
  let total = 0;
  let unauthenticated = 0;
  const perAddress = new Map<string, number>();
  const rates = new Map<string, TokenBucket>();
  const failures = new Map<string, Millis[]>();
  const connects = new Map<string, Millis[]>();
  const bans = new Map<string, Millis>();

  const bounded = <T>(map: Map<string, T>) => {
    if (map.size > REMEMBERED) map.delete(map.keys().next().value as string);
  };
  const banned = (name: string, now: Millis): boolean => {
    const until = bans.get(name);
    if (until === undefined) return false;
    if (until > now) return true;
    bans.delete(name);
    return false;
  };
  const within = (map: Map<string, Millis[]>, name: string, windowMs: Millis, now: Millis): number => {
    const times = (map.get(name) ?? []).filter((time) => now - time < windowMs);
    times.push(now);
    map.delete(name);
    map.set(name, times);
    bounded(map);
    return times.length;
  };

  return {
    /** A socket was opened: null, or why it must be closed. */
    opened(address: string, now: Millis): string | null {
      if (banned(`address ${address}`, now)) return "address banned";
      if (total >= limits.total) return "too many connections";
      if (unauthenticated >= limits.unauthenticated) return "too many unauthenticated connections";
      const count = perAddress.get(address) ?? 0;
      if (count >= limits.perAddress) return "too many connections of one address";
      let rate = rates.get(address);
      if (!rate) {
        rate = new TokenBucket(limits.connectsPerSecond, limits.connectsBurst, now);
        rates.set(address, rate);
        bounded(rates);
      }
      if (!rate.tryTake(now)) return "connects too often";
      total++;
      unauthenticated++;
      perAddress.set(address, count + 1);
      return null;
    },

    authenticated(): void {
      unauthenticated--;
    },

    closed(address: string, wasAuthenticated: boolean): void {
      total--;
      if (!wasAuthenticated) unauthenticated--;
      const count = (perAddress.get(address) ?? 1) - 1;
      if (count > 0) perAddress.set(address, count);
      else perAddress.delete(address);
    },

    /** Whoever comes from there has to wait. */
    isBanned: (address: string, now: Millis): boolean => banned(`address ${address}`, now),

    /** A login that may be tried now. */
    mayTry: (id: string, now: Millis): boolean => !banned(`id ${id}`, now),

    failed(id: string, address: string, now: Millis): void {
      const banUntil = now + limits.banMs;
      if (within(failures, `id ${id}`, limits.failureWindowMs, now) >= limits.failuresPerId)
        bans.set(`id ${id}`, banUntil);
      if (within(failures, `address ${address}`, limits.failureWindowMs, now) >= limits.failuresPerAddress) {
        bans.set(`address ${address}`, banUntil);
      }
      bounded(bans);
    },

    /** A device that logged in; false when it does so too often and has to wait. */
    loggedIn(id: string, now: Millis): boolean {
      if (within(connects, id, MINUTE, now) <= limits.flapsPerMinute) return true;
      bans.set(`id ${id}`, now + limits.banMs);
      return false;
    },

    get total() {
      return total;
    },
  };
}
