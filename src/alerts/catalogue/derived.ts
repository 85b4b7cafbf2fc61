import { HOUR } from "../../domain/time.ts";
import type { Rule } from "../rule.ts";
import { WORKING_DAY_MINUTES } from "./shared.ts";

export const RECURRENCE_RULE = "spot.recurrence";
export const BREACH_RULE = "case.sla_breach";

export const INFLUX_RULE = "center.influx";

/** Found in other alerts, or in the center itself, rather than in readings. */
export const derived: readonly Rule[] = [
  {
    id: RECURRENCE_RULE,
    title: { en: "Problem came back", zh: "反复回潮点位" },
    level: 3,
    checks: [],
    matter: [],
    target: { minutes: 2 * WORKING_DAY_MINUTES, clock: "W" },
    closesAfterMs: null,
    // 14 days quiet.
    quietMs: 14 * 24 * HOUR,
    thresholds: { radiusM: 30, withinHoursOfClosing: 72, timesIn30Days: 3, majorAt: 5 },
    enabled: true,
  },
  {
    id: BREACH_RULE,
    title: { en: "Case about to be overdue, or overdue", zh: "工单临期/超时" },
    level: 4,
    checks: [],
    matter: [],
    target: null,
    closesAfterMs: 0,
    thresholds: { warnShare: 0.8, breachShare: 1, breachLevel: 2, dutyManagerShare: 1.5 },
    enabled: true,
  },
  {
    id: INFLUX_RULE,
    title: { en: "InfluxDB does not follow", zh: "InfluxDB 未同步" },
    level: 4,
    checks: [],
    matter: [],
    target: null,
    closesAfterMs: 0,
    enabled: true,
  },
];
