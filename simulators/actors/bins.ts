import { MINUTE, type Millis } from "../../src/domain/time.ts";
import { createRandom } from "../random.ts";
import { airTempC, depositedDays } from "../rhythm.ts";
import type { Town } from "../town.ts";
import { type Actor, numbered, observe, round, type SimulatedDevice } from "./actor.ts";

export interface BinActor extends Actor {
  readonly pointId: string;
  /** Percent of the bin's depth at a moment; above 100 it lies beside the bin. */
  fillAt(at: Millis): number;
  /** A crew empties it. */
  empty(at: Millis): void;
}

export interface BinOptions {
  readonly count: number;
  readonly seed: number;
  readonly startAt: Millis;
  /** How much fuller the bins get than on an ordinary day; 1 is ordinary. */
  readonly wasteFactor: number;
  /** Share of bins that speak LoRaWAN through ChirpStack instead of the native dialect. */
  readonly loraShare: number;
  /** Share of bins too small for their place: they overflow on an ordinary day. */
  readonly smallShare: number;
}

const STREAMS = ["residual", "residual", "residual", "food", "food", "recyclable"] as const;
const STREAM_NAMES = { residual: "其他", food: "厨余", recyclable: "可回收" } as const;
const REPORT_EVERY_MS = 15 * MINUTE;
/** Depth of a 240 l wheelie bin under the sensor, and the distance at which it counts as full. */
const EMPTY_MM = 1_050;
const FULL_MM = 300;

/** Six bins at each deposit point, filled by the district's daily rhythm. */
export function createBins(town: Town, options: BinOptions): BinActor[] {
  return Array.from({ length: options.count }, (_, index) => createBin(town, options, index));
}

function createBin(town: Town, options: BinOptions, index: number): BinActor {
  const id = numbered("bin", index + 1, 4);
  const random = createRandom(options.seed, id);
  const pointCount = town.depositPoints.length;
  const site = town.depositPoints[Math.floor(index / STREAMS.length) % pointCount];
  if (!site) throw new RangeError("the district has no deposit points");
  const lora = random.next() < options.loraShare;
  const stream = STREAMS[index % STREAMS.length] ?? "residual";
  const community = site.communityId;
  const device: SimulatedDevice = {
    id,
    kind: "bin",
    name: `${site.name} ${STREAM_NAMES[stream]}桶${(index % STREAMS.length) + 1}`,
    dialect: lora ? "chirpstack" : "native",
    ...(lora && { alias: `eui:24e124713d${(index + 1).toString(16).padStart(6, "0")}` }),
    site,
    gatewayId: lora ? `gw-lora-${community}` : `gw-bins-${community}`,
    attributes: {
      stream,
      emptyMm: EMPTY_MM,
      fullMm: FULL_MM,
      reportEverySeconds: REPORT_EVERY_MS / 1_000,
      gatewayId: lora ? `gw-lora-${community}` : `gw-bins-${community}`,
    },
  };
  // Bins are sized so that three collections a day hold an ordinary day; a few are too small for their place.
  const small = random.next() < options.smallShare;
  const ordinary = stream === "recyclable" ? random.between(25, 60) : random.between(60, 120);
  let perDay = (small ? random.between(190, 320) : ordinary) * options.wasteFactor;
  let base = random.between(2, 22) * Math.min(1, options.wasteFactor);
  let since = depositedDays(options.startAt);
  let batteryPct = random.between(55, 100);
  let everyMs = REPORT_EVERY_MS;
  let nextAt = options.startAt + Math.floor(random.between(0, REPORT_EVERY_MS));
  const fillAt = (at: Millis): number => base + perDay * (depositedDays(at) - since);
  const restart = (at: Millis, fill: number): void => {
    base = fill;
    since = depositedDays(at);
  };
  return {
    device,
    pointId: site.id,
    fillAt,
    empty: (at) => restart(at, 0),
    get nextAt() {
      return nextAt;
    },
    act(at) {
      nextAt = at + everyMs;
      batteryPct = Math.max(0, batteryPct - 0.0006);
      const fill = Math.max(0, Math.min(100, fillAt(at) + random.between(-0.8, 0.8)));
      const measured = { tempC: round(airTempC(at) + random.between(0, 2)), batteryPct: round(batteryPct, 0) };
      if (lora) {
        const distanceMm = Math.round(EMPTY_MM - (fill / 100) * (EMPTY_MM - FULL_MM));
        return [observe(device, at, { ...measured, distanceMm, tilted: 0 })];
      }
      return [observe(device, at, { ...measured, fillPct: round(fill), tiltDeg: round(random.between(0, 3)) })];
    },
    command(at, command) {
      if (command.do === "fill") restart(at, command.pct);
      if (command.do === "empty" || command.do === "takeAway") restart(at, 0);
      if (command.do === "reportEvery") {
        everyMs = command.seconds * 1_000;
        nextAt = at;
      }
      if (command.do === "fillPerDay") {
        restart(at, fillAt(at));
        perDay = command.pct;
      }
    },
  };
}
