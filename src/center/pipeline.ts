import { crc32 } from "node:zlib";
import type { Decoder } from "../../devices/index.ts";
import type { Alerting } from "../alerts/alerting.ts";
import type { Device } from "../domain/device.ts";
import type { Observation } from "../domain/observation.ts";
import type { Millis } from "../domain/time.ts";
import type { InboundMessage } from "../ingest/inbox.ts";
import type { Kpis } from "../kpi/kpis.ts";
import type { Operations } from "../operations/engine.ts";
import type { Registry } from "./access.ts";
import type { Changes } from "./changes.ts";
import type { Quarantine } from "./quarantine.ts";
import { standingChanges } from "./standing.ts";
import type { SeenObservation } from "./subject.ts";
import type { World } from "./world.ts";

export interface PipelineParts {
  readonly decoder: Decoder;
  readonly registry: Registry;
  readonly world: World;
  readonly alerting: Alerting;
  readonly kpis: Pick<Kpis, "see">;
  readonly operations: Pick<Operations, "see">;
  readonly quarantine: Quarantine;
  /** Registers an unknown device a gateway speaks for; null when the center does not do that. */
  readonly autoRegister: ((observation: Observation, now: Millis, changes: Changes) => Device | null) | null;
}

export interface PipelineCounters {
  messages: number;
  observations: number;
  duplicates: number;
  late: number;
  outOfOrder: number;
}

/**
 * What one message does to the district, in order. Synchronous on purpose: nothing overtakes, nothing waits, and a batch
 * of messages is one transaction.
 */
export function createPipeline(parts: PipelineParts) {
  const { decoder, registry, world, operations, alerting, kpis, quarantine, autoRegister } = parts;
  const counters: PipelineCounters = { messages: 0, observations: 0, duplicates: 0, late: 0, outOfOrder: 0 };

  /** Who speaks for everybody may bring somebody new. */
  const registered = (message: InboundMessage, observation: Observation, now: Millis, changes: Changes) =>
    message.principal === null || message.principal.devices.has("*") ? autoRegister?.(observation, now, changes) : null;

  const apply = (message: InboundMessage, now: Millis, changes: Changes): void => {
    counters.messages++;
    if (message.refusal) {
      quarantine.add(message, message.refusal.reason, message.refusal.detail, changes);
      return;
    }
    const decoded = decoder.decode(message.topic, message.payload, message.receivedAt);
    if ("refused" in decoded) {
      quarantine.add(message, decoded.refused.reason, decoded.refused.detail, changes);
      return;
    }
    for (const problem of decoded.problems) quarantine.count(problem.reason);
    let index = 0;
    for (const observation of decoded.observations) {
      const device = registry.resolve(observation.device) ?? registered(message, observation, now, changes);
      if (!device) {
        quarantine.add(message, "unknownDevice", `no device ${observation.device} is registered`, changes);
        continue;
      }
      if (!maySpeakFor(message, device)) {
        const login = message.principal?.deviceId;
        quarantine.add(message, "notAllowed", `login ${login} may not speak for ${device.id}`, changes);
        continue;
      }
      const seen = observe(observation, device, message, index++, now, changes);
      if (!seen) {
        counters.duplicates++;
        continue;
      }
      if (device.kind === "bin" && seen.metrics.fillPct !== undefined && !seen.outOfOrder) {
        changes.levels.push({ device, at: seen.at, fillPct: seen.metrics.fillPct });
      }
      if (!observation.standing) continue;
      for (const event of standingChanges(seen.subject, observation.standing, seen.outOfOrder)) {
        observe({ ...observation, metrics: {}, event }, device, message, index++, now, changes);
      }
    }
  };

  const observe = (
    observation: Observation,
    device: Device,
    message: InboundMessage,
    index: number,
    now: Millis,
    changes: Changes,
  ): SeenObservation | null => {
    const seen = world.apply(observation, device, message.receivedAt, keyOf(observation, message, index), changes);
    if (!seen) return null;
    counters.observations++;
    if (seen.late) counters.late++;
    if (seen.outOfOrder) counters.outOfOrder++;
    operations.see(seen, now, changes);
    alerting.see(seen, now, changes);
    kpis.see(seen, changes);
    return seen;
  };

  return { apply, counters };
}

/** A device speaks for itself, a gateway for those it was given; an external broker has checked already. */
function maySpeakFor({ principal }: InboundMessage, device: Device): boolean {
  if (!principal || principal.deviceId === device.id) return true;
  return principal.gateway && (principal.devices.has("*") || principal.devices.has(device.id));
}

/**
 * The producer's own message key where there is one, else topic and payload: packet ids are reused, DUP is no identity.
 * Without either a key or a time, two equal messages cannot be told from one that was sent twice: both count.
 */
function keyOf(observation: Observation, message: InboundMessage, index: number): number {
  let base = observation.key === undefined ? crc32(message.payload, crc32(message.topic)) : crc32(observation.key);
  if (observation.key === undefined && observation.at === null) base ^= anonymousMessages++;
  return index === 0 ? base >>> 0 : Math.imul(base ^ index, 0x9e3779b1) >>> 0;
}

let anonymousMessages = 1;
