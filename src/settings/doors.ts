import { z } from "zod";
import { bool, count, list, optional, port } from "./forms.ts";

/** Where the center listens, whom it lets in, what it says. */
export const doors = {
  HTTP_HOST: z.string().default("127.0.0.1"),
  HTTP_PORT: port(8080),
  MQTT_HOST: z.string().default("127.0.0.1"),
  MQTT_PORT: port(1883),
  MQTTS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  TLS_CERT: optional,
  TLS_KEY: optional,
  TLS_CLIENT_CA: optional,
  ALLOW_INSECURE: bool(false),
  ADMIN_TOKEN: z.string().min(16, "must have at least 16 characters").optional(),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
  MQTT_URL: z.url({ protocol: /^(mqtts?|wss?)$/ }).optional(),
  MQTT_SHARE_GROUP: z.string().default("kerbside"),
  MQTT_CONNECTIONS: count(32),
  /** More filters to read from that broker, for topics of one's own choosing. */
  MQTT_TOPICS: list,
  ALLOWED_ORIGINS: z.string().default(""),
} as const;
