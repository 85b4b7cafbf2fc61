import { describe, expect, test } from "vitest";
import { encodeFrame } from "../devices/jt808/frame.ts";
import { type Jt808Location, MESSAGE, writeBatch, writeLocation } from "../devices/jt808/location.ts";
import { parseInputs } from "../src/center/own-facts.ts";
import { categories } from "../src/domain/categories.ts";
import { bd09ToWgs84, wgs84ToBd09, wgs84ToGcj02 } from "../src/domain/coordinates.ts";
import { distanceM } from "../src/domain/place.ts";
import { DAY, HOUR, MINUTE, type Millis, SECOND } from "../src/domain/time.ts";
import { MORNING } from "./support/alert-desk.ts";
import { openLine } from "./support/device-line.ts";

const PHONE = "013800000001";
const ALIAS = "jt808:13800000001";
const TOPIC = "jt808/13800000001/frame";
const PLACE = { lat: 22.733, lon: 113.9033 };
const localOf = (at: Millis, offsetMinutes = 480): string =>
  new Date(at + offsetMinutes * MINUTE).toISOString().slice(2, 19).replace(/[-T:]/g, "");
const record = (at: Millis, changed: Partial<Jt808Location> = {}): Jt808Location => ({
  ...{
    alarm: 0,
    status: 3,
    latitude: PLACE.lat * 1e6,
    longitude: PLACE.lon * 1e6,
    altitude: 5,
    speed: 100,
    direction: 9,
  },
  ...{ time: localOf(at), items: { other: {} } },
  ...changed,
});
let serial = 0;
const single = (at: Millis, changed: Partial<Jt808Location> = {}): Uint8Array =>
  encodeFrame({
    messageId: MESSAGE.location,
    phone: PHONE,
    serial: ++serial,
    body: writeLocation(record(at, changed)),
  });
const batch = (times: readonly Millis[], changed: Partial<Jt808Location> = {}): Uint8Array =>
  encodeFrame({
    ...{ messageId: MESSAGE.locationBatch, phone: PHONE, serial: ++serial },
    body: writeBatch({ buffered: true, locations: times.map((at) => record(at, changed)) }),
  });

function vehicle(attributes: Record<string, string | number | boolean> = {}) {
  const line = openLine();
  line.register("v-1", "vehicle", ALIAS, attributes);
  return line;
}

describe("order", () => {
  test("what was kept in a blind area repairs the past and leaves the present where it is", () => {
    const line = vehicle();
    line.receive(TOPIC, single(MORNING), MORNING);
    const kept = [30, 29, 28].map((minutes) => MORNING - minutes * MINUTE);
    const readings = line.receive(TOPIC, batch(kept, { latitude: 22_700_000 }), MORNING + SECOND);
    expect(readings.map(({ at }) => at)).toEqual(kept);
    expect(line.subject("v-1")).toMatchObject({ at: MORNING, metrics: { lat: PLACE.lat } });
  });

  test("a frame that is sent again counts once, a restarted serial is no repetition", () => {
    const line = vehicle();
    const frame = single(MORNING);
    expect(line.receive(TOPIC, frame, MORNING)).toHaveLength(1);
    expect(line.receive(TOPIC, frame, MORNING + SECOND)).toHaveLength(0);
    expect(line.counters.duplicates).toBe(1);
    const first = encodeFrame({ messageId: 0x0200, phone: PHONE, serial: 1, body: writeLocation(record(MORNING)) });
    const restarted = encodeFrame({
      ...{ messageId: 0x0200, phone: PHONE, serial: 1 },
      body: writeLocation(record(MORNING + 10 * SECOND)),
    });
    line.receive(TOPIC, first, MORNING + 2 * SECOND);
    expect(line.receive(TOPIC, restarted, MORNING + 10 * SECOND)).toHaveLength(1);
  });

  test("records of one batch share a serial and are all kept", () => {
    const line = vehicle();
    const times = Array.from({ length: 8 }, (_, i) => MORNING - i * MINUTE);
    expect(line.receive(TOPIC, batch(times), MORNING)).toHaveLength(8);
    expect(line.receive(TOPIC, batch(times), MORNING), "another serial: not known as a repetition").toHaveLength(8);
  });
});

