import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chinaCalendar } from "../src/domain/calendar.ts";
import { DAY, HOUR, MINUTE, type Millis } from "../src/domain/time.ts";
import { answerKpis } from "../src/kpi/answer.ts";
import { type CaseRecord, contributionsOf } from "../src/kpi/cases.ts";
import { kpiCatalogue } from "../src/kpi/catalogue.ts";
import { KpiDraft } from "../src/kpi/ledger.ts";
import { createPeriods } from "../src/kpi/periods.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { batchOf, openTestStore } from "./support/store.ts";

/** Three published bulletins, rebuilt from cases that have these counts: their ratios must come out. */

const periods = createPeriods(chinaCalendar);
/** Monday, 21 September 2026, 05:00 in Yutang. */
const FROM = periods.start("week", Date.UTC(2026, 8, 22));
const TO = FROM + 7 * DAY;

const blank: CaseRecord = {
  id: "case",
  ruleId: "street.exposed_garbage",
  communityId: "tianliao",
  gridId: "grid-1",
  line: "cleaning",
  contractor: "",
  level: 3,
  finder: "inspector",
  camera: "",
  seen: "",
  civic: true,
  rang: true,
  state: "acknowledged",
  confirmed: true,
  firstAt: FROM,
  openedAt: FROM,
  knownAt: FROM,
  filedAt: FROM,
  acknowledgedAt: null,
  dispatchedAt: null,
  handledAt: null,
  checkedAt: null,
  passed: false,
  returnedAt: [],
  reworkedAt: [],
  extendedAt: [],
  clearedAt: null,
  closedAt: null,
  targetAt: null,
  limitAt: null,
  relapsed: false,
};

interface Bulletin {
  readonly received?: number;
  readonly filed: number;
  readonly dispatched?: number;
  readonly due: number;
  readonly closed: number;
  readonly inTime: number;
  readonly rework?: number;
  readonly extended?: number;
  /** Due for handling, and handled in time. */
  readonly handleDue?: number;
  readonly handledInTime?: number;
}

/** Cases that have exactly these counts. What is due beyond what was filed was inherited from the week before. */
function casesOf(bulletin: Bulletin): CaseRecord[] {
  const { received = bulletin.filed, filed, due, closed, inTime } = bulletin;
  const inherited = Math.max(0, due - filed) + Math.min(500, due - closed);
  const dueHere = due - inherited;
  const late = closed - inTime;
  const cases: CaseRecord[] = [];
  const at = (share: number): Millis => FROM + HOUR + Math.floor(share * 5 * DAY);
  for (let index = 0; index < inherited; index++) {
    const closedAt = index < Math.min(inherited, late) ? at(index / inherited) : null;
    const openedAt = FROM - 5 * DAY;
    cases.push({ ...blank, openedAt, filedAt: openedAt, limitAt: FROM - DAY, closedAt });
  }
  const lateHere = late - Math.min(inherited, late);
  for (let index = 0; index < filed; index++) {
    const openedAt = at(index / filed);
    const isDue = index < dueHere;
    const closedInTime = index < inTime;
    const closedLate = !closedInTime && index < inTime + lateHere;
    cases.push({
      ...blank,
      openedAt,
      filedAt: openedAt,
      dispatchedAt: index < (bulletin.dispatched ?? filed) ? openedAt + MINUTE : null,
      // Some are closed early, with a limit beyond the week: they are due in it all the same.
      limitAt: isDue && !(closedInTime && index % 2 === 0) ? openedAt + 3 * HOUR : TO + DAY,
      closedAt: closedInTime ? openedAt + HOUR : closedLate ? openedAt + 4 * HOUR : null,
      reworkedAt: index < (bulletin.rework ?? 0) ? [openedAt + HOUR] : [],
      extendedAt: index < (bulletin.extended ?? 0) ? [openedAt + HOUR] : [],
      ...(bulletin.handleDue !== undefined && {
        targetAt: index < bulletin.handleDue ? openedAt + 2 * HOUR : TO + DAY,
        handledAt: index < (bulletin.handledInTime ?? 0) ? openedAt + HOUR : null,
        closedAt: null,
        limitAt: null,
      }),
    });
  }
  for (let index = filed; index < received; index++) {
    cases.push({ ...blank, state: "falsePositive", filedAt: null, closedAt: FROM + DAY });
  }
  return cases;
}

const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());

describe.for([
  [
    "Zhengzhou, a week",
    {
      received: 51_571,
      filed: 51_229,
      dispatched: 49_151,
      due: 52_434,
      closed: 43_523,
      inTime: 40_394,
      rework: 276,
      extended: 104,
    },
    {
      "case.filing_rate": 99.34,
      "case.dispatch_rate": 95.94,
      "case.close_rate": 83.01,
      "case.close_on_time": 77.04,
      "case.rework_rate": 0.53,
      "case.extension_rate": 0.2,
    },
  ],
  [
    "Tianmen, a month",
    { filed: 996, due: 972, closed: 911, inTime: 737 },
    { "case.close_rate": 93.72, "case.close_on_time": 75.82 },
  ],
  [
    "Huai'an, handling",
    { filed: 15_000, due: 0, closed: 0, inTime: 0, handleDue: 14_690, handledInTime: 13_568 },
    { "case.handle_on_time": 92.36 },
  ],
  [
    "Huai'an, closing",
    { filed: 14_500, due: 14_173, closed: 13_599, inTime: 13_117 },
    { "case.close_rate": 95.95, "case.close_on_time": 92.55 },
  ],
] as const)("%s", ([name, bulletin, ratios]) => {
  let answers: Map<string, number | null>;
  let byDay: { sum: number; whole: number };

  beforeAll(async () => {
    const cases = casesOf(bulletin);
    const draft = new KpiDraft((at) => periods.start("hour", at));
    for (const record of cases) {
      for (const contribution of contributionsOf(record, { recurs: false }, periods, (at) =>
        chinaCalendar.hourOfDay(at),
      ))
        draft.add(contribution);
    }
    await using store = await openTestStore(`${directory.path}/${name}`);
    await store.commit(batchOf([], { kpi: draft.finish() }));
    const kpis = kpiCatalogue.filter(({ id }) => id in ratios);
    const parts = { store, periods, desks: 4, openCases: () => cases, live: () => [] };
    const question = { kpis, from: FROM, to: TO, by: [], period: null };
    answers = new Map((await answerKpis(question, parts, TO)).map(({ id, value }) => [id, value]));
    const closing = kpiCatalogue.filter(({ id }) => id === "case.close_rate");
    const days = await answerKpis({ ...question, kpis: closing, period: "day" }, parts, TO);
    const week = await answerKpis({ ...question, kpis: closing }, parts, TO);
    byDay = { sum: days.reduce((sum, { numerator }) => sum + (numerator ?? 0), 0), whole: week[0]?.numerator ?? -1 };
  }, 30_000);

  test.for(Object.entries(ratios))("%s is %d", ([id, published]) => {
    expect(answers.get(id)).toBe(published);
  });

  test("what was closed on its days was closed in its week", () => {
    expect(byDay.sum).toBe(byDay.whole);
  });
});
