import { createAlerting } from "../../src/alerts/engine.ts";
import { Changes } from "../../src/center/changes.ts";
import { defaultWorldLimits, World } from "../../src/center/world.ts";
import { createGeography } from "../../src/district/geography.ts";
import type { Alert } from "../../src/domain/alert.ts";
import { chinaCalendar } from "../../src/domain/calendar.ts";
import type { Device } from "../../src/domain/device.ts";
import type { DistrictFeature } from "../../src/domain/district.ts";
import type { Kind } from "../../src/domain/kinds.ts";
import type { Metrics } from "../../src/domain/metrics.ts";
import type { DeviceEvent } from "../../src/domain/observation.ts";
import { systemActor } from "../../src/domain/roles.ts";
import { DAY, HOUR, MINUTE, type Millis } from "../../src/domain/time.ts";
import type { Contribution, Measure } from "../../src/kpi/measures.ts";
import { createOperations } from "../../src/operations/engine.ts";
import type { CollectionName } from "../../src/operations/records.ts";
import type { Visit } from "../../src/operations/visits.ts";

/** The corner of a small district of known measures: 0.001° north is 111.2 m. */
export const CORNER = { lat: 22.72, lon: 113.9 };
export const PER_LAT = 111_195;
const PER_LON = PER_LAT * Math.cos((CORNER.lat * Math.PI) / 180);
/** Metres east and north of the corner → position. */
export const at = (x: number, y: number) => ({ lat: CORNER.lat + y / PER_LAT, lon: CORNER.lon + x / PER_LON });

export const line = (id: string, points: readonly (readonly [number, number])[], properties = {}): DistrictFeature => ({
  type: "Feature",
  properties: { type: "section", id, class: 2, widthM: 12, ...properties },
  geometry: {
    type: "LineString",
    coordinates: points.map(([x, y]) => [at(x, y).lon, at(x, y).lat]),
  },
});
export const spot = (id: string, x: number, y: number, properties: object = {}): DistrictFeature => ({
  type: "Feature",
  properties: { type: "depositPoint", id, ...properties },
  geometry: { type: "Point", coordinates: [at(x, y).lon, at(x, y).lat] },
});

/** Two parallel roads 40 m apart, one across, a deposit point, a depot, two rooms and a lay-by. */
export const smallDistrict: readonly DistrictFeature[] = [
  line(
    "main",
    [
      [0, 0],
      [1_000, 0],
    ],
    { class: 1 },
  ),
  line("beside", [
    [0, 40],
    [1_000, 40],
  ]),
  line("across", [
    [500, 0],
    [500, 600],
  ]),
  spot("point-1", 500, 310),
  spot("depot", -300, -300, { type: "facility", facility: "depot" }),
  spot("rest", 100, 80, { type: "facility", facility: "toolRoom" }),
  spot("tools-2", 700, 500, { type: "facility", facility: "toolRoom" }),
  spot("lay-by", 700, 300, { type: "spot", spot: "restArea" }),
];

/** 2026-09-22, a working Tuesday, at a time of day in Yutang. */
export const clock = (time: string, day = 22): Millis => Date.parse(`2026-09-${day}T${time}:00+08:00`);

