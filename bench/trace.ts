import type { Browser, Page } from "playwright-core";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Processor time of the thread, microseconds; what it waited for the graphics process is not in it. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

export interface FrameCost {
  readonly framesPerSecond: number;
  /** Main-thread processor time of the task that makes a frame: callbacks, style, layout, paint; milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly frames: number;
  /** All else the main thread does: frames of the stream, timers, charts; milliseconds a second. */
  readonly besidesPerSecond: number;
}

const CATEGORIES = [
  "toplevel",
  "devtools.timeline",
  "disabled-by-default-devtools.timeline",
  "disabled-by-default-devtools.timeline.frame",
];

/** What a page's main thread does per frame, from Chromium's own trace of a stretch of time. */
export async function frameCost(browser: Browser, page: Page, seconds: number): Promise<FrameCost> {
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.waitForTimeout(seconds * 1_000);
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const mains = new Set(
    traceEvents.filter(({ ph, args }) => ph === "M" && args?.name === "CrRendererMain").map(threadOf),
  );
  // The page's renderer is the one that draws; spare ones stand by.
  const begins = traceEvents.filter((event) => event.name === "BeginMainThreadFrame" && mains.has(threadOf(event)));
  const perThread = Map.groupBy(begins, threadOf);
  const [main] = [...perThread].sort(([, a], [, b]) => b.length - a.length)[0] ?? [""];
  const starts = (perThread.get(main) ?? []).map(({ ts }) => ts).sort((a, b) => a - b);
  const costs: number[] = [];
  let besides = 0;
  for (const event of traceEvents) {
    if (event.name !== "RunTask" && event.name !== "ThreadControllerImpl::RunTask") continue;
    if (event.ph !== "X" || threadOf(event) !== main) continue;
    const cost = (event.tdur ?? event.dur ?? 0) / 1_000;
    const begun = frameAt(starts, event.ts + (event.dur ?? 0));
    if (begun >= 0 && (starts[begun] as number) >= event.ts) costs.push(cost);
    else besides += cost;
  }
  costs.sort((one, other) => one - other);
  const share = (part: number) => costs[Math.min(costs.length - 1, Math.floor(costs.length * part))] ?? Number.NaN;
  return {
    framesPerSecond: starts.length / seconds,
    p50: share(0.5),
    p95: share(0.95),
    frames: costs.length,
    besidesPerSecond: besides / seconds,
  };
}

/** Index of the last frame that had begun by a moment. */
function frameAt(starts: readonly number[], ts: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= ts) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
