import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import type { Json } from "../src/domain/text.ts";
import { type DecodeContext, type DecodeProblem, defineDevice, refused } from "./driver.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { isRecord, label, numberOf, truth } from "./tolerant.ts";

/** Fields under the names that makers give them; the first that is there counts. */
const FIELDS = {
  device: ["deviceId", "device_id", "deviceNo", "sn", "imei"],
  card: ["cardNo", "cardId", "card_no", "card", "icCard", "rfid"],
  tag: ["rfidTag", "tag", "epc", "binTag"],
  net: ["netKg", "netWeight", "net", "weight"],
  gross: ["grossKg", "grossWeight", "gross"],
  tare: ["tareKg", "tareWeight", "tare"],
  time: ["ts", "collectionTime", "weighTime", "time", "timestamp"],
  seq: ["seq", "serialNo", "recordId"],
  lat: ["gpsLatitude", "latitude", "lat"],
  lon: ["gpsLongitude", "longitude", "lng", "lon"],
} as const;
/** What goes along with a weighing, by our name. */
const REMARKS = {
  binId: ["binId", "containerId"],
  vehicle: ["truckId", "vehicleId", "plate", "plateNo"],
  worker: ["collectorId", "workerId", "operator"],
  merchantCode: ["merchantCode", "merchantId", "customerId"],
} as const;
/** A scale rounds three values each for itself: so much between gross, tare and net is no contradiction. */
const ROUNDING_KG = 0.5;
const GRAMS = new Set(["g", "gram", "grams", "克"]);
const TONNES = new Set(["t", "ton", "tonne", "吨"]);

type Fields = Readonly<Record<string, unknown>>;
const message = z.record(z.string(), z.unknown());
const text = label.refine((value) => value === undefined || value.length <= 128, "expected a short text");

/** IC-card scales at kitchen-waste points and on collection vehicles: no two makers agree, so the usual names are read. */
export const weighing = defineDevice({
  id: "weighing",
  kind: "foodWastePoint",
  title: { en: "IC-card scale", zh: "IC 卡称重" },
  topics: ["weigh/{device}/event"],
  payload: message,
  recognises: ({ value }) => {
    if (!isRecord(value) || Array.isArray(value)) return false;
    const identified = [...FIELDS.card, ...FIELDS.tag].some((field) => field in value);
    return identified && [...FIELDS.net, ...FIELDS.gross].some((field) => field in value);
  },
  guide: {
    connect: {
      en: "Scale terminal → MQTT: address and port of this center, login of the device, topic `weigh/<device id>/event`, QoS 1, JSON with `cardNo`, `weight` (or `grossKg`, `tareKg`), `unit`, `ts`, `seq`. Other names: a mapping.",
      zh: "称重终端 → MQTT：地址端口填本中心，设备账号，主题 `weigh/<设备号>/event`，QoS 1，JSON 含 `cardNo`、`weight`（或 `grossKg`、`tareKg`）、`unit`、`ts`、`seq`。字段名不同时用映射配置。",
    },
    makes: {
      en: "One weighing with card, net, gross and tare in kilograms; a load that still moves is dropped; local times by the site's zone; card numbers in lower case. Alias `weigh:<device id>`.",
      zh: "一次称重：卡号、净重、毛重、皮重（千克）；未稳定的称重丢弃；本地时间按现场时区；卡号统一小写。别名 `weigh:<设备号>`。",
    },
  },
  decode(payload, context) {
    const problems: DecodeProblem[] = [];
    const identity = first(payload, FIELDS.device);
    const named = text.safeParse(identity ?? context.parameters.device);
    if (!named.success || named.data === undefined)
      return refused("identity", "neither the topic nor the payload names a scale");
    const { device } = context.parameters;
    if (device !== undefined && device !== named.data) {
      return refused("identity", `the payload names another scale than the topic (${device})`);
    }
    // While the load settles the scale sends what it reads: only the last one is a weighing.
    if (truth(payload.stable) === false) return { observations: [] };
    const weights = weightsOf(payload);
    if (typeof weights === "string") return refused("schema", weights);
    const observation = weighed(payload, weights, `weigh:${named.data}`, context, problems);
    return { observations: [observation], problems };
  },
  encode({ metrics, at, event }, { id, alias }) {
    if (event?.type !== "card" || at === null) return null;
    const device = (alias ?? id).replace(/^weigh:/, "");
    const { cardId, weightKg } = event.details ?? {};
    const net = weightKg ?? metrics.weightKg;
    if (net === undefined) return null;
    const payload: Json = { deviceId: device, cardNo: cardId ?? "", ts: at, weight: net, unit: "kg" };
    return { topic: `weigh/${device}/event`, payload };
  },
  samples: [
    {
      name: "a card and its weighing, local time",
      topic: "weigh/CK-1/event",
      payload: {
        ...{ deviceId: "CK-1", cardNo: "0029B885", ts: "2026-09-21 22:13:20", grossKg: 38.6, tareKg: "9.4" },
        ...{ weight: 29.2, unit: "kg", seq: 7, photo: "" },
      },
      observations: [
        {
          device: "weigh:CK-1",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: { weightKg: 29.2, grossKg: 38.6, tareKg: 9.4 },
          event: { type: "card", code: "weighed", details: { weightKg: 29.2, cardId: "0029b885" } },
          key: "weigh:CK-1 2026-09-21 22:13:20 7 0029b885",
          hints: { kind: "foodWastePoint" },
        },
      ],
    },
    {
      name: "grams, uploaded later, and a net weight that contradicts the others",
      topic: "weigh/HH-3/event",
      payload: {
        ...{
          rfidTag: "E280116060000200",
          collectorId: 17,
          truckId: "T-08",
          weight: 29_200,
          gross: 20_000,
          tare: 9_400,
        },
        ...{
          unit: "g",
          offlineMode: true,
          collectionTime: "2026-09-21T22:13:20",
          gpsLatitude: 22.72,
          gpsLongitude: 113.9,
        },
      },
      observations: [
        {
          device: "weigh:HH-3",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: { lat: 22.72, lon: 113.9, weightKg: 29.2, grossKg: 20, tareKg: 9.4 },
          event: {
            type: "card",
            code: "weighed",
            details: { weightKg: 29.2, binTag: "E280116060000200", vehicle: "T-08", worker: "17" },
          },
          key: "weigh:HH-3 2026-09-21T22:13:20  E280116060000200",
          buffered: true,
          quality: ["sensorError"],
          hints: { kind: "foodWastePoint" },
        },
      ],
    },
    {
      name: "the load still moves",
      topic: "weigh/CK-1/event",
      payload: { cardNo: "1", weight: 3, stable: 0 },
      observations: [],
    },
  ],
  rejects: [{}, { cardNo: "1" }, { weight: "heavy" }, { deviceId: "other", weight: 1 }, { weight: 1, unit: "stone" }],
});

