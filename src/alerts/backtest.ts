import { Changes } from "../center/changes.ts";
import { defaultWorldLimits, World } from "../center/world.ts";
import type { Geography } from "../district/geography.ts";
import type { Alert } from "../domain/alert.ts";
import type { Calendar, DayWindows } from "../domain/calendar.ts";
import type { Device } from "../domain/device.ts";
import { invalid } from "../domain/problem.ts";
import { DAY, type Millis } from "../domain/time.ts";
import type { History } from "../store/history.ts";
import { decodeReadings } from "../store/readings.ts";
import { catalogue } from "./catalogue.ts";
import { createAlerting } from "./engine.ts";
import type { Rule } from "./rule.ts";

export interface BacktestQuestion {
  readonly rule: Rule;
  readonly from: Millis;
  readonly to: Millis;
}

export interface BacktestAlert {
  readonly subjectId: string;
  readonly subtype: string | null;
  readonly level: number;
  readonly openedAt: Millis;
  readonly clearedAt: Millis | null;
  readonly count: number;
  readonly flapping: boolean;
}

/** What a rule would have raised. */
export interface BacktestResult {
  readonly alerts: readonly BacktestAlert[];
  readonly raised: number;
  readonly flapping: number;
  readonly subjects: number;
  readonly observations: number;
  readonly perDay: number;
}

/** Alerts shown one by one; the figures count all of them. */
const SHOWN = 500;
/** What is only tried has nobody to hurry. */
const ALWAYS: DayWindows = [[0, 24 * 60]];

/**
 * Lets one rule look at stored history, day by day, in an alert desk of its own. Nothing that lives is touched.
 * @param progress told after each day, with the share that is done
 * @throws Problem 400 for a rule without checks: what is derived from plans or silence cannot be replayed from readings
 */
export async function backtest(
  { rule, from, to }: BacktestQuestion,
  parts: {
    history: History;
    geography: Geography;
    calendar: Calendar;
    devices: readonly Device[];
    signal: AbortSignal;
  },
  progress: (share: number) => void,
): Promise<BacktestResult> {
  if (rule.checks.length === 0) throw invalid(`${rule.id} is not judged from readings, so it cannot be tried on them`);
  const kinds = new Set(rule.checks.flatMap((check) => check.kinds));
  const devices = parts.devices.filter(({ kind }) => kinds.has(kind));
  const byNumber = new Map(devices.map((device) => [device.number, device]));
  const world = new World({ current: parts.geography }, 0, defaultWorldLimits);
  for (const device of devices) world.deviceChanged(device.id, device);
  let lastId = 0;
  const alerting = createAlerting({
    district: {
      calendar: parts.calendar,
      subject: (id) => world.subject(id),
      subjects: () => world.subjects.values(),
      geography: parts.geography,
      errandsOf: () => [],
    },
    restored: { alerts: [], ruleStates: [], alertRev: 0, documents: [] },
    settings: {
      archiveAfterMs: 400 * DAY,
      attention: { nightHours: [0, 0], perHour: Number.POSITIVE_INFINITY },
      dispatch: { offerMs: 0, crewsAsked: 0 },
      undoMs: 0,
      hours: { dutyHours: ALWAYS, workingHours: ALWAYS },
    },
    startedAt: from,
    newId: () => `backtest-${++lastId}`,
    // The others are known and silent: a case of this one may be overdue, come back, or be contradicted.
    rules: [
      ...catalogue.filter(({ id }) => id !== rule.id).map((other) => ({ ...other, enabled: false })),
      { ...rule, enabled: true },
    ],
  });

  const raised = new Map<string, Alert>();
  let observations = 0;
  for (let day = from; day < to; day += DAY) {
    parts.signal.throwIfAborted();
    const until = Math.min(day + DAY, to);
    const packed = await parts.history.readings({ devices: [...byNumber.keys()], from: day, to: until }, parts.signal);
    let changes = new Changes();
    const collect = () => {
      for (const alert of changes.alerts.values()) if (alert.ruleId === rule.id) raised.set(alert.id, alert);
      changes = new Changes();
    };
    if (packed) {
      decodeReadings(packed, (reading) => {
        const device = byNumber.get(reading.device);
        const seen = device && world.replay(device, reading);
        if (!seen) return;
        observations++;
        alerting.tick(reading.at, changes);
        alerting.see(seen, reading.at, changes);
        if (changes.alerts.size > 0) collect();
      });
    }
    alerting.tick(until, changes);
    collect();
    progress((until - from) / (to - from));
  }
  const alerts = [...raised.values()].sort((a, b) => a.openedAt - b.openedAt);
  return {
    alerts: alerts.slice(0, SHOWN).map(({ subject, subtype, level, openedAt, clearedAt, count, flapping }) => ({
      subjectId: subject.id,
      subtype,
      level,
      openedAt,
      clearedAt,
      count,
      flapping,
    })),
    raised: alerts.length,
    flapping: alerts.filter(({ flapping }) => flapping).length,
    subjects: new Set(alerts.map(({ subject }) => subject.id)).size,
    observations,
    perDay: Number(((alerts.length * DAY) / (to - from)).toFixed(2)),
  };
}
