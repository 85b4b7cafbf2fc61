import type { Observation } from "../src/domain/observation.ts";
import type { Millis } from "../src/domain/time.ts";
import { chirpstack } from "./chirpstack.ts";
import type { DecodeProblem, Driver } from "./driver.ts";
import { frigate } from "./frigate.ts";
import { decodeText, defaultJsonLimits, type JsonLimits, parseJson } from "./json.ts";
import { nativeDrivers } from "./native.ts";
import { owntracks } from "./owntracks.ts";
import { createTopicMatcher, filterOf } from "./topics.ts";
import { traccar } from "./traccar.ts";

/** Dialects of other makers, accepted as they are. */
export const dialectDrivers: readonly Driver[] = [
  owntracks as Driver,
  frigate as Driver,
  chirpstack as Driver,
  traccar as Driver,
];

/** Everything the center understands. A new device family is one file and one line here. */
export const drivers: readonly Driver[] = [...nativeDrivers, ...dialectDrivers];

/** MQTT filters of the dialects, for gateways and external brokers. */
export function dialectTopics(): string[] {
  return dialectDrivers.flatMap((driver) => driver.topics.map(filterOf));
}

export type Decoded =
  | {
      readonly driver: string;
      readonly observations: readonly Observation[];
      readonly problems: readonly DecodeProblem[];
    }
  | { readonly refused: DecodeProblem };

export interface Decoder {
  /** Never throws: a message is decoded or refused with a reason. */
  decode(topic: string, payload: Uint8Array, receivedAt: Millis): Decoded;
}

const NO_PROBLEMS: readonly DecodeProblem[] = [];
const refuse = (reason: string, detail: string): Decoded => ({ refused: { reason, detail } });

export function createDecoder(limits: JsonLimits = defaultJsonLimits): Decoder {
  const match = createTopicMatcher(
    drivers.flatMap((driver) => driver.topics.map((pattern) => ({ pattern, value: driver }))),
  );

  const read = (driver: Driver, payload: Uint8Array) => {
    const parsed = parseJson(payload, limits);
    if (driver.encoding === "json" || !("refused" in parsed)) return parsed;
    if (parsed.refused.reason !== "notJson") return parsed;
    return { value: decodeText(payload) ?? payload };
  };

  return {
    decode(topic, payload, receivedAt) {
      const found = match(topic);
      if (!found) return refuse("noDriver", `no driver knows the topic ${topic}`);
      const driver = found.value;
      const parsed = read(driver, payload);
      if ("refused" in parsed) return parsed;
      const checked = driver.payload.safeParse(parsed.value);
      if (!checked.success) {
        const issue = checked.error.issues[0];
        return refuse("schema", `${issue?.path.join(".") || "the payload"}: ${issue?.message ?? "does not fit"}`);
      }
      const result = driver.decode(checked.data, { topic, parameters: found.parameters, receivedAt });
      if (result.refused) return { refused: result.refused };
      return { driver: driver.id, observations: result.observations, problems: result.problems ?? NO_PROBLEMS };
    },
  };
}
