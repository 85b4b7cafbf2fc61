import type { Changes } from "../center/changes.ts";
import type { SeenObservation } from "../center/subject.ts";
import { type Calendar, dateOf } from "../domain/calendar.ts";
import { depositedKg } from "../domain/deposits.ts";
import type { Level } from "../domain/levels.ts";
import type { Place } from "../domain/place.ts";
import { DAY, type Millis } from "../domain/time.ts";
import type { DerivedProblem } from "./alerting.ts";
import type { Rule } from "./rule.ts";

/**
 * The kitchen-waste ledger of the shops (一店一号): what each handed over on each sanitation day, and whether it has stopped.
 * A shop is known by the `merchantCode` of its card; the alert is about the shop, wherever it hands over.
 */

export const NO_DEPOSIT_RULE = "merchant.no_deposit";
const COLLECTION = "merchants";
const WEEK = 7;
const WEEKS_KEPT = 9;
const KEPT_DAYS = WEEKS_KEPT * WEEK;
/** A shop that was silent for so long is closed for good; it is forgotten with its alert. */
const FORGOTTEN_AFTER_DAYS = 180;

interface Ledger {
  readonly place: Place | null;
  readonly firstDay: number;
  readonly lastDay: number;
  /** Kilograms by day number; days without a handover are absent. */
  readonly kgByDay: Readonly<Record<string, number>>;
}

export type MerchantTimer = { readonly type: "merchants" };

export interface MerchantParts {
  readonly documents: readonly { collection: string; id: string; body: unknown }[];
  readonly calendar: Calendar;
  readonly rule: () => Rule | undefined;
  readonly timer: (dueAt: Millis, timer: MerchantTimer) => void;
  /** Since when the shop's alert stands; null when none does. */
  readonly standsSince: (merchantCode: string) => Millis | null;
  readonly holds: (problem: DerivedProblem, now: Millis, changes: Changes) => void;
  readonly over: (merchantCode: string, at: Millis, note: string, changes: Changes) => void;
}

