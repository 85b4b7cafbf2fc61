import { crc32 } from "node:zlib";
import { z } from "zod";
import { type DecodeResult, defineDevice, refused } from "./driver.ts";
import { avlObservation } from "./teltonika/avl.ts";
import { type AvlPacket, type AvlRecord, CODEC_8, CODEC_8E, decodePacket, encodePacket } from "./teltonika/codec8.ts";
import { imeiOf } from "./teltonika.ts";

const CODEC_AT = 8;
const LEAST_BYTES = 15;
const sampleRecord: AvlRecord = {
  ...{ at: 1_790_000_000_000, priority: 0, lat: 22.72, lon: 113.9, altM: -6, angle: 90, satellites: 18, speedKmh: 12 },
  event: 0,
  io: { 239: 1, 66: 26_268 },
};

/** What a packet says. Records are not ordered: a kept one may stand last. */
export function decodeTeltonika({ records }: AvlPacket, imei: string): DecodeResult {
  return {
    observations: records.map((record) =>
      avlObservation({
        ...record,
        imei,
        time: record.at,
        // A resend may put the same record into another packet: the record itself is the key.
        key: `${imei} ${record.at} ${record.event} ${crc32(JSON.stringify(record))}`,
      }),
    ),
  };
}

/** Teltonika's packets of codec 8 and 8 Extended as they are: by the TCP door, or by a transparent modem. */
export const teltonikaPackets = defineDevice({
  id: "teltonika-codec8",
  kind: "vehicle",
  title: { en: "Teltonika tracker (Codec 8, 8 Extended)", zh: "Teltonika 定位终端（Codec 8/8E）" },
  topics: ["teltonika/{imei}/packet"],
  encoding: "bytes",
  payload: z.instanceof(Uint8Array),
  recognises: ({ bytes, topic }) =>
    bytes.length >= LEAST_BYTES &&
    bytes[0] === 0 &&
    bytes[1] === 0 &&
    (bytes[CODEC_AT] === CODEC_8 || bytes[CODEC_AT] === CODEC_8E) &&
    imeiOf({ parameters: {}, topic }) !== null,
  guide: {
    connect: {
      en: "Configurator → System: Codec protocol `Codec 8` or `Codec 8 Extended`. GPRS → Server settings: domain of this center, port `TELTONIKA_PORT`, Protocol `TCP`, TLS off. Register the vehicle with alias `imei:<IMEI>`.",
      zh: "Configurator → System：Codec protocol 选 `Codec 8` 或 `Codec 8 Extended`。GPRS → Server settings：域名填本中心，端口填 `TELTONIKA_PORT`，Protocol 选 `TCP`。车辆登记别名 `imei:<IMEI>`。",
    },
    makes: {
      en: "As Codec JSON above. A packet is acknowledged only when all its records are on disk.",
      zh: "同 Codec JSON。全部记录落盘后才回执。",
    },
  },
  decode(payload, context) {
    const imei = imeiOf(context);
    if (imei === null) return refused("identity", "no level of the topic is an IMEI");
    const decoded = decodePacket(payload);
    return "problem" in decoded
      ? { observations: [], refused: decoded.problem }
      : decodeTeltonika(decoded.packet, imei);
  },
  samples: [
    {
      name: "two records, the newer one first",
      topic: "teltonika/352093080000015/packet",
      payload: encodePacket([
        sampleRecord,
        { ...sampleRecord, at: 1_789_999_990_000, satellites: 0, event: 252, io: { 252: 1 } },
      ]),
      observations: [
        {
          device: "imei:352093080000015",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {
            ...{ lat: 22.72, lon: 113.9, altM: -6, speedKmh: 12, headingDeg: 90, satellites: 18, acc: 1 },
            externalPowerV: 26.268,
          },
          inputs: { io66: 26_268, io239: 1 },
          key: "352093080000015 1790000000000 0 1396040705",
          hints: { kind: "vehicle" },
        },
        {
          device: "imei:352093080000015",
          at: 1_789_999_990_000,
          atSource: "device",
          metrics: { satellites: 0 },
          event: { type: "alarm", code: "powerUnplugged", details: { avlId: 252, value: 1 } },
          inputs: { io252: 1 },
          key: "352093080000015 1789999990000 252 1593956154",
          quality: ["staleFix"],
          hints: { kind: "vehicle" },
        },
      ],
    },
  ],
  rejects: ["", "000000", Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 3, 8, 0, 0, 0, 0, 0, 0])],
});
