import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { type DecodeContext, type DecodeProblem, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { type Jt808Location, readItems } from "./jt808/location.ts";
import { jt808Alias, locationObservations } from "./jt808/meaning.ts";
import { isRecord, label, numeric } from "./tolerant.ts";

/** Most records of one batch: a frame cannot hold more. */
const MOST_RECORDS = 1_000;

const location = z.object({
  alarmSign: numeric,
  status: z.number().int().min(0),
  latitude: z.number().int().min(0),
  longitude: z.number().int().min(0),
  elevation: numeric,
  speed: numeric,
  direction: numeric,
  time: z.string().max(14),
  extras: z.string().optional(),
});
const batch = z.object({ type: numeric, datalist: z.union([z.string(), z.array(z.unknown())]) });
const report = z.looseObject({ msgid: z.number().int() });
/** The platform's envelope: who it was stands only here. */
const envelope = z.object({
  deviceId: label,
  deviceSn: label,
  phone: label,
  terminalPhone: label,
  payload: report,
});

/** Terminals of JT/T 808 behind CTWing, China Telecom's platform: the frame's integers under other names. */
export const jt808Ctwing = defineDevice({
  id: "jt808-ctwing",
  kind: "vehicle",
  title: { en: "JT/T 808 through CTWing", zh: "JT/T 808（天翼物联 CTWing）" },
  topics: ["ctwing/{device}", "ctwing/{device}/up"],
  payload: z.union([envelope, report]),
  limits: { jsonKeys: 8_192, jsonStringBytes: 128 * 1_024 },
  recognises: ({ value }) => {
    const inner = isRecord(value) && isRecord(value.payload) ? value.payload : value;
    return isRecord(inner) && "msgid" in inner && ("alarmSign" in inner || "datalist" in inner);
  },
  guide: {
    connect: {
      en: "CTWing console → Rule engine → Subscription: device data changes, HTTP address `https://<center>/ingest/ctwing/<deviceId>` with a gateway login, or a message queue bridged to MQTT topic `ctwing/<deviceId>`.",
      zh: "CTWing 控制台 → 规则引擎 → 订阅管理：设备数据变化通知，推送地址填 `https://<中心>/ingest/ctwing/<deviceId>`（网关账号），或将消息队列桥接到 MQTT 主题 `ctwing/<deviceId>`。",
    },
    makes: {
      en: "As JT/T 808 above. The platform repeats a push up to three times: repetitions are dropped. Alias `jt808:<phone>`, or `ctwing:<deviceId>` where the push names no phone.",
      zh: "同上。平台最多重复推送三次，重复数据自动丢弃。别名 `jt808:<手机号>`；推送中没有手机号时为 `ctwing:<deviceId>`。",
    },
  },
  decode(payload, context) {
    const inner =
      "payload" in payload && isRecord(payload.payload) ? (payload.payload as z.infer<typeof report>) : payload;
    const alias = aliasOf(payload as Record<string, unknown>, context);
    if (alias === null) return refused("identity", "neither the topic nor the push names a device");
    const problems: DecodeProblem[] = [];
    const single = location.safeParse(inner);
    if (single.success) {
      return { observations: observe(single.data, alias, 0, false, problems), problems };
    }
    const several = batch.safeParse(inner);
    if (!several.success) {
      return "alarmSign" in inner || "datalist" in inner
        ? refused("schema", "no location and no batch")
        : { observations: [] };
    }
    return decodeBatch(several.data, alias, problems);
  },
  samples: [
    {
      name: "a location with its item list",
      topic: "ctwing/100001",
      payload: {
        deviceId: "100001",
        phone: "013800000002",
        payload: {
          msgid: 512,
          extras: "AQQAAABkAgIANw==",
          alarmSign: 0,
          status: 3,
          latitude: 22_720_000,
          longitude: 113_900_000,
          elevation: 17,
          speed: 180,
          direction: 272,
          time: "260921221320",
        },
      },
      observations: [
        {
          device: "jt808:13800000002",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: {
            lat: 22.72,
            lon: 113.9,
            altM: 17,
            speedKmh: 18,
            headingDeg: 272,
            acc: 1,
            odometerKm: 10,
            fuelL: 5.5,
            sos: 0,
          },
          standing: [],
          inputs: { load: 0, doors: 0 },
          key: "jt808:13800000002 260921221320  0",
          hints: { kind: "vehicle" },
        },
      ],
    },
    {
      name: "a batch that is JSON inside JSON",
      topic: "ctwing/100001",
      payload: {
        msgid: 1_796,
        type: 1,
        datalist:
          '[{"alarmSign":0,"status":3,"latitude":22720000,"longitude":113900000,"time":"260921221320"},{"status":"?"}]',
      },
      observations: [
        {
          device: "ctwing:100001",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: { lat: 22.72, lon: 113.9, altM: 0, speedKmh: 0, headingDeg: 0, acc: 1, sos: 0 },
          standing: [],
          inputs: { load: 0, doors: 0 },
          key: "ctwing:100001 260921221320  0",
          buffered: true,
          hints: { kind: "vehicle" },
        },
      ],
    },
  ],
  rejects: [{}, { msgid: "512" }, { msgid: 1_796, datalist: "[{" }, { msgid: 512, alarmSign: 0, latitude: -1 }],
});

function aliasOf(payload: Record<string, unknown>, { parameters }: DecodeContext): string | null {
  const phone = payload.phone ?? payload.terminalPhone;
  if (typeof phone === "string" && phone !== "") return jt808Alias(phone);
  const id = payload.deviceId ?? payload.deviceSn ?? parameters.device;
  return typeof id === "string" && id !== "" ? `ctwing:${id}` : null;
}

function observe(
  record: z.infer<typeof location>,
  alias: string,
  index: number,
  buffered: boolean,
  problems: DecodeProblem[],
): Observation[] {
  const location: Jt808Location = {
    alarm: record.alarmSign ?? 0,
    status: record.status,
    latitude: record.latitude,
    longitude: record.longitude,
    altitude: record.elevation ?? 0,
    speed: record.speed ?? 0,
    direction: record.direction ?? 0,
    time: record.time,
    items: readItems(Buffer.from(record.extras ?? "", "base64"), problems),
  };
  return locationObservations(location, { alias, serial: null, index, buffered });
}

function decodeBatch(
  { type, datalist }: z.infer<typeof batch>,
  alias: string,
  problems: DecodeProblem[],
): DecodeResult {
  let list: unknown = datalist;
  if (typeof datalist === "string") {
    try {
      list = JSON.parse(datalist);
    } catch {
      return refused("notJson", "datalist is no JSON");
    }
  }
  if (!Array.isArray(list) || list.length > MOST_RECORDS) return refused("schema", "datalist is no list of locations");
  const observations: Observation[] = [];
  for (const [index, one] of list.entries()) {
    const record = location.safeParse(one);
    if (record.success) observations.push(...observe(record.data, alias, index, type === 1, problems));
    else problems.push({ reason: "schema", detail: `record ${index} of the batch is no location` });
  }
  if (observations.length === 0) return refused("schema", "no record of the batch is a location");
  return { observations, problems };
}
