import type { DatabaseSync } from "node:sqlite";
import { DAY } from "../domain/time.ts";
import { decodeChunk, encodeChunk } from "./chunks.ts";
import type { Latest } from "./latest.ts";
import { merge, type TimedMetrics } from "./merge.ts";
import { createMeta } from "./meta.ts";
import type { Tail } from "./tail.ts";

/** Small chunks of one day are united when there are this many: each query of that day opens them all. */
const PARTS_PER_DAY = 8;
/** Longest time a step may take from a waiting commit. */
const STEP_MS = 8;

export interface Packer {
  /** Starts packing everything up to the newest log entry; does nothing while a round is under way. */
  start(): void;
  /** Packs for a few milliseconds. Returns false when there is nothing left to do. */
  step(): boolean;
  readonly running: boolean;
}

/**
 * Moves closed stretches of the log into chunks, one per device and day, a few milliseconds at a time.
 * A round that is cut off is simply done again: chunks of the same readings unite to the same series. The log itself is
 * released elsewhere (store/log.ts).
 */
export function createPacker(database: DatabaseSync, tail: Tail, latest: Latest): Packer {
  const partsOf = database.prepare("SELECT part, body FROM chunk WHERE device = ? AND day = ? ORDER BY part");
  const insert = database.prepare("INSERT INTO chunk (device, day, part, count, body) VALUES (?, ?, ?, ?, ?)");
  const putDue = database.prepare("INSERT OR IGNORE INTO tier_due (day, device) VALUES (?, ?)");
  const remove = database.prepare("DELETE FROM chunk WHERE device = ? AND day = ?");
  const meta = createMeta(database);
  let todo: number[] = [];
  let upTo = meta.number("packedTo");
  let running = false;

  const packDevice = (device: number) => {
    const byDay = new Map<number, TimedMetrics[]>();
    for (const reading of tail.upTo(device, upTo)) {
      const day = Math.floor(reading.at / DAY);
      const readings = byDay.get(day);
      if (readings) readings.push(reading);
      else byDay.set(day, [reading]);
    }
    for (const [day, readings] of byDay) {
      putDue.run(day, device);
      const parts = partsOf.all(device, day) as { part: number; body: Uint8Array }[];
      if (parts.length + 1 >= PARTS_PER_DAY) {
        const united = merge(
          parts.map(({ body }) => decodeChunk(body)),
          readings,
        );
        remove.run(device, day);
        insert.run(device, day, 0, united.at.length, encodeChunk(united));
      } else {
        const columns = merge([], readings);
        insert.run(device, day, (parts.at(-1)?.part ?? -1) + 1, columns.at.length, encodeChunk(columns));
      }
    }
  };

  return {
    get running() {
      return running;
    },
    start() {
      // Entries of events alone have nothing to pack, but are done with all the same.
      if (running || tail.newestLog <= upTo) return;
      running = true;
      upTo = tail.newestLog;
      todo = tail.devices();
    },
    step() {
      if (!running) return false;
      const packed: number[] = [];
      const deadline = performance.now() + STEP_MS;
      database.exec("BEGIN IMMEDIATE");
      try {
        while (todo.length > 0 && performance.now() < deadline) {
          const device = todo.pop() as number;
          packDevice(device);
          latest.keep(device);
          packed.push(device);
        }
        if (todo.length === 0) meta.put("packedTo", upTo);
        database.exec("COMMIT");
      } catch (error) {
        database.exec("ROLLBACK");
        todo.push(...packed);
        throw error;
      }
      for (const device of packed) tail.forget(device, upTo);
      running = todo.length > 0;
      return running;
    },
  };
}
