import { HOUR, MINUTE } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";

/** The health of those who work. Thresholds await an occupational physician's word; stillness alone accuses nobody. */
export const people: readonly Rule[] = [
  {
    id: "person.health",
    title: { en: "Abnormal vital signs, fall, heat", zh: "体征异常/跌倒/中暑风险" },
    level: 2,
    checks: [
      {
        kinds: ["person"],
        subtype: "fall",
        judge: { type: "raised", metric: "fall", level: 1 },
        opens: { samples: 1 },
        clears: null,
        evenLate: true,
      },
      {
        kinds: ["person"],
        subtype: "heartRate",
        judge: { type: "restingHeartRate", low: 45, high: 150, reset: 5 },
        opens: { holdMs: 3 * MINUTE },
        clears: { holdMs: 15 * MINUTE },
      },
      {
        // Felt at the badge; an hour of it outdoors is what counts.
        kinds: ["person"],
        subtype: "heat",
        judge: { type: "feltHeat", set: 41, reset: 38 },
        opens: { holdMs: HOUR },
        clears: { holdMs: 15 * MINUTE },
      },
    ],
    matter: [],
    target: { minutes: 10, clock: "U" },
    closesAfterMs: null,
    enabled: true,
  },
];
