import { closeCodes } from "./close-codes.ts";
import type {
  ErrorFrame,
  HelloFrame,
  ReplayFrame,
  ReplayOrder,
  ServerFrame,
  StateFrame,
  TopicName,
  Topics,
} from "./protocol.ts";

/** The part of a WebSocket the client needs; browsers, Node and the package `ws` all have it. */
interface Socket {
  send(text: string): void;
  close(code?: number): void;
  addEventListener(type: "open" | "close" | "error", listener: (event: { code?: number }) => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
}

export interface ConnectOptions {
  /** `ws://…/api/v1/stream`, or `ws://…/api/v1/tracks/replay?from=…&to=…&speed=…` for the past. */
  readonly url: string;
  readonly token: string;
  readonly WebSocket?: new (url: string) => Socket;
  /** Every frame, before it is folded. */
  readonly onFrame?: (frame: StateFrame) => void;
  readonly onError?: (error: ErrorFrame) => void;
  /** Where a replay stands. */
  readonly onReplay?: (frame: ReplayFrame) => void;
  readonly onStatus?: (status: Status) => void;
}

/** `refused`: the token does not open the stream; trying again would not help. */
export type Status = "connecting" | "live" | "waiting" | "refused" | "closed";

export interface View<T> {
  readonly items: ReadonlyMap<string, T>;
  readonly rev: number;
  /** Nothing of a snapshot is still under way. */
  readonly complete: boolean;
  /** Asks for another pace from now on, without starting anew. */
  pace(everyMs: number): void;
  /** Called after each frame that belongs to this view, heartbeats included. */
  onChange(listener: (change: { upsert: readonly T[]; gone: readonly string[]; replaced: boolean }) => void): void;
  close(): void;
}

/** What the newest frame said about the center, not about its records. */
export interface Heard {
  /** The center's own time when it sent the frame, and when (by `performance.now()`) it came. */
  readonly now: number;
  readonly at: number;
  /** How much longer than the fastest frame of this connection it was under way, ms. */
  readonly lagMs: number;
  /** What the center said of its own health; null when it is well. */
  readonly health: StateFrame["health"] | null;
}

export interface StreamClient {
  subscribe<T extends TopicName>(topic: T, options?: { filter?: object; everyMs?: number }): View<Topics[T]>;
  readonly status: Status;
  readonly hello: HelloFrame | null;
  readonly heard: Heard | null;
  /** Tells a replay where to be, how fast, whether to stand still. */
  replay(order: ReplayOrder): void;
  close(): void;
}

interface Subscription {
  readonly id: string;
  readonly topic: TopicName;
  options: { filter?: object; everyMs?: number };
  readonly items: Map<string, { id: string }>;
  readonly listeners: ((change: { upsert: readonly never[]; gone: readonly string[]; replaced: boolean }) => void)[];
  rev: number;
  epoch: string | null;
  /** A snapshot is coming in parts. */
  partial: boolean;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
const FINAL_CODES: readonly number[] = [closeCodes.notAuthenticated, closeCodes.notAllowed];

/** Connects, folds frames into views, and resumes where it was after any interruption. */
export function connect(options: ConnectOptions): StreamClient {
  const WebSocketClass = options.WebSocket ?? (globalThis.WebSocket as unknown as new (url: string) => Socket);
  const subscriptions = new Map<string, Subscription>();
  let socket: Socket | null = null;
  let status: Status = "connecting";
  let hello: HelloFrame | null = null;
  let heard: Heard | null = null;
  /** Least difference between our clock and the center's seen on this connection: what is above it was spent under way. */
  let fastest = Number.POSITIVE_INFINITY;
  let retries = 0;
  let nextId = 1;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  const setStatus = (next: Status) => {
    status = next;
    options.onStatus?.(next);
  };
  const send = (frame: object) => socket?.send(JSON.stringify(frame));
  const ask = ({ id, topic, options: wanted, rev, epoch, partial }: Subscription) =>
    send({
      type: "subscribe",
      id,
      topic,
      ...wanted,
      // Half a snapshot is no position.
      ...(epoch !== null && rev > 0 && !partial && { since: { epoch, rev } }),
    });

  const fold = (subscription: Subscription, frame: StateFrame<{ id: string }>) => {
    const continues = subscription.partial && frame.rev === subscription.rev;
    const replaced = frame.since === 0 && !continues;
    if (frame.since !== 0 && !continues && frame.since !== subscription.rev) {
      // A hole: ask again from what is surely known.
      subscription.rev = 0;
      send({ type: "unsubscribe", id: subscription.id });
      ask(subscription);
      return;
    }
    if (replaced) subscription.items.clear();
    for (const item of frame.upsert) subscription.items.set(item.id, item);
    for (const id of frame.gone) subscription.items.delete(id);
    subscription.rev = frame.rev;
    subscription.partial = frame.more === true;
    subscription.epoch = hello?.epoch ?? null;
    const change = { upsert: frame.upsert as readonly never[], gone: frame.gone, replaced };
    for (const listener of subscription.listeners) listener(change);
  };

  const receive = (text: string) => {
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === "hello") fastest = Number.POSITIVE_INFINITY;
    if ("now" in frame) {
      const at = performance.now();
      fastest = Math.min(fastest, at - frame.now);
      const health = frame.type === "state" ? (frame.health ?? null) : (heard?.health ?? null);
      heard = { now: frame.now, at, lagMs: at - frame.now - fastest, health };
    }
    if (frame.type === "hello") {
      hello = frame;
      retries = 0;
      setStatus("live");
      for (const subscription of subscriptions.values()) ask(subscription);
    } else if (frame.type === "state") {
      options.onFrame?.(frame);
      const subscription = subscriptions.get(frame.id);
      if (subscription) fold(subscription, frame as StateFrame<{ id: string }>);
    } else if (frame.type === "replay") {
      options.onReplay?.(frame);
    } else {
      options.onError?.(frame);
    }
  };

