import type { DerivedProblem } from "../alerts/alerting.ts";
import type { Changes } from "../center/changes.ts";
import type { SeenObservation } from "../center/subject.ts";
import type { LiveGeography } from "../district/geography.ts";
import type { RoadSection } from "../domain/district.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { Cells, cellsOf, createCoverage, timeForRest } from "./coverage.ts";
import type { Ground } from "./ground.ts";
import { createItems, type Item, mostlyUnwatched } from "./planned-items.ts";
import { type Raised, type Raising, raisedKey, reconcile } from "./raising.ts";
import type { Sweep } from "./schedule.ts";
import type { Thresholds } from "./thresholds.ts";
import { vehicleTypeOf } from "./vehicle-types.ts";

/** Whether the sections of sweep plans are swept in their windows, and a warning while there is still time. */

export interface SweepState {
  /** Cells that were passed, in hexadecimal. */
  readonly cells: string;
  /** 0 to 1. */
  readonly share: number;
  readonly firstAt: Millis | null;
  readonly lastAt: Millis | null;
  /** The window is over and its result was written down. */
  readonly judged: boolean;
  readonly warned: boolean;
  readonly raised: boolean;
}
export type LiveSweep = Item<Sweep, SweepState>;

export interface SweepTimer {
  readonly type: "sweep";
  readonly sweepId: string;
}

export interface SweepsParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly geography: LiveGeography;
  readonly ground: () => Ground;
  readonly thresholds: Thresholds;
  readonly vehicleType: (deviceId: string) => string | null;
  readonly timer: (dueAt: Millis, timer: SweepTimer) => void;
  readonly raising: Raising;
  /** Told of every change of a sweep's state. */
  readonly counted: (planned: Sweep, before: SweepState, after: SweepState, changes: Changes) => void;
}

const RULE = "sweep.coverage_low";
const WILL_MISS = "willMiss";
const WARNING = raisedKey(RULE, WILL_MISS);
const MISSED = raisedKey(RULE, null);
/** A make-up pass counts for so long after the window. */
const MAKE_UP_MS = 4 * HOUR;
const LOOK_EVERY_MS = 10 * MINUTE;
/** A sweeper's practice, km/h, where nothing was swept yet that would show the pace. */
const USUAL_KMH = 6;
/** Sweeping before the window by so much counts for it. */
const EARLY_MS = 15 * MINUTE;

