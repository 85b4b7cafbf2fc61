import { describe, expect, test } from "vitest";
import { heatIndexC } from "../src/alerts/judges/bodies.ts";
import type { CategoryName } from "../src/domain/categories.ts";
import type { DeviceEvent } from "../src/domain/observation.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../src/domain/time.ts";
import { actorOf, MORNING, openDesk, PLACE, type TestDesk } from "./support/alert-desk.ts";

const seen = (category: CategoryName, confidence: number, details = {}): DeviceEvent => ({
  type: "detection",
  category,
  phase: "pulse",
  confidence,
  details,
});
const withCamera = (attributes = {}) => {
  const desk = openDesk();
  desk.add("camera-1", "camera", PLACE, attributes);
  return desk;
};
/** 2026-09-22 in Yutang, hours after midnight. */
const local = (hours: number) => MORNING - 10 * HOUR - 13 * MINUTE - 20 * SECOND + hours * HOUR;

describe("after a person has ended an alert", () => {
  const closed = (desk: TestDesk, ruleId: string) => desk.act(desk.only(ruleId), "close");
  const all = (desk: TestDesk, ruleId: string) => desk.all(ruleId).length;

  test("a second call for help is a second alert; a button that stays pressed is not", () => {
    const desk = openDesk();
    desk.add("person-1", "person");
    desk.say("person-1", { sos: 1 });
    closed(desk, "help.sos");
    for (let minute = 0; minute < 30; minute++) {
      desk.wait(MINUTE);
      desk.say("person-1", { sos: 1 });
    }
    expect(all(desk, "help.sos")).toBe(1);
    desk.wait(20 * MINUTE);
    desk.say("person-1", { sos: 1 });
    expect(all(desk, "help.sos")).toBe(2);
  });

  test("what only happens rings again at once", () => {
    const desk = openDesk();
    desk.add("vehicle-1", "vehicle");
    desk.say("vehicle-1", {}, { type: "alarm", code: "fatigue" });
    closed(desk, "vehicle.driver_risk");
    desk.wait(MINUTE);
    desk.say("vehicle-1", {}, { type: "alarm", code: "fatigue" });
    expect(all(desk, "vehicle.driver_risk")).toBe(2);
  });

  test("a heap that is still seen is the old one, one seen after half an hour is new", () => {
    const desk = withCamera();
    desk.say("camera-1", {}, seen("illegalDumping", 0.9));
    closed(desk, "street.illegal_dumping");
    desk.wait(10 * MINUTE);
    desk.say("camera-1", {}, seen("illegalDumping", 0.9));
    expect(all(desk, "street.illegal_dumping")).toBe(1);
    desk.wait(5 * HOUR);
    desk.say("camera-1", {}, seen("illegalDumping", 0.9));
    expect(all(desk, "street.illegal_dumping")).toBe(2);
  });

  test("what was called a mistake is believed to be the same mistake for a day", () => {
    const desk = withCamera();
    desk.say("camera-1", {}, seen("illegalDumping", 0.9));
    desk.act(desk.only("street.illegal_dumping"), "reject", { note: "a statue" });
    desk.wait(5 * HOUR);
    desk.say("camera-1", {}, seen("illegalDumping", 0.9));
    expect(all(desk, "street.illegal_dumping")).toBe(1);
    desk.wait(DAY + MINUTE);
    desk.say("camera-1", {}, seen("illegalDumping", 0.9));
    expect(desk.all("street.illegal_dumping").at(-1)).toMatchObject({ state: "open" });
  });
});

