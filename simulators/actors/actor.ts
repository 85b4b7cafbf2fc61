import type { AttributeValue } from "../../src/domain/device.ts";
import type { Kind } from "../../src/domain/kinds.ts";
import type { Observation } from "../../src/domain/observation.ts";
import type { Millis } from "../../src/domain/time.ts";
import type { Site } from "../town.ts";
import type { Tour } from "./rounds.ts";

/** How a simulated device talks: the id of the driver whose `encode` writes its messages. */
export type Dialect = string;

/** A device as the simulators register it and speak for it. */
export interface SimulatedDevice {
  readonly id: string;
  readonly kind: Kind;
  readonly name: string;
  readonly dialect: Dialect;
  /** The name its dialect uses for it, when that is not its id. */
  readonly alias?: string;
  readonly site?: Site;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Where somebody walks at work: never more than so many metres from the middle. */
  readonly beat?: { readonly lat: number; readonly lon: number; readonly radiusM: number };
  /** When a vehicle is out, what it serves and sweeps. */
  readonly tours?: readonly Tour[];
  /** The gateway whose login publishes for it; null when it has a login of its own. */
  readonly gatewayId: string | null;
}

/** Trackers and badges with a card of their own reach the center through one operator's network. */
export const MOBILE_NETWORK = "mobile-1";
/** What has a plug hangs on the feed of its community. */
export const powerFeedOf = ({ communityId }: Pick<Site, "communityId">): string => `feed-${communityId}`;

/** What a scenario makes an actor do. */
export type Command =
  | { readonly do: "fill"; readonly pct: number }
  | { readonly do: "fillPerDay"; readonly pct: number }
  | { readonly do: "empty" }
  | { readonly do: "reportEvery"; readonly seconds: number }
  /** Does not come to work, or does not leave the yard, for so long; a trip under way goes on. */
  | { readonly do: "stayIn"; readonly minutes: number }
  /** Goes somewhere else from where it is, stays for so long, comes back. */
  | { readonly do: "goTo"; readonly lat: number; readonly lon: number; readonly minutes: number }
  /** Somebody has taken away what was wrong there. */
  | { readonly do: "takeAway" }
  /** So many litres are gone from the tank. */
  | { readonly do: "siphon"; readonly litres: number }
  | { readonly do: "street"; readonly category: string; readonly minutes: number; readonly confidence?: number };

/**
 * A device that lives: it says when it next has something to say, and says it.
 * Nothing happens between two times, so an idle actor costs nothing.
 */
export interface Actor {
  readonly device: SimulatedDevice;
  readonly nextAt: Millis;
  /** Called at `nextAt`; moves `nextAt` forward. */
  act(at: Millis): readonly Observation[];
  /** A scenario interferes. */
  command?(at: Millis, command: Command): void;
}

/** An observation of a simulated device: the clock is the device's own. */
export function observe(
  device: SimulatedDevice,
  at: Millis,
  metrics: Observation["metrics"],
  event?: Observation["event"],
): Observation {
  const said = { device: device.alias ?? device.id, at, atSource: "device" as const, metrics };
  return event ? { ...said, event } : said;
}

export const round = (value: number, digits = 1): number => {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
};

export const numbered = (prefix: string, number: number, digits: number): string =>
  `${prefix}-${String(number).padStart(digits, "0")}`;
