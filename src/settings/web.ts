import { z } from "zod";
import { parseNetworks } from "../ingest/networks.ts";
import { count } from "./forms.ts";

/** Bounds of REST, stream and pages. */
export const web = {
  /** Proxies in front, by network: only their word counts about whose request it is. Bans and limits go by that address. */
  HTTP_TRUSTED_PROXIES: z
    .string()
    .default("")
    .refine((text) => parseNetworks(text) !== null, "must be networks like 10.2.0.0/16, separated by commas"),
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
  /** Devices whose latest readings are asked for at once. */
  LATEST_DEVICES: count(100_000),
  /** Points of a way that are read at once, before they are simplified. */
  TRACK_POINTS: count(500_000),
  /** Longest stretch in which it is looked up who swept a road section. */
  COVERAGE_RANGE_DAYS: count(2),
  /** Longest stretch of the past in one file. */
  EXPORT_DAYS: count(400),
  /** The past as a stream: how many screens at a time, how long a stretch, how far back its beginning is looked for. */
  REPLAY_SESSIONS: count(8),
  REPLAY_DAYS: count(31),
  REPLAY_LOOK_BACK_MINUTES: count(120),
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
  PICTURE_BYTES: count(8 * 1024 * 1024),
  /** Longest stretch of history that a rule is tried on at once. */
  BACKTEST_DAYS: count(31),
} as const;
