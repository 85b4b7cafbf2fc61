import { MINUTE, type Millis } from "../../src/domain/time.ts";
import { createRandom } from "../random.ts";
import { type Actor, observe, powerFeedOf, type SimulatedDevice } from "./actor.ts";

const REPORT_EVERY_MS = 5 * MINUTE;

/** Topics a gateway of a foreign dialect may publish; those of the native dialect follow from its devices. */
const dialectTopics: Readonly<Record<string, string>> = {
  "gw-lora": "application/#",
  "gw-frigate": "frigate/#",
};

/** One gateway for each `gatewayId` the devices name, allowed to speak for exactly those devices. */
export function createGateways(
  children: readonly SimulatedDevice[],
  options: { seed: number; startAt: Millis },
): Actor[] {
  const byGateway = Map.groupBy(
    children.filter((device) => device.gatewayId !== null),
    (device) => device.gatewayId ?? "",
  );
  return [...byGateway].map(([id, devices]): Actor => {
    const random = createRandom(options.seed, id);
    const dialects = Object.entries(dialectTopics).find(([prefix]) => id.startsWith(prefix))?.[1];
    const site = devices[0]?.site;
    const device: SimulatedDevice = {
      id,
      kind: "gateway",
      name: `网关 ${id.slice(3)}`,
      dialect: "native",
      ...(site && { site }),
      gatewayId: null,
      attributes: {
        devices: devices.map((child) => child.id).join(","),
        ...(dialects && { dialects }),
        ...(site && { powerFeed: powerFeedOf(site) }),
      },
    };
    let nextAt = options.startAt + Math.floor(random.between(0, REPORT_EVERY_MS));
    return {
      device,
      get nextAt() {
        return nextAt;
      },
      act(at) {
        nextAt = at + REPORT_EVERY_MS;
        return [observe(device, at, { tempC: random.integer(30, 45), externalPowerV: 12 })];
      },
    };
  });
}
