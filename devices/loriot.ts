import { z } from "zod";
import { defineDevice, refused } from "./driver.ts";
import { encodeUplink, FRAME_CHARACTERS, readUplink, strongest } from "./lorawan/uplink.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord } from "./tolerant.ts";

/** LoRaWAN battery: 0 is external power, 255 unknown, between them 1 to 254. */
const BATTERY = { external: 0, unknown: 255, full: 254 } as const;

const message = z.object({
  cmd: z.string(),
  EUI: z.string().regex(/^[0-9a-fA-F-]{16,23}$/),
  ts: z.number().optional(),
  fcnt: z.number().int().optional(),
  port: z.number().int().optional(),
  rssi: z.number().optional(),
  snr: z.number().optional(),
  bat: z.number().min(0).max(255).optional(),
  data: z
    .string()
    .max(FRAME_CHARACTERS)
    .regex(/^([0-9a-fA-F]{2})*$/)
    .optional(),
  decoded: z.unknown().optional(),
  gws: z.array(z.object({ rssi: z.number().optional(), snr: z.number().optional() })).optional(),
});

/** LORIOT application output (docs.loriot.io, "Uplink data message"): hexadecimal frames, epoch milliseconds. */
export const loriot = defineDevice({
  id: "loriot",
  kind: null,
  title: { en: "LORIOT network server", zh: "LORIOT 网络服务器" },
  topics: ["loriot/{eui}", "loriot/{application}/{eui}"],
  payload: message,
  limits: { jsonKeys: 4_096 },
  recognises: ({ value }) => isRecord(value) && typeof value.cmd === "string" && "EUI" in value,
  guide: {
    connect: {
      en: "LORIOT → Application → Output → Add → MQTT: broker address and port of this center, user and password of a gateway login, topic `loriot/<EUI>`, QoS 1, data format JSON, `Uplink (rx)` on, `Gateway information (gw)` off.",
      zh: "LORIOT → Application → Output → 添加 MQTT：broker 地址端口填本中心，用户名密码填网关账号，主题 `loriot/<EUI>`，QoS 1，JSON 格式，打开 `Uplink (rx)`，关闭 `Gateway information (gw)`。",
    },
    makes: {
      en: "Readings of the sensor families below, signal, battery of the radio where the sensor tells none. `gw` copies of a frame are dropped. Alias `eui:<EUI>`.",
      zh: "下列传感器的读数、信号；传感器不报电量时取射频电量。同一帧的 `gw` 副本丢弃。别名 `eui:<EUI>`。",
    },
  },
  decode(payload, { parameters }) {
    const eui = payload.EUI.replaceAll("-", "").toLowerCase();
    const named = parameters.eui?.replaceAll("-", "").toLowerCase();
    if (eui.length !== 16) return refused("schema", "EUI: expected 16 hexadecimal digits");
    if (named !== undefined && named !== eui) {
      return refused("identity", `the payload names another device than the topic (${parameters.eui})`);
    }
    // The same frame comes as `gw` with the gateways in it: one of them is enough.
    if (payload.cmd !== "rx") return { observations: [] };
    const time = payload.ts === undefined ? { untrusted: true as const } : readTimestamp(payload.ts);
    const trusted = "at" in time;
    const result = readUplink({
      envelope: {
        device: `eui:${eui}`,
        at: trusted ? time.at : null,
        atSource: trusted ? "networkServer" : "receiveTime",
        ...(trusted && { key: `${eui} ${payload.fcnt ?? 0} ${payload.ts}` }),
        hints: { kind: "bin" },
      },
      link: strongest(payload.gws ?? [payload]),
      bytes: Buffer.from(payload.data ?? "", "hex"),
      fPort: payload.port ?? 0,
      names: "",
      decoded: isRecord(payload.decoded) ? payload.decoded : null,
    });
    const batteryPct = ofRadio(payload.bat);
    if (batteryPct === null) return result;
    const observations = result.observations.map((one) => {
      const known = one.buffered || one.metrics.batteryPct !== undefined || one.metrics.batteryV !== undefined;
      return known ? one : { ...one, metrics: { ...one.metrics, batteryPct } };
    });
    return { ...result, observations };
  },
  encode(observation, device) {
    const frame = encodeUplink(observation, device);
    if (!frame) return null;
    const { eui, at, fCnt, fPort, rssi, snr, bytes } = frame;
    const data = Buffer.from(bytes).toString("hex").toUpperCase();
    const EUI = eui.toUpperCase();
    return { topic: `loriot/${EUI}`, payload: { cmd: "rx", EUI, ts: at, fcnt: fCnt, port: fPort, rssi, snr, data } };
  },
  samples: [
    {
      name: "EM500-UDL",
      topic: "loriot/24E124713D000419",
      payload: {
        ...{ cmd: "rx", EUI: "24E124713D000419", ts: 1_790_000_000_000, fcnt: 2, port: 85, rssi: -21, snr: 10 },
        ...{ bat: 94, data: "03821E00" },
      },
      observations: [
        {
          device: "eui:24e124713d000419",
          at: 1_790_000_000_000,
          atSource: "networkServer",
          metrics: { distanceMm: 30, batteryPct: 36.8, rssiDbm: -21, snrDb: 10 },
          key: "24e124713d000419 2 1790000000000",
          hints: { kind: "bin" },
        },
      ],
    },
    {
      name: "the same frame with its gateways",
      topic: "loriot/24E124713D000419",
      payload: { cmd: "gw", EUI: "24E124713D000419", ts: 1_790_000_000_000, data: "03821E00" },
      observations: [],
    },
  ],
  rejects: [{}, { cmd: "rx", EUI: "24E124713D000419", data: "xyz" }, { cmd: "rx", EUI: "24E124713D000410" }],
});

function ofRadio(bat: number | undefined): number | null {
  if (bat === undefined || bat === BATTERY.external || bat === BATTERY.unknown) return null;
  return Math.round(((bat - 1) / (BATTERY.full - 1)) * 1_000) / 10;
}
