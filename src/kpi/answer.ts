import type { Millis } from "../domain/time.ts";
import { HOUR, MINUTE, SECOND } from "../domain/time.ts";
import type { KpiQuery, KpiSum, KpiWithin } from "../store/questions.ts";
import type { Store } from "../store/store.ts";
import { type CaseRecord, closeByOf, counts } from "./cases.ts";
import type { Kpi } from "./catalogue/shapes.ts";
import { CITY_INDEX, type CityIndex, firstMonthOf, indexesIn } from "./city-index.ts";
import type { Live, LivePart } from "./live.ts";
import { EVERYWHERE, type Measure, percentile, type Scope } from "./measures.ts";
import type { Period, Periods } from "./periods.ts";

/** A figure of one group and period. `value` is null where there is nothing to reckon from: never 0, never 100 %. */
export interface KpiAnswer {
  readonly id: string;
  readonly from: Millis;
  readonly to: Millis;
  readonly group: { readonly [name in keyof Scope]?: string | number };
  readonly value: number | null;
  readonly numerator: number | null;
  readonly denominator: number | null;
  readonly p50?: number | null;
  readonly p90?: number | null;
  /** Of a figure that was taken over: the period it was published for, as `2026-Q3`. */
  readonly period?: string;
}

export interface KpiQuestion {
  readonly kpis: readonly Kpi[];
  readonly from: Millis;
  readonly to: Millis;
  readonly by: readonly (keyof Scope)[];
  readonly period: Period | null;
  readonly within?: KpiWithin | undefined;
}

