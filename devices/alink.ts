import { z } from "zod";
import type { MetricName } from "../src/domain/metrics.ts";
import type { Observation } from "../src/domain/observation.ts";
import { DAY, type Millis } from "../src/domain/time.ts";
import { type DecodeContext, type DecodeProblem, type DecodeResult, defineDevice, refused } from "./driver.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord, numberOf, truth } from "./tolerant.ts";

/** Properties by the names products give them, without case and separators. A flag is 0/1 or true/false. */
const properties: Readonly<Record<string, MetricName>> = {
  ...{ filllevel: "fillPct", fullness: "fillPct", overflow: "fillPct", fillpct: "fillPct", usedcapacity: "fillPct" },
  ...{ distance: "distanceMm", dist: "distanceMm", height: "distanceMm" },
  ...{
    temperature: "tempC",
    temp: "tempC",
    currenttemperature: "tempC",
    humidity: "humidityPct",
    relativehumidity: "humidityPct",
  },
  ...{ battery: "batteryPct", batterylevel: "batteryPct", batterypercentage: "batteryPct", batteryvoltage: "batteryV" },
  ...{
    lidstatus: "lidOpen",
    lid: "lidOpen",
    coverstatus: "lidOpen",
    tilt: "tilted",
    tiltstatus: "tilted",
    tilted: "tilted",
  },
  ...{ fire: "smoke", firealarm: "smoke", smokealarm: "smoke", smokesensorstate: "smoke", tamperalarm: "tamper" },
  ...{
    rssi: "rssiDbm",
    signalstrength: "rssiDbm",
    latitude: "lat",
    lat: "lat",
    longitude: "lon",
    lng: "lon",
    lon: "lon",
  },
  ...{ weight: "weightKg", nh3: "nh3Ppm", h2s: "h2sPpm", doorstatus: "doorOpen" },
};
const FLAGS = new Set<MetricName>(["lidOpen", "tilted", "smoke", "tamper", "doorOpen"]);

const message = z.looseObject({
  id: z.union([z.string().max(64), z.number()]).optional(),
  params: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()).max(100)]),
  method: z.string().max(128).optional(),
});

/** Thing models in the way of Alink (Alibaba Cloud IoT, "Device properties, events and services"). */
export const alink = defineDevice({
  id: "alink",
  kind: "bin",
  title: { en: "Thing-model JSON (Alink)", zh: "物模型 JSON（Alink）" },
  topics: [
    "/sys/{product}/{device}/thing/event/property/post",
    "sys/{product}/{device}/thing/event/property/post",
    "alink/{product}/{device}",
  ],
  payload: message,
  recognises: ({ value }) =>
    isRecord(value) && isRecord(value.params) && typeof value.method === "string" && value.method.startsWith("thing."),
  guide: {
    connect: {
      en: "Sensor → MQTT: address and port of this center, login of the device, publish topic `/sys/<product>/<device>/thing/event/property/post`, QoS 1. Property names: FillLevel, Distance (mm), Temperature, Battery, LidStatus, Tilt, FireAlarm; other names: a mapping.",
      zh: "传感器 → MQTT：地址端口填本中心，设备账号，发布主题 `/sys/<产品>/<设备>/thing/event/property/post`，QoS 1。属性名：FillLevel、Distance（mm）、Temperature、Battery、LidStatus、Tilt、FireAlarm；其他名称用映射配置。",
    },
    makes: {
      en: "Each property at its own time. Alias `alink:<product>/<device>`.",
      zh: "各属性按各自时间入库。别名 `alink:<产品>/<设备>`。",
    },
  },
  decode(payload, context) {
    const { product, device: name } = named(context);
    if (name === undefined) return refused("identity", "the topic names no device");
    if (!isRecord(payload.params)) return refused("schema", "params: expected properties by name");
    return read(payload.params, `alink:${product ? `${product}/` : ""}${name}`, payload.id, context);
  },
  encode({ metrics, at, event }, { id, alias }) {
    if (event || at === null || (metrics.fillPct === undefined && metrics.distanceMm === undefined)) return null;
    const [product = "bin", device = id] = (alias ?? `bin/${id}`).replace(/^alink:/, "").split("/");
    const given = {
      FillLevel: metrics.fillPct,
      Distance: metrics.distanceMm,
      Temperature: metrics.tempC,
      Battery: metrics.batteryPct,
      LidStatus: metrics.lidOpen,
    };
    const params = Object.fromEntries(
      Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, { value, time: at }]])),
    );
    return {
      topic: `/sys/${product}/${device}/thing/event/property/post`,
      payload: { id: String(at % DAY), version: "1.0", params, method: "thing.event.property.post" },
    };
  },
  samples: [
    {
      name: "two properties of one moment, a bare one, one that nobody knows",
      topic: "/sys/pk1/bin-7/thing/event/property/post",
      payload: {
        id: "9",
        version: "1.0",
        params: {
          FillLevel: { value: 87, time: 1_790_000_000_000 },
          Temperature: { value: "31.5", time: 1_790_000_000_000 },
          LidStatus: 0,
          Paint: "green",
        },
        method: "thing.event.property.post",
      },
      observations: [
        {
          device: "alink:pk1/bin-7",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: { fillPct: 87, tempC: 31.5 },
          key: "alink:pk1/bin-7 20717 9 1790000000000",
          hints: { kind: "bin" },
        },
        {
          device: "alink:pk1/bin-7",
          at: null,
          atSource: "receiveTime",
          metrics: { lidOpen: 0 },
          key: "alink:pk1/bin-7 20717 9 ",
          hints: { kind: "bin" },
        },
      ],
    },
  ],
  rejects: [{}, { params: [] }, { params: 7 }, []],
});

