import { distanceM } from "../domain/place.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { type DutyProblem, type DutyState, decide, type Side, USABLE_FIX_M } from "./duty.ts";
import { breakAt, breakMsWithin, type Duty } from "./schedule.ts";

/** What a badge says about one moment of a duty. */
export interface PersonFact {
  readonly at: Millis;
  /** Null: it said something, but not where it is. */
  readonly fix: {
    readonly lat: number;
    readonly lon: number;
    readonly accuracyM: number;
    /** Metres outside the post; null when there is none. */
    readonly outsideM: number | null;
    /** A rest room, tool room or depot: nobody is asked to move there. */
    readonly resting: boolean;
  } | null;
  readonly clockIn: boolean | null;
  readonly steps: number | null;
}

/** Minutes and metres as the rules set them. */
export interface PersonThresholds {
  readonly graceMinutes: number;
  readonly noSignalMinutes: number;
  readonly offPostM: number;
  readonly offPostMinutes: number;
  readonly backMinutes: number;
  readonly idleM: number;
  readonly idleMinutes: number;
  readonly idleLongMinutes: number;
  readonly movedM: number;
}

export interface PersonState {
  readonly state: DutyState;
  readonly since: Millis;
  /** When the center knew of this duty: nobody is late for what was written down afterwards. */
  readonly plannedAt: Millis;
  readonly arrivedAt: Millis | null;
  readonly heardAt: Millis | null;
  readonly fixAt: Millis | null;
  readonly outside: Side<boolean> | null;
  readonly anchor: {
    readonly lat: number;
    readonly lon: number;
    readonly since: Millis;
    readonly steps: number | null;
    readonly resting: boolean;
    readonly away: { readonly lat: number; readonly lon: number; readonly at: Millis } | null;
  } | null;
  /** Milliseconds so far, breaks left out, by state as it was known then. */
  readonly spent: { readonly [state in DutyState]?: Millis };
  readonly countedTo: Millis;
}

/** Arriving this much early is arriving. */
export const EARLY_MS = HOUR;
/** So many steps between two fixes at one place: somebody works there. */
const BUSY_STEPS = 150;
/** Posts smaller than this are stood at, not walked along. */
const STANDING_POST_M = 50;

export function newPersonState(duty: Duty, plannedAt: Millis): PersonState {
  return {
    state: "planned",
    since: plannedAt,
    plannedAt,
    arrivedAt: null,
    heardAt: null,
    fixAt: null,
    outside: null,
    anchor: null,
    spent: {},
    countedTo: Math.max(duty.from, plannedAt),
  };
}

/** Takes in what a badge says. Facts must come in order of their time. */
export function personSays(before: PersonState, duty: Duty, fact: PersonFact, limits: PersonThresholds): PersonState {
  const { at, fix, clockIn, steps } = fact;
  let state: PersonState = { ...counted(before, duty, at), heardAt: at };
  const usable = fix !== null && fix.accuracyM <= USABLE_FIX_M ? fix : null;
  const inside = usable !== null && (usable.outsideM === null || usable.outsideM <= limits.offPostM);
  if (state.arrivedAt === null && (clockIn === true || inside)) state = { ...state, arrivedAt: at };
  if (usable) {
    state = { ...state, fixAt: at, anchor: moved(state.anchor, usable, at, steps, wasIdle(state), limits) };
    if (usable.outsideM !== null) state = { ...state, outside: decide(state.outside, !inside, at) };
  } else if (clockIn === false && state.arrivedAt !== null) {
    // Clocked out in the middle of the shift: away, as far as anybody can know.
    state = { ...state, fixAt: at, outside: decide(state.outside, true, at) };
  }
  return judged(state, duty, at, limits);
}

/** Time has passed and nothing was said. */
export function personWaits(before: PersonState, duty: Duty, at: Millis, limits: PersonThresholds): PersonState {
  return judged(counted(before, duty, at), duty, at, limits);
}

/** When waiting next changes something; null when it never does. */
export function personLooksAgainAt(
  state: PersonState,
  duty: Duty,
  now: Millis,
  limits: PersonThresholds,
): Millis | null {
  const times = [duty.from, duty.to, Math.max(duty.from, state.plannedAt) + limits.graceMinutes * MINUTE];
  for (const { from, to } of duty.breaks) times.push(from, to);
  if (state.fixAt !== null) times.push(state.fixAt + limits.noSignalMinutes * MINUTE + 1);
  const next = Math.min(...times.filter((time) => time > now));
  return Number.isFinite(next) ? next : null;
}

