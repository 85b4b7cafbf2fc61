import type { DecodeProblem } from "../driver.ts";
import { hexOf } from "./frame.ts";

export const LOCATION_BYTES = 28;
export const MESSAGE = {
  generalAnswer: 0x0001,
  heartbeat: 0x0002,
  logOut: 0x0003,
  register: 0x0100,
  authenticate: 0x0102,
  location: 0x0200,
  driverCard: 0x0702,
  locationBatch: 0x0704,
} as const;

/** A 0x0200 record in the raw units of the standard, whatever carried it: frame, EMQX or CTWing. */
export interface Jt808Location {
  readonly alarm: number;
  readonly status: number;
  /** 1e-6 degree, unsigned; the sign stands in the status. */
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  /** 0.1 km/h. */
  readonly speed: number;
  readonly direction: number;
  /** `yyMMddHHmmss` in the terminal's zone. */
  readonly time: string;
  readonly items: Jt808Items;
}

/** Additional items that have a meaning, and the others as hexadecimal by their id. */
export interface Jt808Items {
  /** 0.1 km. */
  readonly mileage?: number;
  /** 0.1 L. */
  readonly fuel?: number;
  /** 0.1 km/h. */
  readonly recorderSpeed?: number;
  readonly signals?: number;
  readonly ioStatus?: number;
  readonly analogue?: readonly [number, number];
  readonly csq?: number;
  readonly satellites?: number;
  /** In or out of an area or route: 0 in, 1 out. */
  readonly area?: { readonly type: number; readonly id: number; readonly direction: number };
  readonly other: Readonly<Record<string, string>>;
}

/** Reads the item list `id, length, value`. A last item that claims more bytes than are left is a problem, no loss of the rest. */
export function readItems(bytes: Uint8Array, problems: DecodeProblem[]): Jt808Items {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: { -readonly [name in keyof Jt808Items]: Jt808Items[name] } & { other: Record<string, string> } = {
    other: {},
  };
  let at = 0;
  while (at + 2 <= bytes.length) {
    const id = bytes[at] as number;
    const length = bytes[at + 1] as number;
    const start = at + 2;
    if (start + length > bytes.length) {
      const detail = `item 0x${id.toString(16)} claims ${length} bytes, ${bytes.length - start} are left`;
      problems.push({ reason: "truncated", detail });
      break;
    }
    if (id === 0x01 && length === 4) items.mileage = view.getUint32(start);
    else if (id === 0x02 && length === 2) items.fuel = view.getUint16(start);
    else if (id === 0x03 && length === 2) items.recorderSpeed = view.getUint16(start);
    else if (id === 0x12 && length === 6) {
      items.area = { type: view.getUint8(start), id: view.getUint32(start + 1), direction: view.getUint8(start + 5) };
    } else if (id === 0x25 && length === 4) items.signals = view.getUint32(start);
    else if (id === 0x2a && length === 2) items.ioStatus = view.getUint16(start);
    else if (id === 0x2b && length === 4) items.analogue = [view.getUint16(start + 2), view.getUint16(start)];
    else if (id === 0x30 && length === 1) items.csq = view.getUint8(start);
    else if (id === 0x31 && length === 1) items.satellites = view.getUint8(start);
    else items.other[id.toString(16).padStart(2, "0")] = hexOf(bytes.subarray(start, start + length));
    at = start + length;
  }
  return items;
}

/** Reads one 0x0200 body; null when the base record is not whole. */
export function readLocation(body: Uint8Array, problems: DecodeProblem[]): Jt808Location | null {
  if (body.length < LOCATION_BYTES) {
    problems.push({ reason: "truncated", detail: `a location has ${LOCATION_BYTES} bytes, here are ${body.length}` });
    return null;
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return {
    alarm: view.getUint32(0),
    status: view.getUint32(4),
    latitude: view.getUint32(8),
    longitude: view.getUint32(12),
    // The standard says unsigned; terminals below sea level send it signed.
    altitude: view.getInt16(16),
    speed: view.getUint16(18),
    direction: view.getUint16(20),
    time: hexOf(body.subarray(22, 28)),
    items: readItems(body.subarray(LOCATION_BYTES), problems),
  };
}

export interface Jt808Batch {
  /** Kept during a blind area and sent later (type 1). */
  readonly buffered: boolean;
  readonly locations: readonly Jt808Location[];
}

/** Reads a 0x0704 body: as many records as are whole. */
export function readBatch(body: Uint8Array, problems: DecodeProblem[]): Jt808Batch {
  if (body.length < 3) {
    problems.push({ reason: "truncated", detail: "a batch has at least 3 bytes" });
    return { buffered: false, locations: [] };
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const count = view.getUint16(0);
  const locations: Jt808Location[] = [];
  let at = 3;
  let read = 0;
  for (; read < count && at + 2 <= body.length; read++) {
    const length = view.getUint16(at);
    const location = readLocation(body.subarray(at + 2, at + 2 + length), problems);
    if (location) locations.push(location);
    at += 2 + length;
  }
  if (read < count)
    problems.push({ reason: "truncated", detail: `the batch says ${count} records, ${read} are there` });
  return { buffered: view.getUint8(2) === 1, locations };
}

const base = (location: Jt808Location): Buffer => {
  const bytes = Buffer.alloc(LOCATION_BYTES);
  bytes.writeUInt32BE(location.alarm, 0);
  bytes.writeUInt32BE(location.status, 4);
  bytes.writeUInt32BE(location.latitude, 8);
  bytes.writeUInt32BE(location.longitude, 12);
  bytes.writeInt16BE(location.altitude, 16);
  bytes.writeUInt16BE(location.speed, 18);
  bytes.writeUInt16BE(location.direction, 20);
  bytes.write(location.time, 22, "hex");
  return bytes;
};

/** The body of a 0x0200 message, as a simulated terminal sends it. */
export function writeLocation(location: Jt808Location): Uint8Array {
  const { mileage, fuel, satellites } = location.items;
  const items: Buffer[] = [];
  if (mileage !== undefined) {
    const value = Buffer.from([0x01, 4, 0, 0, 0, 0]);
    value.writeUInt32BE(mileage, 2);
    items.push(value);
  }
  if (fuel !== undefined) items.push(Buffer.from([0x02, 2, fuel >> 8, fuel & 0xff]));
  if (satellites !== undefined) items.push(Buffer.from([0x31, 1, satellites]));
  return Buffer.concat([base(location), ...items]);
}

/** The body of a 0x0704 message. */
export function writeBatch({ buffered, locations }: Jt808Batch): Uint8Array {
  const head = Buffer.from([locations.length >> 8, locations.length & 0xff, buffered ? 1 : 0]);
  const records = locations.flatMap((location) => {
    const body = writeLocation(location);
    return [Buffer.from([body.length >> 8, body.length & 0xff]), body];
  });
  return Buffer.concat([head, ...records]);
}
