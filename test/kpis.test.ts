import { describe, expect, test } from "vitest";
import type { AlertAction } from "../src/alerts/alerting.ts";
import { Changes } from "../src/center/changes.ts";
import type { Alert } from "../src/domain/alert.ts";
import { chinaCalendar } from "../src/domain/calendar.ts";
import { DAY, HOUR, ManualClock, MINUTE, SECOND } from "../src/domain/time.ts";
import { answerKpis } from "../src/kpi/answer.ts";
import { usualPoints } from "../src/kpi/cases.ts";
import { kpiCatalogue } from "../src/kpi/catalogue.ts";
import { createKpis } from "../src/kpi/kpis.ts";
import { KpiDraft } from "../src/kpi/ledger.ts";
import { caseMeasures, EVERYWHERE } from "../src/kpi/measures.ts";
import { createPeriods } from "../src/kpi/periods.ts";
import { readHistory } from "../src/kpi/rebuild.ts";
import { actorOf, PLACE } from "./support/alert-desk.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { ADMIN_TOKEN, startTestCenter } from "./support/running-center.ts";
import { batchOf, openTestStore } from "./support/store.ts";

/** Tuesday, 22 September 2026, 09:00 in Yutang. */
const START = Date.UTC(2026, 8, 22, 1);

interface Answer {
  readonly id: string;
  readonly from: number;
  readonly group: Record<string, string | number>;
  readonly value: number | null;
  readonly numerator: number | null;
  readonly denominator: number | null;
}

async function open(dataDirectory?: string, at = START, settings: Record<string, string> = {}) {
  const clock = new ManualClock(at);
  const center = await startTestCenter({ ...settings, ...(dataDirectory && { DATA_DIR: dataDirectory }) }, { clock });
  const wait = async (ms: number) => {
    clock.advanceTo(clock.now() + ms);
    await center.center.idle();
    await center.center.operate(() => null);
  };
  const report = (ruleId: string, place = PLACE, evidence = {}) =>
    center.center.operate((now, changes) =>
      center.center.alerting.report(
        { ruleId, place, evidence: { source: "x", at: now, ...evidence } },
        actorOf("dispatcher"),
        now,
        changes,
      ),
    );
  const act = (alert: Alert, action: AlertAction, input = {}) =>
    center.center.operate((now, changes) =>
      center.center.alerting.act(alert.id, action, input, actorOf("manager"), now, changes),
    );
  /** A device says something, at a time of its own. */
  const say = (kind: string, id: string, body: object, channel = "telemetry") =>
    new Promise<void>((settled) => {
      const payload = Buffer.from(JSON.stringify({ ts: clock.now(), ...body }));
      const topic = `kerbside/v1/${kind}/${id}/${channel}`;
      center.center.inbox.submit({ topic, payload, receivedAt: clock.now(), principal: null }, settled);
    });
  const figure = async (id: string, query = ""): Promise<Answer[]> =>
    (await center.rest<{ items: Answer[] }>("GET", `/kpis?id=${id}&from=${START - HOUR}&to=${clock.now()}${query}`))
      .items;
  return { center, clock, wait, report, act, say, figure, [Symbol.asyncDispose]: () => center[Symbol.asyncDispose]() };
}
type Running = Awaited<ReturnType<typeof open>>;

/** A morning with one case done in time, one late, one sent back, one that was a mistake, one still open. */
async function morning({ report, act, wait }: Running) {
  const away = (step: number) => ({ lat: PLACE.lat + step * 0.003, lon: PLACE.lon });
  const done = await report("street.exposed_garbage", away(1));
  const late = await report("street.road_soiled", away(2));
  const again = await report("street.stacked_goods", away(3), { channel: "citizen" });
  const mistake = await report("street.exposed_garbage", away(4));
  await report("street.exposed_garbage", away(5));
  await wait(4 * MINUTE);
  await act(mistake, "reject", { note: "leaves" });
  for (const alert of [done, late, again]) await act(alert, "dispatch", { crewId: "crew-1" });
  await wait(30 * MINUTE);
  for (const alert of [done, again]) await act(alert, "handle");
  await act(done, "verify");
  await act(again, "rework", { note: "half of it is left" });
  await act(done, "close");
  await wait(2 * HOUR);
  await act(again, "handle");
  await act(again, "close");
  await wait(3 * HOUR);
  await act(late, "handle");
  await act(late, "close");
  return { done, late, again };
}

const ratio = ([answer]: Answer[]) => [answer?.numerator, answer?.denominator];

