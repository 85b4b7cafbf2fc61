import type { Millis } from "../domain/time.ts";
import type { Load } from "./loads.ts";

/** What one point handed on in a period. Kilograms. */
export interface PointAccount {
  readonly pointId: string;
  readonly stream: string;
  readonly deposits: number;
  readonly handedOverKg: number;
  readonly collections: number;
  readonly takenKg: number;
}

/**
 * What one vehicle took at points and brought to stations.
 * - `balanced`: within the tolerance of what it took;
 * - `short`, `over`: it brought less, or more, than it took;
 * - `loaded`: its last collection has not been weighed in yet;
 * - `unweighed`: what it brought was weighed nowhere on the way, so there is nothing to compare.
 */
export interface VehicleAccount {
  readonly vehicleId: string | null;
  readonly stream: string;
  readonly collections: number;
  readonly takenKg: number;
  readonly weighings: number;
  readonly receivedKg: number;
  /** Received minus taken; null while there is nothing to compare. */
  readonly differenceKg: number | null;
  readonly verdict: "balanced" | "short" | "over" | "loaded" | "unweighed";
}

export interface StationAccount {
  readonly stationId: string;
  readonly stream: string;
  readonly weighings: number;
  readonly receivedKg: number;
}

export interface WasteLedger {
  readonly points: readonly PointAccount[];
  readonly vehicles: readonly VehicleAccount[];
  readonly stations: readonly StationAccount[];
  readonly streams: readonly {
    readonly stream: string;
    readonly handedOverKg: number;
    readonly takenKg: number;
    readonly receivedKg: number;
  }[];
}

/**
 * Declared, collected and received side by side. Pure.
 * @param tolerance share of what was taken that may be missing: water drains, scales differ
 */
export function wasteLedger(loads: readonly Load[], tolerance: number): WasteLedger {
  const by = (step: Load["step"]) => loads.filter((load) => load.step === step);
  const [handed, taken, received] = [by("handedOver"), by("taken"), by("received")];
  const key = (one: string | null, stream: string): string => `${one ?? ""}\u0000${stream}`;
  const grouped = (some: readonly Load[], id: (load: Load) => string | null): Map<string, Load[]> =>
    Map.groupBy(some, (load) => key(id(load), load.stream));
  const keys = (...maps: Map<string, Load[]>[]): [id: string, stream: string][] =>
    [...new Set(maps.flatMap((map) => [...map.keys()]))].sort().map((each) => each.split("\u0000") as [string, string]);

  const handedAt = grouped(handed, ({ placeId }) => placeId);
  const takenAt = grouped(taken, ({ placeId }) => placeId);
  const points = keys(handedAt, takenAt)
    .filter(([pointId]) => pointId !== "")
    .map(([pointId, stream]) => {
      const given = handedAt.get(key(pointId, stream)) ?? [];
      const gone = takenAt.get(key(pointId, stream)) ?? [];
      return {
        ...{ pointId, stream, deposits: counted(given), handedOverKg: kilograms(given) },
        ...{ collections: gone.length, takenKg: kilograms(gone) },
      };
    });

  const takenBy = grouped(taken, ({ vehicleId }) => vehicleId);
  const broughtBy = grouped(received, ({ vehicleId }) => vehicleId);
  const vehicles = keys(takenBy, broughtBy).map(([vehicleId, stream]): VehicleAccount => {
    const took = takenBy.get(key(vehicleId, stream)) ?? [];
    const brought = broughtBy.get(key(vehicleId, stream)) ?? [];
    const takenKg = kilograms(took);
    const receivedKg = kilograms(brought);
    const verdict = verdictOf(took, brought, receivedKg - takenKg, takenKg * tolerance);
    const comparable = verdict !== "unweighed" && verdict !== "loaded";
    return {
      ...{ vehicleId: vehicleId === "" ? null : vehicleId, stream, collections: took.length, takenKg },
      ...{ weighings: brought.length, receivedKg, verdict },
      differenceKg: comparable ? round(receivedKg - takenKg) : null,
    };
  });

  const receivedAt = grouped(received, ({ placeId }) => placeId);
  const stations = keys(receivedAt).map(([stationId, stream]) => {
    const weighed = receivedAt.get(key(stationId, stream)) ?? [];
    return { stationId, stream, weighings: weighed.length, receivedKg: kilograms(weighed) };
  });

  const streams = [...new Set(loads.map(({ stream }) => stream))].sort().map((stream) => {
    const of = (some: readonly Load[]) => kilograms(some.filter((load) => load.stream === stream));
    return { stream, handedOverKg: of(handed), takenKg: of(taken), receivedKg: of(received) };
  });
  return { points, vehicles, stations, streams };
}

function verdictOf(
  took: readonly Load[],
  brought: readonly Load[],
  differenceKg: number,
  allowedKg: number,
): VehicleAccount["verdict"] {
  if (took.length === 0) return "unweighed";
  const latest = (some: readonly Load[]): Millis => Math.max(Number.NEGATIVE_INFINITY, ...some.map(({ at }) => at));
  if (latest(took) > latest(brought)) return "loaded";
  if (Math.abs(differenceKg) <= allowedKg) return "balanced";
  return differenceKg < 0 ? "short" : "over";
}

const round = (kg: number): number => Math.round(kg * 100) / 100;
const kilograms = (loads: readonly Load[]): number => round(loads.reduce((sum, { kg }) => sum + kg, 0));
const counted = (loads: readonly Load[]): number => loads.reduce((sum, { count }) => sum + count, 0);
