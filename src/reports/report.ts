import type { Alert } from "../domain/alert.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { KpiAnswer } from "../kpi/answer.ts";
import type { CityIndex, gradeOf } from "../kpi/city-index.ts";
import type { Scope } from "../kpi/measures.ts";
import { type ReportGroup, type ReportNote, reportGroups } from "./period.ts";

/** What a period was like, frozen: the same figures as on the wall, as they stood when the report was made. */

/** Figures that are told apart by community, grid, line and contractor: one page, not a book. */
export const headline: readonly string[] = [
  "case.close_on_time",
  "case.handle_on_time",
  "case.rework_rate",
  "bin.overflow_on_time",
  "alert.mttc",
  "spot.relapse_rate",
  "sweep.completion",
  "collect.on_time",
  "person.attendance",
  "device.online",
];

export interface RuleFigures {
  readonly ruleId: string;
  readonly opened: number;
  readonly closed: number;
  readonly falsePositive: number;
  /** Half of those that were cleared took less. */
  readonly medianMinutesToClear: number | null;
}

export interface HotSpot {
  readonly ruleId: string;
  readonly lat: number;
  readonly lon: number;
  readonly timesIn30Days: number;
  readonly relapses: number;
}

/** A score of the city with the grade it stands for. */
export type GradedIndex = CityIndex & { readonly grade: ReturnType<typeof gradeOf> };

export interface Report extends ReportNote {
  readonly timeZone: string;
  /** When it became what it stays; null while the period runs or late data is waited for. */
  readonly frozenAt: Millis | null;
  readonly figures: readonly KpiAnswer[];
  readonly groups: Readonly<Record<ReportGroup, readonly KpiAnswer[]>>;
  readonly alerts: {
    readonly opened: number;
    readonly byLevel: Readonly<Record<1 | 2 | 3 | 4, number>>;
    readonly byRule: readonly RuleFigures[];
    /** Opened in each hour of a day, or on each day of a longer period. */
    readonly overTime: readonly { readonly from: Millis; readonly opened: number }[];
  };
  readonly hotSpots: readonly HotSpot[];
  /** What the city had published by the period's end, newest first. */
  readonly cityIndex: readonly GradedIndex[];
}

/** Counts the alerts that opened in a period; merged ones are told with those they were merged into. */
export class AlertTally {
  readonly #from: Millis;
  readonly #stepMs: Millis;
  readonly #byLevel: Record<1 | 2 | 3 | 4, number> = { 1: 0, 2: 0, 3: 0, 4: 0 };
  readonly #byRule = new Map<string, { opened: number; closed: number; falsePositive: number; minutes: number[] }>();
  readonly #overTime: number[];

  constructor({ kind, from, to }: Pick<ReportNote, "kind" | "from" | "to">) {
    this.#from = from;
    this.#stepMs = kind === "day" ? HOUR : 24 * HOUR;
    this.#overTime = new Array(Math.max(1, Math.round((to - from) / this.#stepMs))).fill(0);
  }

  add({ ruleId, level, state, openedAt, clearedAt }: Alert): void {
    if (state === "merged") return;
    const rule = this.#byRule.get(ruleId) ?? { opened: 0, closed: 0, falsePositive: 0, minutes: [] };
    this.#byRule.set(ruleId, rule);
    rule.opened++;
    if (state === "closed") rule.closed++;
    if (state === "falsePositive") rule.falsePositive++;
    if (clearedAt !== null) rule.minutes.push((clearedAt - openedAt) / MINUTE);
    this.#byLevel[level]++;
    const step = Math.min(this.#overTime.length - 1, Math.floor((openedAt - this.#from) / this.#stepMs));
    if (step >= 0) this.#overTime[step] = (this.#overTime[step] ?? 0) + 1;
  }

  finish(): Report["alerts"] {
    const byRule = [...this.#byRule].map(([ruleId, { minutes, ...counts }]) => ({
      ruleId,
      ...counts,
      medianMinutesToClear: median(minutes),
    }));
    return {
      opened: byRule.reduce((sum, { opened }) => sum + opened, 0),
      byLevel: { ...this.#byLevel },
      byRule: byRule.sort((a, b) => b.opened - a.opened),
      overTime: this.#overTime.map((opened, step) => ({ from: this.#from + step * this.#stepMs, opened })),
    };
  }
}

function median(values: number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] as number, sorted[Math.floor(middle)] as number];
  return Math.round(((low + high) / 2) * 10) / 10;
}

/** Which scope a group of a report is told apart by. */
export const scopeOf = (group: ReportGroup): keyof Scope => reportGroups[group];
