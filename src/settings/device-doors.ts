import { z } from "zod";
import { parseNetworks } from "../ingest/networks.ts";
import { bool, count } from "./forms.ts";

const doorPort = z.coerce.number().int().min(0).max(65_535).optional();

/** Doors for devices that do not speak MQTT. A TCP door without a port is closed; 0 is any free port. */
export const deviceDoors = {
  TCP_HOST: z.string().default("127.0.0.1"),
  JT808_PORT: doorPort,
  TELTONIKA_PORT: doorPort,
  /**
   * Where Teltonika trackers may connect from (the operator's private network): their protocol has no secret, only a serial
   * number that stands on the housing.
   */
  TELTONIKA_NETWORKS: z
    .string()
    .default("127.0.0.0/8,::1/128")
    .refine((text) => parseNetworks(text) !== null, "must be networks like 10.2.0.0/16, separated by commas"),
  TCP_LOGIN_SECONDS: z.coerce.number().int().min(1).default(30),
  TCP_BYTES_BEFORE_LOGIN: count(4 * 1024),
  TCP_IDLE_SECONDS: z.coerce.number().int().min(1).default(900),
  TCP_MESSAGE_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .default(64 * 1024),
  /** How long a missing fragment of a JT/T 808 message is waited for before it is asked for again. */
  JT808_FRAGMENT_SECONDS: z.coerce.number().int().min(1).default(10),
  /** Largest body of the HTTP door: a picture may stand beside the alarm. */
  INGEST_BODY_BYTES: count(4 * 1024 * 1024),
  /** How long an answer waits for the disk before it says "not confirmed". */
  INGEST_ANSWER_SECONDS: z.coerce.number().int().min(1).default(10),
  /** How old the time of a signed request may be. */
  INGEST_SIGNATURE_SECONDS: z.coerce.number().int().min(1).default(300),
  /** Phones that speak OsmAnd without a secret: anybody who knows the identifier of one can then move it on the map. */
  OSMAND_ANONYMOUS: bool(false),
} as const;
