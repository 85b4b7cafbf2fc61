import type { Observation } from "../../src/domain/observation.ts";
import { MINUTE, type Millis } from "../../src/domain/time.ts";
import { createRandom } from "../random.ts";
import { busyness } from "../rhythm.ts";
import type { Town } from "../town.ts";
import { type Actor, observe, powerFeedOf, round, type SimulatedDevice } from "./actor.ts";

const REPORT_EVERY_MS = 5 * MINUTE;
/** What the weighbridge's road may bear: a loaded truck of the larger class. */
const RATED_KG = 25_000;

/** A vehicle without its load, kilograms. */
const TARE_KG = 9_000;

export interface StationActor extends Actor {
  /** A vehicle drives over the weighbridge and leaves its load. */
  weighIn(at: Millis, load: { readonly vehicle: string; readonly netKg: number; readonly stream: string }): void;
}

/** Transfer stations: the hopper fills with deliveries and a haul takes it away before it backs up. */
export function createStations(town: Town, options: { count: number; seed: number; startAt: Millis }): StationActor[] {
  return town
    .facilities("station")
    .slice(0, options.count)
    .map((site): StationActor => {
      const random = createRandom(options.seed, site.id);
      const gatewayId = `gw-facilities-${site.communityId}`;
      const device: SimulatedDevice = {
        id: site.id,
        kind: "station",
        name: site.name,
        dialect: "native",
        site,
        gatewayId,
        attributes: { gatewayId, powerFeed: powerFeedOf(site), ratedKg: RATED_KG },
      };
      let nextAt = options.startAt + Math.floor(random.between(0, REPORT_EVERY_MS));
      let hopperPct = random.between(5, 30);
      let weighed: Observation[] = [];
      return {
        device,
        weighIn(at, { vehicle, netKg, stream }) {
          const details = { vehicle, stream };
          const metrics = { grossKg: TARE_KG + Math.round(netKg), tareKg: TARE_KG };
          weighed.push(observe(device, at, metrics, { type: "status", code: "weighed", details }));
        },
        get nextAt() {
          return nextAt;
        },
        act(at) {
          nextAt = at + REPORT_EVERY_MS;
          hopperPct += busyness(at) * random.between(0.2, 1.4);
          if (hopperPct > random.between(62, 78)) hopperPct = random.between(2, 8);
          const told = weighed;
          weighed = [];
          return [
            ...told,
            observe(device, at, {
              hopperPct: round(hopperPct),
              queue: Math.round(busyness(at) * random.next()),
              h2sPpm: 0.02,
            }),
          ];
        },
      };
    });
}
