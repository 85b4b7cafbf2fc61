import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import type { Logger } from "pino";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { Registry } from "../center/access.ts";
import type { Config } from "../config.ts";
import { type Clock, SECOND } from "../domain/time.ts";
import { createConnectionLimits } from "./connection-limits.ts";
import type { Inbox } from "./inbox.ts";
import { connectionLimitsOf, guardLimitsOf } from "./limits.ts";
import { createSampledLog } from "./sampled-log.ts";
import { type Login, loginOf, mayUse } from "./topic-gate.ts";
import { WireGuard } from "./wire-guard.ts";

export interface BrokerParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly inbox: Inbox;
  readonly logger: Logger;
}

export interface BrokerCounters {
  connections: number;
  connects: number;
  messages: number;
  bytes: number;
  receipts: number;
  openReceipts: number;
  /** Ended or refused connections by cause. */
  readonly refused: Map<string, number>;
}

export interface EmbeddedBroker {
  readonly counters: BrokerCounters;
  listen(): Promise<{ mqtt: string; mqtts?: string }>;
  /** MQTT over WebSocket under `/mqtt` of the HTTP server. */
  attachWebSocket(server: HttpServer): void;
  /** Says something of the center's own to whoever may hear it. An empty retained message takes back what was retained. */
  publish(topic: string, payload: string, retain: boolean): Promise<void>;
  /** Sends a command to a device that is connected and listens. */
  publishCommand(kind: string, deviceId: string, command: object): Promise<void>;
  close(): Promise<void>;
}

interface Session {
  readonly guard: WireGuard;
  readonly address: string;
  login: Login | null;
  /** The secrets that were valid at login: when none of them is any more, the connection ends. */
  secretHashes: readonly string[];
  /** QoS 2 messages under way, so that a retransmission is not taken for another message. */
  readonly exactlyOnce: Set<number>;
}

/** CONNACK code 4 of MQTT 3.1.1: bad user name or password. */
const BAD_LOGIN = 4;
const CLOSING_MS = 5_000;
const MAX_DEVICE_BYTES_FACTOR = 16;

const refusal = (): AuthenticateError =>
  Object.assign(new Error("bad user name or password"), { returnCode: BAD_LOGIN });

/**
 * The embedded MQTT broker. It only receives: what devices send goes to the inbox, and its receipt (PUBACK, PUBREC) leaves when
 * the inbox says that the effect is on disk. Nobody can subscribe to what others send.
 */
