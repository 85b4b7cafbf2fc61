import { MINUTE, type Millis } from "../../src/domain/time.ts";
import { createRandom } from "../random.ts";
import { busyness, hourOfDay } from "../rhythm.ts";
import type { Town } from "../town.ts";
import { type Actor, observe, powerFeedOf, round, type SimulatedDevice } from "./actor.ts";

const REPORT_EVERY_MS = 5 * MINUTE;
const STALLS = 12;

/** Public toilets: odour follows the visitors and falls with each cleaning round. */
export function createToilets(town: Town, options: { count: number; seed: number; startAt: Millis }): Actor[] {
  return town
    .facilities("toilet")
    .slice(0, options.count)
    .map((site): Actor => {
      const random = createRandom(options.seed, site.id);
      const gatewayId = `gw-facilities-${site.communityId}`;
      const device: SimulatedDevice = {
        id: site.id,
        kind: "toilet",
        name: site.name,
        dialect: "native",
        site,
        gatewayId,
        attributes: {
          gatewayId,
          powerFeed: powerFeedOf(site),
          toiletClass: Number(site.properties.toiletClass ?? 2),
          model: site.properties.model === true,
        },
      };
      let nextAt = options.startAt + Math.floor(random.between(0, REPORT_EVERY_MS));
      let footfall = random.integer(10_000, 90_000);
      let waterM3 = random.between(200, 4_000);
      return {
        device,
        get nextAt() {
          return nextAt;
        },
        act(at) {
          nextAt = at + REPORT_EVERY_MS;
          const visitors = Math.round(busyness(at) * random.between(0, 9));
          footfall += visitors;
          waterM3 += visitors * 0.006 + 0.001;
          const sinceCleaning = (hourOfDay(at) % 2) / 2;
          return [
            observe(device, at, {
              nh3Ppm: round(0.05 + 0.16 * sinceCleaning + random.between(0, 0.03), 2),
              h2sPpm: round(random.between(0, 0.004), 3),
              stalls: STALLS,
              stallsOccupied: Math.min(STALLS, Math.round(visitors / 2)),
              footfall,
              waterM3: round(waterM3, 3),
              open: 1,
              leak: 0,
            }),
          ];
        },
      };
    });
}
