import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { DAY, HOUR, SECOND } from "../src/domain/time.ts";
import { ReadingWriter } from "../src/store/readings.ts";
import { openStore, type SqliteOptions, type SqliteStore } from "../src/store/sqlite-store.ts";
import type { Print } from "./index.ts";
import { BINS, batchOf, FIRST_BIN, median, quantile, TRACKERS, trackerReading } from "./store-data.ts";

const COLD_LOOKS = 10;
const WARM_LOOKS = 20;
const WINDOW_MS = 300 * SECOND;

/**
 * Lets the operating system forget the pages of a file (posix_fadvise), which needs no right but to read it.
 * @returns whether it could be asked to
 */
function forgetPages(path: string): boolean {
  try {
    execFileSync("dd", [`if=${path}`, "iflag=nocache", "count=0", "status=none"]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Series of a week, cold and warm. Cold: nobody has asked for the device before, and the file's pages are not in the page
 * cache; in a center that has been running, and in one that has just started and runs this code for the first time.
 */
export async function askForSeries(options: SqliteOptions, to: number, span: number, print: Print): Promise<void> {
  const path = join(options.directory, "kerbside.db");
  const from = to - Math.min(7 * DAY, span);
  const days = Math.round((to - from) / DAY);
  const expected = Math.floor((to - from) / WINDOW_MS) - 2;
  const ask = async (store: SqliteStore, device: number, everyMs: number, times: number[]) => {
    const at = performance.now();
    const { points } = await store.series({ device, metric: "speedKmh", from, to, everyMs, aggregate: "mean" });
    times.push(performance.now() - at);
    if (everyMs === WINDOW_MS && points.length < expected) throw new Error("the series has holes");
  };
  const deviceOf = (look: number) => 1 + ((look * 37) % TRACKERS);
  const cold = (what: string, times: number[], dropped: boolean) => {
    const how = dropped ? "page cache dropped" : "the page cache could not be dropped";
    const worst = Math.max(...times).toFixed(1);
    print(`${days}-day series by 5 minutes, cold, ${what}`, median(times), "ms", `${how}; worst ${worst}; aim ≤ 20 ms`);
  };

  const starting: number[] = [];
  let dropped = true;
  for (let look = 0; look < COLD_LOOKS; look++) {
    await using store = await openStore(options);
    dropped = forgetPages(path) && dropped;
    await ask(store, deviceOf(look), WINDOW_MS, starting);
  }
  const running: number[] = [];
  {
    await using store = await openStore(options);
    for (let look = 0; look < 2 * COLD_LOOKS; look++) await ask(store, deviceOf(look), WINDOW_MS, []);
    for (let look = 2 * COLD_LOOKS; look < 3 * COLD_LOOKS; look++) {
      dropped = forgetPages(path) && dropped;
      await ask(store, deviceOf(look), WINDOW_MS, running);
    }
  }
  cold("running", running, dropped);
  cold("just started", starting, dropped);

  await using store = await openStore(options);
  const warm: number[] = [];
  const byDay: number[] = [];
  const raw: number[] = [];
  for (let look = 0; look < WARM_LOOKS; look++) {
    const device = deviceOf(look);
    await ask(store, device, WINDOW_MS, []);
    await ask(store, device, WINDOW_MS, warm);
    await ask(store, device, DAY, byDay);
    // Windows that no tier fits: answered from the readings themselves.
    await ask(store, device, 7 * SECOND, raw);
  }
  print(`${days}-day series by 5 minutes, warm`, median(warm), "ms", "median; aim ≤ 5 ms");
  print(`${days}-day series by days`, median(byDay), "ms", "median");
  print(`${days}-day series by 7 seconds, from readings`, median(raw), "ms", "median; no tier fits");
}

/** What all bins said last: now, and as of some hours before the end. */
export async function askForLatest(store: SqliteStore, to: number, print: Print): Promise<void> {
  const devices = Array.from({ length: BINS }, (_, n) => FIRST_BIN + n);
  const ask = async (until: number, looks: number) => {
    const times: number[] = [];
    for (let look = 0; look < looks; look++) {
      const at = performance.now();
      const { value } = await store.latest({ devices, metric: "fillPct", from: until - DAY, to: until });
      times.push(performance.now() - at);
      if (value.some(Number.isNaN)) throw new Error("a bin has no latest reading");
    }
    return times;
  };
  const now = await ask(to + HOUR, WARM_LOOKS);
  print("latest reading of 30,000 subjects", median(now), "ms", `first ${now[0]?.toFixed(1)} ms; aim ≤ 50 ms`);
  const past = await ask(to - 12 * HOUR, 3);
  print("the same as of twelve hours before", median(past), "ms", "from chunks, in pieces between commits");
}

const COMMIT_READINGS = 200;
const QUIET_COMMITS = 400;
const MOST_COMMITS = 20_000;

/** How long commits take until something is over. */
async function commitTimes(store: SqliteStore, until: Promise<unknown>, startAt: number): Promise<number[]> {
  const found: number[] = [];
  let over = false;
  until.then(() => {
    over = true;
  });
  for (let n = 0; (!over || found.length < QUIET_COMMITS) && found.length < MOST_COMMITS; n++) {
    const writer = new ReadingWriter();
    for (let i = 0; i < COMMIT_READINGS; i++) writer.append(trackerReading(startAt + n * COMMIT_READINGS + i));
    const at = performance.now();
    await store.commit(batchOf(writer));
    found.push(performance.now() - at);
  }
  return found;
}

/** Work in the background beside commits: a receipt waits for its commit and for nothing else. */
export async function commitBeside(
  store: SqliteStore,
  work: { readonly what: string; run(): Promise<void> },
  startAt: number,
  print: Print,
): Promise<void> {
  const quiet = quantile(await commitTimes(store, Promise.resolve(), startAt), 0.99);
  const startedAt = performance.now();
  let tookMs = 0;
  const running = work.run().then(() => {
    tookMs = performance.now() - startedAt;
  });
  const times = await commitTimes(store, running, startAt + 1e7);
  await running;
  const busy = quantile(times, 0.99);
  const ratio = `${(busy / quiet).toFixed(1)} × the ${quiet.toFixed(2)} ms without; it took ${(tookMs / 1_000).toFixed(1)} s`;
  print(`commit of ${COMMIT_READINGS} readings ${work.what}, p99`, busy, "ms", ratio);
}
