import type { Place } from "../domain/place.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import { type Contribution, EVERYWHERE, type Measure, type Scope } from "../kpi/measures.ts";
import type { LiveDuty } from "./duty-desk.ts";
import type { Stop, Sweep } from "./schedule.ts";
import { breakMsWithin } from "./schedule.ts";
import type { StopState } from "./stops.ts";
import type { SweepState } from "./sweeps.ts";
import type { LiveTask } from "./tasks.ts";

/** What work contributes to the figures (domain 4(b), operations): pure, from what was planned and what came of it. */

/** Whose work it is and where. */
export interface WorkScope {
  readonly place: Place | null;
  readonly line: string | null;
  readonly contractorId: string | null;
}

const scopeOf = ({ place, line, contractorId }: WorkScope): Scope => ({
  ...EVERYWHERE,
  communityId: place?.communityId ?? "",
  gridId: place?.gridId ?? "",
  line: line ?? "",
  contractor: contractorId ?? "",
});

const amounts = (at: Millis, whose: WorkScope, counted: { readonly [measure in Measure]?: number }): Contribution[] => {
  const scope = scopeOf(whose);
  return Object.entries(counted)
    .filter(([, amount]) => amount > 0)
    .map(([measure, amount]) => ({ measure: measure as Measure, at, scope, amount }));
};

/** 出勤率, 在岗率 and 出车率: a duty that has ended. Leave is no duty; minutes without a signal are nobody's. */
export function ofDuty({ duty, state }: LiveDuty, whose: WorkScope): Contribution[] {
  if (duty.onLeave) return [];
  if (duty.kind === "vehicle") {
    const started = "startedAt" in state && state.startedAt !== null;
    return amounts(duty.from, whose, { "vehicle.scheduled": 1, "vehicle.started": started ? 1 : 0 });
  }
  const arrived = "arrivedAt" in state && state.arrivedAt !== null;
  const { onPost = 0, idle = 0, noSignal = 0 } = state.spent;
  const due = duty.to - duty.from - breakMsWithin(duty.breaks, duty.from, duty.to) - noSignal;
  return amounts(duty.from, whose, {
    "person.scheduled": 1,
    "person.arrived": arrived ? 1 : 0,
    "person.dueMinutes": Math.max(0, due) / MINUTE,
    // Standing still at the post is being there.
    "person.onPostMinutes": (onPost + idle) / MINUTE,
  });
}

/** 收运及时率: a stop that was judged. */
export function ofStop(planned: Stop, { onTime }: StopState, whose: WorkScope): Contribution[] {
  if (onTime === null) return [];
  return amounts(planned.from, whose, { "collect.stopsPlanned": 1, "collect.stopsInTime": onTime ? 1 : 0 });
}

/** 绿化/消杀完成率 and the like: done, or overdue. What was cancelled was not due. */
export function ofTask({ planned, state }: LiveTask, whose: WorkScope): Contribution[] {
  const done = state.status === "done";
  if (state.status === "cancelled" || (!done && !state.raised)) return [];
  return amounts(planned.from, whose, { "task.due": 1, "task.done": done ? 1 : 0 });
}

/** 作业完成率, 路段覆盖 and 机扫率: a sweep window that is over, and what a make-up pass added. */
export function ofSweep(
  planned: Sweep,
  { judged, share }: SweepState,
  section: { lengthM: number; widthM: number; class: number; mechanisable: boolean } | null,
  whose: WorkScope,
): Contribution[] {
  if (!judged || !section) return [];
  const { lengthM, widthM } = section;
  const area = lengthM * widthM;
  // The rate of mechanised sweeping is told of main roads (classes 1 and 2), of what machines can reach there.
  const main = section.class <= 2 && section.mechanisable;
  return amounts(planned.from, whose, {
    "sweep.plannedM2": area,
    "sweep.coveredM2": area * share,
    "sweep.sectionM": lengthM,
    "sweep.sectionCoveredM": lengthM * share,
    "sweep.mechanisableM2": main ? area : 0,
    "sweep.mechanisedM2": main ? area * share : 0,
  });
}
