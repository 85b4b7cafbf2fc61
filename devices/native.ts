import type { z } from "zod";
import { type Kind, kindNames, kinds } from "../src/domain/kinds.ts";
import type { Observation } from "../src/domain/observation.ts";
import { type Driver, defineDevice } from "./driver.ts";
import {
  allowedMetrics,
  eventOf,
  eventOfKind,
  fieldsOf,
  isResult,
  observe,
  type Reading,
  reply,
  status,
  telemetryOf,
} from "./native-messages.ts";

const SAMPLE_AT = 1_790_000_000_000;

function telemetryDriver(kind: Kind): Driver<Reading | Reading[]> {
  const allowed = allowedMetrics(kind);
  return defineDevice({
    id: `kerbside/${kind}/telemetry`,
    kind,
    title: { en: `${kinds[kind].title.en}: readings`, zh: `${kinds[kind].title.zh}：读数` },
    topics: [`kerbside/v1/${kind}/{device}/telemetry`],
    payload: telemetryOf(kind),
    decode(payload, context) {
      if (!Array.isArray(payload)) {
        const observed = observe(payload, context, allowed);
        return isResult(observed) ? observed : { observations: [observed] };
      }
      const observations: Observation[] = [];
      for (const message of payload) {
        const observed = observe(message, context, allowed);
        if (isResult(observed)) return observed;
        observations.push(observed);
      }
      return { observations };
    },
    encode: (observation, device) =>
      observation.event
        ? null
        : {
            topic: `kerbside/v1/${device.kind}/${device.id}/telemetry`,
            payload: { ...(observation.at !== null && { ts: observation.at }), ...observation.metrics },
          },
    samples: [
      {
        name: "one reading",
        topic: `kerbside/v1/${kind}/device-1/telemetry`,
        payload: { ts: SAMPLE_AT, batteryPct: 80, lat: 22.72, lon: 113.9 },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: { batteryPct: 80, lat: 22.72, lon: 113.9 },
          },
        ],
      },
      {
        name: "two readings, times in seconds and ISO 8601, a fix that is none",
        topic: `kerbside/v1/${kind}/device-1/telemetry`,
        payload: [
          { ts: SAMPLE_AT / 1_000, batteryPct: 80 },
          { ts: "2026-09-21T22:13:30.5+08:00", lat: 0, lon: 0, tempC: 900 },
        ],
        observations: [
          { device: "device-1", at: SAMPLE_AT, atSource: "device", metrics: { batteryPct: 80 } },
          {
            device: "device-1",
            at: Date.UTC(2026, 8, 21, 14, 13, 30, 500),
            atSource: "device",
            metrics: {},
            quality: ["outOfRange", "zeroFix"],
          },
        ],
      },
      {
        name: "no time, and a clock that was never set",
        topic: `kerbside/v1/${kind}/device-1/telemetry`,
        payload: [{ batteryPct: 80 }, { ts: 5, batteryPct: 79 }],
        observations: [
          { device: "device-1", at: null, atSource: "receiveTime", metrics: { batteryPct: 80 } },
          {
            device: "device-1",
            at: null,
            atSource: "receiveTime",
            metrics: { batteryPct: 79 },
            quality: ["clockDefault"],
          },
        ],
      },
    ],
    rejects: [
      { batteryPct: "full" },
      [],
      "text",
      { ts: "2026-09-21T22:13:30", batteryPct: 1 },
      { ts: SAMPLE_AT, id: "other", batteryPct: 1 },
    ],
  });
}

