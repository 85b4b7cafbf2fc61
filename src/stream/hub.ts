import { seesPeople } from "./anonymous.ts";
import { type AnswersParts, createAnswers } from "./answers.ts";
import type { Connection } from "./connection.ts";
import { EVERY_MS, type SubscribeFrame } from "./protocol.ts";
import type { Group, Subscription, Viewer } from "./subscription.ts";
import { type AnyView, createTopics, type Topic } from "./topics.ts";

export interface HubParts extends AnswersParts {
  readonly heartbeatMs: number;
  readonly slowMs: number;
  readonly closeSlow: (connection: Connection) => void;
}

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
  const answers = createAnswers({ center, counters, frameItems, historyBehind });

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
    if (subscription.rest) answers.pumpSnapshot(subscription);
    else if (!subscription.group.view.canAnswer(subscription.rev)) answers.startSnapshot(subscription);
    else answers.sendDelta(subscription, evenEmpty);
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
      answers.anew();
      flush(group);
    } else {
      overdue.add(group);
    }
  };

  center.onSettled(() => {
    answers.anew();
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
      answers.anew();
      const now = performance.now();
      for (const group of groups.values()) {
        if (center.settled) group.view.update();
        for (const subscription of group.members) {
          if (now - subscription.sentAt < heartbeatMs - 100) continue;
          if (center.settled) {
            advance(subscription, true);
          } else if (!subscription.rest && !subscription.loading && subscription.viewer.connection.hasRoom()) {
            // A commit is under way, perhaps a long one.
            answers.beat(subscription);
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
      answers.anew();
      view.update();
      if (!since || since.rev === 0) return answers.startSnapshot(subscription);
      const { epoch, prunedRev } = center.store.restored;
      if (!topic.lossless) {
        // The latest of something is worth as long as the process lives; older positions start anew without further words.
        if (since.epoch !== epoch || !view.canAnswer(since.rev)) return answers.startSnapshot(subscription);
      } else if (since.epoch !== epoch || since.rev > view.revisions.head) {
        subscription.reset = "epoch";
        return answers.startSnapshot(subscription);
      } else if (since.rev < prunedRev) {
        subscription.reset = "expired";
        return answers.startSnapshot(subscription);
      }
      subscription.rev = since.rev;
      if (view.canAnswer(since.rev)) return answers.sendDelta(subscription, true);
      void answers.loadPast(subscription).catch(() => {
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
