import { type Metrics, metricNames } from "../../src/domain/metrics.ts";
import type { Observation } from "../../src/domain/observation.ts";
import type { DecodeProblem, DecodeResult, EncodeTarget } from "../driver.ts";
import { checkMetrics, withFlag } from "../readings.ts";
import { readTimestamp } from "../timestamp.ts";
import type { Codec, CodecResult } from "./codec.ts";
import { decentlab } from "./decentlab.ts";
import { dragino } from "./dragino.ts";
import { elsys } from "./elsys.ts";
import { lobaro } from "./lobaro.ts";
import { milesight } from "./milesight.ts";
import { wilsen } from "./wilsen.ts";

/** Sensor families by their bytes. A new one is one file and one line here; every network server carries it then. */
export const codecs: readonly Codec[] = [milesight, dragino, decentlab, elsys, wilsen, lobaro];

const DEFAULT_MODEL = "EM400-MUD";
/** Characters of a LoRaWAN frame at most as base64 or hexadecimal, with room to spare: more is no frame. */
export const FRAME_CHARACTERS = 1_024;

export type Envelope = Omit<Observation, "metrics">;

/** A frame as a network server hands it on, in the words of none of them. */
export interface Uplink {
  /** Whose it is and when it was heard. */
  readonly envelope: Envelope;
  /** Radio of the gateway that heard it best. */
  readonly link: Metrics;
  readonly bytes: Uint8Array;
  readonly fPort: number;
  /** All names that may tell the model, in lower case. */
  readonly names: string;
  /** What a codec on the server made of it. Somebody pasted that codec, so it comes second. */
  readonly decoded?: Readonly<Record<string, unknown>> | null | undefined;
}

const codecNamed = (names: string): Codec | undefined =>
  codecs.find(({ models }) => models.some((name) => names.includes(name)));

/** By the name of the model, else by a shape that can be nothing else; the server's own decoding goes before such a guess. */
function codecFor({ names, decoded, fPort, bytes }: Uplink): Codec | undefined {
  const named = codecNamed(names);
  if (named) return named;
  const guessed = codecs.find(({ recognises }) => recognises(bytes, fPort));
  return decoded && guessed !== milesight ? undefined : guessed;
}

/** What a frame says. The link was heard even when the bytes say nothing. */
export function readUplink(uplink: Uplink): DecodeResult {
  const { envelope, link, bytes, fPort, names, decoded } = uplink;
  const codec = bytes.length > 0 ? codecFor(uplink) : undefined;
  if (codec) return framed(codec.decode(bytes, fPort, names), envelope, link);
  const checked = checkMetrics({ ...decoded, ...link }, metricNames);
  const problems: DecodeProblem[] = [];
  if (bytes.length > 0 && !decoded) {
    problems.push({ reason: "noCodec", detail: `nothing reads the frames of ${names.trim() || "an unnamed model"}` });
  }
  const quality = checked.quality.length > 0 && { quality: checked.quality };
  return { observations: [{ ...envelope, metrics: checked.metrics, ...quality }], problems };
}

function framed(frame: CodecResult, envelope: Envelope, link: Metrics): DecodeResult {
  const problems: DecodeProblem[] = [...frame.problems];
  const observations: Observation[] = [];
  for (const { at, metrics, event, hints, quality: doubts = [] } of frame.readings) {
    const checked = checkMetrics(at === null ? { ...metrics, ...link } : metrics, metricNames);
    const quality = (envelope.quality ?? []).concat(checked.quality).reduce(withFlag, doubts);
    const observation = {
      ...envelope,
      metrics: checked.metrics,
      ...(event && { event }),
      ...(quality.length > 0 && { quality }),
      ...(hints && { hints: { ...envelope.hints, ...hints } }),
    };
    if (at === null) {
      observations.push(observation);
      continue;
    }
    const time = readTimestamp(at);
    // A kept reading without its time would pass for the present.
    if (!("at" in time)) problems.push({ reason: "clock", detail: `a kept reading of ${at} ms has no usable time` });
    else observations.push({ ...observation, at: time.at, atSource: "device", buffered: true, ...keyed(envelope, at) });
  }
  if (observations.length === 0) {
    const quality = frame.problems.length > 0 ? withFlag(envelope.quality ?? [], "truncated") : envelope.quality;
    observations.push({ ...envelope, metrics: link, ...(quality && { quality }) });
  }
  return { observations, problems };
}

/** Kept readings are told apart by their own time: the same one may come in two frames. */
const keyed = ({ device }: Envelope, at: number): { key: string } => ({ key: `${device} ${at}` });

/** The gateway that heard it best. A missing number is the protocol's default, 0. */
export function strongest(heard: readonly { rssi?: number | undefined; snr?: number | undefined }[]): Metrics {
  let best: { rssiDbm: number; snrDb: number } | undefined;
  for (const { rssi = 0, snr = 0 } of heard) if (!best || rssi > best.rssiDbm) best = { rssiDbm: rssi, snrDb: snr };
  return best ? checkMetrics(best, ["rssiDbm", "snrDb"]).metrics : {};
}

/** What a simulated sensor's radio sends: its EUI, its model and the frame. Null for a sensor without an EUI or a value. */
export function encodeUplink(observation: Observation, { alias, attributes }: EncodeTarget) {
  const { at, event, metrics } = observation;
  if (alias === undefined || at === null || event) return null;
  const model = String(attributes?.model ?? DEFAULT_MODEL);
  const frame = codecNamed(model.toLowerCase())?.encode(metrics, model.toLowerCase());
  if (!frame) return null;
  const rssi = metrics.rssiDbm ?? -97;
  const fCnt = Math.floor(at / 1_000) % 65_536;
  return { at, model, eui: alias.replace(/^eui:/, ""), rssi, snr: metrics.snrDb ?? 6.5, fCnt, ...frame };
}
