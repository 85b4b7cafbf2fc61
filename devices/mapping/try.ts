import type { Fault } from "../../src/domain/faults.ts";
import type { Observation } from "../../src/domain/observation.ts";
import type { Millis } from "../../src/domain/time.ts";
import { defaultJsonLimits, parseJson } from "../json.ts";
import { createTopicMatcher } from "../topics.ts";
import { compileMapping } from "./compile.ts";
import type { Mapping } from "./shape.ts";

/** What a message would give: nothing of it reaches the district. */
export interface Trial {
  readonly topic: string;
  /** It would be read without a complaint. */
  readonly sound: boolean;
  readonly observations: readonly Observation[];
  readonly problems: readonly Fault[];
  /** Elements for which the message holds nothing: fine when it need not. */
  readonly absent: readonly string[];
}

/** Tries messages on a mapping that need not be in force. */
export function tryMapping(mapping: Mapping, receivedAt: Millis) {
  const decode = compileMapping(mapping);
  const match = createTopicMatcher(mapping.topics.map((pattern) => ({ pattern, value: pattern })));
  return (topic: string, payload: unknown): Trial => {
    const problems: Fault[] = [];
    const absent = new Set<string>();
    const nothing = (field: string, problem: string): Trial => ({
      topic,
      sound: false,
      observations: [],
      problems: [{ field, problem }],
      absent: [],
    });
    const found = match(topic);
    if (!found) return nothing("topics", `none of the mapping's topics is ${topic}`);
    const message = typeof payload === "string" ? textAsMessage(payload) : { value: payload };
    if ("refused" in message) return nothing("payload", message.refused.detail);
    const observations = decode(
      message.value,
      // A mapping names the zone of its times itself.
      { topic, parameters: found.parameters, receivedAt, siteOffsetMinutes: 0 },
      {
        problem: (field, problem) => problems.push({ field, problem }),
        absent: (field) => absent.add(field),
      },
    );
    return { topic, sound: problems.length === 0, observations, problems, absent: [...absent] };
  };
}

/** A pasted text is read exactly as the door would read it. */
function textAsMessage(text: string) {
  return parseJson(new TextEncoder().encode(text), {
    ...defaultJsonLimits,
    jsonKeys: Number.POSITIVE_INFINITY,
    jsonStringBytes: Number.POSITIVE_INFINITY,
  });
}
