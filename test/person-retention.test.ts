import { expect, test } from "vitest";
import type { Device } from "../src/domain/device.ts";
import type { Kind } from "../src/domain/kinds.ts";
import { DAY, HOUR } from "../src/domain/time.ts";
import type { Reading } from "../src/store/kept.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { batchOf, openTestStore, T0 } from "./support/store.ts";

const device = (number: number, kind: Kind): Device => ({
  id: `${kind}-${number}`,
  number,
  kind,
  name: "",
  aliases: [],
  attributes: {},
  place: null,
  secretHashes: [],
  createdAt: 0,
  updatedAt: 0,
  rev: 1,
});
const walk = (number: number, at: number): Reading => ({
  device: number,
  at,
  receivedAt: at,
  key: at % 4_294_967_296,
  metrics: { lat: 22.7, lon: 113.9, hr: 90, steps: 100, clockIn: 1, batteryPct: 80 },
});
const fix = (number: number, at: number): Reading => ({ ...walk(number, at), metrics: { lat: 22.7, lon: 113.9 } });

test("ways and bodies of people go after their time, that they worked stays; vehicles keep theirs", async () => {
  using directory = temporaryDirectory();
  const year = 400 * DAY;
  const retention = {
    readingsMs: year,
    minutesMs: year,
    daysMs: year,
    personTracksMs: 7 * DAY,
    alertsMs: year,
    auditMs: year,
    quarantineMs: year,
    kpiMs: year,
  };
  await using store = await openTestStore(directory.path, { retention });
  const days = [0, 1, 2, 9, 10];
  const readings = days.flatMap((day) => [
    walk(1, T0 + day * DAY),
    fix(1, T0 + day * DAY + HOUR),
    walk(2, T0 + day * DAY),
    walk(3, T0 + day * DAY),
  ]);
  readings.push({ ...fix(1, T0 + 1), event: { type: "geofence", code: "enter", details: { name: "home" } } });
  readings.push({ ...fix(1, T0 + 2), event: { type: "alarm", code: "sos", details: { lat: 22.7 } } });
  const devices = [device(1, "person"), device(2, "vehicle"), device(3, "person")];
  const registered = devices.map((one) => ({ id: one.id, device: one }));
  await store.commit(batchOf(readings, { devices: registered }));
  // A badge that is removed leaves no way behind either.
  await store.commit(batchOf([], { devices: [{ id: "person-3", device: null }] }));
  await store.pack();

  const ask = async (number: number, metric: "lat" | "hr" | "clockIn") => {
    const { points } = await store.series({ device: number, metric, from: 0, to: T0 * 2 });
    return [...new Set(points.map(({ at }) => Math.floor((at - T0) / DAY)))];
  };
  const now = T0 + 10 * DAY + HOUR;
  await store.retain(now);
  expect(await ask(1, "lat")).toEqual([9, 10]);
  expect(await ask(1, "hr")).toEqual([9, 10]);
  expect(await ask(1, "clockIn")).toEqual(days);
  expect(await ask(2, "lat")).toEqual(days);
  expect(await ask(3, "lat")).toEqual([9, 10]);
  expect(await store.track({ device: 1, from: 0, to: now + 1, limit: 100 })).toHaveLength(4);
  const events = await store.events({ device: 1, from: 0, to: now, limit: 100 });
  expect(events.map(({ event, metrics }) => ({ event, metrics }))).toEqual([
    { event: { type: "alarm", code: "sos" }, metrics: {} },
  ]);

  // What comes late for a day that was done is found on the following days.
  await store.commit(batchOf([{ ...walk(1, T0 + 3 * DAY - 4 * HOUR), key: 7 }]));
  await store.pack();
  expect(await ask(1, "lat")).toContain(2);
  await store.retain(now + DAY);
  expect(await ask(1, "lat")).toEqual([9, 10]);
  await store.retain(now + 9 * DAY);
  expect(await ask(1, "lat")).toEqual([]);
  expect(await ask(1, "clockIn")).toEqual(days);
});
