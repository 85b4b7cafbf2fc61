import type { DecodeProblem } from "../driver.ts";

export const CODEC_8 = 0x08;
export const CODEC_8E = 0x8e;
const HEADER_BYTES = 8;
const CRC_BYTES = 4;
const IMEI_DIGITS = 15;
/** u64 time, u8 priority, two i32, i16, u16, u8, u16. */
const RECORD_HEAD_BYTES = 24;

/** One AVL record (wiki.teltonika-gps.com, "Codec"). Values keep the bits that were sent; ids say what they mean. */
export interface AvlRecord {
  readonly at: number;
  readonly priority: number;
  readonly lat: number;
  readonly lon: number;
  readonly altM: number;
  readonly angle: number;
  readonly satellites: number;
  readonly speedKmh: number;
  /** Id of the value that made the device send this record; 0 when it was only time. */
  readonly event: number;
  /** Unsigned numbers; text where a number would lose digits (above 2^53) and hexadecimal text for variable lengths. */
  readonly io: Readonly<Record<string, number | string>>;
}

export interface AvlPacket {
  readonly codec: number;
  readonly declaredLength: number;
  readonly crcOk: boolean;
  /** As the packet says at its start and at its end. They must agree. */
  readonly count: number;
  readonly countAtEnd: number;
  readonly records: readonly AvlRecord[];
}

export type DecodedPacket =
  | { readonly packet: AvlPacket; readonly problems: readonly DecodeProblem[] }
  | { readonly problem: DecodeProblem };

const problem = (reason: string, detail: string): DecodedPacket => ({ problem: { reason, detail } });

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ 0xa001 : value >>> 1;
  return value;
});

/** CRC-16/IBM (ARC): polynomial 8005 reflected, start 0. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] as number);
  return crc;
}

/**
 * Decodes one packet of codec 8 or 8 Extended, from its four zero bytes to its checksum. A packet whose checksum or counts
 * are wrong is a problem as a whole: it is not acknowledged, so the device sends it again.
 */
export function decodePacket(bytes: Uint8Array): DecodedPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES + 3 + CRC_BYTES) return problem("truncated", `${bytes.length} bytes are no packet`);
  if (view.getUint32(0) !== 0) return problem("preamble", "a packet begins with four zero bytes");
  const declaredLength = view.getUint32(4);
  if (HEADER_BYTES + declaredLength + CRC_BYTES !== bytes.length) {
    return problem("truncated", `the packet says ${declaredLength} bytes, ${bytes.length - 12} are there`);
  }
  const data = bytes.subarray(HEADER_BYTES, HEADER_BYTES + declaredLength);
  if (crc16(data) !== view.getUint32(HEADER_BYTES + declaredLength)) return problem("checksum", "the CRC-16 is wrong");
  const codec = data[0] as number;
  if (codec !== CODEC_8 && codec !== CODEC_8E) return problem("codec", `codec ${codec.toString(16)} is not understood`);
  const count = data[1] as number;
  const reader = new Reader(data, 2, codec === CODEC_8E);
  const records: AvlRecord[] = [];
  for (let i = 0; i < count; i++) {
    const record = readRecord(reader);
    if (!record) return problem("truncated", `record ${i + 1} of ${count} is not whole`);
    records.push(record);
  }
  const countAtEnd = data[reader.at] ?? -1;
  if (countAtEnd !== count || reader.at !== data.length - 1) {
    return problem("count", `the packet says ${count} records at its start and ${countAtEnd} at its end`);
  }
  return { packet: { codec, declaredLength, crcOk: true, count, countAtEnd, records }, problems: [] };
}

/** Reads numbers in order and remembers when the bytes were not enough. */
class Reader {
  readonly #view: DataView;
  readonly extended: boolean;
  at: number;
  short = false;

