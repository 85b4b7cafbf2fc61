import type { Changes } from "../center/changes.ts";
import type { SeenObservation } from "../center/subject.ts";
import { depositedKg } from "../domain/deposits.ts";
import { FOOD_STREAM, isSameLoad, netKgOf, streamOf, type WeighedLoad } from "../domain/loads.ts";
import type { Json } from "../domain/text.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { VISIT_WITHIN_M, type Visits } from "./visits.ts";

/** Waste changes hands three times: handed over at a point, taken away by a vehicle, received at a station. */
export const loadSteps = ["handedOver", "taken", "received"] as const;

/** Kilograms that changed hands at one place. Hand-overs are summed by point and hour: whose card it was is not kept. */
export interface Load {
  readonly step: (typeof loadSteps)[number];
  readonly at: Millis;
  readonly kg: number;
  readonly count: number;
  readonly stream: string;
  /** The point or station whose scale it was; null for a vehicle that weighed on the road. */
  readonly placeId: string | null;
  /** Who took or brought it; null when nobody was seen there. */
  readonly vehicleId: string | null;
  readonly lat: number | null;
  readonly lon: number | null;
}

/** What has to be remembered of a scale, also over a restart. */
interface Scale {
  /** The newest total it showed. */
  readonly total: { readonly at: Millis; readonly kg: number } | null;
  readonly lastLoad: WeighedLoad | null;
  /** A collector weighed here: the fall of the total that follows is the same load. */
  readonly weighedAt: Millis | null;
  readonly hour: { readonly from: Millis; readonly kg: number; readonly count: number } | null;
}

export interface LoadsParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly visits: Pick<Visits, "nearby">;
  /** A vehicle by its id or its plate. */
  readonly vehicleNamed: (name: string) => string | null;
}

const SCALES = "scale";
const NEW_SCALE: Scale = { total: null, lastLoad: null, weighedAt: null, hour: null };
/** A point is emptied when its scale falls to less than this share of what it showed … */
const EMPTIED_TO = 0.4;
/** … and by at least this much: a lifted lid or a drifting cell is no collection. */
const EMPTIED_KG = 10;
/** Who takes the load or brings it stays a little before and after the scale says so. */
const AROUND_MS = 20 * MINUTE;

