import type { Millis } from "../domain/time.ts";
import type { FollowerStatus } from "./follower.ts";

/**
 * How far InfluxDB is behind: the age of the oldest reading it does not have. While it takes nothing at all it is behind at
 * least since then, whatever the first thing was that it did not take.
 */
export function behindMs({ oldestAt, stuck }: Pick<FollowerStatus, "oldestAt" | "stuck">, now: Millis): Millis {
  const since = Math.min(oldestAt ?? now, stuck?.since ?? now);
  return Math.max(0, now - since);
}
