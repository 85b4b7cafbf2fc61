import { describe, expect, test } from "vitest";
import { type CrewSuggestion, nobody, type Workforce } from "../src/alerts/workforce.ts";
import { HOUR, MINUTE } from "../src/domain/time.ts";
import { actorOf, openDesk, PLACE, type TestDesk } from "./support/alert-desk.ts";

function reported(desk: TestDesk, north = 0) {
  const place = { lat: PLACE.lat + north, lon: PLACE.lon };
  return desk.alerting.report(
    { ruleId: "street.illegal_dumping", place },
    actorOf("dispatcher"),
    desk.now,
    desk.changes,
  );
}
const now = (desk: TestDesk) => desk.only("street.illegal_dumping");

describe("more time, or a pause", () => {
  test("is asked for by a crew and granted by the duty manager, who alone may", () => {
    const desk = openDesk();
    const alert = reported(desk);
    const until = (alert.targetAt ?? 0) + 2 * HOUR;
    desk.act(alert, "requestExtension", { until, note: "blocked road" }, "crew");
    expect(now(desk)).toMatchObject({ targetAt: alert.targetAt, request: { kind: "extension", until } });
    expect(() => desk.act(alert, "approve", {}, "dispatcher")).toThrow(/role manager/);
    desk.act(alert, "approve", {}, "manager");
    expect(now(desk)).toMatchObject({ targetAt: until, request: null });
  });

  test("a refused extension leaves the target as it is", () => {
    const desk = openDesk();
    const alert = reported(desk);
    const request = { until: desk.now + 24 * HOUR, note: "no time" };
    desk.act(alert, "requestExtension", request, "crew");
    desk.act(alert, "refuse", { note: "go now" });
    expect(now(desk)).toMatchObject({ targetAt: alert.targetAt, request: null });
    expect(() => desk.act(alert, "approve")).toThrow(/nothing is asked/);
  });

  test("while it is suspended the clock stands, and goes on with what was left", () => {
    const desk = openDesk();
    const alert = reported(desk);
    const left = (alert.targetAt ?? 0) - desk.now;
    desk.act(alert, "requestSuspension", { until: desk.now + 5 * HOUR, note: "waits for the excavator" }, "crew");
    desk.act(alert, "approve");
    desk.wait(4 * HOUR);
    expect(now(desk).targetUsedPct).toBe(0);
    desk.wait(2 * HOUR);
    const resumedAt = desk.now - HOUR;
    expect(now(desk)).toMatchObject({ suspendedUntil: null, targetAt: resumedAt + left });
    expect(desk.timeline(alert).slice(0, 4)).toEqual(["open", "requestSuspension", "approve", "resume"]);
  });

  test("time that was suspended uses up nothing: the half is said when half of the rest is gone", () => {
    const desk = openDesk();
    const alert = reported(desk);
    const wholeMs = (alert.targetAt ?? 0) - desk.now;
    desk.wait(wholeMs * 0.3);
    desk.act(
      now(desk),
      "requestSuspension",
      { until: desk.now + 4 * wholeMs, note: "waits for the excavator" },
      "crew",
    );
    desk.act(now(desk), "approve");
    desk.wait(4 * wholeMs);
    expect(now(desk)).toMatchObject({ suspendedAt: null, pausedMs: 4 * wholeMs, targetUsedPct: 0 });
    desk.wait(wholeMs * 0.15);
    expect(now(desk).targetUsedPct).toBe(0);
    desk.wait(wholeMs * 0.1);
    expect(now(desk).targetUsedPct).toBe(50);
    desk.wait(wholeMs * 0.46);
    expect(now(desk).targetUsedPct).toBe(100);
  });

  test("needs a reason and a time to come", () => {
    const desk = openDesk();
    const alert = reported(desk);
    expect(() => desk.act(alert, "requestExtension", { until: desk.now + HOUR })).toThrow(/until and note/);
    expect(() => desk.act(alert, "requestExtension", { until: desk.now - 1, note: "x" })).toThrow(/future/);
  });
});

