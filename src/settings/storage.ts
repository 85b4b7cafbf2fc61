import { z } from "zod";
import { count, optional } from "./forms.ts";

/** Where data is kept, and how long. */
export const storage = {
  DATA_DIR: z.string().default("./data"),
  INFLUX_URL: z.url().optional(),
  INFLUX_TOKEN: optional,
  INFLUX_ORG: optional,
  INFLUX_BUCKET: z.string().default("kerbside"),
  DATABASE_URL: optional,
  CHECKPOINT_SECONDS: count(30),
  DISK_RESERVE_BYTES: count(1024 * 1024 * 1024),
  FORECAST_HISTORY_DAYS: count(56),
  RETENTION_READINGS_DAYS: count(400),
  RETENTION_ALERTS_DAYS: count(1_095),
  RETENTION_AUDIT_DAYS: count(1_095),
  RETENTION_QUARANTINE_DAYS: count(30),
  RETENTION_PICTURES_DAYS: count(365),
  ALERT_ARCHIVE_HOURS: count(24),
} as const;
