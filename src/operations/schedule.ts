import { type Calendar, dateOf } from "../domain/calendar.ts";
import type { Millis } from "../domain/time.ts";
import { appliesOn, type Span, spanOn } from "./days.ts";
import type { Ground } from "./ground.ts";
import type { Post, ProofDemand } from "./records.ts";
import type { Register } from "./register.ts";

/** What is to happen on one local day, derived from rosters, plans and tasks. Ids follow from them, so a restart finds them again. */

interface Planned extends Span {
  readonly id: string;
  readonly date: string;
  /** Roster, plan or task it comes from. */
  readonly sourceId: string;
  readonly crewId: string | null;
  readonly line: string | null;
}

/** A stretch of work of one badge or vehicle. */
export interface Duty extends Planned {
  readonly kind: "person" | "vehicle";
  readonly deviceId: string;
  readonly personId: string | null;
  readonly breaks: readonly Span[];
  /** Where a person is to be; vehicles have their rules about areas. */
  readonly post: Post | null;
  readonly onLeave: boolean;
}

/** A point that is to be served. */
export interface Stop extends Planned {
  readonly pointId: string;
  readonly vehicleId: string | null;
}

/** A road section that is to be swept. */
export interface Sweep extends Planned {
  readonly sectionId: string;
  readonly vehicleId: string | null;
  readonly targetPct: number | null;
}

export interface TaskRun extends Planned {
  readonly line: string;
  readonly taskId: string;
  readonly title: string;
  readonly where: Post;
  readonly proof: ProofDemand;
}

export interface DayPlan {
  readonly duties: readonly Duty[];
  readonly stops: readonly Stop[];
  readonly sweeps: readonly Sweep[];
  readonly tasks: readonly TaskRun[];
}

/** @param day number of the local day on which the windows begin */
export function planOf(day: number, register: Register, calendar: Calendar, ground: Ground): DayPlan {
  const date = dateOf(day);
  const applies = (record: { readonly days?: Parameters<typeof appliesOn>[0] | undefined }) =>
    appliesOn(record.days, day, calendar);
  const crewOf = new Map<string, { id: string; line: string }>();
  for (const { id, line, members } of register.all("crews"))
    for (const member of members) crewOf.set(member, { id, line });
  const away = new Set<string>();
  for (const { personId, days } of register.all("leave")) if (appliesOn(days, day, calendar)) away.add(personId);

  const duties: Duty[] = [];
  for (const roster of register.all("rosters")) {
    const shift = register.get("shifts", roster.shiftId);
    if (!shift || !applies(roster)) continue;
    const span = spanOn(day, shift.from, shift.to, calendar);
    const breaks = shift.breaks.map((pause) => breakIn(span, day, pause, calendar));
    for (const { personId, where } of roster.entries) {
      const person = register.get("people", personId);
      if (!person?.badge) continue;
      const crew = crewOf.get(person.badge);
      duties.push({
        id: `${roster.id}/${personId}@${date}`,
        date,
        sourceId: roster.id,
        kind: "person",
        deviceId: person.badge,
        personId,
        crewId: roster.crewId ?? crew?.id ?? null,
        line: roster.line ?? crew?.line ?? person.line ?? null,
        ...span,
        breaks,
        post: where,
        onLeave: away.has(personId),
      });
    }
  }

  const stops: Stop[] = [];
  const sweeps: Sweep[] = [];
  for (const plan of register.all("plans")) {
    if (!applies(plan)) continue;
    const vehicleId = plan.vehicleId ?? null;
    const crew = vehicleId === null ? undefined : crewOf.get(vehicleId);
    const vehicle = vehicleId === null ? undefined : register.get("vehicles", vehicleId);
    const common = {
      date,
      sourceId: plan.id,
      crewId: (plan.kind === "route" ? undefined : plan.crewId) ?? crew?.id ?? null,
      line: crew?.line ?? vehicle?.line ?? null,
    };
    if (plan.kind === "route") {
      const span = spanOn(day, plan.from, plan.to, calendar);
      const fixed = { kind: "vehicle", deviceId: plan.vehicleId, personId: null, breaks: [], post: null } as const;
      duties.push({ id: `${plan.id}@${date}`, ...common, ...fixed, onLeave: false, ...span });
    } else if (plan.kind === "collection") {
      for (const { pointId, from, to } of plan.stops) {
        const id = `${plan.id}/${pointId}@${date}T${from}`;
        stops.push({ id, ...common, vehicleId, pointId, ...spanOn(day, from, to, calendar) });
      }
    } else {
      for (const { sectionId, from, to } of plan.sections) {
        if (!ground.sections.has(sectionId)) continue;
        const id = `${plan.id}/${sectionId}@${date}T${from}`;
        const span = spanOn(day, from, to, calendar);
        sweeps.push({ id, ...common, vehicleId, sectionId, targetPct: plan.targetPct ?? null, ...span });
      }
    }
  }

  const tasks: TaskRun[] = [];
  for (const task of register.all("tasks")) {
    if (!applies(task)) continue;
    const { line, title, proof, place: where } = task;
    const span = spanOn(day, task.from, task.to, calendar);
    const source = { sourceId: task.id, taskId: task.id, crewId: task.crewId ?? null };
    tasks.push({ id: `${task.id}@${date}`, date, ...source, line, title, where, proof, ...span });
  }
  return { duties, stops, sweeps, tasks };
}

/** A break of a night shift may lie after midnight. */
function breakIn(shift: Span, day: number, pause: { from: string; to: string }, calendar: Calendar): Span {
  const today = spanOn(day, pause.from, pause.to, calendar);
  return today.from >= shift.from ? today : spanOn(day + 1, pause.from, pause.to, calendar);
}

/** The break a moment lies in. */
export const breakAt = (breaks: readonly Span[], at: Millis): Span | undefined =>
  breaks.find(({ from, to }) => at >= from && at < to);

/** How much of a stretch are breaks. */
export function breakMsWithin(breaks: readonly Span[], from: Millis, to: Millis): Millis {
  let sum = 0;
  for (const pause of breaks) sum += Math.max(0, Math.min(to, pause.to) - Math.max(from, pause.from));
  return sum;
}
