import { DAY, HOUR, type Millis } from "../domain/time.ts";
import type { BinMemory } from "./memory.ts";
import { fillDeviation, pace } from "./pace.ts";
import { rateAt, slotAt } from "./rhythm.ts";
import type { Start } from "./starts.ts";

/** Ten and ninety per cent, and the middle. */
export interface Quantiles {
  readonly p10: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
}

export const FARTHEST_MS = 14 * DAY;
/** Ten per cent of a normal distribution lie beyond so many deviations on either side. */
const BAND = 1.2816;

/** First moment at which the level unless emptied has reached a threshold, for three courses. */
export function hoursTo(memory: BinMemory, now: Millis, start: Start, threshold: number): Quantiles {
  const crossing = (course: number): number | null => {
    let grown = 0;
    let at = start.at;
    let level = start.level + course * Math.sqrt(start.variance);
    if (level >= threshold) return 0;
    const pace_ = pace(memory, start.at);
    while (at < now + FARTHEST_MS) {
      const hour = Math.min(HOUR, now > at ? now - at : HOUR);
      grown += (rateAt(memory.fill, slotAt(at, memory.offsetMs), start.at) * pace_ * hour) / HOUR;
      const deviation = Math.hypot(Math.sqrt(start.variance), fillDeviation(memory, grown, start.at));
      const next = start.level + grown + course * deviation;
      if (next >= threshold) {
        const part = next > level ? Math.max(0, (threshold - level) / (next - level)) : 1;
        return Math.round((10 * Math.max(0, at + part * hour - now)) / HOUR) / 10;
      }
      level = Math.max(level, next);
      at += hour;
    }
    return null;
  };
  return { p10: crossing(BAND), p50: crossing(0), p90: crossing(-BAND) };
}
