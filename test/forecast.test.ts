import { describe, expect, test } from "vitest";
import { evaluate, type Score } from "../bench/forecast.ts";
import { families, familyBins } from "../bench/forecast-families.ts";
import { DAY, HOUR, ManualClock, type Millis } from "../src/domain/time.ts";
import { HORIZONS } from "../src/forecast/ahead.ts";
import { type BinForecast, forecast } from "../src/forecast/forecast.ts";
import type { BinMemory } from "../src/forecast/memory.ts";
import { remember } from "../src/forecast/remember.ts";
import { openStore } from "../src/store/sqlite-store.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter } from "./support/running-center.ts";
import { batchOf } from "./support/store.ts";

/** A Monday, 00:00 UTC. */
const MONDAY = Date.UTC(2026, 2, 2);

interface Course {
  /** Percent per hour at an hour of week. */
  readonly rate: (slot: number) => number;
  /** Hours of day at which it is emptied. */
  readonly emptiedAt?: readonly number[];
  /** Replaces what the sensor says. */
  readonly said?: (hour: number, level: number) => number | null;
}

/** Hourly readings of a bin from Monday on, and its true level at the end. */
function live({ rate, emptiedAt = [], said = (_, level) => level }: Course, hours: number) {
  let memory: BinMemory | null = null;
  let level = 0;
  for (let hour = 0; hour <= hours; hour++) {
    const value = said(hour, Math.min(100, level));
    if (value !== null) memory = remember(memory, MONDAY + hour * HOUR, Math.round(value * 10) / 10, 0);
    level += rate(hour % 168);
    if (emptiedAt.includes(hour % 24)) level = 0;
  }
  if (!memory) throw new Error("no reading");
  return { memory, now: MONDAY + hours * HOUR };
}

const at = ({ ahead }: BinForecast, hours: number) => {
  const found = ahead.find((each) => each.hours === hours);
  if (!found) throw new Error(`no forecast for ${hours} hours`);
  return found;
};

/** Fills by day only, and on Saturday and Sunday not at all. */
const workingHours = (slot: number): number => (slot < 120 && slot % 24 >= 8 && slot % 24 < 18 ? 6 : 0);

