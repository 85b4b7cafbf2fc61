import { kindNames } from "../../domain/kinds.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";
import { component, WORKING_DAY_MINUTES } from "./shared.ts";

/** Watched by `silence.ts`: what never comes cannot be judged. */
export const SILENCE_RULE = "device.offline";

/** The devices themselves. */
export const devices: readonly Rule[] = [
  {
    id: SILENCE_RULE,
    title: { en: "Device offline", zh: "设备离线" },
    level: 4,
    checks: [],
    upgrades: [
      { level: 3, attribute: "key" },
      { level: 3, afterMs: 2 * HOUR },
    ],
    // Filed as a fault of the component only where one is listed: a camera.
    matter: component("01050"),
    target: { minutes: WORKING_DAY_MINUTES, clock: "W" },
    closesAfterMs: 0,
    thresholds: { intervals: 3, atLeastMinutes: 15, massShare: 0.2, massMinutes: 10, clearMessages: 2 },
    enabled: true,
  },
  {
    id: "device.fault",
    title: { en: "Device fault", zh: "设备故障" },
    level: 4,
    checks: [
      {
        kinds: [...kindNames],
        subtype: "battery",
        judge: { type: "below", metric: "batteryPct", set: 20, reset: 25, levels: [[10, 3]] },
        opens: { samples: 2 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: [...kindNames],
        subtype: "tamper",
        judge: { type: "raised", metric: "tamper", level: 3 },
        opens: { samples: 1 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: [...kindNames],
        subtype: "outOfRange",
        judge: { type: "flagged", flags: ["outOfRange"] },
        opens: { samples: 3 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: [...kindNames],
        subtype: "clock",
        judge: { type: "flagged", flags: ["clockFuture", "clockPast", "clockDefault", "clockZone"] },
        opens: { samples: 3 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: [...kindNames],
        subtype: "sensor",
        judge: { type: "flagged", flags: ["sensorError"] },
        opens: { samples: 3 },
        clears: { holdMs: HOUR },
      },
      {
        // A level that stands still for a day above the bottom: a lid that stays open, a sensor that is stuck.
        kinds: ["bin", "station"],
        subtype: "stuck",
        judge: { type: "stuck", metric: "fillPct", forMs: DAY, restingAt: 5, readings: 12 },
        opens: { samples: 1 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: [...kindNames],
        subtype: "reported",
        judge: {
          type: "alarmed",
          codes: [
            ...[
              "fault",
              "sensorFault",
              "gnssFault",
              "gnssAntennaOpen",
              "gnssAntennaShort",
              "cameraFault",
              "displayFault",
            ],
            ...["icCardFault", "speedSensorFault", "mainPowerOff", "powerUnplugged", "jamming"],
          ],
          over: ["faultCleared", "normal"],
        },
        opens: { samples: 1 },
        clears: { holdMs: HOUR },
      },
    ],
    matter: [],
    target: { minutes: 3 * WORKING_DAY_MINUTES, clock: "W" },
    closesAfterMs: HOUR,
    enabled: true,
  },
];
