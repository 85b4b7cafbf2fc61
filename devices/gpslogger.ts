import { z } from "zod";
import type { MetricName } from "../src/domain/metrics.ts";
import { defineDevice, refused } from "./driver.ts";
import { formFields, looksLikePosition } from "./form.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { PERSON_METRICS, personPosition } from "./person-position.ts";
import { isRecord, numberOf } from "./tolerant.ts";

const MPS_KMH = 3.6;
/** Names of the app's variables and of the templates that people copy; the first that is there counts. */
const names: readonly (readonly [metric: MetricName, factor: number, ...fields: string[]])[] = [
  ["lat", 1, "lat", "latitude"],
  ["lon", 1, "lon", "lng", "long", "longitude"],
  ["accuracyM", 1, "acc", "accuracy"],
  ["altM", 1, "alt", "altitude"],
  ["speedKmh", MPS_KMH, "spd", "speed"],
  ["headingDeg", 1, "dir", "direction", "bearing"],
  ["satellites", 1, "sat", "satellites"],
  ["batteryPct", 1, "batt", "battery"],
];
const TIMES = ["timestamp", "time", "date"] as const;
const IDENTITIES = ["device", "aid", "ser", "id", "tid", "user"] as const;
/** Fields that only this app's templates have. */
const OWN = /(^|[?&])(spd|prov|provider|dir|direction|aid|starttimestamp)=/i;

/** GPSLogger for Android: the user writes the URL or body, so the fields are known by their usual names. */
export const gpslogger = defineDevice({
  id: "gpslogger",
  kind: "person",
  title: { en: "GPSLogger for Android", zh: "GPSLogger 安卓应用" },
  topics: ["gpslogger/{device}"],
  encoding: "either",
  payload: z.union([z.record(z.string(), z.unknown()), z.string().min(1)]),
  recognises: ({ value }) => typeof value === "string" && looksLikePosition(value) && OWN.test(value),
  guide: {
    connect: {
      en: "GPSLogger → Logging details → Log to custom URL: on. URL `https://<center>/ingest/gpslogger/<name>`, method POST, body `lat=%LAT&lon=%LON&sat=%SAT&alt=%ALT&acc=%ACC&dir=%DIR&spd=%SPD&timestamp=%TIMESTAMP&batt=%BATT&aid=%AID`, basic authentication with the login of the device.",
      zh: "GPSLogger → 记录详情 → 记录到自定义 URL：打开。URL 填 `https://<中心>/ingest/gpslogger/<名称>`，方法 POST，正文 `lat=%LAT&lon=%LON&sat=%SAT&alt=%ALT&acc=%ACC&dir=%DIR&spd=%SPD&timestamp=%TIMESTAMP&batt=%BATT&aid=%AID`，基本认证填设备账号。",
    },
    makes: {
      en: "Position, speed (m/s), heading, accuracy, satellites, battery of a person. A template without a time counts at its arrival. Alias `gpslogger:<name>`.",
      zh: "人员位置、速度（m/s）、航向、精度、卫星数、电量。模板没有时间时以收到时间为准。别名 `gpslogger:<名称>`。",
    },
  },
  decode(payload, { parameters, siteOffsetMinutes }) {
    const fields = typeof payload === "string" ? formFields(payload) : jsonFields(payload);
    const first = (candidates: readonly string[]): string | undefined => {
      for (const candidate of candidates) {
        const value = fields.get(candidate);
        if (value !== undefined && value !== "" && value.toLowerCase() !== "unknown") return value;
      }
      return undefined;
    };
    const id = parameters.device ?? first(IDENTITIES);
    if (id === undefined) return refused("identity", "neither the topic nor the payload names a device");
    const given: Partial<Record<MetricName, number>> = {};
    for (const [metric, factor, ...candidates] of names) {
      const text = first(candidates);
      const value = numberOf(text);
      if (value !== null) given[metric] = value * factor;
      else if (text !== undefined && (metric === "lat" || metric === "lon")) {
        return refused("schema", `${candidates[0]}: expected a number`);
      }
    }
    if (given.lat === undefined || given.lon === undefined) return refused("schema", "the payload has no lat and lon");
    const time = first(TIMES);
    const moment = time === undefined ? NO_MOMENT : anyTime(time, siteOffsetMinutes);
    const device = `gpslogger:${id}`;
    return {
      observations: [
        {
          device,
          ...moment,
          ...personPosition({ given, mock: false }, PERSON_METRICS, time !== undefined && moment.at === null),
          ...(moment.at !== null && { key: `${device} ${time}` }),
          hints: { kind: "person" },
        },
      ],
    };
  },
  samples: [
    {
      name: "the app's own names",
      topic: "gpslogger/a1b2c3",
      payload:
        "/log?lat=22.72&longitude=113.9&sat=11&desc=&alt=12.0&acc=6.5&dir=271.3&prov=gps&spd=1.25&timestamp=1790000000&batt=76.0&ser=unknown",
      observations: [
        {
          device: "gpslogger:a1b2c3",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {
            ...{ lat: 22.72, lon: 113.9, accuracyM: 6.5, altM: 12, speedKmh: 4.5, headingDeg: 271.3, satellites: 11 },
            batteryPct: 76,
          },
          key: "gpslogger:a1b2c3 1790000000",
          hints: { kind: "person" },
        },
      ],
    },
    {
      name: "a template without a time; faster than any road",
      topic: "gpslogger/123",
      payload: "latitude=1.0&longitude=1.1&device=123&accuracy=10.5&battery=10&speed=100&activity=running",
      observations: [
        {
          device: "gpslogger:123",
          at: null,
          atSource: "receiveTime",
          metrics: { lat: 1, lon: 1.1, accuracyM: 10.5, batteryPct: 10 },
          quality: ["outOfRange"],
          hints: { kind: "person" },
        },
      ],
    },
  ],
  rejects: ["", "lat=north&lon=1", {}, "hello"],
});

function jsonFields(payload: Record<string, unknown>): Map<string, string> {
  const inner = isRecord(payload.location) ? { ...payload, ...payload.location } : payload;
  return new Map(
    Object.entries(inner).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number" ? [[name.toLowerCase(), String(value)]] : [],
    ),
  );
}