describe("figures of cases", () => {
  test("value, numerator, denominator; null of nothing", async () => {
    await using running = await open();
    const { figure } = running;
    expect(await figure("case.handle_rate")).toMatchObject([{ value: null, numerator: 0, denominator: 0 }]);
    await morning(running);
    expect(ratio(await figure("case.filing_rate"))).toEqual([4, 5]);
    expect(ratio(await figure("case.dispatch_rate"))).toEqual([3, 4]);
    expect(ratio(await figure("case.handle_on_time"))).toEqual([2, 4]);
    // Two of the four have a statutory limit that has passed; one was closed early, one has no limit but its target.
    expect(ratio(await figure("case.close_rate"))).toEqual([3, 4]);
    expect(ratio(await figure("case.first_pass"))).toEqual([1, 2]);
    expect(ratio(await figure("case.proactive_rate"))).toEqual([3, 4]);
    expect(await figure("case.rework_rate")).toMatchObject([{ numerator: 1, denominator: 4, value: 25 }]);
    expect(await figure("alert.mtta")).toMatchObject([{ value: 4, denominator: 3, p50: expect.closeTo(4, 0) }]);
  });

  test("by rule, by hour, within a token's community", async () => {
    await using running = await open();
    await morning(running);
    const byRule = await running.figure("case.filing_rate", "&groupBy=category");
    expect(byRule.map(({ group, numerator }) => [group.category, numerator]).sort()).toEqual([
      ["street.exposed_garbage", 2],
      ["street.road_soiled", 1],
      ["street.stacked_goods", 1],
    ]);
    const byHour = await running.figure("case.close_rate", "&groupBy=hour");
    expect(byHour.reduce((sum, { numerator }) => sum + (numerator ?? 0), 0)).toBe(3);
    // The one that stays open is due in every hour after its limit.
    expect(byHour.at(-1)).toMatchObject({ denominator: 2 });
    const elsewhere = await running.figure("case.filing_rate", "&communityId=nowhere");
    expect(elsewhere).toMatchObject([{ value: null, denominator: 0 }]);
  });

  test("are opened up to the alerts behind them", async () => {
    await using running = await open();
    const { late } = await morning(running);
    const query = `from=${START}&to=${running.clock.now()}&category=street.road_soiled`;
    const { items } = await running.center.rest<{ items: { id: string; measures: string[]; alert: Alert }[] }>(
      "GET",
      `/kpis/case.handle_on_time/cases?${query}`,
    );
    expect(items.map(({ id, measures }) => [id, measures])).toEqual([[late.id, ["case.handleDue"]]]);
    expect(items[0]?.alert.ruleId).toBe("street.road_soiled");
  });

  test("are the same after a restart, and when they are reckoned anew from history", async () => {
    using directory = temporaryDirectory();
    let before: unknown;
    let now: number;
    {
      await using running = await open(directory.path);
      await morning(running);
      before = await all(running);
      now = running.clock.now();
    }
    await using running = await open(directory.path, now);
    expect(await all(running)).toEqual(before);

    const { center } = running.center;
    const kpis = createKpis({
      restored: { kpiRecords: [], alerts: [] },
      calendar: center.calendar,
      contextOf: ({ ruleId }) => ({
        recurs: center.alerting.rulebook.edition(ruleId)?.rule.recurs === true,
        line: "cleaning",
        contractor: "",
        points: usualPoints,
      }),
      startedAt: now,
      live: () => [],
    });
    const changes = new Changes();
    kpis.rebuild(await readHistory(center.store), changes);
    using other = temporaryDirectory();
    await using store = await openTestStore(other.path);
    await store.commit(batchOf([], { kpi: kpis.complete(changes) }));
    for (const measure of caseMeasures) {
      const query = {
        measure,
        from: START - DAY,
        to: now + 40 * DAY,
        by: ["category", "level", "communityId"] as const,
      };
      expect([measure, await store.kpiSums(query)]).toEqual([measure, await center.store.kpiSums(query)]);
    }
  });

  const all = async ({ center: { center }, clock }: Running) => {
    const { kpis, store } = center;
    const span = { from: START - HOUR, to: clock.now() };
    const question = {
      kpis: kpiCatalogue.filter(({ id }) => !/online/.test(id)),
      ...span,
      by: [],
      period: "hour" as const,
    };
    return answerKpis(
      question,
      { store, periods: kpis.periods, desks: 4, openCases: kpis.openCases, live: kpis.live },
      clock.now(),
    );
  };

  test("older than they are kept for are removed in steps, the rest stays", async () => {
    using directory = temporaryDirectory();
    const retention = {
      readingsMs: DAY,
      minutesMs: DAY,
      daysMs: DAY,
      personTracksMs: DAY,
      alertsMs: DAY,
      auditMs: DAY,
      quarantineMs: DAY,
      kpiMs: 10 * DAY,
    };
    await using store = await openTestStore(directory.path, { retention });
    const periods = createPeriods(chinaCalendar);
    const draft = new KpiDraft((at) => periods.start("hour", at));
    for (let hour = 0; hour < 20 * 24; hour++) {
      const contribution = { measure: "case.received", at: START + hour * HOUR, scope: EVERYWHERE, amount: 1 } as const;
      draft.replace(`case-${hour}`, [], [contribution], null);
    }
    await store.commit(batchOf([], { kpi: draft.finish() }));
    await store.retain(START + 20 * DAY);
    const kept = await store.kpiSums({ measure: "case.received", from: 0, to: START + 40 * DAY, by: [] });
    expect(kept).toHaveLength(10 * 24);
    const cases = await store.kpiCases({ measures: ["case.received"], from: 0, to: START + 40 * DAY, limit: 1_000 });
    expect(cases.items).toHaveLength(10 * 24);
  });

  test("relapse: counted when three days are over, at the place where it came back", async () => {
    await using running = await open();
    const { report, act, wait, figure } = running;
    const first = await report("street.illegal_dumping");
    await report("street.illegal_dumping", { lat: PLACE.lat + 0.01, lon: PLACE.lon }).then((alert) =>
      act(alert, "close"),
    );
    await act(first, "close");
    await wait(5 * HOUR);
    await report("street.illegal_dumping");
    expect(ratio(await figure("spot.relapse_rate"))).toEqual([0, 0]);
    await wait(3 * DAY);
    expect(await figure("spot.relapse_rate")).toMatchObject([{ value: 50, numerator: 1, denominator: 2 }]);
  });

  test("citizens' tickets count as their own system tells", async () => {
    await using running = await open();
    const { center, clock, wait, figure } = running;
    const ticket = { openedAt: START, dueAt: START + 2 * HOUR };
    await center.rest("PUT", "/tickets/T-1", ticket);
    await center.rest("PUT", "/tickets/T-2", ticket);
    await wait(HOUR);
    await center.rest("PUT", "/tickets/T-1", { ...ticket, closedAt: clock.now() });
    await wait(3 * HOUR);
    expect(ratio(await figure("citizen.on_time"))).toEqual([1, 2]);
    await center.rest("PUT", "/tickets/T-2", { ...ticket, cancelled: true });
    expect(ratio(await figure("citizen.on_time"))).toEqual([1, 1]);
    await expect(center.rest("PUT", "/tickets/T-3", { openedAt: 5, dueAt: 3 })).rejects.toThrow(
      /dueAt must not be before/,
    );
  });
});

