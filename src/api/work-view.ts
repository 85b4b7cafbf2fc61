import type { Center } from "../center/access.ts";
import type { Place } from "../domain/place.ts";
import type { PlannedWork } from "../domain/reach.ts";
import type { Role } from "../domain/roles.ts";
import { MINUTE } from "../domain/time.ts";
import type { LiveDuty } from "../operations/duty-desk.ts";
import type { Stops } from "../operations/stops.ts";
import type { LiveSweep } from "../operations/sweeps.ts";
import type { LiveTask } from "../operations/tasks.ts";
import { createNames, seesPeople } from "../stream/anonymous.ts";
import { memberName } from "../stream/crew-view.ts";

type LiveStop = ReturnType<Stops["all"]> extends Iterable<infer S> ? S : never;

/** Duties, stops and tasks as doors show them: names for dispatchers, roles and numbers for everybody else. */
export function createWorkViews(center: Pick<Center, "operations" | "registry" | "subjects" | "clock">) {
  const { operations, registry } = center;
  const { ground, crews } = operations;
  const grounds = ({ communityId = null, gridId = null, sectionId = null, pointId = null }: Partial<Place> = {}) => ({
    communityId,
    gridId,
    sectionId,
    pointId,
  });

  /** Where it is to be done; where nobody said, a vehicle is where it is. A person's own position is never asked. */
  const dutyPlace = ({ duty }: LiveDuty): Place | null => {
    if (duty.post !== null) return ground.placeOf(duty.post, center.clock.now());
    return duty.kind === "vehicle" ? (center.subjects.get(duty.deviceId)?.place ?? null) : null;
  };
  const taskPlace = ({ planned }: LiveTask) => ground.placeOf(planned.where, center.clock.now());

  return {
    ofDuty: (live: LiveDuty): PlannedWork => ({ ...pick(live.duty), place: dutyPlace(live) }),
    ofTask: (task: LiveTask): PlannedWork => ({ ...pick(task.planned), place: taskPlace(task), deviceId: null }),
    ofStop: ({ planned }: LiveStop): PlannedWork => ({
      ...pick(planned),
      place: ground.placeOf({ pointId: planned.pointId }, center.clock.now()),
      deviceId: planned.vehicleId,
    }),
    ofSweep: ({ planned }: Pick<LiveSweep, "planned">): PlannedWork => ({
      ...pick(planned),
      place: ground.placeOf({ sectionId: planned.sectionId }, center.clock.now()),
      deviceId: planned.vehicleId,
    }),

    /** Planned and actual of one badge or vehicle. */
    duty(live: LiveDuty, eyes: Role) {
      const { duty, state } = live;
      const people = seesPeople(eyes);
      const { id: deviceId, ...who } = memberName(
        { id: duty.deviceId, kind: duty.kind, ...crews.roleOf(duty.deviceId) },
        eyes,
        registry,
      );
      const beganAt = "arrivedAt" in state ? state.arrivedAt : state.startedAt;
      const onLeave = state.state === "leave";
      const hidden = onLeave && !people;
      return {
        // The plan's id names the person; below dispatcher the badge's stand-in and the time do.
        id: people || duty.kind === "vehicle" ? duty.id : `${deviceId}@${duty.from}`,
        deviceId,
        ...who,
        kind: duty.kind,
        date: duty.date,
        crewId: duty.crewId,
        line: duty.line,
        state: hidden ? ("offDuty" as const) : state.state,
        since: hidden ? null : state.since,
        from: duty.from,
        to: duty.to,
        beganAt,
        /** Minutes after the planned begin; null while nobody began. */
        lateMinutes: beganAt === null ? null : Math.round((beganAt - duty.from) / MINUTE),
        ...grounds(dutyPlace(live) ?? {}),
      };
    },

    task(task: LiveTask, eyes: Role) {
      const { planned, state } = task;
      const names = createNames(registry, eyes);
      const { visit } = state;
      const people = seesPeople(eyes);
      return {
        ...planned,
        ...state,
        by: people ? state.by : null,
        // What somebody wrote may name people.
        note: people ? state.note : null,
        pictures: people || eyes === "crew" ? state.pictures : [],
        visit: visit && { ...visit, subjectId: names.of(visit.subjectId) },
        overdue: state.raised,
        missing: operations.tasks.missing(task),
        ...grounds(taskPlace(task) ?? {}),
      };
    },
  };
}
export type WorkViews = ReturnType<typeof createWorkViews>;

const pick = <T extends { line: string | null; crewId: string | null }>(planned: T & { deviceId?: string }) => ({
  line: planned.line,
  crewId: planned.crewId,
  deviceId: planned.deviceId ?? null,
});