function named({ parameters, topic }: DecodeContext): { product: string | undefined; device: string | undefined } {
  if (parameters.device !== undefined) return { product: parameters.product, device: parameters.device };
  const levels = topic.split("/");
  const at = levels.indexOf("thing");
  return at >= 2 ? { product: levels[at - 2], device: levels[at - 1] } : { product: undefined, device: levels.at(-1) };
}

/** Properties that share a moment are one observation. */
function read(
  params: Record<string, unknown>,
  device: string,
  id: string | number | undefined,
  { receivedAt }: DecodeContext,
): DecodeResult {
  const byTime = new Map<Millis | null, Record<string, unknown>>();
  const problems: DecodeProblem[] = [];
  let unset = false;
  const put = (name: string, value: unknown, time: unknown): void => {
    const metric = properties[name.toLowerCase().replace(/[^a-z0-9]/g, "")];
    if (!metric) return;
    const said = FLAGS.has(metric) ? truth(value) : numberOf(value);
    if (said === null) {
      problems.push({
        reason: "schema",
        detail: `${name.slice(0, 40)}: expected a ${FLAGS.has(metric) ? "flag" : "number"}`,
      });
      return;
    }
    const read = time === undefined ? null : readTimestamp(time);
    const at = read && "at" in read ? read.at : null;
    if (read && at === null) unset = true;
    const values = byTime.get(at) ?? {};
    values[metric] = said;
    byTime.set(at, values);
  };
  for (const [name, given] of Object.entries(params)) {
    const timed = isRecord(given) && "value" in given;
    const value = timed ? given.value : given;
    const time = timed ? given.time : undefined;
    if (isRecord(value)) for (const [inner, one] of Object.entries(value)) put(inner, one, time);
    else put(name, value, time);
  }
  const day = Math.floor(receivedAt / DAY);
  const observations = [...byTime].map(([at, values]): Observation => {
    const checked = checkMetrics(values, Object.keys(values) as MetricName[]);
    const quality = at === null && unset ? withFlag(checked.quality, "clockDefault") : checked.quality;
    return {
      device,
      at,
      atSource: at === null ? "receiveTime" : "device",
      metrics: checked.metrics,
      // Message ids are unique for one device and one day.
      ...(id !== undefined && { key: `${device} ${day} ${id} ${at ?? ""}` }),
      ...(quality.length > 0 && { quality }),
      hints: { kind: "bin" },
    };
  });
  if (observations.length === 0) problems.push({ reason: "noMetric", detail: "none of the properties is known" });
  return { observations, problems };
}
