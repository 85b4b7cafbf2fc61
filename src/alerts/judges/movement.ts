import { z } from "zod";
import { distanceM } from "../../domain/place.ts";
import { isLoaded, positionOf, roadLimitAt } from "./ground.ts";
import { BETWEEN, defineJudge, level, OVER } from "./judging.ts";

/** Judgements of positions and speeds. */

const metres = z.number().min(0).max(100_000);
const speed = z.number().min(1).max(250);

/** Distance in metres from where the device was registered. */
export const movedFrom = defineJudge(
  z.strictObject({ type: z.literal("movedFrom"), setM: metres, resetM: metres }),
  ({ setM, resetM }) =>
    ({ metrics, subject }) => {
      const home = subject.device.place;
      if (metrics.lat === undefined || metrics.lon === undefined || !home) return null;
      const moved = distanceM(home, { lat: metrics.lat, lon: metrics.lon });
      if (moved > setM) return { says: "holds", facts: { movedM: Math.round(moved) } };
      return moved <= resetM ? OVER : BETWEEN;
    },
);

/**
 * The area a vehicle belongs to, left by more than so many metres; only fixes that are accurate enough count, and nothing is
 * said of one that was sent somewhere.
 */
export const outsideArea = defineJudge(
  z.strictObject({ type: z.literal("outsideArea"), setM: metres, loadedKg: z.number().min(0) }),
  ({ setM, loadedKg }) =>
    (observation, district) => {
      const { metrics, subject } = observation;
      if (metrics.lat === undefined || metrics.lon === undefined) return null;
      if (metrics.accuracyM !== undefined && metrics.accuracyM > setM) return null;
      const { areaId } = subject.device.attributes;
      if (typeof areaId !== "string") return null;
      const outside = district.geography.metresOutside(areaId, metrics.lat, metrics.lon);
      if (outside === null) return null;
      if (outside > setM && district.errandsOf(subject.id).length > 0) return BETWEEN;
      const loaded = isLoaded(observation, loadedKg);
      if (outside > setM) return { says: "holds", facts: { outsideM: Math.round(outside), loaded } };
      return outside === 0 ? OVER : BETWEEN;
    },
);

/**
 * Speed over the road limit by a share of it. The limit is that of the road section (the higher one where it may be on
 * either of two) and of the device's attribute, whichever is lower; the fallback where neither is known.
 */
export const overRoadLimit = defineJudge(
  z.strictObject({ type: z.literal("overRoadLimit"), fallbackKmh: speed, toleranceShare: z.number().min(0).max(1) }),
  ({ fallbackKmh, toleranceShare }) =>
    (observation, { geography }) => {
      const { speedKmh, accuracyM = 0 } = observation.metrics;
      if (speedKmh === undefined) return null;
      const position = positionOf(observation);
      const own = Number(observation.subject.device.attributes.speedLimitKmh ?? Number.POSITIVE_INFINITY);
      const road = (position && roadLimitAt(position, accuracyM, geography)) ?? Number.POSITIVE_INFINITY;
      const lower = Math.min(own, road);
      const limit = Number.isFinite(lower) ? lower : fallbackKmh;
      if (speedKmh > limit * (1 + toleranceShare)) return { says: "holds", facts: { speedKmh, limitKmh: limit } };
      return speedKmh <= limit ? OVER : BETWEEN;
    },
);

/** Speed while the work actuators run: a sweeper or a water truck that is too fast does not clean. */
export const overWorkLimit = defineJudge(
  z.strictObject({
    type: z.literal("overWorkLimit"),
    limitsKmh: z.record(z.string().max(32), speed),
    level: level.optional(),
  }),
  ({ limitsKmh, level }) =>
    ({ metrics: { speedKmh, working }, subject }) => {
      if (speedKmh === undefined) return null;
      const { workSpeedLimitKmh, vehicleType } = subject.device.attributes;
      const limit = Number(workSpeedLimitKmh ?? limitsKmh[String(vehicleType)] ?? Number.NaN);
      if (Number.isNaN(limit)) return null;
      if ((working ?? subject.metrics.working) !== 1 || speedKmh <= limit) return OVER;
      return { says: "holds", facts: { speedKmh, limitKmh: limit }, ...(level !== undefined && { level }) };
    },
);
