import { describe, expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../src/domain/time.ts";
import { MORNING, openDesk, PLACE, type TestDesk } from "./support/alert-desk.ts";

const OFFLINE = "device.offline";
const open = (desk: TestDesk) => desk.all(OFFLINE).filter(({ clearedAt, closedAt }) => !clearedAt && !closedAt);

function speakAll(desk: TestDesk, ids: readonly string[]) {
  for (const id of ids) desk.say(id, { fillPct: 20 });
}

describe("many that fall silent together", () => {
  const bins = (desk: TestDesk, count: number, attributes: object) =>
    Array.from({ length: count }, (_, index) => desk.add(`bin-${index}`, "bin", PLACE, attributes).id);

  test("5,000 devices ring once, all are listed, and it is over by itself when they are back", () => {
    const desk = openDesk();
    const ids = bins(desk, 5_000, { reportEverySeconds: 300 });
    speakAll(desk, ids);
    desk.wait(20 * MINUTE);
    const [outage, ...others] = open(desk);
    expect(others).toEqual([]);
    expect(outage).toMatchObject({ subject: { kind: "area" }, level: 2, count: 5_000, rings: true });
    expect(outage?.evidence[0]?.members).toHaveLength(5_000);
    for (let round = 0; round < 2; round++) {
      speakAll(desk, ids);
      desk.wait(10 * SECOND);
    }
    expect(open(desk)).toEqual([]);
  });

  test("a gateway that is silent takes what hangs on it with it", () => {
    const desk = openDesk();
    desk.add("gateway-1", "gateway", PLACE, { reportEverySeconds: 300 });
    const ids = bins(desk, 40, { reportEverySeconds: 900, gatewayId: "gateway-1" });
    desk.say("gateway-1", {}, { type: "presence", online: true });
    speakAll(desk, ids);
    desk.wait(50 * MINUTE);
    expect(open(desk).map(({ subject }) => subject.id)).toEqual(["gateway-1"]);
    expect(open(desk)[0]).toMatchObject({ level: 2, count: 40 });
    for (let word = 0; word < 2; word++) desk.say("gateway-1", {}, { type: "presence", online: true });
    expect(open(desk)).toEqual([]);
    // Those that do not come back with it are told after their own time: together, because they are many.
    speakAll(desk, ids.slice(0, 38));
    for (let minute = 0; minute < 60; minute += 5) {
      desk.wait(5 * MINUTE);
      speakAll(desk, ids.slice(0, 38));
      desk.say("gateway-1", {}, { type: "presence", online: true });
    }
    expect(open(desk).map(({ subject }) => subject.id)).toEqual(ids.slice(38));
  });

  test.for([
    ["network", { network: "operator-a" }, "network:operator-a"],
    ["power", { powerFeed: "feed-7" }, "power:feed-7"],
  ] as const)("a %s that fails is named as the cause", ([, attributes, cause]) => {
    const desk = openDesk();
    const ids = bins(desk, 12, { reportEverySeconds: 300, ...attributes });
    for (let index = 0; index < 100; index++) desk.add(`other-${index}`, "bin", PLACE, { reportEverySeconds: 300 });
    speakAll(desk, ids);
    for (let minute = 0; minute < 30; minute += 5) {
      speakAll(
        desk,
        Array.from({ length: 100 }, (_, index) => `other-${index}`),
      );
      desk.wait(5 * MINUTE);
    }
    expect(open(desk).map(({ subject }) => subject.id)).toEqual([cause]);
  });

  test("a gateway that speaks is not what failed, as long as something else explains it", () => {
    const gone = (attributes: object) => {
      const desk = openDesk();
      desk.add("gateway-1", "gateway", PLACE, { reportEverySeconds: 300 });
      speakAll(desk, bins(desk, 12, { reportEverySeconds: 300, gatewayId: "gateway-1", ...attributes }));
      for (let minute = 0; minute < 30; minute += 5) {
        desk.say("gateway-1", {}, { type: "presence", online: true });
        desk.wait(5 * MINUTE);
      }
      return open(desk).map(({ subject }) => subject.id);
    };
    expect(gone({ powerFeed: "feed-7" })).toEqual(["power:feed-7"]);
    expect(gone({})).toEqual(["gateway-1"]);
  });

  test("a few that are silent are told one by one", () => {
    const desk = openDesk();
    const ids = bins(desk, 100, { reportEverySeconds: 300 });
    speakAll(desk, ids);
    for (let minute = 0; minute < 30; minute += 5) {
      speakAll(desk, ids.slice(3));
      desk.wait(5 * MINUTE);
    }
    expect(
      open(desk)
        .map(({ subject }) => subject.id)
        .sort(),
    ).toEqual(ids.slice(0, 3));
  });

  test("an outage that looked like the area's before its gateway was known leaves nothing behind", () => {
    const desk = openDesk();
    const bins = Array.from({ length: 20 }, (_, index) => `bin-${index}`);
    for (const id of bins) desk.add(id, "bin", PLACE, { gatewayId: "gw-1", reportEverySeconds: 60 });
    // They report one after the other, so they are missed one after the other too.
    const report = (ids: readonly string[], minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) {
        for (const id of ids) {
          desk.say(id, { fillPct: 10 });
          desk.wait(3_000);
        }
      }
    };
    report(bins, 3);
    desk.wait(40 * MINUTE);
    expect(desk.all("device.offline").filter(({ closedAt }) => closedAt === null)).toMatchObject([
      { subject: { id: "gw-1" }, level: 2, count: 20 },
    ]);
    report(bins, 5);
    desk.wait(MINUTE);
    expect(desk.all("device.offline").filter(({ closedAt }) => closedAt === null)).toEqual([]);
    report(bins.slice(1), 25);
    expect(desk.all("device.offline").filter(({ closedAt }) => closedAt === null)).toMatchObject([
      { subject: { id: "bin-0" } },
    ]);
  });
});

describe("what a person can take", () => {
  const report = (desk: TestDesk, index: number, ruleId = "street.exposed_garbage") =>
    desk.alerting.report(
      { ruleId, place: { lat: PLACE.lat + index * 0.002, lon: PLACE.lon } },
      { name: "user:inspector", role: "dispatcher", scope: {}, tokenId: null },
      desk.now,
      desk.changes,
    );

  test("beyond the hour's budget alerts are listed without sound, grave ones always ring", () => {
    const desk = openDesk({ perHour: 5 });
    const alerts = Array.from({ length: 8 }, (_, index) => report(desk, index));
    expect(alerts.filter(({ rings }) => rings)).toHaveLength(5);
    expect(report(desk, 20, "help.sos").rings).toBe(true);
    desk.wait(HOUR);
    expect(report(desk, 30).rings).toBe(true);
  });

  test("at night only levels 1 and 2 ring", () => {
    // 00:13 local.
    const desk = openDesk({ startedAt: MORNING + 14 * HOUR });
    expect(report(desk, 0).rings).toBe(false);
    expect(report(desk, 1, "help.sos").rings).toBe(true);
    desk.wait(5 * HOUR);
    expect(report(desk, 2).rings).toBe(true);
  });

  test("old news does not ring", () => {
    const desk = openDesk();
    desk.add("bin-1", "bin");
    desk.wait(2 * HOUR);
    desk.say("bin-1", { tempC: 70 }, undefined, desk.now - 90 * MINUTE);
    expect(desk.only("bin.fire_risk")).toMatchObject({ late: true, rings: false });
  });
});
