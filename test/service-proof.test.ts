import { describe, expect, test } from "vitest";
import type { Presence, Workforce } from "../src/alerts/workforce.ts";
import { nobody } from "../src/alerts/workforce.ts";
import { distanceM } from "../src/domain/place.ts";
import { MINUTE } from "../src/domain/time.ts";
import { openDesk, PLACE, type TestDesk } from "./support/alert-desk.ts";

type Visit = Presence & { lat: number; lon: number };

/** Crews that are followed, with what they did. */
function followed() {
  const visits: Visit[] = [];
  const workforce: Workforce = {
    ...nobody,
    follows: () => true,
    serves: (subjectId) => subjectId !== "sweeper-1",
    visitsNear: (place, from, to) =>
      visits.filter((visit) => distanceM(visit, place) <= 30 && visit.from <= to && visit.to >= from),
  };
  const come = (desk: TestDesk, subjectId = "truck-1", place = PLACE) => {
    const visit = { subjectId, ...place, from: desk.now - MINUTE, to: desk.now };
    visits.push(visit);
    desk.alerting.visited(visit, 30, desk.changes);
  };
  return { workforce, come };
}

/** A bin that has been over its rim for long enough. */
function overflowing(workforce?: Workforce) {
  const desk = openDesk(workforce ? { workforce } : {});
  desk.add("bin-1", "bin");
  full(desk, 12);
  const alert = desk.only("bin.overflow");
  expect(alert).toMatchObject({ state: "open", clearedAt: null });
  return { desk, alert };
}

function full(desk: TestDesk, minutes: number, fillPct = 97) {
  for (let minute = 0; minute < minutes; minute += 2) {
    desk.say("bin-1", { fillPct });
    desk.wait(2 * MINUTE);
  }
}

const sighting = (phase: "pulse" | "end", confidence = 0.95) =>
  ({ type: "detection", category: "binOverflow", phase, confidence }) as const;

describe("a level that fell", () => {
  test("after a visit: serviced, by whom, and it closes by itself", () => {
    const { workforce, come } = followed();
    const { desk } = overflowing(workforce);
    come(desk);
    full(desk, 4, 10);
    expect(desk.only("bin.overflow")).toMatchObject({
      state: "cleared",
      proof: { verdict: "serviced", visit: { subjectId: "truck-1" } },
    });
    desk.wait(40 * MINUTE);
    expect(desk.only("bin.overflow").state).toBe("closed");
  });

  test("and nobody was there: said so, and a person has to look", () => {
    const { workforce } = followed();
    const { desk } = overflowing(workforce);
    full(desk, 4, 10);
    expect(desk.only("bin.overflow")).toMatchObject({ state: "cleared", proof: { verdict: "emptiedByUnknown" } });
    desk.wait(120 * MINUTE);
    expect(desk.only("bin.overflow").state).toBe("cleared");
    desk.act(desk.only("bin.overflow"), "verify");
    expect(desk.act(desk.only("bin.overflow"), "close").state).toBe("closed");
  });

  test("a tracker whose word comes late still makes it serviced", () => {
    const { workforce, come } = followed();
    const { desk } = overflowing(workforce);
    full(desk, 4, 10);
    expect(desk.only("bin.overflow").proof?.verdict).toBe("emptiedByUnknown");
    const late = { subjectId: "truck-1", ...PLACE, from: desk.now - 4 * MINUTE, to: desk.now - 3 * MINUTE };
    desk.alerting.visited(late, 30, desk.changes);
    expect(desk.only("bin.overflow").proof).toMatchObject({ verdict: "serviced" });
    desk.wait(40 * MINUTE);
    expect(desk.only("bin.overflow").state).toBe("closed");
    come(desk);
    expect(desk.only("bin.overflow").state).toBe("closed");
  });

  test("a sweeper that passed by does not count", () => {
    const { workforce, come } = followed();
    const { desk } = overflowing(workforce);
    come(desk, "sweeper-1");
    full(desk, 4, 10);
    expect(desk.only("bin.overflow").proof?.verdict).toBe("emptiedByUnknown");
  });

  test("a visit at another bin does not count", () => {
    const { workforce, come } = followed();
    const { desk } = overflowing(workforce);
    come(desk, "truck-1", { lat: PLACE.lat + 0.001, lon: PLACE.lon });
    full(desk, 4, 10);
    expect(desk.only("bin.overflow").proof?.verdict).toBe("emptiedByUnknown");
  });

  test("in a center that follows nobody the level alone decides", () => {
    const { desk } = overflowing();
    full(desk, 4, 10);
    expect(desk.only("bin.overflow")).toMatchObject({ state: "cleared", proof: null });
    desk.wait(40 * MINUTE);
    expect(desk.only("bin.overflow").state).toBe("closed");
  });
});

