import { z } from "zod";
import type { DetectionPhase, Observation } from "../src/domain/observation.ts";
import { MINUTE, type Millis } from "../src/domain/time.ts";
import { type DecodeContext, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { type Moment, NO_MOMENT, wallClock } from "./local-time.ts";
import { boxIn, detectionOf, fromCorners, fromGrid } from "./sighting.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord, numberOf } from "./tolerant.ts";

/** Coordinates stand on a grid of so many steps. */
const GRID = 8_192;
/** Zones differ by quarters of an hour; a message is on its way for less than this. */
const ZONE_STEP_MS = 15 * MINUTE;
const ON_ITS_WAY_MS = 2 * MINUTE;
const MOST_OFFSET_MS = 14 * 60 * MINUTE;
/** `Code=…;action=…;index=…;data=…`: the data may hold any of these signs itself. */
const TEXT = /^\s*Code=([\w-]{1,64});\s*action=(\w{1,16});\s*index=(\d{1,4})(?:;\s*data=([\s\S]*))?$/i;

/** Codes of the platform's city-management package, by number. */
const cityCodes: Readonly<Record<string, string>> = {
  ...{ 882: "shop_outside", 883: "dumping", 887: "street_vendor", 890: "exposed_garbage", 891: "umbrella" },
  ...{ 892: "dirty_ground", 893: "illegal_parking", 894: "illegal_parking", 895: "overflow" },
};
const FAULTS: Readonly<Record<string, string>> = {
  ...{ VideoBlind: "tamper", VideoLoss: "videoLoss", VideoAbnormalDetection: "fault", SceneChange: "tamper" },
  ...{ StorageFailure: "fault", StorageNotExist: "fault", NetAbort: "fault" },
};
const PHASES: Readonly<Record<string, DetectionPhase>> = {
  start: "start",
  stop: "end",
  pulse: "pulse",
  on: "start",
  off: "end",
};

interface Said {
  readonly code: string;
  readonly phase: DetectionPhase;
  readonly index: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Dahua events: the text of eventManager.cgi, the JSON of DahuaVTO2MQTT, and ON/OFF of CameraEvents. */
export const dahua = defineDevice({
  id: "dahua",
  kind: "camera",
  title: { en: "Dahua camera or recorder", zh: "大华摄像机/录像机" },
  topics: ["dahua/{camera}", "DahuaVTO/{code}/Event", "CameraEvents/{code}/{channel}", "CameraEvents/{status}"],
  encoding: ({ status }) => (status === undefined ? "either" : "ignored"),
  limits: { jsonStringBytes: 512 * 1_024, jsonKeys: 1_024 },
  payload: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  recognises: ({ value }) =>
    (typeof value === "string" && /^\s*Code=/i.test(value)) ||
    (isRecord(value) && typeof value.Code === "string" && typeof value.Action === "string"),
  guide: {
    connect: {
      en: "Camera → Setting → Event: rule on, nothing else. A bridge reads `http://<camera>/cgi-bin/eventManager.cgi?action=attach&codes=[CrossRegionDetection,VideoBlind,…]` (name the codes: `All` gives only heartbeats on some firmware) and publishes each part on MQTT topic `dahua/<name>`. DahuaVTO2MQTT and CameraEvents work with their own topics.",
      zh: "摄像机 → 设置 → 事件：启用规则即可。桥接程序读取 `http://<摄像机>/cgi-bin/eventManager.cgi?action=attach&codes=[CrossRegionDetection,VideoBlind,…]`（逐一列出代码，部分固件 `All` 只有心跳），逐段发布到 MQTT 主题 `dahua/<名称>`。DahuaVTO2MQTT、CameraEvents 用其默认主题。",
    },
    makes: {
      en: "AI sightings with category and box; tampering and lost picture as alarms. A clock that gives local time as UTC is recognised and put right. Alias `cam:<name>/<index>`.",
      zh: "AI 识别事件（类别、框）；遮挡与视频丢失报警。自动识别并纠正把本地时间当 UTC 的时钟。别名 `cam:<名称>/<通道>`。",
    },
  },
  decode(payload, context) {
    const said = typeof payload === "string" ? fromText(payload, context) : fromJson(payload);
    if (typeof said === "string") return refused("schema", said);
    const { parameters, topic } = context;
    const camera = parameters.camera ?? topic.split("/")[0] ?? "";
    if (camera === "") return refused("identity", "the topic names no camera");
    const device = `cam:${camera}/${said.index}`;
    const moment = momentOf(said.data, context);
    const id = numberOf(said.data.EventID);
    const base: Observation = {
      device,
      ...moment,
      metrics: {},
      ...(moment.at !== null && { key: `${device} ${said.code} ${said.phase} ${moment.at} ${id ?? ""}` }),
      hints: { kind: "camera" },
    };
    return meaning(said, base, id);
  },
  samples: [
    {
      name: "local time as if it were UTC: shown by the receive time",
      topic: "DahuaVTO/CrossRegionDetection/Event",
      payload: {
        Action: "Start",
        Code: "CrossRegionDetection",
        Index: 0,
        Data: {
          LocaleTime: "2026-09-21 22:13:20",
          UTC: 1_790_028_800,
          UTCMS: 10,
          Name: "IVS-1",
          EventID: 10_065,
          Object: { BoundingBox: [2_976, 2_688, 5_840, 8_160], ObjectID: 4_812, ObjectType: "Human", Confidence: 0 },
        },
      },
      observations: [
        {
          device: "cam:DahuaVTO/0",
          at: 1_790_000_000_010,
          atSource: "device",
          metrics: {},
          event: {
            type: "detection",
            category: "CrossRegionDetection",
            label: "CrossRegionDetection",
            phase: "start",
            eventId: "10065",
            bbox: [0.3633, 0.3281, 0.3496, 0.668],
            details: { rule: "IVS-1", objectId: 4_812, objectType: "Human" },
          },
          key: "cam:DahuaVTO/0 CrossRegionDetection start 1790000000010 10065",
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "the text of the camera, with signs of its own inside the data",
      topic: "dahua/gate-3",
      payload: 'Code=895;action=Pulse;index=2;data={\n "Name" : "Rule=1;",\n "RegionName" : [ "Region1" ]\n}',
      observations: [
        {
          device: "cam:gate-3/2",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: {
            type: "detection",
            category: "binOverflow",
            label: "895",
            phase: "pulse",
            details: { rule: "Rule=1;", regions: ["Region1"] },
          },
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "a bridge that says only ON",
      topic: "CameraEvents/VideoBlind/3",
      payload: "ON",
      observations: [
        {
          device: "cam:CameraEvents/3",
          at: null,
          atSource: "receiveTime",
          metrics: { tamper: 1 },
          event: { type: "alarm", code: "tamper", details: { nativeType: "VideoBlind" } },
          hints: { kind: "camera" },
        },
      ],
    },
    { name: "the bridge itself", topic: "CameraEvents/$online", payload: "True", observations: [] },
  ],
  rejects: ["", "Code=;", "Heartbeat", {}, { Code: "X" }, "Code=A;action=Maybe;index=0"],
});

function fromText(text: string, { parameters }: DecodeContext): Said | string {
  const { code, channel } = parameters;
  if (code !== undefined && channel !== undefined) {
    const phase = PHASES[text.trim().toLowerCase()];
    return phase ? { code, phase, index: channel, data: {} } : "the payload is neither ON nor OFF";
  }
  const [, named, action = "", index = "0", tail] = TEXT.exec(text) ?? [];
  const phase = PHASES[action.toLowerCase()];
  if (named === undefined || !phase) return "the text is no event of eventManager";
  let data: unknown = {};
  try {
    if (tail?.trim().startsWith("{")) data = JSON.parse(tail);
  } catch {
    // The event counts even when what it says about itself is cut off.
  }
  return { code: named, phase, index, data: isRecord(data) ? data : {} };
}

function fromJson({ Code, Action, Index, Data }: Record<string, unknown>): Said | string {
  const phase = typeof Action === "string" ? PHASES[Action.toLowerCase()] : undefined;
  if (typeof Code !== "string" || Code === "" || Code.length > 64 || !phase)
    return "Code and Action: expected an event";
  return { code: Code, phase, index: String(numberOf(Index) ?? 0), data: isRecord(Data) ? Data : {} };
}

/**
 * `UTC` is the true time, or the wall clock of the camera counted as if it were UTC. `LocaleTime` shows which: where both are
 * the same the zone is told by the receive time, and failing that by the site.
 */
function momentOf(data: Said["data"], { receivedAt, siteOffsetMinutes }: DecodeContext): Moment {
  const seconds = numberOf(data.UTC) ?? numberOf(data.RealUTC);
  const wall = typeof data.LocaleTime === "string" ? wallClock(data.LocaleTime) : null;
  const said = seconds === null ? wall : seconds * 1_000 + (numberOf(data.UTCMS) ?? 0);
  if (said === null || said < 0) return NO_MOMENT;
  const local = seconds === null || (wall !== null && Math.abs(said - wall) < ON_ITS_WAY_MS);
  const offset = zoneOf(said - receivedAt);
  const at = offset !== null ? said - offset : local ? said - siteOffsetMinutes * MINUTE : said;
  const time = readTimestamp(at);
  if (!("at" in time)) return NO_MOMENT;
  return {
    at: time.at,
    atSource: "device",
    ...(offset === null && local && { assumedOffsetMinutes: siteOffsetMinutes }),
  };
}

/** How far a clock is off when that is a zone; null when it is anything else. */
function zoneOf(difference: Millis): Millis | null {
  const offset = Math.round(difference / ZONE_STEP_MS) * ZONE_STEP_MS;
  return Math.abs(offset) <= MOST_OFFSET_MS && Math.abs(difference - offset) <= ON_ITS_WAY_MS ? offset : null;
}

function meaning({ code, phase, data }: Said, base: Observation, id: number | null): DecodeResult {
  const fault = FAULTS[code];
  if (fault) {
    const over = phase === "end";
    const details = { nativeType: code };
    const event = over
      ? ({ type: "status", code: "alarmOver", details: { alarm: fault, ...details } } as const)
      : ({ type: "alarm", code: fault, details } as const);
    return { observations: [{ ...base, metrics: fault === "tamper" ? { tamper: over ? 0 : 1 } : {}, event }] };
  }
  const object = isRecord(data.Object) ? data.Object : {};
  const corners = boxIn(object.BoundingBox);
  const regions = Array.isArray(data.RegionName) ? data.RegionName.filter((one) => typeof one === "string") : [];
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value.slice(0, 128) : undefined);
  const event = detectionOf({
    label: code,
    also: [cityCodes[code], text(object.ObjectType), text(data.Name)],
    phase,
    ...(id !== null && { eventId: String(id) }),
    // 0 stands for "the camera gives none".
    confidence: numberOf(object.Confidence) || null,
    box: corners && fromGrid(fromCorners(corners), GRID),
    details: {
      rule: text(data.Name),
      objectId: numberOf(object.ObjectID) ?? undefined,
      objectType: text(object.ObjectType),
      regions: regions.length > 0 ? regions : undefined,
    },
  });
  return { observations: [{ ...base, event }] };
}
