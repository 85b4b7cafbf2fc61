import type { Mapping } from "./shape.ts";

/**
 * Mappings to begin with: formats of cloud platforms, AI boxes and scales that are met often and are nobody's standard. Drivers
 * read their usual forms; a mapping is for a box with words, a frame or an answer of its own. A manager takes one, changes
 * what differs, and enables it.
 */

/** The frame these platforms draw their boxes on, unless the camera is set up otherwise. */
const FULL_HD: [number, number] = [1_920, 1_080];
const TIME = Date.UTC(2026, 4, 4, 3, 2, 1);
const SECONDS = TIME / 1_000;

const sensoneo: Mapping = {
  id: "sensoneo-cloud",
  title: { en: "Sensoneo cloud measurements", zh: "Sensoneo 云平台满溢数据" },
  topics: ["sensoneo/{site}/measurements"],
  kind: "bin",
  device: { namespace: "sensoneo", parts: ["/sensor_code"] },
  time: { at: "/measured_at_utc", format: "iso" },
  entries: [
    {
      key: ["/id"],
      metrics: {
        fillPct: "/percent_calculated",
        tilted: "/upturned",
        tempC: "/temperature",
        batteryV: "/battery_status",
        smoke: "/firealarm",
      },
    },
  ],
  samples: [
    {
      name: "a bin nearly full",
      topic: "sensoneo/harbour/measurements",
      payload: {
        ...{ id: "1", sensor_code: "0011/ 00AA", percent_calculated: 91, upturned: 0, temperature: 18, firealarm: 0 },
        ...{ battery_status: 3.6, measured_at_utc: new Date(TIME).toISOString(), updated_at: TIME + 60_000 },
      },
    },
  ],
};

const boardBox: Mapping = {
  id: "bm-ai-box",
  title: { en: "AI box, BoardId and TaskSession", zh: "AI 盒子（BoardId / TaskSession）" },
  topics: ["boxes/bm/{site}/alarm"],
  kind: "camera",
  device: { namespace: "cam", parts: ["/BoardId", "/TaskSession"] },
  time: { at: "/TimeStamp", format: "microseconds" },
  entries: [
    {
      key: ["/AlarmId"],
      event: {
        type: "detection",
        category: {
          at: "/Result/Type",
          values: { GarbageOverflow: "binOverflow", Garbage: "exposedGarbage", Dumping: "illegalDumping" },
          otherwise: "unknown",
        },
        label: "/Result/Type",
        eventId: "/AlarmId",
        confidence: "/Result/Properties/[property=confidence]/value",
        box: { form: "xywh", at: "/Result/RelativeBox" },
      },
    },
  ],
  answer: { Result: { Code: 0, Desc: "" } },
  samples: [
    {
      name: "an overflowing bin at a gate",
      topic: "boxes/bm/north/alarm",
      payload: {
        ...{ AlarmId: "a-1", BoardId: "BOX-1", TaskSession: "gate1", TimeStamp: TIME * 1_000, ImageData: "" },
        Result: {
          Type: "GarbageOverflow",
          RelativeBox: [0.25, 0.5, 0.125, 0.25],
          Properties: [{ property: "confidence", value: 0.75 }],
        },
      },
    },
  ],
};

