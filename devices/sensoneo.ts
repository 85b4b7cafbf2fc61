import { z } from "zod";
import { defineDevice } from "./driver.ts";
import { anyTime, NO_MOMENT } from "./local-time.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { isRecord, name, numeric, truth } from "./tolerant.ts";

const message = z.looseObject({
  sensor_code: name,
  percent_calculated: numeric,
  upturned: z.unknown().optional(),
  temperature: numeric,
  battery_status: numeric,
  measured_at_utc: z.union([z.string().max(40), z.number()]).optional(),
  firealarm: z.unknown().optional(),
  prediction_utc: z.string().max(40).nullish(),
});

/** Measurements of Sensoneo's cloud, pulled by a bridge. The sensor's own bytes are not public. */
export const sensoneo = defineDevice({
  id: "sensoneo",
  kind: "bin",
  title: { en: "Sensoneo cloud measurement", zh: "Sensoneo 云端测量" },
  topics: ["sensoneo/{bridge}"],
  payload: message,
  recognises: ({ value }) => isRecord(value) && "sensor_code" in value && "percent_calculated" in value,
  guide: {
    connect: {
      en: "A bridge pulls the measurements from Sensoneo's REST interface and publishes each object as it is on MQTT topic `sensoneo/<bridge>` with a gateway login, QoS 1.",
      zh: "桥接程序从 Sensoneo REST 接口拉取测量，原样逐条发布到 MQTT 主题 `sensoneo/<桥接>`，网关账号，QoS 1。",
    },
    makes: {
      en: "Fill level, temperature, battery, tilt, fire. Alias `sensoneo:<sensor code>`, with its slashes and blanks.",
      zh: "满溢度、温度、电量、倾倒、火警。别名 `sensoneo:<传感器编号>`（含斜杠和空格）。",
    },
  },
  decode(payload, { siteOffsetMinutes }) {
    const { measured_at_utc: time, prediction_utc: fullAt } = payload;
    const moment = time === undefined ? NO_MOMENT : anyTime(time, siteOffsetMinutes);
    const device = `sensoneo:${payload.sensor_code}`;
    const checked = checkMetrics(
      {
        fillPct: payload.percent_calculated,
        tempC: payload.temperature,
        batteryV: payload.battery_status,
        tilted: truth(payload.upturned) ?? undefined,
        smoke: truth(payload.firealarm) ?? undefined,
      },
      ["fillPct", "tempC", "batteryV", "tilted", "smoke"],
    );
    const quality =
      time !== undefined && moment.at === null ? withFlag(checked.quality, "clockDefault") : checked.quality;
    return {
      observations: [
        {
          device,
          ...moment,
          atSource: moment.at === null ? "receiveTime" : "device",
          metrics: checked.metrics,
          ...(moment.at !== null && { key: `${device} ${time}` }),
          ...(quality.length > 0 && { quality }),
          hints: { kind: "bin", ...(fullAt && { fullAt }) },
        },
      ],
    };
  },
  samples: [
    {
      name: "a measurement",
      topic: "sensoneo/bridge-1",
      payload: {
        ...{ sensor_code: "0025/ 005C", percent_calculated: 87, upturned: 0, temperature: 11, battery_status: "3.87" },
        ...{ measured_at_utc: "2026-09-21T14:13:20.000Z", firealarm: "1", updated_at: 1_790_000_000_000 },
      },
      observations: [
        {
          device: "sensoneo:0025/ 005C",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: { fillPct: 87, tempC: 11, batteryV: 3.87, tilted: 0, smoke: 1 },
          key: "sensoneo:0025/ 005C 2026-09-21T14:13:20.000Z",
          hints: { kind: "bin" },
        },
      ],
    },
  ],
  rejects: [{}, { sensor_code: "x", percent_calculated: "full" }],
});
