import type { DecodeProblem } from "../driver.ts";
import { encodeFrame, type Jt808Frame } from "./frame.ts";
import { MESSAGE } from "./location.ts";

const gbk = new TextDecoder("gbk");
/** Text of the standard: GBK, filled up with zeros. */
const textOf = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return gbk.decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
};

/** What a terminal says about itself when it registers (0x0100). */
export interface Registration {
  readonly province: number;
  readonly city: number;
  readonly maker: string;
  readonly model: string;
  readonly terminalId: string;
  /** 0: no plate yet; then `plate` is the vehicle identification number. */
  readonly plateColour: number;
  readonly plate: string;
}

/** Lengths of maker, model and terminal id: 2011, 2013, 2019. The frame's version or the body's length tells them apart. */
const LAYOUTS = { 2011: [5, 8, 7], 2013: [5, 20, 7], 2019: [11, 30, 30] } as const;

/** Reads a 0x0100 body; null when it is too short for any edition. */
export function readRegistration({ body, version }: Pick<Jt808Frame, "body" | "version">): Registration | null {
  const edition = version !== null ? 2019 : body.length >= 4 + 5 + 20 + 7 + 1 ? 2013 : 2011;
  const [maker, model, terminal] = LAYOUTS[edition];
  const colourAt = 4 + maker + model + terminal;
  if (body.length < colourAt + 1) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const take = (from: number, length: number): string => textOf(body.subarray(from, from + length));
  return {
    province: view.getUint16(0),
    city: view.getUint16(2),
    maker: take(4, maker),
    model: take(4 + maker, model),
    terminalId: take(4 + maker + model, terminal),
    plateColour: view.getUint8(colourAt),
    plate: textOf(body.subarray(colourAt + 1)),
  };
}

/** What a terminal shows to be let in (0x0102): the code it was given, since 2019 with its IMEI and software version. */
export interface Authentication {
  readonly code: string;
  readonly imei?: string;
  readonly software?: string;
}

export function readAuthentication({ body, version }: Pick<Jt808Frame, "body" | "version">): Authentication {
  const length = body[0] ?? 0;
  if (version === null || body.length < 1 + length + 15) return { code: textOf(body) };
  return {
    code: textOf(body.subarray(1, 1 + length)),
    imei: textOf(body.subarray(1 + length, 1 + length + 15)),
    software: textOf(body.subarray(1 + length + 15)),
  };
}

/** A card put into or taken out of the terminal (0x0702). */
export interface DriverCard {
  readonly inserted: boolean;
  /** `yyMMddHHmmss` in the terminal's zone. */
  readonly time: string;
  /** 0 when the card was read; otherwise why it was not. */
  readonly result: number | null;
  readonly name: string | null;
  readonly certificate: string | null;
  readonly organisation: string | null;
  /** `yyyyMMdd`. */
  readonly expires: string | null;
}

export function readDriverCard(body: Uint8Array, problems: DecodeProblem[]): DriverCard | null {
  if (body.length < 7) {
    problems.push({ reason: "truncated", detail: "a driver card has at least 7 bytes" });
    return null;
  }
  const result = body[7] ?? null;
  const head = { inserted: body[0] === 1, time: Buffer.from(body.subarray(1, 7)).toString("hex"), result };
  const nothing = { ...head, name: null, certificate: null, organisation: null, expires: null };
  if (!head.inserted || result !== 0) return nothing;
  let at = 8;
  const sized = (): string | null => {
    const length = body[at];
    if (length === undefined || at + 1 + length > body.length) return null;
    const text = textOf(body.subarray(at + 1, at + 1 + length));
    at += 1 + length;
    return text;
  };
  const name = sized();
  const certificate = name !== null && at + 20 <= body.length ? textOf(body.subarray(at, at + 20)) : null;
  at += 20;
  const organisation = certificate !== null ? sized() : null;
  const expires =
    organisation !== null && at + 4 <= body.length ? Buffer.from(body.subarray(at, at + 4)).toString("hex") : null;
  if (expires === null) problems.push({ reason: "truncated", detail: "the driver card ends early" });
  return { ...head, name, certificate, organisation, expires };
}

/** What the platform answers: 0 done, 1 failed, 2 the message was wrong, 3 not supported, 4 alarm confirmed. */
export type AnswerResult = 0 | 1 | 2 | 3 | 4;
type To = Pick<Jt808Frame, "messageId" | "phone" | "serial" | "version">;

/** 0x8001: the general answer to a message, with that message's serial. */
export function generalAnswer(to: To, result: AnswerResult, ownSerial: number): Uint8Array {
  const body = Buffer.alloc(5);
  body.writeUInt16BE(to.serial, 0);
  body.writeUInt16BE(to.messageId, 2);
  body.writeUInt8(result, 4);
  return encodeFrame({ messageId: 0x8001, phone: to.phone, serial: ownSerial, version: to.version, body });
}

/** 0x8100: the answer to a registration. 0 done with the code to authenticate with, 1 vehicle known, 2 no such vehicle, 3, 4 likewise for the terminal. */
export function registrationAnswer(to: To, result: AnswerResult, code: string, ownSerial: number): Uint8Array {
  const head = Buffer.alloc(3);
  head.writeUInt16BE(to.serial, 0);
  head.writeUInt8(result, 2);
  const body = Buffer.concat(result === 0 ? [head, Buffer.from(code, "latin1")] : [head]);
  return encodeFrame({ messageId: 0x8100, phone: to.phone, serial: ownSerial, version: to.version, body });
}

/** 0x8003: asks for fragments again, by the serial of the message's first fragment and their places in it. */
export function resendRequest(
  to: Pick<Jt808Frame, "phone" | "version">,
  firstSerial: number,
  missing: readonly number[],
  ownSerial: number,
): Uint8Array {
  // One byte counts them up to 2013, two since 2019.
  const wide = to.version !== null;
  const asked = missing.slice(0, 125);
  const body = Buffer.alloc(2 + (wide ? 2 : 1) + asked.length * 2);
  body.writeUInt16BE(firstSerial, 0);
  if (wide) body.writeUInt16BE(asked.length, 2);
  else body.writeUInt8(asked.length, 2);
  for (const [i, index] of asked.entries()) body.writeUInt16BE(index, body.length - (asked.length - i) * 2);
  return encodeFrame({ messageId: 0x8003, phone: to.phone, serial: ownSerial, version: to.version, body });
}

/** Messages that are answered with the general answer; a registration has its own, an answer gets none. */
export const wantsGeneralAnswer = (messageId: number): boolean =>
  messageId !== MESSAGE.generalAnswer && messageId !== MESSAGE.register && messageId < 0x8000;