describe("figures of readings", () => {
  const withDevices = async (...devices: [kind: string, id: string, attributes?: object][]) => {
    const running = await open();
    for (const [kind, id, attributes = {}] of devices) {
      await running.center.rest("POST", "/devices", { id, kind, place: PLACE, attributes });
    }
    return running;
  };

  test("an overflow lasts from its first full reading to its first low one, corrected by what comes late", async () => {
    await using running = await withDevices(["bin", "bin-1"]);
    const { say, wait, clock, figure } = running;
    for (let minute = 0; minute <= 30; minute += 5) {
      await say("bin", "bin-1", { fillPct: 98 });
      await wait(5 * MINUTE);
    }
    await say("bin", "bin-1", { fillPct: 10 });
    await wait(5 * MINUTE);
    await say("bin", "bin-1", { fillPct: 10 });
    await wait(MINUTE);
    expect(await figure("bin.overflow_duration")).toMatchObject([{ value: 40, denominator: 1 }]);
    expect(ratio(await figure("bin.overflow_on_time"))).toEqual([1, 1]);
    expect(clock.now()).toBeGreaterThan(START);
  });

  test("toilets by windows of ten minutes in opening hours", async () => {
    await using running = await withDevices(["toilet", "toilet-1", { toiletClass: 2 }]);
    const { say, wait, figure } = running;
    for (let minute = 0; minute < 60; minute += 5) {
      await say("toilet", "toilet-1", { nh3Ppm: minute < 20 ? 3 : 0.4, open: minute < 30 ? 1 : 0 });
      await wait(5 * MINUTE);
    }
    expect(ratio(await figure("toilet.compliance"))).toEqual([4, 6]);
    expect(ratio(await figure("toilet.availability"))).toEqual([30, 60]);
  });

  test("deposits in their hours, loads weighed once, and how old data is when it comes", async () => {
    await using running = await withDevices(
      ["foodWastePoint", "point-1", { depositHours: "8-10" }],
      ["station", "station-1"],
    );
    const { say, wait, figure, clock } = running;
    const card = { type: "card", code: "accepted", cardId: "c-1", weightKg: 2, sorted: true };
    await say("foodWastePoint", "point-1", { ...card, ts: clock.now() - 4 * SECOND }, "event");
    await wait(2 * HOUR);
    await say(
      "foodWastePoint",
      "point-1",
      { ...card, cardId: "c-2", sorted: false, ts: clock.now() - 4 * SECOND },
      "event",
    );
    await say("station", "station-1", { grossKg: 9_000, tareKg: 6_000, ts: clock.now() - 4 * SECOND });
    await wait(MINUTE);
    await say("station", "station-1", { grossKg: 9_000, tareKg: 6_000, ts: clock.now() - 4 * SECOND });
    await wait(MINUTE);
    expect(ratio(await figure("point.on_time_share"))).toEqual([1, 2]);
    expect(ratio(await figure("point.sort_accuracy"))).toEqual([1, 2]);
    expect(await figure("collect.tonnes", "&groupBy=category")).toMatchObject([
      { group: { category: "residual" }, value: 3_000 },
    ]);
    expect((await figure("data.freshness"))[0]?.value).toBeCloseTo(4, 0);
  });

  test("online minutes stop when a device falls silent", async () => {
    await using running = await withDevices(["bin", "bin-1"], ["bin", "bin-2"]);
    const { say, wait, figure } = running;
    await say("bin", "bin-1", { fillPct: 10 });
    await say("bin", "bin-2", { fillPct: 10 });
    // The second is missed after three quarters of an hour.
    for (let quarter = 0; quarter < 8; quarter++) {
      await wait(15 * MINUTE);
      await say("bin", "bin-1", { fillPct: 10 });
    }
    const [online] = await figure("device.online");
    expect(online?.denominator).toBeCloseTo(240, 0);
    expect(online?.numerator).toBeCloseTo(120 + 45, 0);
  });
});