const vias: Mapping = {
  id: "vias",
  title: { en: "Video analysis service, numbered events", zh: "视频智能分析服务（事件编号）" },
  topics: ["vias/{site}/alarm"],
  kind: "camera",
  device: { namespace: "cam", parts: ["/stream_id"] },
  time: { at: "/timestamp", format: "seconds" },
  entries: [
    {
      each: ["/data/event_set"],
      key: ["/message_id"],
      event: {
        type: "detection",
        category: {
          at: "/event_type",
          values: {
            1703936: "binOverflow",
            1310720: "exposedGarbage",
            2031616: "exposedGarbage",
            1507328: "binOverflow",
          },
          otherwise: "unknown",
        },
        label: "/event_type",
        eventId: "/message_id",
        box: {
          form: "xywh",
          at: ["./bounding_box/x", "./bounding_box/y", "./bounding_box/w", "./bounding_box/h"],
          frame: FULL_HD,
        },
      },
    },
  ],
  samples: [
    {
      name: "two bins in one picture",
      topic: "vias/north/alarm",
      payload: {
        ...{ event_type: 1703936, stream_id: "stream-1", timestamp: SECONDS, message_id: "m-1", image_base64: "" },
        data: {
          event_set: [
            { bounding_box: { x: 192, y: 108, w: 96, h: 54 } },
            { bounding_box: { x: 960, y: 540, w: 96, h: 54 } },
          ],
        },
      },
    },
  ],
};

const algorithmBox: Mapping = {
  id: "algorithm-box",
  title: { en: "AI box, alarm_time and rectangles", zh: "算法盒子（alert_time / rectangles）" },
  topics: ["boxes/algorithm/{site}/alarm"],
  kind: "camera",
  device: { namespace: "cam", parts: ["/device/id", "/source/id"] },
  time: { at: "/alert_time", format: "seconds" },
  entries: [
    {
      each: ["/reserved_data/bbox/rectangles"],
      key: ["/id"],
      event: {
        type: "detection",
        category: "/alg/name",
        label: "/alg/name",
        eventId: "/id",
        confidence: "./conf",
        box: { form: "xyxy", at: "./xyxy", frame: FULL_HD },
        details: { shownAs: "./label" },
      },
    },
  ],
  samples: [
    {
      name: "garbage beside a gate",
      topic: "boxes/algorithm/north/alarm",
      payload: {
        ...{ id: "r-1", alert_time: SECONDS + 0.25, device: { id: "box-1" }, source: { id: "cam-1" }, image: "" },
        alg: { name: "garbage", ch_name: "暴露垃圾" },
        reserved_data: { bbox: { rectangles: [{ xyxy: [96, 108, 288, 216], label: "暴露垃圾", conf: 0.8 }] } },
      },
    },
  ],
};

const cloudCamera: Mapping = {
  id: "cloud-camera",
  title: { en: "Cloud camera callback", zh: "云摄像机平台回调" },
  topics: ["cloudcamera/{corp}/callback"],
  kind: "camera",
  device: { namespace: "cam", parts: ["/bizData/deviceSn", "/bizData/channelNumber"] },
  time: { at: "/bizData/eventTime", format: "milliseconds" },
  entries: [
    {
      when: [{ at: "/bizType", is: ["ai_alarm"] }],
      each: ["/bizData/detailData", "./objects"],
      key: ["/bizData/eventId"],
      event: {
        type: "detection",
        category: "./label",
        label: "./label",
        eventId: "/bizData/eventId",
        confidence: "./confidence",
        snapshotUrl: "../image",
        box: { form: "xyxy", at: ["./bbox/xmin", "./bbox/ymin", "./bbox/xmax", "./bbox/ymax"], frame: FULL_HD },
        details: { eventName: "/bizData/eventName" },
      },
    },
  ],
  samples: [
    {
      name: "an overflow in the second picture",
      topic: "cloudcamera/corp-1/callback",
      payload: {
        ...{ corpId: "corp-1", bizType: "ai_alarm" },
        bizData: {
          ...{ eventId: "e-1", eventName: "垃圾桶满溢", eventTime: TIME, deviceSn: "SN1", channelNumber: "2" },
          detailData: [
            { image: "https://example.invalid/1.jpg", objects: null },
            {
              image: "https://example.invalid/2.jpg",
              objects: [
                { label: "overflow", confidence: null, bbox: { xmin: "96", ymin: "108", xmax: "192", ymax: "216" } },
              ],
            },
          ],
        },
      },
    },
  ],
};

