import { z } from "zod";
import { dateOf, dayOf } from "../domain/calendar.ts";
import { notFound } from "../domain/problem.ts";
import { inScope, reachesWork } from "../domain/reach.ts";
import { DAY, MINUTE, type Millis } from "../domain/time.ts";
import { timeForRest } from "../operations/coverage.ts";
import { dateShape } from "../operations/days.ts";
import type { Sweep } from "../operations/schedule.ts";
import type { SweepState } from "../operations/sweeps.ts";
import { createThresholds } from "../operations/thresholds.ts";
import { vehicleTypeOf } from "../operations/vehicle-types.ts";
import { decodeReadings } from "../store/readings.ts";
import { createPasses } from "../trips/passes.ts";
import { createPastRights } from "./past-rights.ts";
import {
  type Api,
  actor,
  fits,
  given,
  goneSignal,
  instant,
  list,
  needs,
  page,
  pageOf,
  type ResourceParts,
  token,
} from "./route.ts";
import { createWorkViews } from "./work-view.ts";

const name = z.string().min(1).max(64);
const RULE = "sweep.coverage_low";
const MAIN_ROAD_CLASS = 2;
const ROWS_AT_ONCE = 500;

/** What is planned, and how it goes or went: of a live sweep, or of one that was written down. */
interface KnownSweep {
  readonly planned: Sweep;
  readonly state: Omit<SweepState, "cells">;
}

/** The sweep plan of a day with how far each section is, and who swept a section when. */
export function registerSweeps(api: Api, { center, config }: ResourceParts): void {
  const { sweeps, register, ground } = center.operations;
  const { spanOf } = createPastRights(center, config);
  const views = createWorkViews(center);
  const thresholds = createThresholds((id) => center.alerting.rulebook.edition(id)?.rule);

  /** Share that is asked for, 0 to 1: the plan's own, or what the class of the road demands. */
  const targetOf = ({ targetPct, sectionId }: Sweep): number => {
    const main = (center.geography.section(sectionId)?.class ?? MAIN_ROAD_CLASS + 1) <= MAIN_ROAD_CLASS;
    const demanded = main ? thresholds.number(RULE, "mainRoadPct", 95) : thresholds.number(RULE, "otherRoadPct", 90);
    return (targetPct ?? demanded) / 100;
  };

  const shown = ({ planned, state }: KnownSweep, now: Millis) => {
    const target = targetOf(planned);
    const open = now >= planned.from && now < planned.to && state.share < target;
    const rest = open && state.firstAt !== null ? timeForRest(state.share, now - state.firstAt) : null;
    const { communityId = null, gridId = null } = ground.placeOf({ sectionId: planned.sectionId }, planned.from) ?? {};
    return {
      id: planned.id,
      date: planned.date,
      planId: planned.sourceId,
      sectionId: planned.sectionId,
      communityId,
      gridId,
      crewId: planned.crewId,
      crewName: planned.crewId === null ? null : (register.get("crews", planned.crewId)?.name ?? null),
      vehicleId: planned.vehicleId,
      line: planned.line,
      from: planned.from,
      to: planned.to,
      coverage: state.share,
      target,
      firstAt: state.firstAt,
      lastAt: state.lastAt,
      /** Minutes that the rest takes at the pace so far; null when that is not known, or no question any more. */
      restMinutes: rest === null ? null : Math.ceil(rest / MINUTE),
      judged: state.judged,
      warned: state.warned,
      missed: state.raised,
    };
  };

  /** Sweeps of a day that is over live in what was written down about them. */
  const written = async (date: string, live: ReadonlySet<string>): Promise<KnownSweep[]> => {
    const from = center.calendar.instant(dayOf(date), 0);
    const found: KnownSweep[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const span = { from: from - DAY, to: from + 2 * DAY };
      const kept = await center.store.work({ kind: "sweep", ...span, limit: ROWS_AT_ONCE, ...given({ cursor }) });
      for (const { body } of kept.items) {
        const sweep = body as unknown as Sweep & Omit<SweepState, "cells">;
        if (sweep.date === date && !live.has(sweep.id)) found.push({ planned: sweep, state: sweep });
      }
      cursor = kept.next;
    }
    return found;
  };

  api.get(
    "/sweeps",
    {
      config: needs("readWork"),
      schema: {
        summary: "The sweep plan of a day, section by section, with how much of each is swept and what is at risk",
        querystring: z.object({
          /** Local date; today when absent. */
          date: dateShape.optional(),
          line: list(name),
          crewId: list(name),
          communityId: list(name),
          ...page(config),
        }),
      },
    },
    async (request) => {
      const who = actor(request);
      const now = center.clock.now();
      const { date = dateOf(center.calendar.dayNumber(now)), line, crewId, communityId, cursor, limit } = request.query;
      const live = [...sweeps.all()].filter(({ planned }) => planned.date === date);
      const past = await written(date, new Set(live.map(({ planned }) => planned.id)));
      const rows = [...live, ...past]
        .filter(({ planned }) => fits(line, planned.line) && fits(crewId, planned.crewId))
        .filter(({ planned }) => reachesWork(who, views.ofSweep({ planned })))
        .map((sweep) => shown(sweep, now))
        .filter((row) => fits(communityId, row.communityId))
        .map((row) => ({ row, key: `${row.from} ${row.id}` }));
      return { date, now, ...pageOf(rows, cursor, limit) };
    },
  );

  const vehicleType = (id: string) => {
    const { vehicleType: attribute } = center.registry.get(id)?.attributes ?? {};
    return vehicleTypeOf(register.get("vehicles", id)?.type ?? (typeof attribute === "string" ? attribute : null));
  };

  api.get(
    "/coverage/:section/passes",
    {
      config: needs("readWork"),
      schema: {
        summary: "Which vehicles swept a road section, from when to when, and how much of it each time",
        params: z.object({ section: name }),
        querystring: z.object({ from: instant, to: instant.optional() }),
      },
    },
    async (request, reply) => {
      const { section: id } = request.params;
      const section = center.geography.section(id);
      const { scope } = token(request);
      if (!section || !inScope(scope, ground.placeOf({ sectionId: id }, center.clock.now())))
        throw notFound(`section ${id}`);
      const span = spanOf(request.query, config.COVERAGE_RANGE_DAYS);
      const passes = createPasses(section, (lat, lon, withinM) => center.geography.nearestSections(lat, lon, withinM));
      const signal = goneSignal(reply);
      for (const device of center.registry.all()) {
        const type = device.kind === "vehicle" ? vehicleType(device.id) : null;
        if (!type?.sweeps) continue;
        const packed = await center.history.readings({ devices: [device.number], ...span }, signal);
        if (!packed) continue;
        decodeReadings(packed, ({ at, metrics: { lat, lon, speedKmh, working, accuracyM } }) => {
          if (lat === undefined || lon === undefined) return;
          const fix = { at, lat, lon, speedKmh, accuracyM, working: working === 1 };
          passes.see(device.id, fix, type.workLimitKmh);
        });
      }
      return {
        ...span,
        items: passes.all().map((pass) => ({
          ...pass,
          name: center.registry.get(pass.vehicleId)?.name ?? pass.vehicleId,
          plate: register.get("vehicles", pass.vehicleId)?.plate ?? null,
          crewId: center.operations.crews.crewOf(pass.vehicleId),
        })),
      };
    },
  );
}
