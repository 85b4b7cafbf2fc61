import type { SeenObservation } from "../center/subject.ts";
import type { CategoryName } from "../domain/categories.ts";
import type { Level } from "../domain/levels.ts";
import type { MetricName } from "../domain/metrics.ts";
import type { QualityFlag } from "../domain/observation.ts";
import { distanceM } from "../domain/place.ts";
import type { District } from "./alerting.ts";
import { BETWEEN, type Judgement, OVER } from "./rule.ts";

type Judging = (observation: SeenObservation, district: District) => Judgement | null;

/** A metric at or above its set level, and below its reset level again. Values between keep things as they are. */
export function above(
  metric: MetricName,
  set: number,
  reset: number,
  levels: readonly [number, Level][] = [],
): Judging {
  return ({ metrics }) => {
    const value = metrics[metric];
    if (value === undefined) return null;
    if (value < set) return value < reset ? OVER : BETWEEN;
    const level = levels.find(([from]) => value >= from)?.[1];
    return { says: "holds", facts: { [metric]: value }, ...(level !== undefined && { level }) };
  };
}

/** A metric below its set level, and at or above its reset level again. */
export function below(
  metric: MetricName,
  set: number,
  reset: number,
  levels: readonly [number, Level][] = [],
): Judging {
  return ({ metrics }) => {
    const value = metrics[metric];
    if (value === undefined) return null;
    if (value >= set) return value >= reset ? OVER : BETWEEN;
    const level = levels.find(([under]) => value < under)?.[1];
    return { says: "holds", facts: { [metric]: value }, ...(level !== undefined && { level }) };
  };
}

/** A flag that is 1. */
export function raised(metric: MetricName): Judging {
  return ({ metrics }) => {
    const value = metrics[metric];
    if (value === undefined) return null;
    return value === 1 ? { says: "holds", facts: { [metric]: 1 } } : OVER;
  };
}

/** An AI sighting of a category with enough confidence; a clean look or the end of the sighting says it is over. */
export function sighted(wanted: readonly CategoryName[], minimumConfidence: number): Judging {
  const names: readonly string[] = wanted;
  return ({ event }) => {
    if (event?.type !== "detection") return null;
    if (event.category === "clean") return OVER;
    if (!names.includes(event.category)) return null;
    if (event.phase === "end") return OVER;
    const { confidence = 0 } = event;
    if (confidence < minimumConfidence) return BETWEEN;
    return {
      says: "holds",
      facts: {
        category: event.category,
        confidence,
        ...(event.eventId !== undefined && { eventId: event.eventId }),
        ...(event.snapshotUrl !== undefined && { snapshotUrl: event.snapshotUrl }),
      },
    };
  };
}

/** An alarm a device raises by itself, by its code. */
export function alarmed(code: string): Judging {
  return ({ event }) => (event?.type === "alarm" && event.code === code ? { says: "holds", facts: { code } } : null);
}

/** A quality flag the pipeline or the driver put on the reading; a reading without it is good again. */
export function flagged(flags: readonly QualityFlag[]): Judging {
  return ({ quality, metrics }) => {
    const found = quality.find((flag) => flags.includes(flag));
    if (found) return { says: "holds", facts: { quality: found } };
    for (const _ in metrics) return OVER;
    return null;
  };
}

/** Distance in metres from where the device was registered. */
export function movedFrom(setM: number, resetM: number): Judging {
  return ({ metrics, subject }) => {
    const home = subject.device.place;
    if (metrics.lat === undefined || metrics.lon === undefined || !home) return null;
    const metres = distanceM(home, { lat: metrics.lat, lon: metrics.lon });
    if (metres > setM) return { says: "holds", facts: { movedM: Math.round(metres) } };
    return metres <= resetM ? OVER : BETWEEN;
  };
}

/** The area a vehicle belongs to, left by more than so many metres; only fixes that are accurate enough count. */
export function outsideArea(setM: number): Judging {
  return ({ metrics, subject, outOfOrder }, district) => {
    // The distance is that of the present place: an older fix cannot be judged by it.
    if (metrics.lat === undefined || metrics.lon === undefined || outOfOrder) return null;
    if (metrics.accuracyM !== undefined && metrics.accuracyM > setM) return null;
    const metres = district.metresOutside(subject);
    if (metres === null) return null;
    if (metres > setM) return { says: "holds", facts: { outsideM: Math.round(metres) } };
    return metres === 0 ? OVER : BETWEEN;
  };
}

/** Speed over the road limit by a tenth. The limit is the device's attribute, or the fallback where it is unknown. */
export function overRoadLimit(fallbackKmh: number): Judging {
  return ({ metrics: { speedKmh }, subject }) => {
    if (speedKmh === undefined) return null;
    const limit = Number(subject.device.attributes.speedLimitKmh ?? fallbackKmh);
    if (speedKmh > limit * 1.1) return { says: "holds", facts: { speedKmh, limitKmh: limit } };
    return speedKmh <= limit ? OVER : BETWEEN;
  };
}

/** Speed while the work actuators run: a sweeper or a water truck that is too fast does not clean. */
export function overWorkLimit(limitsKmh: Readonly<Record<string, number>>): Judging {
  return ({ metrics: { speedKmh, working }, subject }) => {
    if (speedKmh === undefined) return null;
    const { workSpeedLimitKmh, vehicleType } = subject.device.attributes;
    const limit = Number(workSpeedLimitKmh ?? limitsKmh[String(vehicleType)] ?? Number.NaN);
    if (Number.isNaN(limit)) return null;
    if ((working ?? subject.metrics.working) !== 1) return OVER;
    return speedKmh > limit ? { says: "holds", facts: { speedKmh, limitKmh: limit } } : OVER;
  };
}

/**
 * A rise by so much within so long, compared with the lowest value of that time. The few samples it compares with live
 * beside the subject: after a restart the comparison starts anew, which can only delay it by `withinMs`.
 */
export function risen(metric: MetricName, by: number, withinMs: number): Judging {
  const recent = new WeakMap<object, { at: number; value: number }[]>();
  return ({ metrics, subject, at, outOfOrder }) => {
    const value = metrics[metric];
    if (value === undefined || outOfOrder) return null;
    const kept = (recent.get(subject) ?? []).filter((sample) => at - sample.at <= withinMs);
    const lowest = Math.min(value, ...kept.map((sample) => sample.value));
    recent.set(subject, [...kept, { at, value }]);
    return value - lowest >= by ? { says: "holds", facts: { [metric]: value, risenBy: value - lowest } } : BETWEEN;
  };
}

/** The same judgement at a level of its own. */
export function atLevel(level: Level, judge: Judging): Judging {
  return (observation, district) => {
    const judgement = judge(observation, district);
    return judgement?.says === "holds" ? { ...judgement, level } : judgement;
  };
}
