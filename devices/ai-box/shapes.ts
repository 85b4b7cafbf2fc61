import { z } from "zod";
import { explain } from "../explain.ts";
import { type Box, boxIn, fromCorners, pixels } from "../sighting.ts";
import { isRecord, label, name, numberOf, numeric } from "../tolerant.ts";

/** An alarm of a box, in the words of none of them. */
export interface BoxAlarm {
  /** The box or account, and the camera behind it. */
  readonly box?: string | undefined;
  readonly channel?: string | undefined;
  readonly id?: string | undefined;
  readonly label: string;
  readonly labelText?: string | undefined;
  readonly time?: string | number | undefined;
  readonly confidence?: number | null | undefined;
  /** Fractions of the frame, where the frame is known. */
  readonly bbox?: Box | null | undefined;
  /** Pixels of the picture that was sent. */
  readonly boxesPx?: readonly Box[];
  readonly url?: string | undefined;
  readonly gbId?: string | undefined;
  /** The same object over several alarms. */
  readonly trackId?: string | undefined;
  /** No alarm: the box says that it is there. */
  readonly heartbeat?: true;
}

/** One maker's form: by which keys it is known, and what it says. A text says why it cannot be read. */
export interface BoxShape {
  readonly id: string;
  readonly known: (payload: Readonly<Record<string, unknown>>) => boolean;
  readonly read: (payload: Readonly<Record<string, unknown>>) => BoxAlarm | string;
}

const time = z.union([z.number(), z.string().max(40)]).optional();
const MOST_BOXES = 32;

/** Makes a shape of a schema; what does not fit is told by its first field. */
function shape<T>(
  id: string,
  known: BoxShape["known"],
  schema: z.ZodType<T>,
  read: (payload: T) => BoxAlarm,
): BoxShape {
  return {
    id,
    known,
    read(payload) {
      const parsed = schema.safeParse(payload);
      if (parsed.success) return read(parsed.data);
      return explain(parsed.error);
    },
  };
}

const edgeBox = shape(
  "edge-box",
  (payload) => "AlarmId" in payload && "Result" in payload,
  z.object({
    AlarmId: name,
    BoardId: label,
    TaskSession: label,
    /** Microseconds; `Time` is the same moment as local text. */
    TimeStamp: time,
    Time: time,
    Result: z.object({
      Type: name,
      Description: label,
      RelativeBox: z.unknown().optional(),
      Properties: z.array(z.looseObject({ property: label, value: z.unknown().optional() })).optional(),
    }),
  }),
  ({ AlarmId, BoardId, TaskSession, TimeStamp, Time, Result }) => ({
    box: BoardId,
    channel: TaskSession,
    id: AlarmId,
    label: Result.Type,
    labelText: Result.Description,
    time: TimeStamp ?? Time,
    confidence: numberOf(Result.Properties?.find(({ property }) => property === "confidence")?.value),
    bbox: boxIn(Result.RelativeBox),
  }),
);

const edgeBoxHeartbeat = shape(
  "edge-box-heartbeat",
  (payload) => "BoardId" in payload && !("AlarmId" in payload) && !("Result" in payload),
  z.object({ BoardId: name, Time: time, TimeStamp: time }),
  ({ BoardId, Time, TimeStamp }) => ({
    box: BoardId,
    label: "heartbeat",
    time: TimeStamp ?? Time,
    heartbeat: true as const,
  }),
);

/** Huawei VIAS event types (public API reference). */
const viasTypes: Readonly<Record<number, string>> = {
  ...{ 1703936: "binOverflow", 1310720: "exposedGarbage", 2031616: "exposedGarbage", 1507328: "binAbnormal" },
};
const vias = shape(
  "vias",
  (payload) => "event_type" in payload && "stream_id" in payload,
  z.object({
    event_type: numeric,
    stream_id: name,
    timestamp: time,
    message_id: label,
    data: z
      .looseObject({
        event_set: z.array(z.looseObject({ bounding_box: z.unknown().optional(), detection_id: label })).optional(),
      })
      .optional(),
  }),
  ({ event_type = 0, stream_id, timestamp, message_id, data }) => ({
    channel: stream_id,
    id: message_id,
    label: viasTypes[event_type] ?? String(event_type),
    time: timestamp,
    trackId: data?.event_set?.[0]?.detection_id,
    boxesPx: (data?.event_set ?? [])
      .slice(0, MOST_BOXES)
      .map(({ bounding_box }) => boxIn(bounding_box))
      .filter((box) => box !== null),
  }),
);

const rectangle = z.looseObject({ xyxy: z.unknown().optional(), label: label, conf: numeric });
const algorithmBox = shape(
  "algorithm-box",
  (payload) => "alert_time" in payload && "alg" in payload,
  z.object({
    id: label,
    alert_time: time,
    device: z.looseObject({ id: label }).optional(),
    source: z.looseObject({ id: label }).optional(),
    alg: z.looseObject({ name, ch_name: label }),
    reserved_data: z
      .looseObject({ bbox: z.looseObject({ rectangles: z.array(rectangle).optional() }).optional() })
      .optional(),
  }),
  ({ id, alert_time, device, source, alg, reserved_data }) => {
    const rectangles = (reserved_data?.bbox?.rectangles ?? []).slice(0, MOST_BOXES);
    const corners = rectangles.map(({ xyxy }) => boxIn(xyxy)).filter((box) => box !== null);
    const scores = rectangles.map(({ conf }) => conf).filter((conf) => conf !== undefined);
    return {
      box: device?.id,
      channel: source?.id,
      id,
      label: alg.name,
      labelText: alg.ch_name,
      time: alert_time,
      confidence: scores.length > 0 ? Math.max(...scores) : null,
      boxesPx: corners.map(fromCorners),
    };
  },
);

