import type { Subject } from "../center/subject.ts";
import type { AlertSubject } from "../domain/alert.ts";
import { type Millis, SECOND } from "../domain/time.ts";
import type { District } from "./alerting.ts";

/** A fifth of a kind in an area … */
const AREA_SHARE = 0.2;
/** … or half of what hangs on a gateway, a network, a power feed: then it is that. */
const ROOT_SHARE = 0.5;
const POPULATION_FRESH_MS = 10 * SECOND;

/** What a device depends on together with others: when many of them fall silent, this is what has failed. */
export interface Group {
  readonly key: string;
  readonly subject: AlertSubject;
  readonly subtype: string | null;
  /** Share of its members that must be silent together. */
  readonly share: number;
}

/**
 * What may have failed when this device is silent, most special first, its area last: its gateway, the operator's network, the power feed
 * (attributes `gatewayId`, `network`, `powerFeed`), and at last whatever devices of its kind in its area share.
 */
export function groupsOf({ device, place }: Subject): readonly Group[] {
  const { gatewayId, network, powerFeed } = device.attributes;
  const root = (kind: AlertSubject["kind"], prefix: string, id: unknown, subtype: string | null): Group[] =>
    typeof id === "string" && id !== ""
      ? [{ key: `${prefix}${id}`, subject: { kind, id: `${prefix}${id}` }, subtype, share: ROOT_SHARE }]
      : [];
  const area = place?.communityId ?? "district";
  return [
    ...root("gateway", "", gatewayId, null),
    ...root("area", "network:", network, "network"),
    ...root("area", "power:", powerFeed, "power"),
    {
      key: `${area}\u0000${device.kind}`,
      subject: { kind: "area", id: area },
      subtype: device.kind,
      share: AREA_SHARE,
    },
  ];
}

/** How many devices a group has that were ever heard. Counted anew at most every few seconds of event time. */
export function createPopulations({ subjects }: Pick<District, "subjects">) {
  let counts = new Map<string, number>();
  let countedAt: Millis | null = null;
  return ({ key }: Group, now: Millis): number => {
    const fresh = countedAt !== null && now >= countedAt && now - countedAt < POPULATION_FRESH_MS;
    if (!fresh || !counts.has(key)) {
      counts = new Map();
      countedAt = now;
      for (const subject of subjects()) {
        if (subject.receivedAt === null) continue;
        for (const group of groupsOf(subject)) counts.set(group.key, (counts.get(group.key) ?? 0) + 1);
      }
    }
    return counts.get(key) ?? 0;
  };
}
