import type { DatabaseSync } from "node:sqlite";

/** Positions and counters of the store that live beside its tables. */
export type MetaKey =
  | "lastDeviceNumber"
  /** Newest log entry that stands in chunks. */
  | "packedTo"
  /** Newest log entry that a restart need not replay. */
  | "checkpointLog"
  /** Readings of days before this one (since the epoch) were removed: what is left of them is in the tiers. */
  | "readingsFloor"
  /** Newest log entry, and newest revision of alerts, that the follower has delivered. */
  | "followerLog"
  | "followerAlertRev"
  /** While everything is told anew: the device whose days were listed last. */
  | "followerAnewDevice"
  /** And the hour whose figures were listed last. */
  | "followerAnewHour"
  /** Devices up to this number have their newest values beside the chunks (store/latest.ts). */
  | "latestKnownTo"
  /** Days before this one tell no more of people than that they worked. */
  | "personCoarseDay";

export interface Meta {
  /** 0 when it was never set. */
  number(key: MetaKey): number;
  has(key: MetaKey): boolean;
  put(key: MetaKey, value: number): void;
  remove(key: MetaKey): void;
}

export function createMeta(database: DatabaseSync): Meta {
  const select = database.prepare("SELECT value FROM meta WHERE key = ?");
  const put = database.prepare(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  const remove = database.prepare("DELETE FROM meta WHERE key = ?");
  const value = (key: MetaKey) => (select.get(key) as { value: string } | undefined)?.value;
  return {
    number: (key) => Number(value(key) ?? 0),
    has: (key) => value(key) !== undefined,
    put: (key, number) => void put.run(key, String(number)),
    remove: (key) => void remove.run(key),
  };
}

/** Runs changes as one transaction: all of them or none. */
export function atomically<T>(database: DatabaseSync, run: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = run();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
