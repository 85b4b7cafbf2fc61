import type { Place } from "../domain/place.ts";
import type { Millis } from "../domain/time.ts";
import { distanceToLine, type Ground } from "./ground.ts";
import type { Post } from "./records.ts";

/**
 * Whoever was sent somewhere is at work on the way there as well: a badge is followed on its errand, and nobody is off
 * post who was called away. The way is the straight line from the post, with room for the streets that lead there.
 */
const WAY_MARGIN_M = 300;

export interface Whereabouts {
  readonly lat: number;
  readonly lon: number;
  readonly at: Millis;
}

/**
 * Metres from a position to where somebody works: the post, an errand, or the way there; 0 at one of them.
 * @param errands places the person was sent to and is expected at
 * @returns null when the district does not know the post
 */
export function metresFromWork(
  ground: Ground,
  post: Post,
  errands: readonly Place[],
  { lat, lon, at }: Whereabouts,
): number | null {
  const outside = ground.metresOutside(post, lat, lon);
  if (outside === null || outside === 0 || errands.length === 0) return outside;
  const home = ground.placeOf(post, at);
  const here = ground.toPoint(lat, lon);
  const away = errands.map((place) => {
    const goal = ground.toPoint(place.lat, place.lon);
    const start = home ? ground.toPoint(home.lat, home.lon) : goal;
    return Math.max(0, distanceToLine(here, [start, goal]) - WAY_MARGIN_M);
  });
  return Math.min(outside, ...away);
}
