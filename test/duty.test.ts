import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemActor } from "../src/domain/roles.ts";
import { MINUTE } from "../src/domain/time.ts";
import { at, clock, type Field, openField } from "./support/field.ts";

/** Ann sweeps `main` from 06:00 to 14:00 with a break at ten; the sweeper leaves at 06:00. */
function openMorning(time = "05:00", ofSweeper = {}): Field {
  const field = openField(clock(time));
  field.add("badge-1", "person");
  field.add("sweeper-1", "vehicle", { vehicleType: "sweeper", ...ofSweeper });
  field.put("people", { id: "ann", name: "Ann", badge: "badge-1", number: "17", line: "cleaning" });
  field.put("vehicles", { id: "sweeper-1", type: "sweeper", line: "cleaning", plate: "粤B1" });
  field.put("crews", { id: "one", name: "One", line: "cleaning", members: ["badge-1", "sweeper-1"] });
  field.put("shifts", {
    id: "early",
    name: "Early",
    from: "06:00",
    to: "14:00",
    breaks: [{ from: "10:00", to: "10:30" }],
  });
  field.put("rosters", { id: "r", shiftId: "early", entries: [{ personId: "ann", where: { sectionId: "main" } }] });
  field.put("plans", {
    kind: "route",
    id: "p",
    vehicleId: "sweeper-1",
    from: "06:00",
    to: "10:00",
    sections: ["main"],
  });
  field.until(field.now);
  return field;
}

const stateOf = (field: Field, id: string) =>
  field.operations.duties.of(id).find(({ duty }) => duty.date === "2026-09-22")?.state;
const name = (field: Field, id: string) => stateOf(field, id)?.state;

/** The badge speaks every minute until a time; `where` says how far along main and how far beside it. */
function walk(field: Field, until: string, where: (minute: number) => readonly [number, number], accuracyM = 8): void {
  const from = field.now;
  for (let minute = 1; from + minute * MINUTE <= clock(until); minute++) {
    field.until(from + minute * MINUTE);
    field.say("badge-1", { ...at(...where(minute)), accuracyM, clockIn: 1 });
  }
}
/** Alerts about her; the sweeper, which nobody drives in these tests, has its own. */
const about = (field: Field) => field.alerts().filter(({ subject }) => subject.id === "badge-1");
const upAndDown = (minute: number) => [100 + (minute % 20) * 40, 3] as const;

