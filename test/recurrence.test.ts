import { describe, expect, test } from "vitest";
import type { DeviceEvent } from "../src/domain/observation.ts";
import { DAY, HOUR, ManualClock, MINUTE } from "../src/domain/time.ts";
import { actorOf, MORNING, openDesk, PLACE, type TestDesk } from "./support/alert-desk.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter } from "./support/running-center.ts";

const dumped: DeviceEvent = { type: "detection", category: "illegalDumping", phase: "pulse", confidence: 0.9 };
const beside = (metres: number) => ({ lat: PLACE.lat + metres / 111_195, lon: PLACE.lon });

function occurs(desk: TestDesk, camera: string) {
  desk.say(camera, {}, dumped);
  const alert = desk.all("street.illegal_dumping").at(-1);
  if (!alert) throw new Error("nothing was raised");
  return alert;
}
/** It happens, is dealt with an hour later, and so much time passes. */
function occursAndPasses(desk: TestDesk, camera: string, restMs: number) {
  const alert = occurs(desk, camera);
  desk.wait(HOUR);
  desk.act(alert, "close");
  desk.wait(restMs);
  return alert;
}
const came = (desk: TestDesk) => desk.all("spot.recurrence");

describe("a problem that comes back", () => {
  test("within three days of its closing is a relapse, filed as what came back", () => {
    const desk = openDesk();
    desk.add("camera-1", "camera");
    const first = occursAndPasses(desk, "camera-1", 2 * DAY);
    expect(came(desk)).toEqual([]);
    expect(occurs(desk, "camera-1")).toMatchObject({ recurrenceOf: first.id });
    expect(came(desk)).toMatchObject([{ level: 3, subtype: "street.illegal_dumping", matter: { code: "06011" } }]);
  });

  test("after four days is not, unless it is the third time in thirty", () => {
    const desk = openDesk();
    desk.add("camera-1", "camera");
    occursAndPasses(desk, "camera-1", 4 * DAY);
    occursAndPasses(desk, "camera-1", 4 * DAY);
    expect(came(desk)).toEqual([]);
    occursAndPasses(desk, "camera-1", 4 * DAY);
    expect(came(desk)).toHaveLength(1);
    occursAndPasses(desk, "camera-1", 4 * DAY);
    occurs(desk, "camera-1");
    expect(came(desk)).toMatchObject([{ level: 2, evidence: [{ timesIn30Days: 5 }] }]);
  });

  test("is known by its place: the camera that saw it first may have been replaced", () => {
    const desk = openDesk();
    desk.add("camera-1", "camera");
    const first = occursAndPasses(desk, "camera-1", DAY);
    desk.alerting.deviceChanged("camera-1", null, desk.now, desk.changes);
    desk.world.deviceChanged("camera-1", null);
    desk.add("camera-2", "camera", beside(20));
    expect(occurs(desk, "camera-2")).toMatchObject({ recurrenceOf: first.id, subject: { id: "camera-2" } });
    expect(came(desk)).toHaveLength(1);
    expect(desk.alerting.hotSpots(desk.now, 2)).toMatchObject([{ timesIn30Days: 2, relapses: 1 }]);
  });

  test("forty metres away is another one", () => {
    const desk = openDesk();
    desk.add("camera-1", "camera");
    desk.add("camera-2", "camera", beside(40));
    occursAndPasses(desk, "camera-1", DAY);
    expect(occurs(desk, "camera-2").recurrenceOf).toBeNull();
    expect(came(desk)).toEqual([]);
  });

  test("a mistake never happened", () => {
    const desk = openDesk();
    desk.add("camera-1", "camera");
    desk.act(occurs(desk, "camera-1"), "reject", { note: "a statue" });
    desk.wait(2 * DAY);
    expect(occurs(desk, "camera-1").recurrenceOf).toBeNull();
    expect(desk.alerting.hotSpots(desk.now, 2)).toEqual([]);
  });

  test("is let go after two quiet weeks", () => {
    const desk = openDesk();
    desk.add("camera-1", "camera");
    occursAndPasses(desk, "camera-1", DAY);
    occursAndPasses(desk, "camera-1", 13 * DAY);
    expect(came(desk).at(-1)?.clearedAt).toBeNull();
    desk.wait(2 * DAY);
    expect(came(desk).at(-1)?.clearedAt).not.toBeNull();
  });
});

