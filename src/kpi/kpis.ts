import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Place } from "../domain/place.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import { type CaseContext, type CaseRecord, contributionsOf, counts, follow, RELAPSE_MS } from "./cases.ts";
import { type KpiChanges, KpiDraft, type KpiRecord } from "./ledger.ts";
import type { Live } from "./live.ts";
import type { Contribution, Scope } from "./measures.ts";
import { createPeriods, type Periods } from "./periods.ts";
import { createPopulation } from "./population.ts";
import { createReadingFigures } from "./readings.ts";
import { createTickets, type TicketInput } from "./tickets.ts";
import { createToilets } from "./toilets.ts";

export interface KpiParts {
  readonly restored: { readonly kpiRecords: readonly KpiRecord[]; readonly alerts: readonly Alert[] };
  readonly calendar: Calendar;
  /** What rules and registers say about an alert: whether its rule counts recurrence, whose work it is. */
  readonly contextOf: (alert: Alert) => CaseContext;
  readonly startedAt: Millis;
  readonly live: Live;
}

export interface Kpis {
  readonly periods: Periods;
  /** Figures that are looked up. */
  readonly live: Live;
  /** Counts what a reading says. */
  see(observation: SeenObservation, changes: Changes): void;
  /** A device is heard of, falls silent, is heard again, or is gone (null); `changes` null while the center starts. */
  presence(subject: Subject, online: boolean | null, now: Millis, changes: Changes | null): void;
  /** For everything else that is counted: shifts, routes, tasks. */
  add(contribution: Contribution, changes: Changes): void;
  /** A record of somebody else contributes something else than before; both sides are given, nothing is looked up. */
  replace(id: string, before: readonly Contribution[], after: readonly Contribution[], changes: Changes): void;
  /** A case of another system: a citizen's ticket. */
  ticket(input: TicketInput, changes: Changes): void;
  tick(now: Millis, changes: Changes): void;
  readonly nextDueAt: Millis;
  /** What the batch's alerts change; the last word before its commit. */
  complete(changes: Changes): KpiChanges | null;
  /** Replaces what was reckoned of cases by what a history of alerts says. */
  rebuild(history: readonly { alert: Alert; timeline: readonly TimelineEntry[] }[], changes: Changes): void;
  /** Cases that are due and still open, for what a period inherits. */
  openCases(): Iterable<CaseRecord>;
  devicesByKind(): ReadonlyMap<string, { readonly due: number; readonly online: number }>;
}

const RECKON_EVERY_MS = 5 * MINUTE;

/** Figures, kept up to date by what changes. @see Kpis */
export function createKpis({ restored, calendar, contextOf, startedAt, live }: KpiParts): Kpis {
  const periods = createPeriods(calendar);
  const cases = new Map<string, CaseRecord>();
  for (const { id, body } of restored.kpiRecords) {
    if (!id.includes(":")) cases.set(id, body as unknown as CaseRecord);
  }
  const toilets = createToilets(restored.kpiRecords, calendar);
  const tickets = createTickets(restored.kpiRecords);
  const figures = createReadingFigures(calendar);
  const population = createPopulation(periods, calendar, startedAt);
  let nextReckonAt = startedAt + RECKON_EVERY_MS;

  const draftOf = (changes: Changes): KpiDraft => {
    changes.kpi ??= new KpiDraft((at) => periods.start("hour", at));
    return changes.kpi;
  };

  const reckonCase = (alert: Pick<Alert, "id">, before: CaseRecord | undefined, after: CaseRecord, recurs: boolean) => {
    cases.set(alert.id, after);
    const of = (record: CaseRecord | undefined) =>
      record ? contributionsOf(record, { recurs }, periods, (at) => calendar.hourOfDay(at)) : [];
    return [of(before), of(after)] as const;
  };

  const put = (before: CaseRecord | undefined, after: CaseRecord, recurs: boolean, draft: KpiDraft) => {
    if (before && JSON.stringify(before) === JSON.stringify(after)) return;
    const [was, is] = reckonCase(after, before, after, recurs);
    draft.replace(after.id, was, is, JSON.parse(JSON.stringify(after)));
  };

  /** The one before it did not last: unless this one was no problem after all. */
  const markRelapse = (after: CaseRecord, recurrenceOf: string | null, recurs: boolean, draft: KpiDraft) => {
    const earlier = recurrenceOf !== null && recurs ? cases.get(recurrenceOf) : undefined;
    if (earlier) put(earlier, { ...earlier, relapsed: counts(after) }, recurs, draft);
  };

  const settleOld = (now: Millis, draft: () => KpiDraft) => {
    for (const [id, { closedAt }] of cases) {
      if (closedAt === null || now - closedAt <= RELAPSE_MS + RECKON_EVERY_MS) continue;
      cases.delete(id);
      draft().settle(id);
    }
    toilets.settle(now, draft);
    tickets.settle(now, draft);
  };

  return {
    periods,
    live,
    see(observation, changes) {
      const scope = scopeOf(observation.subject);
      const draft = () => draftOf(changes);
      figures(observation, scope, draft);
      if (observation.subject.device.kind === "toilet") toilets.see(observation, scope, draft);
    },
    presence: (subject, online, now, changes) =>
      population.presence(subject.id, scopeOf(subject), online, now, changes && (() => draftOf(changes))),
    add: (contribution, changes) => draftOf(changes).add(contribution),
    replace: (id, before, after, changes) => draftOf(changes).replace(`other:${id}`, before, after, null),
    ticket: (input, changes) => tickets.put(input, draftOf(changes)),

    tick(now, changes) {
      if (now < nextReckonAt) return;
      nextReckonAt = now + RECKON_EVERY_MS;
      const draft = () => draftOf(changes);
      population.reckon(now, draft);
      settleOld(now, draft);
    },
    get nextDueAt() {
      return nextReckonAt;
    },

    complete(changes) {
      const told = Map.groupBy(changes.timeline, ({ alertId }) => alertId);
      for (const alert of changes.alerts.values()) {
        const entries = told.get(alert.id) ?? [];
        const before = cases.get(alert.id);
        // One that was settled long ago is only archived or merged for the records.
        if (!before && !entries.some(({ action }) => action === "open")) continue;
        const context = contextOf(alert);
        const after = follow(before ?? null, alert, entries, context);
        put(before, after, context.recurs, draftOf(changes));
        if (!before || counts(before) !== counts(after)) {
          markRelapse(after, alert.recurrenceOf, context.recurs, draftOf(changes));
        }
      }
      return changes.kpi && !changes.kpi.empty ? changes.kpi.finish() : null;
    },

    rebuild(history, changes) {
      cases.clear();
      const draft = draftOf(changes);
      const ordered = [...history].sort((a, b) => a.alert.openedAt - b.alert.openedAt);
      draft.startAnew(
        ordered.reduce((oldest, { alert }) => Math.min(oldest, alert.firstAt), ordered[0]?.alert.openedAt ?? 0),
      );
      for (const { alert, timeline } of ordered) {
        const context = contextOf(alert);
        const after = follow(null, alert, timeline, context);
        put(undefined, after, context.recurs, draft);
        markRelapse(after, alert.recurrenceOf, context.recurs, draft);
      }
    },

    openCases: () => cases.values(),
    devicesByKind: () => population.byKind(),
  };
}

const placeScope = (place: Place | null): Pick<Scope, "communityId" | "gridId"> => ({
  communityId: place?.communityId ?? "",
  gridId: place?.gridId ?? "",
});

function scopeOf({ device, place }: Subject): Scope {
  return { ...placeScope(place), line: "", contractor: "", level: 0, category: device.kind, source: "" };
}
