import { signal } from "@preact/signals";
import type { Millis } from "../../domain/time.ts";
import type { WallOrder } from "../../domain/wall.ts";
import type { AlertView } from "../../stream/protocol.ts";
import type { DistrictMap } from "../shared/map.ts";
import type { Session } from "../shared/session.ts";
import { loadPast, type Past, positionAt } from "./past.ts";

const STEP_MS = 200;
/** Alerts of the past are redrawn so often; vehicles with every step. */
const ALERT_STEPS = 5;
/** The last picture stands for a moment before the round begins again. */
const REST_MS = 4_000;

/** Where the replay stands; null while the wall is live. */
export const replaying = signal<{ readonly at: Millis; readonly part: number; readonly loading: boolean } | null>(null);

type Stretch = NonNullable<WallOrder["replay"]>;

/** Plays a stretch of the past on the map, round and round, until it is stopped. Vehicles glide; alerts come and go. */
export function startReplay(session: Session, map: DistrictMap, { fromAt, toAt, seconds }: Stretch): { stop(): void } {
  const calledOff = new AbortController();
  let timer: ReturnType<typeof setInterval> | undefined;
  replaying.value = { at: fromAt, part: 0, loading: true };
  map.subjects.clear();
  map.drawAlerts([]);
  void loadPast(session, fromAt, toAt, calledOff.signal).then((past) => {
    if (!past) return;
    const beganAt = performance.now();
    let step = 0;
    timer = setInterval(() => {
      const elapsed = (performance.now() - beganAt) % (seconds * 1_000 + REST_MS);
      const part = Math.min(1, elapsed / (seconds * 1_000));
      const at = fromAt + part * (toAt - fromAt);
      replaying.value = { at, part, loading: false };
      drawVehicles(map, past, at);
      if (step++ % ALERT_STEPS === 0) map.drawAlerts(alertsAt(past.alerts, at));
    }, STEP_MS);
  });
  return {
    stop() {
      calledOff.abort();
      clearInterval(timer);
      replaying.value = null;
    },
  };
}

function drawVehicles(map: DistrictMap, { tracks }: Past, at: Millis): void {
  map.subjects.paceSeconds = STEP_MS / 1_000;
  for (const track of tracks) {
    const position = positionAt(track, at);
    if (position) map.subjects.put({ id: track.id, kind: "vehicle", state: "normal", ...position });
    else map.subjects.remove(track.id);
  }
}

/** Alerts as they stood then: what ended later had not ended. */
export function alertsAt(alerts: readonly AlertView[], at: Millis): AlertView[] {
  return alerts
    .filter(({ openedAt, clearedAt, closedAt }) => openedAt <= at && (clearedAt ?? closedAt ?? at + 1) > at)
    .map((alert) => ({ ...alert, clearedAt: null, closedAt: null }));
}
