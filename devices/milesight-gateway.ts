import { z } from "zod";
import { type DecodeContext, defineDevice, refused } from "./driver.ts";
import { encodeUplink, FRAME_CHARACTERS, readUplink, strongest } from "./lorawan/uplink.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord, label, numeric } from "./tolerant.ts";

const EUI = /^[0-9a-f]{16}$/;

const message = z.looseObject({
  applicationID: label,
  applicationName: label,
  deviceName: label,
  devEUI: z.string().max(32),
  time: z.string().max(64).optional(),
  fCnt: numeric,
  fPort: numeric,
  data: z.string().max(FRAME_CHARACTERS).optional(),
  object: z.unknown().optional(),
  rxInfo: z.array(z.looseObject({ rssi: numeric, loRaSNR: numeric, snr: numeric })).optional(),
});

/** Milesight UG gateways with their own network server; ChirpStack v3 hands frames on in the same form. */
export const milesightGateway = defineDevice({
  id: "milesight-gateway",
  kind: null,
  title: { en: "Milesight gateway (own network server)", zh: "星纵物联网关（内置网络服务器）" },
  topics: ["milesight/{devEui}/uplink"],
  payload: message,
  limits: { jsonKeys: 4_096 },
  recognises: ({ value }) =>
    isRecord(value) && typeof value.devEUI === "string" && ("fPort" in value || "data" in value),
  guide: {
    connect: {
      en: "Gateway → Network Server → Applications → application → Data Transmission → MQTT: broker address and port of this center, user credentials of a gateway login, Uplink data topic `milesight/$deveui/uplink`, QoS 1. Payload codec: none is needed.",
      zh: "网关 → 网络服务器 → 应用 → 数据传输 → MQTT：broker 地址端口填本中心，用户凭证填网关账号，上行数据主题 `milesight/$deveui/uplink`，QoS 1。无需配置 Payload 编解码器。",
    },
    makes: {
      en: "Readings of the sensor families below and their signal. The gateway's own position is never taken for the bin's. Alias `eui:<devEUI>`.",
      zh: "下列传感器的读数与信号。网关位置不会当作垃圾桶位置。别名 `eui:<devEUI>`。",
    },
  },
  decode(payload, { parameters }: DecodeContext) {
    const eui = euiOf(payload.devEUI);
    if (eui === null) return refused("schema", "devEUI: expected 16 hexadecimal digits");
    if (parameters.devEui !== undefined && parameters.devEui.toLowerCase() !== eui) {
      return refused("identity", `the payload names another device than the topic (${parameters.devEui})`);
    }
    const time = payload.time === undefined ? { untrusted: true as const } : readTimestamp(payload.time);
    const trusted = "at" in time;
    const { fCnt = 0, fPort = 0, data = "", object, rxInfo = [], deviceName, applicationName } = payload;
    const result = readUplink({
      envelope: {
        device: `eui:${eui}`,
        at: trusted ? time.at : null,
        atSource: trusted ? "networkServer" : "receiveTime",
        ...(trusted && { key: `${eui} ${fCnt} ${payload.time}` }),
        ...(payload.time !== undefined && !trusted && { quality: ["clockDefault"] as const }),
        hints: { kind: "bin" },
      },
      link: strongest(rxInfo.map(({ rssi, loRaSNR, snr }) => ({ rssi, snr: loRaSNR ?? snr }))),
      bytes: Buffer.from(data, "base64"),
      fPort,
      names: `${deviceName ?? ""} ${applicationName ?? ""}`.toLowerCase(),
      decoded: isRecord(object) ? object : null,
    });
    if (!("invalid" in time)) return result;
    return { ...result, problems: [...(result.problems ?? []), { reason: "clock", detail: time.invalid }] };
  },
  encode(observation, device) {
    const frame = encodeUplink(observation, device);
    if (!frame) return null;
    return {
      topic: `milesight/${frame.eui}/uplink`,
      payload: {
        applicationID: 1,
        applicationName: "bins",
        deviceName: frame.model,
        devEUI: frame.eui,
        time: new Date(frame.at).toISOString(),
        rxInfo: [{ mac: "24e124fffef021be", rssi: frame.rssi, loRaSNR: frame.snr, latitude: 0, longitude: 0 }],
        fCnt: frame.fCnt,
        fPort: frame.fPort,
        data: Buffer.from(frame.bytes).toString("base64"),
      },
    };
  },
  samples: [
    {
      name: "EM400, by a firmware that writes a time nobody can read",
      topic: "milesight/24e1641092170001/uplink",
      payload: {
        applicationID: 1,
        devEUI: "24E1641092170001",
        time: "2026-0921T14:13:20.5Z",
        rxInfo: [{ rssi: "-57", loRaSNR: 10, latitude: 0, longitude: 0 }],
        fPort: 85,
        data: "AXVcA2cBAQSCRAgFAAE=",
      },
      observations: [
        {
          device: "eui:24e1641092170001",
          at: null,
          atSource: "receiveTime",
          metrics: { batteryPct: 92, distanceMm: 2_116, tempC: 25.7, tilted: 1, rssiDbm: -57, snrDb: 10 },
          quality: ["clockDefault"],
          hints: { kind: "bin" },
        },
      ],
    },
    {
      name: "a toilet's gas sensor, named by its device; the EUI as base64",
      topic: "milesight/24e1641092170002/uplink",
      payload: {
        devEUI: "JOFkEJIXAAI=",
        deviceName: "GS301 ladies",
        time: "2026-09-21T14:13:20Z",
        fCnt: 3,
        fPort: 85,
        data: "Amf6AANoeAR9lgAFfQUA",
      },
      observations: [
        {
          device: "eui:24e1641092170002",
          at: 1_790_000_000_000,
          atSource: "networkServer",
          metrics: { tempC: 25, nh3Ppm: 1.5, h2sPpm: 0.05, humidityPct: 60 },
          key: "24e1641092170002 3 2026-09-21T14:13:20Z",
          hints: { kind: "bin" },
        },
      ],
    },
  ],
  rejects: [{}, { devEUI: "x1" }, { devEUI: "24e1641092170003", rxInfo: "?" }],
});

/** As hexadecimal in either case, or as base64 of the eight bytes. */
function euiOf(text: string): string | null {
  const plain = text.replaceAll("-", "").toLowerCase();
  if (EUI.test(plain)) return plain;
  const decoded = Buffer.from(text, "base64").toString("hex");
  return EUI.test(decoded) ? decoded : null;
}
