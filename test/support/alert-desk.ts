import { createAlerting } from "../../src/alerts/engine.ts";
import type { Rule } from "../../src/alerts/rule.ts";
import type { Workforce } from "../../src/alerts/workforce.ts";
import { Changes } from "../../src/center/changes.ts";
import { defaultWorldLimits, World } from "../../src/center/world.ts";
import { createGeography, type Geography } from "../../src/district/geography.ts";
import type { Alert, TimelineEntry } from "../../src/domain/alert.ts";
import { chinaCalendar } from "../../src/domain/calendar.ts";
import type { Device } from "../../src/domain/device.ts";
import type { Kind } from "../../src/domain/kinds.ts";
import type { Metrics } from "../../src/domain/metrics.ts";
import type { DeviceEvent } from "../../src/domain/observation.ts";
import { type Actor, type Role, systemActor } from "../../src/domain/roles.ts";
import { MINUTE, type Millis } from "../../src/domain/time.ts";

/** 2026-09-22 10:13:20 in Yutang: a working morning. */
export const MORNING = 1_790_043_200_000;
export const PLACE = { lat: 22.733, lon: 113.9033 };

export const actorOf = (role: Role, name = `user:${role}`): Actor => ({ ...systemActor, name, role });

export interface DeskOptions {
  readonly workforce?: Workforce;
  readonly rules?: readonly Rule[];
  readonly startedAt?: Millis;
  readonly perHour?: number;
  readonly geography?: Geography;
  readonly nightHours?: readonly [number, number];
}

/** The alert engine over a real world, driven by a time the test holds: no broker, no disk. */
export function openDesk(options: DeskOptions = {}) {
  const startedAt = options.startedAt ?? MORNING;
  const geography = options.geography ?? createGeography([]);
  const world = new World({ current: geography }, 0, defaultWorldLimits);
  const changes = new Changes();
  const told: TimelineEntry[] = changes.timeline;
  let lastId = 0;
  let number = 0;
  let key = 0;
  let now = startedAt;
  const alerting = createAlerting({
    district: {
      calendar: chinaCalendar,
      subject: (id) => world.subject(id),
      subjects: () => world.subjects.values(),
      geography,
      errandsOf: (id) => alerting.errandsOf(id),
    },
    restored: { alerts: [], ruleStates: [], alertRev: 0, documents: [] },
    settings: {
      archiveAfterMs: 24 * 60 * MINUTE,
      attention: { nightHours: options.nightHours ?? [23, 5], perHour: options.perHour ?? 100 },
      dispatch: { offerMs: 2 * MINUTE, crewsAsked: 3 },
      undoMs: 2 * MINUTE,
      hours: { dutyHours: [[6 * 60, 22 * 60]], workingHours: [[9 * 60, 17 * 60]] },
    },
    startedAt,
    newId: () => `id-${String(++lastId).padStart(4, "0")}`,
    ...(options.rules && { rules: options.rules }),
    ...(options.workforce && { workforce: options.workforce }),
  });

  return {
    alerting,
    world,
    changes,
    get now() {
      return now;
    },
    add(id: string, kind: Kind, place: { lat: number; lon: number } | null = PLACE, attributes = {}): Device {
      const device: Device = {
        id,
        kind,
        number: ++number,
        name: id,
        aliases: [],
        attributes,
        place: place && geography.placeAt(place.lat, place.lon, startedAt),
        secretHashes: [],
        rev: 1,
        createdAt: startedAt,
        updatedAt: startedAt,
      };
      world.deviceChanged(id, device);
      return device;
    },
    /** Time passes: everything that is due fires at its time. */
    wait(ms: Millis): void {
      const until = now + ms;
      while (alerting.nextDueAt !== null && alerting.nextDueAt <= until) {
        now = Math.max(now, alerting.nextDueAt);
        alerting.tick(now, changes);
      }
      now = until;
      alerting.tick(now, changes);
    },
    /** A device says something now, or said it a while ago. */
    say(id: string, metrics: Metrics, event?: DeviceEvent, at: Millis = now): void {
      const device = world.subject(id)?.device;
      if (!device) throw new Error(`no device ${id}`);
      const observation = { device: id, at, atSource: "device", metrics, ...(event && { event }) } as const;
      const seen = world.apply(observation, device, now, ++key, changes);
      if (seen) alerting.see(seen, now, changes);
    },
    act(alert: Alert, action: Parameters<typeof alerting.act>[1], input = {}, role: Role = "manager"): Alert {
      return alerting.act(alert.id, action, input, actorOf(role), now, changes);
    },
    only(ruleId: string): Alert {
      const found = [...alerting.live()].filter((alert) => alert.ruleId === ruleId && alert.state !== "merged");
      if (found.length !== 1) throw new Error(`${found.length} alerts of ${ruleId}`);
      return found[0] as Alert;
    },
    all: (ruleId: string): Alert[] => [...alerting.live()].filter((alert) => alert.ruleId === ruleId),
    timeline: (alert: Alert): string[] =>
      told.filter(({ alertId }) => alertId === alert.id).map((entry) => entry.action),
  };
}
export type TestDesk = ReturnType<typeof openDesk>;
