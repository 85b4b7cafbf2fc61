import type { DerivedProblem } from "../alerts/alerting.ts";
import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import type { Place } from "../domain/place.ts";
import type { Json } from "../domain/text.ts";
import { HOUR, type Millis } from "../domain/time.ts";
import type { DutyProblem } from "./duty.ts";
import { metresFromWork } from "./errands.ts";
import type { Ground } from "./ground.ts";
import {
  EARLY_MS,
  newPersonState,
  type PersonState,
  personLooksAgainAt,
  personProblems,
  personSays,
  personWaits,
} from "./person-duty.ts";
import { ownFacilities, placesToRest, placesToStand } from "./places.ts";
import { type Raised, type Raising, reconcile } from "./raising.ts";
import type { Duty } from "./schedule.ts";
import type { Thresholds } from "./thresholds.ts";
import {
  newVehicleState,
  type VehicleState,
  vehicleLooksAgainAt,
  vehicleProblems,
  vehicleSays,
  vehicleWaits,
} from "./vehicle-duty.ts";
import { vehicleTypeOf } from "./vehicle-types.ts";

/** A duty with how it goes. */
export type LiveDuty = {
  /** Alerts that stand for it, with their level where that is its own. */
  raised: Raised;
  /** Its end was written down. */
  closed: boolean;
  /** When it was last written down, and what of it must not be lost: the rest follows from the next fix. */
  keptAt: Millis;
} & (
  | { readonly duty: Duty & { kind: "person" }; state: PersonState }
  | { readonly duty: Duty & { kind: "vehicle" }; state: VehicleState }
);

export interface DutyTimer {
  readonly type: "duty";
  readonly dutyId: string;
}

export interface DutyDeskParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly ground: () => Ground;
  readonly thresholds: Thresholds;
  /** A duty that only goes on is written down again after so long. */
  readonly keptEveryMs: Millis;
  readonly subject: (deviceId: string) => Subject | undefined;
  readonly vehicleType: (deviceId: string) => string | null;
  /** Places the wearer of a badge was sent to. */
  readonly errandsOf: (deviceId: string) => readonly Place[];
  /** Whether something else is known to have failed that this device speaks through. */
  readonly cutOff: (deviceId: string) => boolean;
  readonly timer: (dueAt: Millis, timer: DutyTimer) => void;
  readonly raising: Raising;
  /** Told when somebody's duty state or position changed. */
  readonly changed: (deviceId: string) => void;
  readonly finished: (live: LiveDuty, changes: Changes) => void;
}

export const DUTIES = "duty";
const NOTHING_RAISED: Raised = {};
/** After its end a duty waits this long for what comes late. */
const CLOSES_AFTER_MS = HOUR / 2;

export type DutyDesk = ReturnType<typeof createDutyDesk>;

