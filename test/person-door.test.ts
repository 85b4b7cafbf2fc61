import { connectAsync } from "mqtt";
import { describe, expect, test } from "vitest";
import { createPersonDoor, type PersonDoorParts } from "../src/center/person-door.ts";
import { createGeography } from "../src/district/geography.ts";
import type { Metrics } from "../src/domain/metrics.ts";
import type { DeviceEvent } from "../src/domain/observation.ts";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";
import { MORNING, openDesk, PLACE } from "./support/alert-desk.ts";
import { startTestCenter } from "./support/running-center.ts";

const FAR = { lat: PLACE.lat + 0.1, lon: PLACE.lon };

function doorOf(more: Partial<PersonDoorParts> = {}) {
  const desk = openDesk();
  desk.add("badge", "person");
  desk.add("truck", "vehicle");
  const door = createPersonDoor({
    plans: { metresFromWork: () => undefined },
    geography: { current: createGeography([]) },
    marginM: 500,
    keptMs: 7 * DAY,
    followsUnplanned: false,
    callsForHelp: () => false,
    ...more,
  });
  return (metrics: Metrics, event?: DeviceEvent, at = MORNING, id = "badge") => {
    const subject = desk.world.subject(id);
    if (!subject) throw new Error(id);
    return door.admit(subject, { metrics, event }, at, MORNING);
  };
}
const WALK: Metrics = { ...PLACE, speedKmh: 3, hr: 90, steps: 100, batteryPct: 80 };

describe("what of people is kept", () => {
  test("on duty everything, off duty nothing that tells where they are or how they do", () => {
    const admit = doorOf();
    expect(admit({ ...WALK, clockIn: 1 })).toMatchObject({ metrics: WALK, refused: null });
    expect(admit({ ...WALK, clockIn: 0 })).toEqual({
      metrics: { batteryPct: 80, clockIn: 0 },
      event: undefined,
      refused: "offDuty",
    });
    expect(admit(WALK).refused).toBe("offDuty");
    expect(admit({ batteryPct: 80 })).toEqual({ metrics: { batteryPct: 80 }, event: undefined, refused: null });
    expect(doorOf({ followsUnplanned: true })(WALK).refused).toBeNull();
  });

  test("a plan counts before the badge: within the shift and so far around its place of work", () => {
    const metresFromWork = (_id: string, lat: number, _lon: number, at: number) =>
      at < MORNING ? null : lat === PLACE.lat ? 20 : 11_000;
    const admit = doorOf({ plans: { metresFromWork } });
    expect(admit(WALK).refused).toBeNull();
    expect(admit({ ...WALK, ...FAR }).refused).toBe("outsideArea");
    expect(admit({ ...WALK, clockIn: 1 }, undefined, MORNING - MINUTE).refused).toBe("offDuty");
  });

  test("what is too old to be kept is not taken", () => {
    expect(doorOf()({ ...WALK, clockIn: 1 }, undefined, MORNING - 8 * DAY).refused).toBe("tooOld");
  });

  test("a call for help passes whole, and so does what follows until it is answered", () => {
    const admit = doorOf({ plans: { metresFromWork: () => null } });
    expect(admit({ ...WALK, sos: 1 })).toMatchObject({ metrics: { ...WALK, sos: 1 }, refused: null });
    expect(admit({ ...WALK, fall: 1 }).refused).toBeNull();
    expect(admit(WALK, { type: "alarm", code: "sos", details: { lat: 1 } }).event).toHaveProperty("details");
    expect(admit(WALK, { type: "alarm", code: "lowBattery", details: { lat: 1 } }).event).toEqual({
      type: "alarm",
      code: "lowBattery",
    });
    expect(admit({}, { type: "geofence", code: "enter", details: { name: "home" } })).toMatchObject({
      event: undefined,
      refused: "offDuty",
    });
    expect(doorOf({ plans: { metresFromWork: () => null }, callsForHelp: () => true })(WALK).refused).toBeNull();
  });

  test("vehicles are nobody", () => {
    expect(doorOf()(WALK, undefined, MORNING, "truck").refused).toBeNull();
  });
});

test("off duty a badge is acknowledged and alive, and its way is nowhere: not in history, not live, not in quarantine", async () => {
  await using center = await startTestCenter();
  const { mqtt } = await center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", {
    id: "badge-1",
    kind: "person",
    name: "王小明",
  });
  const badge = await connectAsync(center.mqtt ?? "", { ...mqtt, clientId: "badge-1" });
  const topic = "kerbside/v1/person/badge-1/telemetry";
  const now = Date.now();
  const say = (ago: number, more: object) =>
    badge.publishAsync(topic, JSON.stringify({ ts: now - ago, ...PLACE, accuracyM: 5, hr: 90, ...more }), { qos: 1 });
  await say(50 * MINUTE, { clockIn: 1 });
  await say(40 * MINUTE, {});
  await say(30 * MINUTE, { clockIn: 0, lat: 22.7001, batteryPct: 60 });
  await say(20 * MINUTE, { lat: 22.7002 });
  await badge.publishAsync(topic, `{"ts": ${now}, "lat": 22.7003, "lon": "home"}`, { qos: 1 });

  const from = now - 2 * HOUR;
  const track = await center.rest<{ geometry: { coordinates: number[][] } }>(
    "GET",
    `/devices/badge-1/track?from=${from}&reason=test`,
  );
  expect(track.geometry.coordinates.map(([, lat]) => lat)).toEqual([PLACE.lat, PLACE.lat]);
  const heart = await center.rest<{ points: object[] }>(
    "GET",
    `/devices/badge-1/history?metric=hr&from=${from}&reason=test`,
  );
  expect(heart.points).toHaveLength(2);
  const battery = await center.rest<{ points: object[] }>(
    "GET",
    `/devices/badge-1/history?metric=batteryPct&from=${from}&reason=test`,
  );
  expect(battery.points).toHaveLength(1);
  const live = await center.rest<{ online: boolean; at: number; position: unknown; metrics: object }>(
    "GET",
    "/devices/badge-1",
  );
  expect(live).toMatchObject({ online: true, at: now - 20 * MINUTE, position: null });
  expect(Object.keys(live.metrics).sort()).toEqual(["batteryPct", "clockIn"]);

  const quarantine = await center.rest<{ items: { payload: string }[] }>("GET", "/quarantine");
  expect(quarantine.items).toHaveLength(1);
  expect(quarantine.items[0]?.payload).toBe("");
  const metrics = await (await fetch(`${center.http}/metrics`)).text();
  expect(metrics).toContain('kerbside_person_observations_refused_total{reason="offDuty"} 2');

  // The button off duty: the position comes with it, and those that follow, until somebody has seen to it.
  await say(10 * MINUTE, { sos: 1, lat: 22.7101 });
  await say(9 * MINUTE, { sos: 1, lat: 22.7102 });
  await say(8 * MINUTE, { lat: 22.7103 });
  const after = await center.rest<{ geometry: { coordinates: number[][] } }>(
    "GET",
    `/devices/badge-1/track?from=${from}&reason=sos`,
  );
  expect(after.geometry.coordinates.map(([, lat]) => lat)).toEqual([PLACE.lat, PLACE.lat, 22.7101, 22.7102, 22.7103]);
  await badge.endAsync();
});
