import { z } from "zod";
import type { Observation } from "../src/domain/observation.ts";
import { type DecodeResult, defineDevice, refused } from "./driver.ts";
import { type Envelope, encodeUplink, FRAME_CHARACTERS, readUplink, strongest } from "./lorawan/uplink.ts";
import { checkMetrics } from "./readings.ts";
import { readTimestamp } from "./timestamp.ts";
import { isRecord } from "./tolerant.ts";

const text = z.string().max(256).optional();
const location = z.looseObject({
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  altitude: z.number().optional(),
  accuracy: z.number().optional(),
});
const message = z.object({
  end_device_ids: z.object({
    device_id: z.string().min(1).max(128),
    dev_eui: z
      .string()
      .regex(/^[0-9a-fA-F]{16}$/)
      .optional(),
    application_ids: z.object({ application_id: text }).optional(),
  }),
  received_at: text,
  simulated: z.boolean().optional(),
  uplink_message: z
    .object({
      session_key_id: text,
      f_port: z.number().int().optional(),
      f_cnt: z.number().int().optional(),
      frm_payload: z.string().max(FRAME_CHARACTERS).optional(),
      decoded_payload: z.record(z.string(), z.unknown()).nullable().optional(),
      rx_metadata: z.array(z.object({ rssi: z.number().optional(), snr: z.number().optional() })).optional(),
      received_at: text,
      version_ids: z.object({ brand_id: text, model_id: text }).optional(),
    })
    .optional(),
  join_accept: z.object({ received_at: text }).optional(),
  location_solved: z.object({ location, service: text }).optional(),
});
type Message = z.infer<typeof message>;

/** The Things Stack v3 (thethingsindustries.com/docs, "MQTT server"). Fields that are 0, false or empty are left out. */
export const thingsStack = defineDevice({
  id: "tts-v3",
  kind: null,
  title: { en: "The Things Stack v3 network server", zh: "The Things Stack v3 网络服务器" },
  topics: ["v3/{application}/devices/{device}/{channel+}"],
  payload: message,
  limits: { jsonKeys: 4_096 },
  recognises: ({ value }) => isRecord(value) && isRecord(value.end_device_ids) && "device_id" in value.end_device_ids,
  guide: {
    connect: {
      en: "The server is a broker itself and sends QoS 0 only. Bridge it: `connection tts`, `address eu1.cloud.thethings.network:8883`, `remote_username <application>@<tenant>`, `remote_password <API key>`, `topic v3/# in 0`, into this center with a gateway login. The console's MQTT page shows these values. Version ids or the application id name the sensor's maker.",
      zh: "服务器自带 broker，仅 QoS 0。用桥接：`connection tts`、`address eu1.cloud.thethings.network:8883`、`remote_username <应用>@<租户>`、`remote_password <API key>`、`topic v3/# in 0`，以网关账号接入本中心；数值见控制台 MQTT 页。由版本信息或应用 ID 识别传感器厂家。",
    },
    makes: {
      en: "Readings of the sensor families below, the strongest gateway's signal, joins, solved locations. Simulated uplinks stay out. Alias `eui:<DevEUI>`.",
      zh: "下列传感器的读数、最强网关信号、入网、服务器解算位置。模拟上行不入库。别名 `eui:<DevEUI>`。",
    },
  },
  decode(payload, { parameters }) {
    const { device_id } = payload.end_device_ids;
    if (parameters.device !== undefined && parameters.device !== device_id) {
      return refused("identity", `the payload names another device than the topic (${parameters.device})`);
    }
    if (payload.simulated) {
      return { observations: [], problems: [{ reason: "simulated", detail: "a simulated uplink is no reading" }] };
    }
    if (payload.uplink_message) return uplink(payload, payload.uplink_message);
    if (payload.join_accept) {
      const envelope = envelopeOf(payload, payload.join_accept.received_at ?? payload.received_at);
      return { observations: [{ ...envelope, metrics: {}, event: { type: "lifecycle", code: "joined" } }] };
    }
    return { observations: payload.location_solved ? [solved(payload, payload.location_solved)] : [] };
  },
  encode(observation, device) {
    const frame = encodeUplink(observation, device);
    if (!frame) return null;
    const time = new Date(frame.at).toISOString().replace("Z", "000000Z");
    const deviceId = `eui-${frame.eui}`;
    return {
      topic: `v3/bins@city/devices/${deviceId}/up`,
      payload: {
        end_device_ids: {
          device_id: deviceId,
          application_ids: { application_id: "bins" },
          dev_eui: frame.eui.toUpperCase(),
        },
        received_at: time,
        uplink_message: {
          session_key_id: "AYfqmb0pc/1uRZv9xUydgQ==",
          f_port: frame.fPort,
          f_cnt: frame.fCnt,
          frm_payload: Buffer.from(frame.bytes).toString("base64"),
          rx_metadata: [{ rssi: frame.rssi, snr: frame.snr }],
          received_at: time,
          version_ids: { model_id: frame.model },
        },
      },
    };
  },
  samples: [
    {
      name: "EM310 without a formatter, first frame of a session",
      topic: "v3/bins@city/devices/eui-24e124713d000418/up",
      payload: {
        end_device_ids: { device_id: "eui-24e124713d000418", dev_eui: "24E124713D000418" },
        received_at: "2026-09-21T14:13:20.900000000Z",
        uplink_message: {
          session_key_id: "s1",
          f_port: 85,
          frm_payload: "AXVcA4JECAQAAQ==",
          rx_metadata: [{ rssi: -113 }, { rssi: -35, snr: 13.2, location: { latitude: 1, longitude: 1 } }],
          received_at: "2026-09-21T14:13:20.775023242Z",
        },
      },
      observations: [
        {
          device: "eui:24e124713d000418",
          at: 1_790_000_000_775,
          atSource: "networkServer",
          metrics: { batteryPct: 92, distanceMm: 2_116, tilted: 1, rssiDbm: -35, snrDb: 13.2 },
          key: "s1 0",
          hints: { kind: "bin" },
        },
      ],
    },
    {
      name: "Decentlab, named by its application; the battery alone",
      topic: "v3/decentlab-bins/devices/03022/up",
      payload: {
        end_device_ids: {
          device_id: "03022",
          dev_eui: "70B3D57BA0000BCE",
          application_ids: { application_id: "decentlab-bins" },
        },
        uplink_message: {
          session_key_id: "s2",
          f_port: 1,
          f_cnt: 7,
          frm_payload: "AgEvAAILsQ==",
          received_at: "2026-09-21T14:13:20Z",
        },
      },
      observations: [
        {
          device: "eui:70b3d57ba0000bce",
          at: 1_790_000_000_000,
          atSource: "networkServer",
          metrics: { batteryV: 2.993 },
          key: "s2 7",
          hints: { kind: "bin", nativeId: "303" },
        },
      ],
    },
    {
      name: "a join",
      topic: "v3/bins@city/devices/bin-7/join",
      payload: {
        end_device_ids: { device_id: "bin-7", dev_eui: "0004A30B001C0530" },
        join_accept: { session_key_id: "s3", received_at: "2026-09-21T14:13:20Z" },
      },
      observations: [
        {
          device: "eui:0004a30b001c0530",
          at: 1_790_000_000_000,
          atSource: "networkServer",
          metrics: {},
          event: { type: "lifecycle", code: "joined" },
          hints: { kind: "bin" },
        },
      ],
    },
    {
      name: "a simulated uplink is no reading",
      topic: "v3/bins@city/devices/bin-7/up",
      payload: {
        end_device_ids: { device_id: "bin-7", dev_eui: "0004A30B001C0530" },
        simulated: true,
        uplink_message: { f_port: 85, frm_payload: "AXVcA4JECAQAAQ==" },
      },
      observations: [],
    },
    {
      name: "a failed downlink has no EUI and says nothing",
      topic: "v3/bins@city/devices/bin-7/down/failed",
      payload: { end_device_ids: { device_id: "bin-7" }, downlink_failed: {} },
      observations: [],
    },
  ],
  rejects: [{}, { end_device_ids: { device_id: "x1", dev_eui: "zz" } }, { end_device_ids: { device_id: "other" } }],
});

