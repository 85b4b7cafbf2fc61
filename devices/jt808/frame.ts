import type { DecodeProblem } from "../driver.ts";

const MARK = 0x7e;
const ESCAPE = 0x7d;
const ESCAPED_MARK = 0x02;
const ESCAPED_ESCAPE = 0x01;
const LENGTH_BITS = 0x03ff;
const ENCRYPTION_BITS = 0x1c00;
const FRAGMENT_BIT = 0x2000;
const VERSION_BIT = 0x4000;
const PHONE_BYTES_2013 = 6;
const PHONE_BYTES_2019 = 10;

/** One message of a terminal, unescaped (JT/T 808-2011, -2013 and -2019, chapter "Message structure"). */
export interface Jt808Frame {
  readonly messageId: number;
  /** Terminal number as it stands in the header: 12 or 20 digits. Cheap terminals put other half-bytes there. */
  readonly phone: string;
  /** Wraps at 65,535 and starts again with the terminal. */
  readonly serial: number;
  /** Protocol version of the 2019 header; null in the older one. */
  readonly version: number | null;
  readonly encrypted: boolean;
  /** Place among the fragments of one message, from 1. */
  readonly fragment: { readonly total: number; readonly index: number } | null;
  readonly checksumOk: boolean;
  readonly declaredLength: number;
  readonly body: Uint8Array;
}

export type DecodedFrame = { readonly frame: Jt808Frame } | { readonly problem: DecodeProblem };

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const problem = (reason: string, detail: string): DecodedFrame => ({ problem: { reason, detail } });

/** Undoes the escaping between the marks; null when an escape stands for nothing. */
function unescaped(bytes: Uint8Array): Uint8Array | null {
  if (!bytes.includes(ESCAPE)) return bytes;
  const result = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i] as number;
    if (byte === ESCAPE) {
      const next = bytes[++i];
      if (next === ESCAPED_MARK) byte = MARK;
      else if (next !== ESCAPED_ESCAPE) return null;
    }
    result[length++] = byte;
  }
  return result.subarray(0, length);
}

/** Decodes one frame, with or without its marks. A wrong checksum is told and not refused: the caller decides. */
export function decodeFrame(bytes: Uint8Array): DecodedFrame {
  const from = bytes[0] === MARK ? 1 : 0;
  const to = bytes.length > 1 && bytes[bytes.length - 1] === MARK ? bytes.length - 1 : bytes.length;
  const content = unescaped(bytes.subarray(from, to));
  if (!content) return problem("escape", "7D is followed by neither 01 nor 02");
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < 13) return problem("truncated", `${content.length} bytes are no frame`);
  const properties = view.getUint16(2);
  const newer = (properties & VERSION_BIT) !== 0;
  const fragmented = (properties & FRAGMENT_BIT) !== 0;
  const phoneAt = newer ? 5 : 4;
  const phoneBytes = newer ? PHONE_BYTES_2019 : PHONE_BYTES_2013;
  const bodyAt = phoneAt + phoneBytes + 2 + (fragmented ? 4 : 0);
  if (content.length < bodyAt + 1) return problem("truncated", `${content.length} bytes hold no whole header`);
  let check = 0;
  for (let i = 0; i < content.length - 1; i++) check ^= content[i] as number;
  return {
    frame: {
      messageId: view.getUint16(0),
      phone: hexOf(content.subarray(phoneAt, phoneAt + phoneBytes)),
      serial: view.getUint16(phoneAt + phoneBytes),
      version: newer ? view.getUint8(4) : null,
      encrypted: (properties & ENCRYPTION_BITS) !== 0,
      fragment: fragmented ? { total: view.getUint16(bodyAt - 4), index: view.getUint16(bodyAt - 2) } : null,
      checksumOk: check === content[content.length - 1],
      declaredLength: properties & LENGTH_BITS,
      body: content.subarray(bodyAt, content.length - 1),
    },
  };
}

/** What a frame is made of. `version` null writes the header of 2013. */
export interface FrameParts {
  readonly messageId: number;
  readonly phone: string;
  readonly serial: number;
  readonly version?: number | null;
  readonly body: Uint8Array;
  readonly fragment?: { readonly total: number; readonly index: number } | null;
}

/**
 * Builds a frame with marks, checksum and escapes.
 * @throws RangeError when the body is longer than one frame can hold (1,023 bytes)
 */
export function encodeFrame({
  messageId,
  phone,
  serial,
  version = null,
  body,
  fragment = null,
}: FrameParts): Uint8Array {
  if (body.length > LENGTH_BITS) throw new RangeError(`a frame holds at most ${LENGTH_BITS} bytes, not ${body.length}`);
  const newer = version !== null;
  const phoneBytes = newer ? PHONE_BYTES_2019 : PHONE_BYTES_2013;
  const header = Buffer.alloc((newer ? 5 : 4) + phoneBytes + 2 + (fragment ? 4 : 0));
  header.writeUInt16BE(messageId, 0);
  header.writeUInt16BE(body.length | (newer ? VERSION_BIT : 0) | (fragment ? FRAGMENT_BIT : 0), 2);
  if (newer) header.writeUInt8(version, 4);
  header.write(phone.padStart(phoneBytes * 2, "0").slice(-phoneBytes * 2), newer ? 5 : 4, "hex");
  const serialAt = (newer ? 5 : 4) + phoneBytes;
  header.writeUInt16BE(serial & 0xffff, serialAt);
  if (fragment) {
    header.writeUInt16BE(fragment.total, serialAt + 2);
    header.writeUInt16BE(fragment.index, serialAt + 4);
  }
  const out: number[] = [MARK];
  let check = 0;
  const put = (byte: number): void => {
    if (byte === MARK) out.push(ESCAPE, ESCAPED_MARK);
    else if (byte === ESCAPE) out.push(ESCAPE, ESCAPED_ESCAPE);
    else out.push(byte);
  };
  for (const part of [header, body]) {
    for (const byte of part) {
      check ^= byte;
      put(byte);
    }
  }
  put(check);
  out.push(MARK);
  return Uint8Array.from(out);
}

/**
 * Cuts a stream of bytes into frames: what stands between two marks, marks included. Bytes before the first mark are
 * dropped. A mark is never part of a frame's content, so one lost byte costs one frame and not the stream.
 */
export class Jt808FrameSplitter {
  readonly #maxBytes: number;
  #pending: Uint8Array = new Uint8Array(0);

  /** @param maxBytes longest frame that is waited for; escaping doubles a frame of 1,023 bytes at worst */
  constructor(maxBytes = 4_096) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The frames completed by a chunk.
   * @throws RangeError when no frame ends within `maxBytes`: the peer speaks something else
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Uint8Array[] = [];
    let start = bytes.indexOf(MARK);
    while (start >= 0) {
      const end = bytes.indexOf(MARK, start + 1);
      if (end < 0) break;
      // Two marks side by side hold nothing; one mark may end a frame and begin the next.
      if (end > start + 1) frames.push(Uint8Array.prototype.slice.call(bytes, start, end + 1));
      start = end;
    }
    const rest = start < 0 ? new Uint8Array(0) : bytes.subarray(start);
    if (rest.length > this.#maxBytes || (start < 0 && frames.length === 0 && bytes.length > this.#maxBytes)) {
      throw new RangeError(`no frame ends within ${this.#maxBytes} bytes`);
    }
    this.#pending = Uint8Array.prototype.slice.call(rest);
    return frames;
  }
}