describe("a person's duty", () => {
  test("planned, due, on post, break, ended; time is counted by state and breaks are left out", () => {
    const field = openMorning();
    expect(name(field, "badge-1")).toBe("planned");
    field.until(clock("06:00"));
    expect(name(field, "badge-1")).toBe("due");
    walk(field, "10:05", upAndDown);
    expect(name(field, "badge-1")).toBe("break");
    walk(field, "14:01", upAndDown);
    expect(name(field, "badge-1")).toBe("ended");
    const spent = stateOf(field, "badge-1")?.spent;
    expect(spent).toMatchObject({ onPost: (8 * 60 - 30 - 1) * MINUTE, break: 30 * MINUTE, due: MINUTE });
    expect(about(field)).toEqual([]);
    field.until(clock("15:00"));
    expect(field.work.filter(({ kind, subjectId }) => kind === "duty" && subjectId === "badge-1")).toMatchObject([
      { id: "r/ann@2026-09-22", subjectId: "badge-1" },
    ]);
  });

  test("heard, but neither clocked in nor in the section after 15 minutes: absent, until she appears", () => {
    const field = openMorning();
    field.until(clock("06:05"));
    field.say("badge-1", { batteryPct: 80, clockIn: 0 });
    field.until(clock("06:14"));
    expect(field.open("person.absent")).toEqual([]);
    field.until(clock("06:16"));
    expect(field.open("person.absent")).toMatchObject([
      { level: 3, subtype: null, subject: { kind: "person", id: "badge-1" } },
    ]);
    field.until(clock("06:40"));
    field.say("badge-1", { ...at(300, 5), accuracyM: 8 });
    expect(name(field, "badge-1")).toBe("onPost");
    expect(field.open("person.absent")).toEqual([]);
  });

  test("not heard of at all is a state of its own, and asks for a call instead of accusing", () => {
    const field = openMorning();
    field.until(clock("06:20"));
    expect(name(field, "badge-1")).toBe("noSignal");
    expect(field.open("person.absent")).toMatchObject([{ level: 4, subtype: "noSignal" }]);
  });

  test("who falls silent later is neither off post nor absent", () => {
    const field = openMorning("05:55");
    walk(field, "07:00", upAndDown);
    field.until(clock("07:30"));
    expect(name(field, "badge-1")).toBe("noSignal");
    expect(about(field).filter(({ ruleId }) => ruleId.startsWith("person."))).toEqual([]);
  });

  test("off post after 15 minutes outside, back after 3; breaks do not count", () => {
    const field = openMorning("05:55");
    walk(field, "07:00", upAndDown);
    walk(field, "07:15", () => [300, 200]);
    expect(field.open("person.off_post")).toEqual([]);
    walk(field, "07:18", () => [300, 210]);
    expect(field.open("person.off_post")).toMatchObject([
      { level: 3, firstAt: clock("07:01"), openedAt: clock("07:17") },
    ]);
    walk(field, "07:20", upAndDown);
    expect(name(field, "badge-1")).toBe("offPost");
    walk(field, "07:22", upAndDown);
    expect(name(field, "badge-1")).toBe("onPost");
    expect(field.open("person.off_post")).toEqual([]);

    walk(field, "09:50", upAndDown);
    // Twelve minutes before the break and twelve after it are no quarter of an hour.
    walk(field, "10:00", () => [300, 200]);
    walk(field, "10:42", () => [300, 200]);
    walk(field, "11:00", upAndDown);
    expect(field.alerts("person.off_post")).toHaveLength(1);
  });

  test("sent somewhere, she is at work on the way and there; who was not sent is not, nor is she when it is done", () => {
    const field = openMorning("05:55");
    const goal = at(300, 1_500);
    const metresOf = (along: number, beside: number) =>
      field.operations.metresFromWork("badge-1", at(along, beside).lat, at(along, beside).lon, field.now);
    walk(field, "07:00", upAndDown);
    expect(metresOf(300, 1_500)).toBeGreaterThan(1_000);
    const alert = field.operate((now, changes) =>
      field.alerting.report({ ruleId: "street.illegal_dumping", place: goal }, systemActor, now, changes),
    );
    field.act(alert, "dispatch", { crewId: "one" });
    // Only asked: she has not said that she goes.
    expect(metresOf(300, 1_500)).toBeGreaterThan(1_000);
    field.act(alert, "accept");
    expect(metresOf(300, 1_500)).toBe(0);
    expect(metresOf(300, 800)).toBe(0);
    expect(metresOf(1_900, 1_500)).toBeGreaterThan(1_000);
    walk(field, "07:40", (minute) => [300, Math.min(1_500, minute * 60)]);
    expect(field.alerts("street.illegal_dumping")).toMatchObject([{ state: "arrived" }]);
    expect(field.alerts("person.off_post")).toEqual([]);
    field.act(alert, "handle");
    expect(metresOf(300, 1_500)).toBe(0);
    field.act(alert, "verify");
    field.act(alert, "close");
    expect(metresOf(300, 1_500)).toBeGreaterThan(1_000);
    walk(field, "08:00", () => [300, 1_500]);
    expect(field.open("person.off_post")).toHaveLength(1);

    const other = field.operate((now, changes) =>
      field.alerting.report({ ruleId: "street.illegal_dumping", place: goal }, systemActor, now, changes),
    );
    field.act(other, "dispatch", { crewId: "one", assignee: "sweeper-1" });
    field.act(other, "accept");
    expect(metresOf(300, 1_500)).toBeGreaterThan(1_000);
  });

  test("not moving for half an hour is a question about her health, and resting where one rests is none", () => {
    const field = openMorning("05:55");
    walk(field, "06:30", upAndDown);
    walk(field, "06:55", () => [300, 3]);
    expect(about(field)).toEqual([]);
    walk(field, "07:03", () => [305, 6]);
    expect(field.open("person.idle")).toMatchObject([{ level: 4 }]);
    walk(field, "07:33", () => [300, 3]);
    expect(field.open("person.idle")).toMatchObject([{ level: 3 }]);
    walk(field, "07:36", (minute) => [300 + minute * 40, 3]);
    expect(field.open("person.idle")).toEqual([]);

    const resting = openMorning("05:55");
    walk(resting, "06:30", upAndDown);
    resting.put("rosters", {
      id: "r",
      shiftId: "early",
      entries: [{ personId: "ann", where: { circle: { ...at(100, 80), radiusM: 500 } } }],
    });
    walk(resting, "07:30", () => [101, 79]);
    expect(resting.alerts("person.idle")).toEqual([]);
  });

  test("leave, a storm, and a duty that is no longer planned raise nothing", () => {
    const away = openMorning();
    away.put("leave", { id: "l", personId: "ann", days: { only: ["2026-09-22"] } });
    away.until(clock("06:30"));
    expect(name(away, "badge-1")).toBe("leave");

    const storm = openMorning("05:55");
    storm.storm();
    walk(storm, "07:30", () => [300, 300]);
    expect(name(storm, "badge-1")).toBe("offPost");

    const dropped = openMorning();
    dropped.until(clock("06:30"));
    expect(dropped.open("person.absent")).toHaveLength(1);
    dropped.operate((now, changes) =>
      dropped.operations.register.remove(
        "rosters",
        "r",
        { name: "m", role: "manager", scope: {}, tokenId: null },
        now,
        changes,
      ),
    );
    dropped.until(dropped.now + MINUTE);
    expect(dropped.open("person.absent")).toEqual([]);
    for (const field of [away, storm])
      expect(field.alerts().filter(({ ruleId }) => ruleId.startsWith("person."))).toEqual([]);
  });

  test("jumps of 50 to 300 m between tall houses never put her off post or wake a welfare check", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            jump: fc.integer({ min: 0, max: 4 }),
            metres: fc.integer({ min: 50, max: 300 }),
            bearing: fc.double({ min: 0, max: 6.28, noNaN: true }),
          }),
          { minLength: 60, maxLength: 60 },
        ),
        (noise) => {
          const field = openMorning("05:55");
          let jumped = false;
          walk(field, "07:00", (minute) => {
            const [x, y] = upAndDown(minute);
            const { jump, metres, bearing } = noise[minute % 60] as (typeof noise)[number];
            // One fix in five jumps; two in a row would be a place.
            jumped = jump === 0 && !jumped;
            return jumped ? [x + metres * Math.cos(bearing), y + metres * Math.sin(bearing)] : [x, y];
          });
          expect(about(field)).toEqual([]);
          expect(name(field, "badge-1")).toBe("onPost");
        },
      ),
      { numRuns: 15, seed: 7 },
    );
  });
});

