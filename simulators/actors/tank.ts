import type { Random } from "../random.ts";
import { round } from "./actor.ts";
import type { VehicleType } from "./rounds.ts";

/** Litres that fit, and litres per 100 km with the work of the type: what fleets of such trucks report. */
const tanks: Readonly<Record<VehicleType, { readonly holdsL: number; readonly per100: number }>> = {
  collection: { holdsL: 200, per100: 38 },
  sweeper: { holdsL: 160, per100: 45 },
  water: { holdsL: 200, per100: 40 },
  foodWaste: { holdsL: 150, per100: 32 },
};
/** The driver fills up in the yard below this, to that. */
const LOW_SHARE = 0.3;
const FULL_SHARE = 0.95;
/** A float in a tank on the road moves by so much. */
const SLOSH_L = 0.4;

/** A vehicle's tank: it empties with the road and is filled now and then. */
export interface Tank {
  drive(km: number): void;
  siphon(litres: number): void;
  /** Back in the yard. */
  park(): void;
  gauge(moving: boolean): number;
}

export function createTank(type: VehicleType, random: Random): Tank {
  const { holdsL, per100 } = tanks[type];
  let litres = holdsL * random.between(0.45, FULL_SHARE);
  return {
    drive(km) {
      litres = Math.max(0, litres - (km * per100) / 100);
    },
    siphon(taken) {
      litres = Math.max(0, litres - taken);
    },
    park() {
      if (litres < holdsL * LOW_SHARE) litres = holdsL * FULL_SHARE;
    },
    gauge: (moving) => round(Math.max(0, litres + (moving ? random.between(-SLOSH_L, SLOSH_L) : 0))),
  };
}
