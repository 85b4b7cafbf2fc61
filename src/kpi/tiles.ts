import type { Changes } from "../center/changes.ts";
import { Revisions } from "../center/revisions.ts";
import { type Alert, finalStates } from "../domain/alert.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { Store } from "../store/store.ts";
import type { KpiChanges } from "./ledger.ts";
import type { Measure } from "./measures.ts";
import type { Periods } from "./periods.ts";
import type { KpiTile } from "./tile.ts";

/** The few figures of a wall that must be of this very second. They follow every commit; nothing is asked for. */

/** Measures of today that tiles are made of. */
const ofToday = [
  "alert.opened",
  "alert.acknowledged",
  "case.filed",
  "case.closed",
  "case.handleDue",
  "case.handledInTime",
  "overflow.ended",
  "overflow.inTime",
] as const satisfies readonly Measure[];
const wanted: ReadonlySet<string> = new Set(ofToday);
const WHOLE = "";

interface Sum {
  amount: number;
  ms: number;
}
interface Standing {
  readonly communityId: string;
  readonly level: number;
  readonly overflow: boolean;
  readonly unconfirmed: boolean;
}

export function createTiles(
  periods: Periods,
  firstRev: number,
  devices: () => ReadonlyMap<string, { due: number; online: number }>,
) {
  const tiles = new Revisions<KpiTile>(firstRev);
  const standing = new Map<string, Standing>();
  /** Open alerts by community, level and special count. */
  const open = new Map<string, number>();
  let today = Number.NaN;
  const sums = new Map<string, Sum>();
  let rev = firstRev;

  const communities = new Set<string>([WHOLE]);
  const countOpen = ({ communityId, level, overflow, unconfirmed }: Standing, by: 1 | -1) => {
    for (const place of communityId === WHOLE ? [WHOLE] : [WHOLE, communityId]) {
      const names = [
        `open.level${level}`,
        ...(overflow ? ["overflow.now"] : []),
        ...(unconfirmed ? ["ai.waiting"] : []),
      ];
      for (const name of names) open.set(`${name}@${place}`, (open.get(`${name}@${place}`) ?? 0) + by);
    }
  };

  const follow = (alert: Alert) => {
    const before = standing.get(alert.id);
    if (before) countOpen(before, -1);
    standing.delete(alert.id);
    if (finalStates.has(alert.state)) return;
    const now = {
      communityId: alert.place?.communityId ?? WHOLE,
      level: alert.level,
      overflow: alert.ruleId === "bin.overflow" && alert.clearedAt === null,
      unconfirmed: !alert.confirmed,
    };
    communities.add(now.communityId);
    standing.set(alert.id, now);
    countOpen(now, 1);
  };

  const count = (measure: Measure, communityId: string, amount: number, ms: Millis) => {
    communities.add(communityId);
    for (const place of communityId === WHOLE ? [WHOLE] : [WHOLE, communityId]) {
      const key = `${measure}@${place}`;
      const sum = sums.get(key) ?? { amount: 0, ms: 0 };
      sums.set(key, { amount: sum.amount + amount, ms: sum.ms + ms });
    }
  };

  const put = (
    name: string,
    place: string,
    value: number | null,
    numerator: number | null,
    denominator: number | null,
  ) => {
    const id = place === WHOLE ? name : `${name}@${place}`;
    const known = tiles.get(id);
    if (known && known.value === value && known.numerator === numerator && known.denominator === denominator) return;
    const communityId = place === WHOLE ? null : place;
    tiles.put({ id, name, communityId, value, numerator, denominator, rev: ++rev });
  };

  const show = () => {
    for (const place of communities) {
      const amount = (measure: (typeof ofToday)[number]) => sums.get(`${measure}@${place}`)?.amount ?? 0;
      const share = (name: string, part: number, whole: number) =>
        put(name, place, whole > 0 ? Math.round((part / whole) * 10_000) / 100 : null, part, whole);
      const number = (name: string, value: number) => put(name, place, value, value, null);
      for (const level of [1, 2, 3, 4]) number(`open.level${level}`, open.get(`open.level${level}@${place}`) ?? 0);
      number("overflow.now", open.get(`overflow.now@${place}`) ?? 0);
      number("ai.waiting", open.get(`ai.waiting@${place}`) ?? 0);
      number("alerts.today", amount("alert.opened"));
      number("cases.filedToday", amount("case.filed"));
      number("cases.closedToday", amount("case.closed"));
      share("onTime.today", amount("case.handledInTime"), amount("case.handleDue"));
      share("overflow.inTimeToday", amount("overflow.inTime"), amount("overflow.ended"));
      const acknowledged = sums.get(`alert.acknowledged@${place}`) ?? { amount: 0, ms: 0 };
      const minutes = acknowledged.amount > 0 ? acknowledged.ms / acknowledged.amount / MINUTE : null;
      put("mtta.today", place, minutes === null ? null : Math.round(minutes * 10) / 10, null, acknowledged.amount);
    }
    for (const [kind, { due, online }] of devices()) {
      put(`online.${kind}`, WHOLE, due > 0 ? Math.round((online / due) * 10_000) / 100 : null, online, due);
    }
  };

  return {
    tiles,

    /** Reads what today has brought so far. */
    async load(store: Pick<Store, "kpiSums">, alerts: Iterable<Alert>, now: Millis): Promise<void> {
      today = periods.start("day", now);
      for (const alert of alerts) if (!standing.has(alert.id)) follow(alert);
      for (const measure of ofToday) {
        const by = ["communityId"] as const;
        for (const sum of await store.kpiSums({ measure, from: today, to: today + 26 * HOUR, by })) {
          count(measure, String(sum.group.communityId ?? WHOLE), sum.amount, sum.ms);
        }
      }
      show();
    },

    /** A batch is on disk. */
    committed(changes: Changes, kpi: KpiChanges | null, now: Millis): void {
      const day = periods.start("day", now);
      if (day !== today) {
        sums.clear();
        today = day;
      }
      for (const alert of changes.alerts.values()) follow(alert);
      for (const { measure, hour, scope, amount, ms } of kpi?.counters ?? []) {
        if (hour >= today && wanted.has(measure)) count(measure, scope.communityId, amount, ms);
      }
      if (changes.alerts.size > 0 || kpi) show();
    },
  };
}
export type Tiles = ReturnType<typeof createTiles>;
