import { setPriority } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { createCalendar } from "../domain/calendar.ts";
import type { Millis } from "../domain/time.ts";
import { createPeriods } from "../kpi/periods.ts";
import { openJournal } from "../store/sqlite-store.ts";
import { StoreUnavailable } from "../store/store.ts";
import { createDelivery } from "./delivery.ts";
import { createFollower, type FollowerStatus } from "./follower.ts";
import type { FollowingOptions } from "./following.ts";
import { createSender } from "./sender.ts";

/** The follower's own thread: building lines and compressing them costs the center's loop nothing. */

const { options, door } = workerData as { options: FollowingOptions; door: MessagePort };
const STATUS_EVERY_MS = 1_000;
/** On Linux this is the thread's own: catching up uses what ingest leaves over. */
const NICE = 10;

try {
  setPriority(NICE);
} catch {
  // Not allowed here: it follows with the same right as everybody.
}

const ended = new AbortController();
let wake: (() => void) | null = null;
let anew = false;
let stuck: FollowerStatus["stuck"] = null;

const pause = (ms: Millis): Promise<void> =>
  new Promise((resolve, reject) => {
    ended.signal.throwIfAborted();
    const done = () => {
      clearTimeout(timer);
      wake = null;
      if (ended.signal.aborted) reject(ended.signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    wake = done;
  });

const sender = createSender(options.target, options.linesAtOnce);
const delivery = createDelivery({
  sender,
  linesAtOnce: options.linesAtOnce,
  firstPauseMs: options.firstPauseMs,
  longestPauseMs: options.longestPauseMs,
  random: Math.random,
  pause,
  stuck(why) {
    if (why?.is === stuck?.is && why?.reason === stuck?.reason) return;
    stuck = why && { ...why, since: stuck?.since ?? Date.now() };
    report();
  },
});
const follower = await createFollower({
  journal: openJournal(door),
  deliver: delivery.deliver,
  personal: options.personal,
  linesAtOnce: options.linesAtOnce,
  figures: { periods: createPeriods(createCalendar(options.figures.calendar)), desks: options.figures.desks },
  figuresEveryMs: options.figures.everyMs,
  now: Date.now,
});

function report(): void {
  const status: FollowerStatus = { stuck, ...follower.progress, counters: delivery.counters };
  parentPort?.postMessage(status);
}

parentPort?.on("message", (message: "anew" | "wake" | "end") => {
  if (message === "anew") anew = true;
  if (message === "end") {
    ended.abort();
    // A request that hangs would keep the center from ending in time.
    sender.close();
  }
  wake?.();
});

const reporting = setInterval(() => {
  // A journal that does not answer is told of by the round that waits for it as well.
  follower.recount().then(report, report);
}, STATUS_EVERY_MS);
try {
  while (!ended.signal.aborted) {
    if (anew) {
      anew = false;
      await follower.tellAnew();
      report();
    }
    try {
      const worked = await follower.round();
      report();
      if (!worked) await pause(options.everyMs);
    } catch (error) {
      // The journal's own disk is full: what was delivered meanwhile is sent again later, which changes nothing.
      if (!(error instanceof StoreUnavailable)) throw error;
      await pause(options.firstPauseMs);
    }
  }
} catch (error) {
  if (!ended.signal.aborted) throw error;
} finally {
  clearInterval(reporting);
  sender.close();
  door.close();
  parentPort?.close();
}
