import type { MetricName } from "../../src/domain/metrics.ts";
import type { Observation, Occurrence } from "../../src/domain/observation.ts";
import { checkMetrics, withFlag } from "../readings.ts";
import { readTimestamp } from "../timestamp.ts";
import { numberOf } from "../tolerant.ts";

/** A record of the device, by codec 8 or as JSON. */
export interface AvlReading {
  readonly imei: string;
  readonly time: unknown;
  readonly lat?: number | undefined;
  readonly lon?: number | undefined;
  readonly altM?: number | undefined;
  readonly angle?: number | undefined;
  readonly satellites?: number | undefined;
  readonly speedKmh?: number | undefined;
  readonly event: number;
  /** Values by AVL id; numbers may come as text. */
  readonly io: Readonly<Record<string, unknown>>;
  readonly key: string;
}

const METRICS: readonly MetricName[] = [
  ...["lat", "lon", "altM", "speedKmh", "headingDeg", "satellites", "acc", "odometerKm", "fuelL", "tempC"],
  ...["externalPowerV", "batteryV", "batteryPct", "sos"],
] as MetricName[];

/** AVL ids with a meaning of ours, and the factor to our unit (wiki.teltonika-gps.com, "AVL ID"). */
const meanings: readonly (readonly [id: string, metric: MetricName, factor: number])[] = [
  ["239", "acc", 1],
  ["16", "odometerKm", 1 / 1_000],
  ["66", "externalPowerV", 1 / 1_000],
  ["67", "batteryV", 1 / 1_000],
  ["113", "batteryPct", 1],
  ["84", "fuelL", 1 / 10],
];

/** Ids whose change makes the device send a record that tells of it. */
const alarms: Readonly<Record<number, string>> = {
  236: "sos",
  246: "towing",
  247: "collision",
  249: "jamming",
  252: "powerUnplugged",
  255: "overspeed",
};
const SOS_BUTTON = 236;
const FIRST_PROBE = 72;
/** A probe that is missing or broken says so by a value beyond 300 °C. */
const PROBE_FAULT = 3_000;
const LINES: Readonly<Record<string, string>> = {
  ...{ 1: "din1", 2: "din2", 3: "din3", 4: "din4", 9: "ain1", 6: "ain2", 179: "dout1", 180: "dout2", 240: "movement" },
};

/** What a record says. Without satellites the coordinates are those of the last fix, and not news. */
export function avlObservation(reading: AvlReading): Observation {
  const { io, imei } = reading;
  const fixed = reading.satellites !== 0 && reading.lat !== undefined && reading.lon !== undefined;
  const measured: Partial<Record<MetricName, number>> = {};
  for (const [id, metric, factor] of meanings) {
    const value = numberOf(io[id]);
    if (value !== null) measured[metric] = Math.round(value * factor * 1_000) / 1_000;
  }
  const probe = signed16(numberOf(io[FIRST_PROBE]));
  if (probe !== null && probe < PROBE_FAULT) measured.tempC = probe / 10;
  const button = numberOf(io[SOS_BUTTON]) ?? (reading.event === SOS_BUTTON ? 1 : null);
  const checked = checkMetrics(
    {
      ...measured,
      ...(fixed && { lat: reading.lat, lon: reading.lon, altM: reading.altM }),
      ...(fixed && { speedKmh: reading.speedKmh, headingDeg: reading.angle }),
      satellites: reading.satellites,
      // The button is a value of its own where it is wired: then its release is told as well.
      ...(button !== null && { sos: button !== 0 }),
    },
    METRICS,
  );
  const time = readTimestamp(reading.time);
  let { quality } = checked;
  if (!fixed) quality = withFlag(quality, "staleFix");
  if (!("at" in time)) quality = withFlag(quality, "clockDefault");
  const event = alarmOf(reading);
  const inputs = inputsOf(io);
  return {
    device: `imei:${imei}`,
    at: "at" in time ? time.at : null,
    atSource: "at" in time ? "device" : "receiveTime",
    metrics: checked.metrics,
    ...(event && { event }),
    ...(inputs && { inputs }),
    key: reading.key,
    ...(quality.length > 0 && { quality }),
    hints: { kind: "vehicle" },
  };
}

function alarmOf({ event, io }: AvlReading): Occurrence | null {
  const code = alarms[event];
  const value = numberOf(io[event]);
  return code !== undefined && value !== 0 ? { type: "alarm", code, details: { avlId: event, value } } : null;
}

/** Some firmware sends signed values as unsigned ones: 64574 is −962. */
function signed16(value: number | null): number | null {
  return value !== null && value >= 0x8000 && value <= 0xffff ? value - 0x10000 : value;
}

/** Lines by the words a technician uses, everything else as `io<id>`. */
function inputsOf(io: AvlReading["io"]): Record<string, number> | null {
  const inputs: Record<string, number> = {};
  let any = false;
  for (const id in io) {
    const value = numberOf(io[id]);
    if (value === null) continue;
    inputs[LINES[id] ?? `io${id}`] = value;
    any = true;
  }
  return any ? inputs : null;
}
