import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { type DecodeContext, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { formFields, looksLikePosition } from "./form.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { PERSON_METRICS, personPosition } from "./person-position.ts";
import { isRecord, label, numberOf, numeric } from "./tolerant.ts";

/** 1 knot in km/h: the query form gives knots. */
const KNOT_KMH = 1.852;
/** The JSON form gives metres per second. */
const MPS_KMH = 3.6;

const body = z.object({
  device_id: label,
  location: z.object({
    timestamp: z.union([z.string().max(64), z.number()]).optional(),
    coords: z.object({
      latitude: numeric,
      longitude: numeric,
      accuracy: numeric,
      speed: numeric,
      heading: numeric,
      altitude: numeric,
    }),
    battery: z.object({ level: numeric }).optional(),
    mock: z.boolean().optional(),
  }),
});

/** Traccar Client and every app that speaks OsmAnd: JSON of the newer app, or a query with `id`, `lat`, `lon`. */
export const osmand = defineDevice({
  id: "osmand",
  kind: "person",
  title: { en: "Traccar Client, OsmAnd", zh: "Traccar Client / OsmAnd 手机" },
  topics: ["osmand/{device}"],
  encoding: "either",
  payload: z.union([body, z.string().min(1)]),
  recognises: ({ value }) =>
    (isRecord(value) && "device_id" in value && isRecord(value.location)) ||
    (typeof value === "string" && looksLikePosition(value) && /(^|[?&])(id|deviceid)=/.test(value)),
  guide: {
    connect: {
      en: "App Traccar Client → Settings: Server URL `https://<center>/ingest/osmand`, Device identifier = what stands behind `osmand:` in its alias, Location accuracy `High`, Frequency 60 s, Offline buffering on. Over MQTT: topic `osmand/<identifier>`, the same body.",
      zh: "Traccar Client → 设置：服务器地址填 `https://<中心>/ingest/osmand`，设备标识 = 别名中 `osmand:` 之后的部分，定位精度“高”，频率 60 秒，打开离线缓存。MQTT 方式：主题 `osmand/<标识>`，内容相同。",
    },
    makes: {
      en: "Position, speed, heading, accuracy, battery of a person; −1 is unknown; a faked position is flagged `mock`. Alias `osmand:<identifier>`.",
      zh: "人员位置、速度、航向、精度、电量；−1 为未知；虚假定位标记 `mock`。别名 `osmand:<标识>`。",
    },
  },
  decode(payload, context) {
    return typeof payload === "string" ? fromQuery(payload, context) : fromJson(payload, context);
  },
  encode({ metrics, at, event }, { id, alias }) {
    if (event || at === null || metrics.lat === undefined || metrics.lon === undefined) return null;
    const device = (alias ?? id).replace(/^osmand:/, "");
    const coords = {
      latitude: metrics.lat,
      longitude: metrics.lon,
      accuracy: metrics.accuracyM ?? 5,
      speed: metrics.speedKmh === undefined ? -1 : metrics.speedKmh / MPS_KMH,
      heading: metrics.headingDeg ?? -1,
      altitude: metrics.altM ?? 0,
    };
    const level = metrics.batteryPct === undefined ? -1 : metrics.batteryPct / 100;
    return {
      topic: `osmand/${device}`,
      payload: {
        location: { timestamp: new Date(at).toISOString(), coords, battery: { level, is_charging: false } },
        device_id: device,
      },
    };
  },
  samples: [
    {
      name: "the app's JSON, a faked position",
      topic: "osmand/48241179",
      payload: {
        location: {
          timestamp: "2026-09-21T14:13:20.000Z",
          coords: { latitude: 22.72, longitude: 113.9, accuracy: 5, speed: 1.25, heading: -1, altitude: 5 },
          battery: { level: 0.66, is_charging: false },
          mock: true,
          is_moving: true,
        },
        device_id: "48241179",
      },
      observations: [
        {
          device: "osmand:48241179",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: { lat: 22.72, lon: 113.9, accuracyM: 5, altM: 5, speedKmh: 4.5, batteryPct: 66 },
          key: "osmand:48241179 2026-09-21T14:13:20.000Z",
          quality: ["mock"],
          hints: { kind: "person" },
        },
      ],
    },
    {
      name: "a query, ten knots",
      topic: "osmand/phone-7",
      payload: "/?id=phone-7&timestamp=1790000000&lat=22.72&lon=113.9&speed=10&bearing=360&accuracy=0&batt=55.5",
      observations: [
        {
          device: "osmand:phone-7",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: { lat: 22.72, lon: 113.9, speedKmh: 18.52, headingDeg: 0, batteryPct: 55.5 },
          key: "osmand:phone-7 1790000000",
          hints: { kind: "person" },
        },
      ],
    },
  ],
  rejects: [{}, { device_id: "x1", location: { coords: { latitude: "north" } } }, "id=x1", "id=other&lat=1&lon=2"],
});

function fromJson({ device_id, location }: z.infer<typeof body>, context: DecodeContext): DecodeResult {
  const { coords, battery, mock, timestamp } = location;
  const named = deviceOf(device_id, context);
  if (typeof named !== "string") return named;
  const level = battery?.level;
  return observed(named, timestamp, context, {
    given: {
      lat: coords.latitude,
      lon: coords.longitude,
      accuracyM: coords.accuracy,
      altM: coords.altitude,
      speedKmh: coords.speed === undefined || coords.speed < 0 ? undefined : coords.speed * MPS_KMH,
      headingDeg: coords.heading,
      batteryPct: level === undefined || level < 0 ? undefined : level * 100,
    },
    mock: mock === true,
  });
}

function fromQuery(text: string, context: DecodeContext): DecodeResult {
  const fields = formFields(text);
  const named = deviceOf(fields.get("id") ?? fields.get("deviceid"), context);
  if (typeof named !== "string") return named;
  const number = (...names: string[]): number | undefined => {
    for (const name of names) {
      const value = numberOf(fields.get(name));
      if (value !== null) return value;
    }
    return undefined;
  };
  const [lat, lon] = (fields.get("location") ?? "").split(",").map(numberOf);
  const speed = number("speed");
  const given = {
    lat: number("lat") ?? lat ?? undefined,
    lon: number("lon") ?? lon ?? undefined,
    accuracyM: number("accuracy"),
    altM: number("altitude"),
    speedKmh: speed === undefined || speed < 0 ? undefined : speed * KNOT_KMH,
    headingDeg: number("bearing", "heading"),
    batteryPct: number("batt"),
  };
  if (given.lat === undefined || given.lon === undefined) return refused("schema", "lat and lon: expected numbers");
  return observed(named, fields.get("timestamp"), context, { given, mock: fields.get("mock") === "true" });
}

function deviceOf(said: string | undefined | null, { parameters }: DecodeContext): string | DecodeResult {
  const id = said || parameters.device;
  if (!id) return refused("identity", "neither the topic nor the payload names a device");
  if (parameters.device !== undefined && parameters.device !== id) {
    return refused("identity", `the payload names another device than the topic (${parameters.device})`);
  }
  return `osmand:${id}`;
}

function observed(
  device: string,
  time: string | number | undefined | null,
  context: DecodeContext,
  position: Parameters<typeof personPosition>[0],
): DecodeResult {
  const moment = time === undefined || time === null ? NO_MOMENT : anyTime(time, context.siteOffsetMinutes);
  const observation: Observation = {
    device,
    ...moment,
    ...personPosition(position, PERSON_METRICS, time !== undefined && moment.at === null),
    ...(moment.at !== null && { key: `${device} ${time}` }),
    hints: { kind: "person" },
  };
  return { observations: [observation] };
}
