import type { Millis } from "../domain/time.ts";
import { atWork } from "./duty.ts";
import type { LiveDuty } from "./duty-desk.ts";
import type { StopState } from "./stops.ts";
import type { LiveSweep } from "./sweeps.ts";
import type { LiveTask } from "./tasks.ts";

/** The day in a few numbers, for walls. */
export interface OperationsSummary {
  /** `onDuty`: somebody of it is there; `due`: somebody of it should be. */
  readonly crews: { readonly onDuty: number; readonly due: number };
  /** Leave is left out. `due`: their time is now. */
  readonly people: { readonly onDuty: number; readonly due: number; readonly scheduled: number };
  /** `due`: their time to leave has come. */
  readonly vehicles: { readonly started: number; readonly due: number; readonly scheduled: number };
  readonly stops: { readonly served: number; readonly onTime: number; readonly planned: number };
  /** Of sections whose window has begun. `coverage` 0 to 1: their mean; null when there are none. */
  readonly sweeps: { readonly planned: number; readonly coverage: number | null };
  readonly tasks: { readonly done: number; readonly overdue: number; readonly due: number };
}

/**
 * Counts what was planned for one day and how it stands. A night shift of the day before counts while it lasts.
 * @param date the local day as `2026-10-01`
 */
export function summaryOf(
  work: {
    readonly duties: Iterable<LiveDuty>;
    readonly stops: Iterable<{ readonly planned: { readonly date: string }; readonly state: StopState }>;
    readonly sweeps: Iterable<LiveSweep>;
    readonly tasks: Iterable<LiveTask>;
  },
  date: string,
  now: Millis,
): OperationsSummary {
  const people = { onDuty: 0, due: 0, scheduled: 0 };
  const vehicles = { started: 0, due: 0, scheduled: 0 };
  const there = new Set<string>();
  const due = new Set<string>();
  for (const { duty, state } of work.duties) {
    const lasts = now >= duty.from && now < duty.to;
    if (duty.onLeave || (duty.date !== date && !lasts)) continue;
    const present = lasts && atWork.has(state.state);
    if (lasts && duty.crewId !== null) due.add(duty.crewId);
    if (present && duty.crewId !== null) there.add(duty.crewId);
    if (duty.kind === "person") {
      people.scheduled++;
      if (lasts) people.due++;
      if (present) people.onDuty++;
    } else {
      vehicles.scheduled++;
      if (now >= duty.from) vehicles.due++;
      if ("startedAt" in state && state.startedAt !== null) vehicles.started++;
    }
  }
  const stops = { served: 0, onTime: 0, planned: 0 };
  for (const { planned, state } of work.stops) {
    if (planned.date !== date) continue;
    stops.planned++;
    if (state.servedAt !== null) stops.served++;
    if (state.onTime === true) stops.onTime++;
  }
  const shares: number[] = [];
  for (const { planned, state } of work.sweeps) {
    if (planned.date === date && planned.from <= now) shares.push(state.share);
  }
  const coverage = shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const tasks = { done: 0, overdue: 0, due: 0 };
  for (const { planned, state } of work.tasks) {
    if (planned.date !== date || state.status === "cancelled") continue;
    tasks.due++;
    if (state.status === "done") tasks.done++;
    if (state.raised) tasks.overdue++;
  }
  return {
    crews: { onDuty: there.size, due: due.size },
    people,
    vehicles,
    stops,
    sweeps: { planned: shares.length, coverage },
    tasks,
  };
}
