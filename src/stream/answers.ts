import type { Center } from "../center/access.ts";
import type { Revised } from "../center/revisions.ts";
import { type StreamCounters, stateFrame } from "./connection.ts";
import type { StateFrame } from "./protocol.ts";
import type { Subscription } from "./subscription.ts";
import type { AnyView } from "./topics.ts";
import type { Delta } from "./view.ts";

/** Answers to one question: frames by what they say and the subscription's id, deltas by where they begin. */
interface Shared {
  readonly frames: Map<string, Buffer>;
  readonly deltas: Map<number, Delta>;
}

const STORE_PAGE = 500;

export interface AnswersParts {
  readonly center: Center;
  readonly counters: StreamCounters;
  readonly frameItems: number;
  /** The database that answers questions about the past has not caught up. */
  readonly historyBehind: () => boolean;
}

/** Gives a subscription what it lacks: a snapshot in parts, what changed since, the past out of the store, a heartbeat. */
export function createAnswers({ center, counters, frameItems, historyBehind }: AnswersParts) {
  /** What was built at this very moment, for everybody who asks the same. */
  let shared = new Map<AnyView, Shared>();

  const sharedOf = (view: AnyView): Shared => {
    let known = shared.get(view);
    if (!known) {
      known = { frames: new Map(), deltas: new Map() };
      shared.set(view, known);
    }
    return known;
  };

  const healthOf = (): Pick<StateFrame, "health"> => {
    if (center.health.storeFailing) return { health: "storeFailing" };
    return historyBehind() ? { health: "historyBehind" } : {};
  };

  const send = (subscription: Subscription, key: string, build: () => Omit<StateFrame, "id" | "type" | "now">) => {
    const { viewer, id, group } = subscription;
    const special = subscription.skipped > 0 || subscription.reset !== undefined;
    const { frames } = sharedOf(group.view);
    const sharedKey = `${key} ${id}`;
    let frame = special ? undefined : frames.get(sharedKey);
    if (!frame) {
      counters.serialised++;
      frame = stateFrame({
        type: "state",
        id,
        ...build(),
        now: center.clock.now(),
        ...(subscription.reset !== undefined && { reset: subscription.reset }),
        ...(subscription.skipped > 0 && { skipped: subscription.skipped }),
        ...healthOf(),
      });
      if (!special) frames.set(sharedKey, frame);
    }
    subscription.skipped = 0;
    subscription.reset = undefined;
    subscription.sentAt = performance.now();
    viewer.connection.write(frame);
  };

  /** Sends parts of a snapshot as long as the socket takes them. */
  const pumpSnapshot = (subscription: Subscription): void => {
    const { group, rev, viewer } = subscription;
    while (subscription.rest && viewer.connection.hasRoom()) {
      const ids = subscription.rest.splice(0, frameItems);
      const more = subscription.rest.length > 0;
      const upsert = ids.map((id) => group.view.show(id)).filter((item) => item !== undefined);
      // Parts are shared by those who start at the same revision and get them in the same turn.
      send(subscription, `snapshot ${rev} ${ids[0] ?? ""}`, () => ({
        since: 0,
        rev,
        upsert,
        gone: [],
        ...(more && { more }),
      }));
      if (!more) subscription.rest = null;
    }
  };

  const startSnapshot = (subscription: Subscription) => {
    const { view } = subscription.group;
    view.update();
    subscription.rev = view.rev;
    subscription.rest = view.memberIds();
    if (subscription.rest.length === 0) {
      subscription.rest = null;
      send(subscription, `empty ${view.rev}`, () => ({ since: 0, rev: view.rev, upsert: [], gone: [] }));
      return;
    }
    pumpSnapshot(subscription);
  };

  /** Reads what changed before this process started from the store, page by page. */
  const loadPast = async (subscription: Subscription): Promise<void> => {
    const { view } = subscription.group as { view: AnyView };
    subscription.loading = true;
    while (!subscription.closed && subscription.rev < view.revisions.floor) {
      const page = await center.store.alertsSince(subscription.rev, STORE_PAGE);
      const upsert: unknown[] = [];
      const gone: string[] = [];
      for (const alert of page) {
        const judged = view.judge(alert as unknown as Revised);
        if ("upsert" in judged) upsert.push(judged.upsert);
        else gone.push(judged.gone);
      }
      if (subscription.closed) return;
      const since = subscription.rev;
      subscription.rev =
        page.length < STORE_PAGE ? Math.max(page.at(-1)?.rev ?? 0, view.revisions.floor) : (page.at(-1)?.rev ?? 0);
      send(subscription, `past ${since} ${subscription.rev}`, () => ({ since, rev: subscription.rev, upsert, gone }));
    }
    subscription.loading = false;
  };

  const sendDelta = (subscription: Subscription, evenEmpty: boolean) => {
    const { view } = subscription.group;
    const since = subscription.rev;
    if (since === view.rev && !evenEmpty) return;
    const { deltas } = sharedOf(view);
    let delta = deltas.get(since);
    if (!delta) {
      delta = view.delta(since);
      deltas.set(since, delta);
    }
    const { upsert, gone } = delta;
    const nothing = upsert.length === 0 && gone.length === 0;
    if (nothing && !evenEmpty) return;
    if (!nothing) subscription.group.sentAt = performance.now();
    send(subscription, `delta ${since} ${view.rev}`, () => ({ since, rev: view.rev, upsert, gone }));
    subscription.rev = view.rev;
  };

  return {
    /** The state has moved on: what was built before is no longer shared. */
    anew: (): void => {
      shared = new Map();
    },
    startSnapshot,
    pumpSnapshot,
    loadPast,
    sendDelta,
    /** The time goes on, the state does not. */
    beat(subscription: Subscription): void {
      const { rev } = subscription;
      send(subscription, `beat ${rev}`, () => ({ since: rev, rev, upsert: [], gone: [] }));
    },
  };
}