/** All duties of the days around now, moved by what badges and vehicles say and by time. */
export function createDutyDesk(parts: DutyDeskParts) {
  const { thresholds, timer, subject: subjectOf, changed } = parts;
  const byId = new Map<string, LiveDuty>();
  const byDevice = new Map<string, string[]>();
  const armed = new Map<string, Millis>();
  const stored = new Map<string, Pick<LiveDuty, "state" | "raised" | "closed">>();
  for (const { collection, id, body } of parts.documents) if (collection === DUTIES) stored.set(id, body as never);

  const keep = (live: LiveDuty, at: Millis, changes: Changes): void => {
    const { state, raised, closed } = live;
    live.keptAt = at;
    changes.putDocument(DUTIES, live.duty.id, { state, raised, closed } as unknown as Json);
  };

  const arm = (live: LiveDuty, now: Millis): void => {
    const { duty } = live;
    const next =
      live.duty.kind === "person"
        ? personLooksAgainAt(live.state as PersonState, duty, now, thresholds.person())
        : vehicleLooksAgainAt(live.state as VehicleState, duty, now, thresholds.vehicle());
    if (live.closed) return;
    const dueAt = next ?? Math.max(now, duty.to + CLOSES_AFTER_MS);
    const waiting = armed.get(duty.id);
    if (waiting !== undefined && waiting > now && waiting <= dueAt) return;
    armed.set(duty.id, dueAt);
    timer(dueAt, { type: "duty", dutyId: duty.id });
  };

  /** Makes the alerts say what the state says. */
  const settleAlerts = (live: LiveDuty, at: Millis, now: Millis, changes: Changes): void => {
    const { duty } = live;
    const problems =
      live.duty.kind === "person"
        ? personProblems(live.state as PersonState, thresholds.person())
        : vehicleProblems(live.state as VehicleState, thresholds.vehicle());
    if (problems.length === 0 && live.raised === NOTHING_RAISED) return;
    const ended = { subjectId: duty.deviceId, at, note: at >= duty.to ? "the shift is over" : "back to normal" };
    const wrong = problems.map((problem) => alertOf(live, problem, at));
    // What it speaks through has failed: that alert says it already.
    const may = ({ subtype }: DerivedProblem) => subtype !== "noSignal" || !parts.cutOff(duty.deviceId);
    const raised = reconcile(parts.raising, live.raised, wrong, ended, now, changes, may);
    live.raised = Object.keys(raised).length === 0 ? NOTHING_RAISED : raised;
  };

  function alertOf({ duty }: LiveDuty, { ruleId, subtype, level, since }: DutyProblem, at: Millis): DerivedProblem {
    const subject = subjectOf(duty.deviceId);
    const place = subject?.place ?? (duty.post ? parts.ground().placeOf(duty.post, at) : null);
    const facts = {
      dutyId: duty.id,
      from: duty.from,
      to: duty.to,
      ...(duty.crewId !== null && { crewId: duty.crewId }),
      ...(duty.post && { post: JSON.parse(JSON.stringify(duty.post)) as Json }),
    };
    const kind = duty.kind;
    return { ruleId, subtype, subject: { kind, id: duty.deviceId }, place, at, since, facts, ...(level && { level }) };
  }

  const settle = (live: LiveDuty, before: LiveDuty["state"], at: Millis, now: Millis, changes: Changes): void => {
    const raisedBefore = live.raised;
    settleAlerts(live, at, now, changes);
    if (live.state === before && live.raised === raisedBefore) return;
    const turned = live.raised !== raisedBefore || hasTurned(before, live.state);
    if (turned || at - live.keptAt >= parts.keptEveryMs) keep(live, at, changes);
    // What only goes on looks again later than was thought, never earlier.
    if (!turned) return;
    changed(live.duty.deviceId);
    arm(live, now);
  };

  /** The duty a moment belongs to: the one under way, else the one that begins within the hour. */
  const dutyAt = (deviceId: string, at: Millis): LiveDuty | undefined => {
    let next: LiveDuty | undefined;
    for (const id of byDevice.get(deviceId) ?? []) {
      const live = byId.get(id);
      if (!live || at >= live.duty.to) continue;
      if (at >= live.duty.from) return live;
      if (at >= live.duty.from - EARLY_MS && (!next || live.duty.from < next.duty.from)) next = live;
    }
    return next;
  };

  const says = (live: LiveDuty, seen: Pick<SeenObservation, "at" | "metrics" | "subject">): void => {
    const { at, metrics } = seen;
    const ground = parts.ground();
    const { lat, lon } = metrics;
    if (live.duty.kind === "person") {
      const { post } = live.duty;
      const fix =
        lat === undefined || lon === undefined
          ? null
          : {
              lat,
              lon,
              accuracyM: metrics.accuracyM ?? 10,
              outsideM:
                post === null
                  ? null
                  : metresFromWork(ground, post, parts.errandsOf(live.duty.deviceId), { lat, lon, at }),
              resting: placesToRest(ground, lat, lon),
            };
      const clockIn = metrics.clockIn === undefined ? null : metrics.clockIn === 1;
      const fact = { at, fix, clockIn, steps: metrics.steps ?? null };
      live.state = personSays(live.state as PersonState, live.duty, fact, thresholds.person());
    } else {
      const stillSince = (live.state as VehicleState).stillSince;
      const slow = metrics.speedKmh !== undefined && metrics.speedKmh < 1;
      const type = vehicleTypeOf(parts.vehicleType(live.duty.deviceId));
      const place = lat !== undefined && lon !== undefined && (slow || stillSince !== null);
      const fact = {
        at,
        speedKmh: metrics.speedKmh ?? null,
        engineOn: metrics.acc === undefined ? null : metrics.acc === 1,
        working: metrics.working === undefined ? null : metrics.working === 1,
        allowedHere: place && placesToStand(ground, type, ownFacilities(seen.subject.device), lat, lon),
      };
      live.state = vehicleSays(live.state as VehicleState, live.duty, fact, thresholds.vehicle());
    }
  };

  const waits = (live: LiveDuty, at: Millis): void => {
    if (live.duty.kind === "person") {
      live.state = personWaits(live.state as PersonState, live.duty, at, thresholds.person());
    } else live.state = vehicleWaits(live.state as VehicleState, live.duty, at, thresholds.vehicle());
  };

  return {
    dutyAt,
    all: (): Iterable<LiveDuty> => byId.values(),
    of: (deviceId: string): LiveDuty[] =>
      (byDevice.get(deviceId) ?? []).flatMap((id) => byId.get(id) ?? []).sort((a, b) => a.duty.from - b.duty.from),

    /** The duties of the days around now, as they are written down at this moment. */
    plan(duties: readonly Duty[], now: Millis, changes: Changes): void {
      const wanted = new Set(duties.map(({ id }) => id));
      for (const [id, live] of byId) {
        if (wanted.has(id)) continue;
        byId.delete(id);
        armed.delete(id);
        const rest = (byDevice.get(live.duty.deviceId) ?? []).filter((other) => other !== id);
        if (rest.length > 0) byDevice.set(live.duty.deviceId, rest);
        else byDevice.delete(live.duty.deviceId);
        const ended = { subjectId: live.duty.deviceId, at: now, note: "no longer planned" };
        reconcile(parts.raising, live.raised, [], ended, now, changes);
        changes.putDocument(DUTIES, id, null);
        changed(live.duty.deviceId);
      }
      for (const duty of duties) {
        const known = byId.get(duty.id);
        const kept = known ?? stored.get(duty.id);
        // What was over before anybody wrote it down is nobody's duty.
        if (!kept && duty.to <= now) continue;
        const { state, raised, closed } = kept ?? {
          state: duty.kind === "person" ? newPersonState(duty, now) : newVehicleState(duty, now),
          raised: NOTHING_RAISED,
          closed: false,
        };
        const live = { duty, state, raised, closed, keptAt: known?.keptAt ?? now } as LiveDuty;
        byId.set(duty.id, live);
        if (!known) {
          const others = byDevice.get(duty.deviceId);
          if (others) others.push(duty.id);
          else byDevice.set(duty.deviceId, [duty.id]);
        }
        // After a restart the newest fix is known, and those of the last moments before it are not.
        if (!known) heardBefore(live, now);
        if (!kept) {
          // Written down after it has begun: it is due from now on, not only at its next look.
          if (now >= duty.from) waits(live, now);
          keep(live, now, changes);
        }
        arm(live, now);
        changed(duty.deviceId);
      }
      stored.clear();
    },

    see(seen: SeenObservation, now: Millis, changes: Changes): void {
      if (seen.outOfOrder || seen.event?.type === "presence") return;
      const live = dutyAt(seen.subject.id, seen.at);
      if (!live) return;
      const before = live.state;
      says(live, seen);
      settle(live, before, seen.at, now, changes);
    },

    fire({ dutyId }: DutyTimer, dueAt: Millis, changes: Changes): void {
      const live = byId.get(dutyId);
      if (!live || armed.get(dutyId) !== dueAt) return;
      armed.delete(dutyId);
      if (live.closed) return;
      const before = live.state;
      const { duty } = live;
      waits(live, dueAt);
      settle(live, before, dueAt, dueAt, changes);
      if (dueAt < duty.to + CLOSES_AFTER_MS) {
        arm(live, dueAt);
        return;
      }
      live.closed = true;
      keep(live, dueAt, changes);
      parts.finished(live, changes);
    },
  };

  /** Somebody who clocked in just before the duty was written down need not do so again. */
  function heardBefore(live: LiveDuty, now: Millis): void {
    const subject = subjectOf(live.duty.deviceId);
    if (!subject || subject.at === null || dutyAt(live.duty.deviceId, subject.at) !== live || subject.at > now) return;
    if (subject.at <= (live.state.heardAt ?? 0)) return;
    says(live, { at: subject.at, metrics: { ...subject.metrics, ...positionOf(subject) }, subject });
  }
}

/** Whether a state turned: that is written down, and shown, at once; the rest follows from the next fix. */
function hasTurned(before: LiveDuty["state"], after: LiveDuty["state"]): boolean {
  if (before.state !== after.state) return true;
  if ("arrivedAt" in after) {
    const was = before as PersonState;
    const firstFix = (was.fixAt === null) !== (after.fixAt === null);
    return firstFix || was.arrivedAt !== after.arrivedAt || was.outside?.value !== after.outside?.value;
  }
  const was = before as VehicleState;
  return (
    (was.heardAt === null) !== (after.heardAt === null) ||
    was.startedAt !== after.startedAt ||
    was.late !== after.late ||
    was.stillSince !== after.stillSince ||
    was.engineSince !== after.engineSince
  );
}

function positionOf({ positionAt, at, metrics }: Subject): { lat?: number; lon?: number } {
  if (positionAt !== at || metrics.lat === undefined || metrics.lon === undefined) return {};
  return { lat: metrics.lat, lon: metrics.lon };
}
