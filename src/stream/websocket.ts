import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { ZodError } from "zod";
import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import { type Token, workOf } from "../domain/roles.ts";
import { SECOND } from "../domain/time.ts";
import { Connection, type StreamCounters, textFrame } from "./connection.ts";
import { createHub } from "./hub.ts";
import { clientFrame, closeCodes, type ErrorFrame, type HelloFrame, PROTOCOL } from "./protocol.ts";
import { UnknownTopic } from "./topics.ts";

export interface StreamParts {
  readonly server: Server;
  readonly center: Center;
  readonly config: Config;
  readonly logger: Logger;
  readonly counters: StreamCounters;
}

const PATH = "/api/v1/stream";
/** Frames that make no sense are answered; who keeps sending them is cut off. */
const BAD_FRAMES = 10;
const PING_MS = 25 * SECOND;
const EXPIRY_CHECK_MS = SECOND;

interface Client {
  readonly webSocket: WebSocket;
  readonly connection: Connection;
  readonly subscriptions: Map<string, () => void>;
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
export function attachStream({ server, center, config, logger, counters }: StreamParts): { close(): Promise<void> } {
  const clients = new Set<Client>();
  const allowedOrigins = new Set(
    config.ALLOWED_ORIGINS.split(",")
      .map((origin) => origin.trim())
      .filter(Boolean),
  );
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: config.STREAM_MESSAGE_BYTES,
    maxFragments: config.STREAM_FRAGMENTS,
  });

  const close = (client: Client, code: number, reason: string) => {
    if (client.connection.closed) return;
    client.connection.closed = true;
    for (const unsubscribe of client.subscriptions.values()) unsubscribe();
    client.subscriptions.clear();
    counters.closed.set(code, (counters.closed.get(code) ?? 0) + 1);
    // Who does not read will not read the goodbye either.
    if (code === closeCodes.tooSlow) {
      client.webSocket.close(code, reason);
      setTimeout(() => client.webSocket.terminate(), SECOND).unref();
    } else {
      client.webSocket.close(code, reason);
    }
  };

  const hub = createHub({
    center,
    counters,
    frameItems: config.STREAM_FRAME_ITEMS,
    heartbeatMs: config.STREAM_HEARTBEAT_MS,
    slowMs: config.STREAM_SLOW_SECONDS * SECOND,
    closeSlow(connection) {
      for (const client of clients) if (client.connection === connection) close(client, closeCodes.tooSlow, "too slow");
    },
  });

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
      const issue = parsed.error.issues[0];
      return bad("invalid", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "does not fit"}`);
    }
    const frame = parsed.data;
    const { token } = client;
    if (!token) {
      if (frame.type === "auth") return authenticate(client, frame.token);
      return close(client, closeCodes.notAuthenticated, "the first frame must be auth");
    }
    if (frame.type === "auth") return bad("invalid", "this connection is authenticated already");
    if (frame.type === "unsubscribe") {
      client.subscriptions.get(frame.id)?.();
      client.subscriptions.delete(frame.id);
      return;
    }
    if (client.subscriptions.size >= config.STREAM_SUBSCRIPTIONS && !client.subscriptions.has(frame.id)) {
      return bad("tooMany", `at most ${config.STREAM_SUBSCRIPTIONS} subscriptions`, frame.id);
    }
    client.subscriptions.get(frame.id)?.();
    client.subscriptions.delete(frame.id);
    try {
      const { id: tokenId, role, scope } = token;
      const viewer = { connection: client.connection, role, scope, work: workOf(token), tokenId };
      client.subscriptions.set(frame.id, hub.subscribe(frame, viewer));
    } catch (error) {
      if (error instanceof UnknownTopic) return bad("unknownTopic", error.message, frame.id);
      if (!(error instanceof ZodError)) throw error;
      const issue = error.issues[0];
      bad("invalid", `filter.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "does not fit"}`, frame.id);
    }
  };

  const accept = (webSocket: WebSocket, socket: Socket) => {
    const connection = new Connection(socket, config.STREAM_SOFT_BYTES, config.STREAM_HARD_BYTES, counters);
    const client: Client = { webSocket, connection, subscriptions: new Map(), token: null, badFrames: 0, alive: true };
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
      for (const unsubscribe of client.subscriptions.values()) unsubscribe();
      client.subscriptions.clear();
      clients.delete(client);
      counters.clients--;
      if (!client.token) return;
      const left = (counters.byToken.get(client.token.id) ?? 1) - 1;
      if (left > 0) counters.byToken.set(client.token.id, left);
      else counters.byToken.delete(client.token.id);
    });
  };

  const originAllowed = ({ headers }: IncomingMessage): boolean => {
    // Browsers always send it; programs do not, and bring a token all the same.
    if (headers.origin === undefined) return true;
    if (allowedOrigins.has(headers.origin)) return true;
    return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
  };

  const refuse = (socket: Socket, status: string) => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };

  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    if (pathname !== PATH) {
      if (pathname !== "/mqtt") refuse(socket, "404 Not Found");
      return;
    }
    if (!originAllowed(request)) return refuse(socket, "403 Forbidden");
    if (clients.size >= config.STREAM_SOCKETS) return refuse(socket, "503 Service Unavailable");
    webSockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, socket));
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
      hub.close();
      for (const client of clients) close(client, closeCodes.restarting, "the center is restarting");
      webSockets.close();
      logger.debug("the stream is closed");
    },
  };
}
