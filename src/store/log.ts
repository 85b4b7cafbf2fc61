import type { DatabaseSync } from "node:sqlite";
import { DAY } from "../domain/time.ts";
import { atomically, createMeta } from "./meta.ts";
import { decodeReadings } from "./readings.ts";

/** What one step removes at most: a few milliseconds, so that a waiting commit hardly notices. */
const STEP_ENTRIES = 64;
const STEP_BYTES = 4 * 1024 * 1024;

export interface Log {
  /** A commit appended an entry of so many bytes. */
  grew(bytes: number): void;
  /** Removes entries that nobody needs any more. Returns whether there are more. */
  release(): boolean;
  readonly bytes: number;
}

/**
 * Lets entries of the log go once they stand in chunks, no restart needs them, and the follower has delivered them.
 * A follower that is away for long may hold back `backlogBytes` of log. Beyond that the oldest entries go all the same, and
 * the days they touched are written down: the follower reads those days from the chunks, so nothing is lost to it, however
 * long it was away.
 * @param backlogBytes null when nothing follows
 */
export function createLog(database: DatabaseSync, backlogBytes: number | null): Log {
  const meta = createMeta(database);
  const oldest = database.prepare("SELECT id, length(body) AS bytes FROM log WHERE id <= ? ORDER BY id LIMIT ?");
  const bodyOf = database.prepare("SELECT body FROM log WHERE id = ?");
  const remove = database.prepare("DELETE FROM log WHERE id <= ?");
  const miss = database.prepare("INSERT OR IGNORE INTO missed (device, day) VALUES (?, ?)");
  let { bytes } = database.prepare("SELECT coalesce(sum(length(body)), 0) AS bytes FROM log").get() as {
    bytes: number;
  };

  const writeDown = (id: number) => {
    const { body } = bodyOf.get(id) as { body: Uint8Array };
    const seen = new Set<string>();
    decodeReadings(body, ({ device, at }) => {
      const day = Math.floor(at / DAY);
      const key = `${device} ${day}`;
      if (seen.has(key)) return;
      seen.add(key);
      miss.run(device, day);
    });
  };

  return {
    get bytes() {
      return bytes;
    },
    grew(more) {
      bytes += more;
    },
    release() {
      const unneeded = Math.min(meta.number("packedTo"), meta.number("checkpointLog"));
      const delivered = backlogBytes === null ? unneeded : meta.number("followerLog");
      const excess = backlogBytes === null ? 0 : bytes - backlogBytes;
      let last = 0;
      let freed = 0;
      const missed: number[] = [];
      for (const row of oldest.all(unneeded, STEP_ENTRIES) as { id: number; bytes: number }[]) {
        if (freed > STEP_BYTES) break;
        if (row.id > delivered) {
          if (freed >= excess) break;
          missed.push(row.id);
        }
        last = row.id;
        freed += row.bytes;
      }
      if (last === 0) return false;
      atomically(database, () => {
        for (const id of missed) writeDown(id);
        if (missed.length > 0) meta.put("followerLog", last);
        remove.run(last);
      });
      bytes -= freed;
      return true;
    },
  };
}
