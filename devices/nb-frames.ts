import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { type DecodeProblem, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { frameKind, readFrame } from "./nb-iot/frames.ts";
import { readTimestamp } from "./timestamp.ts";

const MOST_REPORTS = 100;
const HEX = /^\s*(?:0x)?((?:[0-9a-fA-F]{2}){20,600})\s*$/;

/** The bytes of a payload that may also be written out in hexadecimal. */
function frameOf(payload: Uint8Array): Uint8Array {
  if (frameKind(payload)) return payload;
  const hex = payload.length < 2_000 ? HEX.exec(Buffer.from(payload).toString("latin1"))?.[1] : undefined;
  return hex === undefined ? payload : Buffer.from(hex, "hex");
}

const SAMPLE_DRAGINO =
  "f868000000000041f4600400000000411b7a0ce611010000" + "05a36ab13700" + "05a06ab1337c" + "00146ab12ff8";
const SAMPLE_MILESIGHT =
  `0200010060000007013031303130313036${Buffer.from("794D000000000042868000000000042460040000000042").toString("hex")}` +
  `${Buffer.from("89860400000000000042").toString("hex")}14000f01755a0367cdff0482ee0205000006`;

/** Frames of NB-IoT bin sensors as they leave the sensor: Milesight EM400-NB, Dragino LDDS/DDS-NB. Bytes, or hexadecimal text. */
export const nbFrames = defineDevice({
  id: "nb-frames",
  kind: "bin",
  title: { en: "NB-IoT bin sensor (Milesight, Dragino)", zh: "NB-IoT 垃圾桶传感器（星纵、Dragino）" },
  topics: ["nbiot/{device}", "nbiot/{device}/up"],
  encoding: "bytes",
  payload: z.instanceof(Uint8Array),
  recognises: ({ bytes }) => frameKind(frameOf(bytes)) !== null,
  guide: {
    connect: {
      en: "Milesight ToolBox → Network → Application mode MQTT: server and port of this center, login of the device, uplink topic `nbiot/<IMEI>`, QoS 1. Dragino: `AT+PRO=3,0`, `AT+SERVADDR=<center>,1883`, `AT+UNAME=…`, `AT+PWD=…`, `AT+PUBTOPIC=nbiot/<IMEI>`.",
      zh: "Milesight ToolBox → 网络 → 应用模式 MQTT：服务器端口填本中心，设备账号，上行主题 `nbiot/<IMEI>`，QoS 1。Dragino：`AT+PRO=3,0`、`AT+SERVADDR=<中心>,1883`、`AT+UNAME=…`、`AT+PWD=…`、`AT+PUBTOPIC=nbiot/<IMEI>`。",
    },
    makes: {
      en: "Distance, temperature, tilt, battery, signal; kept readings as history. Alias `imei:<IMEI>`.",
      zh: "距离、温度、倾倒、电量、信号；缓存读数写入历史。别名 `imei:<IMEI>`。",
    },
  },
  decode(payload, { parameters }) {
    const result = readFrame(frameOf(payload), null);
    const named = parameters.device;
    const speaker = result.observations[0]?.device.replace("imei:", "");
    if (named !== undefined && speaker !== undefined && /^\d{15}$/.test(named) && named !== speaker) {
      return refused("identity", `the frame names another sensor than the topic (${named})`);
    }
    return result;
  },
  samples: [
    {
      name: "Dragino, hexadecimal: one reading, one kept, one that is none",
      topic: "nbiot/868000000000041",
      payload: SAMPLE_DRAGINO,
      observations: [
        {
          device: "imei:868000000000041",
          at: 0x6ab13700 * 1_000,
          atSource: "device",
          metrics: { distanceMm: 1_443, batteryV: 3.302, rssiDbm: -79 },
          key: `imei:868000000000041 ${0x6ab13700}`,
          hints: { kind: "bin", imsi: "460040000000041" },
        },
        {
          device: "imei:868000000000041",
          at: 0x6ab1337c * 1_000,
          atSource: "device",
          metrics: { distanceMm: 1_440 },
          key: `imei:868000000000041 ${0x6ab1337c}`,
          buffered: true,
          hints: { kind: "bin", imsi: "460040000000041" },
        },
        {
          device: "imei:868000000000041",
          at: 0x6ab12ff8 * 1_000,
          atSource: "device",
          metrics: {},
          key: `imei:868000000000041 ${0x6ab12ff8}`,
          buffered: true,
          quality: ["sensorError"],
          hints: { kind: "bin", imsi: "460040000000041" },
        },
      ],
    },
    {
      name: "Milesight, bytes, a negative temperature",
      topic: "nbiot/868000000000042",
      payload: Uint8Array.from(Buffer.from(SAMPLE_MILESIGHT, "hex")),
      observations: [
        {
          device: "imei:868000000000042",
          at: null,
          atSource: "receiveTime",
          metrics: { batteryPct: 90, distanceMm: 750, tempC: -5.1, tilted: 0, rssiDbm: -73 },
          key: "imei:868000000000042 7 AXVaA2fN/wSC7gIFAAAG",
          hints: { kind: "bin", serial: "794D000000000042", imsi: "460040000000042", iccid: "89860400000000000042" },
        },
      ],
    },
  ],
  rejects: ["", "f868", "hello", Uint8Array.of(2, 0, 1, 0, 0)],
});

const report = z.looseObject({
  serialNumber: z.string().max(64).optional(),
  timestamp: z.union([z.number(), z.string().max(40)]).optional(),
  resourcePath: z.string().max(128).optional(),
  value: z.unknown().optional(),
});

/** What operators' platforms push: several reports, each with a sensor's frame in hexadecimal. The time is the platform's. */
export const operatorPush = defineDevice({
  id: "operator-push",
  kind: "bin",
  title: { en: "NB-IoT sensors through an operator's platform", zh: "运营商平台推送的 NB-IoT 传感器" },
  topics: ["operator/{platform}"],
  payload: z.object({ reports: z.array(report).min(1).max(MOST_REPORTS) }),
  limits: { jsonKeys: 1_024 },
  recognises: ({ value }) =>
    typeof value === "object" && value !== null && "reports" in value && Array.isArray(value.reports),
  guide: {
    connect: {
      en: "Operator's platform → Application → Data forwarding: HTTP address `https://<center>/ingest/operator/<name>` with a gateway login, or a message queue bridged to MQTT topic `operator/<name>`; format: raw value (hexadecimal).",
      zh: "运营商平台 → 应用 → 数据转发：HTTP 填 `https://<中心>/ingest/operator/<名称>`（网关账号），或消息队列桥接到 MQTT 主题 `operator/<名称>`；格式选原始值（十六进制）。",
    },
    makes: {
      en: "The readings of the sensors' own frames, at the platform's time where the frame has none. Alias `imei:<IMEI>`.",
      zh: "传感器原始帧的读数；帧内无时间时取平台时间。别名 `imei:<IMEI>`。",
    },
  },
  decode({ reports }): DecodeResult {
    const observations: Observation[] = [];
    const problems: DecodeProblem[] = [];
    for (const { value, timestamp, serialNumber } of reports) {
      const hex = typeof value === "string" ? HEX.exec(value)?.[1] : undefined;
      if (hex === undefined) {
        problems.push({
          reason: "schema",
          detail: `a report of ${serialNumber ?? "an unnamed device"} holds no frame`,
        });
        continue;
      }
      const time = timestamp === undefined ? null : readTimestamp(timestamp);
      const read = readFrame(Buffer.from(hex, "hex"), time && "at" in time ? time.at : null);
      const imei = /\d{15}/.exec(serialNumber ?? "")?.[0];
      const speaker = read.observations[0]?.device;
      if (read.refused) problems.push(read.refused);
      else if (imei !== undefined && speaker !== `imei:${imei}`) {
        problems.push({ reason: "identity", detail: `the frame names another sensor than the report (${imei})` });
      } else {
        observations.push(...read.observations);
        problems.push(...(read.problems ?? []));
      }
    }
    if (observations.length > 0) return { observations, problems };
    const [first] = problems;
    return { observations, refused: first ?? { reason: "schema", detail: "no report holds a frame" } };
  },
  samples: [
    {
      name: "a frame without a time gets the platform's; a report without a frame is told",
      topic: "operator/cmcc",
      payload: {
        reports: [
          { serialNumber: "IMEI:868000000000042", timestamp: 1_790_000_000_000, value: SAMPLE_MILESIGHT },
          { serialNumber: "IMEI:868000000000043", timestamp: 1_790_000_000_000, value: 7 },
        ],
      },
      observations: [
        {
          device: "imei:868000000000042",
          at: 1_790_000_000_000,
          atSource: "platform",
          metrics: { batteryPct: 90, distanceMm: 750, tempC: -5.1, tilted: 0, rssiDbm: -73 },
          key: "imei:868000000000042 7 1790000000000",
          hints: { kind: "bin", serial: "794D000000000042", imsi: "460040000000042", iccid: "89860400000000000042" },
        },
      ],
    },
  ],
  rejects: [{}, { reports: [] }, { reports: [{ value: "00" }] }],
});