describe("silence on purpose", () => {
  const permit = (desk: TestDesk, hours: [number, number]) =>
    desk.alerting.quiet.add(
      { kind: "permitted", reason: "night market", to: null, ruleIds: ["street.*"], subjectIds: ["camera-1"], hours },
      actorOf("manager"),
      desk.now,
      desk.changes,
    );
  const vending: DeviceEvent = { type: "detection", category: "streetVending", phase: "pulse", confidence: 0.9 };
  const standFor = (desk: TestDesk, minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 10) {
      desk.say("camera-1", {}, vending);
      desk.wait(10 * MINUTE);
    }
  };

  test("over midnight belongs to the evening it began on", () => {
    const desk = openDesk();
    desk.add("camera-1", "camera");
    permit(desk, [20, 2]);
    // From 20:13 to 01:53 local.
    desk.wait(10 * HOUR);
    standFor(desk, 340);
    expect(desk.all("street.vending")).toEqual([]);
    standFor(desk, 30);
    expect(desk.all("street.vending")).toHaveLength(1);
  });

  test("that ends while a device is silent lets the time go on", () => {
    const desk = openDesk();
    desk.add("camera-1", "camera");
    desk.add("bin-1", "bin");
    permit(desk, [8, 12]);
    standFor(desk, 100);
    const input = { kind: "maintenance", reason: "new lids", to: desk.now + 2 * HOUR, subjectIds: ["bin-1"] } as const;
    desk.alerting.quiet.add({ ...input, subjectIds: ["bin-1"] }, actorOf("manager"), desk.now, desk.changes);
    desk.say("bin-1", { fillPct: 99 });
    desk.wait(6 * HOUR);
    expect(desk.all("street.vending")).toEqual([]);
    expect(desk.only("bin.overflow")).toMatchObject({ stale: true, clearedAt: null });
  });

  test("never covers a call for help that it does not name", () => {
    const desk = openDesk();
    desk.add("person-1", "person");
    const input = { kind: "maintenance", reason: "badges are changed", to: null, subjectIds: ["person-1"] } as const;
    desk.alerting.quiet.add(
      { ...input, subjectIds: [...input.subjectIds] },
      actorOf("manager"),
      desk.now,
      desk.changes,
    );
    desk.say("person-1", { sos: 1 });
    expect(desk.only("help.sos").level).toBe(1);
  });

  test("a storm halves what water has to wait, and leaves other targets alone", () => {
    const target = (storm: boolean, ruleId: string) => {
      const desk = openDesk();
      const input = { kind: "storm", reason: "typhoon", to: null } as const;
      if (storm) desk.alerting.quiet.add(input, actorOf("manager"), desk.now, desk.changes);
      const alert = desk.alerting.report({ ruleId, place: PLACE }, actorOf("dispatcher"), desk.now, desk.changes);
      return (alert.targetAt ?? 0) - desk.now;
    };
    expect(target(true, "street.ponding") * 2).toBe(target(false, "street.ponding"));
    expect(target(true, "grate.blocked") * 2).toBe(target(false, "grate.blocked"));
    expect(target(true, "street.exposed_garbage")).toBe(target(false, "street.exposed_garbage"));
  });
});

test("a sensor that is taken off and replaced by another goes on with its chain, across a restart too", async () => {
  using directory = temporaryDirectory();
  const clock = new ManualClock(MORNING);
  const open = () => startTestCenter({ DATA_DIR: directory.path }, { clock });
  const sensor = (id: string, metres: number) => ({ id, kind: "bin", name: id, place: beside(metres) });
  const overflow = (id: string) => ({ ruleId: "bin.overflow", subject: { kind: "bin", id } });
  let first = "";
  {
    await using center = await open();
    await center.rest("POST", "/devices", sensor("sensor-1", 0));
    first = (await center.rest<{ id: string }>("POST", "/alerts", overflow("sensor-1"))).id;
    await center.rest("POST", `/alerts/${first}/close`, { note: "emptied" });
    await center.rest("DELETE", "/devices/sensor-1");
  }
  clock.advanceTo(clock.now() + 2 * DAY);
  await using center = await open();
  await center.rest("POST", "/devices", sensor("sensor-2", 12));
  const second = await center.rest("POST", "/alerts", overflow("sensor-2"));
  expect(second).toMatchObject({ recurrenceOf: first, subject: { id: "sensor-2" } });
  const { items } = await center.rest<{ items: object[] }>("GET", "/spots?atLeast=2");
  expect(items).toMatchObject([
    {
      ruleId: "bin.overflow",
      timesIn30Days: 2,
      relapses: 1,
      occurrences: [
        { subjectId: "sensor-1", alertId: first },
        { subjectId: "sensor-2", relapse: true },
      ],
    },
  ]);
  const found = await center.rest<{ items: object[] }>("GET", "/alerts?ruleId=spot.recurrence");
  expect(found.items).toMatchObject([{ subtype: "bin.overflow", recurrenceOf: first, line: "cleaning" }]);
});
