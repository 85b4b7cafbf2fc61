import type { Metrics } from "./metrics.ts";
import type { DeviceEvent } from "./observation.ts";
import { MINUTE, type Millis } from "./time.ts";

/** Streams that figures and ledgers ask for by name; the list is open. */
export const FOOD_STREAM = "food";
const RESIDUAL_STREAM = "residual";

/** What a weighbridge weighed of one vehicle. */
export interface WeighedLoad {
  readonly at: Millis;
  readonly netKg: number;
}

/** The same load weighed twice within this is one load. */
const SAME_LOAD_MS = 10 * MINUTE;

export const isSameLoad = (one: WeighedLoad | undefined, other: WeighedLoad): boolean =>
  one !== undefined && one.netKg === other.netKg && Math.abs(other.at - one.at) < SAME_LOAD_MS;

/** Gross minus tare in kilograms; null when it is no weighing of a load. */
export function netKgOf({ grossKg, tareKg }: Metrics): number | null {
  return grossKg !== undefined && tareKg !== undefined && grossKg > tareKg ? grossKg - tareKg : null;
}

/** Which of the four streams it is: what the event says, else what its device is there for. */
export function streamOf(event: DeviceEvent | undefined, attributes: { readonly stream?: unknown }): string {
  const told = event && "details" in event ? event.details?.stream : undefined;
  return String(told ?? attributes.stream ?? RESIDUAL_STREAM);
}
