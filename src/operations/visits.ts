import type { Presence } from "../alerts/workforce.ts";
import type { Changes } from "../center/changes.ts";
import type { SeenObservation } from "../center/subject.ts";
import { distanceM, type Place } from "../domain/place.ts";
import type { Json } from "../domain/text.ts";
import { HOUR, MINUTE, type Millis, SECOND } from "../domain/time.ts";
import { USABLE_FIX_M } from "./duty.ts";
import type { Ground } from "./ground.ts";
import { type Stay, stayed } from "./stay.ts";

/** Somebody was at a place long enough to do something there. */
export interface Visit extends Presence {
  readonly id: string;
  readonly kind: "vehicle" | "person";
  readonly lat: number;
  readonly lon: number;
  /** The deposit point or facility it was at. */
  readonly spotId: string | null;
  readonly communityId: string | null;
  readonly gridId: string | null;
  /** It has not left yet. */
  readonly lasting: boolean;
}

export interface VisitsParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly visits: readonly Visit[];
  readonly ground: () => Ground;
  readonly placeAt: (lat: number, lon: number) => Place;
  /** People are followed inside their duty only. */
  readonly onDuty: (deviceId: string, at: Millis) => boolean;
  /** Told when a visit is recognised and when it has ended. */
  readonly visited: (visit: Visit, changes: Changes) => void;
  readonly limits: VisitLimits;
}

export interface VisitLimits {
  /** Visits are kept in memory for so long, and at most so many. */
  readonly keepMs: Millis;
  readonly keep: number;
}

/** How long a stay must last to be a visit. */
const DWELL_MS = { vehicle: 20 * SECOND, person: MINUTE } as const;
/** Within this distance of its mean position a visit is a visit to a place (domain: collection event ≤ 30 m, plus noise). */
export const VISIT_WITHIN_M = 40;
const STAYS = "stay";
/** A stay that only goes on is written down again after so long: a parked fleet must not keep the disk busy. */
const REWRITE_MS = 4 * MINUTE;
const CELL_DEG = 0.001;

export type Visits = ReturnType<typeof createVisits>;

