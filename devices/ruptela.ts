import { z } from "zod";
import type { MetricName } from "../src/domain/metrics.ts";
import type { Observation } from "../src/domain/observation.ts";
import { defineDevice, refused } from "./driver.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { imeiOf } from "./teltonika.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord, label, numberOf, numeric } from "./tolerant.ts";

const SCALE = 1e7;
const HEADING_SCALE = 100;

const message = z.looseObject({
  ts: z.union([z.number(), z.string().max(40)]),
  imei: label,
  trigger: label,
  prio: numeric,
  pos: z
    .looseObject({ lat: numeric, lon: numeric, alt: numeric, dir: numeric, spd: numeric, sat: numeric, hdop: numeric })
    .nullish(),
  data: z.record(z.string(), z.unknown()).nullish(),
});

/** Values by their IO id, and the factor to our unit (ruptela.com, "IO list"). */
const meanings: readonly (readonly [id: string, metric: MetricName, factor: number])[] = [
  ["5", "acc", 1],
  ["65", "odometerKm", 1 / 1_000],
  ["29", "externalPowerV", 1 / 1_000],
  ["30", "batteryV", 1 / 1_000],
];
const METRICS: readonly MetricName[] = [
  ...["lat", "lon", "altM", "speedKmh", "headingDeg", "satellites", "acc", "odometerKm", "externalPowerV", "batteryV"],
] as MetricName[];

/** Ruptela trackers as JSON over MQTT: integers of 1e-7 degree, seconds, every value a text. */
export const ruptela = defineDevice({
  id: "ruptela",
  kind: "vehicle",
  title: { en: "Ruptela tracker (JSON)", zh: "Ruptela 定位终端（JSON）" },
  topics: ["ruptela/{imei}/data"],
  payload: message,
  limits: { jsonKeys: 1_024 },
  recognises: ({ value }) => isRecord(value) && isRecord(value.pos) && "lat" in value.pos && "trigger" in value,
  guide: {
    connect: {
      en: "Device Center → Connection → MQTT: broker and port of this center, login of a gateway, topic `ruptela/<IMEI>/data`, QoS 1, payload JSON.",
      zh: "Device Center → 连接 → MQTT：broker 端口填本中心，网关账号，主题 `ruptela/<IMEI>/data`，QoS 1，JSON 格式。",
    },
    makes: {
      en: "Position, ignition, odometer, voltages; other values as inputs `io<id>`. Alias `imei:<IMEI>`.",
      zh: "位置、点火、里程、电压；其余值作为输入 `io<id>`。别名 `imei:<IMEI>`。",
    },
  },
  decode(payload, context) {
    const named = imeiOf(context);
    const imei = payload.imei ?? named;
    if (imei === null || imei === undefined)
      return refused("identity", "neither the payload nor the topic names an IMEI");
    if (named !== null && context.parameters.imei !== undefined && named !== imei) {
      return refused("identity", `the payload names another tracker than the topic (${named})`);
    }
    const time = readTimestamp(payload.ts);
    if ("invalid" in time) return refused("clock", time.invalid);
    const { pos, data } = payload;
    const fixed = pos?.lat !== undefined && pos.lon !== undefined && pos.sat !== 0;
    const measured: Partial<Record<MetricName, number>> = {};
    const inputs: Record<string, number> = {};
    for (const [id, text] of Object.entries(data ?? {})) {
      const value = numberOf(text);
      if (value !== null) inputs[`io${id}`] = value;
    }
    for (const [id, metric, factor] of meanings) {
      const value = inputs[`io${id}`];
      if (value !== undefined) measured[metric] = Math.round(value * factor * 1_000) / 1_000;
    }
    const checked = checkMetrics(
      {
        ...measured,
        ...(fixed && {
          lat: (pos?.lat ?? 0) / SCALE,
          lon: (pos?.lon ?? 0) / SCALE,
          altM: pos?.alt,
          speedKmh: pos?.spd,
        }),
        ...(fixed && pos?.dir !== undefined && { headingDeg: pos.dir / HEADING_SCALE }),
        satellites: pos?.sat,
      },
      METRICS,
    );
    let { quality } = checked;
    if (!fixed) quality = withFlag(quality, "staleFix");
    const at = "at" in time ? time.at : null;
    if (at === null) quality = withFlag(quality, "clockDefault");
    const observation: Observation = {
      device: `imei:${imei}`,
      at,
      atSource: at === null ? "receiveTime" : "device",
      metrics: checked.metrics,
      ...(Object.keys(inputs).length > 0 && { inputs }),
      key: `${imei} ${payload.ts} ${payload.trigger ?? ""} ${pos?.lat ?? ""} ${pos?.lon ?? ""}`,
      ...(quality.length > 0 && { quality }),
      hints: { kind: "vehicle" },
    };
    return { observations: [observation] };
  },
  samples: [
    {
      name: "a vehicle that moves; values as text",
      topic: "ruptela/352093080000016/data",
      payload: {
        ...{ ts: 1_790_000_000, imei: "352093080000016", trigger: 7, prio: 0 },
        pos: { lat: 227_200_000, lon: "1139000000", alt: 12, dir: 9_050, spd: 18, sat: 11, hdop: 0.8 },
        data: { 5: "1", 29: "27412", 65: "48213377" },
      },
      observations: [
        {
          device: "imei:352093080000016",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {
            ...{ lat: 22.72, lon: 113.9, altM: 12, speedKmh: 18, headingDeg: 90.5, satellites: 11, acc: 1 },
            ...{ odometerKm: 48_213.377, externalPowerV: 27.412 },
          },
          inputs: { io5: 1, io29: 27_412, io65: 48_213_377 },
          key: "352093080000016 1790000000 7 227200000 1139000000",
          hints: { kind: "vehicle" },
        },
      ],
    },
    {
      name: "without a fix, without a clock",
      topic: "ruptela/352093080000016/data",
      payload: { ts: 0, imei: "352093080000016", trigger: 7, pos: { lat: 0, lon: 0, sat: 0 }, data: {} },
      observations: [
        {
          device: "imei:352093080000016",
          at: null,
          atSource: "receiveTime",
          metrics: { satellites: 0 },
          key: "352093080000016 0 7 0 0",
          quality: ["staleFix", "clockDefault"],
          hints: { kind: "vehicle" },
        },
      ],
    },
  ],
  rejects: [{}, { ts: "soon", imei: "1" }, { ts: 1, imei: "1", pos: { lat: "north" } }],
});
