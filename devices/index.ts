import type { Observation } from "../src/domain/observation.ts";
import type { Millis } from "../src/domain/time.ts";
import { chirpstack } from "./chirpstack.ts";
import type { DecodeProblem, Driver } from "./driver.ts";
import { explain } from "./explain.ts";
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
  /**
   * Puts the city's own mappings beside the drivers, in place of those before.
   * @throws Error when some topic would belong to two
   */
  useMappings(mappings: readonly Driver[]): void;
}

const NONE: readonly never[] = [];
const refuse = (reason: string, detail: string) => ({ refused: { reason, detail } });

export function createDecoder(limits: JsonLimits = defaultJsonLimits): Decoder {
  const matcherOf = (table: readonly Driver[]) =>
    createTopicMatcher(table.flatMap((driver) => driver.topics.map((pattern) => ({ pattern, value: driver }))));
  let match = matcherOf(drivers);
  const limitsOf = (driver: Driver): JsonLimits => (driver.limits ? { ...limits, ...driver.limits } : limits);

  const readText = (payload: Uint8Array) => {
    if (payload.length > limits.jsonStringBytes) {
      return refuse("tooLarge", `the text exceeds ${limits.jsonStringBytes} bytes`);
    }
    const value = decodeText(payload);
    return value === null ? refuse("notText", "the payload is not UTF-8") : { value };
  };

  return {
    useMappings(mappings) {
      match = matcherOf([...drivers, ...mappings]);
    },
    decode(topic, payload, receivedAt) {
      const found = match(topic);
      if (!found) return refuse("noDriver", `no driver knows the topic ${topic}`);
      const driver = found.value;
      const encoding = typeof driver.encoding === "function" ? driver.encoding(found.parameters) : driver.encoding;
      if (encoding === "ignored") return { driver: driver.id, observations: NONE, problems: NONE };
      const parsed =
        encoding === "json"
          ? parseJson(payload, limitsOf(driver))
          : encoding === "text"
            ? readText(payload)
            : { value: payload as unknown };
      if ("refused" in parsed) return parsed;
      const checked = driver.payload.safeParse(parsed.value);
      if (!checked.success) return refuse("schema", explain(checked.error));
      const result = driver.decode(checked.data, { topic, parameters: found.parameters, receivedAt });
      if (result.refused) return { refused: result.refused };
      return { driver: driver.id, observations: result.observations, problems: result.problems ?? NONE };
    },
  };
}
