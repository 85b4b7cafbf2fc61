import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import type { Json } from "../src/domain/text.ts";
import { shortValues } from "./axis.ts";
import { type DecodeContext, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { detectionOf } from "./sighting.ts";
import { isRecord, numberOf, truth } from "./tolerant.ts";

const MARK = "/onvif-ej/";
/** The standard drops `tns1:`; some firmware keeps it. Namespaces of makers stay part of the name. */
const STANDARD_NAMESPACE = /(^|\/)tns1:/g;
const STATES = ["State", "IsMotion", "LogicalState", "Active", "IsInside", "IsTamper"] as const;
/** Where the camera's own picture is concerned. */
const TAMPER = /GlobalSceneChange|ImageTooDark|ImageTooBright|ImageTooBlurry|Tamper/;
/** Limits that are passed and things that fail. */
const ALARM = /(^|\/)(High|Low|Failure|Failed|Fault|Alarm|Overheat|Critical)$|HardwareFailure/;

const items = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional();
const message = z.looseObject({ UtcTime: z.string().max(40).optional(), Source: items, Key: items, Data: items });
/** An empty retained message takes a property back. */
const cleared = z.literal("");

/** ONVIF events over MQTT (ONVIF Core, "Event broker", and Profile M): any camera that has it. */
export const onvif = defineDevice({
  id: "onvif-mqtt",
  kind: "camera",
  title: { en: "ONVIF camera (Profile M, JSON over MQTT)", zh: "ONVIF 摄像机（Profile M，MQTT JSON）" },
  topics: ["onvif/{camera}/onvif-ej/{path+}", "onvif/{camera}/onvif-mj/{metadata+}"],
  encoding: ({ metadata }) => (metadata === undefined ? "either" : "ignored"),
  payload: z.union([cleared, message]),
  recognises: ({ topic, value }) => topic.includes(MARK) && (value === "" || isRecord(value)),
  guide: {
    connect: {
      en: "ONVIF device manager (or the camera's MQTT page) → Event broker: Address `mqtt://<center>:1883`, user and password of a gateway login, TopicPrefix `onvif/<name>`, PublishFilter `tns1:RuleEngine//.|tns1:VideoSource//.|tns1:Device//.`, QoS 1. Any other prefix works too: `/onvif-ej/` marks these events.",
      zh: "ONVIF 设备管理器（或摄像机 MQTT 页面）→ 事件 broker：地址 `mqtt://<中心>:1883`，用户名密码填网关账号，TopicPrefix 填 `onvif/<名称>`，PublishFilter 填 `tns1:RuleEngine//.|tns1:VideoSource//.|tns1:Device//.`，QoS 1。其他前缀也可以，由 `/onvif-ej/` 识别。",
    },
    makes: {
      en: "Rules as sightings, tampering and failures as alarms, relays and inputs as flags. An empty retained message takes a property back and is no reading. Alias `onvif:<prefix>`.",
      zh: "规则作为识别事件；遮挡与故障报警；继电器与输入为开关量。空的保留消息表示撤销属性，不是读数。别名 `onvif:<前缀>`。",
    },
  },
  decode(payload, context) {
    const where = placeOf(context);
    if (!where) return refused("identity", "the topic names no camera");
    if (payload === "") return { observations: [] };
    const { camera, path } = where;
    const { UtcTime: time } = payload;
    const moment = time === undefined ? NO_MOMENT : anyTime(time, context.siteOffsetMinutes);
    const device = `onvif:${camera}`;
    const source = simple(payload.Source);
    const base: Observation = {
      device,
      ...moment,
      metrics: {},
      ...(moment.at !== null && { key: `${device} ${context.topic.slice(-200)} ${moment.at}` }),
      ...(time !== undefined && moment.at === null && { quality: ["clockDefault"] as const }),
      hints: { kind: "camera" },
    };
    return meaning(path, source, simple(payload.Data), base);
  },
  samples: [
    {
      name: "a line is crossed",
      topic: "onvif/gate/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/Fence1",
      payload: {
        UtcTime: "2026-09-21T14:13:20Z",
        Source: { VideoSource: "1", Rule: "Fence1" },
        Data: { ObjectId: "15" },
      },
      observations: [
        {
          device: "onvif:gate",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          event: {
            type: "detection",
            category: "Crossed",
            label: "Crossed",
            phase: "pulse",
            eventId: "15",
            details: { detector: "RuleEngine/LineDetector/Crossed", rule: "Fence1", objectId: "15" },
          },
          key: "onvif:gate onvif/gate/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/Fence1 1790000000000",
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "a relay, by firmware that keeps the namespace and names its values one by one",
      topic: "onvif/AA:BB:CC:00:11:22/onvif-ej/Device/tns1:Trigger/tns1:Relay/&Relay-1",
      payload: {
        Source: { SimpleItem: [{ Name: "RelayToken", Value: "Relay-1" }] },
        Data: { SimpleItem: [{ Name: "LogicalState", Value: "active" }] },
      },
      observations: [
        {
          device: "onvif:AA:BB:CC:00:11:22",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: {
            type: "attribute",
            code: "Device/Trigger/Relay",
            details: {
              detector: "Device/Trigger/Relay",
              source: { RelayToken: "Relay-1" },
              name: "Relay-1",
              value: true,
            },
          },
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "the picture changed as a whole",
      topic: "onvif/gate/onvif-ej/VideoSource/GlobalSceneChange/ImagingService/&1",
      payload: { Source: { Source: "1" }, Data: { State: "true" } },
      observations: [
        {
          device: "onvif:gate",
          at: null,
          atSource: "receiveTime",
          metrics: { tamper: 1 },
          event: {
            type: "alarm",
            code: "tamper",
            details: { detector: "VideoSource/GlobalSceneChange/ImagingService", source: { Source: "1" } },
          },
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "a property is taken back",
      topic: "onvif/gate/onvif-ej/Device/Trigger/Relay/&R",
      payload: "",
      observations: [],
    },
  ],
  rejects: ["hello", { UtcTime: 7 }, { Source: "x" }],
});

/** Prefixes may hold slashes themselves, so the mark is looked for. What follows `/&` repeats the source. */
function placeOf({ topic }: DecodeContext): { camera: string; path: string } | null {
  const at = topic.indexOf(MARK);
  if (at <= 0) return null;
  const camera = topic.slice(0, at).replace(/^onvif\//, "");
  const path = topic.slice(at + MARK.length).split("/&")[0] ?? "";
  return { camera, path: path.replace(STANDARD_NAMESPACE, "$1") };
}

/** Values by name; some firmware lists them as `SimpleItem`. */
function simple(given: z.infer<typeof items>): Record<string, unknown> {
  const list = Array.isArray(given) ? given : isRecord(given) ? given.SimpleItem : undefined;
  if (Array.isArray(list)) {
    return Object.fromEntries(
      list
        .slice(0, 32)
        .flatMap((item) => (isRecord(item) && typeof item.Name === "string" ? [[item.Name, item.Value]] : [])),
    );
  }
  return isRecord(given) ? given : {};
}

function meaning(
  path: string,
  source: Readonly<Record<string, unknown>>,
  data: Readonly<Record<string, unknown>>,
  base: Observation,
): DecodeResult {
  const stated = STATES.find((name) => name in data);
  const state = stated === undefined ? null : truth(data[stated]);
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value.slice(0, 128) : undefined);
  const levels = path.split("/");
  if (levels[0] === "RuleEngine") {
    const objectId = data.ObjectId === undefined ? undefined : String(data.ObjectId).slice(0, 64);
    const event = detectionOf({
      label: text(data.ClassTypes) ?? text(data.Class) ?? levels[levels.length - 1] ?? path,
      also: [text(source.Rule), levels[1]],
      phase: state === null ? "pulse" : state ? "start" : "end",
      eventId: objectId,
      details: { detector: path, rule: text(source.Rule), objectId },
    });
    return { observations: [{ ...base, event }] };
  }
  const details: Record<string, Json> = { detector: path, source: shortValues(source) };
  if (TAMPER.test(path)) {
    const over = state === false;
    const event = over
      ? ({ type: "status", code: "alarmOver", details: { alarm: "tamper", ...details } } as const)
      : ({ type: "alarm", code: "tamper", details } as const);
    return { observations: [{ ...base, metrics: { tamper: over ? 0 : 1 }, event }] };
  }
  if (ALARM.test(path) && state !== false) {
    const numbers = Object.entries(data).flatMap(([name, value]) => {
      const number = numberOf(value);
      return number === null ? [] : [[name.charAt(0).toLowerCase() + name.slice(1), number] as const];
    });
    const code = levels.slice(-2).join("");
    const sensor = text(source.SensorID);
    const said = { ...details, ...(sensor !== undefined && { sensor }), ...Object.fromEntries(numbers.slice(0, 8)) };
    return { observations: [{ ...base, event: { type: "alarm", code, details: said } }] };
  }
  const name = Object.values(source).map(text)[0];
  const said = { ...details, ...(name !== undefined && { name }), ...(state !== null && { value: state }) };
  return {
    observations: [{ ...base, event: { type: "attribute", code: path.slice(0, 64) || "event", details: said } }],
  };
}
