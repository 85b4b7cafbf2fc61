import type { Device } from "../domain/device.ts";
import type { Ground } from "./ground.ts";
import type { VehicleType } from "./vehicle-types.ts";

/** Where standing still is part of the work or of the rest. */

/** GPS places a parked vehicle up to so far from the gate it stands at. */
const NEAR_FACILITY_M = 80;
const NEAR_POINT_M = 40;
const NEAR_REST_M = 30;
const VEHICLES_STAND_AT: ReadonlySet<string> = new Set([
  ...["depot", "station", "fuel", "water", "parking", "unloading", "restArea"],
]);
const PEOPLE_REST_AT: ReadonlySet<string> = new Set(["restArea", "toolRoom", "depot", "station", "toilet"]);

/** @param own ids of facilities that are this vehicle's own, whatever they are */
export function placesToStand(
  ground: Ground,
  type: VehicleType | null,
  own: ReadonlySet<string>,
  lat: number,
  lon: number,
): boolean {
  const stands = ({ id, facility }: { id: string; facility: string }) => VEHICLES_STAND_AT.has(facility) || own.has(id);
  const spot = ground.spotNear(lat, lon, NEAR_FACILITY_M, stands);
  if (spot) return true;
  if (!type?.stopsAtPoints) return false;
  const served = ({ facility }: { facility: string }) => facility === "depositPoint" || facility === "foodWastePoint";
  return ground.spotNear(lat, lon, NEAR_POINT_M, served) !== null;
}

/** Facilities that a device's attribute `facilities` says are its own: ids with commas between. */
export function ownFacilities({ attributes }: Pick<Device, "attributes">): ReadonlySet<string> {
  const { facilities } = attributes;
  return new Set(typeof facilities === "string" ? facilities.split(/[\s,]+/) : []);
}

export function placesToRest(ground: Ground, lat: number, lon: number): boolean {
  return ground.spotNear(lat, lon, NEAR_REST_M, ({ facility }) => PEOPLE_REST_AT.has(facility)) !== null;
}
