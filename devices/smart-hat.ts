import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { type DecodeResult, defineDevice, refused } from "./driver.ts";
import { NO_MOMENT } from "./local-time.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord, label, name, numeric } from "./tolerant.ts";

const message = z.looseObject({
  user_id: name,
  tenant_id: label,
  timestamp: z.union([z.number(), z.string().max(40)]).optional(),
  lng: numeric,
  lat: numeric,
  elevation: numeric,
  battery: numeric,
  alarm_type: label,
});
type Message = z.infer<typeof message>;

/** The hat's words and ours. */
const alarms: Readonly<Record<string, string>> = {
  ...{ sos: "sos", fence: "fence", battery: "lowBattery", unwear: "removed", field: "electricField", fall: "fall" },
};
const METRICS = ["lat", "lon", "altM", "batteryPct", "sos", "fall", "worn"] as const;

/** Smart safety helmets: JSON under `info/`, with a birth and a last will. */
export const smartHat = defineDevice({
  id: "smart-hat",
  kind: "person",
  title: { en: "Smart safety helmet", zh: "智能安全帽" },
  topics: ["info/{channel}", "info/{tenant}/{channel}"],
  payload: message,
  recognises: ({ value }) =>
    isRecord(value) && "user_id" in value && ("tenant_id" in value || "alarm_type" in value) && !("device_id" in value),
  guide: {
    connect: {
      en: "Helmet platform → MQTT: address and port of this center, user and password of a gateway login, topics `info/<tenant>/heart`, `…/position`, `…/alarm`, birth `…/up`, last will `…/down`, QoS 1.",
      zh: "安全帽平台 → MQTT：地址端口填本中心，用户名密码填网关账号，主题 `info/<租户>/heart`、`…/position`、`…/alarm`，上线 `…/up`，遗嘱 `…/down`，QoS 1。",
    },
    makes: {
      en: "Position and presence of a person; SOS, fall, taking off, fence, electric field, low battery as alarms. Alias `hat:<tenant>/<user>`.",
      zh: "人员位置与在线状态；求助、跌倒、脱帽、围栏、近电、低电量报警。别名 `hat:<租户>/<用户>`。",
    },
  },
  decode(payload, { parameters }) {
    const { tenant } = parameters;
    if (tenant !== undefined && payload.tenant_id !== undefined && payload.tenant_id !== tenant) {
      return refused("identity", `the payload names another tenant than the topic (${tenant})`);
    }
    const owner = payload.tenant_id ?? tenant;
    const device = `hat:${owner === undefined ? "" : `${owner}/`}${payload.user_id}`;
    const { channel } = parameters;
    if (channel === "up" || channel === "down") {
      // No time inside: a will says that the connection is gone when it arrives.
      const event = { type: "presence", online: channel === "up" } as const;
      return { observations: [{ device, ...NO_MOMENT, metrics: {}, event, hints: { kind: "person" } }] };
    }
    return observed(payload, device, channel === "heart");
  },
  encode({ metrics, at, event }, { id, alias }) {
    if (at === null) return null;
    const [tenant = "1", user = id] = (alias ?? id).replace(/^hat:/, "").split("/");
    const identity = { user_id: user, tenant_id: tenant };
    if (event?.type === "presence") {
      return { topic: `info/${tenant}/${event.online ? "up" : "down"}`, payload: identity };
    }
    if (event || metrics.lat === undefined || metrics.lon === undefined) return null;
    const position = { timestamp: Math.floor(at / 1_000), lng: metrics.lon, lat: metrics.lat };
    return {
      topic: `info/${tenant}/position`,
      payload: { ...identity, ...position, ...(metrics.altM !== undefined && { elevation: metrics.altM }) },
    };
  },
  samples: [
    {
      name: "a position",
      topic: "info/7/position",
      payload: { user_id: 12, tenant_id: 7, timestamp: 1_790_000_000, lng: 113.9, lat: 22.72, elevation: 10 },
      observations: [
        {
          device: "hat:7/12",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: { lat: 22.72, lon: 113.9, altM: 10 },
          key: "hat:7/12 1790000000 ",
          hints: { kind: "person" },
        },
      ],
    },
    {
      name: "taken off, no fix, a clock that is not set",
      topic: "info/7/alarm",
      payload: { user_id: "12", tenant_id: "7", timestamp: 0, lng: 0, lat: 0, alarm_type: "UNWEAR" },
      observations: [
        {
          device: "hat:7/12",
          at: null,
          atSource: "receiveTime",
          metrics: { worn: 0 },
          event: { type: "alarm", code: "removed" },
          quality: ["zeroFix", "clockDefault"],
          hints: { kind: "person" },
        },
      ],
    },
    {
      name: "last will",
      topic: "info/7/down",
      payload: { user_id: 12, tenant_id: 7 },
      observations: [
        {
          device: "hat:7/12",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "presence", online: false },
          hints: { kind: "person" },
        },
      ],
    },
  ],
  rejects: [{}, { user_id: 1, lat: "north" }, { user_id: 1, timestamp: "soon" }],
});

function observed(payload: Message, device: string, heartbeat: boolean): DecodeResult {
  const { timestamp } = payload;
  const time = timestamp === undefined ? null : readTimestamp(timestamp);
  if (time && "invalid" in time) return refused("clock", time.invalid);
  const said = payload.alarm_type?.toLowerCase();
  const code = said === undefined ? undefined : (alarms[said] ?? said);
  const checked = checkMetrics(
    {
      lat: payload.lat,
      lon: payload.lng,
      altM: payload.elevation,
      batteryPct: payload.battery,
      ...(code === "sos" && { sos: 1 }),
      ...(code === "fall" && { fall: 1 }),
      ...(code === "removed" && { worn: 0 }),
    },
    METRICS,
  );
  const at = time && "at" in time ? time.at : null;
  const quality = time && at === null ? withFlag(checked.quality, "clockDefault") : checked.quality;
  // 0/0 is no place, and its height none.
  if (quality.includes("zeroFix")) delete checked.metrics.altM;
  const observation: Observation = {
    device,
    ...(at === null ? NO_MOMENT : { at, atSource: "device" }),
    metrics: checked.metrics,
    ...(code ? { event: { type: "alarm", code } } : heartbeat && { event: { type: "status", code: "heartbeat" } }),
    ...(at !== null && { key: `${device} ${timestamp} ${code ?? ""}` }),
    ...(quality.length > 0 && { quality }),
    hints: { kind: "person" },
  };
  return { observations: [observation] };
}
