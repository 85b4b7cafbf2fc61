import type { Metrics } from "../src/domain/metrics.ts";
import type { Observation } from "../src/domain/observation.ts";
import { MINUTE, type Millis, SECOND } from "../src/domain/time.ts";
import { createRandom, type Random } from "./random.ts";

/** How often a device has each trouble, per day of its life; 0 switches a trouble off. */
export interface FaultRates {
  readonly duplicatesPerDay: number;
  readonly lateBatchesPerDay: number;
  readonly gpsJumpsPerDay: number;
  readonly stuckPerDay: number;
  /** Share of devices whose clock is wrong all the time. */
  readonly skewedShare: number;
}

export const noFaults: FaultRates = {
  duplicatesPerDay: 0,
  lateBatchesPerDay: 0,
  gpsJumpsPerDay: 0,
  stuckPerDay: 0,
  skewedShare: 0,
};

/** What the field is like: a duplicate per device and day, a late batch every second day, jumps between close houses. */
export const fieldFaults: FaultRates = {
  duplicatesPerDay: 1,
  lateBatchesPerDay: 0.5,
  gpsJumpsPerDay: 4,
  stuckPerDay: 0.01,
  skewedShare: 0.01,
};

/** A trouble switched on by a scenario. */
export type ScriptedFault =
  | { readonly fault: "silence"; readonly minutes: number }
  | { readonly fault: "late"; readonly minutes: number }
  | { readonly fault: "skew"; readonly minutes: number; readonly seconds: number }
  | { readonly fault: "jump"; readonly minutes: number; readonly metres: number }
  | { readonly fault: "stuck"; readonly minutes: number }
  | { readonly fault: "duplicate"; readonly minutes: number }
  | { readonly fault: "says"; readonly minutes: number; readonly metrics: Metrics };

/** What becomes of an observation on its way out of a troubled device. */
export interface Outcome {
  readonly observation: Observation;
  readonly copies: number;
  /** Kept by the device until then and sent with everything else it kept; null = sent at once. */
  readonly heldUntil: Millis | null;
}

/** The troubles of one device. Nothing is computed for a device that has none. */
export interface Troubles {
  start(at: Millis, fault: ScriptedFault): void;
  /** Null when the device is silent: the observation is lost. */
  pass(at: Millis, observation: Observation): Outcome | null;
}

interface Active {
  readonly fault: ScriptedFault;
  readonly endAt: Millis;
  frozen: Metrics | null;
}

const METRES_PER_DEGREE = 111_195;

export function createTroubles(deviceId: string, seed: number, startAt: Millis, rates: FaultRates): Troubles {
  const random = createRandom(seed, `${deviceId}/faults`);
  const active: Active[] = [];
  const start = (at: Millis, fault: ScriptedFault): void => {
    active.push({ fault, endAt: at + fault.minutes * MINUTE, frozen: null });
  };
  const due: { at: Millis; readonly perDay: number; readonly make: () => ScriptedFault }[] = [
    { perDay: rates.duplicatesPerDay, make: () => ({ fault: "duplicate", minutes: 0 }) as const },
    { perDay: rates.lateBatchesPerDay, make: () => ({ fault: "late", minutes: random.between(3, 40) }) as const },
    {
      perDay: rates.gpsJumpsPerDay,
      make: () => ({ fault: "jump", minutes: random.between(0, 0.4), metres: random.between(50, 300) }) as const,
    },
    { perDay: rates.stuckPerDay, make: () => ({ fault: "stuck", minutes: 26 * 60 }) as const },
  ].map((each) => ({ ...each, at: startAt + random.waitMs(each.perDay / 24) }));
  if (random.next() < rates.skewedShare) {
    start(startAt, { fault: "skew", minutes: Number.MAX_SAFE_INTEGER / MINUTE, seconds: random.integer(-200, 90) });
  }
  return {
    start,
    pass(at, observation) {
      for (const trouble of due) {
        if (trouble.at > at) continue;
        start(at, trouble.make());
        trouble.at = at + random.waitMs(trouble.perDay / 24);
      }
      if (active.length === 0) return { observation, copies: 1, heldUntil: null };
      const outcome = applyFaults(active, at, observation, random);
      for (let i = active.length - 1; i >= 0; i--) if ((active[i] as Active).endAt <= at) active.splice(i, 1);
      return outcome;
    },
  };
}

function applyFaults(active: Active[], at: Millis, original: Observation, random: Random): Outcome | null {
  let observation = original;
  let copies = 1;
  let heldUntil: Millis | null = null;
  for (const trouble of active) {
    const { fault, endAt } = trouble;
    // A trouble that ended before this report has no part in it, except the ones that strike one report only.
    if (endAt < at) continue;
    if (fault.fault === "silence") return null;
    if (fault.fault === "duplicate") copies = 2;
    if (fault.fault === "late") heldUntil = Math.max(heldUntil ?? 0, endAt);
    if (fault.fault === "skew" && observation.at !== null) {
      observation = { ...observation, at: observation.at + fault.seconds * SECOND };
    }
    if (fault.fault === "says") observation = { ...observation, metrics: { ...observation.metrics, ...fault.metrics } };
    if (fault.fault === "stuck") {
      trouble.frozen ??= observation.metrics;
      observation = { ...observation, metrics: trouble.frozen };
    }
    if (fault.fault === "jump")
      observation = { ...observation, metrics: moved(observation.metrics, fault.metres, random) };
  }
  return { observation, copies, heldUntil };
}

/** Somewhere else at the given distance: what narrow streets between tall houses do to a fix. */
function moved(metrics: Metrics, metres: number, random: Random): Metrics {
  if (metrics.lat === undefined || metrics.lon === undefined) return metrics;
  const bearing = random.between(0, 2 * Math.PI);
  const lat = metrics.lat + (metres * Math.cos(bearing)) / METRES_PER_DEGREE;
  const lon = metrics.lon + (metres * Math.sin(bearing)) / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180));
  return { ...metrics, lat: Number(lat.toFixed(6)), lon: Number(lon.toFixed(6)) };
}
