import type { Observation } from "../src/domain/observation.ts";
import type { SimulatedDevice } from "./actors/actor.ts";

/** A message as the device's dialect writes it. */
export interface WireMessage {
  readonly topic: string;
  readonly payload: Uint8Array | string;
}

/** Writes observations of one device in its dialect: several at once become a late batch, oldest first. */
export function encode(device: SimulatedDevice, observations: readonly Observation[]): WireMessage[] {
  const messages: WireMessage[] = [];
  for (const observation of observations) {
    const event = observation.event;
    const base = `kerbside/v1/${device.kind}/${device.id}`;
    const ts = observation.at;
    if (!event) {
      messages.push({ topic: `${base}/telemetry`, payload: JSON.stringify({ ts, ...observation.metrics }) });
    } else if (event.type === "presence") {
      messages.push({ topic: `${base}/status`, payload: JSON.stringify({ online: event.online }) });
    } else {
      messages.push({ topic: `${base}/event`, payload: JSON.stringify({ ts, ...event }) });
    }
  }
  return messages;
}