describe("figures that are looked up", () => {
  test("places where it came back three times, shops that hand over, blind spots without a camera", async () => {
    await using running = await open();
    const { center, report, act, wait, say, figure } = running;
    for (let time = 0; time < 3; time++) {
      await act(await report("street.illegal_dumping"), "close");
      await wait(DAY);
    }
    expect(await figure("spot.chronic")).toMatchObject([{ value: 1 }]);
    await center.rest("POST", "/devices", { id: "point-1", kind: "foodWastePoint", place: PLACE });
    const card = (merchantCode: string) =>
      say(
        "foodWastePoint",
        "point-1",
        { type: "card", code: "accepted", cardId: merchantCode, merchantCode, weightKg: 9 },
        "event",
      );
    await card("YT-1");
    await card("YT-2");
    await wait(2 * DAY);
    await card("YT-1");
    await wait(HOUR);
    const today = `&from=${running.clock.now() - 2 * HOUR}`;
    const items = (await center.rest<{ items: Answer[] }>("GET", `/kpis?id=merchant.report_rate${today}`)).items;
    expect(items).toMatchObject([{ value: 50, numerator: 1, denominator: 2 }]);
    const [watched] = await figure("ai.coverage");
    expect(watched).toMatchObject({ value: 0, numerator: 0 });
    expect(watched?.denominator).toBeGreaterThan(10);
  });

  test("the city's index stands beside them with its period: the newest that had begun", async () => {
    await using running = await open();
    const { center, figure } = running;
    const scores = (id: string) => center.rest<{ items: object[] }>("GET", `/kpis?id=city.index${id}`);
    expect(await figure("city.index")).toMatchObject([{ value: null }]);
    await center.rest("POST", "/city-index", [
      { period: "2026-Q2", index: 88.2 },
      { period: "2026-Q3", index: 91.4 },
      { period: "2026-Q4", index: 95 },
    ]);
    expect(await figure("city.index")).toMatchObject([{ value: 91.4, period: "2026-Q3" }]);
    const june = `&from=${Date.UTC(2026, 5, 1)}&to=${Date.UTC(2026, 5, 20)}`;
    expect((await scores(june)).items).toMatchObject([{ value: 88.2, period: "2026-Q2" }]);
    const csv = await fetch(`${center.http}/api/v1/kpis?id=city.index&format=csv${june}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(await csv.text()).toContain("市容环境综合指数 2026-Q2");
  });

  test("roads in any sweeping plan by area, of all roads", async () => {
    await using running = await open();
    const { center, figure } = running;
    const [before] = await figure("sweep.coverage");
    expect(before).toMatchObject({ value: 0, numerator: 0 });
    const sections = [...center.center.operations.ground.sections.values()];
    const all = sections.reduce((sum, { lengthM, widthM }) => sum + lengthM * widthM, 0);
    expect(before?.denominator).toBeCloseTo(all, 0);
    const [first, second] = sections;
    if (!first || !second) throw new Error("no sections");
    const windows = { from: "05:00", to: "07:00" };
    const sweep = { kind: "sweep", sections: [{ sectionId: first.id, ...windows }] };
    await center.rest("PUT", "/registry/plans/sweep-1", sweep);
    const [after] = await figure("sweep.coverage");
    expect(after?.numerator).toBeCloseTo(first.lengthM * first.widthM, 0);
  });

  test("tasks of one line: asked for with another line's token they are nobody's", async () => {
    await using running = await open();
    const { center, clock, figure } = running;
    await center.center.operate((now, changes) => {
      for (const [line, done] of [
        ["greening", 1],
        ["greening", 0],
        ["pestControl", 1],
        ["cleaning", 0],
      ] as const) {
        const scope = { ...EVERYWHERE, line };
        center.center.kpis.add({ measure: "task.due", at: now, scope, amount: 1 }, changes);
        if (done) center.center.kpis.add({ measure: "task.done", at: now, scope, amount: 1 }, changes);
      }
    });
    clock.advanceTo(clock.now() + HOUR);
    expect(await figure("task.green")).toMatchObject([{ value: 50, numerator: 1, denominator: 2 }]);
    expect(await figure("task.pest")).toMatchObject([{ value: 100, numerator: 1, denominator: 1 }]);
    expect(await figure("task.completion")).toMatchObject([{ value: 50, numerator: 2, denominator: 4 }]);
    expect(await figure("task.green", "&line=pestControl")).toMatchObject([{ value: null, denominator: 0 }]);
  });

  test("what a contractor loses is the city's to say, for cases that open from then on", async () => {
    await using running = await open(undefined, START, { CONTRACTOR_POINTS_REWORK: "4" });
    const { center, report, act, wait, figure } = running;
    await center.rest("PUT", "/registry/contractors/c-1", { name: "North", lines: ["cleaning"] });
    await center.rest("PUT", "/registry/crews/crew-1", { name: "First", line: "cleaning", contractorId: "c-1" });
    const alert = await report("street.road_soiled");
    await act(alert, "dispatch", { crewId: "crew-1" });
    await act(alert, "accept");
    await act(alert, "handle");
    await act(alert, "rework", { note: "oil is left" });
    await wait(MINUTE);
    expect(await figure("contractor.score", "&groupBy=contractor")).toMatchObject([{ numerator: 4 }]);
  });

  test("a contractor loses points for late and returned cases, and has no score without cases", async () => {
    await using running = await open();
    const { center, report, act, wait, figure } = running;
    await center.rest("PUT", "/registry/contractors/c-1", { name: "North", lines: ["cleaning"] });
    await center.rest("PUT", "/registry/crews/crew-1", { name: "First", line: "cleaning", contractorId: "c-1" });
    expect(await figure("contractor.score")).toMatchObject([{ value: null }]);
    const alert = await report("street.road_soiled");
    await act(alert, "dispatch", { crewId: "crew-1" });
    await act(alert, "accept");
    await wait(HOUR);
    await act(alert, "handle");
    await act(alert, "rework", { note: "oil is left" });
    await wait(3 * HOUR);
    await act(alert, "handle");
    const [score] = await figure("contractor.score", "&groupBy=contractor");
    expect(score).toMatchObject({ group: { contractor: "c-1" }, value: 98.5, numerator: 1.5, denominator: 1 });
  });
});

test("live tiles follow the commits", async () => {
  await using running = await open();
  const { center } = running.center;
  const tile = (name: string) => center.tiles.get(name)?.value;
  expect([tile("open.level3"), tile("alerts.today"), tile("onTime.today")]).toEqual([0, 0, null]);
  const alert = await running.report("street.exposed_garbage");
  expect([tile("open.level3"), tile("alerts.today"), tile("cases.filedToday")]).toEqual([1, 1, 1]);
  await running.wait(6 * MINUTE);
  await running.act(alert, "acknowledge");
  await running.act(alert, "close");
  expect([tile("open.level3"), tile("mtta.today"), tile("onTime.today"), tile("cases.closedToday")]).toEqual([
    0, 6, 100, 1,
  ]);
  await running.wait(DAY);
  await running.report("street.exposed_garbage", { lat: PLACE.lat + 0.01, lon: PLACE.lon });
  expect([tile("alerts.today"), tile("mtta.today")]).toEqual([1, null]);
});
