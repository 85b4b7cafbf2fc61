import { describe, expect, test } from "vitest";
import { catalogue } from "../src/alerts/catalogue.ts";
import type { Rule } from "../src/alerts/rule.ts";
import { DAY, HOUR } from "../src/domain/time.ts";
import { MORNING, openDesk, type TestDesk } from "./support/alert-desk.ts";

/** Tuesday, 1 September 2026, 13:00: well before the autumn holidays. */
const START = MORNING - 21 * DAY + 3 * HOUR;

function shop(rules: readonly Rule[] = catalogue) {
  const desk = openDesk({ startedAt: START, rules });
  desk.add("point-1", "foodWastePoint");
  return desk;
}

function handOver(desk: TestDesk, kg: number, at = desk.now) {
  const details = { cardId: "c-7", merchantCode: "YT-0007", weightKg: kg };
  desk.say("point-1", {}, { type: "card", code: "accepted", details }, at);
}

/** So many days with one handover each, in the middle of the day. */
function days(desk: TestDesk, count: number, kg: number) {
  for (let day = 0; day < count; day++) {
    if (kg > 0) handOver(desk, kg);
    desk.wait(DAY);
  }
}
const alert = (desk: TestDesk) => desk.all("merchant.no_deposit").at(-1);

describe("a shop that hands over kitchen waste", () => {
  test("every day is no news", () => {
    const desk = shop();
    days(desk, 40, 20);
    expect(alert(desk)).toBeUndefined();
  });

  test("and stops: told after three business days, the weekend not counted", () => {
    const desk = shop();
    // The last handover is on Saturday the 5th; Monday, Tuesday and Wednesday are at zero.
    days(desk, 5, 20);
    days(desk, 3, 0);
    expect(alert(desk)).toBeUndefined();
    days(desk, 1, 0);
    expect(alert(desk)).toMatchObject({ level: 4, subject: { kind: "merchant", id: "YT-0007" }, clearedAt: null });
    expect(alert(desk)?.evidence[0]).toMatchObject({ businessDaysAtZero: 3 });
  });

  test("and hands over next to nothing: told by its own usual week, over when it is back", () => {
    const desk = shop();
    days(desk, 35, 20);
    days(desk, 8, 3);
    expect(alert(desk)?.evidence[0]).toMatchObject({ usualWeekKg: 140, businessDaysAtZero: 0 });
    handOver(desk, 3);
    expect(alert(desk)?.clearedAt).toBeNull();
    handOver(desk, 15);
    expect(alert(desk)?.clearedAt).toBe(desk.now);
    days(desk, 4, 18);
    expect(desk.all("merchant.no_deposit").filter(({ clearedAt }) => clearedAt === null)).toEqual([]);
  });

  test("is told more gravely in the second month", () => {
    // Its own overdue target would raise it as well.
    const rules = catalogue.map((rule) => (rule.id === "merchant.no_deposit" ? { ...rule, target: null } : rule));
    const desk = shop(rules);
    days(desk, 5, 20);
    days(desk, 33, 0);
    expect(alert(desk)?.level).toBe(4);
    days(desk, 6, 0);
    expect(alert(desk)?.level).toBe(3);
  });

  test("whose card comes late counts on its own day", () => {
    const desk = shop();
    days(desk, 10, 20);
    days(desk, 4, 0);
    handOver(desk, 20, desk.now - 2 * DAY);
    desk.wait(DAY);
    expect(alert(desk)).toBeUndefined();
  });
});
