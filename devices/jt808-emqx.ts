import { z } from "zod";
import { type DecodeProblem, type DecodeResult, defineDevice, refused } from "./driver.ts";
import type { Jt808Items, Jt808Location } from "./jt808/location.ts";
import { MESSAGE } from "./jt808/location.ts";
import { jt808Alias, locationObservations } from "./jt808/meaning.ts";
import { isRecord, numeric } from "./tolerant.ts";

const raw = z.number().int().min(0).max(0xffffffff);
const location = z.object({
  alarm: raw.default(0),
  status: raw,
  latitude: raw,
  longitude: raw,
  altitude: z.number().default(0),
  speed: z.number().default(0),
  direction: z.number().default(0),
  time: z.string().max(14),
  extra: z.unknown().optional(),
});
const message = z.object({
  header: z.object({ msg_id: z.number().int(), phone: z.string().min(1).max(20), msg_sn: numeric }),
  body: z.unknown().optional(),
});
const batch = z.object({ type: numeric, location: z.array(location) });
const area = z.object({ type: z.number(), id: z.number(), direction: z.number() });

/** Terminals of JT/T 808 behind the EMQX gateway (docs.emqx.com, "JT/T 808 gateway"): the raw integers of the frame as JSON. */
export const jt808Emqx = defineDevice({
  id: "jt808-emqx",
  kind: "vehicle",
  title: { en: "JT/T 808 through the EMQX gateway", zh: "JT/T 808（EMQX 网关）" },
  topics: ["jt808/{client}/{phone}/{direction}"],
  encoding: ({ direction }) => (direction === "dn" ? "ignored" : "json"),
  payload: message,
  limits: { jsonKeys: 8_192 },
  recognises: ({ value }) => isRecord(value) && isRecord(value.header) && "msg_id" in value.header && "body" in value,
  guide: {
    connect: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the gateway's own placeholders
      en: "EMQX dashboard → Management → Gateway → JT/T 808 → Settings: Mountpoint empty, Up topic `jt808/${clientid}/${phone}/up`, Down topic `jt808/${clientid}/${phone}/dn`. Terminal: platform IP and port of that listener (6207), SIM number as terminal number.",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the gateway's own placeholders
      zh: "EMQX 控制台 → 管理 → 网关 → JT/T 808 → 设置：挂载点留空，上行主题 `jt808/${clientid}/${phone}/up`，下行主题 `jt808/${clientid}/${phone}/dn`。终端：平台 IP 与该监听端口（6207），终端手机号填 SIM 卡号。",
    },
    makes: {
      en: "Position, ignition, odometer, fuel, satellites; alarms when they begin and end; SOS; area crossings; ADAS and driver alarms; blind-area batches as history. Alias `jt808:13812345678`.",
      zh: "位置、点火、里程、油量、卫星数；报警的开始与结束；一键求助；进出区域；主动安全与驾驶员报警；盲区补传写入历史。别名 `jt808:13812345678`。",
    },
  },
  decode({ header, body }, { parameters }) {
    const { phone } = header;
    if (parameters.phone !== undefined && jt808Alias(parameters.phone) !== jt808Alias(phone)) {
      return refused("identity", `the header names another terminal than the topic (${parameters.phone})`);
    }
    const serial = header.msg_sn ?? null;
    if (header.msg_id === MESSAGE.location) {
      const single = location.safeParse(body);
      if (!single.success) return refused("schema", "the body is no location");
      const context = { alias: jt808Alias(phone), phone, serial, index: 0, buffered: false };
      return { observations: locationObservations(fromJson(single.data), context) };
    }
    if (header.msg_id !== MESSAGE.locationBatch) return { observations: [] };
    return decodeBatch(body, phone, serial);
  },
  encode({ metrics, at, event }, { id, alias }) {
    if (event || at === null || metrics.lat === undefined || metrics.lon === undefined) return null;
    const phone = (alias ?? id).replace(/^jt808:/, "").padStart(12, "0");
    const local = new Date(at + 480 * 60_000).toISOString();
    return {
      topic: `jt808/${phone}/${phone}/up`,
      payload: {
        header: { msg_id: MESSAGE.location, encrypt: 0, len: 38, phone, msg_sn: Math.floor(at / 1_000) % 65_536 },
        body: {
          alarm: metrics.sos === 1 ? 1 : 0,
          status: (metrics.acc ?? 0) + 2 + (metrics.lat < 0 ? 4 : 0) + (metrics.lon < 0 ? 8 : 0),
          latitude: Math.round(Math.abs(metrics.lat) * 1e6),
          longitude: Math.round(Math.abs(metrics.lon) * 1e6),
          altitude: Math.round(metrics.altM ?? 0),
          speed: Math.round((metrics.speedKmh ?? 0) * 10),
          direction: Math.round(metrics.headingDeg ?? 0),
          time: local.slice(2, 19).replace(/[-T:]/g, ""),
          extra: {
            ...(metrics.odometerKm !== undefined && { mileage: Math.round(metrics.odometerKm * 10) }),
            ...(metrics.fuelL !== undefined && { fuel_meter: Math.round(metrics.fuelL * 10) }),
            ...(metrics.satellites !== undefined && { gnss_sat_num: metrics.satellites }),
          },
        },
      },
    };
  },
  samples: [
    {
      name: "a sweeper, SOS pressed",
      topic: "jt808/013800000001/013800000001/up",
      payload: {
        header: { msg_id: 512, encrypt: 0, len: 46, phone: "013800000001", msg_sn: 7 },
        body: {
          alarm: 1,
          status: 3,
          latitude: 22_720_000,
          longitude: 113_900_000,
          altitude: 12,
          speed: 185,
          direction: 360,
          time: "260921221320",
          extra: { mileage: 1_234, fuel_unit: 555, gnss_sat_num: 9, custome: { "225": "AAE=" } },
        },
      },
      observations: [
        {
          device: "jt808:13800000001",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: {
            lat: 22.72,
            lon: 113.9,
            altM: 12,
            speedKmh: 18.5,
            headingDeg: 0,
            satellites: 9,
            acc: 1,
            odometerKm: 123.4,
            fuelL: 55.5,
            sos: 1,
          },
          standing: ["sos"],
          inputs: { load: 0, doors: 0, iteme1: 1 },
          key: "jt808:13800000001 260921221320 7 0",
          hints: { kind: "vehicle", phone: "013800000001" },
        },
      ],
    },
    {
      name: "kept while there was no network; the second record has no fix",
      topic: "jt808/013800000001/013800000001/up",
      payload: {
        header: { msg_id: 1_796, phone: "013800000001", msg_sn: 8 },
        body: {
          type: 1,
          length: 2,
          location: [
            { alarm: 0, status: 7, latitude: 22_720_000, longitude: 113_900_000, time: "260921221320" },
            { alarm: 2, status: 1, latitude: 22_720_000, longitude: 113_900_000, time: "260921221330" },
          ],
        },
      },
      observations: [
        {
          device: "jt808:13800000001",
          at: 1_790_000_000_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: { lat: -22.72, lon: 113.9, altM: 0, speedKmh: 0, headingDeg: 0, acc: 1, sos: 0 },
          standing: [],
          inputs: { load: 0, doors: 0 },
          key: "jt808:13800000001 260921221320 8 0",
          buffered: true,
          hints: { kind: "vehicle", phone: "013800000001" },
        },
        {
          device: "jt808:13800000001",
          at: 1_790_000_010_000,
          atSource: "device",
          assumedOffsetMinutes: 480,
          metrics: { acc: 1, sos: 0 },
          standing: ["overspeed"],
          inputs: { load: 0, doors: 0 },
          key: "jt808:13800000001 260921221330 8 1",
          buffered: true,
          quality: ["staleFix"],
          hints: { kind: "vehicle", phone: "013800000001" },
        },
      ],
    },
    {
      name: "a heartbeat says nothing",
      topic: "jt808/013800000001/013800000001/up",
      payload: { header: { msg_id: 2, phone: "013800000001", msg_sn: 9 }, body: {} },
      observations: [],
    },
  ],
  rejects: [
    {},
    { header: { msg_id: 512, phone: "x1" }, body: { latitude: "north" } },
    { header: { msg_id: 512, phone: "other" }, body: {} },
  ],
});

