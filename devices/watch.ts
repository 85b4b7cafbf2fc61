import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { type DecodeProblem, defineDevice, refused } from "./driver.ts";
import { localTime, NO_MOMENT } from "./local-time.ts";
import { checkMetrics, withFlag } from "./readings.ts";
import { numberOf } from "./tolerant.ts";

/** `[maker*id*length*content]`; ZJ puts an index before the length. Several may stand in one packet. */
const MESSAGE = /\[(3G|SG|CS|ZJ)\*(\d{1,20})\*(?:([0-9A-Fa-f]{4})\*)?([0-9A-Fa-f]{4})\*([^[\]]{0,4096})\]/g;
const START = /^\s*\[(3G|SG|CS|ZJ)\*/;
const POSITION = /^(UD2?|AL)(_|$)/;

/** Bits of the state word and the alarms they are. */
const stateBits: Readonly<Record<number, string>> = {
  ...{ 0: "lowBattery", 1: "fenceLeft", 2: "fenceEntered", 3: "bracelet", 16: "sos", 17: "lowBattery" },
  ...{ 18: "fenceLeft", 19: "fenceEntered", 20: "removed", 21: "fall" },
};
const METRICS = [
  ...([
    "lat",
    "lon",
    "speedKmh",
    "headingDeg",
    "altM",
    "satellites",
    "batteryPct",
    "steps",
    "hr",
    "sos",
    "fall",
  ] as const),
  "worn",
] as const;

/** Watches and badges of the makers 3G, SG, CS and ZJ: one text protocol, times in UTC. */
export const watch = defineDevice({
  id: "watch",
  kind: "person",
  title: { en: "GPS watch, worker badge (3G/SG/CS/ZJ protocol)", zh: "定位手表/工牌（3G/SG/CS/ZJ 协议）" },
  topics: ["watch/{device}"],
  encoding: "text",
  payload: z.string().min(1),
  recognises: ({ value }) => typeof value === "string" && START.test(value),
  guide: {
    connect: {
      en: "SMS to the watch: `pw,123456,ip,<address>,<port>#` with the address of a Traccar server (port 5093) that forwards to this center, or of a transparent bridge to MQTT topic `watch/<id>`; `pw,123456,upload,60#` for one report a minute.",
      zh: "向手表发短信：`pw,123456,ip,<地址>,<端口>#`，地址为转发到本中心的 Traccar（端口 5093），或透传桥接到 MQTT 主题 `watch/<id>`；`pw,123456,upload,60#` 每分钟上报一次。",
    },
    makes: {
      en: "Position, steps, battery, heart rate; SOS, fall and taking off as alarms, also without a fix; stored reports as history. Alias `watch:<id>`.",
      zh: "位置、步数、电量、心率；求助、跌倒、脱下报警（无定位也报）；存储上报写入历史。别名 `watch:<id>`。",
    },
  },
  decode(payload, { parameters }) {
    const observations: Observation[] = [];
    const problems: DecodeProblem[] = [];
    let found = 0;
    for (const [, , id = "", , length = "", content = ""] of payload.matchAll(MESSAGE)) {
      found++;
      if (parameters.device !== undefined && parameters.device !== id) {
        return refused("identity", `the payload names another device than the topic (${parameters.device})`);
      }
      if (Number.parseInt(length, 16) !== content.length) {
        problems.push({ reason: "truncated", detail: `${length} characters are said, ${content.length} are there` });
      }
      const [command = "", ...fields] = content.split(",");
      const device = `watch:${id}`;
      if (POSITION.test(command)) observations.push(...position(device, command, fields, problems));
      else observations.push(...health(device, command, fields));
    }
    return found === 0 ? refused("schema", "the text holds no message of a watch") : { observations, problems };
  },
  samples: [
    {
      name: "SOS without a fix",
      topic: "watch/6907919734",
      payload: "[3G*6907919734*003e*AL_LTE,210926,141320,V,0,N,0,E,0,0,0,0,0,22,0,0,00010000,0,0,0]",
      observations: [
        {
          device: "watch:6907919734",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: { batteryPct: 22, steps: 0, sos: 1 },
          event: { type: "alarm", code: "sos" },
          key: "watch:6907919734 210926141320 AL_LTE",
          quality: ["staleFix"],
          hints: { kind: "person" },
        },
      ],
    },
    {
      name: "a stored report and a heartbeat in one packet",
      topic: "watch/9031853319",
      payload:
        "[3G*9031853319*0054*UD2,210926,141320,A,22.720000,N,113.900000,E,4.5,90,47,14,100,64,512,0,00000000,0,0][3G*9031853319*0009*LK,520,0,63]",
      observations: [
        {
          device: "watch:9031853319",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: {
            ...{ lat: 22.72, lon: 113.9, speedKmh: 4.5, headingDeg: 90, altM: 47, satellites: 14, batteryPct: 64 },
            ...{ steps: 512, sos: 0, fall: 0 },
          },
          standing: [],
          buffered: true,
          key: "watch:9031853319 210926141320 UD2",
          hints: { kind: "person" },
        },
        {
          device: "watch:9031853319",
          at: null,
          atSource: "receiveTime",
          metrics: { batteryPct: 63, steps: 520 },
          hints: { kind: "person" },
        },
      ],
    },
    {
      name: "taken off",
      topic: "watch/689466020014198",
      payload: "[ZJ*689466020014198*0003*003E*AL,210926,141320,V,00.0,N,000.0,E,0,0,0,0,0,44,0,0,00100000,0,0]",
      observations: [
        {
          device: "watch:689466020014198",
          at: 1_790_000_000_000,
          atSource: "device",
          metrics: { batteryPct: 44, steps: 0, worn: 0 },
          event: { type: "alarm", code: "removed" },
          key: "watch:689466020014198 210926141320 AL",
          quality: ["staleFix"],
          hints: { kind: "person" },
        },
      ],
    },
  ],
  rejects: ["", "[3G*1*zz", "hello", "[3G*7*0002*LK]"],
});

/** Date, time, A or V, latitude, N/S, longitude, E/W, km/h, course, altitude, satellites, GSM, battery, steps, rolls, state. */
function position(
  device: string,
  command: string,
  fields: readonly string[],
  problems: DecodeProblem[],
): Observation[] {
  if (fields.length < 16) {
    problems.push({ reason: "truncated", detail: `${command} has 16 fields, here are ${fields.length}` });
    if (fields.length < 3) return [];
  }
  const number = (index: number): number | undefined => numberOf(fields[index]) ?? undefined;
  const [date = "", time = ""] = fields;
  const fixed = fields[2] === "A";
  const state = Number.parseInt(/^[0-9a-fA-F]{1,8}$/.test(fields[15] ?? "") ? (fields[15] as string) : "0", 16);
  const alarms = [
    ...new Set(
      Object.keys(stateBits).flatMap((bit) => ((state >>> Number(bit)) & 1 ? [stateBits[Number(bit)] as string] : [])),
    ),
  ];
  const pulse = command.startsWith("AL");
  const sign = (value: number | undefined, negative: boolean) => (value === undefined || !negative ? value : -value);
  const checked = checkMetrics(
    {
      ...(fixed && {
        lat: sign(number(3), fields[4] === "S"),
        lon: sign(number(5), fields[6] === "W"),
        speedKmh: number(7),
        headingDeg: number(8),
        altM: number(9),
        satellites: number(10),
      }),
      batteryPct: number(12),
      steps: number(13),
      ...((alarms.includes("sos") || !pulse) && { sos: alarms.includes("sos") }),
      ...((alarms.includes("fall") || !pulse) && { fall: alarms.includes("fall") }),
      ...(alarms.includes("removed") && { worn: 0 }),
    },
    METRICS,
  );
  const wall = /^\d{6}$/.test(date) ? `${date.slice(4)}${date.slice(2, 4)}${date.slice(0, 2)}${time}` : "";
  const { assumedOffsetMinutes: _none, ...moment } = localTime(wall, 0);
  let { quality } = checked;
  if (!fixed) quality = withFlag(quality, "staleFix");
  if (moment.at === null) quality = withFlag(quality, "clockDefault");
  const base: Observation = {
    device,
    ...moment,
    metrics: checked.metrics,
    ...(!pulse && { standing: alarms }),
    ...(command.startsWith("UD2") && { buffered: true }),
    key: `${device} ${date}${time} ${command}`,
    ...(quality.length > 0 && { quality }),
    hints: { kind: "person" },
  };
  if (!pulse) return [base];
  const [first = "alarm", ...more] = alarms;
  return [
    { ...base, event: { type: "alarm", code: first } },
    ...more.map((code): Observation => ({ ...base, metrics: {}, event: { type: "alarm", code } })),
  ];
}

/** Heartbeats tell steps and battery, some watches the heart rate. Neither has a time. */
function health(device: string, command: string, fields: readonly string[]): Observation[] {
  const given =
    command === "LK"
      ? { steps: numberOf(fields[0]) ?? undefined, batteryPct: numberOf(fields[2]) ?? undefined }
      : command.toLowerCase() === "heart"
        ? { hr: numberOf(fields[0]) || undefined }
        : command.toLowerCase() === "bphrt"
          ? { hr: numberOf(fields[2]) || undefined }
          : {};
  const { metrics, quality } = checkMetrics(given, METRICS);
  if (Object.keys(metrics).length === 0) return [];
  return [{ device, ...NO_MOMENT, metrics, ...(quality.length > 0 && { quality }), hints: { kind: "person" } }];
}
