import type { Observation } from "../src/domain/observation.ts";
import type { Millis } from "../src/domain/time.ts";
import { aiBox } from "./ai-box.ts";
import { alink } from "./alink.ts";
import { axis } from "./axis.ts";
import { axisDataq } from "./axis-dataq.ts";
import { chirpstack } from "./chirpstack.ts";
import { chirpstackGateway } from "./chirpstack-gateway.ts";
import { dahua } from "./dahua.ts";
import type { DecodeContext, DecodeProblem, Driver, Encoding, UnknownMessage } from "./driver.ts";
import { explain } from "./explain.ts";
import { frigate } from "./frigate.ts";
import { gpslogger } from "./gpslogger.ts";
import { hikvision } from "./hikvision.ts";
import { decodeText, defaultJsonLimits, type JsonLimits, looksLikeJson, parseJson } from "./json.ts";
import { jt808Ctwing } from "./jt808-ctwing.ts";
import { jt808Emqx } from "./jt808-emqx.ts";
import { jt808Frames } from "./jt808-frames.ts";
import { loriot } from "./loriot.ts";
import { milesightGateway } from "./milesight-gateway.ts";
import { nativeDrivers } from "./native.ts";
import { nbFrames, operatorPush } from "./nb-frames.ts";
import { onvif } from "./onvif.ts";
import { osmand } from "./osmand.ts";
import { owntracks } from "./owntracks.ts";
import { ruptela } from "./ruptela.ts";
import { sensoneo } from "./sensoneo.ts";
import { smartHat } from "./smart-hat.ts";
import { teltonika } from "./teltonika.ts";
import { teltonikaPackets } from "./teltonika-packets.ts";
import { thingsStack } from "./things-stack.ts";
import { createTopicMatcher, filterOf, withoutCovered } from "./topics.ts";
import { traccar } from "./traccar.ts";
import { watch } from "./watch.ts";
import { weighing } from "./weighing.ts";

/** Dialects of other makers, accepted as they are. */
export const dialectDrivers: readonly Driver[] = [
  owntracks as Driver,
  frigate as Driver,
  chirpstack as Driver,
  chirpstackGateway as Driver,
  thingsStack as Driver,
  loriot as Driver,
  milesightGateway as Driver,
  traccar as Driver,
  jt808Emqx as Driver,
  jt808Ctwing as Driver,
  jt808Frames as Driver,
  teltonika as Driver,
  teltonikaPackets as Driver,
  ruptela as Driver,
  osmand as Driver,
  gpslogger as Driver,
  watch as Driver,
  smartHat as Driver,
  weighing as Driver,
  hikvision as Driver,
  dahua as Driver,
  axis as Driver,
  axisDataq as Driver,
  onvif as Driver,
  aiBox as Driver,
  nbFrames as Driver,
  operatorPush as Driver,
  alink as Driver,
  sensoneo as Driver,
];

/** Everything the center understands. A new device family is one file and one line here. */
export const drivers: readonly Driver[] = [...nativeDrivers, ...dialectDrivers];

