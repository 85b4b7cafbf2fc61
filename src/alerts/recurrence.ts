import type { Changes } from "../center/changes.ts";
import type { Alert } from "../domain/alert.ts";
import { distanceM, type Place } from "../domain/place.ts";
import { DAY, HOUR, type Millis } from "../domain/time.ts";
import type { DerivedProblem } from "./alerting.ts";
import { RECURRENCE_RULE } from "./catalogue/derived.ts";
import type { Rule } from "./rule.ts";

/** The memory of places: a problem that comes back to a spot is told apart from a new one, whatever device sees it. */

/** The same spot: within so many metres of where the class of problem was first seen there. */
export const SPOT_RADIUS_M = 30;
/** Back within so long of closing. */
export const RELAPSE_MS = 72 * HOUR;
export const CHRONIC_TIMES = 3;
const MAJOR_TIMES = 5;
const WINDOW_MS = 30 * DAY;
const COLLECTION = "spots";
/** About 55 m of latitude: neighbours within the radius lie in this cell or one beside it. */
const CELL_DEG = 0.0005;
const OCCURRENCES_KEPT = 100;

export interface Occurrence {
  readonly alertId: string;
  readonly subjectId: string;
  readonly openedAt: Millis;
  readonly closedAt: Millis | null;
  /** Within 72 hours of the closing of the one before. */
  readonly relapse: boolean;
}

/** One place where one class of problem occurs. */
export interface Spot {
  readonly id: string;
  readonly ruleId: string;
  readonly subtype: string | null;
  readonly place: Place;
  readonly occurrences: readonly Occurrence[];
}

export type Recurrence = ReturnType<typeof createRecurrence>;

export interface RecurrenceParts {
  readonly documents: readonly { collection: string; id: string; body: unknown }[];
  readonly rule: (id: string) => Rule | undefined;
  readonly holds: (problem: DerivedProblem, now: Millis, changes: Changes) => void;
}

export function createRecurrence({ documents, rule, holds }: RecurrenceParts) {
  const spots = new Map<string, Spot>();
  const cells = new Map<string, Set<string>>();

  const cellOf = (lat: number, lon: number) => `${Math.floor(lat / CELL_DEG)} ${Math.floor(lon / CELL_DEG)}`;
  const index = (spot: Spot) => {
    spots.set(spot.id, spot);
    const cell = cellOf(spot.place.lat, spot.place.lon);
    const ids = cells.get(cell);
    if (ids) ids.add(spot.id);
    else cells.set(cell, new Set([spot.id]));
  };
  for (const { collection, body } of documents) if (collection === COLLECTION) index(body as Spot);

  const near = (ruleId: string, subtype: string | null, place: Place): Spot | undefined => {
    let best: Spot | undefined;
    let bestM = SPOT_RADIUS_M;
    for (let north = -1; north <= 1; north++) {
      for (let east = -1; east <= 1; east++) {
        const cell = cellOf(place.lat + north * CELL_DEG, place.lon + east * CELL_DEG);
        for (const id of cells.get(cell) ?? []) {
          const spot = spots.get(id) as Spot;
          if (spot.ruleId !== ruleId || spot.subtype !== subtype) continue;
          const metres = distanceM(spot.place, place);
          if (metres > bestM) continue;
          best = spot;
          bestM = metres;
        }
      }
    }
    return best;
  };

  const put = (spot: Spot, changes: Changes) => {
    index(spot);
    changes.putDocument(COLLECTION, spot.id, JSON.parse(JSON.stringify(spot)));
  };

  const drop = ({ id, place }: Spot, changes: Changes) => {
    spots.delete(id);
    cells.get(cellOf(place.lat, place.lon))?.delete(id);
    changes.putDocument(COLLECTION, id, null);
  };

  const lately = (spot: Spot, at: Millis) =>
    spot.occurrences.filter(({ openedAt, closedAt }) => at - (closedAt ?? openedAt) <= WINDOW_MS);

  return {
    /** The closed problem this one came back from, or null. */
    predecessor(alert: Pick<Alert, "ruleId" | "subtype" | "place" | "openedAt">): string | null {
      if (!alert.place || !rule(alert.ruleId)?.recurs) return null;
      const last = near(alert.ruleId, alert.subtype, alert.place)?.occurrences.at(-1);
      return last?.closedAt != null && alert.openedAt - last.closedAt <= RELAPSE_MS ? last.alertId : null;
    },

    changed(before: Alert | null, after: Alert, now: Millis, changes: Changes): void {
      if (!after.place || !rule(after.ruleId)?.recurs) return;
      const known = near(after.ruleId, after.subtype, after.place);
      if (before === null) {
        const occurrence = {
          alertId: after.id,
          subjectId: after.subject.id,
          openedAt: after.openedAt,
          closedAt: null,
          relapse: after.recurrenceOf !== null,
        };
        const spot: Spot = known ?? {
          id: `spot-${after.id}`,
          ruleId: after.ruleId,
          subtype: after.subtype,
          place: after.place,
          occurrences: [],
        };
        const occurrences = [...lately(spot, now), occurrence].slice(-OCCURRENCES_KEPT);
        put({ ...spot, occurrences }, changes);
        const cameBack = occurrence.relapse || occurrences.length >= CHRONIC_TIMES;
        if (!cameBack) return;
        holds(
          {
            ruleId: RECURRENCE_RULE,
            subtype: after.ruleId,
            subject: { kind: "spot", id: spot.id },
            place: spot.place,
            at: after.openedAt,
            ...(occurrences.length >= MAJOR_TIMES && { level: 2 as const }),
            matter: after.matter,
            facts: {
              ruleId: after.ruleId,
              alertId: after.id,
              subjectId: after.subject.id,
              timesIn30Days: occurrences.length,
            },
            ...(after.recurrenceOf !== null && { recurrenceOf: after.recurrenceOf }),
          },
          now,
          changes,
        );
      } else if (known && before.closedAt === null && after.closedAt !== null) {
        // What was no problem, or another's, never happened here.
        const unreal = after.state === "falsePositive" || after.state === "merged";
        const occurrences = unreal
          ? known.occurrences.filter(({ alertId }) => alertId !== after.id)
          : known.occurrences.map((one) => (one.alertId === after.id ? { ...one, closedAt: after.closedAt } : one));
        if (occurrences.length === 0) drop(known, changes);
        else put({ ...known, occurrences }, changes);
      }
    },

    /** Spots with at least so many occurrences in the last 30 days, worst first. */
    hotSpots(at: Millis, atLeast: number): readonly (Spot & { timesIn30Days: number; relapses: number })[] {
      return [...spots.values()]
        .map((spot) => {
          const recent = lately(spot, at);
          const relapses = recent.filter(({ relapse }) => relapse).length;
          return { ...spot, timesIn30Days: recent.length, relapses };
        })
        .filter(({ timesIn30Days }) => timesIn30Days >= atLeast)
        .sort((a, b) => b.timesIn30Days - a.timesIn30Days || b.relapses - a.relapses);
    },

    /** Forgets places where nothing happened for 30 days. */
    forget(now: Millis, changes: Changes): void {
      for (const spot of [...spots.values()]) if (lately(spot, now).length === 0) drop(spot, changes);
    },
  };
}