describe("a forecast", () => {
  test("knows the hours of the week", () => {
    const course = { rate: workingHours, emptiedAt: [19] };
    const monday = live(course, 6 * 168 + 7);
    const known = forecast(monday.memory, monday.now);
    expect(known.status).toBe("known");
    expect(at(known, 6).p50).toBeGreaterThan(20);
    expect(at(known, 6).p50).toBeLessThan(40);
    const saturday = live(course, 6 * 168 + 120 + 7);
    expect(at(forecast(saturday.memory, saturday.now), 12).p50).toBeLessThan(12);
  });

  test("expects the emptying of every day, and says when the bin is full without it", () => {
    const { memory, now } = live({ rate: () => 3, emptiedAt: [5] }, 5 * 168 + 12);
    const known = forecast(memory, now);
    expect(known.levelPct).toBeGreaterThan(15);
    expect(known.levelPct).toBeLessThan(25);
    // (95 − 20) ÷ 3 per hour.
    expect(Math.abs((known.hoursTo95.p50 ?? 0) - 25)).toBeLessThan(4);
    expect(known.hoursTo95.p10).toBeLessThanOrEqual(known.hoursTo95.p50 ?? 0);
    expect(known.hoursTo80.p50).toBeLessThan(known.hoursTo95.p50 ?? 0);
    expect(at(known, 24).reaches95).toBeLessThan(0.2);
    expect(at(known, 24).emptied).toBeGreaterThan(0.8);
    expect(Math.abs(at(known, 24).p50 - 20)).toBeLessThan(8);
    expect(known.confidence).toBeGreaterThan(0.8);
  });

  test("raises the alarm for the bin that will be full before anybody comes", () => {
    const { memory, now } = live({ rate: () => 5, emptiedAt: [5] }, 5 * 168 + 20);
    const known = forecast(memory, now);
    expect(at(known, 6).reaches95).toBeGreaterThan(0.6);
    expect(known.hoursTo95.p50).toBeLessThan(6);
  });

  test("believes neither one wild reading nor an open lid", () => {
    const spike = live({ rate: () => 1, emptiedAt: [5], said: (hour, level) => (hour === 900 ? 0 : level) }, 900);
    expect(forecast(spike.memory, spike.now + HOUR).status).toBe("known");
    const after = live({ rate: () => 1, emptiedAt: [5], said: (hour, level) => (hour === 899 ? 100 : level) }, 900);
    expect(after.memory.level).toBeLessThan(20);
    const lid = live(
      { rate: () => 2, emptiedAt: [5], said: (hour, level) => (hour >= 900 && hour < 904 ? 100 : level) },
      906,
    );
    expect(lid.memory.level).toBeLessThan(40);
    expect(lid.memory.habit.count).toBe(live({ rate: () => 2, emptiedAt: [5] }, 906).memory.habit.count);
  });

  test("says that it does not know: new, silent, stuck", () => {
    const young = live({ rate: () => 2 }, 5);
    expect(forecast(young.memory, young.now)).toMatchObject({ status: "unknown", reason: "tooLittleHistory" });
    const course = { rate: () => 2, emptiedAt: [5] };
    const { memory, now } = live(course, 600);
    expect(forecast(memory, now + 3 * DAY)).toMatchObject({ status: "unknown", reason: "silent", ahead: [] });
    const stuck = live({ ...course, said: (hour, level) => (hour > 610 ? 33.3 : level) }, 650);
    expect(forecast(stuck.memory, stuck.now)).toMatchObject({ status: "unknown", reason: "stuck" });
    const back = live({ ...course, said: (hour, level) => (hour > 610 && hour < 640 ? 33.3 : level) }, 650);
    expect(forecast(back.memory, back.now).status).toBe("known");
  });

  test("goes on from the last reading while a bin is silent for some hours", () => {
    const { memory, now } = live({ rate: () => 3, emptiedAt: [5] }, 5 * 168 + 12);
    const later = forecast(memory, now + 6 * HOUR);
    const before = forecast(memory, now);
    expect((before.hoursTo95.p50 ?? 0) - (later.hoursTo95.p50 ?? 0)).toBeCloseTo(6, 0);
  });

  test("stays sound on a level a day, and on a bin that suddenly fills after days of nothing", () => {
    let memory: BinMemory | null = null;
    const daily = [80, 0, 0, 0, 0, 40, 40, 60, 0, 0, 0, 0, 0, 0, 80, 100, 0, 20, 20, 40];
    for (const [day, value] of [...daily, ...daily].entries()) {
      memory = remember(memory, MONDAY + day * DAY, value, 0);
      const said = forecast(memory, MONDAY + day * DAY);
      for (const { p10, p50, p90, reaches95 } of said.ahead) {
        for (const one of [p10, p50, p90, reaches95]) expect(one).toBeGreaterThanOrEqual(0);
        expect(p50).toBeLessThanOrEqual(p90);
        expect(p10).toBeLessThanOrEqual(p50);
      }
    }
    expect(forecast(memory as BinMemory, MONDAY + 39 * DAY).status).toBe("known");
  });

  test("goes with the clock of the city when it is put forward", () => {
    let memory: BinMemory | null = null;
    const noon = (hour: number) => (hour === 12 ? 30 : 0);
    let level = 0;
    for (let hour = 0; hour <= 35 * 24 + 9; hour++) {
      const offset = hour >= 34 * 24 ? HOUR : 0;
      memory = remember(memory, MONDAY + hour * HOUR, level, offset);
      const local = (hour + offset / HOUR) % 24;
      level = local === 3 ? 0 : level + noon(local);
    }
    // By the sun it is nine, by the city ten: the rubbish of noon comes in the third hour from now, not in the fourth.
    const said = forecast(memory as BinMemory, MONDAY + (35 * 24 + 9) * HOUR);
    expect(said.levelPct).toBeLessThan(5);
    expect(memory?.offsetMs).toBe(HOUR);
    expect(at(said, 6).p50).toBeGreaterThan(20);
  });

  test("beats both baselines on bins of other cities", { timeout: 60_000 }, () => {
    const found = ({ hit, miss, falseAlarm }: Score) => (2 * hit) / Math.max(1, 2 * hit + miss + falseAlarm);
    const error = ({ levelError, levels }: Score) => levelError / levels;
    const sums = HORIZONS.map(() => ({ own: 0, unchanged: 0, slope: 0 }));
    for (const family of families) {
      const bins = familyBins({ ...family, days: Math.min(family.days, 36) }, 3);
      const scores = evaluate(bins, { warmUpMs: family.warmUpMs, toleranceMs: HOUR / 2 });
      for (const [h, sum] of sums.entries()) {
        const [own, unchanged, slope] = [scores.forecast[h], scores["no change"][h], scores["plain slope"][h]];
        if (!own || !unchanged || !slope) throw new Error("no score");
        sum.own += found(own);
        sum.unchanged += found(unchanged);
        sum.slope += found(slope);
        // After a whole day "no change" knows the timetable without knowing that it does.
        const share = HORIZONS[h] === 24 ? 1.35 : 1;
        expect(error(own), `${family.name}, ${HORIZONS[h]} h`).toBeLessThan(
          share * Math.min(error(unchanged), error(slope)),
        );
      }
      expect(scores.unknown / scores.asked, family.name).toBeLessThan(0.05);
    }
    for (const { own, unchanged, slope } of sums) {
      expect(own).toBeGreaterThan(1.2 * slope);
      expect(own).toBeGreaterThan(5 * unchanged);
    }
  });

  test("leaves out what comes out of order, and takes any value without breaking", () => {
    const { memory, now } = live({ rate: () => 3, emptiedAt: [5] }, 300);
    const before = structuredClone(memory);
    expect(remember(memory, now - HOUR, 99, 0)).toEqual(before);
    let wild: BinMemory | null = null;
    for (let i = 0; i < 3_000; i++) {
      wild = remember(wild, MONDAY + i * 17 * 60_000 * (i % 40 === 0 ? 30 : 1) + i * DAY * 0.01, (i * 7_919) % 101, 0);
      const { ahead, confidence } = forecast(wild, wild.heardAt);
      expect(Number.isFinite(confidence)).toBe(true);
      for (const { p10, p50, p90, reaches95 } of ahead) {
        expect(p10).toBeLessThanOrEqual(p50);
        expect(p50).toBeLessThanOrEqual(p90);
        expect(reaches95).toBeGreaterThanOrEqual(0);
        expect(reaches95).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe("the center", () => {
  const place = (communityId: string) => ({ lat: 22.733, lon: 113.9033, communityId, gridId: null });

  test("lists the bins that will be full, grows its memory again after a restart, and keeps to the scope", async () => {
    using directory = temporaryDirectory();
    const clock = new ManualClock(MONDAY);
    const start = () => startTestCenter({ DATA_DIR: directory.path }, { clock });
    const ids = ["bin-fast", "bin-slow", "bin-other"];
    const numbers: number[] = [];
    {
      await using center = await start();
      for (const id of ids) {
        const communityId = id === "bin-other" ? "changzhen" : "tianliao";
        await center.rest("POST", "/devices", { id, kind: "bin", place: place(communityId) });
        numbers.push(center.center.registry.get(id)?.number as number);
      }
      expect(await center.rest("GET", "/devices/bin-fast/forecast")).toMatchObject({ reason: "noReadings", ahead: [] });
    }
    const hours = 3 * 168;
    await fillStore(directory.path, numbers, hours);
    clock.advanceTo(MONDAY + hours * HOUR);

    await using center = await start();
    const list = async (query: string) =>
      center.rest<{ items: { id: string; hoursTo95: { p50: number } }[]; unknown: number }>(
        "GET",
        `/forecasts${query}`,
      );
    await expect.poll(async () => (await list("")).unknown).toBe(0);
    const { items } = await list("?withinHours=48");
    expect(items.map(({ id }) => id)).toEqual(["bin-fast", "bin-other"]);
    expect((await list("?withinHours=48&communityId=changzhen")).items.map(({ id }) => id)).toEqual(["bin-other"]);
    expect((await list("?withinHours=48&limit=1")).items).toHaveLength(1);
    const one = await center.rest<BinForecast>("GET", "/devices/bin-fast/forecast");
    expect(one).toMatchObject({ id: "bin-fast", status: "known" });
    expect(one.ahead.map((each) => each.hours)).toEqual([6, 12, 24]);
    await expect(center.rest("GET", "/devices/nobody/forecast")).rejects.toThrow("404");
    await expect(center.rest("GET", "/forecasts?withinHours=never")).rejects.toThrow("400");

    const { token: secret } = await center.rest<{ token: string }>("POST", "/tokens", {
      name: "changzhen",
      role: "dispatcher",
      scope: { communityId: ["changzhen"] },
    });
    const authorization = `Bearer ${secret}`;
    const scoped = await fetch(`${center.http}/api/v1/forecasts?withinHours=48`, { headers: { authorization } });
    expect(((await scoped.json()) as { asked: number }).asked).toBe(1);
    const foreign = await fetch(`${center.http}/api/v1/devices/bin-fast/forecast`, { headers: { authorization } });
    expect(foreign.status).toBe(404);

    // A live reading moves the forecast.
    const now = clock.now();
    const before = one.hoursTo95.p50 as number;
    center.center.inbox.submit(
      {
        topic: "kerbside/v1/bin/bin-fast/telemetry",
        payload: Buffer.from(JSON.stringify({ ts: now + 1, fillPct: 96 })),
        receivedAt: now + 1,
        principal: null,
      } as never,
      () => {},
    );
    await expect
      .poll(async () => (await center.rest<BinForecast>("GET", "/devices/bin-fast/forecast")).hoursTo95.p50)
      .not.toBe(before);
  });

  async function fillStore(path: string, numbers: readonly number[], hours: number): Promise<void> {
    await using store = await openStore({
      directory: path,
      diskReserveBytes: 0,
      quarantineRows: 10,
      retention: {
        readingsMs: 400 * DAY,
        minutesMs: 400 * DAY,
        daysMs: 400 * DAY,
        personTracksMs: DAY,
        alertsMs: DAY,
        auditMs: DAY,
        quarantineMs: DAY,
        kpiMs: DAY,
      },
    });
    const rates = [4, 0.2, 2.5];
    const readings = numbers.flatMap((device, n) =>
      Array.from({ length: hours + 1 }, (_, hour) => {
        const when: Millis = MONDAY + hour * HOUR;
        const sinceEmptied = (hour + 24 - 6) % 24;
        const fillPct = Math.min(100, Math.round(10 * (rates[n] as number) * sinceEmptied) / 10);
        return { device, at: when, receivedAt: when, key: hour, metrics: { fillPct } };
      }),
    );
    await store.commit(batchOf(readings));
  }
});
