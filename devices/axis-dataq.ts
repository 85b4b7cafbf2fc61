import { z } from "zod";
import { type DecodeResult, defineDevice, refused } from "./driver.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { boxIn, detectionOf, fromGrid } from "./sighting.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord, label, numeric } from "./tolerant.ts";

/** The application's view has a thousand steps each way. */
const GRID = 1_000;

const message = z.looseObject({
  serial: label,
  connected: z.boolean().optional(),
  model: label,
  name: label,
  id: label,
  class: label,
  confidence: numeric,
  active: z.boolean().optional(),
  timestamp: z.union([z.number(), z.string().max(40)]).optional(),
  birth: z.number().optional(),
});

/** DataQ, the analytics application on Axis cameras: tracks of people and vehicles, with a birth and a last will. */
export const axisDataq = defineDevice({
  id: "axis-dataq",
  kind: "camera",
  title: { en: "Axis camera with DataQ", zh: "安讯士摄像机 DataQ 应用" },
  topics: ["dataq/{kind}/{serial}"],
  encoding: ({ kind }) => (kind === "connect" || kind === "tracker" || kind === "path" ? "json" : "ignored"),
  payload: message,
  recognises: ({ value }) =>
    isRecord(value) && "serial" in value && ("birth" in value || "connected" in value || "path" in value),
  guide: {
    connect: {
      en: "Camera → Apps → DataQ → MQTT: Broker = this center, username and password of a gateway login, Pre-topic `dataq`, publish Tracker on (one message for each track: `on end` is enough).",
      zh: "摄像机 → 应用 → DataQ → MQTT：Broker 填本中心，用户名密码填网关账号，Pre-topic 填 `dataq`，打开 Tracker 发布（每条轨迹结束时一条即可）。",
    },
    makes: {
      en: "Tracks as sightings with class, box and confidence; the camera's connection as its presence. Alias `axis:<serial>`.",
      zh: "轨迹作为识别事件（类别、框、置信度）；连接状态作为在线状态。别名 `axis:<序列号>`。",
    },
  },
  decode(payload, { parameters, siteOffsetMinutes }): DecodeResult {
    const named = parameters.serial;
    const serial = payload.serial ?? named;
    if (serial === undefined) return refused("identity", "neither the topic nor the payload names a camera");
    if (named !== undefined && serial !== named) {
      return refused("identity", `the payload names another camera than the topic (${named})`);
    }
    const device = `axis:${serial}`;
    const hints = {
      kind: "camera",
      ...(payload.model !== undefined && { model: payload.model }),
      ...(payload.name !== undefined && { name: payload.name }),
    };
    if (payload.connected !== undefined) {
      const event = { type: "presence", online: payload.connected } as const;
      return { observations: [{ device, ...NO_MOMENT, metrics: {}, event, hints }] };
    }
    if (payload.class === undefined) return refused("schema", "class: expected what the track is of");
    const moment = payload.timestamp === undefined ? NO_MOMENT : anyTime(payload.timestamp, siteOffsetMinutes);
    const born = payload.birth === undefined ? null : readTimestamp(payload.birth);
    const box = boxIn(payload);
    // A path is told once, when the track is over.
    const phase = payload.active === false || Array.isArray(payload.path) ? "end" : "update";
    const event = detectionOf({
      label: payload.class,
      phase,
      eventId: payload.id,
      confidence: payload.confidence,
      box: box && fromGrid(box, GRID),
      details: { startedAt: born && "at" in born ? born.at : undefined },
    });
    const key = moment.at !== null && payload.id !== undefined && { key: `${device} ${payload.id} ${moment.at}` };
    return { observations: [{ device, ...moment, metrics: {}, event, ...key, hints }] };
  },
  samples: [
    {
      name: "a track that is over",
      topic: "dataq/tracker/B8A44F7ADD87",
      payload: {
        ...{ id: "abc", class: "Truck", confidence: 87, x: 412, y: 530, w: 80, h: 200, active: false },
        ...{ timestamp: 1_790_000_000_318, birth: 1_789_999_997_000, serial: "B8A44F7ADD87" },
      },
      observations: [
        {
          device: "axis:B8A44F7ADD87",
          at: 1_790_000_000_318,
          atSource: "device",
          metrics: {},
          event: {
            type: "detection",
            category: "Truck",
            label: "Truck",
            phase: "end",
            eventId: "abc",
            confidence: 0.87,
            bbox: [0.412, 0.53, 0.08, 0.2],
            details: { startedAt: 1_789_999_997_000 },
          },
          key: "axis:B8A44F7ADD87 abc 1790000000318",
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "the path of a track; its points count in seconds",
      topic: "dataq/path/B8A44F7ADD87",
      payload: {
        ...{ id: "abd", class: "Human", confidence: 70, serial: "B8A44F7ADD87", timestamp: 1_790_000_000_318 },
        path: [{ x: 1, y: 2, t: 1_790_000_000.1 }],
      },
      observations: [
        {
          device: "axis:B8A44F7ADD87",
          at: 1_790_000_000_318,
          atSource: "device",
          metrics: {},
          event: {
            type: "detection",
            category: "Human",
            label: "Human",
            phase: "end",
            eventId: "abd",
            confidence: 0.7,
          },
          key: "axis:B8A44F7ADD87 abd 1790000000318",
          hints: { kind: "camera" },
        },
      ],
    },
    {
      name: "the camera's last will",
      topic: "dataq/connect/B8A44F7ADD87",
      payload: { connected: false, address: "192.0.2.7", serial: "B8A44F7ADD87" },
      observations: [
        {
          device: "axis:B8A44F7ADD87",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "presence", online: false },
          hints: { kind: "camera" },
        },
      ],
    },
    { name: "occupancy is not read", topic: "dataq/occupancy/B8A44F7ADD87", payload: { Human: 2 }, observations: [] },
  ],
  rejects: [],
});