describe("a visit", () => {
  test("after which the bin is still full: serviced, but not emptied", () => {
    const { workforce, come } = followed();
    const { desk } = overflowing(workforce);
    come(desk);
    full(desk, 20);
    const alert = desk.only("bin.overflow");
    expect(alert).toMatchObject({ clearedAt: null, proof: { verdict: "servicedNotEmptied" } });
    expect(desk.timeline(alert)).toContain("servicedNotEmptied");
  });

  test("is not judged before the sensor has spoken again", () => {
    const { workforce, come } = followed();
    const { desk } = overflowing(workforce);
    come(desk);
    desk.wait(60 * MINUTE);
    expect(desk.only("bin.overflow").proof).toBeNull();
    full(desk, 16);
    expect(desk.only("bin.overflow").proof).toMatchObject({ verdict: "servicedNotEmptied" });
  });
});

describe("who says it is done while the sensor says it is not", () => {
  const sent = () => {
    const { workforce } = followed();
    const { desk, alert } = overflowing(workforce);
    desk.act(alert, "dispatch", { crewId: "crew-1" });
    desk.act(alert, "accept");
    return { desk, alert };
  };

  test("without a picture gets it back", () => {
    const { desk, alert } = sent();
    desk.act(alert, "handle");
    full(desk, 20);
    expect(desk.only("bin.overflow")).toMatchObject({ state: "dispatched", reworkCount: 1 });
    expect(desk.all("device.fault")).toEqual([]);
  });

  test("with a picture from there makes the sensor suspect", () => {
    const { desk, alert } = sent();
    desk.alerting.addPicture(
      alert.id,
      { id: "p-1", position: PLACE },
      { name: "user:crew", role: "crew", scope: {}, tokenId: null },
      desk.now,
      desk.changes,
    );
    desk.act(alert, "handle");
    full(desk, 20);
    expect(desk.only("bin.overflow")).toMatchObject({ state: "handled", contested: true, reworkCount: 0 });
    expect(desk.only("device.fault")).toMatchObject({ subtype: "suspect", subject: { id: "bin-1" } });
    full(desk, 4, 10);
    expect(desk.only("device.fault").clearedAt).not.toBeNull();
  });

  test("a picture from elsewhere proves nothing", () => {
    const { desk, alert } = sent();
    const away = { lat: PLACE.lat + 0.01, lon: PLACE.lon };
    desk.alerting.addPicture(alert.id, { id: "p-1", position: away }, actor(), desk.now, desk.changes);
    expect(desk.only("bin.overflow").pictures[0]).toMatchObject({ valid: false });
    desk.act(alert, "handle");
    full(desk, 20);
    expect(desk.only("bin.overflow").reworkCount).toBe(1);
  });

  const actor = () => ({ name: "user:crew", role: "crew", scope: {}, tokenId: null }) as const;
});

