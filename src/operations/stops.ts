import type { Changes } from "../center/changes.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import type { Ground } from "./ground.ts";
import { createItems, type Item, mostlyUnwatched } from "./planned-items.ts";
import type { Raising } from "./raising.ts";
import type { Stop } from "./schedule.ts";
import type { Thresholds } from "./thresholds.ts";
import type { Visit, Visits } from "./visits.ts";

/** Whether the points of collection plans are served in their windows. */

export interface StopState {
  readonly servedAt: Millis | null;
  readonly servedBy: string | null;
  /** Served inside the window ± the grace, as the on-time rate counts it. */
  readonly onTime: boolean | null;
  readonly raised: boolean;
}

export interface StopTimer {
  readonly type: "stop";
  readonly stopId: string;
}

export interface StopsParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly ground: () => Ground;
  readonly visits: Pick<Visits, "nearby">;
  readonly thresholds: Thresholds;
  /** Whether this subject does collection work, or is the crew or vehicle that was planned. */
  readonly collects: (subjectId: string, stop: Stop) => boolean;
  readonly timer: (dueAt: Millis, timer: StopTimer) => void;
  readonly signalOf: (deviceId: string, at: Millis) => boolean;
  readonly raising: Raising;
  /** Told of every change of a stop's state. */
  readonly counted: (planned: Stop, before: StopState, after: StopState, changes: Changes) => void;
}

const RULE = "point.missed_collection";
/** A suppressed or disabled alert is asked for again after so long. */
const AGAIN_MS = 10 * MINUTE;

export function createStops(parts: StopsParts) {
  const items = createItems<Stop, StopState>("stop", parts.documents);
  const byPoint = new Map<string, Set<string>>();
  const { thresholds, timer } = parts;
  const graceMs = () => thresholds.number(RULE, "graceMinutes", 30) * MINUTE;
  const withinM = () => thresholds.number(RULE, "withinM", 40);

  const set = (item: Item<Stop, StopState>, state: StopState, changes: Changes): void => {
    const before = item.state;
    items.set(item, state, changes);
    parts.counted(item.planned, before, state, changes);
  };

  const served = (item: Item<Stop, StopState>, visit: Visit, changes: Changes): void => {
    const { planned, state } = item;
    if (state.servedAt !== null || !parts.collects(visit.subjectId, planned)) return;
    if (visit.to < planned.from - graceMs()) return;
    const onTime = visit.from <= planned.to + graceMs();
    if (state.raised)
      parts.raising.over(RULE, planned.pointId, null, visit.to, `served by ${visit.subjectId}`, changes);
    set(item, { ...state, servedAt: visit.from, servedBy: visit.subjectId, onTime, raised: false }, changes);
    record(item, changes);
  };

  const record = ({ planned, state }: Item<Stop, StopState>, changes: Changes): void => {
    const body = JSON.parse(JSON.stringify({ ...planned, ...state }));
    changes.work.push({ id: planned.id, kind: "stop", at: planned.from, subjectId: planned.pointId, body });
  };

  return {
    all: items.all,

    plan(wanted: readonly Stop[], now: Millis, changes: Changes): void {
      items.plan(wanted, now, changes, {
        fresh: () => ({ servedAt: null, servedBy: null, onTime: null, raised: false }),
        stays: ({ state }) => state.raised,
        added(item) {
          const { id, pointId, to } = item.planned;
          const ids = byPoint.get(pointId);
          if (ids) ids.add(id);
          else byPoint.set(pointId, new Set([id]));
          if (item.state.servedAt === null) timer(Math.max(now, to + graceMs()), { type: "stop", stopId: id });
        },
        unwatched: mostlyUnwatched,
        dropped({ planned }) {
          byPoint.get(planned.pointId)?.delete(planned.id);
        },
      });
    },

    /** Somebody stays, or stayed, at a point. */
    visited(visit: Visit, changes: Changes): void {
      if (visit.spotId === null) return;
      for (const id of byPoint.get(visit.spotId) ?? []) {
        const item = items.get(id);
        if (item) served(item, visit, changes);
      }
    },

    fire({ stopId }: StopTimer, dueAt: Millis, changes: Changes): void {
      const item = items.get(stopId);
      if (!item || item.state.servedAt !== null || item.state.raised) return;
      const { planned, state } = item;
      const place = parts.ground().placeOf({ pointId: planned.pointId }, dueAt);
      if (place) {
        // Somebody may have been there at a spot that is named otherwise.
        for (const visit of parts.visits.nearby(place, planned.from - graceMs(), dueAt, withinM()))
          served(item, visit, changes);
        if (item.state.servedAt !== null) return;
      }
      if (dueAt < planned.to + graceMs()) {
        timer(planned.to + graceMs(), { type: "stop", stopId });
        return;
      }
      const signal = planned.vehicleId === null || parts.signalOf(planned.vehicleId, dueAt);
      const alert = parts.raising.holds(
        {
          ruleId: RULE,
          subtype: null,
          subject: { kind: "spot", id: planned.pointId },
          place,
          at: planned.to,
          facts: {
            planId: planned.sourceId,
            from: planned.from,
            to: planned.to,
            vehicleId: planned.vehicleId,
            crewId: planned.crewId,
            // Without a signal nobody knows; the point was still not seen to be served.
            vehicleHeard: signal,
          },
        },
        dueAt,
        changes,
      );
      if (alert) set(item, { ...state, raised: true }, changes);
      else timer(dueAt + AGAIN_MS, { type: "stop", stopId });
      if (state.onTime === null) {
        set(item, { ...item.state, onTime: false }, changes);
        record(item, changes);
      }
    },
  };
}
export type Stops = ReturnType<typeof createStops>;