export function personProblems(state: PersonState, limits: PersonThresholds): readonly DutyProblem[] {
  const { since, anchor, fixAt } = state;
  if (state.state === "absent") return [{ ruleId: "person.absent", subtype: null, since }];
  if (state.state === "noSignal" && state.arrivedAt === null) {
    return [{ ruleId: "person.absent", subtype: "noSignal", level: 4, since }];
  }
  if (state.state === "offPost")
    return [{ ruleId: "person.off_post", subtype: null, since: state.outside?.since ?? since }];
  if (state.state === "idle" && anchor) {
    const long = (fixAt ?? 0) - anchor.since >= limits.idleLongMinutes * MINUTE;
    return [{ ruleId: "person.idle", subtype: null, since: anchor.since, ...(long && { level: 3 as const }) }];
  }
  return [];
}

const wasIdle = ({ state }: PersonState): boolean => state === "idle";

function judged(state: PersonState, duty: Duty, at: Millis, limits: PersonThresholds): PersonState {
  const next = stateAt(state, duty, at, limits);
  return next === state.state ? state : { ...state, state: next, since: at };
}

function stateAt(state: PersonState, duty: Duty, at: Millis, limits: PersonThresholds): DutyState {
  if (duty.onLeave) return "leave";
  if (at < duty.from) return "planned";
  if (at >= duty.to) return "ended";
  if (breakAt(duty.breaks, at)) return "break";
  if (state.arrivedAt === null) {
    if (at - Math.max(duty.from, state.plannedAt) < limits.graceMinutes * MINUTE) return "due";
    // Heard, but neither clocked in nor in the section; or not heard at all, which proves nothing.
    const heard = state.heardAt !== null && state.heardAt >= duty.from - EARLY_MS;
    return heard ? "absent" : "noSignal";
  }
  const silentMs = at - Math.max(state.fixAt ?? state.arrivedAt, lastBreakEnd(duty, at));
  if (silentMs > limits.noSignalMinutes * MINUTE) return "noSignal";
  const { outside } = state;
  const begins = Math.max(outside?.since ?? 0, duty.from, lastBreakEnd(duty, at));
  if (outside?.value && outside.fixes >= 3 && (state.fixAt ?? 0) - begins > limits.offPostMinutes * MINUTE)
    return "offPost";
  if (state.state === "offPost" && outside) {
    const back = !outside.value && (state.fixAt ?? 0) - outside.since >= limits.backMinutes * MINUTE;
    if (!back) return "offPost";
  }
  return stands(state, duty, at, limits) ? "idle" : "onPost";
}

/** Whether somebody has not moved for so long that a colleague should ask how they are. */
function stands({ anchor, fixAt }: PersonState, duty: Duty, at: Millis, limits: PersonThresholds): boolean {
  const { post } = duty;
  if (!anchor || anchor.resting || fixAt === null) return false;
  if (post?.pointId !== undefined || (post?.circle && post.circle.radiusM <= STANDING_POST_M)) return false;
  const since = Math.max(anchor.since, duty.from, lastBreakEnd(duty, at));
  return fixAt - since >= limits.idleMinutes * MINUTE;
}

const lastBreakEnd = (duty: Duty, at: Millis): Millis =>
  Math.max(0, ...duty.breaks.filter(({ to }) => to <= at).map(({ to }) => to));

/** The place somebody stays at, as fixes with their noise show it: it is left when two fixes in a row lie elsewhere. */
function moved(
  anchor: PersonState["anchor"],
  fix: NonNullable<PersonFact["fix"]>,
  at: Millis,
  steps: number | null,
  idle: boolean,
  limits: PersonThresholds,
): PersonState["anchor"] {
  const { lat, lon, resting } = fix;
  const here = { lat, lon, since: at, steps, resting, away: null };
  if (!anchor) return here;
  const radiusM = (idle ? limits.movedM : limits.idleM) + fix.accuracyM / 2;
  if (steps !== null && anchor.steps !== null && steps - anchor.steps > BUSY_STEPS) return here;
  if (distanceM(anchor, fix) <= radiusM) return { ...anchor, away: null };
  if (!anchor.away) return { ...anchor, away: { lat, lon, at } };
  return { ...here, since: anchor.away.at };
}

/** Adds the time since the last look to the state that held meanwhile. */
function counted(state: PersonState, duty: Duty, at: Millis): PersonState {
  const to = Math.min(at, duty.to);
  if (to <= state.countedTo) return state;
  const pauses = breakMsWithin(duty.breaks, state.countedTo, to);
  const name = state.state === "break" ? "onPost" : state.state;
  const worked = to - state.countedTo - pauses;
  const spent = { ...state.spent, [name]: (state.spent[name] ?? 0) + worked, break: (state.spent.break ?? 0) + pauses };
  return { ...state, spent, countedTo: to };
}