/** The middle of the values; of an even number the mean of the two in the middle; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return 0;
  const high = sorted[Math.floor(middle)] as number;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] as number) + high) / 2;
}

export type Merchants = ReturnType<typeof createMerchants>;

export function createMerchants(parts: MerchantParts) {
  const { documents, calendar, rule, timer, standsSince, holds, over } = parts;
  const ledgers = new Map<string, Ledger>();
  for (const { collection, id, body } of documents) if (collection === COLLECTION) ledgers.set(id, body as Ledger);

  /** Number of the sanitation day. */
  const dayOf = (at: Millis): number => calendar.dayNumber(at - calendar.dayStartsMinutes * 60_000);
  const dayEnds = (day: number): Millis => calendar.instant(day + 1, calendar.dayStartsMinutes);
  const sum = ({ kgByDay }: Ledger, from: number, to: number): number => {
    let kg = 0;
    for (let day = from; day <= to; day++) kg += kgByDay[day] ?? 0;
    return kg;
  };

  const thresholds = () => {
    const given = rule()?.thresholds ?? {};
    const number = (name: string, preset: number) => Number(given[name] ?? preset);
    return {
      daysAtZero: number("daysAtZero", 3),
      weekShare: number("weekShareOfMedian", 0.3),
      weeks: Math.min(WEEKS_KEPT - 1, number("medianWeeks", 4)),
      clearShare: number("clearShareOfMedian", 0.5),
      seriousAfterDays: number("seriousAfterDays", 30),
    };
  };

  /** What the shop usually hands over in a week: the median of the weeks before the last one. */
  const usualWeek = (ledger: Ledger, day: number, weeks: number): number => {
    const known: number[] = [];
    for (let week = 1; week <= weeks; week++) {
      const to = day - week * WEEK;
      if (to - WEEK + 1 >= ledger.firstDay) known.push(sum(ledger, to - WEEK + 1, to));
    }
    return median(known);
  };

  const businessDaysAtZero = (ledger: Ledger, day: number): number => {
    let zero = 0;
    for (let back = day; back > ledger.lastDay; back--) if (calendar.dayKind(dateOf(back)) === "workingDay") zero++;
    return zero;
  };

  const put = (code: string, ledger: Ledger | null, changes: Changes) => {
    if (ledger) ledgers.set(code, ledger);
    else ledgers.delete(code);
    changes.putDocument(COLLECTION, code, ledger && { ...ledger, place: ledger.place && { ...ledger.place } });
  };

  const judge = (code: string, ledger: Ledger, day: number, at: Millis, changes: Changes) => {
    const { daysAtZero, weekShare, weeks, clearShare, seriousAfterDays } = thresholds();
    const usualKg = usualWeek(ledger, day, weeks);
    const weekKg = sum(ledger, day - WEEK + 1, day);
    const zeroDays = businessDaysAtZero(ledger, day);
    const since = standsSince(code);
    const stopped = zeroDays >= daysAtZero;
    // Who handed over properly on the last day is on its way back, though the week as a whole is still low.
    const recovering = sum(ledger, day, day) >= (usualKg / WEEK) * clearShare;
    const dropped = usualKg > 0 && weekKg < usualKg * weekShare && !recovering;
    if (stopped || dropped) {
      const serious = since !== null && at - since >= seriousAfterDays * DAY;
      const facts = {
        merchantCode: code,
        businessDaysAtZero: zeroDays,
        weekKg: round(weekKg),
        usualWeekKg: round(usualKg),
      };
      const level = serious ? { level: 3 as Level } : {};
      const subject = { kind: "merchant" as const, id: code };
      holds({ ruleId: NO_DEPOSIT_RULE, subtype: null, subject, place: ledger.place, at, ...level, facts }, at, changes);
    } else if (since !== null && weekKg >= usualKg * clearShare) {
      over(code, at, `handed over ${round(weekKg)} kg in a week`, changes);
    }
  };

  return {
    arm(now: Millis): void {
      timer(dayEnds(dayOf(now)), { type: "merchants" });
    },

    /** A shop's card was read with a weight. Late cards count on their own day. */
    see({ event, metrics, subject, at }: SeenObservation, now: Millis, changes: Changes): void {
      if (event?.type !== "card" || event.code === "refused") return;
      const code = event.details?.merchantCode;
      const kg = depositedKg(event, metrics) ?? 0;
      if (typeof code !== "string" || code === "" || code.length > 64 || !(kg > 0)) return;
      const day = dayOf(at);
      const known = ledgers.get(code) ?? { place: subject.place, firstDay: day, lastDay: day, kgByDay: {} };
      const oldest = dayOf(now) - KEPT_DAYS;
      if (day < oldest) return;
      const kept: [string, number][] = Object.entries({ ...known.kgByDay, [day]: (known.kgByDay[day] ?? 0) + kg });
      const next: Ledger = {
        place: day >= known.lastDay ? subject.place : known.place,
        firstDay: Math.min(known.firstDay, day),
        lastDay: Math.max(known.lastDay, day),
        kgByDay: Object.fromEntries(kept.filter(([one]) => Number(one) >= oldest)),
      };
      put(code, next, changes);
      // Half of a usual day in one handover: it is back, whatever the week was.
      const { weeks, clearShare } = thresholds();
      const usualDayKg = usualWeek(next, dayOf(now), weeks) / WEEK;
      if (standsSince(code) !== null && day === dayOf(now) && kg >= usualDayKg * clearShare) {
        over(code, at, `handed over ${round(kg)} kg`, changes);
      }
    },

    /** Shops that were active up to a span, and whether they handed anything over in it. */
    *shops(from: Millis, to: Millis): Generator<{ readonly place: Place | null; readonly handedOver: boolean }> {
      const [first, last] = [dayOf(from), dayOf(to - 1)];
      for (const { place, firstDay, lastDay, kgByDay } of ledgers.values()) {
        if (firstDay > last || first - lastDay > FORGOTTEN_AFTER_DAYS) continue;
        const handedOver = Object.keys(kgByDay).some((day) => Number(day) >= first && Number(day) <= last);
        yield { place, handedOver };
      }
    },

    /** A sanitation day is over: every shop is looked at once. */
    fire(dueAt: Millis, changes: Changes): void {
      const day = dayOf(dueAt) - 1;
      timer(dayEnds(day + 1), { type: "merchants" });
      if (!rule()?.enabled) return;
      for (const [code, ledger] of [...ledgers]) {
        if (day - ledger.lastDay < FORGOTTEN_AFTER_DAYS) judge(code, ledger, day, dueAt, changes);
        else put(code, null, changes);
      }
    },
  };
}

const round = (kg: number): number => Number(kg.toFixed(1));