describe("alarms that stand in every report", () => {
  const FATIGUE = 1 << 2;
  test("make one event when they begin and one when they are over", () => {
    const line = vehicle();
    const events = [0, FATIGUE, FATIGUE, FATIGUE, 0, FATIGUE].map((alarm, i) =>
      line
        .receive(TOPIC, single(MORNING + i * 10 * SECOND, { alarm }), MORNING + i * 10 * SECOND)
        .flatMap(({ event }) => (event && "code" in event ? [event.code] : [])),
    );
    expect(events).toEqual([[], ["fatigue"], [], [], ["alarmOver"], ["fatigue"]]);
    expect(line.desk.only("vehicle.driver_risk").count).toBe(2);
  });

  test("of a time that is over are kept once and change nothing now", () => {
    const line = vehicle();
    line.receive(TOPIC, single(MORNING), MORNING);
    const readings = line.receive(
      TOPIC,
      batch([MORNING - 3 * MINUTE, MORNING - 2 * MINUTE], { alarm: FATIGUE }),
      MORNING + 1,
    );
    expect(readings.map(({ event }) => event?.type)).toEqual([undefined, "alarm", undefined]);
    expect(line.subject("v-1").standing).toEqual([]);
  });

  test("survive a restart by the log", () => {
    const line = vehicle();
    const [, event] = line.receive(TOPIC, single(MORNING, { alarm: FATIGUE }), MORNING);
    const again = vehicle();
    again.desk.world.replay(again.subject("v-1").device, event!);
    expect(again.receive(TOPIC, single(MORNING + MINUTE, { alarm: FATIGUE }), MORNING + MINUTE)).toHaveLength(1);
  });
});

describe("time", () => {
  test("the zone of a device model is its attribute", () => {
    const line = vehicle({ utcOffsetMinutes: 60 });
    const [reading] = line.receive(TOPIC, single(MORNING, { time: localOf(MORNING, 60) }), MORNING);
    expect(reading).toMatchObject({ at: MORNING });
    expect(reading).not.toHaveProperty("quality");
  });

  test("a clock that shows another zone again and again is told, a burst of kept reports is not", () => {
    const line = vehicle();
    const flags: (readonly string[] | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      const at = MORNING + i * 2 * MINUTE;
      flags.push(line.receive(TOPIC, single(at, { time: localOf(at, 420) }), at)[0]?.quality);
    }
    expect(flags).toEqual([undefined, undefined, ["clockZone"], ["clockZone"]]);
    const burst = vehicle();
    for (let i = 0; i < 20; i++) {
      const [reading] = burst.receive(TOPIC, single(MORNING - HOUR + i * SECOND), MORNING + i);
      expect(reading).not.toHaveProperty("quality");
    }
  });

  test("a clock that was never set counts as no clock: 2001, 2004, 1970, and every day before the device was mounted", () => {
    const line = vehicle({ installedAt: "2026-09-01" });
    for (const time of [
      "010101000312",
      "040101120000",
      "700101000000",
      "110111031152",
      "260830120000",
      "zzzzzz999999",
    ]) {
      const bytes = single(MORNING, { time });
      const [reading] = line.receive(TOPIC, bytes, MORNING);
      expect(reading, time).toMatchObject({ at: MORNING, quality: expect.arrayContaining(["clockDefault"]) });
    }
    expect(line.receive(TOPIC, single(MORNING - 5 * DAY), MORNING)[0]).toMatchObject({ at: MORNING - 5 * DAY });
  });

  test("a time that is still to come is replaced and said", () => {
    const [reading] = vehicle().receive(TOPIC, single(MORNING + HOUR + 7 * MINUTE), MORNING);
    expect(reading).toMatchObject({ at: MORNING, quality: ["clockFuture"] });
  });
});