export async function createEmbeddedBroker({
  config,
  clock,
  registry,
  inbox,
  logger,
}: BrokerParts): Promise<EmbeddedBroker> {
  const guardLimits = guardLimitsOf(config);
  const limits = createConnectionLimits(connectionLimitsOf(config));
  const sessions = new Map<Duplex, Session>();
  const sampledLog = createSampledLog(logger, config.CLIENT_ERROR_LOGS_PER_SECOND);
  const counters: BrokerCounters = {
    connections: 0,
    connects: 0,
    messages: 0,
    bytes: 0,
    receipts: 0,
    openReceipts: 0,
    refused: new Map(),
  };
  const count = (cause: string, address: string) => {
    counters.refused.set(cause, (counters.refused.get(cause) ?? 0) + 1);
    sampledLog(cause, { address });
  };
  const sessionOf = (client: Client): Session | undefined => sessions.get(client.conn as Duplex);

  const broker = await Aedes.createBroker({
    // The guard has its own, shorter timer.
    connectTimeout: guardLimits.connectMs * 2,
    maxClientsIdLength: 1_024,
    heartbeatInterval: 3_600 * SECOND,
    preConnect(client, packet, done) {
      // Under the login's own name nobody can end the session of another device, and sessions are never kept.
      packet.clientId = `${packet.username ?? ""}/${packet.clientId || randomUUID()}`;
      packet.clean = true;
      if (packet.will) packet.will.retain = false;
      const session = sessionOf(client);
      const login = packet.username ? registry.get(packet.username) : undefined;
      if (packet.will && login && !mayUse(loginOf(login), "publish", packet.will.topic)) {
        count("will on a foreign topic", session?.address ?? "");
        done(new Error("the will is on a foreign topic"), false);
        return;
      }
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const session = sessionOf(client);
      const now = performance.now();
      if (!session) return done(refusal(), null);
      const id = username ?? "";
      if (!limits.mayTry(id, now)) {
        count("login banned", session.address);
        return done(refusal(), null);
      }
      if (!registry.verify(id, password?.toString() ?? "")) {
        limits.failed(id, session.address, now);
        count("bad login", session.address);
        return done(refusal(), null);
      }
      const device = registry.get(id);
      if (!device || !limits.loggedIn(id, now)) {
        count("connects and leaves too often", session.address);
        return done(refusal(), null);
      }
      session.login = loginOf(device);
      session.secretHashes = device.secretHashes;
      limits.authenticated();
      counters.connects++;
      if (session.login.gateway) {
        session.guard.allow(
          config.MQTT_GATEWAY_MESSAGES_PER_SECOND,
          config.MQTT_BYTES_PER_SECOND * MAX_DEVICE_BYTES_FACTOR,
        );
      }
      done(null, true);
    },
    authorizePublish(client, packet, done) {
      const session = client && sessionOf(client);
      const login = session?.login;
      if (!login || !mayUse(login, "publish", packet.topic)) {
        count("publish on a foreign topic", session?.address ?? "");
        return done(new Error("publish on a foreign topic"));
      }
      packet.retain = false;
      const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
      counters.messages++;
      counters.bytes += payload.length;
      const message = { topic: packet.topic, payload, receivedAt: clock.now(), principal: login };
      if (packet.qos === 0) {
        inbox.submit(message, () => {});
        return done(null);
      }
      const messageId = packet.messageId ?? 0;
      if (packet.qos === 2) {
        // The first copy's receipt answers this one too.
        if (session.exactlyOnce.has(messageId)) return;
        session.exactlyOnce.add(messageId);
      }
      counters.openReceipts++;
      inbox.submit(message, () => {
        counters.openReceipts--;
        counters.receipts++;
        session.exactlyOnce.delete(messageId);
        done(null);
      });
    },
    authorizeSubscribe(client, subscription, done) {
      const login = sessionOf(client)?.login;
      const allowed = login && mayUse(login, "subscribe", subscription.topic);
      if (!allowed) count("subscription refused", sessionOf(client)?.address ?? "");
      done(null, allowed ? subscription : null);
    },
    authorizeForward(client, packet) {
      const login = sessionOf(client)?.login;
      return login && mayUse(login, "forward", packet.topic) ? packet : null;
    },
  });
  // What devices send is not distributed: nobody may subscribe to it, and the way through the library's queues costs time.
  const distribute = broker.publish.bind(broker) as (...parameters: unknown[]) => void;
  Object.assign(broker, {
    publish(packet: unknown, client: unknown, done: unknown) {
      if (client && typeof client !== "function" && typeof done === "function") done(null);
      else distribute(packet, client, done);
    },
  });
  const say: EmbeddedBroker["publish"] = (topic, payload, retain) =>
    new Promise((resolve, reject) => {
      const packet = { topic, payload: Buffer.from(payload), qos: 1, retain, cmd: "publish", dup: false };
      distribute(packet, (error?: Error) => (error ? reject(error) : resolve()));
    });
  // Counted where they are refused; a listener keeps them from ending the process.
  broker.on("clientError", () => {});
  broker.on("connectionError", () => {});

  registry.onChange((id, device) => {
    for (const [stream, session] of sessions) {
      if (session.login?.deviceId !== id) continue;
      if (device && session.secretHashes.some((hash) => device.secretHashes.includes(hash))) {
        session.login = loginOf(device);
        continue;
      }
      count(device ? "secret revoked" : "device removed", session.address);
      stream.destroy();
    }
  });
  inbox.onRelief(() => {
    for (const { guard } of sessions.values()) guard.relieve();
  });

  const accept = (transport: Duplex, address: string) => {
    const refused = limits.opened(address, performance.now());
    if (refused) {
      count(refused, address);
      transport.destroy();
      return;
    }
    const guard = new WireGuard({
      transport,
      limits: guardLimits,
      refused: (cause) => count(cause, address),
      inboxFull: () => inbox.full,
    });
    const session: Session = { guard, address, login: null, secretHashes: [], exactlyOnce: new Set() };
    sessions.set(guard, session);
    counters.connections++;
    guard.on("error", () => guard.destroy());
    guard.on("close", () => {
      sessions.delete(guard);
      counters.connections--;
      limits.closed(address, session.login !== null);
    });
    broker.handle(guard);
  };
  const onSocket = (socket: Socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    accept(socket, socket.remoteAddress ?? "unknown");
  };

  const servers: Server[] = [];
  const listenOn = (server: Server, port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      servers.push(server);
      server.once("error", reject);
      server.listen({ host: config.MQTT_HOST, port, backlog: 4_096 }, () => {
        server.off("error", reject);
        server.on("error", (error) => logger.error({ err: error }, "the MQTT listener failed"));
        resolve((server.address() as AddressInfo).port);
      });
    });
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: config.MQTT_PACKET_BYTES,
    handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false),
  });

  return {
    counters,
    async listen() {
      const host = config.MQTT_HOST.includes(":") ? `[${config.MQTT_HOST}]` : config.MQTT_HOST;
      const mqtt = `mqtt://${host}:${await listenOn(createServer(onSocket), config.MQTT_PORT)}`;
      if (config.MQTTS_PORT === undefined || !config.TLS_CERT || !config.TLS_KEY) return { mqtt };
      const tls = createTlsServer(
        {
          cert: readFileSync(config.TLS_CERT),
          key: readFileSync(config.TLS_KEY),
          minVersion: "TLSv1.2",
          ...(config.TLS_CLIENT_CA && {
            ca: readFileSync(config.TLS_CLIENT_CA),
            requestCert: true,
            rejectUnauthorized: true,
          }),
        },
        onSocket,
      );
      tls.on("tlsClientError", () => count("TLS handshake", ""));
      return { mqtt, mqtts: `mqtts://${host}:${await listenOn(tls, config.MQTTS_PORT)}` };
    },
    attachWebSocket(server) {
      server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
        if (new URL(request.url ?? "/", "http://x").pathname !== "/mqtt") return;
        webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          accept(createWebSocketStream(webSocket), request.socket.remoteAddress ?? "unknown");
        });
      });
    },
    publish: say,
    publishCommand: (kind, deviceId, command) =>
      say(`kerbside/v1/${kind}/${deviceId}/command`, JSON.stringify(command), false),
    async close() {
      for (const server of servers) server.close();
      const giveUpAt = performance.now() + CLOSING_MS;
      for (const { guard } of sessions.values()) guard.stopReading();
      while (counters.openReceipts > 0 && performance.now() < giveUpAt) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      for (const stream of sessions.keys()) stream.destroy();
      webSockets.close();
    },
  };
}
