import { HOUR } from "../../domain/time.ts";
import { alarmed, atLevel, below, flagged, raised } from "../judges.ts";
import type { Rule } from "../rule.ts";

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
    matter: [],
    target: { minutes: 8 * 60, clock: "W" },
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
        kinds: ["person", "bin", "foodWastePoint", "pestTrap", "camera", "vehicle", "toilet"],
        subtype: "battery",
        judge: below("batteryPct", 20, 25, [[10, 3]]),
        opens: { samples: 2 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: ["bin", "vehicle", "person", "camera", "toilet", "station", "foodWastePoint", "pestTrap"],
        subtype: "tamper",
        judge: atLevel(3, raised("tamper")),
        opens: { samples: 1 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: ["bin", "vehicle", "person", "toilet", "station", "foodWastePoint", "pestTrap"],
        subtype: "outOfRange",
        judge: flagged(["outOfRange"]),
        opens: { samples: 3 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: ["bin", "vehicle", "person", "toilet", "station", "foodWastePoint", "pestTrap", "camera"],
        subtype: "clock",
        judge: flagged(["clockFuture", "clockPast", "clockDefault"]),
        opens: { samples: 3 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: ["bin", "vehicle", "toilet", "station"],
        subtype: "sensor",
        judge: flagged(["sensorError"]),
        opens: { samples: 3 },
        clears: { holdMs: HOUR },
      },
      {
        kinds: ["camera", "vehicle", "station", "gateway"],
        subtype: "reported",
        judge: alarmed("fault"),
        opens: { samples: 1 },
        clears: null,
      },
    ],
    matter: [],
    target: { minutes: 3 * 8 * 60, clock: "W" },
    closesAfterMs: HOUR,
    thresholds: { batteryPct: 20, urgentBatteryPct: 10, skewMinutes: 5 },
    enabled: true,
  },
];
