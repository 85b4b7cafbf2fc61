import { z } from "zod";
import { kindNames } from "../../src/domain/kinds.ts";
import { metricNames } from "../../src/domain/metrics.ts";
import { isPointer } from "./pointer.ts";
import { isTimeFormat, isZone } from "./time.ts";
import { unitNames } from "./units.ts";

/**
 * A mapping: how messages of a maker that no driver knows are read, as configuration. A *pointer* says where a value stands:
 * `/a/b` from the message, `./b` from the item of a list that `each` goes through, `../b` from the item around it, `{name}`
 * for a named level of the topic. In a list a level may be an index, or `[name=text]` for the item with that field.
 */

const MOST_ENTRIES = 20;
const MOST_SAMPLES = 20;
const MOST_PARTS = 8;
const MOST_ANSWER_LETTERS = 2_048;

const pointer = z
  .string()
  .max(256)
  .refine(isPointer, "must be a pointer: /a/b, ./b, ../b or {name}, with [name=text] for the item of a list");
const plain = z.union([z.string().max(256), z.number(), z.boolean()]);
const plainOrNull = z.union([plain, z.null()]);

/** Something the message must say for a value, or a whole entry, to count. */
const condition = z.strictObject({
  at: pointer,
  is: z.array(plainOrNull).min(1).max(100).optional(),
  not: z.array(plainOrNull).min(1).max(100).optional(),
  above: z.number().optional(),
  below: z.number().optional(),
  present: z.boolean().optional(),
});
const conditions = z.array(condition).min(1).max(10).optional();

const common = {
  at: pointer.optional(),
  /** Instead of a pointer: always this. */
  constant: plain.optional(),
  /** What a value of the message stands for, by its text. */
  values: z.record(z.string().max(128), plain).optional(),
  /** For a value that `values` does not list; without it such a value is a problem. */
  otherwise: plain.optional(),
  /** Values that mean "none": sentinels. They are compared before anything else is done. */
  none: z.array(plainOrNull).min(1).max(20).optional(),
  when: conditions,
};
const oneSource = (source: { at?: string | undefined; constant?: unknown }) =>
  (source.at === undefined) !== (source.constant === undefined);
const ONE_SOURCE = "must have either at or constant";

/** A number: a pointer alone, or with what it takes to make it one of ours. `value × factor + offset`. */
export const numberSource = z.union([
  pointer,
  z
    .strictObject({
      ...common,
      unit: z.enum(unitNames as [string, ...string[]]).optional(),
      factor: z.number().optional(),
      offset: z.number().optional(),
    })
    .refine(oneSource, ONE_SOURCE),
]);
export const textSource = z.union([
  pointer,
  z.strictObject({ ...common, case: z.enum(["lower", "upper"]).optional() }).refine(oneSource, ONE_SOURCE),
]);
export const flagSource = z.union([pointer, z.strictObject(common).refine(oneSource, ONE_SOURCE)]);

const timeSource = z.strictObject({
  at: pointer,
  /** `auto`, a unit of the epoch, `iso`, or a pattern of yyyy yy MM dd HH mm ss SSS. */
  format: z
    .string()
    .max(40)
    .refine(isTimeFormat, "must be auto, seconds, milliseconds, microseconds, iso or a pattern"),
  /** IANA name or `+08:00`: the zone of a local time that names none. */
  zone: z.string().max(64).refine(isZone, "is no IANA time zone and no offset like +08:00").optional(),
  none: common.none,
});

const deviceSource = z.strictObject({
  /** Put before the name, as dialects do: `imei`, `cam`, `weigh`. The device needs `namespace:name` as an alias then. */
  namespace: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,15}$/, "must be a short name in small letters")
    .optional(),
  /** One text, or several that are joined with a slash. */
  parts: z.array(textSource).min(1).max(MOST_PARTS),
});

