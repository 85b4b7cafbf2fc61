import { type Calendar, dateOf, dayOf } from "../domain/calendar.ts";
import type { Millis } from "../domain/time.ts";

/** Which periods are reported on, what their reports are named, and how figures are told apart in them. */

export const reportKinds = ["day", "week", "month"] as const;
export type ReportKind = (typeof reportKinds)[number];

/** How figures are told apart in a report. */
export const reportGroups = {
  community: "communityId",
  grid: "gridId",
  line: "line",
  contractor: "contractor",
} as const;
export type ReportGroup = keyof typeof reportGroups;

/** A period and the name of its report. */
export interface ReportPeriod {
  /** `day-2026-09-22`, `week-2026-09-21`, `month-2026-09-01`: the local date it begins on. */
  readonly id: string;
  readonly kind: ReportKind;
  /** Inclusive. */
  readonly from: Millis;
  /** Exclusive. */
  readonly to: Millis;
}

export interface ReportNote extends ReportPeriod {
  readonly madeAt: Millis;
}

export function reportId(kind: ReportKind, from: Millis, calendar: Calendar): string {
  return `${kind}-${dateOf(calendar.dayNumber(from))}`;
}

/** The kind and the local date a report's name stands for; null when it is none. */
export function periodOf(id: string): { readonly kind: ReportKind; readonly date: string } | null {
  const [, name = "", date = ""] = /^([a-z]+)-(\d{4}-\d{2}-\d{2})$/.exec(id) ?? [];
  const kind = reportKinds.find((one) => one === name);
  return kind && !Number.isNaN(dayOf(date)) ? { kind, date } : null;
}
