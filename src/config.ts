import { readFileSync } from "node:fs";
import { z } from "zod";
import { type DayWindows, minutesOf, parseWindows } from "./domain/calendar.ts";

const port = (preset: number) => z.coerce.number().int().min(0).max(65_535).default(preset);
const count = (preset: number) => z.coerce.number().int().min(0).default(preset);
const bool = (preset: boolean) =>
  z
    .enum(["true", "false", "1", "0"])
    .default(preset ? "true" : "false")
    .transform((value) => value === "true" || value === "1");
const hours = (preset: string) =>
  z
    .string()
    .regex(/^\d{1,2}(\.5)?-\d{1,2}(\.5)?$/, "must be two local hours like 23-5")
    .default(preset)
    .transform((text) => text.split("-").map(Number) as [number, number]);
const timeOfDay = (preset: string) =>
  z.string().default(preset).transform(minutesOf).refine(Number.isFinite, "must be a time of day like 05:00");
const windows = (preset: string) =>
  z
    .string()
    .default(preset)
    .transform((text, context): DayWindows => {
      const parsed = parseWindows(text);
      if (!parsed)
        context.addIssue({ code: "custom", message: "must be times of day in order, like 08:00-12:00,14:00-18:00" });
      return parsed ?? [];
    });
const optional = z.string().min(1).optional();

/** Every setting of the center: name, form, default. Sizes in bytes, durations in the unit of their name. */
export const settings = {
  HTTP_HOST: z.string().default("127.0.0.1"),
  HTTP_PORT: port(8080),
  MQTT_HOST: z.string().default("127.0.0.1"),
  MQTT_PORT: port(1883),
  MQTTS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  TLS_CERT: optional,
  TLS_KEY: optional,
  TLS_CLIENT_CA: optional,
  ALLOW_INSECURE: bool(false),
  DATA_DIR: z.string().default("./data"),
  DISTRICT: optional,
  ADMIN_TOKEN: z.string().min(16, "must have at least 16 characters").optional(),
  AUTO_REGISTER: bool(false),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
  MQTT_URL: z.url({ protocol: /^(mqtts?|wss?)$/ }).optional(),
  MQTT_SHARE_GROUP: z.string().default("kerbside"),
  MQTT_CONNECTIONS: count(32),
  INFLUX_URL: z.url().optional(),
  INFLUX_TOKEN: optional,
  INFLUX_ORG: optional,
  INFLUX_BUCKET: z.string().default("kerbside"),
  DATABASE_URL: optional,
  ALLOWED_ORIGINS: z.string().default(""),
  /** Plays recorded or simulated time: the clock starts here (ISO 8601 or epoch ms) and runs CLOCK_SPEED times faster. */
  CLOCK_START: optional,
  CLOCK_SPEED: z.coerce.number().min(1).max(3_600).default(1),

  /** Local time of the district, IANA name. */
  TIME_ZONE: z.string().default("Asia/Shanghai").refine(isTimeZone, "is no IANA time zone, like Asia/Shanghai"),
  /** The sanitation day begins at this local time: a night's work belongs to the day it began on. */
  SANITATION_DAY_STARTS: timeOfDay("05:00"),
  /** When street teams work (every day), and offices (working days): what duty hours and working days are counted in. */
  DUTY_HOURS: windows("06:00-22:00"),
  WORKING_HOURS: windows("09:00-17:00"),

  INGEST_BATCH_WAIT_MS: count(2),
  INGEST_BATCH_MAX: z.coerce.number().int().min(1).default(2_000),
  INGEST_QUEUE_MESSAGES: count(50_000),
  INGEST_QUEUE_BYTES: count(64 * 1024 * 1024),
  CHECKPOINT_SECONDS: count(30),
  DISK_RESERVE_BYTES: count(1024 * 1024 * 1024),

  MQTT_PACKET_BEFORE_CONNECT_BYTES: count(4 * 1024),
  MQTT_PACKET_BYTES: count(256 * 1024),
  MQTT_CONNECT_SECONDS: count(10),
  MQTT_CONNECTIONS_TOTAL: count(20_000),
  MQTT_CONNECTIONS_PER_ADDRESS: count(1_000),
  MQTT_UNAUTHENTICATED: count(1_000),
  MQTT_CONNECTS_PER_ADDRESS_PER_SECOND: count(50),
  MQTT_CONNECTS_PER_ADDRESS_BURST: count(200),
  MQTT_AUTH_FAILURES_PER_ADDRESS: count(20),
  MQTT_AUTH_FAILURES_PER_ID: count(10),
  MQTT_AUTH_WINDOW_SECONDS: count(300),
  MQTT_FLAPS_PER_MINUTE: count(15),
  MQTT_BAN_SECONDS: count(300),
  MQTT_KEEPALIVE_MAX_SECONDS: count(1_200),
  MQTT_CLIENT_ID_BYTES: count(64),
  MQTT_TOPIC_BYTES: count(256),
  MQTT_TOPIC_LEVELS: count(8),
  MQTT_FILTERS_PER_SUBSCRIBE: count(8),
  MQTT_SUBSCRIPTIONS: count(32),
  MQTT_MESSAGES_PER_SECOND: count(20),
  MQTT_MESSAGES_BURST: count(200),
  MQTT_BYTES_PER_SECOND: count(64 * 1024),
  MQTT_BYTES_BURST: count(1024 * 1024),
  MQTT_GATEWAY_MESSAGES_PER_SECOND: count(1_000),
  MQTT_OVER_RATE_SECONDS: count(10),
  MQTT_INFLIGHT: count(100),
  MQTT_OUTBOUND_BYTES: count(1024 * 1024),
  MQTT_DRAIN_SECONDS: count(60),
  MQTT_WILL_BYTES: count(1024),

  DEVICE_PAST_DAYS: count(7),
  DEVICE_FUTURE_SECONDS: count(300),
  JSON_DEPTH: count(16),
  JSON_KEYS: count(256),
  JSON_STRING_BYTES: count(16 * 1024),
  QUARANTINE_ROWS: count(10_000),
  QUARANTINE_PER_CAUSE_PER_MINUTE: count(60),
  CLIENT_ERROR_LOGS_PER_SECOND: count(10),

  HTTP_BODY_BYTES: count(256 * 1024),
  HTTP_IMPORT_BYTES: count(16 * 1024 * 1024),
  HTTP_HEADER_BYTES: count(16 * 1024),
  HTTP_URL_BYTES: count(8 * 1024),
  HTTP_HEADER_SECONDS: count(10),
  HTTP_REQUEST_SECONDS: count(15),
  HTTP_KEEPALIVE_SECONDS: count(5),
  HTTP_REQUESTS_PER_SECOND: count(100),
  HTTP_ANONYMOUS_REQUESTS_PER_SECOND: count(20),
  HTTP_PAGE_ROWS: count(500),
  HISTORY_RANGE_DAYS: count(31),
  HISTORY_POINTS: count(50_000),

  STREAM_MESSAGE_BYTES: count(16 * 1024),
  STREAM_FRAGMENTS: count(64),
  STREAM_AUTH_SECONDS: count(10),
  STREAM_SOCKETS: count(2_000),
  STREAM_SOCKETS_PER_TOKEN: count(250),
  STREAM_SUBSCRIPTIONS: count(32),
  STREAM_SOFT_BYTES: count(256 * 1024),
  STREAM_HARD_BYTES: count(1024 * 1024),
  STREAM_SLOW_SECONDS: count(35),
  STREAM_HEARTBEAT_MS: count(5_000),
  STREAM_FRAME_ITEMS: z.coerce.number().int().min(1).default(500),

  FORECAST_HISTORY_DAYS: count(56),

  RETENTION_READINGS_DAYS: count(400),
  RETENTION_ALERTS_DAYS: count(1_095),
  RETENTION_AUDIT_DAYS: count(1_095),
  RETENTION_QUARANTINE_DAYS: count(30),
  RETENTION_PICTURES_DAYS: count(365),
  ALERT_ARCHIVE_HOURS: count(24),
  /** Local hours without sound for levels 3 and 4. */
  NIGHT_HOURS: hours("23-5"),
  /** Desks that are manned at once, and what one can take: more alerts of levels 3 and 4 are listed without sound. */
  DISPATCHER_DESKS: count(4),
  DISPATCHER_ALERTS_PER_HOUR: count(12),
  /** How long a crew has to answer an offer, and how many are asked before a dispatcher must look again. */
  OFFER_SECONDS: count(120),
  OFFER_CREWS: count(3),
  PICTURE_BYTES: count(8 * 1024 * 1024),
  /** Longest stretch of history that a rule is tried on at once. */
  BACKTEST_DAYS: count(31),
} as const;