describe("cameras", () => {
  test("dumping: one sure look is enough, of doubtful ones it takes two within half an hour", () => {
    const desk = withCamera();
    desk.say("camera-1", {}, seen("illegalDumping", 0.8));
    desk.wait(40 * MINUTE);
    desk.say("camera-1", {}, seen("illegalDumping", 0.8));
    expect(desk.all("street.illegal_dumping")).toEqual([]);
    desk.wait(10 * MINUTE);
    desk.say("camera-1", {}, seen("illegalDumping", 0.8));
    expect(desk.only("street.illegal_dumping").confirmed).toBe(false);
    const sure = withCamera();
    sure.say("camera-1", {}, seen("illegalDumping", 0.93));
    expect(sure.only("street.illegal_dumping").level).toBe(2);
  });

  test.for([
    ["binOverflow", "bin.overflow", MINUTE],
    ["exposedGarbage", "street.exposed_garbage", 10 * MINUTE],
  ] as const)("%s is confirmed by two sure frames a minute apart", ([category, ruleId, spacing]) => {
    const desk = withCamera();
    desk.say("camera-1", {}, seen(category, 0.85));
    desk.wait(spacing);
    desk.say("camera-1", {}, seen(category, 0.95));
    expect(desk.only(ruleId).confirmed).toBe(false);
    desk.wait(30 * SECOND);
    desk.say("camera-1", {}, seen(category, 0.95));
    expect(desk.only(ruleId).confirmed).toBe(false);
    desk.wait(30 * SECOND);
    desk.say("camera-1", {}, seen(category, 0.95));
    expect(desk.only(ruleId).confirmed).toBe(true);
  });

  test.for(["illegalDumping", "shopEncroachment", "streetVending", "stackedGoods"] as const)(
    "%s is never confirmed without a person",
    (category) => {
      const desk = withCamera();
      for (let look = 0; look < 8; look++) {
        desk.say("camera-1", {}, seen(category, 0.99));
        desk.wait(10 * MINUTE);
      }
      const [alert] = [...desk.alerting.live()];
      expect(alert).toMatchObject({ confirmed: false, state: "open" });
      if (alert) expect(desk.act(alert, "acknowledge").confirmed).toBe(true);
    },
  );

  test("two mistakes days apart are not one problem", () => {
    const desk = withCamera();
    for (let day = 0; day < 5; day++) {
      desk.say("camera-1", {}, seen("exposedGarbage", 0.9));
      desk.wait(DAY);
    }
    expect(desk.all("street.exposed_garbage")).toEqual([]);
  });

  test("a building is one that is there on two days, and is filed as such", () => {
    const desk = withCamera();
    desk.say("camera-1", {}, seen("unauthorizedBuilding", 0.9));
    desk.wait(HOUR);
    desk.say("camera-1", {}, seen("unauthorizedBuilding", 0.9));
    expect(desk.all("street.posting_hanging_building")).toEqual([]);
    desk.wait(23 * HOUR);
    desk.say("camera-1", {}, seen("unauthorizedBuilding", 0.9));
    const matter = { standardRef: "GB/T 47678.5-2026", code: "06001" };
    expect(desk.only("street.posting_hanging_building")).toMatchObject({ level: 3, subtype: "building", matter });
  });

  test("ten stalls are graver than two; oil is graver than leaves on a main road only; a short stain is none", () => {
    const vending = (count: number) => {
      const desk = withCamera();
      desk.say("camera-1", {}, seen("streetVending", 0.9, { count }));
      desk.wait(10 * MINUTE);
      desk.say("camera-1", {}, seen("streetVending", 0.9, { count }));
      return desk.only("street.vending").level;
    };
    expect([vending(2), vending(10)]).toEqual([3, 2]);
    const soiled = (details: object, attributes = {}) => {
      const desk = withCamera(attributes);
      desk.say("camera-1", {}, seen("roadSoiled", 0.9, details));
      return desk.all("street.road_soiled")[0]?.level;
    };
    expect(soiled({ material: "oil" })).toBe(3);
    expect(soiled({ material: "oil" }, { mainRoad: true })).toBe(2);
    expect(soiled({ material: "leaves" }, { mainRoad: true })).toBe(3);
    expect(soiled({ lengthM: 4 })).toBeUndefined();
    expect(soiled({ lengthM: 12 })).toBe(3);
  });
});

