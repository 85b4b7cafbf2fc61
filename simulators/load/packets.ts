/** MQTT 3.1.1 packets of the load generator, built once before the measurement starts. */

/** One message a connection sends again and again; `ts` (13 digits) in the payload is replaced at each sending. */
export interface LoadMessage {
  readonly topic: string;
  readonly payload: string;
}

/** Packets of a connection's window, one after the other in one buffer; packet id = slot + 1. */
export interface Window {
  readonly bytes: Buffer;
  /** Start of slot i; one more entry than slots. */
  readonly starts: Uint32Array;
  /** Position of the 13 digits of slot i, 0 when its payload has none. */
  readonly stamps: Uint32Array;
}

function remainingLength(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  do {
    let byte = rest % 128;
    rest = Math.floor(rest / 128);
    if (rest > 0) byte |= 0x80;
    bytes.push(byte);
  } while (rest > 0);
  return bytes;
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

export function connectPacket(clientId: string, username?: string, password?: string): Buffer {
  let flags = 0x02;
  const parts = [field(clientId)];
  if (username !== undefined) {
    flags |= 0x80;
    parts.push(field(username));
  }
  if (password !== undefined) {
    flags |= 0x40;
    parts.push(field(password));
  }
  const keepAliveSeconds = 600;
  const head = Buffer.concat([field("MQTT"), Buffer.from([4, flags, keepAliveSeconds >> 8, keepAliveSeconds & 255])]);
  const body = Buffer.concat([head, ...parts]);
  return Buffer.concat([Buffer.from([0x10, ...remainingLength(body.length)]), body]);
}

function publishPacket(message: LoadMessage, packetId: number): Buffer {
  const topic = field(message.topic);
  const payload = Buffer.from(message.payload);
  const body = Buffer.concat([topic, Buffer.from([packetId >> 8, packetId & 255]), payload]);
  return Buffer.concat([Buffer.from([0x32, ...remainingLength(body.length)]), body]);
}

/** Lays out the window of one connection; slot i carries message i modulo their number. */
export function layOutWindow(messages: readonly LoadMessage[], slots: number): Window {
  const packets: Buffer[] = [];
  const starts = new Uint32Array(slots + 1);
  const stamps = new Uint32Array(slots);
  let at = 0;
  for (let slot = 0; slot < slots; slot++) {
    const message = messages[slot % messages.length];
    if (!message) throw new RangeError("a connection needs at least one message");
    const packet = publishPacket(message, slot + 1);
    const found = /"ts":\s*(\d{13})/.exec(message.payload);
    if (found) {
      const before = Buffer.byteLength(message.payload.slice(0, found.index + found[0].length - 13));
      stamps[slot] = at + packet.length - Buffer.byteLength(message.payload) + before;
    }
    starts[slot] = at;
    at += packet.length;
    packets.push(packet);
  }
  starts[slots] = at;
  return { bytes: Buffer.concat(packets), starts, stamps };
}

/** Overwrites 13 digits in place. */
export function stamp(bytes: Buffer, at: number, millis: number): void {
  let high = Math.floor(millis / 1_000_000);
  let low = millis - high * 1_000_000;
  for (let i = at + 12; i > at + 6; i--) {
    const rest = (low / 10) | 0;
    bytes[i] = 48 + low - rest * 10;
    low = rest;
  }
  for (let i = at + 6; i >= at; i--) {
    const rest = (high / 10) | 0;
    bytes[i] = 48 + high - rest * 10;
    high = rest;
  }
}