export type Config = Readonly<z.infer<ReturnType<typeof schema>>>;

function schema() {
  return z.object(settings);
}

/** A list of everything that is wrong with the settings, one readable line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The settings have ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads settings from an environment; the only place that does. A secret may come as `NAME_FILE`.
 * @throws ConfigError that names every problem at once
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(settings)) {
    const file = environment[`${name}_FILE`];
    if (file) {
      try {
        values[name] = readFileSync(file, "utf8").trim();
      } catch (error) {
        problems.push(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
      }
    } else if (environment[name] !== undefined && environment[name] !== "") {
      values[name] = environment[name];
    }
  }
  const parsed = schema().safeParse(values);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      problems.push(`${name}: ${issue.message} (it is ${JSON.stringify(secret(name) ? "…" : values[name])})`);
    }
  } else {
    problems.push(...contradictions(parsed.data));
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return Object.freeze(parsed.data);
}

const secret = (name: string): boolean => /TOKEN|KEY|DATABASE_URL/.test(name);
const loopback = (host: string): boolean => ["127.0.0.1", "::1", "localhost"].includes(host);

function contradictions(config: z.infer<ReturnType<typeof schema>>): string[] {
  const problems: string[] = [];
  if (config.MQTTS_PORT !== undefined && !(config.TLS_CERT && config.TLS_KEY)) {
    problems.push("MQTTS_PORT needs TLS_CERT and TLS_KEY (paths of PEM files)");
  }
  for (const name of ["HTTP_HOST", "MQTT_HOST"] as const) {
    if (!loopback(config[name]) && !config.ALLOW_INSECURE) {
      problems.push(
        `${name}: ${config[name]} is reachable from other machines without encryption; put a TLS proxy before it or use ` +
          "MQTTS_PORT, then set ALLOW_INSECURE=true to say that you have seen to it",
      );
    }
  }
  if (config.INFLUX_URL && !config.INFLUX_TOKEN) problems.push("INFLUX_URL needs INFLUX_TOKEN");
  if (config.DATABASE_URL) problems.push("DATABASE_URL: this version keeps its records in SQLite under DATA_DIR only");
  if (config.CLOCK_START && Number.isNaN(parseInstant(config.CLOCK_START))) {
    problems.push(`CLOCK_START: ${config.CLOCK_START} is neither ISO 8601 nor epoch milliseconds`);
  }
  return problems;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** ISO 8601 or epoch milliseconds → epoch milliseconds, NaN when it is neither. */
export function parseInstant(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}