describe("a vehicle's duty", () => {
  const drive = (field: Field, until: string, metrics: (second: number) => object): void => {
    const from = field.now;
    for (let second = 10; from + second * 1_000 <= clock(until); second += 10) {
      field.until(from + second * 1_000);
      field.say("sweeper-1", { ...at(0, 0), acc: 1, ...metrics(second) });
    }
  };

  test("did not start, a quarter of an hour after the plan; five minutes of work end it", () => {
    const field = openMorning();
    field.until(clock("06:02"));
    field.say("sweeper-1", { ...at(-300, -300), speedKmh: 0, acc: 0, working: 0 });
    field.until(clock("06:16"));
    expect(name(field, "sweeper-1")).toBe("notStarted");
    expect(field.open("vehicle.not_on_duty")).toMatchObject([{ level: 3, subtype: null }]);
    drive(field, "06:18", (second) => ({ ...at(second * 2, 0), speedKmh: 8, working: 1 }));
    expect(name(field, "sweeper-1")).toBe("working");
    expect(field.open("vehicle.not_on_duty")).toHaveLength(1);
    drive(field, "06:22", (second) => ({ ...at(second * 2, 0), speedKmh: 8, working: 1 }));
    expect(field.open("vehicle.not_on_duty")).toEqual([]);
  });

  test("standing 20 minutes where it may not, longer is worse; at the depot it may; moving ends it", () => {
    const field = openMorning("05:59");
    drive(field, "06:10", (second) => ({ ...at(second, 0), speedKmh: 8, working: 1 }));
    drive(field, "06:28", () => ({ ...at(640, 3), speedKmh: 0, acc: 0, working: 0 }));
    expect(name(field, "sweeper-1")).toBe("standing");
    drive(field, "06:31", () => ({ ...at(640, 3), speedKmh: 0, acc: 0, working: 0 }));
    expect(field.open("vehicle.idle")).toMatchObject([{ level: 4, subtype: null }]);
    drive(field, "06:51", () => ({ ...at(640, 3), speedKmh: 0, acc: 0, working: 0 }));
    expect(field.open("vehicle.idle")).toMatchObject([{ level: 3 }]);
    drive(field, "06:53", (second) => ({ ...at(640 - second * 2, 0), speedKmh: 8, working: 0 }));
    expect(name(field, "sweeper-1")).toBe("travelling");
    expect(field.open("vehicle.idle")).toEqual([]);
    drive(field, "07:40", () => ({ ...at(-300, -290), speedKmh: 0, acc: 0, working: 0 }));
    expect(field.alerts("vehicle.idle")).toHaveLength(1);
  });

  test("it may stand at a rest area, and at a facility that is its own; another vehicle's is none of its", () => {
    const stands = (x: number, y: number, attributes = {}) => {
      const field = openMorning("05:59", attributes);
      drive(field, "06:10", (second) => ({ ...at(second, 0), speedKmh: 8, working: 1 }));
      drive(field, "06:45", () => ({ ...at(x, y), speedKmh: 0, acc: 0, working: 0 }));
      return field.open("vehicle.idle").length;
    };
    expect(stands(702, 300)).toBe(0);
    expect(stands(702, 500)).toBe(1);
    expect(stands(702, 500, { facilities: "depot, tools-2" })).toBe(0);
  });

  test("work where it stands is no stay: that begins when the work is done", () => {
    const field = openMorning("05:30");
    const say = (until: string, metrics: object) => {
      for (let time = field.now + MINUTE; time <= clock(until); time += MINUTE) {
        field.until(time);
        field.say("sweeper-1", { ...at(300, 3), acc: 1, speedKmh: 0, ...metrics });
      }
    };
    const stays = () => field.alerts("vehicle.idle").filter(({ subtype }) => subtype === null);
    say("06:00", {});
    say("06:40", { working: 1 });
    // The first fix on the way: whether it really moves only the next one tells.
    say("06:41", { working: 0, speedKmh: 22 });
    say("06:58", { working: 0 });
    expect(stays()).toEqual([]);
    say("07:02", { working: 0 });
    expect(stays()).toMatchObject([{ level: 4, firstAt: clock("06:40") }]);
  });

  test("an engine that runs while it stands is idling after 10 minutes", () => {
    const field = openMorning("05:59");
    drive(field, "06:05", (second) => ({ ...at(second, 0), speedKmh: 8, working: 1 }));
    drive(field, "06:17", () => ({ ...at(340, 3), speedKmh: 0, acc: 1, working: 0 }));
    expect(field.open("vehicle.idle")).toMatchObject([{ level: 4, subtype: "idling" }]);
  });

  test("thresholds are the rule's own", () => {
    const field = openMorning();
    const rule = field.alerting.rulebook.edition("vehicle.not_on_duty")?.rule;
    field.operate((now, changes) =>
      field.alerting.rulebook.put(
        { ...rule, thresholds: { ...rule?.thresholds, graceMinutes: 45 } },
        undefined,
        { name: "m", role: "manager", scope: {}, tokenId: null },
        now,
        changes,
      ),
    );
    field.until(clock("06:02"));
    field.say("sweeper-1", { ...at(-300, -300), speedKmh: 0, acc: 0 });
    field.until(clock("06:40"));
    expect(field.alerts("vehicle.not_on_duty")).toEqual([]);
    field.until(clock("06:46"));
    expect(field.open("vehicle.not_on_duty")).toHaveLength(1);
  });
});

