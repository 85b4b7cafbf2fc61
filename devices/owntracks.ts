import { z } from "zod";
import type { MetricName } from "../src/domain/metrics.ts";
import type { Observation, QualityFlag } from "../src/domain/observation.ts";
import { type DecodeContext, defineDevice, refused } from "./driver.ts";
import { explain } from "./explain.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord } from "./tolerant.ts";

const number = z.number().optional();
const message = z.object({
  _type: z.string(),
  tst: number,
  created_at: number,
  lat: number,
  lon: number,
  acc: number,
  alt: number,
  vel: number,
  cog: number,
  batt: number,
  t: z.string().optional(),
  tid: z.string().optional(),
  desc: z.string().optional(),
  event: z.string().optional(),
  wtst: number,
  odometer: number,
  uext: number,
  topic: z.string().optional(),
  _id: z.string().optional(),
});
type Message = z.infer<typeof message>;

/** Cards, waypoints, beacons, steps and settings are accepted and say nothing for us. */
const READ = new Set(["location", "transition", "lwt", "encrypted"]);
const CHANNELS = new Set(["event", "info", "waypoint", "waypoints", "status", "step", "beacon", "dump"]);
/** A fix older than this when the message was made was kept back. */
const KEPT_BACK_SECONDS = 60;
const METRICS: readonly MetricName[] = [
  "lat",
  "lon",
  "accuracyM",
  "altM",
  "speedKmh",
  "headingDeg",
  "batteryPct",
  "acc",
  "odometerKm",
  "externalPowerV",
];

/** OwnTracks apps and bridges (owntracks.org/booklet/tech/json): `_type` decides, not the topic; the topic is the identity. */
export const owntracks = defineDevice({
  id: "owntracks",
  kind: null,
  title: { en: "OwnTracks phone or vehicle bridge", zh: "OwnTracks 手机/车载桥接" },
  topics: ["owntracks/{user}/{device}", "owntracks/{user}/{device}/{channel}"],
  payload: z.looseObject({ _type: z.string() }),
  recognises: ({ topic, value }) => isRecord(value) && typeof value._type === "string" && topic.split("/").length >= 2,
  guide: {
    connect: {
      en: "App → Preferences → Connection: Mode MQTT, host and port of this center, Identification: username and password of a gateway login, Device ID; topics stay `owntracks/<user>/<device>`. Reporting: Move mode on duty, Significant otherwise.",
      zh: "App → 首选项 → 连接：模式 MQTT，主机端口填本中心，身份验证填网关账号与设备 ID；主题保持 `owntracks/<用户>/<设备>`。上报：上班用 Move，其余 Significant。",
    },
    makes: {
      en: "Position, speed, battery, fences, last wills; ignition, odometer and voltage of vehicle bridges. Alias `ot:<user>/<device>`.",
      zh: "位置、速度、电量、围栏、遗嘱；车载桥接的点火、里程、电压。别名 `ot:<用户>/<设备>`。",
    },
  },
  decode(given, context) {
    if (!READ.has(given._type)) return { observations: [] };
    const parsed = message.safeParse(given);
    if (!parsed.success) return refused("schema", explain(parsed.error));
    const payload = parsed.data;
    const { user, device } = personOf(context);
    const alias = `ot:${user}/${device}`;
    switch (payload._type) {
      case "location":
        return { observations: [location(payload, alias, context)] };
      case "transition":
        return { observations: [transition(payload, alias)] };
      case "lwt":
        // The time inside is that of the connect, not of the loss.
        return {
          observations: [
            {
              device: alias,
              at: null,
              atSource: "receiveTime",
              metrics: {},
              event: { type: "presence", online: false },
            },
          ],
        };
      default:
        return refused("encrypted", "the payload is encrypted with a key the center does not have");
    }
  },
  encode(observation, { alias }) {
    const { metrics } = observation;
    if (metrics.lat === undefined || metrics.lon === undefined || !alias || observation.at === null) return null;
    return {
      topic: `owntracks/${alias.replace(/^ot:/, "")}`,
      payload: {
        _type: "location",
        tid: alias.slice(-2),
        tst: Math.floor(observation.at / 1_000),
        lat: metrics.lat,
        lon: metrics.lon,
        ...(metrics.accuracyM !== undefined && { acc: metrics.accuracyM }),
        ...(metrics.altM !== undefined && { alt: metrics.altM }),
        ...(metrics.speedKmh !== undefined && { vel: Math.round(metrics.speedKmh) }),
        ...(metrics.headingDeg !== undefined && { cog: Math.round(metrics.headingDeg) }),
        ...(metrics.batteryPct !== undefined && { batt: Math.round(metrics.batteryPct) }),
        ...(metrics.odometerKm !== undefined && { odometer: metrics.odometerKm }),
        ...(metrics.externalPowerV !== undefined && { uext: metrics.externalPowerV }),
        t: metrics.acc === undefined ? "t" : metrics.acc === 1 ? "i" : "I",
      },
    };
  },
  samples: [
    {
      name: "a phone that moves",
      topic: "owntracks/lead/phone",
      payload: {
        _type: "location",
        tst: 1_790_000_000,
        lat: 22.72,
        lon: 113.9,
        acc: 5,
        vel: 12,
        cog: 271,
        batt: 67,
        t: "t",
        tid: "LP",
      },
      observations: [
        {
          device: "ot:lead/phone",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: { lat: 22.72, lon: 113.9, accuracyM: 5, speedKmh: 12, headingDeg: 271, batteryPct: 67 },
          key: "ot:lead/phone 1790000000 t",
          hints: { tid: "LP" },
        },
      ],
    },
    {
      name: "a waypoint is no reading",
      topic: "owntracks/lead/phone/waypoint",
      payload: { _type: "waypoint", desc: "Work", lat: 22.7, lon: 113.9, rad: 50, tst: 1_790_000_000 },
      observations: [],
    },
    {
      name: "a fence of a beacon, by a phone whose clock is not set",
      topic: "owntracks/lead/phone/event",
      payload: { _type: "transition", t: "b", lat: 0, lon: 0, acc: 0, event: "enter", desc: "inner", wtst: 1, tst: 2 },
      observations: [
        {
          device: "ot:lead/phone",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "geofence", code: "enter", details: { fenceName: "inner", fenceKey: 1, trigger: "b" } },
          quality: ["clockDefault"],
        },
      ],
    },
    {
      name: "last will",
      topic: "owntracks/lead/phone",
      payload: { _type: "lwt", tst: 1_790_000_000 },
      observations: [
        {
          device: "ot:lead/phone",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "presence", online: false },
        },
      ],
    },
  ],
  rejects: [{}, { _type: "encrypted", data: "…" }, { _type: "location", lat: "north" }],
});