/** Operations and alerts over a real world, driven by a time the test holds: no broker, no disk, but every document kept. */
export function openField(startedAt: Millis, features: readonly DistrictFeature[] = smallDistrict) {
  const geography = createGeography(features);
  const world = new World({ current: geography }, 0, { ...defaultWorldLimits, pastMs: 30 * DAY });
  const devices = new Map<string, Device>();
  const documents = new Map<string, { collection: string; id: string; body: unknown }>();
  const alerts = new Map<string, Alert>();
  const visits = new Map<string, Visit>();
  const work: Changes["work"][number][] = [];
  const contributions: { id: string; before: readonly Contribution[]; after: readonly Contribution[] }[] = [];
  let now = startedAt;
  let number = 0;
  let key = 0;
  let lastId = 0;
  let changes = new Changes();

  const start = () => {
    const operations = createOperations({
      documents: [...documents.values()],
      visits: [...visits.values()],
      calendar: chinaCalendar,
      geography: { current: geography },
      clock: { now: () => now },
      device: (id) => devices.get(id),
      subject: (id) => world.subject(id),
      placeAt: (lat, lon) => geography.placeAt(lat, lon, now),
      startedAt: now,
      firstRev: 0,
      limits: {
        keepMs: 48 * HOUR,
        keep: 10_000,
        dutyKeptMs: MINUTE,
        fastestKmh: 120,
        gapMs: 10 * MINUTE,
        burnsLPerHour: 60,
      },
      figures(id, before, after) {
        contributions.push({ id, before, after });
      },
      counted: (one) => contributions.push({ id: one.scope.source, before: [], after: [one] }),
      alerting: () => alerting,
    });
    const alerting = createAlerting({
      district: {
        calendar: chinaCalendar,
        subject: (id) => world.subject(id),
        subjects: () => world.subjects.values(),
        geography,
        errandsOf: (id) => alerting.errandsOf(id),
      },
      restored: {
        alerts: [...alerts.values()].filter(({ archivedAt }) => archivedAt === null),
        ruleStates: [],
        alertRev: Math.max(0, ...Array.from(alerts.values(), ({ rev }) => rev)),
        documents: [...documents.values()],
      },
      settings: {
        archiveAfterMs: DAY,
        attention: { nightHours: [23, 5], perHour: 1_000 },
        dispatch: { offerMs: 2 * MINUTE, crewsAsked: 3 },
        undoMs: 2 * MINUTE,
        hours: { dutyHours: [[6 * 60, 22 * 60]], workingHours: [[9 * 60, 17 * 60]] },
      },
      workforce: operations.workforce,
      startedAt: now,
      newId: () => `id-${String(++lastId).padStart(5, "0")}`,
    });
    return { operations, alerting };
  };
  let { operations, alerting } = start();

  const commit = () => {
    for (const [name, document] of changes.documents) {
      if (document.body === null) documents.delete(name);
      else documents.set(name, JSON.parse(JSON.stringify(document)));
    }
    for (const alert of changes.alerts.values()) alerts.set(alert.id, alert);
    for (const record of changes.work) {
      work.push(record);
      if (record.kind === "visit") visits.set(record.id, record.body as unknown as Visit);
    }
    operations.committed();
    changes = new Changes();
  };
  const tick = () => {
    operations.tick(now, changes);
    alerting.tick(now, changes);
  };
  const nextDueAt = () => Math.min(operations.nextDueAt ?? Infinity, alerting.nextDueAt ?? Infinity);
  tick();
  commit();

  return {
    world,
    documents,
    work,
    /** Sum of what was contributed to a measure. */
    figure: (measure: Measure): number =>
      contributions
        .flatMap(({ before, after }) => [
          ...after.map((one) => ({ ...one, sign: 1 })),
          ...before.map((one) => ({ ...one, sign: -1 })),
        ])
        .filter((one) => one.measure === measure)
        .reduce((sum, { amount, sign }) => sum + sign * (amount ?? 1), 0),
    /** What it was last told apart by. */
    scopeOf: (measure: Measure): Contribution["scope"] | undefined =>
      contributions.flatMap(({ after }) => after).findLast((one) => one.measure === measure)?.scope,
    get operations() {
      return operations;
    },
    get alerting() {
      return alerting;
    },
    get now() {
      return now;
    },
    add(id: string, kind: Kind, attributes = {}, place: { lat: number; lon: number } | null = null): void {
      const registered = place && geography.placeAt(place.lat, place.lon, now);
      const times = { createdAt: now, updatedAt: now, rev: 1 };
      const device: Device = {
        id,
        kind,
        number: ++number,
        name: id,
        aliases: [],
        attributes,
        place: registered,
        secretHashes: [],
        ...times,
      };
      devices.set(id, device);
      world.deviceChanged(id, device);
    },
    put(collection: CollectionName, record: object): void {
      operations.register.put(collection, record, undefined, systemActor, now, changes);
      commit();
    },
    /** Time passes: everything that is due fires at its time. */
    until(time: Millis): void {
      while (nextDueAt() <= time) {
        now = Math.max(now, nextDueAt());
        tick();
        commit();
      }
      now = time;
      tick();
      commit();
    },
    /** A device says something that happened now, or a while ago. */
    say(id: string, metrics: Metrics, time: Millis = now, event?: DeviceEvent): void {
      const device = devices.get(id);
      if (!device) throw new Error(`no device ${id}`);
      const said = { device: id, at: time, atSource: "device", metrics, ...(event && { event }) } as const;
      const seen = world.apply(said, device, now, ++key, changes);
      if (seen) {
        operations.see(seen, now, changes);
        alerting.see(seen, now, changes);
      }
      commit();
    },
    /** As after `kill -9`: everything in memory is gone, what was committed is there. */
    restart(): void {
      ({ operations, alerting } = start());
      tick();
      commit();
    },
    storm(): void {
      alerting.quiet.add({ kind: "storm", reason: "typhoon", to: null }, systemActor, now, changes);
      commit();
    },
    alerts: (ruleId?: string): Alert[] => [...alerts.values()].filter((alert) => !ruleId || alert.ruleId === ruleId),
    open: (ruleId: string): Alert[] =>
      [...alerts.values()].filter(
        (alert) => alert.ruleId === ruleId && alert.clearedAt === null && alert.closedAt === null,
      ),
    act: (alert: Alert, action: Parameters<typeof alerting.act>[1], input = {}) => {
      const done = alerting.act(alert.id, action, input, systemActor, now, changes);
      commit();
      return done;
    },
    /** Runs an operation that changes the district. */
    operate<T>(run: (now: Millis, changes: Changes) => T): T {
      const result = run(now, changes);
      commit();
      return result;
    },
  };
}
export type Field = ReturnType<typeof openField>;
