import { DAY, type Millis } from "../domain/time.ts";
import { type LevelForecast, levelsAhead } from "./ahead.ts";
import { hoursTo, type Quantiles } from "./crossing.ts";
import type { BinMemory } from "./memory.ts";
import { isStuck } from "./remember.ts";
import { likeliest, startsOf } from "./starts.ts";

/** Why nothing can be said. `loading`: the past is still being read after a start. */
export const unknownReasons = ["noReadings", "tooLittleHistory", "silent", "stuck", "loading"] as const;
export type UnknownReason = (typeof unknownReasons)[number];

export interface BinForecast {
  readonly status: "known" | "unknown";
  readonly reason: UnknownReason | null;
  /** The reading it starts from; null before the first. */
  readonly at: Millis | null;
  /** Believed level at that time, percent. */
  readonly levelPct: number | null;
  /** Hours from now until 80 and 95 per cent unless somebody empties it; null beyond 14 days. p10 is the early end. */
  readonly hoursTo80: Quantiles;
  readonly hoursTo95: Quantiles;
  /** With the bin's usual emptyings, after 6, 12 and 24 hours; empty when unknown. */
  readonly ahead: readonly LevelForecast[];
  readonly emptiedAt: Millis | null;
  /** Share of this bin's own forecasts, 12 hours ahead, that came within 10 per cent of the level; 0 to 1. */
  readonly confidence: number;
}

const LEAST_READINGS = 12;
const LEAST_SPAN_MS = DAY;
const NONE: Quantiles = { p10: null, p50: null, p90: null };

/** A forecast that says only that there is none. */
export function unknown(reason: UnknownReason, memory: BinMemory | null): BinForecast {
  return {
    status: "unknown",
    reason,
    at: memory?.at ?? null,
    levelPct: memory && tenth(likeliest(startsOf(memory)).level),
    hoursTo80: NONE,
    hoursTo95: NONE,
    ahead: [],
    emptiedAt: memory?.emptiedAt ?? null,
    confidence: 0,
  };
}

/** What will happen to a bin, as far as its memory knows. Pure: the same memory and time give the same forecast. */
export function forecast(memory: BinMemory, now: Millis): BinForecast {
  const reason = unknownWhy(memory, now);
  if (reason) return unknown(reason, memory);
  const starts = startsOf(memory);
  const start = likeliest(starts);
  return {
    status: "known",
    reason: null,
    at: start.at,
    levelPct: tenth(start.level),
    hoursTo80: hoursTo(memory, now, start, 80),
    hoursTo95: hoursTo(memory, now, start, 95),
    ahead: levelsAhead(memory, now, starts),
    emptiedAt: start.emptiedAt,
    confidence: Math.round((100 * (memory.close + 2)) / (memory.tested + 4)) / 100,
  };
}

function unknownWhy(memory: BinMemory, now: Millis): UnknownReason | null {
  if (isStuck(memory)) return "stuck";
  if (now - memory.heardAt > Math.max(DAY, 3 * memory.intervalMs)) return "silent";
  if (memory.readings < LEAST_READINGS || memory.heardAt - memory.firstAt < LEAST_SPAN_MS) return "tooLittleHistory";
  return null;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
