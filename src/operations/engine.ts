import type { Alerting } from "../alerts/alerting.ts";
import type { Rule } from "../alerts/rule.ts";
import { TimerWheel } from "../alerts/timer-wheel.ts";
import type { Workforce } from "../alerts/workforce.ts";
import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import type { LiveGeography } from "../district/geography.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Device } from "../domain/device.ts";
import type { Place } from "../domain/place.ts";
import { type Clock, MINUTE, type Millis } from "../domain/time.ts";
import type { Contribution } from "../kpi/measures.ts";
import { type Crews, createCrews } from "./crews.ts";
import { workingDaysLater } from "./days.ts";
import { createDutyDesk, type DutyDesk, type DutyTimer, type LiveDuty } from "./duty-desk.ts";
import { metresFromWork } from "./errands.ts";
import { ofDuty, ofStop, ofSweep, ofTask } from "./figures.ts";
import { createLiveGround, type Ground } from "./ground.ts";
import { createLoads } from "./loads.ts";
import { createMileage } from "./mileage.ts";
import type { Raising } from "./raising.ts";
import type { CollectionName } from "./records.ts";
import { createRegister, type Register } from "./register.ts";
import { type DayPlan, planOf } from "./schedule.ts";
import { createStops, type Stops, type StopTimer } from "./stops.ts";
import { createSweeps, type SweepState, type Sweeps, type SweepTimer } from "./sweeps.ts";
import { createTasks, type Tasks, type TaskTimer } from "./tasks.ts";
import { createThresholds } from "./thresholds.ts";
import type { UsageLimits } from "./usage.ts";
import { createVisits, VISIT_WITHIN_M, type Visit, type VisitLimits, type Visits } from "./visits.ts";
import { createWorkforce, lineOf } from "./workforce.ts";

export interface OperationsParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly visits: readonly Visit[];
  readonly calendar: Calendar;
  readonly geography: LiveGeography;
  readonly clock: Pick<Clock, "now">;
  readonly device: (id: string) => Device | undefined;
  readonly subject: (id: string) => Subject | undefined;
  readonly placeAt: (lat: number, lon: number) => Place;
  readonly startedAt: Millis;
  /** Revisions of crews live as long as the process. */
  readonly firstRev: number;
  readonly limits: VisitLimits & UsageLimits & { readonly dutyKeptMs: Millis };
  /** Where the figures are reckoned: both sides of a change are given. */
  readonly figures: (
    id: string,
    before: readonly Contribution[],
    after: readonly Contribution[],
    changes: Changes,
  ) => void;
  /** Where a figure grows by something that happened once and for all. */
  readonly counted: (contribution: Contribution, changes: Changes) => void;
  /** The alert desk, which in turn asks `workforce`: it is there once the center is put together. */
  readonly alerting: () => Pick<Alerting, "holds" | "over" | "visited" | "worstLevelOf" | "errandsOf" | "rulebook">;
}

/** Who works where and when, and what comes of it, as the pipeline and the doors see it. Synchronous. */
export interface Operations {
  readonly register: Register;
  readonly ground: Ground;
  readonly workforce: Workforce;
  readonly duties: DutyDesk;
  readonly visits: Visits;
  readonly stops: Stops;
  readonly sweeps: Sweeps;
  readonly tasks: Tasks;
  readonly crews: Crews;
  /** Looks at an observation that the world has just applied. */
  see(seen: SeenObservation, now: Millis, changes: Changes): void;
  tick(now: Millis, changes: Changes): void;
  readonly nextDueAt: Millis | null;
  deviceRemoved(deviceId: string, changes: Changes): void;
  /**
   * Metres from a position to where the wearer of a badge is planned to work at a time, 0 there; null: not planned to work
   * then; undefined: nobody plans for this badge.
   */
  metresFromWork(deviceId: string, lat: number, lon: number, at: Millis): number | null | undefined;
  /** After the commit: crews show what is on disk. */
  committed(): void;
}

type Timer = DutyTimer | StopTimer | SweepTimer | TaskTimer | { readonly type: "replan" };

/** Collections that decide who works when. */
const PLANNED_FROM: ReadonlySet<CollectionName> = new Set([
  "people",
  "crews",
  "shifts",
  "leave",
  "rosters",
  "plans",
  "tasks",
  "lines",
]);

