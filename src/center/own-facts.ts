import { fillFromDistance } from "../../devices/fill.ts";
import { bd09ToWgs84, gcj02ToWgs84 } from "../domain/coordinates.ts";
import type { Device } from "../domain/device.ts";
import { isMetricName, type MetricName, type Metrics, metrics as metricTable } from "../domain/metrics.ts";
import type { Observation } from "../domain/observation.ts";
import { DAY, MINUTE, type Millis } from "../domain/time.ts";

/** A clock that was never set shows a day before the device existed; the day it was mounted may be off by one. */
const INSTALLED_TOLERANCE_MS = DAY;

/** One part of the attribute `inputs`: which raw input feeds which metric, and how. */
interface InputRule {
  readonly input: string;
  readonly bit: number | null;
  readonly inverted: boolean;
  readonly factor: number;
  readonly metric: MetricName;
}

/** What a device's registration says about its readings, parsed once for each version of the device. */
interface OwnFacts {
  readonly offsetMinutes: number | null;
  readonly notBefore: Millis | null;
  readonly inputs: readonly InputRule[];
}

const known = new WeakMap<Device, OwnFacts>();

function factsOf(device: Device): OwnFacts {
  let facts = known.get(device);
  if (!facts) {
    const { utcOffsetMinutes, installedAt, inputs } = device.attributes;
    const installed = typeof installedAt === "string" || typeof installedAt === "number" ? new Date(installedAt) : null;
    const at = installed?.getTime() ?? Number.NaN;
    facts = {
      offsetMinutes: typeof utcOffsetMinutes === "number" ? utcOffsetMinutes : null,
      notBefore: Number.isNaN(at) ? null : at - INSTALLED_TOLERANCE_MS,
      inputs: typeof inputs === "string" ? parseInputs(inputs) : [],
    };
    known.set(device, facts);
  }
  return facts;
}

const INPUT_RULE = /^(!?)([A-Za-z0-9_.]{1,32})(?::(\d{1,2}))?(?:\*(-?\d+(?:\.\d+)?))?=([A-Za-z0-9]+)$/;

/**
 * Reads the attribute `inputs`: parts like `din1=working`, `!din2=hopperOpen` (inverted), `io:3=working` (a bit of a number),
 * `ad0*0.5=waterL` (a factor), separated by commas. Parts that say nothing are left out.
 */
export function parseInputs(text: string): InputRule[] {
  return text.split(",").flatMap((part) => {
    const [, inverted, input, bit, factor, metric] = INPUT_RULE.exec(part.replaceAll(/\s/g, "")) ?? [];
    if (input === undefined || metric === undefined || !isMetricName(metric)) return [];
    return [
      {
        input,
        metric,
        bit: bit === undefined ? null : Number(bit),
        inverted: inverted === "!",
        factor: factor === undefined ? 1 : Number(factor),
      },
    ];
  });
}

/** The moment of an observation by the device's own zone; null when its clock shows a day before it was mounted. */
export function ownMoment({ at, assumedOffsetMinutes }: Observation, device: Device): Millis | null {
  if (at === null) return null;
  const { offsetMinutes, notBefore } = factsOf(device);
  const shift = offsetMinutes !== null && assumedOffsetMinutes !== undefined ? assumedOffsetMinutes - offsetMinutes : 0;
  const told = at + shift * MINUTE;
  return notBefore !== null && told < notBefore ? null : told;
}

/** What the device's own registration adds to its readings: bin geometry, coordinate system, the meaning of its lines. */
export function ownMetrics({ metrics, inputs }: Observation, device: Device): Metrics {
  const { attributes } = device;
  let result = metrics;
  if (inputs) {
    for (const { input, bit, inverted, factor, metric } of factsOf(device).inputs) {
      const raw = inputs[input];
      if (raw === undefined) continue;
      const { type, min, max } = metricTable[metric];
      const picked = bit === null ? raw : (raw >>> bit) & 1;
      const on = (picked !== 0) !== inverted;
      const value = type === "flag" ? Number(on) : picked * factor;
      if (value >= min && value <= max) result = { ...result, [metric]: value };
    }
  }
  if (metrics.distanceMm !== undefined && metrics.fillPct === undefined && device.kind === "bin") {
    const fillPct = fillFromDistance(metrics.distanceMm, {
      emptyMm: Number(attributes.emptyMm),
      fullMm: Number(attributes.fullMm ?? 0),
      blindMm: Number(attributes.blindMm ?? 0),
    });
    if (fillPct !== null) result = { ...result, fillPct };
  }
  if (metrics.lat !== undefined && metrics.lon !== undefined) {
    if (attributes.coordSystem === "gcj02") result = { ...result, ...gcj02ToWgs84(metrics.lat, metrics.lon) };
    else if (attributes.coordSystem === "bd09") result = { ...result, ...bd09ToWgs84(metrics.lat, metrics.lon) };
  }
  return result;
}
