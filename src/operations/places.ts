import type { Ground } from "./ground.ts";
import type { VehicleType } from "./vehicle-types.ts";

/** Where standing still is part of the work or of the rest. */

/** GPS places a parked vehicle up to so far from the gate it stands at. */
const NEAR_FACILITY_M = 80;
const NEAR_POINT_M = 40;
const NEAR_REST_M = 30;
const VEHICLES_STAND_AT: ReadonlySet<string> = new Set(["depot", "station", "fuel", "water", "parking", "unloading"]);
const PEOPLE_REST_AT: ReadonlySet<string> = new Set(["restArea", "toolRoom", "depot", "station", "toilet"]);

export function placesToStand(ground: Ground, type: VehicleType | null, lat: number, lon: number): boolean {
  const spot = ground.spotNear(lat, lon, NEAR_FACILITY_M, ({ facility }) => VEHICLES_STAND_AT.has(facility));
  if (spot) return true;
  if (!type?.stopsAtPoints) return false;
  const served = ({ facility }: { facility: string }) => facility === "depositPoint" || facility === "foodWastePoint";
  return ground.spotNear(lat, lon, NEAR_POINT_M, served) !== null;
}

export function placesToRest(ground: Ground, lat: number, lon: number): boolean {
  return ground.spotNear(lat, lon, NEAR_REST_M, ({ facility }) => PEOPLE_REST_AT.has(facility)) !== null;
}
