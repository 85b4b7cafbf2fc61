import type { Center } from "../center/access.ts";
import { invalid } from "../domain/problem.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { answerKpis } from "../kpi/answer.ts";
import { kpiCatalogue } from "../kpi/catalogue.ts";
import { CITY_INDEX, firstMonthOf, gradeOf, indexesIn } from "../kpi/city-index.ts";
import { type ReportGroup, type ReportKind, type ReportPeriod, reportGroups, reportId, reportKinds } from "./period.ts";
import { AlertTally, type GradedIndex, headline, type Report, scopeOf } from "./report.ts";

const ALERTS_AT_ONCE = 500;
const HOT_SPOTS = 20;
/** A year of quarters. */
const CITY_INDEXES = 4;
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

  const periodAt = (kind: ReportKind, at: Millis): ReportPeriod => {
    const { from, to } = spanOf(kind, at);
    return { id: reportId(kind, from, calendar), kind, from, to };
  };

  /** What the city had scored by then, newest first. */
  const cityIndexUntil = async (to: Millis): Promise<GradedIndex[]> => {
    const month = kpis.periods.dateAt(to - 1).slice(0, 7);
    const published = indexesIn(await store.documents(CITY_INDEX)).filter((one) => firstMonthOf(one) <= month);
    return published
      .slice(-CITY_INDEXES)
      .reverse()
      .map((one) => ({ ...one, grade: gradeOf(one) }));
  };

  const make = async (kind: ReportKind, at: Millis, now: Millis, signal?: AbortSignal): Promise<Report> => {
    const { id, from, to } = periodAt(kind, at);
    if (from >= now) throw invalid("this period has not begun yet", { from });
    // Figures are made of whole hours.
    const hour = kpis.periods.start("hour", now);
    const until = Math.min(to, hour === now ? now : kpis.periods.next("hour", now));
    const parts = {
      store,
      periods: kpis.periods,
      desks,
      openCases: kpis.openCases,
      live: kpis.live,
      ...(signal && { signal }),
    };
    const question = { from, to: until, period: null };
    const chosen = kpiCatalogue.filter(({ id }) => headline.includes(id));
    const groups = {} as Record<ReportGroup, Report["groups"][ReportGroup]>;
    for (const group of Object.keys(reportGroups) as ReportGroup[]) {
      const answers = await answerKpis({ ...question, kpis: chosen, by: [scopeOf(group)] }, parts, now);
      groups[group] = answers.filter(({ group: found }) => Object.values(found).some((name) => name !== ""));
    }
    const tally = new AlertTally({ kind, from, to });
    for (let cursor: string | null | undefined; cursor !== null; ) {
      signal?.throwIfAborted();
      const page = await store.alerts({ from, to: until, limit: ALERTS_AT_ONCE, ...(cursor && { cursor }) });
      for (const alert of page.items) tally.add(alert);
      cursor = page.next;
    }
    return {
      id,
      kind,
      from,
      to,
      madeAt: now,
      timeZone: calendar.timeZone,
      frozenAt: now < to + afterMs ? null : now,
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
      cityIndex: await cityIndexUntil(to),
    };
  };

  /**
   * A report of a period that has ended is kept, and never made again: two who print it hold the same figures.
   * @param signal ends the making when nobody waits for it any more
   */
  const kept = async (kind: ReportKind, at: Millis, now: Millis, signal?: AbortSignal): Promise<Report> => {
    const known = await store.report(periodAt(kind, at).id);
    // Kept before reports told of these.
    if (known) return { ...known, frozenAt: known.frozenAt ?? known.madeAt, cityIndex: known.cityIndex ?? [] };
    const report = await make(kind, at, now, signal);
    if (report.frozenAt === null) return report;
    await center.operate((_now, changes) => void changes.reports.push(report));
    return (await store.report(report.id)) ?? report;
  };

  /** Makes what is due. A period in which nothing happened gets no report by itself. */
  const makeDue = async (now: Millis): Promise<readonly string[]> => {
    const made: string[] = [];
    for (const kind of reportKinds) {
      const { id, from } = periodAt(kind, kpis.periods.start(kind, now - afterMs) - HOUR);
      if (await store.report(id)) continue;
      const report = await make(kind, from, now);
      // What is looked up instead of counted says nothing of the period.
      const counted = report.figures.some(({ value, numerator }) => numerator !== null && value);
      if (report.alerts.opened === 0 && !counted) continue;
      await center.operate((_now, changes) => void changes.reports.push(report));
      made.push(id);
    }
    return made;
  };

  /** Periods whose reports are preliminary: the one that runs, and before it the one that still waits for late data. */
  const running = (kind: ReportKind, now: Millis): readonly ReportPeriod[] => {
    const current = periodAt(kind, now);
    const before = periodAt(kind, current.from - HOUR);
    return now < before.to + afterMs ? [current, before] : [current];
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

  return { kept, makeDue, running, stop: () => clearInterval(looks) };
}
export type Reports = ReturnType<typeof createReports>;
