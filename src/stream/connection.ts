import type { Socket } from "node:net";
import type { Millis } from "../domain/time.ts";
import type { StateFrame } from "./protocol.ts";

export interface StreamCounters {
  clients: number;
  subscriptions: number;
  frames: number;
  bytes: number;
  /** How often a frame was built; the others shared its bytes. */
  serialised: number;
  skipped: number;
  readonly closed: Map<number, number>;
  /** Open streams of each token that has one. */
  readonly byToken: Map<string, number>;
}

/** A text frame with its WebSocket header, ready to be written to any number of sockets (RFC 6455, section 5.2). */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}

export function stateFrame(frame: StateFrame): Buffer {
  return textFrame(JSON.stringify(frame));
}

/** One socket's sending side. Nothing is queued here: what does not fit now is built anew later, from newer state. */
export class Connection {
  readonly socket: Socket;
  readonly #softBytes: number;
  readonly #hardBytes: number;
  readonly #counters: StreamCounters;
  /** Since when it has been above the soft limit; null when it keeps up. */
  blockedSince: Millis | null = null;
  closed = false;

  constructor(socket: Socket, softBytes: number, hardBytes: number, counters: StreamCounters) {
    this.socket = socket;
    this.#softBytes = softBytes;
    this.#hardBytes = hardBytes;
    this.#counters = counters;
  }

  /** Whether it may be sent more now. */
  hasRoom(): boolean {
    if (this.closed) return false;
    if (this.socket.writableLength <= this.#softBytes) {
      this.blockedSince = null;
      return true;
    }
    this.blockedSince ??= performance.now();
    return false;
  }

  tooFarBehind(slowMs: Millis): boolean {
    if (this.socket.writableLength > this.#hardBytes) return true;
    return this.blockedSince !== null && performance.now() - this.blockedSince > slowMs;
  }

  write(frame: Buffer): void {
    if (this.closed) return;
    this.socket.write(frame);
    this.#counters.frames++;
    this.#counters.bytes += frame.length;
  }
}
