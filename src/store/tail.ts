import type { Millis } from "../domain/time.ts";
import type { Latest } from "./latest.ts";
import type { TimedMetrics } from "./merge.ts";
import { decodeReadings } from "./readings.ts";

interface TailReading extends TimedMetrics {
  readonly log: number;
}

/** The newest readings, not packed yet, by device: what history queries read from memory. */
export interface Tail {
  add(log: number, body: ArrayBuffer | Uint8Array): void;
  /** In order of commit. */
  of(device: number, from: Millis, to: Millis): readonly TimedMetrics[];
  devices(): number[];
  /** Readings of a device up to a log entry, for the packer. */
  upTo(device: number, log: number): readonly TimedMetrics[];
  /** Forgets what was packed. */
  forget(device: number, log: number): void;
  readonly count: number;
  readonly newestLog: number;
}

/** @param latest is told of every reading as well */
export function createTail(latest: Latest): Tail {
  const byDevice = new Map<number, TailReading[]>();
  let count = 0;
  let newestLog = 0;
  return {
    add(log, body) {
      newestLog = log;
      decodeReadings(body, ({ device, at, metrics }) => {
        latest.see(device, at, metrics);
        // A reading without numbers (a will, a card) is an event; the series have nothing to keep of it.
        for (const _ in metrics) {
          const readings = byDevice.get(device);
          if (readings) readings.push({ at, metrics, log });
          else byDevice.set(device, [{ at, metrics, log }]);
          count++;
          break;
        }
      });
    },
    of: (device, from, to) => byDevice.get(device)?.filter(({ at }) => at >= from && at < to) ?? [],
    devices: () => [...byDevice.keys()],
    upTo: (device, log) => byDevice.get(device)?.filter((reading) => reading.log <= log) ?? [],
    forget(device, log) {
      const readings = byDevice.get(device);
      if (!readings) return;
      const kept = readings.filter((reading) => reading.log > log);
      count -= readings.length - kept.length;
      if (kept.length > 0) byDevice.set(device, kept);
      else byDevice.delete(device);
    },
    get count() {
      return count;
    },
    get newestLog() {
      return newestLog;
    },
  };
}
