import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import { atLeast, type Token } from "../domain/roles.ts";
import { DAY, MINUTE, type Millis } from "../domain/time.ts";
import type { ErrorFrame, ReplayFrame } from "../stream/protocol.ts";
import { type Replay, type ReplayWindow, startReplay } from "./replay.ts";

export type { Replay, ReplayWindow } from "./replay.ts";

/** Where a WebSocket asks for the past. */
export const REPLAY = "/api/v1/tracks/replay";
const REASON_LETTERS = 500;
const SPEED = { least: 1, most: 3_600, preset: 60 } as const;

/** `?from=…&to=…&speed=…&reason=…`, times as epoch milliseconds or ISO 8601; null when they make no sense. */
export function readWindow(query: URLSearchParams): ReplayWindow | null {
  const instant = (name: string): Millis => {
    const given = query.get(name) ?? "";
    return /^\d+$/.test(given) ? Number(given) : Date.parse(given);
  };
  const from = instant("from");
  const to = instant("to");
  const speed = Number(query.get("speed") ?? SPEED.preset);
  const sound = from < to && speed >= SPEED.least && speed <= SPEED.most;
  return sound ? { from, to, speed, reason: query.get("reason")?.slice(0, REASON_LETTERS) || null } : null;
}

export interface ReplayScreen {
  /** Another scene stands: it answers as a center does. */
  onScene(scene: Center): void;
  onStatus(frame: ReplayFrame): void;
  onFailure(error: unknown): void;
}

/** Opens the past for screens, as many at a time and as much of it as the settings allow. */
export function createReplays(center: Center, config: Config) {
  let open = 0;
  return {
    /** What a replay can show: numbers reckoned live (KPIs, duty) are not part of it. */
    topics: new Set(["alerts", "devices", "marks", "cells"]) as ReadonlySet<string>,

    /** Why this window is not played, or null. */
    refuse({ from, to }: ReplayWindow): Omit<ErrorFrame, "type"> | null {
      if (to - from > config.REPLAY_DAYS * DAY) {
        return { code: "invalid", message: `a replay covers at most ${config.REPLAY_DAYS} days` };
      }
      if (from >= center.clock.now()) return { code: "invalid", message: "from must lie in the past" };
      if (open < config.REPLAY_SESSIONS) return null;
      return { code: "tooMany", message: `at most ${config.REPLAY_SESSIONS} replays at a time; try again later` };
    },

    open(window: ReplayWindow, token: Token, { onScene, onStatus, onFailure }: ReplayScreen): Replay {
      open++;
      const to = Math.min(window.to, center.clock.now());
      // Who sees people sees where they went: that look is written down, with its reason.
      const { from, reason } = window;
      if (reason !== null && atLeast(token.role, "dispatcher")) {
        const details = { from, to, reason };
        center
          .operate((at, changes) =>
            changes.audit.push({ at, actor: `user:${token.name}`, action: "replay", target: "district", details }),
          )
          .catch(onFailure);
      }
      const replay = startReplay({
        center,
        window: { ...window, to },
        lookBackMs: config.REPLAY_LOOK_BACK_MINUTES * MINUTE,
        onScene: (scene) => onScene(scene.center),
        onStatus,
        onFailure,
      });
      let running = true;
      return {
        control: replay.control,
        stop() {
          if (running) open--;
          running = false;
          replay.stop();
        },
      };
    },
  };
}
export type Replays = ReturnType<typeof createReplays>;
