import type { Subject } from "../center/subject.ts";
import type { Geography } from "../district/geography.ts";
import { distanceM, type Place } from "../domain/place.ts";
import type { Millis } from "../domain/time.ts";
import type { Ground } from "../operations/ground.ts";
import type { RecordOf } from "../operations/records.ts";

/** Figures that are not counted but looked up: the memory of places, the ledger of shops, the cameras as they are now. */

/** One thing that is counted: where it is, and whether it is among those that are asked for. */
export interface LivePart {
  readonly place: Pick<Place, "communityId" | "gridId"> | null;
  readonly category: string;
  readonly counts: boolean;
  /** How much it weighs; 1 where things are counted. */
  readonly amount?: number;
}

export interface LiveSources {
  /** Places with so many occurrences in the 30 days before an instant. */
  readonly chronicSpots: (at: Millis) => Iterable<LivePart>;
  /** Shops that were active in a span; those that handed over in it count. */
  readonly shops: (from: Millis, to: Millis) => Iterable<LivePart>;
  /** Registered blind spots; those that a camera watches now count. */
  readonly blindSpots: () => Iterable<LivePart>;
  /** Road sections by their area in square metres; those that are swept by any plan count. */
  readonly roads: () => Iterable<LivePart>;
}

export type Live = (
  id: string,
  span: { readonly from: Millis; readonly to: Millis },
  now: Millis,
) => Iterable<LivePart>;

export function createLive({ chronicSpots, shops, blindSpots, roads }: LiveSources): Live {
  return (id, { from, to }, now) => {
    if (id === "spot.chronic") return chronicSpots(Math.min(to, now));
    if (id === "merchant.report_rate") return shops(from, to);
    // Nobody remembers which cameras watched last week, nor which roads were planned then.
    if (to < now) return [];
    return id === "sweep.coverage" ? roads() : blindSpots();
  };
}

/** A camera sees so far. */
const WATCHED_WITHIN_M = 60;

/** Every registered blind spot that is valid now, and whether a camera is online near it. */
export function* watchedBlindSpots(
  geography: Pick<Geography, "features" | "placeAt">,
  subjects: Iterable<Subject>,
  now: Millis,
): Generator<LivePart> {
  const cameras = [...subjects].filter(({ device, online, place }) => device.kind === "camera" && online && place);
  for (const { geometry, properties } of geography.features) {
    if (properties.type !== "spot" || properties.spot !== "blindSpot" || geometry?.type !== "Point") continue;
    const [lon = 0, lat = 0] = geometry.coordinates;
    const place = geography.placeAt(lat, lon, now);
    const watched = cameras.some((camera) => camera.place && distanceM(camera.place, place) <= WATCHED_WITHIN_M);
    yield { place, category: "", counts: watched };
  }
}

/** Every road section with its area, and whether a plan that is written down sweeps it: by its own name or along a route. */
export function* sweptRoads(ground: Pick<Ground, "sections">, plans: Iterable<RecordOf<"plans">>): Generator<LivePart> {
  const swept = new Set<string>();
  for (const plan of plans) {
    if (plan.kind === "sweep") for (const { sectionId } of plan.sections) swept.add(sectionId);
    else if (plan.kind === "route") for (const id of plan.sections ?? []) swept.add(id);
  }
  for (const { id, place, lengthM, widthM } of ground.sections.values()) {
    yield { place, category: "", counts: swept.has(id), amount: lengthM * widthM };
  }
}
