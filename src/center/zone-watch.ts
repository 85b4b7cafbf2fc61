import { HOUR, MINUTE, type Millis } from "../domain/time.ts";

/** Offsets of zones are whole half hours. */
const STEP_MS = HOUR / 2;
const TOLERANCE_MS = 2 * MINUTE;
/** So many times in a row off by the same offset are a zone and no coincidence. */
const ENOUGH = 3;
/** Messages that come closer together may be one upload of what was kept. */
const APART_MS = MINUTE;

/** How often in a row a device's clock was off by the same whole half hours, and when that was last counted. */
export interface ZoneWatch {
  offsetMs: Millis;
  times: number;
  countedAt: Millis;
}

/**
 * Whether a device's clock shows another zone's time: minutes apart, again and again, off by the same whole half hours.
 * The reading keeps the time it was told; a person mends the zone.
 */
export function zoneIsWrong(watch: ZoneWatch, at: Millis, receivedAt: Millis): boolean {
  const offsetMs = Math.round((at - receivedAt) / STEP_MS) * STEP_MS;
  if (offsetMs === 0 || Math.abs(at - receivedAt - offsetMs) > TOLERANCE_MS) {
    watch.times = 0;
    return false;
  }
  if (watch.times === 0 || watch.offsetMs !== offsetMs) {
    watch.times = 1;
    watch.countedAt = receivedAt;
  } else if (receivedAt - watch.countedAt >= APART_MS) {
    watch.times++;
    watch.countedAt = receivedAt;
  }
  watch.offsetMs = offsetMs;
  return watch.times >= ENOUGH;
}
