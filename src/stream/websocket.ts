import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { ZodError } from "zod";
import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import { faultsOf, linesOf } from "../domain/faults.ts";
import { type Token, workOf } from "../domain/roles.ts";
import { type Millis, SECOND } from "../domain/time.ts";
import { REPLAY, type Replay, type Replays, type ReplayWindow, readWindow } from "../replay/replays.ts";
import { seesPeople } from "./anonymous.ts";
import { Connection, type StreamCounters, textFrame } from "./connection.ts";
import { createHub, type Hub } from "./hub.ts";
import { createOriginCheck } from "./origin.ts";
import {
  clientFrame,
  closeCodes,
  type ErrorFrame,
  type HelloFrame,
  PROTOCOL,
  type SubscribeFrame,
} from "./protocol.ts";
import { UnknownTopic } from "./topics.ts";

export interface StreamParts {
  readonly server: Server;
  readonly center: Center;
  readonly config: Config;
  readonly logger: Logger;
  readonly counters: StreamCounters;
  /** Opens the past for a screen. */
  readonly replays: Replays;
  readonly historyBehind: () => boolean;
}

const LIVE = "/api/v1/stream";
/** Replays tell the time more often: it runs faster. */
const REPLAY_HEARTBEAT_MS = SECOND;
/** Frames that make no sense are answered; who keeps sending them is cut off. */
const BAD_FRAMES = 10;
const PING_MS = 25 * SECOND;
const EXPIRY_CHECK_MS = SECOND;

interface Client {
  readonly webSocket: WebSocket;
  readonly connection: Connection;
  readonly subscriptions: Map<string, { readonly frame: SubscribeFrame; end: () => void }>;
  /** The stretch of the past it asked for; null: it watches the present. */
  readonly window: ReplayWindow | null;
  /** Where its state comes from; null while a replay has no scene yet. */
  hub: Hub | null;
  replay: Replay | null;
  token: Token | null;
  badFrames: number;
  alive: boolean;
}

export const newStreamCounters = (): StreamCounters => ({
  clients: 0,
  subscriptions: 0,
  frames: 0,
  bytes: 0,
  serialised: 0,
  skipped: 0,
  closed: new Map(),
  byToken: new Map(),
});

