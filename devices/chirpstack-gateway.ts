import { z } from "zod";
import { defineDevice, refused } from "./driver.ts";
import { NO_MOMENT } from "./local-time.ts";
import { isRecord } from "./tolerant.ts";

const STATE_TOPIC = /(?:^|\/)gateway\/([0-9a-fA-F]{16})\/state\/conn$/;
const ONLINE = new Set<unknown>(["ONLINE", 1]);

/** The state is an enumeration whose first value, OFFLINE, may be left out. */
const message = z.looseObject({
  gatewayId: z.string().max(32).optional(),
  gateway_id: z.string().max(32).optional(),
  state: z.union([z.string().max(16), z.number()]).optional(),
});

/** Whether a LoRaWAN gateway is connected to ChirpStack; retained, with OFFLINE as its last will. */
export const chirpstackGateway = defineDevice({
  id: "chirpstack-gateway",
  kind: "gateway",
  title: { en: "ChirpStack gateway state", zh: "ChirpStack 网关状态" },
  topics: ["gateway/{gatewayId}/state/conn"],
  payload: message,
  recognises: ({ topic, value }) => STATE_TOPIC.test(topic) && isRecord(value),
  guide: {
    connect: {
      en: "ChirpStack → gateway bridge: json marshaler; bridge the topics `<region>/gateway/+/state/conn` into this center, with their region.",
      zh: "ChirpStack → 网关桥：使用 json marshaler；将主题 `<区域>/gateway/+/state/conn` 连同区域前缀桥接到本中心。",
    },
    makes: {
      en: "The gateway's presence: when it fails, one alert stands for all sensors behind it. Alias `eui:<gateway id>`.",
      zh: "网关在线状态：网关故障时其下传感器合并为一条告警。别名 `eui:<网关 ID>`。",
    },
  },
  decode(payload, { parameters, topic }) {
    const named = parameters.gatewayId ?? STATE_TOPIC.exec(topic)?.[1];
    const id = (payload.gatewayId ?? payload.gateway_id ?? named)?.toLowerCase();
    if (id === undefined || !/^[0-9a-f]{16}$/.test(id))
      return refused("identity", "neither the payload nor the topic names a gateway");
    if (named !== undefined && named.toLowerCase() !== id) {
      return refused("identity", `the payload names another gateway than the topic (${named})`);
    }
    const event = { type: "presence", online: ONLINE.has(payload.state) } as const;
    return { observations: [{ device: `eui:${id}`, ...NO_MOMENT, metrics: {}, event, hints: { kind: "gateway" } }] };
  },
  samples: [
    {
      name: "connected",
      topic: "gateway/0016c001f153a14c/state/conn",
      payload: { gatewayId: "0016c001f153a14c", state: "ONLINE" },
      observations: [
        {
          device: "eui:0016c001f153a14c",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "presence", online: true },
          hints: { kind: "gateway" },
        },
      ],
    },
    {
      name: "gone: the default value is left out",
      topic: "gateway/0016c001f153a14c/state/conn",
      payload: { gatewayId: "0016C001F153A14C" },
      observations: [
        {
          device: "eui:0016c001f153a14c",
          at: null,
          atSource: "receiveTime",
          metrics: {},
          event: { type: "presence", online: false },
          hints: { kind: "gateway" },
        },
      ],
    },
  ],
  rejects: [{ gatewayId: "x1" }, {}, []],
});
