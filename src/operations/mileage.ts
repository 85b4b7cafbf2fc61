import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import type { Json } from "../domain/text.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import { type Contribution, EVERYWHERE, type Measure } from "../kpi/measures.ts";
import { newUsage, type Usage, type UsageLimits, type Used, uses } from "./usage.ts";

/** Kilometres and litres of every vehicle, as figures of the hour they belong to. */

export interface MileageParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly limits: UsageLimits;
  readonly vehicleType: (deviceId: string) => string | null;
  /** Whose vehicle it is. */
  readonly ownerOf: (deviceId: string) => { readonly line: string | null; readonly contractorId: string | null };
  readonly counted: (contribution: Contribution, changes: Changes) => void;
}

interface Driving {
  usage: Usage;
  /** Not told to the figures yet, since. */
  waiting: Used;
  since: Millis | null;
}

const USAGE = "usage";
/** Figures are told of so much at once: a fleet on its way must not keep the disk busy. */
const TOLD_KM = 1;
const TOLD_LITRES = 1;
const TOLD_AFTER_MS = 5 * MINUTE;
const NONE: Used = { km: 0, litres: 0, fueledKm: 0 };

export type Mileage = ReturnType<typeof createMileage>;

/** Follows vehicles. What is known of each is kept with what was told of it, so a restart goes on from there. */
export function createMileage({ documents, limits, vehicleType, ownerOf, counted }: MileageParts) {
  const vehicles = new Map<string, Driving>();
  for (const { collection, id, body } of documents) {
    if (collection === USAGE) vehicles.set(id, { usage: body as Usage, waiting: NONE, since: null });
  }

  const tell = (subject: Subject, driving: Driving, at: Millis, changes: Changes): void => {
    const { km, litres, fueledKm } = driving.waiting;
    const { line, contractorId } = ownerOf(subject.id);
    const scope = {
      ...EVERYWHERE,
      communityId: subject.place?.communityId ?? "",
      gridId: subject.place?.gridId ?? "",
      line: line ?? "",
      contractor: contractorId ?? "",
      category: vehicleType(subject.id) ?? "",
      source: subject.id,
    };
    const add = (measure: Measure, amount: number) => {
      if (amount > 0) counted({ measure, at, scope, amount }, changes);
    };
    add("vehicle.km", km);
    add("vehicle.fueledKm", fueledKm);
    add("vehicle.fuelL", litres);
    driving.waiting = NONE;
    driving.since = null;
    changes.putDocument(USAGE, subject.id, driving.usage as unknown as Json);
  };

  return {
    see({ subject, at, metrics, outOfOrder, event }: SeenObservation, changes: Changes): void {
      if (outOfOrder || event?.type === "presence") return;
      const { odometerKm, fuelL, lat, lon, accuracyM, speedKmh } = metrics;
      if (odometerKm === undefined && fuelL === undefined && lat === undefined) return;
      let driving = vehicles.get(subject.id);
      if (!driving) {
        driving = { usage: newUsage, waiting: NONE, since: null };
        vehicles.set(subject.id, driving);
      }
      const { since } = driving;
      // What belongs to an hour is told before the next one begins to count.
      if (since !== null && Math.floor(since / HOUR) !== Math.floor(at / HOUR)) tell(subject, driving, since, changes);
      const { usage, used } = uses(driving.usage, { at, odometerKm, fuelL, lat, lon, accuracyM, speedKmh }, limits);
      const begins = driving.usage === newUsage;
      driving.usage = usage;
      const { km, litres, fueledKm } = plus(driving.waiting, used);
      driving.waiting = { km, litres, fueledKm };
      if (km === 0 && litres === 0 && fueledKm === 0) {
        // From here on it counts, whatever happens before there is something to tell.
        if (begins) changes.putDocument(USAGE, subject.id, usage as unknown as Json);
        return;
      }
      driving.since ??= at;
      const enough = km >= TOLD_KM || litres >= TOLD_LITRES || at - driving.since >= TOLD_AFTER_MS;
      if (enough) tell(subject, driving, at, changes);
    },

    forget(deviceId: string, changes: Changes): void {
      if (vehicles.delete(deviceId)) changes.putDocument(USAGE, deviceId, null);
    },
  };
}

const plus = (a: Used, b: Used): Used => ({
  km: a.km + b.km,
  litres: a.litres + b.litres,
  fueledKm: a.fueledKm + b.fueledKm,
});
