import { z } from "zod";
import { categoryOf } from "../src/domain/categories.ts";
import type { DetectionPhase, Observation } from "../src/domain/observation.ts";
import type { Json } from "../src/domain/text.ts";
import { type DecodeContext, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { explain } from "./explain.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord } from "./tolerant.ts";

const time = z.number().nullable().optional();
const texts = z.array(z.string()).optional();
const tracked = z.object({
  id: z.string(),
  camera: z.string(),
  label: z.string(),
  sub_label: z.union([z.string(), z.tuple([z.string(), z.number()]), z.null()]).optional(),
  score: z.number().nullable().optional(),
  top_score: z.number().nullable().optional(),
  false_positive: z.boolean().nullable().optional(),
  frame_time: time,
  start_time: time,
  end_time: time,
  box: z.array(z.number()).length(4).optional(),
  entered_zones: texts,
  stationary: z.boolean().nullable().optional(),
  has_snapshot: z.boolean().nullable().optional(),
  recognized_license_plate: z.string().nullable().optional(),
});
const events = z.object({ type: z.enum(["new", "update", "end"]), before: z.unknown(), after: tracked });

const review = z.object({
  id: z.string(),
  camera: z.string(),
  start_time: z.number(),
  end_time: time,
  severity: z.string(),
  data: z
    .object({ detections: texts, objects: texts, sub_labels: z.array(z.unknown()).optional(), zones: texts })
    .optional(),
});
const reviews = z.object({ type: z.enum(["new", "update", "end", "genai"]), before: z.unknown(), after: review });

const update = z.object({
  type: z.string(),
  id: z.string(),
  camera: z.string().optional(),
  timestamp: z.number().optional(),
  score: z.number().nullable().optional(),
  plate: z.string().optional(),
  name: z.string().nullable().optional(),
  model: z.string().optional(),
  sub_label: z.string().nullable().optional(),
  attribute: z.string().nullable().optional(),
  description: z.string().optional(),
});

const JSON_CHANNELS = new Set(["events", "reviews", "tracked_object_update"]);
const PHASES: Readonly<Record<string, DetectionPhase>> = { new: "start", update: "update", end: "end" };
/** Under another prefix the payload says which channel it is of. */
const channelIn = (payload: unknown): string =>
  isRecord(payload) && isRecord(payload.after) && "severity" in payload.after ? "reviews" : "events";
const cameraAlias = (camera: string): string => `frigate:${camera}`;

/** Frigate (docs.frigate.video, "MQTT"): tracked objects, reviews and their attributes; times are float epoch seconds. */
export const frigate = defineDevice<unknown>({
  id: "frigate",
  kind: "camera",
  title: { en: "Frigate camera server", zh: "Frigate 视频分析" },
  topics: ["frigate/{channel+}"],
  // Pictures, counters, switches and statistics share the prefix: they are accepted and not even parsed.
  encoding: ({ channel = "" }) => {
    if (JSON_CHANNELS.has(channel)) return "json";
    const [, kind] = channel.split("/");
    return kind === "status" || kind === "classification" ? "text" : "ignored";
  },
  payload: z.unknown(),
  recognises: ({ value }) => isRecord(value) && "before" in value && isRecord(value.after) && "camera" in value.after,
  guide: {
    connect: {
      en: "Frigate → config.yml: `mqtt: { enabled: true, host: <center>, port: 1883, topic_prefix: frigate, user: …, password: … }` with a gateway login. Another topic_prefix works too. Pictures: attribute `pictureUrl` of the gateway = `http://<frigate>:5000/api/events/{eventId}/snapshot.jpg`, host listed in `SNAPSHOT_HOSTS`.",
      zh: "Frigate → config.yml：`mqtt: { enabled: true, host: <中心>, port: 1883, topic_prefix: frigate, user: …, password: … }`，用网关账号。其他 topic_prefix 也可以。图片：网关属性 `pictureUrl` = `http://<frigate>:5000/api/events/{eventId}/snapshot.jpg`，主机列入 `SNAPSHOT_HOSTS`。",
    },
    makes: {
      en: "Tracked objects as sightings that begin, go on and end; reviews, plates and classifications (a full bin) as well; camera status. Alias `frigate:<camera>`.",
      zh: "目标识别的开始、持续、结束；复核、车牌、分类（桶满）；摄像机状态。别名 `frigate:<摄像机>`。",
    },
  },
  decode(payload, context) {
    switch (context.parameters.channel ?? channelIn(payload)) {
      case "events":
        return withSchema(events, payload, ({ type, after }) => [trackedObject(type, after)]);
      case "reviews":
        return withSchema(reviews, payload, ({ type, after }) => [reviewed(type, after)]);
      case "tracked_object_update":
        return withSchema(update, payload, (message) => (message.camera ? [attribute(message, message.camera)] : []));
      default:
        return { observations: cameraTopic(payload, context) };
    }
  },
  /** Frigate knows no single sightings: a pulse goes out as a beginning. */
  encode(observation, { alias, id }) {
    const { event } = observation;
    if (event?.type !== "detection" || observation.at === null) return null;
    const at = observation.at / 1_000;
    const after = {
      id: event.eventId ?? `${at}-${id}`,
      camera: (alias ?? id).replace(/^frigate:/, ""),
      label: event.label ?? event.category,
      sub_label: null,
      score: event.confidence ?? null,
      top_score: event.confidence ?? null,
      false_positive: false,
      frame_time: at,
      start_time: at,
      end_time: event.phase === "end" ? at : null,
      entered_zones: [],
      stationary: false,
      has_snapshot: false,
    };
    const type = event.phase === "end" ? "end" : event.phase === "update" ? "update" : "new";
    return { topic: "frigate/events", payload: { type, before: after, after } };
  },
  samples: [
    {
      name: "a sighting begins",
      topic: "frigate/events",
      payload: {
        type: "new",
        before: {},
        after: {
          id: "1790000000.5-abc",
          camera: "gate",
          label: "garbage",
          sub_label: null,
          score: 0.875,
          top_score: 0.9,
          frame_time: 1_790_000_000.5,
          start_time: 1_790_000_000.5,
          end_time: null,
          box: [10, 20, 110, 220],
        },
      },
      observations: [
        {
          device: "frigate:gate",
          at: 1_790_000_000_500,
          atSource: "device",
          metrics: {},
          key: "1790000000.5-abc new 1790000000.5",
          event: {
            type: "detection",
            category: "exposedGarbage",
            label: "garbage",
            phase: "start",
            eventId: "1790000000.5-abc",
            confidence: 0.875,
            details: {
              startedAt: 1_790_000_000_500,
              endedAt: null,
              topScore: 0.9,
              bboxPx: { x: 10, y: 20, w: 100, h: 200 },
            },
          },
        },
      ],
    },
    {
      name: "counts, pictures and switches are no readings",
      topic: "frigate/gate/person",
      payload: "2",
      observations: [],
    },
    {
      name: "the state of a bin, by a classification model",
      topic: "frigate/gate/classification/bin",
      payload: "full_bin",
      observations: [
        {
          device: "frigate:gate",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: {
            type: "detection",
            category: "binOverflow",
            label: "full_bin",
            phase: "pulse",
            details: { model: "bin" },
          },
        },
      ],
    },
    {
      name: "a camera is gone",
      topic: "frigate/gate/status/detect",
      payload: "offline",
      observations: [
        {
          device: "frigate:gate",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "presence", online: false },
        },
      ],
    },
  ],
  rejects: [],
});