/** MQTT filters of the dialects, for gateways and external brokers. */
export function dialectTopics(): string[] {
  return withoutCovered(dialectDrivers.flatMap((driver) => driver.topics.map(filterOf)));
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

const textOf = (payload: Uint8Array, { jsonStringBytes }: JsonLimits): string | undefined =>
  payload.length > jsonStringBytes ? undefined : (decodeText(payload) ?? undefined);

const NONE: readonly never[] = [];
const NO_PARAMETERS: DecodeContext["parameters"] = {};
const refuse = (reason: string, detail: string) => ({ refused: { reason, detail } });

/** China Standard Time. */
const CHINA_OFFSET_MINUTES = 480;

type Read = { readonly value: unknown } | { readonly refused: DecodeProblem };

/** @param siteOffset minutes east of UTC that clocks on site show at a moment, for times without a zone */
export function createDecoder(
  limits: JsonLimits = defaultJsonLimits,
  siteOffset: (at: Millis) => number = () => CHINA_OFFSET_MINUTES,
): Decoder {
  const matcherOf = (table: readonly Driver[]) =>
    createTopicMatcher(table.flatMap((driver) => driver.topics.map((pattern) => ({ pattern, value: driver }))));
  let match = matcherOf(drivers);
  const ownLimits = new Map(drivers.map((driver) => [driver, { ...limits, ...driver.limits }]));
  const limitsOf = (driver: Driver): JsonLimits => ownLimits.get(driver) ?? { ...limits, ...driver.limits };
  const recognising = drivers.filter((driver) => driver.recognises);
  /** A message of an unknown dialect may be a batch or hold a picture. */
  const widest: JsonLimits = {
    jsonDepth: limits.jsonDepth,
    jsonKeys: Math.max(limits.jsonKeys, ...recognising.map((driver) => limitsOf(driver).jsonKeys)),
    jsonStringBytes: Math.max(limits.jsonStringBytes, ...recognising.map((driver) => limitsOf(driver).jsonStringBytes)),
  };

  const readText = (payload: Uint8Array, { jsonStringBytes }: JsonLimits): Read => {
    if (payload.length > jsonStringBytes) return refuse("tooLarge", `the text exceeds ${jsonStringBytes} bytes`);
    const value = decodeText(payload);
    return value === null ? refuse("notText", "the payload is not UTF-8") : { value };
  };

  const read = (encoding: Encoding, payload: Uint8Array, own: JsonLimits): Read => {
    if (encoding === "json" || (encoding === "either" && looksLikeJson(payload))) return parseJson(payload, own);
    return encoding === "bytes" ? { value: payload } : readText(payload, own);
  };

  const understand = (driver: Driver, value: unknown, context: DecodeContext): Decoded => {
    const checked = driver.payload.safeParse(value);
    if (!checked.success) return refuse("schema", explain(checked.error));
    const result = driver.decode(checked.data, context);
    if (result.refused) return { refused: result.refused };
    return { driver: driver.id, observations: result.observations, problems: result.problems ?? NONE };
  };

  /** By what it is, where the topic is one that somebody typed in. */
  const recognise = (topic: string, payload: Uint8Array, receivedAt: Millis): Decoded => {
    const parsed = looksLikeJson(payload) ? parseJson(payload, widest) : null;
    const broken = parsed && "refused" in parsed ? parsed : null;
    // A bomb is refused for what it is; only what merely looked like JSON may be text: `[3G*…]`.
    if (broken && broken.refused.reason !== "notJson") return broken;
    const content = parsed && "value" in parsed ? parsed.value : textOf(payload, widest);
    const message: UnknownMessage = { topic, bytes: payload, value: content };
    const driver = recognising.find((candidate) => candidate.recognises?.(message));
    if (!driver) return broken ?? refuse("noDriver", `no driver knows the topic ${topic} or what came on it`);
    const value = driver.encoding === "bytes" ? payload : content;
    return understand(driver, value, {
      topic,
      parameters: NO_PARAMETERS,
      receivedAt,
      siteOffsetMinutes: siteOffset(receivedAt),
    });
  };

  return {
    useMappings(mappings) {
      match = matcherOf([...drivers, ...mappings]);
    },
    decode(topic, payload, receivedAt) {
      const found = match(topic);
      if (!found) return recognise(topic, payload, receivedAt);
      const { value: driver, parameters } = found;
      const encoding = typeof driver.encoding === "function" ? driver.encoding(parameters) : driver.encoding;
      if (encoding === "ignored") return { driver: driver.id, observations: NONE, problems: NONE };
      const parsed = read(encoding, payload, limitsOf(driver));
      if ("refused" in parsed) return parsed;
      return understand(driver, parsed.value, {
        topic,
        parameters,
        receivedAt,
        siteOffsetMinutes: siteOffset(receivedAt),
      });
    },
  };
}
