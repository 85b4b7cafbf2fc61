import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { type DecodeResult, defineDevice, refused } from "./driver.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { detectionOf } from "./sighting.ts";
import { isRecord, label, truth } from "./tolerant.ts";

const values = z.record(z.string(), z.unknown());
const message = z.looseObject({
  topic: z.string().min(1).max(256),
  timestamp: z.union([z.number(), z.string().max(40)]).optional(),
  serial: label,
  message: z.looseObject({ source: values.optional(), key: values.optional(), data: values.optional() }),
});

/** Namespaces that stand before the levels of an ONVIF topic: `onvif:Device/axis:Sensor/PIR`. */
const NAMESPACE = /(^|\/)\w+:/g;
/** The level that says the application of an analytics event, and the scenario below it. */
const ANALYTICS = /ObjectAnalytics\/([\w-]{1,64})$/;
const TAMPERING = /Tampering/;
/** Names of the one value that events have, by how often they are met. */
const STATES = ["active", "state", "State", "LogicalState", "tampering", "triggered", "logicTop"] as const;

/** Axis cameras through their event bridge to MQTT (help.axis.com, "MQTT"): ONVIF topics, values as text. */
export const axis = defineDevice({
  id: "axis",
  kind: "camera",
  title: { en: "Axis camera (MQTT events)", zh: "安讯士摄像机（MQTT 事件）" },
  topics: ["axis/{serial}/event/{detail+}", "axis/{serial}/status"],
  encoding: ({ detail }) => (detail === undefined ? "ignored" : "json"),
  payload: message,
  recognises: ({ value }) =>
    isRecord(value) &&
    typeof value.topic === "string" &&
    /^(onvif|axis|tns1|tnsaxis):/.test(value.topic) &&
    isRecord(value.message),
  guide: {
    connect: {
      en: "Camera → System → MQTT: Host and port of this center, protocol MQTT over TCP, username and password of a gateway login. MQTT publication: condition prefix `axis/<serial>` (the default), include topic name and topic namespaces on, Include serial number in payload on, QoS 1; add the condition of the analytics scenario.",
      zh: "摄像机 → 系统 → MQTT：主机端口填本中心，协议 MQTT over TCP，用户名密码填网关账号。MQTT 发布：前缀 `axis/<序列号>`（默认），包含主题名与命名空间，有效载荷包含序列号，QoS 1；添加分析场景条件。",
    },
    makes: {
      en: "Object analytics as sightings that begin and end, tampering as an alarm, inputs and sensors as flags. Alias `axis:<serial>`.",
      zh: "目标分析的开始与结束、遮挡报警、输入与传感器开关量。别名 `axis:<序列号>`。",
    },
  },
  decode(payload, { parameters, topic, siteOffsetMinutes }) {
    const named = parameters.serial;
    const serial = payload.serial ?? named ?? topic.split("/")[0];
    if (!serial) return refused("identity", "neither the topic nor the payload names a camera");
    if (named !== undefined && payload.serial !== undefined && payload.serial !== named) {
      return refused("identity", `the payload names another camera than the topic (${named})`);
    }
    const { timestamp } = payload;
    const moment = timestamp === undefined ? NO_MOMENT : anyTime(timestamp, siteOffsetMinutes);
    const path = payload.topic.replace(NAMESPACE, "$1");
    const device = `axis:${serial}`;
    const base: Observation = {
      device,
      ...moment,
      metrics: {},
      ...(moment.at !== null && { key: `${device} ${path} ${moment.at}` }),
      hints: { kind: "camera" },
    };
    return meaning(path, payload.message.source ?? {}, payload.message.data ?? {}, base);
  },
  samples: [
    {
      name: "somebody comes into a scenario; no time",
      topic: "axis/B8A44F7ADD87/event/tns:axis/CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1",
      payload: {
        topic: "onvif:CameraApplicationPlatform/axis:ObjectAnalytics/Device1Scenario1",
        message: { source: { device: "1" }, data: { classTypes: "human", active: "1" } },
      },
      observations: [
        {
          device: "axis:B8A44F7ADD87",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: {
            type: "detection",
            category: "human",
            label: "human",
            phase: "start",
            details: { detector: "ObjectAnalytics", scenario: "Device1Scenario1" },
          },
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "a sensor",
      topic: "axis/B8A44F7ADD87/event/tns:onvif/Device/tns:axis/Sensor/PIR/$source/sensor/0",
      payload: {
        timestamp: 1_790_000_000_000,
        topic: "onvif:Device/axis:Sensor/PIR",
        message: { source: { sensor: "0" }, key: {}, data: { state: "0" } },
      },
      observations: [
        {
          device: "axis:B8A44F7ADD87",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          event: {
            type: "attribute",
            code: "Device/Sensor/PIR",
            details: { detector: "Device/Sensor/PIR", value: false, source: { sensor: "0" } },
          },
          key: "axis:B8A44F7ADD87 Device/Sensor/PIR 1790000000000",
          hints: { kind: "camera" },
        },
      ],
    },
  ],
  rejects: [{}, { topic: "onvif:x", message: 7 }, { topic: "onvif:x", message: {}, serial: "other" }],
});

/** Source values worth keeping: short ones. */
export function shortValues(given: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(given)
      .slice(0, 8)
      .flatMap(([name, value]) =>
        (typeof value === "string" && value.length <= 128) || typeof value === "number" || typeof value === "boolean"
          ? [[name.slice(0, 64), value] as const]
          : [],
      ),
  );
}

function meaning(
  path: string,
  source: Readonly<Record<string, unknown>>,
  data: Readonly<Record<string, unknown>>,
  base: Observation,
): DecodeResult {
  const stated = STATES.find((name) => name in data);
  const state = stated === undefined ? null : truth(data[stated]);
  const scenario = ANALYTICS.exec(path)?.[1];
  if (scenario !== undefined) {
    const event = detectionOf({
      label: typeof data.classTypes === "string" && data.classTypes !== "" ? data.classTypes : "object",
      phase: state === null ? "pulse" : state ? "start" : "end",
      details: { detector: "ObjectAnalytics", scenario },
    });
    return { observations: [{ ...base, event }] };
  }
  if (TAMPERING.test(path) && state !== false) {
    const event = { type: "alarm", code: "tamper", details: { nativeType: path } } as const;
    return { observations: [{ ...base, metrics: { tamper: 1 }, event }] };
  }
  const metrics = TAMPERING.test(path) ? { tamper: 0 } : {};
  const details = { detector: path, ...(state !== null && { value: state }), source: shortValues(source) };
  return { observations: [{ ...base, metrics, event: { type: "attribute", code: path.slice(0, 64), details } }] };
}