function eventDriver(kind: Kind): Driver<z.infer<ReturnType<typeof eventOfKind>>> {
  const allowed = allowedMetrics(kind);
  const sample = {
    type: "detection",
    category: "illegalDumping",
    phase: "start",
    confidence: 0.91,
    eventId: "e-1",
    bbox: [0.1, 0.2, 0.3, 0.4],
  } as const;
  return defineDevice({
    id: `kerbside/${kind}/event`,
    kind,
    title: { en: `${kinds[kind].title.en}: events`, zh: `${kinds[kind].title.zh}：事件` },
    topics: [`kerbside/v1/${kind}/{device}/event`],
    payload: eventOfKind(kind),
    decode(payload, context) {
      const observed = observe(payload, context, allowed, eventOf(payload));
      if (isResult(observed)) return observed;
      // A press of the button is a state as well as an event: rules see both in the same way.
      const pressed = observed.event?.type === "alarm" && observed.event.code === "sos";
      return { observations: [pressed ? { ...observed, metrics: { ...observed.metrics, sos: 1 } } : observed] };
    },
    encode(observation, device) {
      const fields = observation.event && fieldsOf(observation.event);
      if (!fields) return null;
      return {
        topic: `kerbside/v1/${device.kind}/${device.id}/event`,
        payload: { ...(observation.at !== null && { ts: observation.at }), ...fields, ...observation.metrics },
      };
    },
    samples: [
      {
        name: "an AI sighting",
        topic: `kerbside/v1/${kind}/device-1/event`,
        payload: { ts: SAMPLE_AT, ...sample, lat: 22.71, lon: 113.89 },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: { lat: 22.71, lon: 113.89 },
            event: sample,
          },
        ],
      },
      {
        name: "a sighting in the words of the model",
        topic: `kerbside/v1/${kind}/device-1/event`,
        payload: { ts: SAMPLE_AT, type: "detection", label: "baolulaji", confidence: 0.8 },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: {},
            event: {
              type: "detection",
              category: "exposedGarbage",
              phase: "pulse",
              confidence: 0.8,
              label: "baolulaji",
            },
          },
        ],
      },
      {
        name: "a call for help is an alarm and a state",
        topic: `kerbside/v1/${kind}/device-1/event`,
        payload: { ts: SAMPLE_AT, type: "sos", batteryPct: 40 },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: { batteryPct: 40, sos: 1 },
            event: { type: "alarm", code: "sos" },
          },
        ],
      },
      {
        name: "a card, with fields of its own",
        topic: `kerbside/v1/${kind}/device-1/event`,
        payload: { ts: SAMPLE_AT, type: "card", code: "refused", cardId: "04A1", attempts: 3 },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: {},
            event: { type: "card", code: "refused", details: { cardId: "04A1", attempts: 3 } },
          },
        ],
      },
    ],
    rejects: [{ ts: SAMPLE_AT }, { type: 7 }, [], { type: "detection", confidence: 2 }],
  });
}

function statusDriver(kind: Kind): Driver<z.infer<typeof status>> {
  return defineDevice({
    id: `kerbside/${kind}/status`,
    kind,
    title: { en: `${kinds[kind].title.en}: presence`, zh: `${kinds[kind].title.zh}：在线状态` },
    topics: [`kerbside/v1/${kind}/{device}/status`],
    payload: status,
    decode(payload, context) {
      // A last will carries the time of the connect, if any: when it arrives is when the link was gone.
      const presence: Observation = {
        device: context.parameters.device ?? "",
        at: null,
        atSource: "receiveTime",
        metrics: {},
        event: { type: "presence", online: payload.online },
      };
      return { observations: [presence] };
    },
    encode: (observation, device) =>
      observation.event?.type === "presence"
        ? {
            topic: `kerbside/v1/${device.kind}/${device.id}/status`,
            payload: { online: observation.event.online },
          }
        : null,
    samples: [
      {
        name: "last will",
        topic: `kerbside/v1/${kind}/device-1/status`,
        payload: { online: false },
        observations: [
          {
            device: "device-1",
            at: null,
            atSource: "receiveTime",
            metrics: {},
            event: { type: "presence", online: false },
          },
        ],
      },
    ],
    rejects: [{}, { online: "yes" }],
  });
}

function replyDriver(kind: Kind): Driver<z.infer<typeof reply>> {
  return defineDevice({
    id: `kerbside/${kind}/reply`,
    kind,
    title: { en: `${kinds[kind].title.en}: answers to commands`, zh: `${kinds[kind].title.zh}：指令回复` },
    topics: [`kerbside/v1/${kind}/{device}/reply`],
    payload: reply,
    decode(payload, context) {
      const { id, ok, result } = payload;
      const observed = observe({ ts: payload.ts }, context, [], {
        type: "reply",
        code: ok ? "ok" : "failed",
        details: { id, ...(result !== undefined && { result }) },
      });
      return isResult(observed) ? observed : { observations: [observed] };
    },
    encode(observation, device) {
      if (observation.event?.type !== "reply") return null;
      const { code, details } = observation.event;
      return {
        topic: `kerbside/v1/${device.kind}/${device.id}/reply`,
        payload: { ...(observation.at !== null && { ts: observation.at }), ok: code === "ok", ...details },
      };
    },
    samples: [
      {
        name: "done",
        topic: `kerbside/v1/${kind}/device-1/reply`,
        payload: { ts: SAMPLE_AT, id: "c-1", ok: true },
        observations: [
          {
            device: "device-1",
            at: SAMPLE_AT,
            atSource: "device",
            metrics: {},
            event: { type: "reply", code: "ok", details: { id: "c-1" } },
          },
        ],
      },
    ],
    rejects: [{ id: 5, ok: true }, {}],
  });
}

/** The native dialect of every kind: four channels each. */
export const nativeDrivers: readonly Driver[] = kindNames.flatMap((kind) => [
  telemetryDriver(kind) as Driver,
  eventDriver(kind) as Driver,
  statusDriver(kind) as Driver,
  replyDriver(kind) as Driver,
]);