/** Follows waste from hand to hand by what scales say, and writes each step down as work. */
export function createLoads({ documents, visits, vehicleNamed }: LoadsParts) {
  const scales = new Map<string, Scale>();
  for (const { collection, id, body } of documents) if (collection === SCALES) scales.set(id, body as Scale);

  const remember = (id: string, scale: Scale, changes: Changes): void => {
    scales.set(id, scale);
    changes.putDocument(SCALES, id, scale as unknown as Json);
  };

  const write = (id: string, subjectId: string, load: Load, changes: Changes): void => {
    changes.work.push({ id, kind: "load", at: load.at, subjectId, body: { ...load } });
  };

  const vehicleThere = (seen: SeenObservation, from: Millis): string | null => {
    const { place } = seen.subject;
    if (!place) return null;
    const there = visits
      .nearby(place, from, seen.at + AROUND_MS, VISIT_WITHIN_M)
      .filter(({ kind }) => kind === "vehicle");
    return there.at(-1)?.subjectId ?? null;
  };

  const loadOf = (seen: SeenObservation, fields: Pick<Load, "step" | "kg" | "stream" | "vehicleId">): Load => {
    const { subject, at } = seen;
    const { lat = null, lon = null } = subject.place ?? {};
    const placeId = subject.device.kind === "vehicle" ? (subject.place?.pointId ?? null) : subject.id;
    return { at, count: 1, lat, lon, placeId, ...fields };
  };

  /** A card at a point: a household or shop hands over, or the collector weighs what it takes. */
  const card = (seen: SeenObservation, kg: number, scale: Scale, changes: Changes): void => {
    const { subject, event, at, outOfOrder } = seen;
    const { vehicle, worker, binTag } = (event && "details" in event && event.details) || {};
    const stream = foodUnlessTold(seen);
    const collector = subject.device.kind === "vehicle" || [vehicle, worker, binTag].some((said) => said !== undefined);
    if (collector) {
      const vehicleId =
        subject.device.kind === "vehicle"
          ? subject.id
          : vehicle !== undefined
            ? (vehicleNamed(String(vehicle)) ?? String(vehicle))
            : vehicleThere(seen, at - AROUND_MS);
      write(`${subject.id}@${at}`, subject.id, loadOf(seen, { step: "taken", kg, stream, vehicleId }), changes);
      remember(subject.id, { ...scale, weighedAt: Math.max(scale.weighedAt ?? 0, at) }, changes);
      return;
    }
    const handed = loadOf(seen, { step: "handedOver", kg, stream, vehicleId: null });
    const from = Math.floor(at / HOUR) * HOUR;
    // Late ones stand for themselves: the sum of their hour is no longer at hand.
    if (outOfOrder && scale.hour?.from !== from) {
      write(`${subject.id}@${at}`, subject.id, handed, changes);
      return;
    }
    const known = scale.hour?.from === from ? scale.hour : { from, kg: 0, count: 0 };
    const hour = { from, kg: known.kg + kg, count: known.count + 1 };
    const sum = { ...handed, at: from, kg: hour.kg, count: hour.count };
    write(`${subject.id}@${from} hour`, subject.id, sum, changes);
    remember(subject.id, { ...scale, hour }, changes);
  };

  /** The total that a point's scale shows: when it falls far, somebody has emptied it. */
  const total = (seen: SeenObservation, kg: number, scale: Scale, changes: Changes): void => {
    const { subject, at, outOfOrder } = seen;
    if (outOfOrder) return;
    const before = scale.total;
    const taken = before ? before.kg - kg : 0;
    const weighed = before !== null && scale.weighedAt !== null && scale.weighedAt >= before.at - AROUND_MS;
    if (before && taken >= EMPTIED_KG && kg <= before.kg * EMPTIED_TO && !weighed) {
      const fields = {
        step: "taken",
        kg: taken,
        stream: foodUnlessTold(seen),
        vehicleId: vehicleThere(seen, before.at),
      } as const;
      write(`${subject.id}@${at}`, subject.id, loadOf(seen, fields), changes);
    }
    remember(subject.id, { ...scale, total: { at, kg } }, changes);
  };

  const received = (seen: SeenObservation, netKg: number, scale: Scale, changes: Changes): void => {
    const { subject, event, at } = seen;
    const load = { at, netKg };
    if (isSameLoad(scale.lastLoad ?? undefined, load)) return;
    const told = event && "details" in event ? event.details?.vehicle : undefined;
    const vehicleId =
      told === undefined ? vehicleThere(seen, at - AROUND_MS) : (vehicleNamed(String(told)) ?? String(told));
    const stream = streamOf(event, subject.device.attributes);
    write(`${subject.id}@${at}`, subject.id, loadOf(seen, { step: "received", kg: netKg, stream, vehicleId }), changes);
    remember(subject.id, { ...scale, lastLoad: load }, changes);
  };

  return {
    see(seen: SeenObservation, changes: Changes): void {
      const { subject, event, metrics } = seen;
      const { kind } = subject.device;
      if (kind !== "foodWastePoint" && kind !== "station" && kind !== "vehicle") return;
      const refused = event?.type === "card" && event.code === "refused";
      const kg = refused ? null : depositedKg(event, metrics);
      if (kind === "station") {
        const netKg = netKgOf(metrics);
        if (netKg !== null) received(seen, netKg, scales.get(subject.id) ?? NEW_SCALE, changes);
      } else if (kg !== null && kg > 0) card(seen, kg, scales.get(subject.id) ?? NEW_SCALE, changes);
      else if (kind === "foodWastePoint" && event === undefined && metrics.weightKg !== undefined) {
        total(seen, metrics.weightKg, scales.get(subject.id) ?? NEW_SCALE, changes);
      }
    },

    forget(deviceId: string, changes: Changes): void {
      if (scales.delete(deviceId)) changes.putDocument(SCALES, deviceId, null);
    },
  };
}
export type Loads = ReturnType<typeof createLoads>;

/** Kitchen-waste points take one stream, whether or not somebody wrote it down. */
function foodUnlessTold({ event, subject }: SeenObservation): string {
  return streamOf(event, { stream: FOOD_STREAM, ...subject.device.attributes });
}
