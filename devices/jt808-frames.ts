import { z } from "zod";
import { type DecodeProblem, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { decodeFrame, encodeFrame, type Jt808Frame } from "./jt808/frame.ts";
import { MESSAGE, readBatch, readLocation, writeLocation } from "./jt808/location.ts";
import { cardObservation, jt808Alias, locationObservations, presenceObservation } from "./jt808/meaning.ts";
import { readDriverCard } from "./jt808/session.ts";

const MARK = 0x7e;
const bytes = z.instanceof(Uint8Array);
const sampleFrame = (messageId: number, body: string, serial = 7): Uint8Array =>
  encodeFrame({ messageId, phone: "013800000003", serial, body: Buffer.from(body, "hex") });
const hints = { kind: "vehicle", phone: "013800000003" };
const sampleLocation = (status: number, other = ""): string =>
  Buffer.from(
    writeLocation({
      ...{ alarm: 0, status, latitude: 22_720_000, longitude: 113_900_000, altitude: 12, speed: 185, direction: 90 },
      ...{ time: "260921221320", items: { other: {} } },
    }),
  ).toString("hex") + other;

/** What one whole frame says; fragments must have been put together before. */
export function decodeJt808(frame: Jt808Frame): DecodeResult {
  if (frame.encrypted) return refused("encrypted", "the frame is encrypted with a key the center does not have");
  if (frame.fragment)
    return refused("fragment", `part ${frame.fragment.index} of ${frame.fragment.total} alone says nothing`);
  const { phone, serial, body } = frame;
  const problems: DecodeProblem[] = [];
  const quality: ("crcFailed" | "truncated")[] = [];
  if (!frame.checksumOk) {
    quality.push("crcFailed");
    problems.push({ reason: "checksum", detail: "the check byte is wrong" });
  }
  if (frame.declaredLength !== body.length) {
    quality.push("truncated");
    problems.push({
      reason: "truncated",
      detail: `the header says ${frame.declaredLength} bytes, ${body.length} are there`,
    });
  }
  const context = { alias: jt808Alias(phone), phone, serial, quality };
  if (frame.messageId === MESSAGE.location) {
    const location = readLocation(body, problems);
    if (!location) return refused("truncated", "the location is not whole");
    return { observations: locationObservations(location, { ...context, index: 0, buffered: false }), problems };
  }
  if (frame.messageId === MESSAGE.locationBatch) {
    const { buffered, locations } = readBatch(body, problems);
    if (locations.length === 0) return refused("truncated", "no record of the batch is whole");
    const observations = locations.flatMap((one, index) => locationObservations(one, { ...context, index, buffered }));
    return { observations, problems };
  }
  if (frame.messageId === MESSAGE.driverCard) {
    const card = readDriverCard(body, problems);
    return card
      ? { observations: [cardObservation(card, phone, serial, problems)], problems }
      : refused("truncated", "the driver card is not whole");
  }
  if (frame.messageId === MESSAGE.logOut) return { observations: [presenceObservation(phone, false)], problems };
  // Registrations, authentications and heartbeats are the door's business.
  return { observations: [], problems };
}

/** Frames of JT/T 808 as they are, one per message: by the TCP door, or by a transparent modem over MQTT. */
export const jt808Frames = defineDevice({
  id: "jt808",
  kind: "vehicle",
  title: { en: "JT/T 808 terminal (2011, 2013, 2019)", zh: "JT/T 808 终端（2011/2013/2019）" },
  // The second is what the TCP door has put together of fragments: no single frame could hold it.
  topics: ["jt808/{phone}/frame", "jt808/{phone}/whole/{message}/{serial}"],
  encoding: "bytes",
  payload: bytes,
  recognises: ({ bytes }) => bytes.length >= 15 && bytes[0] === MARK && bytes[bytes.length - 1] === MARK,
  guide: {
    connect: {
      en: "Terminal (SMS or setting tool): main server IP and TCP port `JT808_PORT` of this center, terminal number = SIM number. Register the vehicle with alias `jt808:<SIM number>`. A time zone other than GMT+8: attribute `utcOffsetMinutes`.",
      zh: "终端（短信或配置工具）：主服务器 IP 与 TCP 端口 `JT808_PORT`，终端手机号 = SIM 卡号。车辆登记别名 `jt808:<SIM 卡号>`。时区不是 GMT+8 的机型：设备属性 `utcOffsetMinutes`。",
    },
    makes: {
      en: "Position, ignition, odometer, fuel, satellites; alarms when they begin and end; SOS; area crossings; ADAS and driver alarms; driver cards; blind-area batches as history. Which input is the brush says the attribute `inputs`, for example `io:3=working`.",
      zh: "位置、点火、里程、油量、卫星数；报警的开始与结束；一键求助；进出区域；主动安全与驾驶员报警；驾驶员 IC 卡；盲区补传写入历史。哪一路输入是扫刷由设备属性 `inputs` 指定，例如 `io:3=working`。",
    },
  },
  decode(payload, { parameters }) {
    const { phone, message, serial } = parameters;
    if (phone !== undefined && message !== undefined) {
      return decodeJt808({
        ...{ messageId: Number(message), phone, serial: Number(serial), body: payload },
        ...{ version: null, encrypted: false, fragment: null, checksumOk: true, declaredLength: payload.length },
      });
    }
    const decoded = decodeFrame(payload);
    if ("problem" in decoded) return { observations: [], refused: decoded.problem };
    const { frame } = decoded;
    if (parameters.phone !== undefined && jt808Alias(parameters.phone) !== jt808Alias(frame.phone)) {
      return refused("identity", `the frame names another terminal than the topic (${parameters.phone})`);
    }
    return decodeJt808(frame);
  },
  samples: [
    {
      name: "a location, 18.5 km/h",
      topic: "jt808/13800000003/frame",
      payload: sampleFrame(MESSAGE.location, sampleLocation(0x03)),
      observations: [
        {
          device: "jt808:13800000003",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: { lat: 22.72, lon: 113.9, altM: 12, speedKmh: 18.5, headingDeg: 90, acc: 1, sos: 0 },
          standing: [],
          inputs: { load: 0, doors: 0 },
          key: "jt808:13800000003 260921221320 7 0",
          hints,
        },
      ],
    },
    {
      name: "the driver's assistant: smoking; the coordinates are altered by a plug-in",
      topic: "jt808/13800000003/frame",
      payload: sampleFrame(MESSAGE.location, sampleLocation(0x23, "65070000000501" + "0302")),
      observations: [
        {
          device: "jt808:13800000003",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: { acc: 1, sos: 0 },
          standing: [],
          inputs: { load: 0, doors: 0 },
          event: { type: "alarm", code: "smoking", details: { alarmId: 5, nativeLevel: 2 } },
          key: "jt808:13800000003 260921221320 7 0",
          quality: ["alteredFix"],
          hints,
        },
      ],
    },
    {
      name: "a driver's card is put in",
      topic: "jt808/13800000003/frame",
      payload: sampleFrame(
        MESSAGE.driverCard,
        "01260921221320" +
          "00" +
          "04d5c5c8fd" +
          "3434303330303139383030313031303030".padEnd(40, "0") +
          "03" +
          "484751" +
          "20300101",
      ),
      observations: [
        {
          device: "jt808:13800000003",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: {},
          event: {
            type: "card",
            code: "inserted",
            details: { cardEnds: "1000", organisation: "HGQ", expires: "20300101" },
          },
          key: "jt808:13800000003 260921221320 7 card",
          hints,
        },
      ],
    },
    {
      name: "a heartbeat",
      topic: "jt808/13800000003/frame",
      payload: sampleFrame(MESSAGE.heartbeat, ""),
      observations: [],
    },
  ],
  rejects: ["", "7e7e", "~short~", Uint8Array.of(0x7e, 2, 0, 0x7d, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x7e)],
});
