import type { Device } from "../domain/device.ts";
import { DAY, MINUTE, type Millis } from "../domain/time.ts";
import type { History, Point } from "../store/history.ts";
import { type BinForecast, forecast, unknown } from "./forecast.ts";
import type { BinMemory } from "./memory.ts";
import { remember } from "./remember.ts";

export interface ForecastKeeperParts {
  readonly history: Pick<History, "series">;
  /** How much of the past is read after a start. */
  readonly historyMs: Millis;
  /** At most so many readings of one bin are read at once. */
  readonly pointsAtOnce: number;
  /** The city's local time minus UTC, as of a moment. */
  readonly offsetAt: (at: Millis) => Millis;
}

/** Forecasts of all devices that report a fill level. */
export interface Forecasts {
  /** A committed reading; readings must come in order of time, older ones are left out. */
  see(device: Device, at: Millis, fillPct: number): void;
  of(device: Device, now: Millis): BinForecast;
  forget(deviceId: string): void;
  /** Reads the past of these devices, one after the other, while new readings already come in. */
  load(devices: readonly Device[], now: Millis): Promise<void>;
  /** Ends `load` after the device it is at. */
  stop(): Promise<void>;
}

/** A week at a time, so that memory stays small and ingest is never held up. */
const LOADED_AT_ONCE_MS = 7 * DAY;
/** Devices whose past is not read yet keep at most so many of their new readings. */
const WAITING_READINGS = 2_000;

/**
 * One memory per bin, fed reading by reading. Nothing is stored: after a start the memories grow again from the history,
 * which gives what they would have been (readings that came late are then in their place).
 */
export function createForecasts({ history, historyMs, pointsAtOnce, offsetAt }: ForecastKeeperParts): Forecasts {
  const memories = new Map<string, BinMemory>();
  /** Readings that came while the past of their device was not read yet. */
  const waiting = new Map<string, Point[]>();
  let loading: Promise<void> = Promise.resolve();
  let stopped = false;

  const take = (device: Device, { at, value }: Point): void => {
    memories.set(device.id, remember(memories.get(device.id) ?? null, at, value, offsetOf(device, at)));
  };

  const loadOne = async (device: Device, now: Millis): Promise<void> => {
    for (let from = now - historyMs; from <= now; from += LOADED_AT_ONCE_MS) {
      const span = { from, to: from + LOADED_AT_ONCE_MS, limit: pointsAtOnce };
      const { points } = await history.series({ device: device.number, metric: "fillPct", ...span });
      if (stopped || !waiting.has(device.id)) return;
      for (const point of points) take(device, point);
    }
    for (const point of waiting.get(device.id) ?? []) take(device, point);
    waiting.delete(device.id);
  };

  /** Where days and weeks begin: as registered, else by the city's clock, which may be put forward in summer. */
  const offsetOf = ({ attributes }: Device, at: Millis): Millis => {
    const { utcOffsetMinutes } = attributes;
    return typeof utcOffsetMinutes === "number" ? utcOffsetMinutes * MINUTE : offsetAt(at);
  };

  return {
    see(device, at, fillPct) {
      const point = { at, value: fillPct };
      const queue = waiting.get(device.id);
      if (!queue) take(device, point);
      else if (queue.length < WAITING_READINGS) queue.push(point);
    },
    of(device, now) {
      if (waiting.has(device.id)) return unknown("loading", null);
      const memory = memories.get(device.id);
      return memory ? forecast(memory, now) : unknown("noReadings", null);
    },
    forget(deviceId) {
      memories.delete(deviceId);
      waiting.delete(deviceId);
    },
    load(devices, now) {
      for (const { id } of devices) waiting.set(id, []);
      loading = (async () => {
        for (const device of devices) {
          if (stopped) return;
          await loadOne(device, now);
        }
      })();
      return loading;
    },
    async stop() {
      stopped = true;
      await loading;
    },
  };
}
