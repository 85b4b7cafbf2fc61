import { z } from "zod";
import { drivers } from "../../devices/index.ts";
import { filterOf } from "../../devices/topics.ts";
import { clientFrame } from "../stream/protocol.ts";

/** The message side described for machines (AsyncAPI 3): MQTT topics from the driver table, the stream from its schemas. */
export function asyncApi(): object {
  const channels = drivers.flatMap((driver) =>
    driver.topics.map((pattern, index) => [
      `${driver.id.replaceAll("/", "-")}-${index}`,
      {
        address: pattern.replace("+}", "}"),
        title: driver.title.en,
        description: `${driver.title.zh}. MQTT filter: ${filterOf(pattern)}`,
        messages: {
          message: { payload: z.toJSONSchema(driver.payload, { unrepresentable: "any", io: "input" }) },
        },
      },
    ]),
  );
  return {
    asyncapi: "3.0.0",
    info: { title: "Kerbside", version: "1" },
    channels: {
      ...Object.fromEntries(channels),
      stream: {
        address: "/api/v1/stream",
        title: "WebSocket stream",
        messages: { clientFrame: { payload: z.toJSONSchema(clientFrame, { unrepresentable: "any", io: "input" }) } },
      },
    },
  };
}