function withSchema<T>(schema: z.ZodType<T>, payload: unknown, decode: (message: T) => Observation[]): DecodeResult {
  const parsed = schema.safeParse(payload);
  return parsed.success ? { observations: decode(parsed.data) } : refused("schema", explain(parsed.error));
}

function momentOf(seconds: number | null | undefined): Pick<Observation, "at" | "atSource" | "quality"> {
  const read = seconds === null || seconds === undefined ? { untrusted: true as const } : readTimestamp(seconds);
  if ("at" in read) return { at: read.at, atSource: "device" };
  return { at: null, atSource: "receiveTime", quality: ["clockDefault"] };
}

const millis = (seconds: number | null | undefined): number | null =>
  seconds === null || seconds === undefined ? null : Math.round(seconds * 1_000);

function trackedObject(type: string, after: z.infer<typeof tracked>): Observation {
  const subLabel = Array.isArray(after.sub_label) ? after.sub_label[0] : after.sub_label;
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = after.box ?? [];
  // The box is in pixels of the detect stream, whose size the message does not tell.
  const details: Record<string, Json> = {
    startedAt: millis(after.start_time),
    endedAt: millis(after.end_time),
    ...(after.top_score != null && { topScore: after.top_score }),
    ...(after.box && { bboxPx: { x: x1, y: y1, w: x2 - x1, h: y2 - y1 } }),
    ...(subLabel && { subLabel }),
    ...(after.entered_zones?.length && { zones: after.entered_zones }),
    ...(after.stationary != null && { stationary: after.stationary }),
    ...(after.has_snapshot != null && { hasSnapshot: after.has_snapshot }),
    ...(after.recognized_license_plate && { plate: after.recognized_license_plate }),
  };
  const seconds = type === "end" ? (after.end_time ?? after.frame_time) : after.frame_time;
  return {
    device: cameraAlias(after.camera),
    ...momentOf(seconds),
    metrics: {},
    key: `${after.id} ${type} ${seconds}`,
    event: {
      type: "detection",
      category: categoryOf(after.label) ?? after.label,
      label: after.label,
      phase: PHASES[type] ?? "update",
      eventId: after.id,
      ...(after.score != null && { confidence: Math.min(1, Math.max(0, after.score)) }),
      details,
    },
  };
}