test("kill -9 at any minute: the same states, the same alerts, none twice", () => {
  const play = (restartAt: number | null) => {
    const field = openMorning("05:55");
    const jumps = [8, 31, 32, 50];
    for (let minute = 1; minute <= 120; minute++) {
      field.until(clock("05:55") + minute * MINUTE);
      const outside = minute > 60 && minute < 90;
      const [x, y] = outside || jumps.includes(minute) ? ([300, 250] as const) : upAndDown(minute);
      field.say("badge-1", { ...at(x, y), accuracyM: 8, clockIn: 1 });
      if (minute % 3 === 0)
        field.say("sweeper-1", {
          ...at(minute, 0),
          speedKmh: minute < 40 ? 0 : 8,
          acc: 1,
          working: minute < 40 ? 0 : 1,
        });
      if (minute === restartAt) field.restart();
    }
    const duties = field.operations.duties.of("badge-1").concat(field.operations.duties.of("sweeper-1"));
    return {
      states: duties.map(({ duty, state, raised }) => ({ id: duty.id, state, raised })),
      alerts: field
        .alerts()
        .map(({ ruleId, subtype, openedAt, clearedAt, level }) => ({ ruleId, subtype, openedAt, clearedAt, level })),
    };
  };
  const whole = play(null);
  expect(whole.alerts.length).toBeGreaterThan(1);
  for (const minute of [1, 9, 22, 31, 61, 77, 78, 92, 119]) expect(play(minute)).toEqual(whole);
});

test("somebody without a duty costs nothing: no state, no timer, no document", () => {
  const field = openMorning();
  field.add("badge-9", "person");
  const before = field.documents.size;
  field.say("badge-9", { ...at(10, 10), accuracyM: 5 });
  expect(field.documents.size).toBe(before);
  expect(field.operations.duties.of("badge-9")).toEqual([]);
});
