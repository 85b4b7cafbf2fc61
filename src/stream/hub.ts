import type { Center } from "../center/access.ts";
import type { Revised } from "../center/revisions.ts";
import type { Role, Scope, Work } from "../domain/roles.ts";
import { seesPeople } from "./anonymous.ts";
import { type Connection, type StreamCounters, stateFrame } from "./connection.ts";
import { EVERY_MS, type StateFrame, type SubscribeFrame } from "./protocol.ts";
import { type AnyView, createTopics, type Topic } from "./topics.ts";
import type { Delta } from "./view.ts";

export interface HubParts {
  readonly center: Center;
  readonly counters: StreamCounters;
  readonly frameItems: number;
  readonly heartbeatMs: number;
  readonly slowMs: number;
  /** The database that answers questions about the past has not caught up. */
  readonly historyBehind: () => boolean;
  readonly closeSlow: (connection: Connection) => void;
}

export interface Viewer {
  readonly connection: Connection;
  readonly role: Role;
  readonly scope: Scope;
  /** Crews see their own work only. */
  readonly work?: Work | undefined;
  readonly tokenId: string;
}

interface Subscription {
  readonly id: string;
  readonly viewer: Viewer;
  readonly group: Group;
  /** What the client has; a delta continues from here. */
  rev: number;
  /** Ids of a snapshot that are still to be sent. */
  rest: string[] | null;
  /** Reading the past from the store; live frames wait. */
  loading: boolean;
  skipped: number;
  sentAt: number;
  closed: boolean;
  reset: StateFrame["reset"] | undefined;
}

/** Subscriptions to one view at one pace: flushed together, so that their frames are the same bytes. */
interface Group {
  readonly key: string;
  readonly view: AnyView;
  readonly everyMs: number;
  readonly members: Set<Subscription>;
  /** When it was last looked at, and when it last had something to say: only that uses up the screen's pace. */
  flushedAt: number;
  sentAt: number;
  timer: NodeJS.Timeout | null;
}

/** Answers to one question: frames by what they say and the subscription's id, deltas by where they begin. */
interface Shared {
  readonly frames: Map<string, Buffer>;
  readonly deltas: Map<number, Delta>;
}

const STORE_PAGE = 500;
/** A view that other records' changes do not concern looks this often whether its own have changed. */
const IDLE_LOOK_MS = 5;