  const open = () => {
    setStatus("connecting");
    const opened = new WebSocketClass(options.url);
    socket = opened;
    opened.addEventListener("open", () => send({ type: "auth", token: options.token }));
    opened.addEventListener("message", ({ data }) => receive(String(data)));
    opened.addEventListener("error", () => {});
    opened.addEventListener("close", ({ code }) => {
      if (socket !== opened || status === "closed") return;
      socket = null;
      if (code !== undefined && FINAL_CODES.includes(code)) return setStatus("refused");
      setStatus("waiting");
      // Full jitter: a thousand screens that lost the center together do not come back together.
      const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries++);
      retryTimer = setTimeout(open, Math.random() * ceiling);
    });
  };
  open();

  return {
    subscribe<T extends TopicName>(topic: T, wanted: { filter?: object; everyMs?: number } = {}): View<Topics[T]> {
      const subscription: Subscription = {
        id: `s${nextId++}`,
        topic,
        options: wanted,
        items: new Map(),
        listeners: [],
        rev: 0,
        epoch: null,
        partial: false,
      };
      subscriptions.set(subscription.id, subscription);
      if (status === "live") ask(subscription);
      return {
        items: subscription.items as unknown as ReadonlyMap<string, Topics[T]>,
        get rev() {
          return subscription.rev;
        },
        get complete() {
          return subscription.rev > 0 && !subscription.partial;
        },
        pace(everyMs) {
          subscription.options = { ...subscription.options, everyMs };
          if (status !== "live") return;
          send({ type: "unsubscribe", id: subscription.id });
          ask(subscription);
        },
        onChange: (listener) => void subscription.listeners.push(listener as (change: object) => void),
        close() {
          subscriptions.delete(subscription.id);
          if (status === "live") send({ type: "unsubscribe", id: subscription.id });
        },
      };
    },
    get status() {
      return status;
    },
    get hello() {
      return hello;
    },
    get heard() {
      return heard;
    },
    replay: (order) => send({ type: "replay", ...order }),
    close() {
      setStatus("closed");
      clearTimeout(retryTimer);
      socket?.close(1000);
    },
  };
}
