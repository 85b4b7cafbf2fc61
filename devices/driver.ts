import type { z } from "zod";
import type { Kind } from "../src/domain/kinds.ts";
import type { Observation } from "../src/domain/observation.ts";
import type { Json, Text } from "../src/domain/text.ts";
import type { Millis } from "../src/domain/time.ts";
import type { JsonLimits } from "./json.ts";

/** Something a driver could not use. The rest of the message counts all the same. */
export interface DecodeProblem {
  readonly reason: string;
  readonly detail: string;
}

export interface DecodeContext {
  readonly topic: string;
  /** The named levels of the topic pattern. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly receivedAt: Millis;
  /** Minutes east of UTC that clocks on site show, for times without a zone. */
  readonly siteOffsetMinutes: number;
}

export interface DecodeResult {
  readonly observations: readonly Observation[];
  readonly problems?: readonly DecodeProblem[];
  /** The whole message is of no use: it goes to the quarantine with this reason. */
  readonly refused?: DecodeProblem;
}

/** A message as a device sends it, for simulators. */
export interface EncodedMessage {
  readonly topic: string;
  readonly payload: Json;
}

export interface DriverSample {
  readonly name: string;
  readonly topic: string;
  readonly payload: unknown;
  readonly observations: readonly Observation[];
}

/**
 * How a payload is to be read. `either`: JSON when it begins like JSON, else text. `ignored`: the topic belongs to the
 * dialect and says nothing for us (a picture, a counter).
 */
export type Encoding = "json" | "text" | "either" | "bytes" | "ignored";

/** A payload on a topic that no pattern claims: its bytes, and what they are when they are JSON or text. */
export interface UnknownMessage {
  readonly topic: string;
  readonly bytes: Uint8Array;
  /** Parsed JSON, the text, or undefined where the bytes are neither. */
  readonly value: unknown;
}

/** What a person needs to connect the family, and what comes of it; `docs/devices.md` is made of these. */
export interface Guide {
  /** The exact values for the maker's settings page. */
  readonly connect: Text;
  readonly makes: Text;
}

/** All that is known about one device family or dialect, in one place. */
export interface Driver<P = unknown> {
  readonly id: string;
  readonly kind: Kind | null;
  readonly title: Text;
  /** Patterns with `{name}` for one level and a last `{name+}` for the rest. No two drivers may claim one topic. */
  readonly topics: readonly string[];
  /** Where the topics of one dialect differ, decided by the named levels; an ignored payload is not even looked at. */
  readonly encoding: Encoding | ((parameters: DecodeContext["parameters"]) => Encoding);
  readonly payload: z.ZodType<P>;
  /** Where a batch or a picture makes messages larger than readings are. */
  readonly limits?: Partial<JsonLimits>;
  /** Whether a message on a topic of the user's own choosing is of this dialect. Then there are no named levels. */
  recognises?(message: UnknownMessage): boolean;
  readonly guide?: Guide;
  /** Never throws on odd input, never fills an unknown value with 0, now or the site's position. */
  decode(payload: P, context: DecodeContext): DecodeResult;
  encode?(observation: Observation, device: EncodeTarget): EncodedMessage | null;
  readonly samples: readonly DriverSample[];
  /** Payloads that must be refused on the driver's first topic. */
  readonly rejects: readonly unknown[];
}

/** The device a simulator speaks for: its id, and what its dialect calls it. */
export interface EncodeTarget {
  readonly id: string;
  readonly kind: Kind;
  /** OwnTracks user/device, devEUI, camera name, IMEI … */
  readonly alias?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

export function defineDevice<P>(driver: Omit<Driver<P>, "encoding"> & { encoding?: Driver<P>["encoding"] }): Driver<P> {
  return { encoding: "json", ...driver };
}

export const refused = (reason: string, detail: string): DecodeResult => ({
  observations: [],
  refused: { reason, detail },
});
