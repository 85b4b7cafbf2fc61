import { Duplex } from "node:stream";
import { CONNECT, checkPacket, type PacketLimits, PUBLISH } from "./packet-rules.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface GuardLimits extends PacketLimits {
  readonly packetBeforeConnectBytes: number;
  readonly packetBytes: number;
  readonly connectMs: number;
  readonly keepAliveMaxMs: number;
  readonly messagesPerSecond: number;
  readonly messagesBurst: number;
  readonly bytesPerSecond: number;
  readonly bytesBurst: number;
  readonly overRateMs: number;
  readonly outboundBytes: number;
}

export interface GuardParts {
  /** The socket, or a stream over a WebSocket. */
  readonly transport: Duplex;
  readonly limits: GuardLimits;
  /** Why a connection was ended, once for each. */
  readonly refused: (cause: string) => void;
  /** True while the center cannot take more: nothing is read then. */
  readonly inboxFull: () => boolean;
}

const HEADER_BYTES = 5;

/**
 * Stands between a socket and the broker: it frames packets itself, so that nothing oversized is ever collected, checks the
 * rules the broker library skips, and keeps rates. Whole chunks pass through untouched when everything in them is sound.
 */
export class WireGuard extends Duplex {
  readonly #transport: Duplex;
  readonly #limits: GuardLimits;
  readonly #refused: (cause: string) => void;
  readonly #inboxFull: () => boolean;
  #pending: Buffer | null = null;
  #connected = false;
  #ended = false;
  #paused = false;
  #stopped = false;
  #overRateSince: number | null = null;
  #messages: TokenBucket;
  #bytes: TokenBucket;
  readonly #connectTimer: NodeJS.Timeout;
  #idleTimer: NodeJS.Timeout | null = null;
  #idleMs = 0;
  #lastReadAt = performance.now();

  constructor({ transport, limits, refused, inboxFull }: GuardParts) {
    super({ readableHighWaterMark: 256 * 1024 });
    this.#transport = transport;
    this.#limits = limits;
    this.#refused = refused;
    this.#inboxFull = inboxFull;
    const now = performance.now();
    this.#messages = new TokenBucket(limits.messagesPerSecond, limits.messagesBurst, now);
    this.#bytes = new TokenBucket(limits.bytesPerSecond, limits.bytesBurst, now);
    this.#connectTimer = setTimeout(() => this.#refuse("no CONNECT in time"), limits.connectMs);
    transport.on("data", (chunk: Buffer) => this.#take(chunk));
    transport.on("end", () => this.push(null));
    transport.on("close", () => this.destroy());
    transport.on("error", () => this.destroy());
  }

  /** Rates of a gateway are higher: it speaks for many. */
  allow(messagesPerSecond: number, bytesPerSecond: number): void {
    const now = performance.now();
    this.#messages = new TokenBucket(messagesPerSecond, messagesPerSecond * 10, now);
    this.#bytes = new TokenBucket(bytesPerSecond, bytesPerSecond * 10, now);
  }

  /** Reads on after a pause, if the inbox has room. */
  relieve(): void {
    if (!this.#paused || this.#stopped || this.#inboxFull() || this.#ended) return;
    this.#paused = false;
    this.#transport.resume();
  }

  /** Nothing more is taken; what was taken is finished. */
  stopReading(): void {
    this.#paused = true;
    this.#stopped = true;
    this.#transport.pause();
  }

  override _read(): void {
    if (!this.#paused && !this.#ended) this.#transport.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  /** Fields of a packet leave together: split over segments they confuse simple clients. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(
      chunks.length === 1 ? (chunks[0]?.chunk as Buffer) : Buffer.concat(chunks.map(({ chunk }) => chunk)),
      done,
    );
  }

  override _final(done: () => void): void {
    this.#transport.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#ended = true;
    clearTimeout(this.#connectTimer);
    if (this.#idleTimer) clearInterval(this.#idleTimer);
    this.#pending = null;
    this.#transport.destroy();
    done(error);
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (this.#transport.writableLength > this.#limits.outboundBytes) {
      this.#refuse("does not read");
      done();
      return;
    }
    if (this.#transport.write(bytes)) done();
    else this.#transport.once("drain", done);
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    const now = performance.now();
    this.#lastReadAt = now;
    const data = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = null;
    let at = 0;
    let publishes = 0;
    while (at < data.length) {
      const length = this.#lengthAt(data, at);
      if (length === null) break;
      if (this.#ended) return;
      const end = at + length.header + length.body;
      if (end > data.length) break;
      const first = data[at] as number;
      const type = first >> 4;
      if (this.#connected === (type === CONNECT))
        return void this.#refuse(this.#connected ? "second CONNECT" : "no CONNECT first");
      const violation = checkPacket(first, data.subarray(at + length.header, end), this.#limits);
      if (violation) return void this.#refuse(violation.cause, violation.connack);
      if (type === CONNECT) this.#onConnect(data.subarray(at + length.header, end));
      else if (type === PUBLISH) publishes++;
      at = end;
    }
    if (at > 0) this.push(at === data.length ? data : data.subarray(0, at));
    if (at < data.length) this.#pending = Buffer.from(data.subarray(at));
    this.#keepRate(publishes, chunk.length, now);
    if (this.#inboxFull()) this.#pause();
  }

  /** Size of the packet that starts here; null while its header is not complete. Ends the connection when it is too large. */
  #lengthAt(data: Buffer, at: number): { header: number; body: number } | null {
    let body = 0;
    for (let i = 1; i < HEADER_BYTES; i++) {
      const byte = data[at + i];
      if (byte === undefined) return null;
      body += (byte & 0x7f) * 128 ** (i - 1);
      if (byte < 0x80) {
        const limit = this.#connected ? this.#limits.packetBytes : this.#limits.packetBeforeConnectBytes;
        if (body + i + 1 > limit) this.#refuse("packet too large");
        return { header: i + 1, body };
      }
    }
    this.#refuse("MQTT-2.2.3 remaining length of five bytes");
    return null;
  }

  #onConnect(body: Buffer): void {
    this.#connected = true;
    clearTimeout(this.#connectTimer);
    const asked = body.readUInt16BE(2 + body.readUInt16BE(0) + 2) * 1_000;
    const keepAlive = asked === 0 ? this.#limits.keepAliveMaxMs : Math.min(asked, this.#limits.keepAliveMaxMs);
    this.#idleMs = keepAlive * 1.5;
    this.#idleTimer = setInterval(
      () => {
        if (performance.now() - this.#lastReadAt > this.#idleMs && !this.#paused) this.#refuse("idle");
      },
      Math.max(1_000, this.#idleMs / 4),
    );
    this.#idleTimer.unref();
  }

  #keepRate(messages: number, bytes: number, now: number): void {
    const waitMs = Math.max(this.#messages.take(messages, now), this.#bytes.take(bytes, now));
    if (waitMs <= 0) {
      this.#overRateSince = null;
      return;
    }
    this.#overRateSince ??= now;
    if (now - this.#overRateSince > this.#limits.overRateMs) return void this.#refuse("too fast");
    this.#pause();
    setTimeout(() => this.relieve(), Math.min(waitMs, this.#limits.overRateMs)).unref();
  }

  #pause(): void {
    this.#paused = true;
    this.#transport.pause();
  }

  #refuse(cause: string, connack?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#refused(cause);
    if (connack !== undefined) this.#transport.end(Buffer.from([0x20, 2, 0, connack]), () => this.destroy());
    else this.destroy();
  }
}
