import { HOUR, SECOND } from "../src/domain/time.ts";
import type { CommitBatch } from "../src/store/batch.ts";
import type { Reading } from "../src/store/kept.ts";
import type { ReadingWriter } from "../src/store/readings.ts";

/** What the store is measured with: vehicles that report every half minute, and bins that report every hour. */

export const TRACKERS = 500;
export const BINS = 30_000;
/** Device numbers: trackers first, bins after them. */
export const FIRST_BIN = TRACKERS + 1;
export const TRACKER_EVERY_MS = 30 * SECOND;
export const START = 1_790_000_000_000;

/** A batch of readings, at which a checkpoint round ends now and then: without one the log could never let go of them. */
export const batchOf = (writer: ReadingWriter, checkpoint = false): CommitBatch => ({
  at: 0,
  readingCount: writer.count,
  hasEvents: false,
  readings: writer.finish(),
  devices: [],
  alerts: [],
  timeline: [],
  ruleStates: [],
  tokens: [],
  audit: [],
  quarantine: [],
  answers: [],
  documents: [],
  district: [],
  reports: [],
  kpi: null,
  work: [],
  checkpoint: checkpoint ? { begins: true, subjects: [], completes: true } : null,
});

/** Noise in [0, 1) that no compression can foresee, the same in every run. */
function noise(n: number, salt: number): number {
  let hash = Math.imul(n ^ (salt * 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x100000000;
}

/**
 * A tracker's reading of 8 metrics: a vehicle that drives round its district, with what a real receiver adds: positions
 * that are off by a metre, clocks by some hundred milliseconds, speed and heading that never repeat.
 */
export function trackerReading(n: number): Reading {
  const device = 1 + (n % TRACKERS);
  const step = Math.floor(n / TRACKERS);
  const at = START + step * TRACKER_EVERY_MS + device * 17 + Math.floor(noise(n, 1) * 400);
  const angle = (step * 7 + device * 31) / 600;
  const off = (salt: number) => (noise(n, salt) - 0.5) * 2e-5;
  return {
    device,
    at,
    receivedAt: at + 400 + (n % 300),
    key: (n * 2_654_435_761) % 0x100000000,
    metrics: {
      lat: Math.round((22.72 + 0.02 * Math.sin(angle) + off(2)) * 1e6) / 1e6,
      lon: Math.round((113.9 + 0.02 * Math.cos(angle) + off(3)) * 1e6) / 1e6,
      speedKmh: Math.floor(20 + 15 * Math.sin(step / 9 + device) + noise(n, 4) * 8),
      headingDeg: (Math.floor((angle * 180) / Math.PI) + 90 + Math.floor(noise(n, 5) * 6)) % 360,
      acc: step % 20 === 0 ? 0 : 1,
      working: step % 10 < 7 ? 1 : 0,
      fuelL: Math.round((120 - (step % 2_000) * 0.05 + noise(n, 6) * 0.3) * 10) / 10,
      odometerKm: Math.round((step * 0.2 + noise(n, 7) * 0.1) * 10) / 10,
    },
  };
}

/** An hourly reading of a bin that fills and is emptied. */
export function binReading(n: number, end: number): Reading {
  const bin = n % BINS;
  const hour = Math.floor(n / BINS);
  const at = end - BIN_HOURS * HOUR + hour * HOUR + (bin % 3_600) * SECOND;
  return {
    device: FIRST_BIN + bin,
    at,
    receivedAt: at + 700,
    key: n % 0x100000000,
    metrics: { fillPct: (bin * 7 + hour * 3) % 100, tempC: 20 + (hour % 10), batteryPct: 90 - (bin % 40) },
  };
}
/** How long the bins have been there: long enough that their newest reading is one of many. */
export const BIN_HOURS = 24;

export function median(times: number[]): number {
  return quantile(times, 0.5);
}

export function quantile(times: number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
