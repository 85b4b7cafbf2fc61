import { HOUR, MINUTE, type Millis } from "../../src/domain/time.ts";
import { createRandom } from "../random.ts";
import { busyness, hourOfDay, localMidnight } from "../rhythm.ts";
import type { Town } from "../town.ts";
import { type Actor, observe, powerFeedOf, round, type SimulatedDevice } from "./actor.ts";

const REPORT_EVERY_MS = 15 * MINUTE;
/** The flap opens in these hours only: morning, noon, evening. */
const DEPOSIT_HOURS = [
  [7, 9],
  [11.5, 14],
  [18, 21.5],
] as const;

/** The time itself when the flap is open then, else when it opens next. */
function whenOpen(at: Millis): Millis {
  const hour = hourOfDay(at);
  if (DEPOSIT_HOURS.some(([from, to]) => hour >= from && hour < to)) return at;
  const opens = DEPOSIT_HOURS.find(([from]) => from > hour)?.[0] ?? DEPOSIT_HOURS[0][0] + 24;
  return localMidnight(at) + opens * HOUR + (at % (10 * MINUTE));
}

export interface FoodWastePointActor extends Actor {
  /** A crew takes what is there; returns how much that was, kilograms. */
  empty(): number;
}
/** Where no vehicle comes, somebody from outside does when it is as full as this. */
const TAKEN_AT_KG = 600;

/** Kitchen-waste points with IC card and scale: households and shops hand over in the deposit windows. */
export function createFoodWastePoints(
  town: Town,
  options: { count: number; seed: number; startAt: Millis },
): FoodWastePointActor[] {
  return town
    .facilities("foodWastePoint")
    .slice(0, options.count)
    .map((site): FoodWastePointActor => {
      const random = createRandom(options.seed, site.id);
      const gatewayId = `gw-facilities-${site.communityId}`;
      const device: SimulatedDevice = {
        id: site.id,
        kind: "foodWastePoint",
        name: site.name,
        dialect: "native",
        site,
        gatewayId,
        attributes: {
          gatewayId,
          powerFeed: powerFeedOf(site),
          reportEverySeconds: REPORT_EVERY_MS / 1_000,
          depositHours: DEPOSIT_HOURS.map((hours) => hours.join("-")).join(","),
        },
      };
      let weightKg = random.between(5, 40);
      let reportAt = options.startAt + Math.floor(random.between(0, REPORT_EVERY_MS));
      let depositAt = whenOpen(options.startAt + Math.floor(random.waitMs(2)));
      return {
        device,
        empty() {
          const taken = weightKg;
          weightKg = 0;
          return taken;
        },
        get nextAt() {
          return Math.min(reportAt, depositAt);
        },
        act(at) {
          if (depositAt <= at) {
            depositAt = whenOpen(at + Math.floor(random.waitMs(Math.max(0.2, 9 * busyness(at)))));
            const netKg = round(random.between(0.4, 6), 2);
            weightKg += netKg;
            const details = { cardId: `card-${random.integer(1, 1_123)}`, weightKg: netKg, stream: "food" };
            return [observe(device, at, { weightKg: round(weightKg, 2) }, { type: "card", code: "accepted", details })];
          }
          reportAt = at + REPORT_EVERY_MS;
          if (weightKg > TAKEN_AT_KG) weightKg = 0;
          return [observe(device, at, { weightKg: round(weightKg, 2), doorOpen: 0 })];
        },
      };
    });
}