  constructor(data: Uint8Array, at: number, extended: boolean) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.at = at;
    this.extended = extended;
  }

  has(bytes: number): boolean {
    if (this.at + bytes > this.#view.byteLength) this.short = true;
    return !this.short;
  }

  /** An unsigned number of 1, 2, 4 or 8 bytes; 0 when there are none left. */
  take(bytes: number): number | string {
    if (!this.has(bytes)) return 0;
    const at = this.at;
    this.at += bytes;
    if (bytes === 1) return this.#view.getUint8(at);
    if (bytes === 2) return this.#view.getUint16(at);
    if (bytes === 4) return this.#view.getUint32(at);
    const value = this.#view.getBigUint64(at);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
  }

  /** An id or a count: two bytes in codec 8 Extended. */
  small(): number {
    return Number(this.take(this.extended ? 2 : 1));
  }

  hex(bytes: number): string {
    if (!this.has(bytes)) return "";
    const value = Buffer.from(this.#view.buffer, this.#view.byteOffset + this.at, bytes).toString("hex");
    this.at += bytes;
    return value;
  }
}

function readRecord(reader: Reader): AvlRecord | null {
  if (!reader.has(RECORD_HEAD_BYTES)) return null;
  const at = Number(reader.take(8));
  const priority = Number(reader.take(1));
  const lon = (Number(reader.take(4)) | 0) / 1e7;
  const lat = (Number(reader.take(4)) | 0) / 1e7;
  const altM = (Number(reader.take(2)) << 16) >> 16;
  const angle = Number(reader.take(2));
  const satellites = Number(reader.take(1));
  const speedKmh = Number(reader.take(2));
  const event = reader.small();
  reader.small();
  const io: Record<string, number | string> = {};
  for (const bytes of [1, 2, 4, 8]) {
    for (let left = reader.small(); left > 0 && !reader.short; left--) io[reader.small()] = reader.take(bytes);
  }
  if (reader.extended) {
    for (let left = reader.small(); left > 0 && !reader.short; left--) io[reader.small()] = reader.hex(reader.small());
  }
  return reader.short ? null : { at, priority, lat, lon, altM, angle, satellites, speedKmh, event, io };
}

/** What the server answers: how many records it has made safe, four bytes. */
export function acknowledgement(records: number): Uint8Array {
  const answer = Buffer.alloc(4);
  answer.writeUInt32BE(records);
  return answer;
}

/** What a stream of a device is made of: first its IMEI, then packets. */
export type StreamPart = { readonly imei: string } | { readonly packet: Uint8Array };

/** Cuts a TCP stream into the handshake (`000F` and 15 digits) and packets. */
export class TeltonikaSplitter {
  readonly #maxBytes: number;
  #pending: Uint8Array = new Uint8Array(0);
  #greeted = false;

  constructor(maxBytes = 64 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The parts completed by a chunk.
   * @throws RangeError when the stream is not one of such a device, or a packet is longer than `maxBytes`
   */
  push(chunk: Uint8Array): StreamPart[] {
    let bytes: Uint8Array = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const parts: StreamPart[] = [];
    for (let taken = this.#take(bytes); taken; taken = this.#take(bytes)) {
      if (taken.part) parts.push(taken.part);
      bytes = bytes.subarray(taken.bytes);
    }
    this.#pending = Uint8Array.prototype.slice.call(bytes);
    return parts;
  }

  #take(bytes: Uint8Array): { bytes: number; part: StreamPart | null } | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!this.#greeted) {
      if (bytes.length < 2) return null;
      const length = view.getUint16(0);
      if (length !== IMEI_DIGITS) throw new RangeError(`a handshake has ${IMEI_DIGITS} digits, not ${length}`);
      if (bytes.length < 2 + length) return null;
      const imei = Buffer.from(bytes.subarray(2, 2 + length)).toString("latin1");
      if (!/^\d+$/.test(imei)) throw new RangeError("the IMEI is not made of digits");
      this.#greeted = true;
      return { bytes: 2 + length, part: { imei } };
    }
    // A single FF keeps the connection open.
    if (bytes[0] === 0xff) return { bytes: 1, part: null };
    if (bytes.length < HEADER_BYTES) return null;
    if (view.getUint32(0) !== 0) throw new RangeError("a packet begins with four zero bytes");
    const whole = HEADER_BYTES + view.getUint32(4) + CRC_BYTES;
    if (whole > this.#maxBytes) throw new RangeError(`a packet of ${whole} bytes exceeds ${this.#maxBytes}`);
    return bytes.length < whole ? null : { bytes: whole, part: { packet: bytes.subarray(0, whole) } };
  }
}

/** A packet of codec 8 as a simulated device sends it; values of one and two bytes only. */
export function encodePacket(records: readonly AvlRecord[]): Uint8Array {
  const parts = records.map((record) => {
    const head = Buffer.alloc(RECORD_HEAD_BYTES + 2);
    head.writeBigUInt64BE(BigInt(record.at), 0);
    head.writeUInt8(record.priority, 8);
    head.writeInt32BE(Math.round(record.lon * 1e7), 9);
    head.writeInt32BE(Math.round(record.lat * 1e7), 13);
    head.writeInt16BE(record.altM, 17);
    head.writeUInt16BE(record.angle, 19);
    head.writeUInt8(record.satellites, 21);
    head.writeUInt16BE(record.speedKmh, 22);
    head.writeUInt8(record.event, 24);
    const values = Object.entries(record.io).map(([id, value]) => [Number(id), Number(value)] as const);
    head.writeUInt8(values.length, 25);
    const small = values.filter(([, value]) => value < 0x100);
    const large = values.filter(([, value]) => value >= 0x100);
    const one = small.flat();
    const two = large.flatMap(([id, value]) => [id, value >> 8, value & 0xff]);
    return Buffer.concat([head, Buffer.from([small.length, ...one, large.length, ...two, 0, 0])]);
  });
  const data = Buffer.concat([Buffer.from([CODEC_8, records.length]), ...parts, Buffer.from([records.length])]);
  const packet = Buffer.alloc(HEADER_BYTES + data.length + CRC_BYTES);
  packet.writeUInt32BE(data.length, 4);
  data.copy(packet, HEADER_BYTES);
  packet.writeUInt32BE(crc16(data), HEADER_BYTES + data.length);
  return packet;
}
