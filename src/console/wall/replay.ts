import { signal } from "@preact/signals";
import type { Kind } from "../../domain/kinds.ts";
import type { Millis } from "../../domain/time.ts";
import type { WallOrder } from "../../domain/wall.ts";
import type { DistrictMap } from "../shared/map.ts";
import { createMapFeed } from "../shared/map-feed.ts";
import type { KindTotal } from "../shared/map-split.ts";
import type { Session } from "../shared/session.ts";

/** Positions come this often, so that minutes of the past are many small steps. */
const PACE_MS = 200;
/** Hours go by within minutes: a trail of the live map's length would cover every street. */
const TRAIL_SECONDS = 3;
const LOOK_EVERY_MS = 250;
/** The last picture stands for a moment before the round begins again. */
const REST_MS = 4_000;

/** Where the replay stands; null while the wall is live. */
export const replaying = signal<{ readonly at: Millis; readonly part: number; readonly loading: boolean } | null>(null);

export interface ReplayParts {
  readonly session: Session;
  readonly map: DistrictMap;
  readonly scale: number;
  readonly kinds: readonly Kind[];
  readonly totals: ReadonlyMap<string, KindTotal>;
}

/**
 * Plays a stretch of the past on the map, round and round, until it is stopped: the center's replay is a stream like the
 * live one, so the map is fed by the same feed.
 */
export function startReplay(
  { session, map, scale, kinds, totals }: ReplayParts,
  { fromAt, toAt, seconds }: NonNullable<WallOrder["replay"]>,
): { stop(): void } {
  const speed = Math.max(1, Math.round((toAt - fromAt) / 1_000 / seconds));
  const stream = session.replay(fromAt, toAt, speed);
  const feed = createMapFeed(stream, map, scale, PACE_MS);
  const alerts = stream.subscribe("alerts", {});
  let endedAt: number | null = null;
  map.drawAlerts([]);
  const { trailSeconds } = map.subjects;
  map.subjects.trailSeconds = TRAIL_SECONDS;
  feed.look(map.view(), kinds, totals);
  alerts.onChange(() => map.drawAlerts(alerts.items.values()));
  replaying.value = { at: fromAt, part: 0, loading: true };
  const timer = setInterval(() => {
    const { heard } = stream;
    // Between two frames the replayed time goes on at its own speed.
    const at = heard ? Math.min(toAt, heard.now + (performance.now() - heard.at) * speed) : fromAt;
    replaying.value = { at, part: (at - fromAt) / (toAt - fromAt), loading: heard === null };
    if (at < toAt) endedAt = null;
    else {
      endedAt ??= performance.now();
      if (performance.now() - endedAt < REST_MS) return;
      endedAt = null;
      stream.replay({ at: fromAt });
    }
  }, LOOK_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      feed.clear();
      map.subjects.trailSeconds = trailSeconds;
      stream.close();
      replaying.value = null;
    },
  };
}