const telecomVision: Mapping = {
  id: "telecom-vision",
  title: { en: "Operator's video platform, AI event", zh: "运营商视联网 AI 事件" },
  topics: ["vaas/{site}/event"],
  kind: "camera",
  device: { namespace: "cam", parts: ["/DeviceId"] },
  time: { at: "/EventTime", format: "seconds" },
  entries: [
    {
      when: [{ at: "/EventType", is: [5] }],
      each: [{ at: "/Data/DetectBoxes", size: 4 }],
      event: {
        type: "detection",
        category: { at: "/AIType", values: { 37: "cityGovernance" }, otherwise: "unknown" },
        label: { at: "/AIType", values: { 37: "cityGovernance" }, otherwise: "unknown" },
        snapshotUrl: "/ImageUrl",
        box: { form: "xywh", at: ".", frame: FULL_HD },
        details: { gbId: "/GbId" },
      },
    },
  ],
  samples: [
    {
      name: "one box, a flat list",
      topic: "vaas/north/event",
      payload: {
        ...{ EventType: 5, Expires: SECONDS + 600, DeviceId: "d-1", GbId: "31000000001320000001", AIType: 37 },
        ...{ Data: { DetectBoxes: [192, 108, 96, 54] }, ImageUrl: "https://example.invalid/1.jpg", EventTime: SECONDS },
      },
    },
  ],
};

const scale: Mapping = {
  id: "card-scale",
  title: { en: "Kitchen-waste scale with IC card", zh: "厨余刷卡称重" },
  topics: ["scales/{device}/event"],
  kind: "foodWastePoint",
  device: { namespace: "weigh", parts: ["/deviceId"] },
  time: { at: "/ts", format: "yyyy-MM-dd HH:mm:ss", zone: "Asia/Shanghai" },
  entries: [
    {
      key: ["/deviceId", "/seq"],
      metrics: { weightKg: "/weight", grossKg: "/grossKg", tareKg: "/tareKg" },
      event: {
        type: "card",
        code: { constant: "weighing" },
        details: { cardId: { at: "/cardNo", case: "lower" }, seq: "/seq" },
      },
    },
  ],
  samples: [
    {
      name: "a barrel, net of its tare",
      topic: "scales/W-1/event",
      payload: {
        ...{ deviceId: "W-1", cardNo: "00AB12CD", ts: "2026-05-04 11:02:01", grossKg: 40.5, tareKg: 10.5, weight: 30 },
        ...{ unit: "kg", seq: 7, photo: "" },
      },
    },
  ],
};

const collection: Mapping = {
  id: "handheld-collection",
  title: { en: "Collection by handheld, offline uploads", zh: "手持收运终端（离线补传）" },
  topics: ["collection/{site}/records"],
  kind: "foodWastePoint",
  device: { namespace: "handheld", parts: ["/deviceId"] },
  time: { at: "/collectionTime", format: "iso", zone: "Asia/Shanghai" },
  entries: [
    {
      buffered: "/offlineMode",
      key: ["/deviceId", "/collectionTime", "/rfidTag"],
      metrics: { weightKg: "/weight", lat: "/gpsLatitude", lon: "/gpsLongitude" },
      event: {
        type: "card",
        code: { constant: "weighing" },
        details: { binTag: "/rfidTag", vehicle: "/truckId", worker: "/collectorId" },
      },
    },
  ],
  samples: [
    {
      name: "sent when the network was back",
      topic: "collection/north/records",
      payload: {
        ...{
          binId: "B-1",
          rfidTag: "E200000000000001",
          collectorId: 3,
          truckId: "T-1",
          weight: 12.5,
          offlineMode: true,
        },
        ...{ deviceId: "H-1", collectionTime: "2026-05-04T11:02:01", gpsLatitude: 22.7, gpsLongitude: 113.9 },
      },
    },
  ],
};

export const mappingTemplates: readonly Mapping[] = [
  ...[sensoneo, boardBox, vias, algorithmBox, cloudCamera, telecomVision, scale, collection],
];
