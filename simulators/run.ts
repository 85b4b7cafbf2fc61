import { type Millis, SECOND } from "../src/domain/time.ts";
import type { Operator } from "./orders.ts";
import type { Outgoing, Player } from "./player.ts";
import type { OwnCenter } from "./session.ts";
import type { Transport } from "./transport.ts";

export interface RunOptions {
  readonly player: Pick<Player, "nextAt" | "due">;
  readonly transport: Transport;
  readonly startAt: Millis;
  readonly endAt: Millis;
  /** Called now and then with the simulated time. */
  readonly onProgress?: (at: Millis) => void;
  readonly signal?: AbortSignal;
  /** What operators do meanwhile; only in lockstep. */
  readonly operator?: Operator;
}

/** As many messages may wait for their receipt; a slower broker slows the playing down instead of filling memory. */
const UNRECEIPTED = 5_000;
const PROGRESS_MS = 3_000;
const DRAIN_PATIENCE_MS = 10_000;

/**
 * Plays on a center of our own: what is due within a step is published and receipted before the clock moves on, so the
 * outcome does not depend on how fast the machine is.
 * @param speed simulated seconds per real second; undefined is as fast as possible
 */
export async function playLockstep(own: OwnCenter, stepMs: Millis, options: RunOptions, speed?: number): Promise<void> {
  const { player, transport, startAt, endAt, onProgress, signal, operator } = options;
  const realStart = performance.now();
  const progress = progressTicker(onProgress);
  let at = startAt;
  while (at < endAt && !signal?.aborted) {
    if (speed !== undefined) await sleep((at - startAt) / speed - (performance.now() - realStart));
    const ordersAt = operator?.nextAt ?? Number.POSITIVE_INFINITY;
    if (Math.min(player.nextAt, ordersAt) > at + stepMs) {
      // Nobody speaks for a while: cross the quiet from one deadline to the next, up to just before the next word.
      const nextDueAt = own.running.center.nextDueAt ?? Number.POSITIVE_INFINITY;
      at = Math.min(endAt, player.nextAt - 1, ordersAt - 1, Math.max(nextDueAt, at + 1));
      await own.advanceTo(at);
      progress(at);
      continue;
    }
    const until = Math.min(endAt, at + stepMs);
    publishAll(transport, player.due(until));
    await transport.settled();
    await own.advanceTo(until);
    await operator?.run(until);
    at = until;
    progress(at);
  }
}

/** Plays against a clock that runs: each message leaves when its time has come, `speed` times faster than real time. */
export async function playLive(options: RunOptions, speed: number): Promise<void> {
  const { player, transport, startAt, endAt, onProgress, signal } = options;
  const realStart = performance.now();
  const progress = progressTicker(onProgress);
  for (;;) {
    const at = Math.min(endAt, startAt + (performance.now() - realStart) * speed);
    publishAll(transport, player.due(at));
    if (transport.counts.sent - transport.counts.receipted - transport.counts.failed > UNRECEIPTED) {
      await Promise.race([transport.settled(), sleep(SECOND)]);
    }
    progress(at);
    if (at >= endAt || signal?.aborted) break;
    const wait = (Math.min(player.nextAt, endAt) - startAt) / speed - (performance.now() - realStart);
    await sleep(Math.min(250, Math.max(5, wait)));
  }
  await drain(transport);
}

/** Lets people do what they do beside a clock that runs, until they are told to stop. */
export async function workLive(operator: Operator, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await operator.run(Date.now());
    await sleep(Math.min(SECOND, Math.max(50, operator.nextAt - Date.now())));
  }
}

/** Waits for outstanding receipts as long as any come: a center may slow a gateway down that sends too fast. */
async function drain(transport: Transport): Promise<void> {
  const settled = transport.settled().then(() => true);
  for (let before = -1; before !== transport.counts.receipted; ) {
    before = transport.counts.receipted;
    if (await Promise.race([settled, sleep(DRAIN_PATIENCE_MS)])) return;
  }
}

function publishAll(transport: Transport, messages: readonly Outgoing[]): void {
  for (const { login, topic, payload } of messages) {
    // A lost connection is counted by the transport; the devices go on.
    transport.publish(login, topic, payload).catch(() => {});
  }
}

function progressTicker(onProgress: RunOptions["onProgress"]): (at: Millis) => void {
  let shownAt = performance.now();
  return (at) => {
    if (!onProgress || performance.now() - shownAt < PROGRESS_MS) return;
    shownAt = performance.now();
    onProgress(at);
  };
}

const sleep = (ms: number): Promise<void> =>
  ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