/** Follows where vehicles, and people on duty, stay. Memory is bounded by time and number. */
export function createVisits(parts: VisitsParts) {
  const { limits } = parts;
  const stays = new Map<string, Stay>();
  const lasting = new Map<string, Visit>();
  const writtenAt = new Map<string, Millis>();
  /** Ended visits in order of their end, and by place. */
  const ended: Visit[] = [];
  const cells = new Map<string, Visit[]>();
  let heardAt: Millis | null = null;

  for (const { collection, id, body } of parts.documents) {
    if (collection !== STAYS) continue;
    const { stay, visit } = body as { stay: Stay; visit: Visit | null };
    stays.set(id, stay);
    writtenAt.set(id, stay.to);
    heardAt = Math.max(heardAt ?? 0, stay.to);
    if (visit) lasting.set(id, visit);
  }
  for (const visit of parts.visits) if (!visit.lasting) remember(visit);

  function remember(visit: Visit): void {
    ended.push(visit);
    const key = cellOf(visit.lat, visit.lon);
    const cell = cells.get(key);
    if (cell) cell.push(visit);
    else cells.set(key, [visit]);
    const oldest = visit.to - limits.keepMs;
    while (ended.length > limits.keep || (ended[0] && ended[0].to < oldest)) {
      const gone = ended.shift() as Visit;
      const key = cellOf(gone.lat, gone.lon);
      const rest = (cells.get(key) ?? []).filter((one) => one !== gone);
      if (rest.length > 0) cells.set(key, rest);
      else cells.delete(key);
    }
  }

  function* near(lat: number, lon: number): Generator<Visit> {
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) yield* cells.get(cellOf(lat + dy * CELL_DEG, lon + dx * CELL_DEG)) ?? [];
    }
    yield* lasting.values();
  }

  const tell = (visit: Visit, changes: Changes): void => {
    changes.work.push({ id: visit.id, kind: "visit", at: visit.from, subjectId: visit.subjectId, body: { ...visit } });
    parts.visited(visit, changes);
  };

  return {
    see(seen: SeenObservation, changes: Changes): void {
      const { subject, at, metrics, outOfOrder } = seen;
      const { kind } = subject.device;
      const { lat, lon, accuracyM = 10 } = metrics;
      if ((kind !== "vehicle" && kind !== "person") || outOfOrder || lat === undefined || lon === undefined) return;
      if (accuracyM > USABLE_FIX_M || (kind === "person" && !parts.onDuty(subject.id, at))) return;
      heardAt = Math.max(heardAt ?? 0, at);
      const { id } = subject;
      const before = stays.get(id) ?? null;
      const { stay, ended: left } = stayed(before, { lat, lon, accuracyM }, at);
      stays.set(id, stay);
      const last = lasting.get(id);
      if (left && last) {
        const visit: Visit = { ...last, lat: left.lat, lon: left.lon, to: left.to, lasting: false };
        lasting.delete(id);
        remember(visit);
        tell(visit, changes);
      }
      const long = stay.to - stay.from >= DWELL_MS[kind] && stay.fixes > 1;
      let visit = left ? undefined : last;
      if (visit) {
        visit = { ...visit, to: stay.to, lat: stay.lat, lon: stay.lon };
        lasting.set(id, visit);
      } else if (long) {
        visit = visitOf(id, kind, stay);
        // Where a person lingers is written down only when it is a place of work.
        if (kind === "person" && visit.spotId === null) visit = undefined;
        else {
          lasting.set(id, visit);
          tell(visit, changes);
        }
      }
      const goesOn = before !== null && left === null && last !== undefined && stay.elsewhere === null;
      if (goesOn && stay.to - (writtenAt.get(id) ?? 0) < REWRITE_MS) return;
      // Who only passes by writes nothing: a stay that is lost with a restart begins again with the next fix.
      if (visit) {
        writtenAt.set(id, stay.to);
        changes.putDocument(STAYS, id, { stay, visit } as unknown as Json);
      } else if (writtenAt.delete(id)) changes.putDocument(STAYS, id, null);
    },

    forget(deviceId: string, changes: Changes): void {
      if (!stays.delete(deviceId)) return;
      lasting.delete(deviceId);
      writtenAt.delete(deviceId);
      changes.putDocument(STAYS, deviceId, null);
    },

    /** Visits to a place that overlap a window, in order of time. */
    nearby(place: { lat: number; lon: number }, from: Millis, to: Millis, withinM = VISIT_WITHIN_M): Visit[] {
      const found: Visit[] = [];
      for (const visit of near(place.lat, place.lon)) {
        if (visit.to < from || visit.from > to) continue;
        if (distanceM(visit, place) <= withinM) found.push(visit);
      }
      return found.sort((a, b) => a.to - b.to);
    },

    /** Those under way and those of the last days, newest first. */
    latest(): Visit[] {
      return [...ended, ...lasting.values()].sort((a, b) => b.from - a.from);
    },

    /** Whether anybody was heard of around this time: only then does "nobody was there" mean something. */
    followedAt: (at: Millis): boolean => heardAt !== null && at - heardAt <= HOUR / 4,
    get size(): number {
      return ended.length + lasting.size;
    },
  };

  function visitOf(subjectId: string, kind: Visit["kind"], { lat, lon, from, to }: Stay): Visit {
    const spot = parts.ground().spotNear(lat, lon, VISIT_WITHIN_M);
    const { communityId, gridId } = parts.placeAt(lat, lon);
    const id = `${subjectId}@${from}`;
    return { id, subjectId, kind, from, to, lat, lon, spotId: spot?.id ?? null, communityId, gridId, lasting: true };
  }
}

const cellOf = (lat: number, lon: number): string => `${Math.floor(lat / CELL_DEG)}/${Math.floor(lon / CELL_DEG)}`;
