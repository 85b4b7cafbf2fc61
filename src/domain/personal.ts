import type { Evidence } from "./alert.ts";
import { type Kind, kindNames, kinds } from "./kinds.ts";
import type { MetricName } from "./metrics.ts";
import type { Json } from "./text.ts";

/** Where somebody is and moves, and how their body does: kept at work only, and not for long. */
export const personalMetrics: readonly MetricName[] = [
  ...(["lat", "lon", "altM", "accuracyM", "speedKmh", "headingDeg", "satellites", "odometerKm"] as const),
  ...(["hr", "steps", "still"] as const),
];

/** Kinds of devices that people carry. */
export const personalKinds: readonly Kind[] = kindNames.filter((kind) => kinds[kind].personal);

/** Evidence whose facts may name devices, alone or in a list, under other names. */
export function renamed(evidence: Evidence, nameOf: (id: string) => string): Evidence {
  const rename = (fact: Json): Json => {
    if (Array.isArray(fact)) return fact.map(rename);
    return typeof fact === "string" ? nameOf(fact) : fact;
  };
  const { source, at, ...facts } = evidence;
  const named = Object.entries(facts).map(([name, fact]) => [name, rename(fact)]);
  return { source, at, ...Object.fromEntries(named) };
}