const found = z.looseObject({ label: label, confidence: numeric, bbox: z.unknown().optional() });
const cloudCamera = shape(
  "cloud-camera",
  (payload) => "bizType" in payload && isRecord(payload.bizData),
  z.object({
    bizData: z.object({
      eventId: label,
      eventName: label,
      eventTime: time,
      deviceSn: label,
      channelNumber: label,
      detailData: z.array(z.looseObject({ image: label, objects: z.array(found).nullish() })).nullish(),
    }),
  }),
  ({ bizData }) => {
    // The picture with the objects drawn in tells more than the plain one before it.
    const pictures = bizData.detailData ?? [];
    const picture = pictures.find(({ objects }) => (objects ?? []).length > 0) ?? pictures[0];
    const objects = (picture?.objects ?? []).slice(0, MOST_BOXES);
    return {
      box: bizData.deviceSn,
      channel: bizData.channelNumber,
      id: bizData.eventId,
      label: objects[0]?.label ?? bizData.eventName ?? "unknown",
      labelText: bizData.eventName,
      time: bizData.eventTime,
      confidence: objects[0]?.confidence,
      boxesPx: objects.map(({ bbox }) => boxIn(bbox)).filter((box) => box !== null),
      url: picture?.image,
    };
  },
);

/** City governance, the only type that concerns streets. */
const telecomTypes: Readonly<Record<number, string>> = { 37: "cityGovernance" };
const telecom = shape(
  "telecom",
  (payload) => "AIType" in payload && "DeviceId" in payload,
  z.object({
    DeviceId: name,
    GbId: label,
    AIType: numeric,
    /** Seconds. `Expires` is the limit for replays and no time of the event. */
    EventTime: time,
    Data: z.looseObject({ DetectBoxes: z.array(z.unknown()).optional(), Label: label }).optional(),
    ImageUrl: label,
  }),
  ({ DeviceId, GbId, AIType = 0, EventTime, Data, ImageUrl }) => {
    const flat = (Data?.DetectBoxes ?? []).slice(0, MOST_BOXES * 4);
    const boxes = Array.from({ length: Math.floor(flat.length / 4) }, (_, i) => boxIn(flat.slice(i * 4, i * 4 + 4)));
    return {
      box: DeviceId,
      label: Data?.Label ?? telecomTypes[AIType] ?? String(AIType),
      time: EventTime,
      boxesPx: boxes.filter((box) => box !== null),
      url: ImageUrl,
      gbId: GbId,
    };
  },
);

/** Names that makers use, for boxes nobody has described. */
const USUAL = {
  label: [
    "alarmType",
    "alarm_type",
    "alarmName",
    "algName",
    "algoName",
    "label",
    "className",
    "class",
    "event_name",
    "type",
  ],
  text: ["alarmDesc", "description", "desc", "alarmTypeName", "eventName"],
  id: ["alarmId", "alarm_id", "eventId", "event_id", "uuid", "id"],
  box: ["boxId", "box_id", "deviceId", "device_id", "deviceSn", "sn"],
  channel: ["cameraId", "camera_id", "channelId", "channel_id", "channel", "streamId", "cameraName"],
  time: ["alarmTime", "alarm_time", "eventTime", "event_time", "timestamp", "ts", "time", "createTime"],
  confidence: ["confidence", "score", "conf", "probability"],
  box4: ["bbox", "box", "rect", "boundingBox", "bounding_box"],
  url: ["imageUrl", "image_url", "picUrl", "pictureUrl", "snapshotUrl", "image"],
} as const;
const pick = (payload: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined => {
  for (const one of names) {
    const value = payload[one];
    if (typeof value === "number") return String(value);
    if (typeof value === "string" && value !== "" && value.length <= 2_048) return value;
  }
  return undefined;
};

/** The usual names, where no maker's form fits: only on topics that were given to AI boxes. */
const usual: BoxShape = {
  id: "usual-names",
  known: (payload) => pick(payload, USUAL.label) !== undefined,
  read(payload) {
    const label = pick(payload, USUAL.label);
    if (label === undefined || label.length > 128) return "no field names what was seen";
    const found = USUAL.box4.map((one) => boxIn(payload[one])).find((box) => box !== null) ?? null;
    const share = found?.every((value) => value >= 0 && value <= 1) ?? false;
    return {
      box: pick(payload, USUAL.box),
      channel: pick(payload, USUAL.channel),
      id: pick(payload, USUAL.id),
      label,
      labelText: pick(payload, USUAL.text),
      time: pick(payload, USUAL.time),
      confidence: numberOf(pick(payload, USUAL.confidence)),
      ...(share ? { bbox: found } : found && { boxesPx: [found] }),
      url: pick(payload, USUAL.url),
    };
  },
};

/** Makers' forms; the usual names come last. */
export const makersShapes: readonly BoxShape[] = [edgeBox, edgeBoxHeartbeat, vias, algorithmBox, cloudCamera, telecom];
export const boxShapes: readonly BoxShape[] = [...makersShapes, usual];

export const inPixels = (boxes: readonly Box[]): { x: number; y: number; w: number; h: number }[] => boxes.map(pixels);
