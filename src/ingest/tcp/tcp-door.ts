import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Logger } from "pino";
import type { Registry } from "../../center/access.ts";
import type { Device } from "../../domain/device.ts";
import type { Clock, Millis } from "../../domain/time.ts";
import { type ConnectionLimits, createConnectionLimits } from "../connection-limits.ts";
import type { Inbox } from "../inbox.ts";
import { createSampledLog } from "../sampled-log.ts";
import { TokenBucket } from "../token-bucket.ts";
import { type Login, loginOf } from "../topic-gate.ts";

export interface TcpLimits {
  readonly connections: ConnectionLimits;
  readonly loginMs: Millis;
  readonly bytesBeforeLogin: number;
  readonly idleMs: Millis;
  readonly messagesPerSecond: number;
  readonly messagesBurst: number;
  readonly bytesPerSecond: number;
  readonly bytesBurst: number;
  readonly overRateMs: Millis;
  /** Messages of one connection that are not on disk yet; beyond it nothing is read. */
  readonly inflight: number;
  readonly outboundBytes: number;
  readonly logsPerSecond: number;
}

/** One connection, as its protocol sees it. */
export interface TcpPeer {
  readonly address: string;
  /** Null until it is admitted. */
  readonly login: Login | null;
  readonly ended: boolean;
  send(bytes: Uint8Array): void;
  /** Whether this login may be tried now. */
  mayTry(id: string): boolean;
  /** The login failed: counted against it and its address. */
  failed(id: string): void;
  /** Lets the device in. A former connection of the same device ends. False when it connects too often. */
  admit(device: Device): boolean;
  /** `settled` is called once the effect is on disk. */
  submit(topic: string, payload: Uint8Array, settled: () => void): void;
  /** Ends the connection, after what was sent last. */
  refuse(cause: string): void;
}

export interface TcpProtocol {
  /**
   * Takes what arrived and says how many messages it held.
   * @throws RangeError when the peer speaks something else
   */
  take(chunk: Uint8Array): number;
  /** The connection is gone. */
  closed?(): void;
}

export interface TcpCounters {
  connections: number;
  connects: number;
  messages: number;
  openReceipts: number;
  readonly refused: Map<string, number>;
}

export interface TcpDoor {
  readonly counters: TcpCounters;
  /** @returns the port it listens on */
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
}

interface Parts {
  readonly name: string;
  readonly limits: TcpLimits;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly inbox: Inbox;
  readonly logger: Logger;
  readonly speak: (peer: TcpPeer) => TcpProtocol;
}

interface Connection {
  readonly socket: Socket;
  login: Login | null;
  secretHashes: readonly string[];
  relieve(): void;
  stopReading(): void;
  end(cause: string): void;
}

const CLOSING_MS = 5_000;