describe("what happens often", () => {
  const deposits = (desk: TestDesk, times: number, everyMs: number) => {
    for (let time = 0; time < times; time++) {
      desk.say("point-1", {}, { type: "card", code: "accepted", details: { cardId: `c-${time}`, weightKg: 2 } });
      desk.wait(everyMs);
    }
  };
  const withPoint = () => {
    const desk = openDesk({ startedAt: local(9.5) });
    desk.add("point-1", "foodWastePoint");
    return desk;
  };

  test("deposits within a quarter of an hour are one", () => {
    const desk = withPoint();
    deposits(desk, 6, 4 * MINUTE);
    expect(desk.only("point.off_hours_deposit").count).toBe(2);
  });

  test("ten in a day are graver, ten in ten days are not", () => {
    const busy = withPoint();
    deposits(busy, 10, 20 * MINUTE);
    expect(busy.only("point.off_hours_deposit").level).toBe(3);
    const slow = withPoint();
    deposits(slow, 10, 22 * HOUR);
    expect(slow.all("point.off_hours_deposit").every(({ level }) => level === 4)).toBe(true);
  });

  test("a day without one ends it", () => {
    const desk = withPoint();
    deposits(desk, 1, DAY + MINUTE);
    expect(desk.only("point.off_hours_deposit").state).toBe("closed");
  });
});

describe("clocks", () => {
  const reported = (desk: TestDesk, ruleId: string) =>
    desk.alerting.report({ ruleId, place: PLACE }, actorOf("dispatcher"), desk.now, desk.changes);
  const breach = (desk: TestDesk, subtype: string | null = null) =>
    desk.all("case.sla_breach").find((alert) => alert.subtype === subtype);
  const current = (desk: TestDesk, id: string) => desk.alerting.get(id);

  test.for([
    ["help.sos", 2],
    ["street.illegal_dumping", 10],
    ["street.exposed_garbage", 30],
  ] as const)("nobody acknowledges %s: the duty manager hears of it after %d minutes", ([ruleId, minutes]) => {
    const desk = openDesk();
    const { id } = reported(desk, ruleId);
    desk.wait(minutes * MINUTE - 1);
    expect(current(desk, id)?.escalatedAt).toBeNull();
    desk.wait(1);
    expect(current(desk, id)?.escalatedAt).toBe(desk.now);
  });

  test("level 4 waits for nobody, and what is acknowledged is not escalated", () => {
    const desk = openDesk();
    const quiet = reported(desk, "point.mixed_waste");
    const taken = desk.act(reported(desk, "street.exposed_garbage"), "acknowledge");
    desk.wait(HOUR);
    expect(current(desk, quiet.id)?.escalatedAt).toBeNull();
    expect(current(desk, taken.id)?.escalatedAt).toBeNull();
  });

  test("80 % warns, 100 % is a breach and raises the level, 150 % goes to the duty manager", () => {
    const desk = openDesk();
    const { id } = desk.act(reported(desk, "street.road_soiled"), "acknowledge");
    desk.wait(71 * MINUTE);
    expect(breach(desk)).toBeUndefined();
    desk.wait(MINUTE);
    expect(breach(desk)).toMatchObject({ level: 4, subject: { kind: "case", id }, matter: { code: "06012" } });
    desk.wait(18 * MINUTE);
    expect(breach(desk)).toMatchObject({ level: 2 });
    expect(current(desk, id)).toMatchObject({ level: 2, targetUsedPct: 100, escalatedAt: null });
    desk.wait(45 * MINUTE);
    expect(current(desk, id)).toMatchObject({ targetUsedPct: 150, escalatedAt: desk.now });
    desk.act(current(desk, id) as never, "close");
    expect(breach(desk)?.clearedAt).toBe(desk.now);
  });

  test("a target in duty hours is not used up at night", () => {
    const desk = openDesk({ startedAt: local(21.5) });
    const { id } = desk.act(reported(desk, "street.road_soiled"), "acknowledge");
    // 30 of 90 minutes before 22:00; 80 % of them are used at 06:42.
    desk.wait(9 * HOUR + 11 * MINUTE);
    expect(current(desk, id)?.targetUsedPct).toBe(50);
    desk.wait(MINUTE);
    expect(current(desk, id)?.targetUsedPct).toBe(80);
  });

  test("the statutory limit has its own breach", () => {
    const desk = openDesk();
    const { id } = desk.act(reported(desk, "street.road_soiled"), "acknowledge");
    desk.wait(2 * HOUR - 1);
    expect(breach(desk, "statutory")).toMatchObject({ level: 4 });
    desk.wait(1);
    expect(breach(desk, "statutory")).toMatchObject({ level: 2 });
    expect(current(desk, id)).toMatchObject({ limitUsedPct: 100 });
  });

  test("more time takes the warning back", () => {
    const desk = openDesk();
    const { id } = desk.act(reported(desk, "street.road_soiled"), "acknowledge");
    desk.wait(80 * MINUTE);
    expect(breach(desk)?.clearedAt).toBeNull();
    const request = { until: desk.now + 5 * HOUR, note: "the road is blocked" };
    desk.act(current(desk, id) as never, "requestExtension", request, "crew");
    desk.act(current(desk, id) as never, "approve");
    expect(breach(desk)?.clearedAt).toBe(desk.now);
    expect(current(desk, id)?.targetUsedPct).toBe(0);
  });
});

