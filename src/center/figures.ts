import type { Alerting } from "../alerts/alerting.ts";
import { CHRONIC_TIMES } from "../alerts/recurrence.ts";
import type { LiveGeography } from "../district/geography.ts";
import type { Clock } from "../domain/time.ts";
import type { DeductionPoints } from "../kpi/cases.ts";
import { createContext } from "../kpi/context.ts";
import { createKpis, type KpiParts } from "../kpi/kpis.ts";
import { createLive, sweptRoads, watchedBlindSpots } from "../kpi/live.ts";
import { createTiles } from "../kpi/tiles.ts";
import type { Operations } from "../operations/engine.ts";
import type { Registry } from "./access.ts";
import type { Subject } from "./subject.ts";

export interface FigureParts extends Pick<KpiParts, "restored" | "calendar" | "startedAt"> {
  /** The desk is there once everything is wired. */
  readonly alerting: () => Alerting | undefined;
  readonly points: DeductionPoints;
  readonly registry: Pick<Registry, "get">;
  readonly operations: Pick<Operations, "register" | "ground">;
  readonly district: LiveGeography;
  readonly subjects: () => Iterable<Subject>;
  readonly clock: Pick<Clock, "now">;
}

/** The figures with what they ask of the rest of the center. */
export function createFigures(parts: FigureParts) {
  const { restored, calendar, startedAt, alerting, registry, operations, district, subjects, clock } = parts;
  const kpis = createKpis({
    restored,
    calendar,
    startedAt,
    live: createLive({
      *chronicSpots(at) {
        for (const { place, ruleId } of alerting()?.hotSpots(at, CHRONIC_TIMES) ?? []) {
          yield { place, category: ruleId, counts: true };
        }
      },
      *shops(from, to) {
        for (const { place, handedOver } of alerting()?.shops(from, to) ?? []) {
          yield { place, category: "", counts: handedOver };
        }
      },
      roads: () => sweptRoads(operations.ground, operations.register.all("plans")),
      blindSpots: () => watchedBlindSpots(district.current, subjects(), clock.now()),
    }),
    contextOf: createContext({
      points: parts.points,
      rule: (id) => alerting()?.rulebook.edition(id)?.rule,
      attributes: (id) => registry.get(id)?.attributes,
      crew: (id) => operations.register.get("crews", id),
    }),
  });
  // Revisions live as long as the process; the start time keeps those of an earlier one below.
  return { kpis, tiles: createTiles(kpis.periods, Date.now() * 1_000, kpis.devicesByKind) };
}