describe("positions", () => {
  test("0/0, a fix that is none and altered coordinates leave the last position", () => {
    const line = vehicle();
    line.receive(TOPIC, single(MORNING), MORNING);
    const cases = [
      [{ latitude: 0, longitude: 0 }, "zeroFix"],
      [{ status: 1, latitude: 30_000_000 }, "staleFix"],
      [{ status: 0x23, latitude: 30_000_000 }, "alteredFix"],
    ] as const;
    for (const [i, [changed, flag]] of cases.entries()) {
      const at = MORNING + (i + 1) * MINUTE;
      const [reading] = line.receive(TOPIC, single(at, changed), at);
      expect(reading?.quality).toContain(flag);
      expect(reading?.metrics).not.toHaveProperty("lat");
    }
    expect(line.subject("v-1").place).toMatchObject({ lat: expect.closeTo(PLACE.lat, 5) });
    expect(line.subject("v-1").positionAt).toBe(MORNING);
  });

  test("GCJ-02 and BD-09 are turned into WGS-84 where the device says that it speaks them", () => {
    for (const [coordSystem, shifted] of [
      ["gcj02", wgs84ToGcj02(PLACE.lat, PLACE.lon)],
      ["bd09", wgs84ToBd09(PLACE.lat, PLACE.lon)],
    ] as const) {
      const line = vehicle({ coordSystem });
      const changed = { latitude: Math.round(shifted.lat * 1e6), longitude: Math.round(shifted.lon * 1e6) };
      const [reading] = line.receive(TOPIC, single(MORNING, changed), MORNING);
      const { lat = 0, lon = 0 } = reading?.metrics ?? {};
      expect(distanceM({ lat, lon }, PLACE), coordSystem).toBeLessThan(0.5);
      expect(distanceM({ lat: changed.latitude / 1e6, lon: changed.longitude / 1e6 }, PLACE)).toBeGreaterThan(100);
    }
    // The published example of Baidu's own converter: Tiananmen in GCJ-02 and in BD-09.
    const tiananmen = bd09ToWgs84(39.915, 116.404);
    expect(distanceM(wgs84ToGcj02(tiananmen.lat, tiananmen.lon), { lat: 39.90865, lon: 116.39762 })).toBeLessThan(5);
    expect(bd09ToWgs84(48.85, 2.29)).toEqual({ lat: 48.85, lon: 2.29 });
  });
});

describe("inputs", () => {
  test("the registration says which line is the brush", () => {
    const line = vehicle({ inputs: "io:3=working, !doors:0=hopperOpen, iteme1*0.5=waterL, nonsense, a=b" });
    const body = Buffer.concat([writeLocation(record(MORNING)), Buffer.from("2a020008e1020064", "hex")]);
    const frame = encodeFrame({ messageId: MESSAGE.location, phone: PHONE, serial: 1, body });
    expect(line.receive(TOPIC, frame, MORNING)[0]?.metrics).toMatchObject({ working: 1, hopperOpen: 1, waterL: 50 });
  });

  test("parts that say nothing are left out", () => {
    expect(parseInputs("din1=working,din2=noMetric,=,x")).toMatchObject([{ input: "din1", metric: "working" }]);
  });
});