function envelopeOf({ end_device_ids: ids }: Message, heardAt: string | undefined): Envelope {
  const time = heardAt === undefined ? { untrusted: true as const } : readTimestamp(heardAt);
  const trusted = "at" in time;
  return {
    device: ids.dev_eui ? `eui:${ids.dev_eui.toLowerCase()}` : `tts:${ids.device_id}`,
    at: trusted ? time.at : null,
    atSource: trusted ? "networkServer" : "receiveTime",
    hints: { kind: "bin" },
  };
}

function uplink(payload: Message, frame: NonNullable<Message["uplink_message"]>): DecodeResult {
  const { session_key_id, f_cnt = 0, f_port = 0, frm_payload = "", version_ids = {} } = frame;
  const application = payload.end_device_ids.application_ids?.application_id ?? "";
  return readUplink({
    envelope: {
      ...envelopeOf(payload, frame.received_at ?? payload.received_at),
      // Correlation ids change with each delivery; these two do not.
      ...(session_key_id !== undefined && { key: `${session_key_id} ${f_cnt}` }),
    },
    link: strongest(frame.rx_metadata ?? []),
    bytes: Buffer.from(frm_payload, "base64"),
    fPort: f_port,
    names: `${version_ids.brand_id ?? ""} ${version_ids.model_id ?? ""} ${application}`.toLowerCase(),
    decoded: frame.decoded_payload,
  });
}

function solved(payload: Message, { location }: NonNullable<Message["location_solved"]>): Observation {
  const { latitude, longitude, altitude, accuracy } = location;
  const given = { lat: latitude, lon: longitude, altM: altitude, accuracyM: accuracy || undefined };
  const checked = checkMetrics(given, ["lat", "lon", "altM", "accuracyM"]);
  const quality = checked.quality.length > 0 && { quality: checked.quality };
  return { ...envelopeOf(payload, payload.received_at), metrics: checked.metrics, ...quality };
}
