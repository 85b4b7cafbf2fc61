import { z } from "zod";
import type { DetectionPhase, Observation } from "../src/domain/observation.ts";
import { type DecodeContext, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { boxIn, detectionOf, fromGrid } from "./sighting.ts";
import { isRecord, label, name, numberOf, truth } from "./tolerant.ts";
import { child, parseXml, within, type XmlElement } from "./xml.ts";

/** Coordinates are 0..1 or 0..1000 by firmware. */
const GRID = 1_000;
const POLYGON_POINTS = 20;
/** Event types that are about the camera and not about the street. */
const FAULTS: Readonly<Record<string, string>> = {
  ...{ shelteralarm: "tamper", videoloss: "videoLoss", diskfull: "fault", diskerror: "fault", nicbroken: "fault" },
  ...{ illAccess: "illegalAccess", ipconflict: "fault", badvideo: "fault", scenechangedetection: "tamper" },
};

/** Number or text; both occur for one and the same key. */
const alert = z.looseObject({
  ipAddress: label,
  macAddress: label,
  channelID: label,
  dynChannelID: label,
  dateTime: z.string().max(40).optional(),
  activePostCount: label,
  eventType: name,
  eventState: label,
  eventDescription: label,
  channelName: label,
  uuid: label,
  deviceID: label,
  isDataRetransmission: z.unknown().optional(),
});
type Alert = z.infer<typeof alert>;
interface Found {
  readonly alert: Alert;
  readonly regions: readonly string[];
  readonly polygon: readonly (readonly [number, number])[];
  readonly target: Readonly<Record<string, unknown>> | null;
  readonly relation: string | null;
}

/** Hikvision alerts (ISAPI "EventNotificationAlert"): XML, or JSON with the same keys, by the HTTP door or a bridge. */
export const hikvision = defineDevice({
  id: "hikvision",
  kind: "camera",
  title: { en: "Hikvision camera or recorder (ISAPI)", zh: "海康威视摄像机/录像机（ISAPI）" },
  topics: [
    "hikvision/{camera}",
    "hikvision/{camera}/{channel+}",
    "hikvision_cameras/{camera}",
    "hikvision_cameras/{camera}/{channel+}",
  ],
  encoding: "either",
  limits: { jsonStringBytes: 512 * 1_024 },
  payload: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  recognises: ({ value }) =>
    (typeof value === "string" && value.includes("<EventNotificationAlert")) ||
    (isRecord(value) && "eventType" in value && "eventState" in value),
  guide: {
    connect: {
      en: "Camera → Configuration → Network → Advanced → HTTP listening (alarm server): address and port of this center, URL `/ingest/hikvision/<name>`, protocol HTTPS, login of the camera (attribute `dialects` = `hikvision/#`). Event → Smart event → linkage method: `Notify surveillance centre`. A bridge: MQTT topic `hikvision/<name>`.",
      zh: "摄像机 → 配置 → 网络 → 高级配置 → HTTP 监听（报警主机）：地址端口填本中心，URL 填 `/ingest/hikvision/<名称>`，协议 HTTPS，账号填该摄像机（属性 `dialects` = `hikvision/#`）。事件 → 智能事件 → 联动方式勾选“上传中心”。桥接：MQTT 主题 `hikvision/<名称>`。",
    },
    makes: {
      en: "AI sightings with category, box and confidence; tampering, lost picture and faults as alarms; the ten-second heartbeat as a sign of life; retransmitted events as history. Alias `cam:<MAC>/<channel>`.",
      zh: "AI 识别事件（类别、框、置信度）；遮挡、视频丢失、故障报警；10 秒心跳作为在线依据；重传事件写入历史。别名 `cam:<MAC>/<通道>`。",
    },
  },
  decode(payload, { parameters, siteOffsetMinutes }) {
    if (typeof payload === "string" && /^(online|offline)$/i.test(payload.trim())) return { observations: [] };
    const found =
      typeof payload === "string" ? (fromSwitch(payload, parameters) ?? fromXml(payload)) : fromJson(payload);
    if (typeof found === "string") return refused("schema", found);
    const { macAddress, ipAddress, deviceID, channelID, dynChannelID, dateTime, isDataRetransmission } = found.alert;
    const box = macAddress || deviceID || ipAddress || parameters.camera;
    if (!box) return refused("identity", "neither the alert nor the topic names a camera");
    const device = `cam:${box.toLowerCase()}/${channelID ?? dynChannelID ?? "1"}`;
    const moment = dateTime === undefined ? NO_MOMENT : anyTime(dateTime, siteOffsetMinutes);
    const base: Observation = {
      device,
      ...moment,
      metrics: {},
      ...(dateTime !== undefined && {
        key: [device, found.alert.eventType, found.alert.uuid ?? "", dateTime, found.alert.activePostCount ?? ""].join(
          " ",
        ),
      }),
      ...(truth(isDataRetransmission) === true && { buffered: true }),
      ...(dateTime !== undefined && moment.at === null && { quality: ["clockDefault"] as const }),
      hints: { kind: "camera", ...(found.alert.channelName && { name: found.alert.channelName }) },
    };
    return meaning(found, base);
  },
  samples: [
    {
      name: "exposed garbage, JSON",
      topic: "hikvision/gate-3",
      payload: {
        macAddress: "AA:BB:CC:00:11:33",
        channelID: 1,
        dateTime: "2026-09-21T22:13:20+08:00",
        activePostCount: 1,
        eventType: "garbageDetection",
        eventState: "active",
        channelName: "Gate 3",
        uuid: "u-1",
        Target: [{ TargetInfo: { targetID: 12, X: 411, Y: 532, width: 121, height: 94, confidence: 87 } }],
        isDataRetransmission: true,
      },
      observations: [
        {
          device: "cam:aa:bb:cc:00:11:33/1",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          buffered: true,
          event: {
            type: "detection",
            category: "exposedGarbage",
            label: "garbageDetection",
            phase: "start",
            eventId: "u-1",
            confidence: 0.87,
            bbox: [0.411, 0.532, 0.121, 0.094],
            details: { targetId: 12 },
          },
          key: "cam:aa:bb:cc:00:11:33/1 garbageDetection u-1 2026-09-21T22:13:20+08:00 1",
          hints: { kind: "camera", name: "Gate 3" },
        },
      ],
    },
    {
      name: "a line is crossed, XML; the seventh post of one event",
      topic: "hikvision/gate-3",
      payload:
        '<EventNotificationAlert version="2.0"><macAddress>aa:bb:cc:00:11:34</macAddress><dynChannelID>33</dynChannelID><dateTime>2026-09-21T22:13:20+08:00</dateTime><activePostCount>7</activePostCount><eventType>linedetection</eventType><eventState>active</eventState><DetectionRegionList><DetectionRegionEntry><regionID>1</regionID><RegionCoordinatesList><RegionCoordinates><positionX>424</positionX><positionY>642</positionY></RegionCoordinates></RegionCoordinatesList></DetectionRegionEntry></DetectionRegionList><channelName/></EventNotificationAlert>',
      observations: [
        {
          device: "cam:aa:bb:cc:00:11:34/33",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          event: {
            type: "detection",
            category: "linedetection",
            label: "linedetection",
            phase: "update",
            details: { count: 7, regions: ["1"], polygon: [[0.424, 0.642]] },
          },
          key: "cam:aa:bb:cc:00:11:34/33 linedetection  2026-09-21T22:13:20+08:00 7",
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "the heartbeat",
      topic: "hikvision/gate-3",
      payload: { macAddress: "aa:bb:cc:00:11:33", channelID: "1", eventType: "videoloss", eventState: "inactive" },
      observations: [
        {
          device: "cam:aa:bb:cc:00:11:33/1",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "status", code: "heartbeat" },
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "a bridge that says only ON",
      topic: "hikvision_cameras/gate-3/2/linedetection",
      payload: "ON",
      observations: [
        {
          device: "cam:gate-3/2",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "detection", category: "linedetection", label: "linedetection", phase: "start" },
          hints: { kind: "camera" },
        },
      ],
    },
    { name: "the bridge itself is up", topic: "hikvision_cameras/availability", payload: "online", observations: [] },
    {
      name: "the lens is covered",
      topic: "hikvision/gate-3",
      payload: { macAddress: "aa:bb:cc:00:11:33", eventType: "shelteralarm", eventState: "active" },
      observations: [
        {
          device: "cam:aa:bb:cc:00:11:33/1",
          at: null,
          atSource: "receiveTime",
          metrics: { tamper: 1 },
          event: { type: "alarm", code: "tamper", details: { nativeType: "shelteralarm" } },
          hints: { kind: "camera" },
        },
      ],
    },
  ],
  rejects: ["", "<a>", "<EventNotificationAlert><eventType>x</eventType>", {}, { eventType: 7.5, eventState: {} }],
});

/** Bridges for home automation say only ON and OFF; the event type is then the last level of the topic. */
function fromSwitch(text: string, { channel }: DecodeContext["parameters"]): Found | null {
  const state = /^\s*(on|off)\s*$/i.exec(text)?.[1];
  const levels = channel?.split("/").filter((level) => level !== "state") ?? [];
  const eventType = levels.at(-1);
  if (state === undefined || eventType === undefined) return null;
  const number = levels.find((level) => /^\d{1,3}$/.test(level));
  const parsed = alert.safeParse({ eventType, eventState: state, channelID: number });
  return parsed.success ? { alert: parsed.data, regions: [], polygon: [], target: null, relation: null } : null;
}

function fromXml(text: string): Found | string {
  const start = text.indexOf("<EventNotificationAlert");
  const end = text.lastIndexOf(">");
  const root = start < 0 ? null : parseXml(text.slice(start, end + 1));
  if (!root) return "the XML is no EventNotificationAlert";
  const parsed = alert.safeParse(Object.fromEntries(root.children.map(({ name, text }) => [name, text || undefined])));
  if (!parsed.success) return "the alert has no eventType";
  const target = within(root, "TargetInfo")[0] ?? within(root, "TargetRect")[0];
  return {
    alert: parsed.data,
    regions: within(root, "regionID").map(({ text }) => text),
    polygon: within(root, "RegionCoordinates").slice(0, POLYGON_POINTS).flatMap(pointOf),
    target: target ? Object.fromEntries(target.children.map(({ name, text }) => [name, text])) : null,
    relation: within(root, "relationEvent")[0]?.text || null,
  };
}

const fraction = (value: number): number => (value > 1 ? value / GRID : value);

function pointOf(element: XmlElement): [number, number][] {
  const x = numberOf(child(element, "positionX")?.text);
  const y = numberOf(child(element, "positionY")?.text);
  return x === null || y === null ? [] : [[fraction(x), fraction(y)]];
}

function fromJson(payload: Record<string, unknown>): Found | string {
  const inner = isRecord(payload.EventNotificationAlert) ? payload.EventNotificationAlert : payload;
  const parsed = alert.safeParse(inner);
  if (!parsed.success) return "the alert has no eventType";
  const list = Array.isArray(inner.Target) ? inner.Target[0] : inner.Target;
  const target = isRecord(list) ? (isRecord(list.TargetInfo) ? list.TargetInfo : list) : null;
  const duration =
    isRecord(inner.DurationList) || isRecord(inner.Duration) ? (inner.DurationList ?? inner.Duration) : inner;
  const relation = isRecord(duration) && typeof duration.relationEvent === "string" ? duration.relationEvent : null;
  return { alert: parsed.data, regions: [], polygon: [], target, relation };
}

function meaning({ alert, regions, polygon, target, relation }: Found, base: Observation): DecodeResult {
  const type = alert.eventType === "duration" && relation ? relation : alert.eventType;
  const active = truth(alert.eventState ?? "active") !== false;
  if (type === "videoloss" && !active) {
    return { observations: [{ ...base, event: { type: "status", code: "heartbeat" } }] };
  }
  const fault = FAULTS[type];
  if (fault) {
    const details = { nativeType: type };
    const metrics = fault === "tamper" ? { tamper: active ? 1 : 0 } : {};
    const event = active
      ? ({ type: "alarm", code: fault, details } as const)
      : ({ type: "status", code: "alarmOver", details: { alarm: fault, ...details } } as const);
    return { observations: [{ ...base, metrics, event }] };
  }
  const count = numberOf(alert.activePostCount) ?? 1;
  const phase: DetectionPhase = active ? (count > 1 ? "update" : "start") : "end";
  const given = target ? boxIn(target) : null;
  const box = given?.some((value) => value > 1) ? fromGrid(given, GRID) : given;
  const event = detectionOf({
    label: type,
    also: [alert.eventDescription],
    phase,
    eventId: alert.uuid,
    confidence: target ? numberOf(target.confidence) : null,
    box,
    details: {
      count: count > 1 ? count : undefined,
      regions: regions.length > 0 ? [...regions] : undefined,
      polygon: polygon.length > 0 ? polygon.map(([x, y]) => [x, y]) : undefined,
      targetId: target ? (numberOf(target.targetID) ?? undefined) : undefined,
    },
  });
  return { observations: [{ ...base, event }] };
}