const size = z.union([pointer, z.number().positive()]);
const box = z.strictObject({
  form: z.enum(["xywh", "xyxy"]),
  /** A list of four numbers, or four pointers. */
  at: z.union([pointer, z.tuple([pointer, pointer, pointer, pointer])]),
  /** Width and height that the numbers are of; without it they are fractions already. */
  frame: z.tuple([size, size]).optional(),
});

const detection = z.strictObject({
  type: z.literal("detection"),
  /** One of our categories; a label that is a known name of one becomes it. */
  category: textSource,
  phase: textSource.optional(),
  confidence: numberSource.optional(),
  eventId: textSource.optional(),
  label: textSource.optional(),
  snapshotUrl: textSource.optional(),
  box: box.optional(),
  details: z.record(z.string().max(64), textSource).optional(),
});
const occurrence = z.strictObject({
  type: z.enum(["alarm", "geofence", "card", "lifecycle", "attribute", "status", "count"]),
  code: textSource,
  details: z.record(z.string().max(64), textSource).optional(),
});
const presence = z.strictObject({ type: z.literal("presence"), online: flagSource });

const entryShape = z.strictObject({
  /** Lists to go through, outermost first: one observation per item. `size` cuts a flat list into pieces of so many. */
  each: z
    .array(z.union([pointer, z.strictObject({ at: pointer, size: z.number().int().min(2).max(64) })]))
    .min(1)
    .max(4)
    .optional(),
  when: conditions,
  device: deviceSource.optional(),
  time: timeSource.optional(),
  metrics: z.partialRecord(z.enum(metricNames as [string, ...string[]]), numberSource).optional(),
  event: z.discriminatedUnion("type", [detection, occurrence, presence]).optional(),
  /** What makes a message known when it is sent again. Without it, device, time and content do. */
  key: z.array(textSource).min(1).max(MOST_PARTS).optional(),
  /** True for what the maker says it kept before sending. */
  buffered: flagSource.optional(),
});

const topicPattern = z
  .string()
  .min(1)
  .max(200)
  .refine(
    (text) => text.split("/").every((level) => /^(?:\{\w{1,32}\}|[^{}+#$\s/][^{}+#\s/]*)$/.test(level)),
    "must be a topic of levels, each a word or {name}",
  )
  .refine((text) => !/^(kerbside|mqtt)(\/|$)/.test(text), "kerbside/… is the center's own")
  .refine((text) => !text.startsWith("{"), "must begin with a word, or it would claim everything");

export const mappingShape = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "may hold small letters, digits and hyphens only")
    .refine((id) => id !== "templates" && id !== "try", "is a word of the API; choose another one"),
  title: z.strictObject({ en: z.string().max(128), zh: z.string().max(128) }),
  /** MQTT topics, and the paths below /ingest/ of the HTTP door. */
  topics: z.array(topicPattern).min(1).max(10),
  kind: z.enum(kindNames as [string, ...string[]]),
  /** Of all entries that do not bring their own. */
  device: deviceSource,
  time: timeSource.optional(),
  entries: z.array(entryShape).min(1).max(MOST_ENTRIES),
  /** What the HTTP door answers once a message is on disk, for boxes that want an answer in their own form. */
  answer: z
    .json()
    .refine((answer) => JSON.stringify(answer).length <= MOST_ANSWER_LETTERS, "is longer than 2,048 letters")
    .optional(),
  /** Messages of the maker. All must be read without a problem before the mapping may be put in force. */
  samples: z
    .array(z.strictObject({ name: z.string().max(128), topic: z.string().min(1).max(256), payload: z.json() }))
    .max(MOST_SAMPLES)
    .default([]),
});

export type Mapping = z.infer<typeof mappingShape>;
export type MappingEntry = Mapping["entries"][number];
export type NumberSource = z.infer<typeof numberSource>;
export type TextSource = z.infer<typeof textSource>;
export type FlagSource = z.infer<typeof flagSource>;
export type TimeSourceSetting = z.infer<typeof timeSource>;
export type DeviceSource = z.infer<typeof deviceSource>;
export type BoxSource = z.infer<typeof box>;
export type Condition = z.infer<typeof condition>;