/** A listener for raw sockets, with the bounds of the MQTT door; what the bytes mean is its protocol's business. */
export function createTcpDoor({ name, limits, clock, registry, inbox, logger, speak }: Parts): TcpDoor {
  const gate = createConnectionLimits(limits.connections);
  const sampledLog = createSampledLog(logger.child({ door: name }), limits.logsPerSecond);
  const counters: TcpCounters = { connections: 0, connects: 0, messages: 0, openReceipts: 0, refused: new Map() };
  const connections = new Set<Connection>();
  const byDevice = new Map<string, Connection>();
  const count = (cause: string, address: string) => {
    counters.refused.set(cause, (counters.refused.get(cause) ?? 0) + 1);
    sampledLog(cause, { address });
  };

  registry.onChange((id, device) => {
    const connection = byDevice.get(id);
    if (!connection) return;
    if (device && connection.secretHashes.some((hash) => device.secretHashes.includes(hash))) {
      connection.login = loginOf(device);
    } else {
      connection.end(device ? "secret revoked" : "device removed");
    }
  });
  inbox.onRelief(() => {
    for (const connection of connections) connection.relieve();
  });

  const accept = (socket: Socket): void => {
    const address = socket.remoteAddress ?? "unknown";
    socket.on("error", () => socket.destroy());
    const refused = gate.opened(address, performance.now());
    if (refused) {
      count(refused, address);
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    let ended = false;
    let paused = false;
    let stopped = false;
    let bytesBeforeLogin = 0;
    let underWay = 0;
    let overRateSince: number | null = null;
    let admitted = false;
    const startedAt = performance.now();
    const messages = new TokenBucket(limits.messagesPerSecond, limits.messagesBurst, startedAt);
    const bytes = new TokenBucket(limits.bytesPerSecond, limits.bytesBurst, startedAt);
    const loginTimer = setTimeout(() => connection.end("no login in time"), limits.loginMs);

    const mayRead = () => !stopped && !ended && !inbox.full && underWay < limits.inflight;
    const pause = () => {
      paused = true;
      socket.pause();
    };
    const connection: Connection = {
      socket,
      login: null,
      secretHashes: [],
      relieve() {
        if (!paused || !mayRead()) return;
        paused = false;
        socket.resume();
      },
      stopReading() {
        stopped = true;
        pause();
      },
      end(cause) {
        if (ended) return;
        ended = true;
        count(cause, address);
        // What was said last still leaves; whoever does not read it is cut off.
        socket.end();
        setTimeout(() => socket.destroy(), CLOSING_MS).unref();
      },
    };
    connections.add(connection);
    counters.connections++;

    const peer: TcpPeer = {
      address,
      get login() {
        return connection.login;
      },
      get ended() {
        return ended;
      },
      send(answer) {
        if (ended || socket.destroyed) return;
        if (socket.writableLength + answer.length > limits.outboundBytes) connection.end("does not read");
        else socket.write(answer);
      },
      mayTry: (id) => gate.mayTry(id, performance.now()),
      failed: (id) => gate.failed(id, address, performance.now()),
      admit(device) {
        if (!gate.loggedIn(device.id, performance.now())) return false;
        const former = byDevice.get(device.id);
        if (former !== connection) former?.end("replaced by a newer connection");
        byDevice.set(device.id, connection);
        connection.login = loginOf(device);
        connection.secretHashes = device.secretHashes;
        if (!admitted) {
          admitted = true;
          clearTimeout(loginTimer);
          gate.authenticated();
          counters.connects++;
          socket.setTimeout(limits.idleMs, () => connection.end("idle"));
        }
        return true;
      },
      submit(topic, payload, settled) {
        counters.messages++;
        counters.openReceipts++;
        underWay++;
        inbox.submit({ topic, payload, receivedAt: clock.now(), principal: connection.login }, () => {
          counters.openReceipts--;
          underWay--;
          settled();
          connection.relieve();
        });
        if (!mayRead()) pause();
      },
      refuse: (cause) => connection.end(cause),
    };
    const protocol = speak(peer);

    const keepRate = (taken: number, length: number, now: number): void => {
      const waitMs = Math.max(messages.take(taken, now), bytes.take(length, now));
      if (waitMs <= 0) {
        overRateSince = null;
        return;
      }
      overRateSince ??= now;
      if (now - overRateSince > limits.overRateMs) return void connection.end("too fast");
      pause();
      setTimeout(() => connection.relieve(), Math.min(waitMs, limits.overRateMs)).unref();
    };

    socket.on("data", (chunk: Buffer) => {
      if (ended) return;
      if (!admitted) {
        bytesBeforeLogin += chunk.length;
        if (bytesBeforeLogin > limits.bytesBeforeLogin) return void connection.end("too much before the login");
      }
      try {
        keepRate(protocol.take(chunk), chunk.length, performance.now());
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        gate.failed("", address, performance.now());
        connection.end("not this protocol");
      }
    });
    socket.on("close", () => {
      ended = true;
      clearTimeout(loginTimer);
      connections.delete(connection);
      counters.connections--;
      gate.closed(address, admitted);
      const id = connection.login?.deviceId;
      const current = id !== undefined && byDevice.get(id) === connection;
      if (current) byDevice.delete(id);
      // A device that is here again already has not gone, and when the center ends nobody has.
      if (current && !closing) protocol.closed?.();
    });
  };

  let server: Server | null = null;
  let closing = false;
  return {
    counters,
    listen(host, port) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const listening = createServer(accept);
      server = listening;
      listening.once("error", reject);
      listening.listen({ host, port, backlog: 4_096 }, () => {
        listening.off("error", reject);
        listening.on("error", (error) => logger.error({ err: error, door: name }, "a TCP listener failed"));
        resolve((listening.address() as AddressInfo).port);
      });
      return promise;
    },
    async close() {
      closing = true;
      server?.close();
      for (const connection of connections) connection.stopReading();
      const giveUpAt = performance.now() + CLOSING_MS;
      while (counters.openReceipts > 0 && performance.now() < giveUpAt) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (const { socket } of connections) socket.end();
      for (const { socket } of connections) socket.destroySoon();
    },
  };
}
