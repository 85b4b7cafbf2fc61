import type { Center } from "../center/access.ts";
import type { Millis } from "../domain/time.ts";
import type { ReplayFrame, ReplayOrder } from "../stream/protocol.ts";
import { createPast, type PastPage } from "./past.ts";
import { Scene } from "./scene.ts";

export interface ReplayWindow {
  readonly from: Millis;
  readonly to: Millis;
  /** Replayed seconds per real second. */
  readonly speed: number;
  /** Why people are to be seen as well; without one they have no names here. */
  readonly reason: string | null;
}

export interface ReplayParts {
  readonly center: Center;
  readonly window: ReplayWindow;
  /** How far back the state at the beginning is looked for: what was silent for longer is not known yet. */
  readonly lookBackMs: Millis;
  /** Another scene stands: screens must start anew from it. */
  readonly onScene: (scene: Scene) => void;
  readonly onStatus: (frame: ReplayFrame) => void;
  /** The past could not be read. */
  readonly onFailure: (error: unknown) => void;
}

const TICK_MS = 40;
/** A replay works at most so long at a time: what happens now always goes first. It slows down instead. */
const WORK_MS = 6;
/** A tick that came late moves on by at most so many: the machine was busy, the picture must not jump. */
const LONGEST_LEAP = 5;

/** Plays a stretch of the past, with pause, speed and jumps. Screens see it through the stream they know. */
export function startReplay({ center, window, lookBackMs, onScene, onStatus, onFailure }: ReplayParts) {
  const ending = new AbortController();
  let { speed } = window;
  let paused = false;
  let scene: Scene | null = null;
  let page: PastPage | null = null;
  let position = 0;
  let coming: Promise<PastPage> | null = null;
  let loading = false;
  /** Revisions of subjects go on rising over jumps, so that no screen takes an old state for a newer one. */
  let firstRev = 1;
  let jumps = 0;
  let past = createPast(center, ending.signal);

  const tellStatus = () => {
    const now = scene?.now ?? window.from;
    onStatus({ type: "replay", from: window.from, to: window.to, now, speed, paused, ended: now >= window.to });
  };

  const fail = (error: unknown) => {
    if (!ending.signal.aborted) onFailure(error);
  };

  /** Puts the scene at an instant. A jump that is overtaken by another one is dropped. */
  const jump = async (at: Millis): Promise<void> => {
    const mine = ++jumps;
    scene = null;
    page = null;
    coming = null;
    past = createPast(center, ending.signal);
    const [alerts, readings] = await Promise.all([past.alertsAt(at), past.readings(at - lookBackMs, at + 1)]);
    if (mine !== jumps || ending.signal.aborted) return;
    const next = new Scene(center, at, firstRev);
    next.begin(alerts, readings);
    firstRev = next.center.subjects.head + 1;
    scene = next;
    onScene(next);
    tellStatus();
  };

  const nextPage = async (of: Scene): Promise<void> => {
    loading = true;
    const arrived = await (coming ?? past.page(of.now, window.to));
    loading = false;
    if (of !== scene) return;
    page = arrived;
    position = 0;
    // The page after this one is read while this one plays.
    coming = arrived.to < window.to ? past.page(arrived.to, window.to) : null;
    coming?.catch(fail);
  };

  let lastTick = performance.now();
  const tick = () => {
    const elapsed = Math.min(performance.now() - lastTick, TICK_MS * LONGEST_LEAP);
    lastTick = performance.now();
    if (!scene || paused || loading || scene.now >= window.to) return;
    if (!page || (position >= page.happenings.length && scene.now >= page.to)) {
      nextPage(scene).catch(fail);
      return;
    }
    const target = Math.min(page.to, scene.now + elapsed * speed);
    const deadline = performance.now() + WORK_MS;
    let reached = target;
    for (; position < page.happenings.length; position++) {
      const happening = page.happenings[position];
      if (!happening || happening.at > target) break;
      if (performance.now() > deadline) {
        reached = Math.max(scene.now, happening.at - 1);
        break;
      }
      scene.happen(happening);
    }
    scene.show(reached);
    if (scene.now >= window.to) tellStatus();
  };
  const ticking = setInterval(tick, TICK_MS);
  jump(window.from).catch(fail);

  return {
    control({ at, speed: wanted, paused: pause }: ReplayOrder): void {
      if (wanted !== undefined) speed = wanted;
      if (pause !== undefined) paused = pause;
      if (at !== undefined) jump(Math.min(window.to, Math.max(window.from, at))).catch(fail);
      else tellStatus();
    },
    stop(): void {
      clearInterval(ticking);
      ending.abort();
    },
  };
}
export type Replay = ReturnType<typeof startReplay>;
