import { z } from "zod";
import { bool, count, optional } from "./forms.ts";

/** Where data is kept, and how long. */
export const storage = {
  DATA_DIR: z.string().default("./data"),
  INFLUX_URL: z.url().optional(),
  INFLUX_TOKEN: optional,
  INFLUX_ORG: optional,
  INFLUX_BUCKET: z.string().default("kerbside"),
  /** Screens say that the past is behind when InfluxDB is by more than this. */
  INFLUX_LATE_SECONDS: z.coerce.number().min(0).default(300),
  /** Readings of devices that people carry stay in the journal unless this is set. */
  INFLUX_PERSONAL: bool(false),
  INFLUX_BATCH_LINES: z.coerce.number().int().min(1).default(5_000),
  INFLUX_EVERY_MS: z.coerce.number().int().min(1).default(1_000),
  /** Figures change all the time; InfluxDB is told of those that have changed this often. */
  INFLUX_KPI_SECONDS: z.coerce.number().min(0).default(60),
  INFLUX_TIMEOUT_SECONDS: z.coerce.number().min(0.1).default(10),
  INFLUX_RETRY_FIRST_MS: z.coerce.number().int().min(1).default(1_000),
  INFLUX_RETRY_LAST_SECONDS: z.coerce.number().min(0.01).default(60),
  /** Log kept for InfluxDB while it is away; beyond it, InfluxDB is told from the chunks. */
  INFLUX_BACKLOG_BYTES: count(2 * 1024 * 1024 * 1024),
  /** Where questions about the past are answered from: the embedded store, or the copy in InfluxDB. */
  HISTORY_FROM: z.enum(["store", "influx"]).default("store"),
  DATABASE_URL: optional,
  CHECKPOINT_SECONDS: count(30),
  DISK_RESERVE_BYTES: count(1024 * 1024 * 1024),
  FORECAST_HISTORY_DAYS: count(56),
  /** Readings as they came and events; then what they add up to in windows of 5 minutes, and in days. */
  RETENTION_READINGS_DAYS: count(400),
  RETENTION_5_MINUTES_DAYS: count(1_095),
  RETENTION_DAILY_DAYS: count(3_650),
  /** Where people went, and how their bodies did: kept so long; later only that they were at work. */
  RETENTION_PERSON_TRACKS_DAYS: count(7),
  RETENTION_ALERTS_DAYS: count(1_095),
  RETENTION_AUDIT_DAYS: count(1_095),
  RETENTION_QUARANTINE_DAYS: count(30),
  /** Figures are small: three years and a bit, to set a month beside the same of the year before. */
  RETENTION_KPI_DAYS: count(1_130),
  RETENTION_PICTURES_DAYS: count(365),
  ALERT_ARCHIVE_HOURS: count(24),
} as const;
