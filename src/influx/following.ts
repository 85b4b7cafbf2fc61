import "../store/compile-cache.ts";
import { type MessagePort, Worker } from "node:worker_threads";
import type { CalendarSettings } from "../domain/calendar.ts";
import type { Millis } from "../domain/time.ts";
import type { FollowerStatus } from "./follower.ts";
import type { InfluxTarget } from "./sender.ts";

export interface FollowingOptions {
  readonly target: InfluxTarget;
  readonly personal: boolean;
  readonly linesAtOnce: number;
  /** How often it looks for news when there were none. */
  readonly everyMs: Millis;
  readonly firstPauseMs: Millis;
  readonly longestPauseMs: Millis;
  readonly figures: {
    readonly everyMs: Millis;
    readonly desks: number;
    readonly calendar: Pick<CalendarSettings, "timeZone" | "dayStartsMinutes">;
  };
}

/** InfluxDB as a follower of the journal, seen from the center. */
export interface Following extends AsyncDisposable {
  /** As of a second ago at most. */
  readonly status: FollowerStatus;
  /** Sends everything that was ever committed again: the bucket was lost, or is a new one. */
  tellAnew(): void;
}

/** Before anything was delivered. */
export const unfollowed: FollowerStatus = {
  stuck: null,
  oldestAt: null,
  entries: 0,
  rereading: false,
  counters: { requests: { taken: 0, later: 0, tooLarge: 0, refused: 0, notAllowed: 0 }, lines: 0, refused: 0 },
};

/**
 * Starts the follower's thread. A bug in it is shown and the thread started again: it must never stop the center.
 * @param door opens a door of the store (`SqliteStore.door`)
 */
export function startFollowing(
  door: () => MessagePort,
  options: FollowingOptions,
  failed: (error: unknown) => void,
): Following {
  let status = unfollowed;
  let ending = false;
  /** Everything is to be told anew, and the thread has not said yet that it does. */
  let asked = false;
  let restart: NodeJS.Timeout | undefined;
  let worker: Worker;
  const start = () => {
    const port = door();
    worker = new Worker(new URL("./influx-worker.ts", import.meta.url), {
      workerData: { options, door: port },
      transferList: [port],
    });
    worker.on("message", (news: FollowerStatus) => {
      if (news.rereading) asked = false;
      status = asked ? { ...news, rereading: true } : news;
    });
    worker.on("error", (error) => {
      failed(error);
      asked = false;
      const reason = `stopped, starts again: ${(error as Error).message}`;
      status = { ...status, stuck: { is: "waiting", reason, since: Date.now() } };
      if (!ending) restart = setTimeout(start, options.longestPauseMs);
    });
  };
  start();
  return {
    get status() {
      return status;
    },
    tellAnew() {
      asked = true;
      status = { ...status, rereading: true };
      worker.postMessage("anew");
    },
    async [Symbol.asyncDispose]() {
      ending = true;
      clearTimeout(restart);
      if (worker.threadId < 0) return;
      const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage("end");
      await gone;
    },
  };
}