describe("camera and sensor", () => {
  const both = () => {
    const { desk } = overflowing(followed().workforce);
    desk.add("camera-1", "camera", { lat: PLACE.lat + 0.0001, lon: PLACE.lon });
    const before = desk.only("bin.overflow").belief;
    desk.say("camera-1", {}, sighting("pulse"));
    desk.wait(2 * MINUTE);
    desk.say("camera-1", {}, sighting("pulse"));
    return { desk, before };
  };
  const lookClean = (desk: TestDesk) => {
    for (let look = 0; look < 2; look++) {
      desk.say("camera-1", {}, { type: "detection", category: "clean", phase: "pulse", confidence: 0.95 });
      desk.wait(11 * MINUTE);
    }
  };

  test("that agree are one alert, believed more", () => {
    const { desk, before } = both();
    const alert = desk.only("bin.overflow");
    expect(alert.evidence.map(({ source }) => source).sort()).toEqual(["bin-1", "camera-1"]);
    expect(alert.belief).toBeGreaterThan(before);
  });

  test("a camera that finds it clean while the level says full makes the sensor suspect, and nobody is sent", () => {
    const { desk } = both();
    const before = desk.only("bin.overflow").belief;
    full(desk, 4);
    lookClean(desk);
    const alert = desk.only("bin.overflow");
    expect(alert).toMatchObject({ clearedAt: null, contested: true });
    expect(alert.belief).toBeLessThan(before);
    expect(desk.timeline(alert)).toContain("contradicted");
    expect(desk.only("device.fault")).toMatchObject({ subtype: "suspect", subject: { id: "bin-1" }, clearedAt: null });
    full(desk, 4, 10);
    expect(desk.only("bin.overflow").clearedAt).not.toBeNull();
    expect(desk.only("device.fault").clearedAt).not.toBeNull();
  });

  test("a clean look after the level fell is proof by itself", () => {
    const { desk } = both();
    full(desk, 4, 10);
    expect(desk.only("bin.overflow")).toMatchObject({ state: "cleared" });
  });
});

describe("a level that leapt to the top", () => {
  const CAMERA = { lat: PLACE.lat + 0.0001, lon: PLACE.lon };
  /** A bin that reports every ten minutes and a camera beside it that looks just after. */
  function beside(place = CAMERA) {
    const desk = openDesk();
    desk.add("bin-1", "bin");
    desk.add("camera-1", "camera", place);
    const report = (fillPct: number, looks?: "clean" | "binOverflow", times = 1) => {
      for (let time = 0; time < times; time++) {
        desk.say("bin-1", { fillPct });
        desk.wait(MINUTE);
        if (looks) desk.say("camera-1", {}, { type: "detection", category: looks, phase: "pulse", confidence: 0.85 });
        desk.wait(9 * MINUTE);
      }
    };
    report(30, "clean", 3);
    return { desk, report };
  }
  const suspects = (desk: TestDesk) => desk.all("device.fault").filter(({ subtype }) => subtype === "suspect");

  test("while a camera finds nothing makes the sensor suspect instead of sending somebody, until it falls", () => {
    const { desk, report } = beside();
    report(100, "clean", 6);
    expect(desk.all("bin.overflow")).toEqual([]);
    expect(suspects(desk)).toMatchObject([{ subject: { id: "bin-1" }, level: 4, clearedAt: null }]);
    report(31, "clean");
    expect(suspects(desk)[0]?.clearedAt).not.toBeNull();
  });

  test("is believed as soon as the camera sees it too, and the sensor is suspect no more", () => {
    const { desk, report } = beside();
    report(100, "clean", 4);
    report(100, "binOverflow", 3);
    expect(
      desk
        .only("bin.overflow")
        .evidence.map(({ source }) => source)
        .sort(),
    ).toEqual(["bin-1", "camera-1"]);
    expect(suspects(desk)[0]?.clearedAt).not.toBeNull();
  });

  test("is believed after two hours whatever the camera says: lenses get dirty", () => {
    const { desk, report } = beside();
    report(100, "clean", 12);
    expect(desk.all("bin.overflow")).toEqual([]);
    report(100, "clean", 4);
    expect(desk.only("bin.overflow").subject.id).toBe("bin-1");
  });

  test.for([
    ["no camera", undefined, CAMERA],
    ["a camera of another place", "clean" as const, { lat: PLACE.lat + 0.001, lon: PLACE.lon }],
  ] as const)("with %s is believed when it stays", ([, looks, place]) => {
    const { desk, report } = beside(place);
    report(100, looks, 4);
    expect(desk.only("bin.overflow").subject.id).toBe("bin-1");
  });

  test("is another thing than one that grew: against that a clean picture says nothing", () => {
    const { desk, report } = beside();
    for (let level = 34; level < 98; level += 8) report(level, "clean");
    report(98, "clean", 3);
    expect(desk.only("bin.overflow").subject.id).toBe("bin-1");
    expect(suspects(desk)).toEqual([]);
  });
});
