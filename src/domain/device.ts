import type { Kind } from "./kinds.ts";
import type { Place } from "./place.ts";
import type { Millis } from "./time.ts";

export type AttributeValue = string | number | boolean;

/**
 * A registered device. `attributes` the center itself reads: `emptyMm`, `fullMm`, `blindMm` (bins),
 * `reportEverySeconds`, `coordSystem` ("wgs84", "gcj02" or "bd09"), `utcOffsetMinutes` (of a clock that sends local time),
 * `installedAt` (a date; earlier times are a clock that was not set), `inputs` (`din1=working, !din2=hopperOpen`),
 * `speedLimitKmh`, `workSpeedLimitKmh`, `areaId`, `routeId` (its planned way), `zoneId` (the zone a camera looks at), `vehicleType`, `gatewayId`, `carriageway`, `key` (a key camera), `pictureUrl`
 * (where the picture of an event lies when the event does not say it, with `{eventId}` and `{cameraId}`; of a camera or of
 * its gateway), `referencePicture` (kept by the center), `dialects` (topic filters, comma-separated, that it may publish
 * beside its own topics), and on gateways `devices` (ids they speak for,
 * comma-separated, or `*`) and `alerts` (communities whose alerts they hear, comma-separated, or `*`).
 */
export interface Device {
  readonly id: string;
  /** Short number of the device in the journal; given once, never reused. */
  readonly number: number;
  readonly kind: Kind;
  readonly name: string;
  /** Names that dialects use for it: `eui:24e124713d000417`, `imei:…`, `ot:user/phone`. Unique over all devices. */
  readonly aliases: readonly string[];
  readonly place: Place | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Keyed hashes of the secrets that are valid now: one, or two while a rotation is under way. Never leaves the server. */
  readonly secretHashes: readonly string[];
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly rev: number;
}

/** Letters of a device id: it becomes a topic level, a file name and a CSV cell, so it stays plain. */
export const deviceIdPattern = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

/** A device as people and screens may see it. */
export type PublicDevice = Omit<Device, "secretHashes" | "number">;

export function publicDevice(device: Device): PublicDevice {
  const { secretHashes: _secret, number: _number, ...rest } = device;
  return rest;
}