describe("bodies and sensors", () => {
  test("the pulse of somebody at work proves nothing, of somebody at rest it does", () => {
    const desk = openDesk();
    desk.add("person-1", "person");
    const minutes = (count: number, still: 0 | 1, hr: number) => {
      for (let minute = 0; minute < count; minute++) {
        desk.say("person-1", { hr, still });
        desk.wait(MINUTE);
      }
    };
    minutes(10, 0, 165);
    minutes(10, 0, 40);
    expect(desk.all("person.health")).toEqual([]);
    minutes(4, 1, 165);
    expect(desk.only("person.health")).toMatchObject({ subtype: "heartRate", level: 2 });
    minutes(16, 1, 80);
    expect(desk.only("person.health").clearedAt).not.toBeNull();
  });

  test("a fall is never over by itself", () => {
    const desk = openDesk();
    desk.add("person-1", "person");
    desk.say("person-1", { fall: 1 });
    desk.wait(MINUTE);
    desk.say("person-1", { fall: 0, hr: 80 });
    desk.wait(DAY);
    expect(desk.only("person.health")).toMatchObject({ subtype: "fall", level: 1, clearedAt: null });
  });

  test("heat is felt: 33 °C at 70 % humidity are more than 41 °C", () => {
    expect(heatIndexC(33, 70)).toBeCloseTo(43.4, 0);
    expect(heatIndexC(33, undefined)).toBe(33);
    expect(heatIndexC(20, 90)).toBe(20);
  });

  test("the odour of a toilet is judged in mg/m³ by its class", () => {
    const level = (toiletClass: number, nh3Ppm: number) => {
      const desk = openDesk({ startedAt: local(10) });
      desk.add("toilet-1", "toilet", PLACE, { toiletClass });
      for (let minute = 0; minute < 35; minute += 5) {
        desk.say("toilet-1", { nh3Ppm });
        desk.wait(5 * MINUTE);
      }
      return desk.all("toilet.odor")[0]?.level;
    };
    // 0.697 mg/m³ for a ppm: 0.3, 1 and 3 mg/m³ are 0.43, 1.43 and 4.30 ppm.
    expect([level(1, 0.42), level(1, 0.44), level(1, 1.3)]).toEqual([undefined, 3, 2]);
    expect([level(2, 1.4), level(2, 1.45)]).toEqual([undefined, 3]);
    expect([level(3, 4.29), level(3, 4.32)]).toEqual([undefined, 3]);
  });

  test("hydrogen sulphide counts only from a sensor fine enough to see its limit", () => {
    const raised = (h2sResolutionPpm: number) => {
      const desk = openDesk({ startedAt: local(10) });
      desk.add("toilet-1", "toilet", PLACE, { h2sResolutionPpm });
      for (let minute = 0; minute < 35; minute += 5) {
        desk.say("toilet-1", { h2sPpm: 0.01 });
        desk.wait(5 * MINUTE);
      }
      return desk.all("toilet.odor").length;
    };
    expect([raised(0.01), raised(0.001)]).toEqual([0, 1]);
  });

  test("a level that does not move for a day is a stuck sensor, an empty bin is not", () => {
    const stuck = (fillPct: number, everyHours = 1) => {
      const desk = openDesk();
      desk.add("bin-1", "bin", undefined, { reportEverySeconds: everyHours * 3_600 });
      for (let hour = 0; hour < 26 * everyHours; hour += everyHours) {
        desk.say("bin-1", { fillPct });
        desk.wait(everyHours * HOUR);
        if (everyHours > 1 && hour > 5 * everyHours) break;
      }
      return desk.all("device.fault").map(({ subtype }) => subtype);
    };
    expect(stuck(62)).toEqual(["stuck"]);
    expect(stuck(0)).toEqual([]);
    // A sensor that speaks once a day repeats itself by chance.
    expect(stuck(62, 24)).toEqual([]);
  });

  test("a bin that reports smoke is on fire", () => {
    const desk = openDesk();
    desk.add("bin-1", "bin");
    desk.say("bin-1", { smoke: 1 });
    expect(desk.only("bin.fire_risk").level).toBe(1);
  });

  test("a queue of two is not yet the end of a backlog", () => {
    const desk = openDesk();
    desk.add("station-1", "station");
    desk.say("station-1", { queue: 5, hopperPct: 40 });
    expect(desk.only("station.backlog").level).toBe(2);
    desk.say("station-1", { queue: 2, hopperPct: 40 });
    expect(desk.only("station.backlog").clearedAt).toBeNull();
    desk.say("station-1", { queue: 1, hopperPct: 40 });
    expect(desk.only("station.backlog").clearedAt).not.toBeNull();
  });

  test("who falls silent while something stands: the picture is stale, and nothing is over", () => {
    const desk = openDesk();
    desk.add("bin-1", "bin");
    desk.say("bin-1", { fillPct: 97 });
    desk.wait(5 * HOUR);
    expect(desk.only("bin.overflow")).toMatchObject({ stale: true, clearedAt: null });
    desk.say("bin-1", { fillPct: 97 });
    desk.say("bin-1", { fillPct: 98 });
    expect(desk.only("bin.overflow").stale).toBe(false);
  });
});

test("a vehicle that burns a third more than on its legs of 30 days is told; filling up and a usual leg are not", () => {
  const desk = openDesk();
  desk.add("truck-1", "vehicle");
  let km = 1_000;
  let fuelL = 100;
  /** Twenty kilometres in steps of five, so many litres in all. */
  const leg = (litres: number) => {
    for (let step = 0; step < 4; step++) {
      desk.wait(15 * MINUTE);
      km += 5;
      fuelL -= litres / 4;
      desk.say("truck-1", { odometerKm: km, fuelL, speedKmh: 20 });
    }
  };
  const standing = () => desk.all("vehicle.fuel_anomaly").filter(({ clearedAt }) => clearedAt === null);
  desk.say("truck-1", { odometerKm: km, fuelL, speedKmh: 20 });
  for (let day = 0; day < 5; day++) leg(6);
  leg(7.5);
  fuelL += 60;
  leg(6);
  expect(standing()).toEqual([]);
  leg(9);
  expect(standing()).toMatchObject([{ subtype: "consumption", level: 3, evidence: [{ per100L: 45, legs: 7 }] }]);
  leg(6);
  expect(standing()).toEqual([]);
});