/** The stream's door: origin, authentication, limits, and frames from clients. State itself is the hub's business. */
export function attachStream({ server, center, config, logger, counters, replays, historyBehind }: StreamParts): {
  close(): Promise<void>;
} {
  const clients = new Set<Client>();
  const originAllowed = createOriginCheck(config.ALLOWED_ORIGINS);
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: config.STREAM_MESSAGE_BYTES,
    maxFragments: config.STREAM_FRAGMENTS,
  });

  const endSubscriptions = (client: Client) => {
    client.replay?.stop();
    for (const { end } of client.subscriptions.values()) end();
    client.subscriptions.clear();
    if (client.window) client.hub?.close();
    client.hub = null;
  };

  const close = (client: Client, code: number, reason: string) => {
    if (client.connection.closed) return;
    client.connection.closed = true;
    endSubscriptions(client);
    counters.closed.set(code, (counters.closed.get(code) ?? 0) + 1);
    // Who does not read will not read the goodbye either.
    if (code === closeCodes.tooSlow) {
      client.webSocket.close(code, reason);
      setTimeout(() => client.webSocket.terminate(), SECOND).unref();
    } else {
      client.webSocket.close(code, reason);
    }
  };

  const hubOf = (source: Center, heartbeatMs: Millis): Hub =>
    createHub({
      center: source,
      counters,
      frameItems: config.STREAM_FRAME_ITEMS,
      heartbeatMs,
      slowMs: config.STREAM_SLOW_SECONDS * SECOND,
      historyBehind,
      closeSlow(connection) {
        for (const client of clients)
          if (client.connection === connection) close(client, closeCodes.tooSlow, "too slow");
      },
    });
  const live = hubOf(center, config.STREAM_HEARTBEAT_MS);

  const sendError = (client: Client, error: Omit<ErrorFrame, "type">) => {
    client.connection.write(textFrame(JSON.stringify({ type: "error", ...error })));
  };

  const authenticate = (client: Client, secret: string) => {
    const token = center.tokens.verify(secret, center.clock.now());
    if (!token) return close(client, closeCodes.notAuthenticated, "the token is not valid");
    if (token.session?.mustChangePassword)
      return close(client, closeCodes.notAllowed, "the password must be changed first");
    const sameToken = counters.byToken.get(token.id) ?? 0;
    if (sameToken >= config.STREAM_SOCKETS_PER_TOKEN)
      return close(client, closeCodes.tooMany, "too many screens of this token");
    client.token = token;
    counters.byToken.set(token.id, sameToken + 1);
    const hello: HelloFrame = {
      type: "hello",
      protocol: PROTOCOL,
      epoch: center.store.restored.epoch,
      now: center.clock.now(),
      role: token.role,
      limits: {
        subscriptions: config.STREAM_SUBSCRIPTIONS,
        messageBytes: config.STREAM_MESSAGE_BYTES,
        heartbeatMs: config.STREAM_HEARTBEAT_MS,
      },
    };
    client.connection.write(textFrame(JSON.stringify(hello)));
    if (client.window) openReplay(client, client.window, token);
  };

  const openReplay = (client: Client, window: ReplayWindow, token: Token) => {
    const refused = replays.refuse(window);
    if (refused) {
      sendError(client, refused);
      return close(client, refused.code === "tooMany" ? closeCodes.tooMany : closeCodes.invalid, refused.code);
    }
    client.replay = replays.open(window, token, {
      onScene(scene) {
        client.hub?.close();
        client.hub = hubOf(scene, REPLAY_HEARTBEAT_MS);
        for (const { frame } of [...client.subscriptions.values()]) subscribe(client, token, frame);
      },
      onStatus: (frame) => client.connection.write(textFrame(JSON.stringify(frame))),
      onFailure(error) {
        logger.error({ err: error }, "a replay ended");
        close(client, closeCodes.restarting, "the past cannot be read now");
      },
    });
  };

  /** @throws UnknownTopic, ZodError on a filter that does not fit */
  const subscribe = (client: Client, token: Token, frame: SubscribeFrame) => {
    if (client.window && !replays.topics.has(frame.topic)) throw new UnknownTopic(`a replay has no ${frame.topic}`);
    client.subscriptions.get(frame.id)?.end();
    client.subscriptions.delete(frame.id);
    const { id: tokenId, scope } = token;
    // Where people were is nobody's picture without a reason.
    const unnamed = client.window?.reason === null && seesPeople(token.role);
    const role = unnamed ? "viewer" : token.role;
    const viewer = { connection: client.connection, role, scope, work: workOf(token), tokenId };
    const { since: _position, ...anew } = frame;
    const end = client.hub?.subscribe(client.window ? anew : frame, viewer) ?? (() => {});
    client.subscriptions.set(frame.id, { frame, end });
  };

  const receive = (client: Client, data: RawData) => {
    const bad = (code: string, message: string, id?: string) => {
      sendError(client, { code, message, ...(id !== undefined && { id }) });
      if (++client.badFrames >= BAD_FRAMES) close(client, closeCodes.invalid, "too many frames that make no sense");
    };
    let json: unknown;
    try {
      json = JSON.parse(String(data));
    } catch {
      return bad("invalid", "the frame is not JSON");
    }
    const parsed = clientFrame.safeParse(json);
    if (!parsed.success) {
      return bad("invalid", linesOf(faultsOf(parsed.error, "the frame")).join("; "));
    }
    const frame = parsed.data;
    const { token } = client;
    if (!token) {
      if (frame.type === "auth") return authenticate(client, frame.token);
      return close(client, closeCodes.notAuthenticated, "the first frame must be auth");
    }
    if (frame.type === "auth") return bad("invalid", "this connection is authenticated already");
    if (frame.type === "replay") {
      if (!client.replay) return bad("invalid", "this socket carries the present");
      return client.replay.control(frame);
    }
    if (frame.type === "unsubscribe") {
      client.subscriptions.get(frame.id)?.end();
      client.subscriptions.delete(frame.id);
      return;
    }
    if (client.subscriptions.size >= config.STREAM_SUBSCRIPTIONS && !client.subscriptions.has(frame.id)) {
      return bad("tooMany", `at most ${config.STREAM_SUBSCRIPTIONS} subscriptions`, frame.id);
    }
    try {
      subscribe(client, token, frame);
    } catch (error) {
      if (error instanceof UnknownTopic) return bad("unknownTopic", error.message, frame.id);
      if (!(error instanceof ZodError)) throw error;
      const faults = faultsOf(
        { issues: error.issues.map((issue) => ({ ...issue, path: ["filter", ...issue.path] })) },
        "",
      );
      bad("invalid", linesOf(faults).join("; "), frame.id);
    }
  };

  const accept = (webSocket: WebSocket, socket: Socket, window: ReplayWindow | null) => {
    const connection = new Connection(socket, config.STREAM_SOFT_BYTES, config.STREAM_HARD_BYTES, counters);
    const client: Client = {
      webSocket,
      connection,
      subscriptions: new Map(),
      window,
      hub: window ? null : live,
      replay: null,
      token: null,
      badFrames: 0,
      alive: true,
    };
    clients.add(client);
    counters.clients++;
    socket.setNoDelay(true);
    const deadline = setTimeout(() => {
      if (!client.token) close(client, closeCodes.notAuthenticated, "no auth frame in time");
    }, config.STREAM_AUTH_SECONDS * SECOND);
    webSocket.on("message", (data) => receive(client, data));
    webSocket.on("pong", () => {
      client.alive = true;
    });
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => {
      clearTimeout(deadline);
      connection.closed = true;
      endSubscriptions(client);
      clients.delete(client);
      counters.clients--;
      if (!client.token) return;
      const left = (counters.byToken.get(client.token.id) ?? 1) - 1;
      if (left > 0) counters.byToken.set(client.token.id, left);
      else counters.byToken.delete(client.token.id);
    });
  };

  const refuse = (socket: Socket, status: string) => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };

  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const window = pathname === REPLAY ? readWindow(searchParams) : null;
    if (pathname !== LIVE && !window) {
      if (pathname === REPLAY) refuse(socket, "400 Bad Request");
      else if (pathname !== "/mqtt") refuse(socket, "404 Not Found");
      return;
    }
    if (!originAllowed(request)) return refuse(socket, "403 Forbidden");
    if (clients.size >= config.STREAM_SOCKETS) return refuse(socket, "503 Service Unavailable");
    webSockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, socket, window));
  });

  center.tokens.onRevoke((tokenId) => {
    for (const client of clients) {
      if (client.token?.id === tokenId) close(client, closeCodes.notAuthenticated, "the token was revoked");
    }
  });

  const expiry = setInterval(() => {
    const now = center.clock.now();
    for (const client of clients) {
      if (client.token && !center.tokens.isAlive(client.token, now))
        close(client, closeCodes.notAuthenticated, "the token has expired");
    }
  }, EXPIRY_CHECK_MS);
  const pings = setInterval(() => {
    for (const client of clients) {
      if (!client.alive) {
        client.webSocket.terminate();
        continue;
      }
      client.alive = false;
      client.webSocket.ping();
    }
  }, PING_MS);

  return {
    async close() {
      clearInterval(expiry);
      clearInterval(pings);
      live.close();
      for (const client of clients) close(client, closeCodes.restarting, "the center is restarting");
      webSockets.close();
      logger.debug("the stream is closed");
    },
  };
}
