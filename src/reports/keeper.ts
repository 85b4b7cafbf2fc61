import type { Center } from "../center/access.ts";
import { invalid } from "../domain/problem.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { answerKpis } from "../kpi/answer.ts";
import { kpiCatalogue } from "../kpi/catalogue.ts";
import {
  AlertTally,
  headline,
  type Report,
  type ReportGroup,
  type ReportKind,
  reportGroups,
  reportId,
  reportKinds,
  scopeOf,
} from "./report.ts";

const ALERTS_AT_ONCE = 500;
const HOT_SPOTS = 20;
/** Three in 30 days make a spot hot (domain: spot.chronic). */
const HOT_FROM = 3;
const LOOKS_EVERY_MS = MINUTE;

export interface ReportSettings {
  /** How long after a period's end its report is made: late data still counts until then. */
  readonly afterMs: Millis;
  readonly desks: number;
}

/** Makes reports, keeps the ones of periods that have ended as they were, and makes those by itself when they are due. */
export function createReports(center: Center, { afterMs, desks }: ReportSettings, failed: (error: unknown) => void) {
  const { kpis, store, calendar, clock } = center;

  const spanOf = (kind: ReportKind, at: Millis) => ({
    from: kpis.periods.start(kind, at),
    to: kpis.periods.next(kind, at),
  });

  const make = async (kind: ReportKind, at: Millis, now: Millis): Promise<Report> => {
    const { from, to } = spanOf(kind, at);
    if (from >= now) throw invalid("this period has not begun yet", { from });
    // Figures are made of whole hours.
    const hour = kpis.periods.start("hour", now);
    const until = Math.min(to, hour === now ? now : kpis.periods.next("hour", now));
    const parts = { store, periods: kpis.periods, desks, openCases: kpis.openCases, live: kpis.live };
    const question = { from, to: until, period: null };
    const chosen = kpiCatalogue.filter(({ id }) => headline.includes(id));
    const groups = {} as Record<ReportGroup, Report["groups"][ReportGroup]>;
    for (const group of Object.keys(reportGroups) as ReportGroup[]) {
      const answers = await answerKpis({ ...question, kpis: chosen, by: [scopeOf(group)] }, parts, now);
      groups[group] = answers.filter(({ group: found }) => Object.values(found).some((name) => name !== ""));
    }
    const tally = new AlertTally({ kind, from, to });
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await store.alerts({ from, to: until, limit: ALERTS_AT_ONCE, ...(cursor && { cursor }) });
      for (const alert of page.items) tally.add(alert);
      cursor = page.next;
    }
    return {
      id: reportId(kind, from, calendar),
      kind,
      from,
      to,
      madeAt: now,
      timeZone: calendar.timeZone,
      figures: await answerKpis({ ...question, kpis: kpiCatalogue, by: [] }, parts, now),
      groups,
      alerts: tally.finish(),
      hotSpots: center.alerting
        .hotSpots(until, HOT_FROM)
        .slice(0, HOT_SPOTS)
        .map(({ ruleId, place: { lat, lon }, timesIn30Days, relapses }) => ({
          ruleId,
          lat,
          lon,
          timesIn30Days,
          relapses,
        })),
    };
  };

  /** A report of a period that has ended is kept, and never made again: two who print it hold the same figures. */
  const kept = async (kind: ReportKind, at: Millis, now: Millis): Promise<Report> => {
    const { from, to } = spanOf(kind, at);
    const known = await store.report(reportId(kind, from, calendar));
    if (known) return known;
    const report = await make(kind, at, now);
    if (now < to + afterMs) return report;
    await center.operate((_now, changes) => void changes.reports.push(report));
    return (await store.report(report.id)) ?? report;
  };

  /** Makes what is due. A period in which nothing happened gets no report by itself. */
  const makeDue = async (now: Millis): Promise<readonly string[]> => {
    const made: string[] = [];
    for (const kind of reportKinds) {
      const { from } = spanOf(kind, kpis.periods.start(kind, now - afterMs) - HOUR);
      const id = reportId(kind, from, calendar);
      if (await store.report(id)) continue;
      const report = await make(kind, from, now);
      if (report.alerts.opened === 0 && report.figures.every(({ value }) => value === null)) continue;
      await center.operate((_now, changes) => void changes.reports.push(report));
      made.push(id);
    }
    return made;
  };

  const nextDue = (now: Millis): Millis => kpis.periods.next("day", now - afterMs) + afterMs;
  let dueAt = clock.now();
  let looking = false;
  const look = async () => {
    const now = clock.now();
    if (looking || now < dueAt) return;
    looking = true;
    try {
      await makeDue(now);
      dueAt = nextDue(now);
    } finally {
      looking = false;
    }
  };
  const looks = setInterval(() => look().catch(failed), LOOKS_EVERY_MS);
  looks.unref();

  return { kept, makeDue, stop: () => clearInterval(looks) };
}
export type Reports = ReturnType<typeof createReports>;
