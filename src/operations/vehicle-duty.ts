import { MINUTE, type Millis } from "../domain/time.ts";
import { type DutyProblem, type DutyState, decide, type Side } from "./duty.ts";
import { EARLY_MS } from "./person-duty.ts";
import type { Duty } from "./schedule.ts";

/** What a vehicle terminal says about one moment of a duty. */
export interface VehicleFact {
  readonly at: Millis;
  readonly speedKmh: number | null;
  readonly engineOn: boolean | null;
  readonly working: boolean | null;
  /** It stands where it may: depot, station, filling place, a point it serves. */
  readonly allowedHere: boolean;
}

export interface VehicleThresholds {
  readonly graceMinutes: number;
  /** So much activity ends "did not start". */
  readonly workedMinutes: number;
  readonly noSignalMinutes: number;
  readonly standMinutes: number;
  readonly standLongMinutes: number;
  readonly idlingMinutes: number;
}

export interface VehicleState {
  readonly state: DutyState;
  readonly since: Millis;
  readonly plannedAt: Millis;
  readonly startedAt: Millis | null;
  /** Since when it drives or works without a longer pause; null while it does neither. */
  readonly activeSince: Millis | null;
  readonly activeAt: Millis | null;
  readonly heardAt: Millis | null;
  readonly moving: Side<boolean> | null;
  readonly working: boolean;
  /** Engine running while it stands, since. */
  readonly engineSince: Millis | null;
  /** Standing where it may not, without working, since. */
  readonly stillSince: Millis | null;
  readonly late: boolean;
  readonly spent: { readonly [state in DutyState]?: Millis };
  readonly countedTo: Millis;
}

const STANDS_BELOW_KMH = 1;
/** A vehicle that starts drives at least so fast; below it may be a parked one whose position wanders. */
const DRIVES_KMH = 5;
/** A pause up to this long (a red light, a bin) does not break an activity. */
const PAUSE_MS = 3 * MINUTE;

export function newVehicleState(duty: Duty, plannedAt: Millis): VehicleState {
  return {
    state: "planned",
    since: plannedAt,
    plannedAt,
    startedAt: null,
    activeSince: null,
    activeAt: null,
    heardAt: null,
    moving: null,
    working: false,
    engineSince: null,
    stillSince: null,
    late: false,
    spent: {},
    countedTo: Math.max(duty.from, plannedAt),
  };
}

/** Takes in what a terminal says. Facts must come in order of their time. */
export function vehicleSays(
  before: VehicleState,
  duty: Duty,
  fact: VehicleFact,
  limits: VehicleThresholds,
): VehicleState {
  const { at, speedKmh, engineOn, allowedHere } = fact;
  const working = fact.working ?? before.working;
  const moving = speedKmh === null ? before.moving : decide(before.moving, speedKmh >= STANDS_BELOW_KMH, at);
  const active = working || (speedKmh !== null && speedKmh >= DRIVES_KMH && moving?.value === true);
  const goesOn = before.activeAt !== null && at - before.activeAt <= PAUSE_MS;
  const stands = moving?.value === false && !working;
  let state: VehicleState = {
    ...counted(before, duty, at),
    heardAt: at,
    moving,
    working,
    ...(active && { activeAt: at, activeSince: goesOn ? (before.activeSince ?? at) : at }),
    engineSince: stands && engineOn === true ? (before.engineSince ?? (moving.doubt ? null : at)) : null,
    // Whoever works where they stand does not stay there for nothing.
    stillSince: stands && !allowedHere ? (before.stillSince ?? Math.max(moving.since, before.activeAt ?? 0)) : null,
  };
  if (active && state.startedAt === null) state = { ...state, startedAt: at };
  return judged(state, duty, at, limits);
}

/** Time has passed and nothing was said. */
export function vehicleWaits(before: VehicleState, duty: Duty, at: Millis, limits: VehicleThresholds): VehicleState {
  return judged(counted(before, duty, at), duty, at, limits);
}