function decodeBatch(body: unknown, phone: string, serial: number | null): DecodeResult {
  const several = batch.safeParse(body);
  if (!several.success) return refused("schema", "the body is no batch of locations");
  const buffered = several.data.type === 1;
  const observations = several.data.location.flatMap((one, index) =>
    locationObservations(fromJson(one), { alias: jt808Alias(phone), phone, serial, index, buffered }),
  );
  const problems: DecodeProblem[] = [];
  if (observations.length === 0) problems.push({ reason: "empty", detail: "the batch holds no record" });
  return { observations, problems };
}

/** `custome` is how the gateway spells it; documentation says `fuel_unit` where the code writes `fuel_meter`. */
function fromJson({ extra: said, ...record }: z.infer<typeof location>): Jt808Location {
  const extra = isRecord(said) ? said : {};
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  const other: Record<string, string> = {};
  for (const source of [extra, extra.custome, extra.custom]) {
    if (!isRecord(source)) continue;
    for (const [id, value] of Object.entries(source)) {
      if (!/^\d{1,3}$/.test(id) || typeof value !== "string") continue;
      other[Number(id).toString(16).padStart(2, "0")] = Buffer.from(value, "base64").toString("hex");
    }
  }
  // A failed parse costs more than all the rest: most records cross nothing.
  const crossed = extra.in_out_alarm === undefined ? null : area.safeParse(extra.in_out_alarm);
  const analogue = isRecord(extra.analog)
    ? ([number(extra.analog.ad0) ?? 0, number(extra.analog.ad1) ?? 0] as const)
    : null;
  const items: Jt808Items = {
    ...given("mileage", number(extra.mileage)),
    ...given("fuel", number(extra.fuel_meter) ?? number(extra.fuel_unit)),
    ...given("recorderSpeed", number(extra.speed)),
    ...given("csq", number(extra.rssi)),
    ...given("satellites", number(extra.gnss_sat_num)),
    ...(crossed?.success && { area: crossed.data }),
    ...(analogue && { analogue }),
    other,
  };
  return { ...record, items };
}

const given = <K extends string>(key: K, value: number | undefined): { [key in K]?: number } =>
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: number };