const first = (payload: Fields, names: readonly string[]): unknown => {
  for (const name of names) {
    const value = payload[name];
    if (value !== undefined && value !== null && value !== "") return value;
  }
  return undefined;
};

interface Weights {
  readonly net: number;
  readonly gross: number | null;
  readonly tare: number | null;
}

/** In kilograms; a text when they are none. A scale may send only what it read and what the bin weighs. */
function weightsOf(payload: Fields): Weights | string {
  const unit = typeof payload.unit === "string" ? payload.unit.trim().toLowerCase() : "kg";
  const factor = GRAMS.has(unit)
    ? 1 / 1_000
    : TONNES.has(unit)
      ? 1_000
      : ["kg", "千克", "公斤", ""].includes(unit)
        ? 1
        : null;
  if (factor === null) return `unit: ${unit.slice(0, 20)} is no unit of weight here`;
  const kilograms = (names: readonly string[]): number | null => {
    const value = numberOf(first(payload, names));
    return value === null ? null : Math.round(value * factor * 1_000) / 1_000;
  };
  const [said, gross, tare] = [kilograms(FIELDS.net), kilograms(FIELDS.gross), kilograms(FIELDS.tare)];
  const net = said ?? (gross !== null && tare !== null ? Math.round((gross - tare) * 1_000) / 1_000 : null);
  return net === null ? "weight: expected a number" : { net, gross, tare };
}

function weighed(
  payload: Fields,
  { net, gross, tare }: Weights,
  device: string,
  context: DecodeContext,
  problems: DecodeProblem[],
): Observation {
  const time = first(payload, FIELDS.time);
  const moment = time === undefined ? NO_MOMENT : anyTime(time, context.siteOffsetMinutes);
  const checked = checkMetrics(
    {
      lat: numberOf(first(payload, FIELDS.lat)) ?? undefined,
      lon: numberOf(first(payload, FIELDS.lon)) ?? undefined,
      weightKg: net,
      grossKg: gross,
      tareKg: tare,
    },
    ["lat", "lon", "weightKg", "grossKg", "tareKg"],
  );
  let { quality } = checked;
  if (gross !== null && tare !== null && Math.abs(gross - tare - net) > ROUNDING_KG) {
    quality = withFlag(quality, "sensorError");
    problems.push({ reason: "contradiction", detail: `gross ${gross} less tare ${tare} is not ${net} kg` });
  }
  if (time !== undefined && moment.at === null) quality = withFlag(quality, "clockDefault");
  const given = (names: readonly string[]): string | undefined => {
    const value = first(payload, names);
    return typeof value === "string" || typeof value === "number" ? String(value).trim().slice(0, 128) : undefined;
  };
  const card = given(FIELDS.card)?.toLowerCase();
  const tag = given(FIELDS.tag);
  const remarks = Object.entries(REMARKS).flatMap(([name, names]) => {
    const value = given(names);
    return value === undefined ? [] : [[name, value] as const];
  });
  const details: Record<string, Json> = {
    weightKg: net,
    ...(card !== undefined && { cardId: card }),
    ...(tag !== undefined && { binTag: tag }),
    ...Object.fromEntries(remarks),
  };
  return {
    device,
    ...moment,
    metrics: checked.metrics,
    event: { type: "card", code: "weighed", details },
    ...(moment.at !== null && { key: `${device} ${time} ${given(FIELDS.seq) ?? ""} ${card ?? tag ?? ""}` }),
    ...(truth(payload.offlineMode ?? payload.offline) === true && { buffered: true }),
    ...(quality.length > 0 && { quality }),
    hints: { kind: "foodWastePoint" },
  };
}