/** Register, duty, visits, stops and tasks put together. @see Operations */
export function createOperations(parts: OperationsParts): Operations {
  const { documents, calendar, geography, clock, device, subject, startedAt } = parts;
  const ground = createLiveGround(geography, clock);
  const wheel = new TimerWheel<Timer>();
  const timer = (dueAt: Millis, what: Timer) => wheel.add(dueAt, what);
  let replanAsked = false;
  /** Badges of everybody who stands in a roster. */
  let rostered: ReadonlySet<string> = new Set();
  const replan = (at: Millis) => {
    if (replanAsked) return;
    replanAsked = true;
    timer(at, { type: "replan" });
  };

  const register = createRegister({
    documents,
    surroundings: () => ({ ground, calendar, kindOf: (id) => device(id)?.kind }),
    changed(collection, _id, now) {
      if (PLANNED_FROM.has(collection)) replan(now);
      crews.registerChanged();
    },
  });
  const rule = (id: string): Rule | undefined => parts.alerting().rulebook.edition(id)?.rule;
  const thresholds = createThresholds(rule);
  const vehicleType = (id: string): string | null => {
    const { vehicleType: attribute } = device(id)?.attributes ?? {};
    return register.get("vehicles", id)?.type ?? (typeof attribute === "string" ? attribute : null);
  };
  const cutOff = (id: string): boolean => {
    const { gatewayId } = device(id)?.attributes ?? {};
    return typeof gatewayId === "string" && parts.alerting().worstLevelOf(gatewayId) !== null;
  };
  const raising: Raising = {
    holds: (...given) => parts.alerting().holds(...given),
    over: (...given) => parts.alerting().over(...given),
  };

  const duties: DutyDesk = createDutyDesk({
    documents,
    ground: () => ground,
    thresholds,
    keptEveryMs: parts.limits.dutyKeptMs,
    subject,
    vehicleType,
    cutOff,
    errandsOf: (id) => parts.alerting().errandsOf(id),
    timer,
    raising,
    changed: (id) => crews.touch(id),
    finished({ duty, state }, changes) {
      // Times, never positions: where somebody was is not kept with whether they worked.
      const { plannedAt, spent } = state;
      const beganAt = "arrivedAt" in state ? state.arrivedAt : state.startedAt;
      const body = JSON.parse(JSON.stringify({ ...duty, plannedAt, beganAt, spent }));
      const post = duty.post && ground.placeOf(duty.post, duty.from);
      const whose = { place: post, line: duty.line, contractorId: contractorOf(duty.crewId) };
      parts.figures(`duty:${duty.id}`, [], ofDuty({ duty, state } as LiveDuty, whose), changes);
      changes.work.push({ id: duty.id, kind: "duty", at: duty.from, subjectId: duty.deviceId, body });
    },
  });
  const contractorOf = (crewId: string | null): string | null =>
    crewId === null ? null : (register.get("crews", crewId)?.contractorId ?? null);
  const crews: Crews = createCrews({ register, subject, duties: () => duties, firstRev: parts.firstRev });
  const visits: Visits = createVisits({
    documents,
    visits: parts.visits,
    ground: () => ground,
    placeAt: parts.placeAt,
    onDuty: (id, at) => duties.dutyAt(id, at) !== undefined,
    visited(visit, changes) {
      stops.visited(visit, changes);
      tasks.visited(visit, changes);
      const { subjectId, from, to, lat, lon } = visit;
      if (!visit.lasting) parts.alerting().visited({ subjectId, from, to, lat, lon }, VISIT_WITHIN_M, changes);
    },
    limits: parts.limits,
  });
  const stops: Stops = createStops({
    documents,
    ground: () => ground,
    visits,
    thresholds,
    collects(subjectId, stop) {
      if (subjectId === stop.vehicleId) return true;
      if (stop.crewId !== null && crews.crewOf(subjectId) === stop.crewId) return true;
      const overflow = rule("bin.overflow");
      return device(subjectId)?.kind === "vehicle" && overflow !== undefined && workforce.serves(subjectId, overflow);
    },
    signalOf: (id, at) => at - (subject(id)?.receivedAt ?? 0) < thresholds.vehicle().noSignalMinutes * MINUTE,
    timer,
    raising,
    counted(planned, before, after, changes) {
      const { id, pointId, from, line, crewId } = planned;
      const whose = { place: ground.placeOf({ pointId }, from), line, contractorId: contractorOf(crewId) };
      parts.figures(`stop:${id}`, ofStop(planned, before, whose), ofStop(planned, after, whose), changes);
    },
  });
  const sweeps: Sweeps = createSweeps({
    documents,
    geography,
    ground: () => ground,
    thresholds,
    vehicleType,
    timer,
    raising,
    counted(planned, before, after, changes) {
      const { id, sectionId, from, line, crewId } = planned;
      const whose = { place: ground.placeOf({ sectionId }, from), line, contractorId: contractorOf(crewId) };
      const section = geography.current.sections().find((one) => one.id === sectionId) ?? null;
      const of = (state: SweepState) => ofSweep(planned, state, section, whose);
      parts.figures(`sweep:${id}`, of(before), of(after), changes);
    },
  });
  const tasks: Tasks = createTasks({
    documents,
    ground: () => ground,
    timer,
    memberOf: (id, crewId) => crews.crewOf(id) === crewId,
    lineOf: (id) => {
      const crewId = crews.crewOf(id);
      return crewId === null
        ? lineOf(register, id, device(id)?.kind ?? "")
        : (register.get("crews", crewId)?.line ?? null);
    },
    overdue(lineId, windowEnd) {
      const line = register.get("lines", lineId);
      const { amount, unit } = line?.tolerance ?? { amount: 60, unit: "minutes" };
      const at = unit === "minutes" ? windowEnd + amount * MINUTE : workingDaysLater(windowEnd, amount, calendar);
      return { at, level: line?.overdueLevel ?? 3 };
    },
    raising,
    counted(before, after, changes) {
      const { id, where, from, line, crewId } = after.planned;
      const whose = { place: ground.placeOf(where, from), line, contractorId: contractorOf(crewId) };
      parts.figures(`task:${id}`, ofTask(before, whose), ofTask(after, whose), changes);
    },
  });
  const mileage = createMileage({
    documents,
    limits: parts.limits,
    vehicleType,
    ownerOf(id) {
      const vehicle = register.get("vehicles", id);
      const crewId = crews.crewOf(id);
      const crew = crewId === null ? undefined : register.get("crews", crewId);
      const line = crew?.line ?? vehicle?.line ?? null;
      return { line, contractorId: vehicle?.contractorId ?? crew?.contractorId ?? null };
    },
    counted: parts.counted,
  });
  const workforce = createWorkforce({ register, crews, visits, subject, vehicleType });
  const loads = createLoads({
    documents,
    visits,
    vehicleNamed: (name) => {
      if (device(name)?.kind === "vehicle") return name;
      return [...register.all("vehicles")].find(({ id, plate }) => id === name || plate === name)?.id ?? null;
    },
  });
  replan(startedAt);

  /** Yesterday's windows may run into today, tomorrow's may begin before midnight is over everywhere. */
  function plan(now: Millis, changes: Changes): void {
    replanAsked = false;
    rostered = badgesOf(register);
    const today = calendar.dayNumber(now);
    const days: DayPlan[] = [today - 1, today, today + 1].map((day) => planOf(day, register, calendar, ground));
    duties.plan(
      days.flatMap((day) => day.duties),
      now,
      changes,
    );
    stops.plan(
      days.flatMap((day) => day.stops),
      now,
      changes,
    );
    sweeps.plan(
      days.flatMap((day) => day.sweeps),
      now,
      changes,
    );
    tasks.plan(
      days.flatMap((day) => day.tasks),
      now,
      changes,
    );
    timer(calendar.instant(today + 1, 0), { type: "replan" });
  }

  return {
    register,
    ground,
    workforce,
    duties,
    visits,
    stops,
    sweeps,
    tasks,
    crews,
    see(seen, now, changes) {
      const { kind } = seen.subject.device;
      loads.see(seen, changes);
      if (kind !== "vehicle" && kind !== "person") return;
      duties.see(seen, now, changes);
      visits.see(seen, changes);
      if (kind === "vehicle") {
        sweeps.see(seen, changes);
        mileage.see(seen, changes);
      }
      crews.moved(seen.subject.id);
    },
    tick(now, changes) {
      for (let due = wheel.take(now); due; due = wheel.take(now)) {
        const { what, dueAt } = due;
        if (what.type === "duty") duties.fire(what, dueAt, changes);
        else if (what.type === "stop") stops.fire(what, dueAt, changes);
        else if (what.type === "sweep") sweeps.fire(what, dueAt, changes);
        else if (what.type === "task") tasks.fire(what, dueAt, changes);
        else plan(now, changes);
      }
    },
    get nextDueAt() {
      return wheel.nextDueAt;
    },
    deviceRemoved(id, changes) {
      visits.forget(id, changes);
      sweeps.forget(id);
      loads.forget(id, changes);
      mileage.forget(id, changes);
    },
    metresFromWork(deviceId, lat, lon, at) {
      const duty = duties.dutyAt(deviceId, at)?.duty;
      if (!duty) return rostered.has(deviceId) ? null : undefined;
      if (duty.onLeave) return null;
      if (duty.post === null) return 0;
      return metresFromWork(ground, duty.post, parts.alerting().errandsOf(deviceId), { lat, lon, at });
    },
    committed: crews.committed,
  };
}

function badgesOf(register: Register): ReadonlySet<string> {
  const planned = new Set(
    [...register.all("rosters")].flatMap(({ entries }) => entries.map(({ personId }) => personId)),
  );
  return new Set([...register.all("people")].flatMap(({ id, badge }) => (planned.has(id) && badge) || []));
}
