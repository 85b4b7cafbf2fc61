import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Jt808Assembler } from "../devices/jt808/assembler.ts";
import { decodeFrame, encodeFrame, type Jt808Frame, Jt808FrameSplitter } from "../devices/jt808/frame.ts";
import { generalAnswer, readAuthentication, readRegistration, registrationAnswer } from "../devices/jt808/session.ts";
import { decodeJt808 } from "../devices/jt808-frames.ts";
import { acknowledgement, crc16, decodePacket, encodePacket, TeltonikaSplitter } from "../devices/teltonika/codec8.ts";
import { decodeTeltonika, teltonikaPackets } from "../devices/teltonika-packets.ts";

const frameOf = (bytes: Uint8Array): Jt808Frame => {
  const decoded = decodeFrame(bytes);
  if ("problem" in decoded) throw new Error(decoded.problem.detail);
  return decoded.frame;
};
const anyFrame = fc.record({
  messageId: fc.integer({ min: 0, max: 0xffff }),
  phone: fc.stringMatching(/^\d{12}$/),
  serial: fc.integer({ min: 0, max: 0xffff }),
  version: fc.constantFrom(null, 1),
  // Marks and escapes more often than chance would have them.
  body: fc.uint8Array({ maxLength: 200 }).map((body) => body.map((byte) => (byte < 64 ? 0x7d + (byte & 1) : byte))),
});
/** Cuts bytes into pieces at the given places, as a network does. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}

describe("JT/T 808 frames", () => {
  test("what is built is read back, whatever the body holds, in both headers", () => {
    fc.assert(
      fc.property(anyFrame, (parts) => {
        const bytes = encodeFrame(parts);
        expect(bytes.subarray(1, -1).includes(0x7e)).toBe(false);
        const frame = frameOf(bytes);
        expect(frame).toMatchObject({ messageId: parts.messageId, serial: parts.serial, version: parts.version });
        expect(frame.phone.replace(/^0+/, "")).toBe(parts.phone.replace(/^0+/, ""));
        expect(frame.checksumOk).toBe(true);
        expect(Buffer.from(frame.body).equals(Buffer.from(parts.body))).toBe(true);
      }),
    );
  });

  test("a stream is cut the same way wherever the network cuts it, and noise before the first mark costs nothing", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(2_000), { maxLength: 12 }),
        fc.boolean(),
        (all, cuts, shared) => {
          const frames = all.map((parts) => Buffer.from(encodeFrame(parts)));
          // Some terminals end one frame and begin the next with the same mark.
          const joined = shared ? frames.map((frame, i) => (i === 0 ? frame : frame.subarray(1))) : frames;
          const stream = Buffer.concat([Buffer.from("noise"), ...joined]);
          const splitter = new Jt808FrameSplitter();
          const found = pieces(stream, cuts).flatMap((piece) => splitter.push(piece));
          expect(found.map((frame) => Buffer.from(frame).toString("hex"))).toEqual(
            frames.map((frame) => frame.toString("hex")),
          );
        },
      ),
    );
  });

  test("a stream without marks is given up before it fills the memory", () => {
    const splitter = new Jt808FrameSplitter(1_000);
    expect(() => {
      for (let i = 0; i < 100; i++) splitter.push(i === 0 ? Uint8Array.of(0x7e, 1) : new Uint8Array(100).fill(1));
    }).toThrow(/no frame ends/);
  });

  test("fragments become one message in any order, and a missing one keeps it waiting", () => {
    const body = Uint8Array.from({ length: 3_000 }, (_, i) => i & 0xff);
    const parts = [0, 1, 2].map((i) =>
      frameOf(
        encodeFrame({
          ...{ messageId: 0x0704, phone: "1", serial: i, fragment: { total: 3, index: i + 1 } },
          body: body.subarray(i * 1_000, i * 1_000 + 1_000),
        }),
      ),
    );
    const assembler = new Jt808Assembler();
    expect(assembler.add(parts[2]!)).toBeNull();
    expect(assembler.add(parts[0]!)).toBeNull();
    expect(assembler.add(parts[0]!)).toBeNull();
    const whole = assembler.add(parts[1]!);
    expect(whole).toMatchObject({ messageId: 0x0704, fragment: null, declaredLength: 3_000 });
    expect(Buffer.from(whole!.body).equals(Buffer.from(body))).toBe(true);
    expect(new Jt808Assembler(1_500).add(parts[0]!)).toBeNull();
    expect(decodeJt808(parts[0]!)).toMatchObject({ refused: { reason: "fragment" } });
  });

  test("registration, authentication and their answers, in the editions of 2011, 2013 and 2019", () => {
    const gbk = (text: string, length: number): Buffer => Buffer.concat([Buffer.from(text, "latin1")], length);
    const plate = Buffer.from("d4c1423132333435", "hex");
    const registration = (lengths: readonly number[]) =>
      Buffer.concat([
        Buffer.from("002c012f", "hex"),
        ...lengths.map((length, i) => gbk(["MAKER", "MODEL-1", "T000001"][i]!, length)),
        Buffer.of(2),
        plate,
      ]);
    for (const [lengths, version] of [
      [[5, 8, 7], null],
      [[5, 20, 7], null],
      [[11, 30, 30], 1],
    ] as const) {
      const bytes = encodeFrame({
        messageId: 0x0100,
        phone: "13800000001",
        serial: 3,
        version,
        body: registration(lengths),
      });
      expect(readRegistration(frameOf(bytes))).toEqual({
        ...{ province: 44, city: 303, maker: "MAKER", model: "MODEL-1", terminalId: "T000001", plateColour: 2 },
        plate: "粤B12345",
      });
    }
    expect(readRegistration({ body: new Uint8Array(5), version: null })).toBeNull();
    expect(readAuthentication({ body: Buffer.from("code-1"), version: null })).toEqual({ code: "code-1" });
    const newer = Buffer.concat([Buffer.of(3), Buffer.from("abc"), Buffer.from("352093080000015"), gbk("V1.2", 20)]);
    expect(readAuthentication({ body: newer, version: 1 })).toEqual({
      code: "abc",
      imei: "352093080000015",
      software: "V1.2",
    });

    const to = { messageId: 0x0200, phone: "013800000001", serial: 0x1234, version: null };
    const answer = frameOf(generalAnswer(to, 0, 9));
    expect(answer).toMatchObject({ messageId: 0x8001, serial: 9, phone: "013800000001" });
    expect(Buffer.from(answer.body).toString("hex")).toBe("1234020000");
    const admitted = frameOf(registrationAnswer({ ...to, version: 1 }, 0, "secret", 10));
    expect(admitted).toMatchObject({ messageId: 0x8100, version: 1 });
    expect(Buffer.from(admitted.body).toString("latin1")).toBe("\x12\x34\x00secret");
    expect(frameOf(registrationAnswer(to, 4, "secret", 10)).body).toHaveLength(3);
  });

  test("any bytes end as observations or as a problem", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(0x0200, 0x0704, 0x0702, 0x0003),
        (body, messageId) => {
          const result = decodeJt808(frameOf(encodeFrame({ messageId, phone: "1", serial: 1, body })));
          expect(result.observations.length > 0 || result.refused !== undefined).toBe(true);
        },
      ),
    );
  });
});

describe("Teltonika packets", () => {
  const record = {
    ...{ at: 1_790_000_000_000, priority: 1, lat: -33.7335583, lon: -70.7196233, altM: -6, angle: 61, satellites: 18 },
    ...{ speedKmh: 12, event: 240, io: { 239: 1, 66: 12_352 } },
  };

  test("CRC-16/IBM by its check value", () => {
    expect(crc16(Buffer.from("123456789"))).toBe(0xbb3d);
  });

  test('the vendor\'s example of codec 8 (wiki, "Codec 8", first example)', () => {
    const bytes = Buffer.from(
      "000000000000003608010000016B40D8EA30010000000000000000000000000000000105021503010101425E0F01F10000601A014E0000000000000000010000C7CF",
      "hex",
    );
    const decoded = decodePacket(bytes);
    expect(decoded).toMatchObject({
      packet: {
        count: 1,
        records: [
          { at: 1_560_161_086_000, priority: 1, event: 1, io: { 21: 3, 1: 1, 66: 24_079, 241: 24_602, 78: 0 } },
        ],
      },
    });
  });

  test("a stream is cut the same way wherever the network cuts it", () => {
    const packets = [encodePacket([record]), encodePacket([record, { ...record, at: record.at + 1 }])].map((p) =>
      Buffer.from(p),
    );
    const stream = Buffer.concat([
      Buffer.from("\x00\x0f352093080000015", "latin1"),
      packets[0]!,
      Buffer.of(0xff),
      packets[1]!,
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(2_000), { maxLength: 12 }), (cuts) => {
        const splitter = new TeltonikaSplitter();
        const parts = pieces(stream, cuts).flatMap((piece) => splitter.push(piece));
        expect(parts[0]).toEqual({ imei: "352093080000015" });
        expect(parts.slice(1).map((part) => "packet" in part && Buffer.from(part.packet).toString("hex"))).toEqual(
          packets.map((packet) => packet.toString("hex")),
        );
      }),
    );
    expect(Buffer.from(acknowledgement(2)).toString("hex")).toBe("00000002");
  });

  test("what is no such stream is given up at once", () => {
    expect(() => new TeltonikaSplitter().push(Buffer.from("GET / HTTP/1.1"))).toThrow(/handshake/);
    expect(() => new TeltonikaSplitter().push(Buffer.from("\x00\x0f35209308000001x", "latin1"))).toThrow(/digits/);
    const splitter = new TeltonikaSplitter(1_000);
    splitter.push(Buffer.from("\x00\x0f352093080000015", "latin1"));
    expect(() => splitter.push(Buffer.from("000000007fffffff", "hex"))).toThrow(/exceeds/);
  });

  test("a damaged packet is refused as a whole, so that it is sent again", () => {
    const sound = teltonikaPackets.samples[0]?.payload as Uint8Array;
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Uint8Array.from(sound);
        damaged[at] = (damaged[at] as number) ^ flip;
        expect(decodePacket(damaged)).toHaveProperty("problem");
      }),
    );
    expect(decodePacket(sound.subarray(0, -1))).toHaveProperty("problem");
  });

  test("an integer beyond 2^53 stays exact as text", () => {
    const head = Buffer.from(encodePacket([{ ...record, io: {} }]).subarray(8, 8 + 2 + 24));
    const data = Buffer.concat([
      ...[head, Buffer.from([0, 1, 0, 0, 0, 1, 11]), Buffer.from("7fffffffffffffff", "hex"), Buffer.of(1)],
    ]);
    const packet = Buffer.concat([Buffer.alloc(8), data, Buffer.alloc(4)]);
    packet.writeUInt32BE(data.length, 4);
    packet.writeUInt32BE(crc16(data), packet.length - 4);
    const decoded = decodePacket(packet);
    if ("problem" in decoded) throw new Error(decoded.problem.detail);
    expect(decoded.packet.records[0]?.io).toEqual({ 11: "9223372036854775807" });
    expect(decodeTeltonika(decoded.packet, "352093080000015").observations).toHaveLength(1);
  });
});