export function createSweeps(parts: SweepsParts) {
  const { geography, thresholds, timer } = parts;
  const items = createItems<Sweep, SweepState>("sweep", parts.documents);
  const bySection = new Map<string, Set<string>>();
  const cells = new Map<string, Cells>();
  const coverage = createCoverage((lat, lon, withinM) => geography.current.nearestSections(lat, lon, withinM));
  const sectionOf = (id: string): RoadSection | undefined =>
    geography.current.sections().find((section) => section.id === id);
  const reserveMs = () => thresholds.number(RULE, "reserveMinutes", 15) * MINUTE;
  const lateMs = () => thresholds.number(RULE, "lateFixMinutes", 10) * MINUTE;

  /** Share that is asked for: 95 % on main roads (classes 1 and 2), 90 % elsewhere, unless the plan says otherwise. */
  const targetOf = ({ targetPct, sectionId }: Sweep): number => {
    const main = (sectionOf(sectionId)?.class ?? 3) <= 2;
    const [name, preset] = main ? (["mainRoadPct", 95] as const) : (["otherRoadPct", 90] as const);
    return (targetPct ?? thresholds.number(RULE, name, preset)) / 100;
  };

  const cellsOfItem = ({ planned, state }: LiveSweep): Cells => {
    let known = cells.get(planned.id);
    if (!known) {
      known = new Cells(cellsOf(sectionOf(planned.sectionId)?.lengthM ?? 1), state.cells);
      cells.set(planned.id, known);
    }
    return known;
  };

  const set = (item: LiveSweep, state: SweepState, changes: Changes): void => {
    const before = item.state;
    items.set(item, state, changes);
    parts.counted(item.planned, before, state, changes);
  };

  const record = ({ planned, state }: LiveSweep, changes: Changes): void => {
    const { cells: _cells, ...told } = state;
    const section = sectionOf(planned.sectionId);
    const ground = {
      lengthM: section?.lengthM ?? null,
      widthM: section?.widthM ?? null,
      class: section?.class ?? null,
    };
    const body = JSON.parse(JSON.stringify({ ...planned, ...told, ...ground }));
    changes.work.push({ id: planned.id, kind: "sweep", at: planned.from, subjectId: planned.sectionId, body });
  };

  /** Opens and ends the warning and the alert; what stands then. */
  const settleAlerts = (
    { planned, state }: LiveSweep,
    wanted: Pick<SweepState, "warned" | "raised">,
    { at, note, now }: { at: Millis; note: string; now: Millis },
    changes: Changes,
  ): Pick<SweepState, "warned" | "raised"> => {
    const problem = (subtype: string | null): DerivedProblem => ({
      ruleId: RULE,
      subtype,
      subject: { kind: "section", id: planned.sectionId },
      place: parts.ground().placeOf({ sectionId: planned.sectionId }, at),
      ...(subtype === WILL_MISS && { level: 4 as const }),
      at,
      facts: {
        planId: planned.sourceId,
        from: planned.from,
        to: planned.to,
        crewId: planned.crewId,
        vehicleId: planned.vehicleId,
        coveredPct: Math.round(state.share * 1_000) / 10,
        targetPct: Math.round(targetOf(planned) * 1_000) / 10,
      },
    });
    const before: Raised = { ...(state.warned && { [WARNING]: 4 }), ...(state.raised && { [MISSED]: 0 }) };
    const wrong = [...(wanted.warned ? [problem(WILL_MISS)] : []), ...(wanted.raised ? [problem(null)] : [])];
    const stands = reconcile(parts.raising, before, wrong, { subjectId: planned.sectionId, at, note }, now, changes);
    return { warned: WARNING in stands, raised: MISSED in stands };
  };

  const marked = (item: LiveSweep, at: Millis, changes: Changes): void => {
    const { planned, state } = item;
    const share = cellsOfItem(item).share;
    const next = {
      ...state,
      cells: cellsOfItem(item).written,
      share,
      firstAt: Math.min(state.firstAt ?? at, at),
      lastAt: Math.max(state.lastAt ?? at, at),
    };
    const enough = share >= targetOf(planned);
    const wanted = { warned: state.warned && !enough, raised: state.raised && !enough };
    const note = state.raised ? "made up for" : "swept in time";
    set(item, { ...next, ...settleAlerts(item, wanted, { at, note, now: at }, changes) }, changes);
    if (state.judged) record(item, changes);
  };

  return {
    all: items.all,

    plan(wanted: readonly Sweep[], now: Millis, changes: Changes): void {
      items.plan(wanted, now, changes, {
        fresh: () => ({
          cells: "",
          share: 0,
          firstAt: null,
          lastAt: null,
          judged: false,
          warned: false,
          raised: false,
        }),
        stays: ({ state }) => state.raised,
        added(item) {
          const { id, sectionId, from, to } = item.planned;
          const ids = bySection.get(sectionId);
          if (ids) ids.add(id);
          else bySection.set(sectionId, new Set([id]));
          if (!item.state.judged)
            timer(Math.min(Math.max(now, (from + to) / 2), to + lateMs()), { type: "sweep", sweepId: id });
        },
        unwatched: mostlyUnwatched,
        dropped({ planned }) {
          bySection.get(planned.sectionId)?.delete(planned.id);
          cells.delete(planned.id);
        },
      });
    },

    see({ subject, at, metrics }: SeenObservation, changes: Changes): void {
      const { lat, lon, speedKmh, working, accuracyM } = metrics;
      if (lat === undefined || lon === undefined || bySection.size === 0) return;
      const type = vehicleTypeOf(parts.vehicleType(subject.id));
      if (!type?.sweeps) return;
      const fix = { at, lat, lon, speedKmh, accuracyM, working: working === 1 };
      const passed = coverage.see(subject.id, fix, type.workLimitKmh);
      if (!passed) return;
      for (const id of bySection.get(passed.sectionId) ?? []) {
        const item = items.get(id);
        if (!item) continue;
        const { from, to } = item.planned;
        const until = item.state.raised ? to + MAKE_UP_MS : to;
        if (at < from - EARLY_MS || at >= until) continue;
        if (cellsOfItem(item).mark(passed.fromCell, passed.toCell)) marked(item, at, changes);
      }
    },

    fire({ sweepId }: SweepTimer, dueAt: Millis, changes: Changes): void {
      const item = items.get(sweepId);
      if (!item || item.state.judged) return;
      const { planned, state } = item;
      const again = (at: Millis) => timer(at, { type: "sweep", sweepId });
      const enough = state.share >= targetOf(planned);
      if (dueAt >= planned.to + lateMs()) {
        const wanted = { warned: false, raised: !enough };
        const stands = settleAlerts(item, wanted, { at: planned.to, note: "the window is over", now: dueAt }, changes);
        set(item, { ...item.state, judged: true, ...stands }, changes);
        record(item, changes);
        return;
      }
      if (!enough && !state.warned && dueAt >= planned.from) {
        const lengthM = sectionOf(planned.sectionId)?.lengthM ?? 0;
        const pace = timeForRest(state.share, dueAt - (state.firstAt ?? dueAt));
        const needed = pace ?? (lengthM / 1_000 / USUAL_KMH) * HOUR;
        // A make-up pass must still be possible when the warning comes.
        if (dueAt + needed + reserveMs() > planned.to) {
          const wanted = { warned: true, raised: state.raised };
          const stands = settleAlerts(item, wanted, { at: dueAt, note: "", now: dueAt }, changes);
          if (stands.warned) set(item, { ...item.state, ...stands }, changes);
        }
      }
      again(Math.min(dueAt + LOOK_EVERY_MS, planned.to + lateMs()));
    },

    forget: (vehicleId: string): void => {
      coverage.forget(vehicleId);
    },
  };
}
export type Sweeps = ReturnType<typeof createSweeps>;
