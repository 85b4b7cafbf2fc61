import { type Kind, kindNames, kinds } from "./kinds.ts";
import type { MetricName } from "./metrics.ts";

/** Where somebody is and moves, and how their body does: kept at work only, and not for long. */
export const personalMetrics: readonly MetricName[] = [
  ...(["lat", "lon", "altM", "accuracyM", "speedKmh", "headingDeg", "satellites", "odometerKm"] as const),
  ...(["hr", "steps", "still"] as const),
];

/** Kinds of devices that people carry. */
export const personalKinds: readonly Kind[] = kindNames.filter((kind) => kinds[kind].personal);