describe("what is not done", () => {
  test("goes back to who was sent, counted", () => {
    const desk = openDesk();
    const alert = reported(desk);
    for (const action of ["acknowledge", "dispatch", "accept", "arrive", "handle"] as const)
      desk.act(alert, action, { crewId: "crew-1" });
    desk.act(alert, "rework", { note: "half of it is still there" });
    expect(now(desk)).toMatchObject({ state: "dispatched", crewId: "crew-1", reworkCount: 1 });
  });

  test("two that are one problem become one, with the evidence of both", () => {
    const desk = openDesk();
    const first = reported(desk);
    const second = desk.alerting.report(
      { ruleId: "street.illegal_dumping", place: { lat: PLACE.lat + 0.01, lon: PLACE.lon } },
      actorOf("crew", "user:inspector"),
      desk.now,
      desk.changes,
    );
    desk.act(second, "merge", { into: first.id });
    expect(
      now(desk)
        .evidence.map(({ source }) => source)
        .sort(),
    ).toEqual(["user:dispatcher", "user:inspector"]);
    expect(desk.alerting.get(second.id)).toMatchObject({ state: "merged", mergedInto: first.id });
    expect(() => desk.act(first, "merge", { into: first.id })).toThrow(/itself/);
    expect(() => desk.act(first, "merge", { into: second.id })).toThrow(/is merged/);
  });
});

describe("an offer", () => {
  const crew = (crewId: string, distanceM: number, onDuty = true): CrewSuggestion => ({
    crewId,
    name: crewId,
    onDuty,
    fits: true,
    distanceM,
    etaSeconds: distanceM,
    positionAgeMs: 0,
    load: 0,
  });
  const crews: Workforce = {
    ...nobody,
    suggest: () => [crew("near", 100), crew("resting", 150, false), crew("far", 900), crew("farther", 2_000)],
    membersOf: (crewId) => (crewId === "unknown" ? null : [`badge-${crewId}`]),
    kindOf: () => "person",
  };
  const offered = (crewId = "near") => {
    const desk = openDesk({ workforce: crews });
    for (const name of ["near", "far", "farther"]) desk.add(`badge-${name}`, "person");
    const alert = desk.act(reported(desk), "dispatch", { crewId });
    return { desk, alert };
  };
  const answer = (desk: TestDesk, badge: string, ok: boolean, id = now(desk).offer?.id ?? "") =>
    desk.say(badge, {}, { type: "reply", code: ok ? "ok" : "failed", details: { id, result: "lunch" } });

  test("goes to the devices of the crew, with place and time", () => {
    const { desk, alert } = offered();
    expect(desk.changes.commands).toMatchObject([
      { deviceId: "badge-near", command: { name: "offer", id: now(desk).offer?.id, args: { alertId: alert.id } } },
    ]);
  });

  test("that is accepted on the device is accepted; standing there is arriving", () => {
    const { desk } = offered();
    answer(desk, "badge-near", true);
    expect(now(desk)).toMatchObject({ state: "accepted", offer: null, assignee: "badge-near" });
    desk.say("badge-near", { lat: PLACE.lat + 0.002, lon: PLACE.lon });
    expect(now(desk).state).toBe("accepted");
    desk.wait(MINUTE);
    desk.say("badge-near", { lat: PLACE.lat + 0.0003, lon: PLACE.lon });
    expect(now(desk).state).toBe("arrived");
    desk.wait(10 * MINUTE);
    expect(now(desk).crewId).toBe("near");
  });

  test("that is declined goes to the next that is on duty", () => {
    const { desk } = offered();
    answer(desk, "badge-near", false);
    expect(now(desk)).toMatchObject({ state: "dispatched", offer: { crewId: "far", asked: ["near", "far"] } });
  });

  test("that nobody answers goes on, and at last back to the dispatcher", () => {
    const { desk, alert } = offered();
    desk.wait(3 * MINUTE);
    expect(now(desk).offer?.crewId).toBe("far");
    desk.wait(2 * MINUTE);
    expect(now(desk).offer?.crewId).toBe("farther");
    desk.wait(2 * MINUTE);
    expect(now(desk)).toMatchObject({ state: "acknowledged", offer: null, crewId: null });
    expect(now(desk).escalatedAt).not.toBeNull();
    expect(desk.timeline(alert).filter((action) => action === "offerExpired")).toHaveLength(3);
  });

  test("an answer by somebody else, or to an old offer, changes nothing", () => {
    const { desk } = offered();
    const old = now(desk).offer?.id ?? "";
    answer(desk, "badge-far", true);
    expect(now(desk).state).toBe("dispatched");
    answer(desk, "badge-near", false);
    answer(desk, "badge-near", true, old);
    expect(now(desk).offer?.crewId).toBe("far");
  });

  test("a crew by REST accepts too; a crew nobody knows is only a name", () => {
    const { desk, alert } = offered();
    expect(desk.act(alert, "accept", {}, "crew")).toMatchObject({ state: "accepted", offer: null });
    const other = offered("unknown");
    expect(other.alert).toMatchObject({ state: "dispatched", crewId: "unknown", offer: null });
  });
});
