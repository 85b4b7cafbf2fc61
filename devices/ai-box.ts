import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { boxShapes, inPixels, makersShapes } from "./ai-box/shapes.ts";
import { defineDevice, refused } from "./driver.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { detectionOf } from "./sighting.ts";
import { isRecord } from "./tolerant.ts";

/** Pictures stand in the message as base64: the alarm must not be lost because of its picture. */
const PICTURE_BYTES = 8 * 1_024 * 1_024;

/** Alarms of AI boxes and city-management platforms: five makers' forms, and the usual names where none of them fits. */
export const aiBox = defineDevice({
  id: "ai-box",
  kind: "camera",
  title: { en: "AI box, city-management alarms", zh: "AI 盒子/城管算法告警" },
  topics: ["aibox/{box}", "aibox/{box}/{channel+}"],
  limits: { jsonStringBytes: PICTURE_BYTES, jsonKeys: 2_048 },
  payload: z.record(z.string(), z.unknown()),
  recognises: ({ value }) => isRecord(value) && makersShapes.some(({ known }) => known(value)),
  guide: {
    connect: {
      en: "Box → Alarm push: HTTP address `https://<center>/ingest/aibox/<box>` with a gateway login, or MQTT broker = this center with a gateway login, topic `aibox/<box>`, picture as link or base64 (a message must fit `MQTT_PACKET_BYTES`, by HTTP `INGEST_BODY_BYTES`). Platforms: callback address likewise.",
      zh: "盒子 → 告警推送：HTTP 填 `https://<中心>/ingest/aibox/<盒子>`（网关账号），或 MQTT broker 填本中心网关账号、主题 `aibox/<盒子>`，图片用链接或 base64（消息须小于 `MQTT_PACKET_BYTES`，HTTP 为 `INGEST_BODY_BYTES`）。平台回调地址同理。",
    },
    makes: {
      en: "Sightings in the categories of the standard, with confidence, box and picture link; pinyin, Chinese and English labels are known. A repeated alarm counts once. Alias `cam:<box>/<channel>`.",
      zh: "按国标类别的识别事件，含置信度、框、图片链接；识别拼音、中文、英文标签。重复告警只计一次。别名 `cam:<盒子>/<通道>`。",
    },
  },
  decode(payload, { parameters, siteOffsetMinutes }) {
    const shape = boxShapes.find(({ known }) => known(payload));
    if (!shape) return refused("schema", "no field names what was seen");
    const alarm = shape.read(payload);
    if (typeof alarm === "string") return refused("schema", alarm);
    const names = [alarm.box ?? parameters.box, alarm.channel ?? parameters.channel].filter(Boolean);
    if (names.length === 0) return refused("identity", "neither the alarm nor the topic names a camera");
    const device = `cam:${names.join("/")}`;
    const moment = alarm.time === undefined ? NO_MOMENT : anyTime(alarm.time, siteOffsetMinutes);
    const base = {
      device,
      ...moment,
      metrics: {},
      ...(alarm.time !== undefined && moment.at === null && { quality: ["clockDefault"] as const }),
      hints: { kind: "camera" },
    } as const satisfies Observation;
    if (alarm.heartbeat) return { observations: [{ ...base, event: { type: "status", code: "heartbeat" } }] };
    const boxes = alarm.boxesPx ?? [];
    const event = detectionOf({
      label: alarm.label,
      also: [alarm.labelText],
      phase: "pulse",
      eventId: alarm.id,
      confidence: alarm.confidence,
      box: alarm.bbox,
      url: alarm.url,
      details: {
        labelText: alarm.labelText,
        gbId: alarm.gbId,
        trackId: alarm.trackId,
        count: boxes.length > 1 ? boxes.length : undefined,
        bboxPx: boxes.length > 0 ? inPixels(boxes) : undefined,
      },
    });
    const key = alarm.id !== undefined && { key: `${device} ${alarm.id}` };
    return { observations: [{ ...base, event, ...key }] };
  },
  samples: [
    {
      name: "an edge box: microseconds, box in fractions, picture inside",
      topic: "aibox/rj-1",
      payload: {
        AlarmId: "a-1",
        BoardId: "RJ-1",
        TaskSession: "gate3",
        TimeStamp: 1_790_000_000_084_625,
        Result: {
          Type: "GarbageOverflow",
          Description: "bin overflow",
          RelativeBox: [0.412, 0.533, 0.121, 0.094],
          Properties: [{ property: "confidence", value: 0.87 }],
        },
        ImageData: "/9j/".repeat(8_000),
      },
      observations: [
        {
          device: "cam:RJ-1/gate3",
          at: 1_790_000_000_085,
          atSource: "device",
          metrics: {},
          event: {
            type: "detection",
            category: "binOverflow",
            label: "GarbageOverflow",
            phase: "pulse",
            eventId: "a-1",
            confidence: 0.87,
            bbox: [0.412, 0.533, 0.121, 0.094],
            details: { labelText: "bin overflow" },
          },
          key: "cam:RJ-1/gate3 a-1",
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "a video service: numbers for types, two boxes in pixels",
      topic: "aibox/vias",
      payload: {
        event_type: 1_703_936,
        stream_id: "s-1",
        timestamp: 1_790_000_000,
        message_id: "m-1",
        data: {
          event_set: [
            { bounding_box: { x: 1, y: 2, w: 3, h: 4 } },
            { bounding_box: { x: 5, y: 6, w: 7, h: 8 } },
            { bounding_box: "?" },
          ],
        },
      },
      observations: [
        {
          device: "cam:vias/s-1",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          event: {
            type: "detection",
            category: "binOverflow",
            label: "binOverflow",
            phase: "pulse",
            eventId: "m-1",
            details: {
              count: 2,
              bboxPx: [
                { x: 1, y: 2, w: 3, h: 4 },
                { x: 5, y: 6, w: 7, h: 8 },
              ],
            },
          },
          key: "cam:vias/s-1 m-1",
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "an edge box says that it is there, in milliseconds",
      topic: "aibox/rj-1",
      payload: { BoardId: "RJ-1", Time: 1_790_000_000_000, Version: "1" },
      observations: [
        {
          device: "cam:RJ-1",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {},
          event: { type: "status", code: "heartbeat" },
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "a box nobody has described: the usual names, a pinyin label, local time",
      topic: "aibox/b-9/cam-2",
      payload: { alarmType: "youtan", score: "91", alarmTime: "2026-09-21 22:13:20", box: [0.1, 0.2, 0.3, 0.4] },
      observations: [
        {
          device: "cam:b-9/cam-2",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: {},
          event: {
            type: "detection",
            category: "streetVending",
            label: "youtan",
            phase: "pulse",
            confidence: 0.91,
            bbox: [0.1, 0.2, 0.3, 0.4],
          },
          hints: { kind: "camera" },
        },
      ],
    },
  ],
  rejects: [{}, { AlarmId: "a", Result: {} }, { heartbeat: 1 }, []],
});
