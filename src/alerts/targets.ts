import { type Calendar, type DayWindows, dateOf } from "../domain/calendar.ts";
import type { AreaGrade } from "../domain/place.ts";
import { DAY, HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { Limit, Rule, Target } from "./rule.ts";

/**
 * The two clocks of an alert. The operational target counts minutes, the statutory limit urgent hours (紧急工作时, around
 * the clock), duty hours (工作时) or working days (工作日).
 */

/** Ordinary places get half as much again, edges twice the time. */
const GRADE_FACTOR: Readonly<Record<AreaGrade, number>> = { A: 1, B: 1.5, C: 2 };
/** No calendar is without a working day for longer than this. */
const LONGEST_SEARCH_DAYS = 4_000;

export interface TargetSettings {
  readonly calendar: Calendar;
  /** When the street teams work, every day. */
  readonly dutyHours: DayWindows;
  /** Office hours; they make up a working day. */
  readonly workingHours: DayWindows;
}

/** What stretches or shortens a time. */
export interface Circumstances {
  readonly level: number;
  readonly grade: AreaGrade | null;
  /** Storm mode was on when it opened. */
  readonly storm: boolean;
  /** The team's own duty hours, where they differ from the district's. */
  readonly teamHours?: DayWindows | undefined;
}

export interface Targets {
  /** Both clocks of an alert that opened at an instant; null where a rule knows none. */
  of(
    rule: Pick<Rule, "target" | "targets" | "limits" | "inStorm">,
    subtype: string | null,
    openedAt: Millis,
    circumstances: Circumstances,
  ): { readonly targetAt: Millis | null; readonly limitAt: Millis | null };
  /** When the operational target ends. `U` counts every minute, `D` duty hours only, `W` office hours of working days. */
  targetAt(from: Millis, target: Target, circumstances: Circumstances, rule?: Pick<Rule, "inStorm">): Millis;
  /** When the statutory limit ends. */
  limitAt(from: Millis, limit: Limit, circumstances: Circumstances, rule?: Pick<Rule, "inStorm">): Millis;
  /** When a share of the time between two instants has passed on a clock: at 1 it is `to`, beyond it goes on. */
  shareAt(from: Millis, to: Millis, clock: ClockName, share: number): Millis;
}

export type ClockName = Target["clock"] | Limit["unit"];

export function createTargets({ calendar, dutyHours, workingHours }: TargetSettings): Targets {
  const workingDayMs = workingHours.reduce((sum, [from, to]) => sum + (to - from) * MINUTE, 0);

  /** The instant at which so much time inside the windows has passed. */
  const after = (from: Millis, neededMs: Millis, windows: DayWindows, workingDaysOnly: boolean): Millis => {
    let rest = neededMs;
    const first = calendar.dayNumber(from);
    for (let day = first; day < first + LONGEST_SEARCH_DAYS; day++) {
      if (workingDaysOnly && calendar.dayKind(dateOf(day)) !== "workingDay") continue;
      for (const [opens, closes] of windows) {
        const start = Math.max(from, calendar.instant(day, opens));
        const available = calendar.instant(day, closes) - start;
        if (available <= 0) continue;
        if (rest <= available) return start + rest;
        rest -= available;
      }
    }
    return from + LONGEST_SEARCH_DAYS * DAY;
  };

  /** Time inside the windows between two instants. */
  const within = (from: Millis, to: Millis, windows: DayWindows, workingDaysOnly: boolean): Millis => {
    let sum = 0;
    for (let day = calendar.dayNumber(from); day <= calendar.dayNumber(to); day++) {
      if (workingDaysOnly && calendar.dayKind(dateOf(day)) !== "workingDay") continue;
      for (const [opens, closes] of windows) {
        sum += Math.max(0, Math.min(to, calendar.instant(day, closes)) - Math.max(from, calendar.instant(day, opens)));
      }
    }
    return sum;
  };

  const factor = ({ level, grade, storm }: Circumstances, inStorm: number | undefined): number =>
    (level === 1 || grade === null ? 1 : GRADE_FACTOR[grade]) * (storm ? (inStorm ?? 1) : 1);

  const targetAt: Targets["targetAt"] = (from, { minutes, clock }, circumstances, rule) => {
    const needed = minutes * MINUTE * factor(circumstances, rule?.inStorm);
    if (clock === "U") return from + needed;
    if (clock === "D") return after(from, needed, circumstances.teamHours ?? dutyHours, false);
    return after(from, needed, workingHours, true);
  };

  const limitAt: Targets["limitAt"] = (from, { amount, unit }, circumstances, rule) => {
    const times = amount * factor(circumstances, rule?.inStorm);
    if (unit === "urgentHours") return from + times * HOUR;
    if (unit === "dutyHours") return after(from, times * HOUR, circumstances.teamHours ?? dutyHours, false);
    return after(from, times * workingDayMs, workingHours, true);
  };

  return {
    targetAt,
    limitAt,
    shareAt(from, to, clock, share) {
      const straight = from + Math.round((to - from) * share);
      if (clock === "U" || clock === "urgentHours") return straight;
      const office = clock === "W" || clock === "workingDays";
      const windows = office ? workingHours : dutyHours;
      const available = within(from, to, windows, office);
      return available > 0 ? after(from, Math.round(available * share), windows, office) : straight;
    },
    of(rule, subtype, openedAt, circumstances) {
      const limit = limitOf(rule, subtype);
      const target = targetOf(rule, subtype);
      return {
        targetAt: target ? targetAt(openedAt, target, circumstances, rule) : null,
        limitAt: limit ? limitAt(openedAt, limit, circumstances, rule) : null,
      };
    },
  };
}

/** The limit that a rule's case table gives for a subtype, or null. */
export function limitOf(rule: Pick<Rule, "limits">, subtype: string | null): Limit | null {
  const limits = rule.limits ?? [];
  return (
    limits.find((limit) => limit.subtype === subtype) ?? limits.find(({ subtype }) => subtype === undefined) ?? null
  );
}

/** The operational target that a rule gives a subtype, or null. */
export function targetOf(rule: Pick<Rule, "target" | "targets">, subtype: string | null): Target | null {
  return rule.targets?.find((one) => one.subtype === subtype) ?? rule.target;
}
