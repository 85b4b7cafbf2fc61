import type { DatabaseSync } from "node:sqlite";
import { createLatest } from "../../store/latest.ts";
import { createMeta } from "../../store/meta.ts";
import { createPacker } from "../../store/packing.ts";
import { createTail, type Tail } from "../../store/tail.ts";

/** Readings that stand in the log only, as the store has them in memory. */
export function unpackedReadings(database: DatabaseSync): Tail {
  return readingsBehind(database, createTail(createLatest(database)));
}

function readingsBehind(database: DatabaseSync, tail: Tail): Tail {
  const log = database.prepare("SELECT id, body FROM log WHERE id > ? ORDER BY id");
  const after = createMeta(database).number("packedTo");
  for (const { id, body } of log.iterate(after) as Iterable<{ id: number; body: Uint8Array }>) tail.add(id, body);
  return tail;
}

/** Packs them, as a center does from time to time. */
export function packEverything(database: DatabaseSync): void {
  const latest = createLatest(database);
  const packer = createPacker(database, readingsBehind(database, createTail(latest)), latest);
  packer.start();
  while (packer.step());
}
