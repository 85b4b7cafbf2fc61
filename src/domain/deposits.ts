import type { Metrics } from "./metrics.ts";
import type { DeviceEvent } from "./observation.ts";

/** Local hours in which households put their waste in, where a point has none of its own. */
export const DEPOSIT_HOURS: readonly (readonly [from: number, to: number])[] = [
  [7, 9],
  [19, 21],
];

/** @param own the point's attribute `depositHours`, as `7-9,19-21`; replaces the windows that hold elsewhere */
export function isDepositHour(hours: number, own: unknown, windows = DEPOSIT_HOURS): boolean {
  const due = typeof own === "string" ? parseHours(own) : windows;
  return due.some(([from, to]) => hours >= from && hours < to);
}

function parseHours(text: string): readonly (readonly [number, number])[] {
  return text.split(",").map((part) => {
    const [from = 0, to = 24] = part.split("-").map(Number);
    return [from, to] as const;
  });
}

/**
 * Kilograms a card handed over: what the event itself says, else the weight that came with it; null when it says none. The
 * total of a scale comes in telemetry, never with a card.
 */
export function depositedKg(event: DeviceEvent | undefined, metrics: Metrics): number | null {
  if (event?.type !== "card") return null;
  const kg = Number(event.details?.weightKg ?? metrics.weightKg ?? Number.NaN);
  return Number.isNaN(kg) ? null : kg;
}