/** Under a prefix of the user's own, the two levels before the channel. */
function personOf({ parameters, topic }: DecodeContext): { user: string; device: string } {
  if (parameters.user !== undefined) return { user: parameters.user, device: parameters.device ?? "" };
  const levels = topic.split("/");
  const at = CHANNELS.has(levels.at(-1) ?? "") && levels.length > 2 ? levels.length - 3 : levels.length - 2;
  return { user: levels[at] ?? "", device: levels[at + 1] ?? "" };
}

function location(payload: Message, alias: string, context: DecodeContext): Observation {
  const { t } = payload;
  // Absent means unknown; −1 (older releases) and accuracy 0 mean unknown too.
  const known = (value: number | undefined) => (value === undefined || value < 0 ? undefined : value);
  const checked = checkMetrics(
    {
      lat: payload.lat,
      lon: payload.lon,
      accuracyM: payload.acc === 0 ? undefined : known(payload.acc),
      altM: payload.alt,
      speedKmh: known(payload.vel),
      headingDeg: known(payload.cog),
      batteryPct: known(payload.batt),
      acc: ignition(t),
      odometerKm: known(payload.odometer),
      externalPowerV: known(payload.uext),
    },
    METRICS,
  );
  const time = payload.tst === undefined ? { untrusted: true as const } : readTimestamp(payload.tst);
  const trusted = "at" in time;
  let { quality } = checked;
  if (!trusted) quality = withFlag(quality, "clockDefault");
  const delaySeconds = (payload.created_at ?? payload.tst ?? 0) - (payload.tst ?? 0);
  if (delaySeconds > KEPT_BACK_SECONDS) quality = withFlag(quality, "staleFix" satisfies QualityFlag);
  return {
    device: alias,
    at: trusted ? time.at : null,
    atSource: trusted ? "device" : "receiveTime",
    metrics: checked.metrics,
    ...(trusted && { key: payload._id ?? `${alias} ${payload.tst} ${t ?? ""}` }),
    ...(delaySeconds > KEPT_BACK_SECONDS && { buffered: true }),
    ...(quality.length > 0 && { quality }),
    hints: hintsOf(payload, context),
  };
}

/** Vehicle bridges send `I` when the ignition goes off and `i` when it goes on. */
function ignition(trigger: string | undefined): number | undefined {
  if (trigger === "i") return 1;
  return trigger === "I" ? 0 : undefined;
}

function hintsOf(payload: Message, context: DecodeContext): Record<string, string> {
  const vehicle = payload.t === "i" || payload.t === "I" || payload.odometer !== undefined;
  return {
    ...(payload.tid !== undefined && { tid: payload.tid }),
    ...(vehicle && { kind: "vehicle", asset: context.parameters.device ?? "" }),
  };
}

function transition(payload: Message, alias: string): Observation {
  const time = payload.tst === undefined ? { untrusted: true as const } : readTimestamp(payload.tst);
  const trusted = "at" in time;
  // A beacon has no position: 0/0 stands where one would be.
  const position = payload.t === "b" ? {} : { lat: payload.lat, lon: payload.lon, accuracyM: payload.acc || undefined };
  const checked = checkMetrics(position, METRICS);
  const quality = trusted ? checked.quality : withFlag(checked.quality, "clockDefault");
  return {
    device: alias,
    at: trusted ? time.at : null,
    atSource: trusted ? "device" : "receiveTime",
    metrics: checked.metrics,
    event: {
      type: "geofence",
      code: payload.event ?? "unknown",
      details: {
        ...(payload.desc !== undefined && { fenceName: payload.desc }),
        ...(payload.wtst !== undefined && { fenceKey: payload.wtst }),
        ...(payload.t !== undefined && { trigger: payload.t }),
      },
    },
    ...(quality.length > 0 && { quality }),
  };
}