function reviewed(type: string, after: z.infer<typeof review>): Observation {
  const objects = after.data?.objects ?? [];
  const seconds = type === "end" ? (after.end_time ?? after.start_time) : after.start_time;
  return {
    device: cameraAlias(after.camera),
    ...momentOf(seconds),
    metrics: {},
    key: `review ${after.id} ${type} ${objects.length} ${after.data?.detections?.length ?? 0}`,
    event: {
      type: "attribute",
      code: "review",
      details: {
        reviewId: after.id,
        phase: PHASES[type] ?? "update",
        severity: after.severity,
        startedAt: millis(after.start_time),
        endedAt: millis(after.end_time),
        objects,
        zones: after.data?.zones ?? [],
        eventIds: after.data?.detections ?? [],
      },
    },
  };
}

function attribute(message: z.infer<typeof update>, camera: string): Observation {
  const value = message.plate ?? message.name ?? message.sub_label ?? message.attribute ?? message.description ?? null;
  return {
    device: cameraAlias(camera),
    ...momentOf(message.timestamp),
    metrics: {},
    key: `${message.id} ${message.type} ${message.timestamp} ${value}`,
    event: {
      type: "attribute",
      code: message.type,
      details: {
        eventId: message.id,
        value,
        ...(message.model !== undefined && { attribute: message.model }),
        ...(message.score != null && { score: message.score }),
      },
    },
  };
}

/**
 * `frigate/<camera>/status/detect` speaks for one camera, `frigate/<camera>/classification/<model>` says what a model sees, on
 * change only. `frigate/available` speaks for the server: when that is gone nothing is known about its cameras.
 */
function cameraTopic(payload: unknown, context: DecodeContext): Observation[] {
  const [camera = "", channel, model = ""] = (context.parameters.channel ?? "").split("/");
  const said = String(payload).trim();
  const moment = { device: cameraAlias(camera), at: null, atSource: "receiveTime", metrics: {} } as const;
  if (channel === "status") {
    const online = PRESENCE[said];
    return model === "detect" && online !== undefined ? [{ ...moment, event: { type: "presence", online } }] : [];
  }
  if (said === "" || said.length > 128) return [];
  const category = categoryOf(said);
  if (category)
    return [{ ...moment, event: { type: "detection", category, label: said, phase: "pulse", details: { model } } }];
  return [{ ...moment, event: { type: "attribute", code: "classification", details: { model, value: said } } }];
}

/** A camera that was switched off is not lost: `disabled` says nothing. */
const PRESENCE: Readonly<Record<string, boolean | undefined>> = { online: true, offline: false };
