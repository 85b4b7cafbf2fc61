import type { Driver, EncodeTarget } from "../devices/driver.ts";
import { drivers } from "../devices/index.ts";
import type { Observation } from "../src/domain/observation.ts";
import type { Json } from "../src/domain/text.ts";
import type { SimulatedDevice } from "./actors/actor.ts";

/** A message as the device's dialect writes it. */
export interface WireMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
}

/** Centers limit the keys of one message; a long batch goes out in pieces. */
const KEYS_PER_BATCH = 200;

/** The drivers that may write for a device, those for events and presence before those for readings. */
function writersFor(device: Pick<SimulatedDevice, "kind" | "dialect">): Driver[] {
  const prefix = device.dialect === "native" ? `kerbside/${device.kind}/` : device.dialect;
  const found = drivers.filter((driver) => driver.encode && driver.id.startsWith(prefix));
  if (found.length === 0) {
    const dialects = new Set(drivers.filter((driver) => driver.encode).map((driver) => driver.id.split("/")[0]));
    throw new Error(`no driver writes the dialect ${device.dialect}; there are ${[...dialects].join(", ")}`);
  }
  const rank = (driver: Driver): number => (driver.id.endsWith("/telemetry") ? 1 : 0);
  return found.sort((a, b) => rank(a) - rank(b));
}

const writers = new Map<string, readonly Driver[]>();

/**
 * Writes observations of one device in its dialect. Several at once are a late batch: readings of the native dialect
 * go out as one array, oldest first; other dialects send them one by one.
 * @throws Error when no driver writes the device's dialect
 */
export function encode(device: SimulatedDevice, observations: readonly Observation[]): WireMessage[] {
  const key = `${device.dialect}/${device.kind}`;
  let candidates = writers.get(key);
  if (!candidates) {
    candidates = writersFor(device);
    writers.set(key, candidates);
  }
  const { id, kind, alias, attributes } = device;
  const target: EncodeTarget = { id, kind, attributes, ...(alias !== undefined && { alias }) };
  const written: { topic: string; payloads: Json[]; keys: number }[] = [];
  for (const observation of observations) {
    for (const driver of candidates) {
      const message = driver.encode?.(observation, target);
      if (!message) continue;
      const { topic, payload } = message;
      const keys = payload !== null && typeof payload === "object" ? Object.keys(payload).length : 1;
      const last = written.at(-1);
      if (last?.topic === topic && topic.endsWith("/telemetry") && last.keys + keys <= KEYS_PER_BATCH) {
        last.payloads.push(payload);
        last.keys += keys;
      } else {
        written.push({ topic, payloads: [payload], keys });
      }
      break;
    }
  }
  return written.map(({ topic, payloads }) => ({
    topic,
    payload: JSON.stringify(payloads.length === 1 ? payloads[0] : payloads),
  }));
}