export interface AnswerParts {
  readonly store: Pick<Store, "kpiSums" | "documents">;
  readonly periods: Periods;
  readonly desks: number;
  readonly openCases: () => Iterable<CaseRecord>;
  readonly live: Live;
  /** Ends the work when nobody waits for the figures any more; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
}

type Span = "from" | "to" | "group";

interface Cell {
  amount: number;
  ms: number;
  readonly bins: Map<number, number>;
  readonly perHour: Map<Millis, number>;
}
const emptyCell = (): Cell => ({ amount: 0, ms: 0, bins: new Map(), perHour: new Map() });

/** Rates have two decimals. */
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Reckons figures from counters of the asked range; the range is made of whole hours. */
export async function answerKpis(
  { kpis, from, to, by, period, within }: KpiQuestion,
  { store, periods, desks, openCases, live, signal }: AnswerParts,
  now: Millis,
): Promise<KpiAnswer[]> {
  const answers: KpiAnswer[] = [];
  const known = new Map<string, Promise<readonly KpiSum[]>>();
  const sums = (measure: Measure, since: Millis, until: Millis, line?: string) => {
    signal?.throwIfAborted();
    const key = `${measure} ${since} ${until} ${line ?? ""}`;
    const reach = withinLine(within, line);
    const query: KpiQuery = { measure, from: since, to: until, by, ...(reach && { within: reach }) };
    const asked = known.get(key) ?? store.kpiSums(query);
    known.set(key, asked);
    return asked;
  };
  const spans = period ? [...periods.split(period, from, to)] : [{ from, to }];

  /** Sums of some measures by group and span. */
  const cells = async (measures: readonly Measure[], line?: string) => {
    const table = new Map<string, Map<Millis, Cell>>();
    for (const measure of measures) {
      for (const { hour, bin, amount, ms, group } of await sums(measure, from, to, line)) {
        const start = period ? Math.max(from, periods.start(period, hour)) : from;
        const cell = cellOf(table, group, start);
        cell.amount += amount;
        cell.ms += ms;
        cell.bins.set(bin, (cell.bins.get(bin) ?? 0) + amount);
        cell.perHour.set(hour, (cell.perHour.get(hour) ?? 0) + amount);
      }
    }
    return table;
  };

  /** Due before an instant and open at it, by group: what is open now, reckoned back. */
  const backlogAt = async (instant: Millis): Promise<Map<string, number>> => {
    const open = new Map<string, number>();
    const until = periods.next("hour", now);
    const add = (group: KpiSum["group"], amount: number) => {
      const key = JSON.stringify(group);
      open.set(key, (open.get(key) ?? 0) + amount);
    };
    for (const record of openCases()) {
      const closeBy = closeByOf(record);
      const overdue = record.civic && counts(record) && record.filedAt !== null && record.closedAt === null;
      if (!overdue || closeBy === null || closeBy >= until || !isWithin(scopeOf(record), within)) continue;
      add(Object.fromEntries(by.map((name) => [name, scopeOf(record)[name]])), 1);
    }
    if (instant < until) {
      for (const { group, amount } of await sums("case.closeDue", instant, until)) add(group, -amount);
      for (const { group, amount } of await sums("case.closed", instant, until)) add(group, amount);
    }
    return open;
  };

  const lookUp = (kpi: Kpi) => {
    for (const span of spans) {
      const groups = new Map<string, { all: number; counting: number }>();
      if (by.length === 0) groups.set("{}", { all: 0, counting: 0 });
      for (const part of live(kpi.id, span, now)) {
        const scope = { ...EVERYWHERE, ...placeOf(part), category: part.category };
        if (!isWithin(scope, within)) continue;
        const key = JSON.stringify(Object.fromEntries(by.map((name) => [name, scope[name]])));
        const { all, counting } = groups.get(key) ?? { all: 0, counting: 0 };
        const { amount = 1 } = part;
        groups.set(key, { all: all + amount, counting: counting + (part.counts ? amount : 0) });
      }
      for (const [key, { all, counting }] of groups) {
        const figures =
          kpi.how === "liveCount"
            ? { value: counting, numerator: counting, denominator: null }
            : {
                value: all > 0 ? rounded((counting / all) * 100) : null,
                numerator: rounded(counting),
                denominator: rounded(all),
              };
        answers.push({ id: kpi.id, ...span, group: JSON.parse(key), ...figures });
      }
    }
  };

  for (const kpi of kpis) {
    if (kpi.how === "live" || kpi.how === "liveCount") {
      lookUp(kpi);
      continue;
    }
    if (kpi.how === "imported") {
      const published = indexesIn(await store.documents(CITY_INDEX));
      const group = noGroup(by);
      for (const span of spans) answers.push({ id: kpi.id, ...span, group, ...newestBy(published, span.to, periods) });
      continue;
    }
    const top = await cells(kpi.numerator, kpi.line);
    const below = kpi.denominator && (await cells(kpi.denominator, kpi.line));
    const inherited = kpi.how === "backlog" ? await Promise.all(spans.map((span) => backlogAt(span.from))) : [];
    const groups = new Set([...top.keys(), ...(below?.keys() ?? []), ...inherited.flatMap((open) => [...open.keys()])]);
    if (groups.size === 0 || by.length === 0) groups.add(by.length === 0 ? "{}" : JSON.stringify(noGroup(by)));
    for (const key of groups) {
      for (const [index, span] of spans.entries()) {
        const numerator = top.get(key)?.get(span.from) ?? emptyCell();
        const denominator = below ? (below.get(key)?.get(span.from) ?? emptyCell()) : null;
        if (denominator) denominator.amount += Math.max(0, inherited[index]?.get(key) ?? 0);
        const hours = (span.to - span.from) / HOUR;
        answers.push({
          id: kpi.id,
          ...span,
          group: JSON.parse(key),
          ...reckon(kpi, numerator, denominator, { hours, desks }),
        });
      }
    }
  }
  return answers;
}

function cellOf(table: Map<string, Map<Millis, Cell>>, group: KpiSum["group"], start: Millis): Cell {
  const key = JSON.stringify(group);
  let spans = table.get(key);
  if (!spans) {
    spans = new Map();
    table.set(key, spans);
  }
  let cell = spans.get(start);
  if (!cell) {
    cell = emptyCell();
    spans.set(start, cell);
  }
  return cell;
}

/** What a reader asks for, narrowed to the line that a figure is about. */
export function withinLine(within: KpiWithin | undefined, line: string | undefined): KpiWithin | undefined {
  if (line === undefined) return within;
  const lines = within?.line === undefined || within.line.includes(line) ? [line] : [];
  return { ...within, line: lines };
}

/** The district's score as it was published last before an instant. */
function newestBy(published: readonly CityIndex[], until: Millis, periods: Periods): Omit<KpiAnswer, "id" | Span> {
  const month = periods.dateAt(until - 1).slice(0, 7);
  const found = published.findLast((one) => firstMonthOf(one) <= month);
  const value = found?.index ?? null;
  return { value, numerator: null, denominator: null, ...(found && { period: found.period }) };
}

const noGroup = (by: readonly (keyof Scope)[]) => Object.fromEntries(by.map((name) => [name, ""]));

const scopeOf = ({ communityId, gridId, line, contractor, level, ruleId }: CaseRecord): Scope => ({
  communityId,
  gridId,
  line,
  contractor,
  level,
  category: ruleId,
  source: "",
});

const placeOf = ({ place }: LivePart) => ({ communityId: place?.communityId ?? "", gridId: place?.gridId ?? "" });

function isWithin(scope: Scope, within: KpiWithin | undefined): boolean {
  return Object.entries(within ?? {}).every(
    ([name, allowed]) => (allowed as readonly unknown[] | undefined)?.includes(scope[name as keyof Scope]) ?? true,
  );
}

type Value = Pick<KpiAnswer, "value" | "numerator" | "denominator" | "p50" | "p90">;

function reckon(
  { how = "ratio", denominator: measures, unit }: Kpi,
  top: Cell,
  below: Cell | null,
  { hours, desks }: { hours: number; desks: number },
): Value {
  const { amount } = top;
  if (how === "duration") {
    const inMinutes = (ms: number | null) => (ms === null ? null : rounded(ms / MINUTE));
    return {
      value: amount > 0 ? rounded(top.ms / amount / MINUTE) : null,
      numerator: rounded(top.ms / MINUTE),
      denominator: amount,
      p50: inMinutes(percentile(top.bins, 0.5)),
      p90: inMinutes(percentile(top.bins, 0.9)),
    };
  }
  if (how === "p95") {
    const p95 = percentile(top.bins, 0.95);
    return { value: p95 === null ? null : rounded(p95 / SECOND), numerator: null, denominator: amount };
  }
  if (how === "perDeskHour") {
    const counted = [...top.perHour.values()].sort((a, b) => a - b);
    // Hours without an alert count: their number is what is missing.
    const rank = Math.ceil(hours * 0.95) - (Math.round(hours) - counted.length) - 1;
    const busy = rank < 0 ? 0 : (counted[rank] ?? 0);
    return { value: desks > 0 ? rounded(busy / desks) : null, numerator: busy, denominator: desks };
  }
  if (how === "score") {
    const due = below?.amount ?? 0;
    return { value: due > 0 ? rounded(100 - amount) : null, numerator: rounded(amount), denominator: due };
  }
  if (measures === null || !below) return { value: rounded(amount), numerator: rounded(amount), denominator: null };
  const whole = below.amount;
  const part = how === "rest" ? whole - amount : amount;
  const times = unit === "percent" || unit === "litresPer100Km" ? 100 : 1;
  return {
    value: whole > 0 ? rounded((part / whole) * times) : null,
    numerator: rounded(part),
    denominator: rounded(whole),
  };
}