/** Distributes what changed: lossless topics with every commit, the latest of others at each screen's own pace. */
export function createHub({ center, counters, frameItems, heartbeatMs, slowMs, historyBehind, closeSlow }: HubParts) {
  const topics = createTopics(center);
  const views = new Map<string, AnyView>();
  const groups = new Map<string, Group>();
  /** A device frame was due while a commit was under way: it waits for it. */
  const overdue = new Set<Group>();
  /** New subscriptions that came while a commit was under way. */
  let waiting: (() => void)[] = [];
  /** What was built at this very moment, for everybody who asks the same. */
  let shared = new Map<AnyView, Shared>();

  const viewFor = (topic: Topic, frame: SubscribeFrame, viewer: Viewer): AnyView => {
    const { filter, open } = topic.ask(frame.filter ?? {}, viewer);
    const eyes = seesPeople(viewer.role) ? "dispatcher" : "viewer";
    const key = JSON.stringify([frame.topic, eyes, viewer.scope, viewer.work, canonical(filter)]);
    let view = views.get(key);
    if (!view) {
      view = open(key, eyes);
      views.set(key, view);
    }
    return view;
  };

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

  const advance = (subscription: Subscription, evenEmpty: boolean) => {
    const { connection } = subscription.viewer;
    if (subscription.closed || subscription.loading) return;
    if (!connection.hasRoom()) {
      if (connection.tooFarBehind(slowMs)) {
        closeSlow(connection);
        return;
      }
      if (subscription.rev !== subscription.group.view.rev) {
        subscription.skipped++;
        counters.skipped++;
      }
      return;
    }
    if (subscription.rest) pumpSnapshot(subscription);
    else if (!subscription.group.view.canAnswer(subscription.rev)) startSnapshot(subscription);
    else sendDelta(subscription, evenEmpty);
  };

  const flush = (group: Group) => {
    overdue.delete(group);
    group.flushedAt = performance.now();
    group.view.update();
    for (const subscription of group.members) advance(subscription, false);
  };

  const dueNow = (group: Group): void => {
    group.timer = null;
    if (center.settled) {
      shared = new Map();
      flush(group);
    } else {
      overdue.add(group);
    }
  };

  center.onSettled(() => {
    shared = new Map();
    const starting = waiting;
    waiting = [];
    for (const start of starting) start();
    for (const group of groups.values()) {
      if (group.view.revisions.head === group.view.rev && !overdue.has(group) && group.everyMs > 0) continue;
      const wait = Math.max(group.sentAt + group.everyMs, group.flushedAt + IDLE_LOOK_MS) - performance.now();
      if (wait <= 0 || overdue.has(group)) flush(group);
      else group.timer ??= setTimeout(dueNow, wait, group);
    }
  });

  const heartbeat = setInterval(
    () => {
      shared = new Map();
      const now = performance.now();
      for (const group of groups.values()) {
        if (center.settled) group.view.update();
        for (const subscription of group.members) {
          if (now - subscription.sentAt < heartbeatMs - 100) continue;
          if (center.settled) {
            advance(subscription, true);
          } else if (!subscription.rest && !subscription.loading && subscription.viewer.connection.hasRoom()) {
            // A commit is under way, perhaps a long one: the time goes on, the state does not.
            const { rev } = subscription;
            send(subscription, `beat ${rev}`, () => ({ since: rev, rev, upsert: [], gone: [] }));
          }
        }
      }
    },
    Math.max(50, heartbeatMs / 5),
  );

  return {
    /** @throws ZodError on a filter that does not fit, UnknownTopic */
    subscribe(frame: SubscribeFrame, viewer: Viewer): () => void {
      const topic = topics.named(frame.topic);
      const view = viewFor(topic, frame, viewer);
      const everyMs = topic.lossless ? 0 : (frame.everyMs ?? EVERY_MS.preset);
      const key = `${everyMs} ${view.key}`;
      let group = groups.get(key);
      if (!group) {
        group = { key, view, everyMs, members: new Set(), flushedAt: 0, sentAt: 0, timer: null };
        groups.set(key, group);
      }
      const subscription: Subscription = {
        id: frame.id,
        viewer,
        group,
        rev: 0,
        rest: null,
        loading: false,
        skipped: 0,
        sentAt: 0,
        closed: false,
        reset: undefined,
      };
      group.members.add(subscription);
      counters.subscriptions++;
      begin(subscription, frame, topic);
      return () => {
        subscription.closed = true;
        counters.subscriptions--;
        group.members.delete(subscription);
        if (group.members.size > 0) return;
        if (group.timer) clearTimeout(group.timer);
        groups.delete(key);
        overdue.delete(group);
        if (![...groups.values()].some((other) => other.view === view)) views.delete(view.key);
      };
    },

    close(): void {
      clearInterval(heartbeat);
      for (const { timer } of groups.values()) if (timer) clearTimeout(timer);
    },
  };

  function begin(subscription: Subscription, { since }: SubscribeFrame, topic: Topic): void {
    const { view } = subscription.group;
    const start = () => {
      shared = new Map();
      view.update();
      if (!since || since.rev === 0) return startSnapshot(subscription);
      const { epoch, prunedRev } = center.store.restored;
      if (!topic.lossless) {
        // The latest of something is worth as long as the process lives; older positions start anew without further words.
        if (since.epoch !== epoch || !view.canAnswer(since.rev)) return startSnapshot(subscription);
      } else if (since.epoch !== epoch || since.rev > view.revisions.head) {
        subscription.reset = "epoch";
        return startSnapshot(subscription);
      } else if (since.rev < prunedRev) {
        subscription.reset = "expired";
        return startSnapshot(subscription);
      }
      subscription.rev = since.rev;
      if (view.canAnswer(since.rev)) return sendDelta(subscription, true);
      void loadPast(subscription).catch(() => {
        subscription.loading = false;
      });
    };
    if (center.settled) start();
    else {
      subscription.loading = true;
      waiting.push(() => {
        subscription.loading = false;
        if (!subscription.closed) start();
      });
    }
  }
}

export type Hub = ReturnType<typeof createHub>;

/** The same filter written in another order is the same question. */
function canonical(filter: object): unknown {
  return Object.entries(filter)
    .map(([name, value]) => [name, Array.isArray(value) && name !== "bbox" ? [...value].sort() : value])
    .sort();
}
