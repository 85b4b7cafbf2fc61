import { existsSync } from "node:fs";
import { join } from "node:path";
import { HOUR, MINUTE, type Millis } from "../src/domain/time.ts";
import type { Actor } from "./actors/actor.ts";
import { timetable } from "./actors/rounds.ts";
import type { Player } from "./player.ts";
import { hourOfDay, localMidnight } from "./rhythm.ts";
import { playLockstep } from "./run.ts";
import { startOwnCenter } from "./session.ts";
import { settleOn } from "./staff/settled.ts";
import type { Town } from "./town.ts";

export interface PastOptions {
  readonly directory: string;
  /** Settings of the demo that hold for its past as well. */
  readonly settings: Readonly<Record<string, string>>;
  readonly town: Town;
  readonly actors: readonly Actor[];
  readonly player: Player;
  readonly from: Millis;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Longer than a scenario's: nobody compares times here, and each step waits for its receipts. */
const STEP_MS = MINUTE;

/** Sweepers are given so long to be back. */
const SWEEP_HOURS = 3.5;

/**
 * When the past of a demo begins: so many hours before now, or before the sweep that is under way then. Of a window whose
 * beginning nobody watched nothing could be shown.
 */
export function beginningOf(now: Millis, hours: number): Millis {
  const from = now - hours * HOUR;
  for (const departs of timetable.sweeper.departs) {
    const start = localMidnight(from) + departs * HOUR;
    if (from > start && from < start + SWEEP_HOURS * HOUR) return start - MINUTE;
  }
  return from;
}

export const isNew = (directory: string): boolean => !existsSync(join(directory, "kerbside.db"));

/**
 * Plays the hours before now into the center's folder, as fast as the machine can, with people at the desk and in the crews:
 * figures, coverage and history have something to tell in the first minute.
 */
export async function playPast(options: PastOptions): Promise<void> {
  const { directory, settings, town, actors, player, from, say, signal } = options;
  await using own = await startOwnCenter(from, { ...settings, DATA_DIR: directory });
  const settled = await settleOn(own, { town, actors, player });
  await using transport = settled.transport;
  const { operator } = settled;
  const endAt = Date.now();
  say(`  playing the ${Math.round((endAt - from) / HOUR)} hours before now …`);
  const onProgress = (at: Millis) => say(`  ${clockText(at)}`);
  // What the playing itself takes has passed by then as well.
  for (let at = from, until = endAt; until - at > MINUTE && !signal.aborted; at = until, until = Date.now()) {
    await playLockstep(own, STEP_MS, { player, transport, startAt: at, endAt: until, operator, onProgress, signal });
  }
}

function clockText(at: Millis): string {
  const hour = hourOfDay(at);
  return `${String(Math.floor(hour)).padStart(2, "0")}:${String(Math.floor((hour % 1) * 60)).padStart(2, "0")}`;
}
