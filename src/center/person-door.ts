import type { LiveGeography } from "../district/geography.ts";
import { kinds } from "../domain/kinds.ts";
import type { MetricName, Metrics } from "../domain/metrics.ts";
import type { DeviceEvent } from "../domain/observation.ts";
import { personalMetrics } from "../domain/personal.ts";
import { HOUR, type Millis } from "../domain/time.ts";
import type { InboundMessage } from "../ingest/inbox.ts";
import type { Registry } from "./access.ts";
import type { Subject } from "./subject.ts";

/**
 * People are followed at work and nowhere else. What tells where somebody is, or how their body does, is kept only within
 * their shift and the place of their work; anything else is acknowledged, counted, and forgotten before it is stored.
 * A call for help always passes, and whoever called is followed until the call is answered.
 */

/** What is planned for those who wear badges. */
export interface PersonPlans {
  /**
   * Metres from a position to where the wearer is planned to work at a time, 0 there; null: not planned to work then;
   * undefined: nobody plans for this badge.
   */
  metresFromWork(deviceId: string, lat: number, lon: number, at: Millis): number | null | undefined;
}

export const refusals = ["offDuty", "outsideArea", "tooOld"] as const;
export type Refusal = (typeof refusals)[number];

export interface PersonDoorParts {
  readonly plans: PersonPlans;
  readonly geography: LiveGeography;
  /** So far beyond the place of work somebody has left the post, and is not gone. */
  readonly marginM: number;
  /** Older ways are not kept, so they are not taken either. */
  readonly keptMs: Millis;
  /** Badges that are neither planned nor ever clock in: followed, or not. */
  readonly followsUnplanned: boolean;
  /** An alert that calls for help stands about this badge. */
  readonly callsForHelp: (deviceId: string) => boolean;
}

/** What of an observation may be kept. */
export interface Admitted {
  readonly metrics: Metrics;
  readonly event: DeviceEvent | undefined;
  readonly refused: Refusal | null;
}

/** A badge that has not been heard of for so long is not clocked in any more, whatever it said last. */
const CLOCKED_IN_HOLDS_MS = 16 * HOUR;

export type PersonDoor = ReturnType<typeof createPersonDoor>;

export function createPersonDoor(parts: PersonDoorParts) {
  const { plans, geography, marginM, keptMs, followsUnplanned, callsForHelp } = parts;
  const counts = new Map<Refusal, number>();

  const isClockedIn = (subject: Subject, metrics: Metrics, at: Millis): boolean | null => {
    if (metrics.clockIn !== undefined) return metrics.clockIn === 1;
    const known = subject.metrics.clockIn;
    if (known === undefined || subject.at === null) return null;
    return known === 1 && Math.abs(at - subject.at) <= CLOCKED_IN_HOLDS_MS;
  };

  /** Metres outside the subdistrict; 0 where none is drawn. */
  const metresOutsideDistrict = (lat: number, lon: number): number => {
    const boundary = geography.current.features.find(
      ({ properties, geometry }) => properties.type === "boundary" && properties.level === "subdistrict" && geometry,
    );
    return boundary ? (geography.current.metresOutside(boundary.properties.id, lat, lon) ?? 0) : 0;
  };

  const refusalOf = (subject: Subject, metrics: Metrics, at: Millis, receivedAt: Millis): Refusal | null => {
    if (at < receivedAt - keptMs) return "tooOld";
    const { lat, lon } = metrics;
    const here = lat !== undefined && lon !== undefined ? { lat, lon } : subject.place;
    const away = plans.metresFromWork(subject.id, here?.lat ?? 0, here?.lon ?? 0, at);
    if (away === null) return "offDuty";
    if (away !== undefined) return here && away > marginM ? "outsideArea" : null;
    if (!(isClockedIn(subject, metrics, at) ?? followsUnplanned)) return "offDuty";
    return here && metresOutsideDistrict(here.lat, here.lon) > marginM ? "outsideArea" : null;
  };

  return {
    /** Refused observations since the start, by reason. */
    counts: counts as ReadonlyMap<Refusal, number>,

    admit(
      subject: Subject,
      said: { readonly metrics: Metrics; readonly event: DeviceEvent | undefined },
      at: Millis,
      receivedAt: Millis,
    ): Admitted {
      const { metrics, event } = said;
      const whole = { metrics, event, refused: null };
      if (!kinds[subject.device.kind].personal) return whole;
      const tells = event?.type === "geofence" || personalMetrics.some((name) => metrics[name] !== undefined);
      if (!tells) return whole;
      const calls = metrics.sos === 1 || metrics.fall === 1 || (event?.type === "alarm" && HELP.has(event.code));
      if (calls || callsForHelp(subject.id)) return whole;
      const refused = refusalOf(subject, metrics, at, receivedAt);
      if (!refused) return whole;
      counts.set(refused, (counts.get(refused) ?? 0) + 1);
      const kept = Object.fromEntries(
        Object.entries(metrics).filter(([name]) => !personalMetrics.includes(name as MetricName)),
      );
      // An alarm is told without its details, which may hold a position; a fence that was crossed is a position.
      const told = event?.type === "alarm" ? { type: event.type, code: event.code } : event;
      return { metrics: kept, event: told?.type === "geofence" ? undefined : told, refused };
    },
  };
}

const HELP: ReadonlySet<string> = new Set(["sos", "fall", "help"]);

/** Off duty nobody is anywhere: what the screens last knew of somebody's place goes with the shift. */
export function forgetWhereabouts(subject: Subject): void {
  for (const name of personalMetrics) delete subject.metrics[name];
  subject.place = subject.device.place;
  subject.positionAt = null;
  subject.placed = null;
}

/** Whether a message may tell where somebody is, however wrong it is otherwise. */
export function isAboutPerson({ topic, principal }: InboundMessage, registry: Pick<Registry, "get">): boolean {
  const sender = registry.get(principal?.deviceId ?? "");
  return (sender && kinds[sender.kind].personal) || /(?:^|\/)person\/|^owntracks\//.test(topic);
}