export function vehicleLooksAgainAt(
  state: VehicleState,
  duty: Duty,
  now: Millis,
  limits: VehicleThresholds,
): Millis | null {
  const times = [duty.from, duty.to, Math.max(duty.from, state.plannedAt) + limits.graceMinutes * MINUTE];
  if (state.heardAt !== null) times.push(state.heardAt + limits.noSignalMinutes * MINUTE + 1);
  const next = Math.min(...times.filter((time) => time > now));
  return Number.isFinite(next) ? next : null;
}

export function vehicleProblems(state: VehicleState, limits: VehicleThresholds): readonly DutyProblem[] {
  const problems: DutyProblem[] = [];
  const { since, heardAt, stillSince, engineSince } = state;
  if (state.state === "ended" || state.state === "planned") return [];
  if (state.late) {
    problems.push(
      state.state === "noSignal" && state.startedAt === null
        ? { ruleId: "vehicle.not_on_duty", subtype: "noSignal", level: 4, since }
        : { ruleId: "vehicle.not_on_duty", subtype: null, since },
    );
  }
  if (state.startedAt === null || state.state === "noSignal") return problems;
  // What stood until it fell silent is not said to stand still.
  const stoodMs = stillSince === null ? 0 : (heardAt ?? 0) - stillSince;
  if (stillSince !== null && stoodMs >= limits.standMinutes * MINUTE) {
    const long = stoodMs >= limits.standLongMinutes * MINUTE;
    problems.push({ ruleId: "vehicle.idle", subtype: null, since: stillSince, ...(long && { level: 3 as const }) });
  }
  if (engineSince !== null && (heardAt ?? 0) - engineSince >= limits.idlingMinutes * MINUTE) {
    problems.push({ ruleId: "vehicle.idle", subtype: "idling", since: engineSince });
  }
  return problems;
}

function judged(before: VehicleState, duty: Duty, at: Millis, limits: VehicleThresholds): VehicleState {
  const late = lateAt(before, duty, at, limits);
  const state = late === before.late ? before : { ...before, late };
  const next = stateAt(state, duty, at, limits);
  return next === state.state ? state : { ...state, state: next, since: at };
}

/** Not started when it should have been, until it has been active for a while. */
function lateAt(state: VehicleState, duty: Duty, at: Millis, limits: VehicleThresholds): boolean {
  if (at < duty.from || at >= duty.to) return false;
  if (state.startedAt === null) return at - Math.max(duty.from, state.plannedAt) >= limits.graceMinutes * MINUTE;
  if (!state.late) return false;
  const { activeSince, activeAt } = state;
  return activeSince === null || activeAt === null || activeAt - activeSince < limits.workedMinutes * MINUTE;
}

function stateAt(state: VehicleState, duty: Duty, at: Millis, limits: VehicleThresholds): DutyState {
  if (at < duty.from) return "planned";
  if (at >= duty.to) return "ended";
  const heardAt = state.heardAt ?? Number.NEGATIVE_INFINITY;
  if (state.startedAt === null) {
    if (!state.late) return "due";
    return heardAt >= duty.from - EARLY_MS ? "notStarted" : "noSignal";
  }
  if (at - heardAt > limits.noSignalMinutes * MINUTE) return "noSignal";
  if (state.working) return "working";
  if (state.moving?.value) return "travelling";
  const stood = state.stillSince === null ? 0 : heardAt - state.stillSince;
  return stood >= limits.standMinutes * MINUTE ? "idle" : "standing";
}

function counted(state: VehicleState, duty: Duty, at: Millis): VehicleState {
  const to = Math.min(at, duty.to);
  if (to <= state.countedTo) return state;
  const spent = { ...state.spent, [state.state]: (state.spent[state.state] ?? 0) + to - state.countedTo };
  return { ...state, spent, countedTo: to };
}
