import { z } from "zod";
import { type DecodeContext, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { avlObservation } from "./teltonika/avl.ts";
import { isRecord, numeric } from "./tolerant.ts";

const IMEI = /^\d{15}$/;
const OWN_FIELDS = new Set(["ts", "pr", "latlng", "alt", "ang", "sat", "sp", "evt"]);

const reported = z.looseObject({
  ts: z.union([z.number(), z.string().regex(/^\d+$/)]),
  latlng: z.string().max(64).optional(),
  alt: numeric,
  ang: numeric,
  sat: numeric,
  sp: numeric,
  evt: numeric,
});
const message = z.union([z.object({ state: z.object({ reported }) }), z.object({ RSP: z.string().max(4_096) })]);

/** Teltonika's "Codec JSON" over MQTT (firmware 03.28 and later): values under their AVL ids. */
export const teltonika = defineDevice({
  id: "teltonika",
  kind: "vehicle",
  title: { en: "Teltonika tracker (Codec JSON)", zh: "Teltonika 定位终端（Codec JSON）" },
  topics: ["teltonika/{imei}/data", "teltonika/{imei}/commands"],
  payload: message,
  limits: { jsonKeys: 1_024 },
  recognises: ({ value }) =>
    isRecord(value) &&
    isRecord(value.state) &&
    isRecord(value.state.reported) &&
    ("latlng" in value.state.reported || "ts" in value.state.reported),
  guide: {
    connect: {
      en: "Configurator → System: Codec protocol `Codec JSON`. GPRS → Server settings: Protocol `MQTT`, domain and port of this center, MQTT client type `Custom MQTT`, Client ID and username = a gateway login, Data topic `teltonika/<IMEI>/data`, Command topic `teltonika/<IMEI>/commands`, QoS 1.",
      zh: "Configurator → System：Codec protocol 选 `Codec JSON`。GPRS → Server settings：Protocol 选 `MQTT`，域名和端口填本中心，MQTT client type 选 `Custom MQTT`，Client ID 与用户名 = 网关账号，Data topic `teltonika/<IMEI>/data`，Command topic `teltonika/<IMEI>/commands`，QoS 1。",
    },
    makes: {
      en: "Position, ignition, odometer, voltages, probe temperature; crash, towing, jamming, unplugging, SOS as alarms. Digital lines as inputs: attribute `inputs`, for example `din1=working`. Alias `imei:<IMEI>`.",
      zh: "位置、点火、里程、电压、探头温度；碰撞、拖车、干扰、断电、求助为报警。数字量输入由设备属性 `inputs` 指定，例如 `din1=working`。别名 `imei:<IMEI>`。",
    },
  },
  decode(payload, context) {
    const imei = imeiOf(context);
    if (imei === null) return refused("identity", "no level of the topic is an IMEI");
    if ("RSP" in payload) return reply(payload.RSP, imei);
    const { ts, latlng, alt, ang, sat, sp, evt, ...rest } = payload.state.reported;
    const position = latlng === undefined ? null : parsePosition(latlng);
    if (latlng !== undefined && latlng !== "" && !position) return refused("schema", "latlng is not two numbers");
    const io = Object.fromEntries(Object.entries(rest).filter(([id]) => !OWN_FIELDS.has(id) && /^\d+$/.test(id)));
    const observation = avlObservation({
      imei,
      time: ts,
      lat: position?.[0],
      lon: position?.[1],
      altM: alt,
      angle: ang,
      satellites: sat,
      speedKmh: sp,
      event: evt ?? 0,
      io,
      key: `${imei} ${ts} ${evt ?? 0} ${latlng ?? ""}`,
    });
    return { observations: [observation] };
  },
  encode({ metrics, at, event }, { id, alias }) {
    if (event || at === null || metrics.lat === undefined || metrics.lon === undefined) return null;
    const imei = (alias ?? id).replace(/^imei:/, "");
    const reported = {
      ts: at,
      pr: 0,
      latlng: `${metrics.lat},${metrics.lon}`,
      alt: Math.round(metrics.altM ?? 0),
      ang: Math.round(metrics.headingDeg ?? 0),
      sat: metrics.satellites ?? 12,
      sp: Math.round(metrics.speedKmh ?? 0),
      evt: 0,
      ...(metrics.acc !== undefined && { 239: metrics.acc }),
      ...(metrics.odometerKm !== undefined && { 16: Math.round(metrics.odometerKm * 1_000) }),
      ...(metrics.externalPowerV !== undefined && { 66: Math.round(metrics.externalPowerV * 1_000) }),
      ...(metrics.batteryPct !== undefined && { 113: Math.round(metrics.batteryPct) }),
    };
    return { topic: `teltonika/${imei}/data`, payload: { state: { reported } } };
  },
  samples: [
    {
      name: "a vehicle that moves; numbers as text",
      topic: "teltonika/352093080000015/data",
      payload: {
        state: {
          reported: {
            ...{ ts: 1_790_000_000_000, pr: 0, latlng: "22.72,113.9", alt: 11, ang: "272", sat: 13, sp: 18, evt: 0 },
            ...{ 239: "1", 66: 27_412, 67: 4_083, 16: 48_213_377, 72: 65_485, 1: 1 },
          },
        },
      },
      observations: [
        {
          device: "imei:352093080000015",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {
            ...{ lat: 22.72, lon: 113.9, altM: 11, speedKmh: 18, headingDeg: 272, satellites: 13, acc: 1 },
            ...{ odometerKm: 48_213.377, externalPowerV: 27.412, batteryV: 4.083, tempC: -5.1 },
          },
          inputs: { din1: 1, io16: 48_213_377, io66: 27_412, io67: 4_083, io72: 65_485, io239: 1 },
          key: "352093080000015 1790000000000 0 22.72,113.9",
          hints: { kind: "vehicle" },
        },
      ],
    },
    {
      name: "after a start: no satellites, no clock, an accident",
      topic: "teltonika/352093080000015/data",
      payload: { state: { reported: { ts: 1_072_915_200_000, latlng: "22.72,113.9", sat: 0, evt: 247, 247: 1 } } },
      observations: [
        {
          device: "imei:352093080000015",
          at: null,
          atSource: "receiveTime",
          metrics: { satellites: 0 },
          event: { type: "alarm", code: "collision", details: { avlId: 247, value: 1 } },
          inputs: { io247: 1 },
          key: "352093080000015 1072915200000 247 22.72,113.9",
          quality: ["staleFix", "clockDefault"],
          hints: { kind: "vehicle" },
        },
      ],
    },
    {
      name: "the answer to a command",
      topic: "teltonika/352093080000015/commands",
      payload: { RSP: "DOUT1:1 Timeout:INFINITY" },
      observations: [
        {
          device: "imei:352093080000015",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "reply", code: "ok", details: { result: "DOUT1:1 Timeout:INFINITY" } },
        },
      ],
    },
  ],
  rejects: [{}, { state: { reported: { ts: "soon" } } }, { state: { reported: { ts: 1, latlng: "here" } } }],
});

/** Topics are typed in by the user: the IMEI is the level that can be one. */
export function imeiOf({ parameters, topic }: Pick<DecodeContext, "parameters" | "topic">): string | null {
  if (parameters.imei !== undefined) return IMEI.test(parameters.imei) ? parameters.imei : null;
  return topic.split("/").find((level) => IMEI.test(level)) ?? null;
}

function parsePosition(latlng: string): readonly [number, number] | null {
  const [lat, lon, ...more] = latlng.split(",").map(Number);
  return lat === undefined || lon === undefined || more.length > 0 || Number.isNaN(lat + lon) ? null : [lat, lon];
}

const reply = (result: string, imei: string): DecodeResult => ({
  observations: [
    {
      device: `imei:${imei}`,
      at: null,
      atSource: "receiveTime",
      metrics: {},
      event: { type: "reply", code: "ok", details: { result } },
    },
  ],
});