describe("the same message again", () => {
  const cases = [
    [
      "an AI box that repeats its alarm until it is answered",
      "aibox/rj-1",
      { AlarmId: "a-1", BoardId: "RJ-1", TaskSession: "g", TimeStamp: MORNING * 1_000, Result: { Type: "youtan" } },
      { ImageData: "again", TimeStamp: MORNING * 1_000 },
      "cam:RJ-1/g",
      "camera",
    ],
    [
      "The Things Stack, with other correlation ids",
      "v3/a/devices/d/up",
      {
        end_device_ids: { device_id: "d", dev_eui: "24E124713D000418" },
        uplink_message: {
          ...{
            session_key_id: "s",
            f_cnt: 9,
            f_port: 85,
            frm_payload: "AXVc",
            received_at: new Date(MORNING).toISOString(),
          },
        },
      },
      { correlation_ids: ["as:up:2"] },
      "eui:24e124713d000418",
      "bin",
    ],
    [
      "Traccar, forwarded again with another server time",
      "positions",
      {
        position: {
          ...{
            protocol: "osmand",
            fixTime: new Date(MORNING).toISOString(),
            valid: true,
            latitude: 22.7,
            longitude: 113.9,
          },
        },
        device: { uniqueId: "352093080000015" },
      },
      { retried: true },
      "imei:352093080000015",
      "vehicle",
    ],
    [
      "a thing model's property, by its message id",
      "/sys/p/d/thing/event/property/post",
      { id: "7", params: { FillLevel: 40 } },
      { version: "1.1" },
      "alink:p/d",
      "bin",
    ],
  ] as const;
  test.for(cases)("%s", ([, topic, payload, changed, alias, kind]) => {
    const line = openLine();
    line.register("d-1", kind, alias);
    expect(line.receive(topic, payload, MORNING)).toHaveLength(1);
    expect(line.receive(topic, { ...payload, ...changed }, MORNING + SECOND)).toHaveLength(0);
    expect(line.counters.duplicates).toBe(1);
  });

  test("a counter that starts again after a join is no repetition", () => {
    const line = openLine();
    line.register("d-1", "bin", "eui:24e124713d000418");
    const uplink = (session: string, at: Millis) => ({
      end_device_ids: { device_id: "d", dev_eui: "24E124713D000418" },
      uplink_message: {
        ...{ session_key_id: session, f_port: 85, frm_payload: "AXVc", received_at: new Date(at).toISOString() },
      },
    });
    expect(line.receive("v3/a/devices/d/up", uplink("s1", MORNING), MORNING)).toHaveLength(1);
    expect(line.receive("v3/a/devices/d/up", uplink("s2", MORNING), MORNING + SECOND)).toHaveLength(1);
  });
});

test("a history that comes newest first leaves the newest as the present, and is stored in its own times", () => {
  const line = openLine();
  line.register("b-1", "bin", "imei:868000000000041", { emptyMm: 2_000, fullMm: 200 });
  const seconds = Math.floor(MORNING / 1_000);
  const hex = (value: number, bytes: number) => value.toString(16).padStart(bytes * 2, "0");
  const record = (distance: number, at: number) => hex(distance, 2) + hex(at, 4);
  const frame = `f868000000000041f4600400000000411b7a0ce611010000${record(500, seconds)}${record(900, seconds - 900)}${record(1_200, seconds - 1_800)}`;
  const readings = line.receive("nbiot/868000000000041", Buffer.from(frame), MORNING);
  expect(readings.map(({ at, metrics }) => [at, metrics.distanceMm])).toEqual([
    [seconds * 1_000, 500],
    [(seconds - 900) * 1_000, 900],
    [(seconds - 1_800) * 1_000, 1_200],
  ]);
  expect(line.subject("b-1").metrics).toMatchObject({ distanceMm: 500, fillPct: expect.closeTo(83.3, 1) });
});

test("an alarm of now rings, the same alarm of three hours ago is kept and does not", () => {
  const COLLISION = 1 << 29;
  const ringing = (at: Millis): [kept: boolean, rings: boolean] => {
    const line = vehicle();
    line.receive(TOPIC, single(MORNING - SECOND), MORNING - SECOND);
    const readings = line.receive(TOPIC, batch([at], { alarm: COLLISION }), MORNING);
    const kept = readings.some(({ event }) => event?.type === "alarm" && event.code === "collision");
    return [kept, line.desk.all("vehicle.driver_risk").some(({ late }) => !late)];
  };
  expect(ringing(MORNING)).toEqual([true, true]);
  expect(ringing(MORNING - 3 * HOUR)).toEqual([true, false]);
});

