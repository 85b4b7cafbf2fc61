import { HOUR, type Millis } from "../../src/domain/time.ts";
import { createRandom } from "../random.ts";
import { hourOfDay } from "../rhythm.ts";
import type { Town } from "../town.ts";
import { type Actor, numbered, observe, round, type SimulatedDevice } from "./actor.ts";

/** Catches in an hour above which somebody is sent; a city enters the figure of GB/T 27771 for its way of counting. */
const GRADE_C = 30;

/** Smart mosquito traps near deposit points: most catches at dusk. */
export function createPestTraps(town: Town, options: { count: number; seed: number; startAt: Millis }): Actor[] {
  return Array.from({ length: options.count }, (_, index): Actor => {
    const id = numbered("trap", index + 1, 2);
    const random = createRandom(options.seed, id);
    const site = town.depositPoints[(index * 11 + 3) % town.depositPoints.length];
    const gatewayId = `gw-facilities-${site?.communityId ?? "tianliao"}`;
    const device: SimulatedDevice = {
      id,
      kind: "pestTrap",
      name: `灭蚊灯${index + 1}`,
      dialect: "native",
      ...(site && { site }),
      gatewayId,
      attributes: { gatewayId, species: "mosquito", gradeCDensity: GRADE_C, reportEverySeconds: HOUR / 1_000 },
    };
    let catchCount = random.integer(0, 400);
    let batteryPct = random.between(60, 100);
    let nextAt = options.startAt + Math.floor(random.between(0, HOUR));
    return {
      device,
      get nextAt() {
        return nextAt;
      },
      act(at) {
        nextAt = at + HOUR;
        const dusk = Math.exp(-((hourOfDay(at) - 19) ** 2) / 8);
        const caught = Math.round(random.between(0, 3) + dusk * random.between(0, 12));
        catchCount += caught;
        batteryPct = Math.max(30, batteryPct - 0.01);
        return [observe(device, at, { catchCount, densityIndex: caught, batteryPct: round(batteryPct, 0) })];
      },
    };
  });
}
