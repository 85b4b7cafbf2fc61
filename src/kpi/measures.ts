import type { Millis } from "../domain/time.ts";

/** Those that cases contribute: reckoned anew from alerts and their timelines whenever that is wanted. */
export const caseMeasures = [
  // Cases: problems with a matter code, filed or not.
  "case.received",
  "case.filed",
  "case.proactive",
  "case.dispatched",
  "case.returned",
  "case.handleDue",
  "case.handled",
  "case.handledInTime",
  "case.closeDue",
  "case.closed",
  "case.closedInTime",
  "case.rework",
  "case.extended",
  "case.checked",
  "case.passed",
  // Alerts of every kind.
  "alert.opened",
  "alert.rang",
  "alert.acknowledged",
  "alert.dispatched",
  "alert.cleared",
  "overflow.ended",
  "overflow.inTime",
  "overflow.minutes",
  "spot.settled",
  "spot.relapsed",
  "ai.confirmed",
  "ai.rejected",
  "contractor.deduction",
] as const;

/**
 * What is counted. Every figure is a sum of contributions, and a contribution belongs to a moment: late data lands in the
 * hour in which it happened, and a record that changes takes back what it contributed before.
 */
export const measures = [
  ...caseMeasures,
  "citizen.due",
  "citizen.inTime",
  // Readings.
  "device.dueMinutes",
  "device.onlineMinutes",
  "bin.onlineMinutes",
  "data.delay",
  "point.deposits",
  "point.depositsInTime",
  "point.checks",
  "point.checksPassed",
  "collect.kg",
  "collect.foodKg",
  "toilet.windows",
  "toilet.windowsInLimits",
  "toilet.dueMinutes",
  "toilet.openMinutes",
  // Operations: fed by plans, shifts and tracks.
  "sweep.plannedM2",
  "sweep.coveredM2",
  "sweep.mechanisableM2",
  "sweep.mechanisedM2",
  "sweep.sectionM",
  "sweep.sectionCoveredM",
  "collect.stopsPlanned",
  "collect.stopsInTime",
  "person.scheduled",
  "person.arrived",
  "person.dueMinutes",
  "person.onPostMinutes",
  "vehicle.scheduled",
  "vehicle.started",
  "vehicle.km",
  /** Of these kilometres, those on which the tank was measured. */
  "vehicle.fueledKm",
  "vehicle.fuelL",
  "task.due",
  "task.done",
] as const;
export type Measure = (typeof measures)[number];

/** What figures can be told apart by. Empty where it is not known or does not apply. */
export interface Scope {
  readonly communityId: string;
  readonly gridId: string;
  /** Business line: cleaning, greening, pest control. */
  readonly line: string;
  readonly contractor: string;
  readonly level: number;
  /** Rule of a case, category of a sighting, kind of a device, stream of a collection, type of a vehicle. */
  readonly category: string;
  /** Device that is the source where that matters: the camera of a sighting, the vehicle that drove. */
  readonly source: string;
}
export const EVERYWHERE: Scope = {
  communityId: "",
  gridId: "",
  line: "",
  contractor: "",
  level: 0,
  category: "",
  source: "",
};
export const scopeNames = Object.keys(EVERYWHERE) as (keyof Scope)[];

/** So much of a measure at a moment. */
export interface Contribution {
  readonly measure: Measure;
  readonly at: Millis;
  readonly scope: Scope;
  /** How much; 1 for something that happened. Minutes, kilograms, square metres in their unit. */
  readonly amount: number;
  /** A duration that belongs to it, in milliseconds: means and percentiles are taken over these. */
  readonly ms?: Millis;
}

/** Width of a bin of durations: a percentile read from the bins is off by at most half of it. */
const BIN_RATIO = 1.1;
const SHORTEST_MS = 100;

/** Bin of a duration; 0 stands for "no duration". */
export function binOf(ms: Millis | undefined): number {
  if (ms === undefined) return 0;
  return ms <= SHORTEST_MS ? 1 : 1 + Math.round(Math.log(ms / SHORTEST_MS) / Math.log(BIN_RATIO));
}

/** The duration in the middle of a bin, in milliseconds. */
export function middleOf(bin: number): Millis {
  return SHORTEST_MS * BIN_RATIO ** (bin - 1);
}

/** Nearest-rank percentile over bins of durations; null of none. */
export function percentile(bins: ReadonlyMap<number, number>, share: number): Millis | null {
  let total = 0;
  for (const count of bins.values()) total += count;
  if (total === 0) return null;
  let rank = Math.ceil(total * share);
  for (const bin of [...bins.keys()].sort((a, b) => a - b)) {
    rank -= bins.get(bin) ?? 0;
    if (rank <= 0) return Math.round(middleOf(bin));
  }
  return null;
}
