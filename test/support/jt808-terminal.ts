import { decodeFrame, encodeFrame, type Jt808Frame } from "../../devices/jt808/frame.ts";
import { MESSAGE, writeBatch, writeLocation } from "../../devices/jt808/location.ts";
import { RawSocket } from "./raw-socket.ts";

const MARK = 0x7e;

/** 0x8001: which message it answers, and how. */
export interface GeneralAnswer {
  readonly serial: number;
  readonly messageId: number;
  readonly result: number;
}

const bcd = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().replace(/\D/g, "").slice(2, 14);

export const locationAt = (at: number, more: Partial<Parameters<typeof writeLocation>[0]> = {}) => ({
  ...{ alarm: 0, status: 0x03, latitude: 22_733_000, longitude: 113_903_300, altitude: 12, speed: 185, direction: 90 },
  ...{ time: bcd(at), items: { other: {} }, ...more },
});

/** A terminal as it is built into a vehicle, for tests. `version` null speaks the header of 2011 and 2013. */
export class Terminal {
  readonly #phone: string;
  readonly #version: number | null;
  readonly #edition: 2011 | 2013 | 2019;
  readonly raw: RawSocket;
  serial = 0;

  private constructor(raw: RawSocket, phone: string, edition: 2011 | 2013 | 2019) {
    this.raw = raw;
    this.#phone = phone;
    this.#edition = edition;
    this.#version = edition === 2019 ? 1 : null;
  }

  static async connect(url: string, phone: string, edition: 2011 | 2013 | 2019 = 2013): Promise<Terminal> {
    return new Terminal(await RawSocket.open(url), phone, edition);
  }

  frame(messageId: number, body: Uint8Array, fragment: Jt808Frame["fragment"] = null, phone = this.#phone): Uint8Array {
    return encodeFrame({ messageId, phone, serial: this.serial++, version: this.#version, body, fragment });
  }

  /** Sends a message and says its serial. */
  send(messageId: number, body: Uint8Array): number {
    const { serial } = this;
    this.raw.send(this.frame(messageId, body));
    return serial;
  }

  /** The next frame of the platform; null when it ends the connection before. */
  next(): Promise<Jt808Frame | null> {
    return this.raw.take((bytes) => {
      const start = bytes.indexOf(MARK);
      const end = start < 0 ? -1 : bytes.indexOf(MARK, start + 1);
      if (end < 0) return null;
      const decoded = decodeFrame(bytes.subarray(start, end + 1));
      if ("problem" in decoded || !decoded.frame.checksumOk) throw new Error("the platform sent no sound frame");
      return { value: decoded.frame, bytes: end + 1 };
    });
  }

  async answer(): Promise<GeneralAnswer | null> {
    const frame = await this.next();
    if (!frame) return null;
    if (frame.messageId !== 0x8001) throw new Error(`answered with ${frame.messageId.toString(16)}`);
    const body = Buffer.from(frame.body);
    return { serial: body.readUInt16BE(0), messageId: body.readUInt16BE(2), result: body[4] as number };
  }

  /** Registers and says what came back: the result and the code. */
  async register(terminalId = "T000001"): Promise<{ result: number; code: string } | null> {
    const [maker, model, terminal] = { 2011: [5, 8, 7], 2013: [5, 20, 7], 2019: [11, 30, 30] }[this.#edition];
    const text = (value: string, length = 0) => Buffer.concat([Buffer.from(value)], length);
    const body = Buffer.concat([
      Buffer.from("002c012f", "hex"),
      ...[text("MAKER", maker), text("MODEL-1", model), text(terminalId, terminal), Buffer.of(2)],
      Buffer.from("d4c1423132333435", "hex"),
    ]);
    const serial = this.send(MESSAGE.register, body);
    const frame = await this.next();
    if (!frame) return null;
    const answer = Buffer.from(frame.body);
    if (frame.messageId !== 0x8100 || answer.readUInt16BE(0) !== serial)
      throw new Error("no answer to the registration");
    return { result: answer[2] as number, code: answer.subarray(3).toString("latin1") };
  }

  async authenticate(code: string): Promise<GeneralAnswer | null> {
    const text = Buffer.from(code);
    const body =
      this.#edition === 2019
        ? Buffer.concat([Buffer.of(text.length), text, Buffer.from("352093080000015"), Buffer.alloc(20)])
        : text;
    this.send(MESSAGE.authenticate, body);
    return this.answer();
  }

  async login(terminalId?: string): Promise<void> {
    const registered = await this.register(terminalId);
    const answer = registered && (await this.authenticate(registered.code));
    if (answer?.result !== 0) throw new Error("the login failed");
  }

  locate(at: number, more: Parameters<typeof locationAt>[1] = {}): number {
    return this.send(MESSAGE.location, writeLocation(locationAt(at, more)));
  }

  /** A batch cut into fragments; the frames, not sent yet. */
  fragments(times: readonly number[], bytes: number): Uint8Array[] {
    const body = writeBatch({ buffered: true, locations: times.map((at) => locationAt(at)) });
    const total = Math.ceil(body.length / bytes);
    return Array.from({ length: total }, (_, i) =>
      this.frame(MESSAGE.locationBatch, body.subarray(i * bytes, (i + 1) * bytes), { total, index: i + 1 }),
    );
  }
}