describe("units", () => {
  const time = { at: MORNING, iso: new Date(MORNING).toISOString() };
  test.for([
    [
      "knots, by Traccar",
      "positions",
      {
        position: { fixTime: time.iso, valid: true, latitude: 22.7, longitude: 113.9, speed: 10 },
        device: { uniqueId: "1" },
      },
      "imei:1",
      18.52,
    ],
    [
      "knots, by a query",
      "osmand/1",
      Buffer.from(`id=1&lat=22.7&lon=113.9&speed=10&timestamp=${time.at}`),
      "osmand:1",
      18.52,
    ],
    [
      "metres per second, by the app",
      "osmand/1",
      { device_id: "1", location: { timestamp: time.iso, coords: { latitude: 22.7, longitude: 113.9, speed: 5 } } },
      "osmand:1",
      18,
    ],
    [
      "metres per second, by GPSLogger",
      "gpslogger/1",
      Buffer.from(`lat=22.7&lon=113.9&spd=5&timestamp=${time.at}`),
      "gpslogger:1",
      18,
    ],
    [
      "km/h, by Teltonika",
      "teltonika/352093080000015/data",
      { state: { reported: { ts: time.at, latlng: "22.7,113.9", sat: 9, sp: 18 } } },
      "imei:352093080000015",
      18,
    ],
    ["tenths of km/h, by JT/T 808", TOPIC, single(MORNING, { speed: 180 }), ALIAS, 18],
  ] as const)("speed in %s", ([, topic, payload, alias, kmh]) => {
    const line = openLine();
    line.register("v-1", "vehicle", alias);
    expect(line.receive(topic, payload, MORNING)[0]?.metrics.speedKmh).toBeCloseTo(kmh, 2);
  });
});

describe("what cameras call it", () => {
  test.for([
    ...[
      "baolulaji",
      "dabaolaji",
      "manyi",
      "dianwai",
      "zhandao",
      "youtan",
      "guanggao",
      "liangshai",
      "chengsan",
      "wuliao",
    ],
    ...[
      "weijiagai",
      "garbage",
      "exposed garbage",
      "packed garbage",
      "bin overflow",
      "dumping",
      "occupied road",
      "shop outside",
    ],
    ...[
      "street vendor",
      "illegal advertisement",
      "hanging clothes",
      "umbrella",
      "construction waste",
      "illegal parking",
    ],
    ...[
      "manhole cover",
      "dirty ground",
      "暴露垃圾",
      "垃圾桶满溢",
      "店外经营",
      "GarbageOverflow",
      "garbageDetection",
      "litterAlarm",
    ],
  ])("%s is a matter of ours", (label) => {
    const line = openLine();
    line.register("c-1", "camera", "cam:b/c");
    const [reading] = line.receive("aibox/b/c", { alarmType: label, timestamp: MORNING }, MORNING);
    const { event } = reading ?? {};
    expect(event?.type === "detection" && Object.hasOwn(categories, event.category) && event.category).toBeTruthy();
  });

  test("a box that tells no confidence is believed enough to be looked at, and confirms nothing by itself", () => {
    const line = openLine();
    line.register("c-1", "camera", "cam:b/c");
    line.receive("aibox/b/c", { alarmType: "youtan", timestamp: MORNING }, MORNING);
    line.receive("aibox/b/c", { alarmType: "youtan", timestamp: MORNING + 11 * MINUTE }, MORNING + 11 * MINUTE);
    const alert = line.desk.only("street.vending");
    expect(alert.evidence.every(({ confidence }) => confidence === undefined)).toBe(true);
    expect(alert).toMatchObject({ state: "open", belief: 0.5 });
  });
});
