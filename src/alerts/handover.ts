import type { Subject } from "../center/subject.ts";
import { type Alert, finalStates } from "../domain/alert.ts";
import type { Level } from "../domain/levels.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { Silence } from "./quiet.ts";

/** Lists are cut here; the counts beside them are not. */
const LISTED = 200;
const AGES: readonly (readonly [name: string, below: Millis])[] = [
  ["upTo30Minutes", 30 * MINUTE],
  ["upTo2Hours", 2 * HOUR],
  ["upTo8Hours", 8 * HOUR],
  ["upTo24Hours", 24 * HOUR],
  ["older", Number.POSITIVE_INFINITY],
];

interface Item {
  readonly id: string;
  readonly ruleId: string;
  readonly level: Level;
  readonly state: Alert["state"];
  readonly subjectId: string;
  readonly openedAt: Millis;
  readonly targetAt: Millis | null;
  readonly limitAt: Millis | null;
}

/** What the next shift gets: counted at one moment from what is committed. */
export interface ShiftSnapshot {
  readonly at: Millis;
  readonly open: number;
  readonly byState: Readonly<Record<string, number>>;
  readonly byLevel: Readonly<Record<string, number>>;
  readonly byAge: Readonly<Record<string, number>>;
  /** Past the operational target or the statutory limit, the most urgent level first. */
  readonly overdue: { readonly count: number; readonly items: readonly Item[] };
  /** Extensions and pauses that wait for a decision. */
  readonly requests: readonly Item[];
  readonly shelved: number;
  readonly unconfirmed: number;
  readonly offline: {
    readonly count: number;
    readonly byKind: Readonly<Record<string, number>>;
    readonly ids: readonly string[];
  };
  readonly silences: readonly {
    readonly id: string;
    readonly kind: string;
    readonly reason: string;
    readonly to: Millis | null;
  }[];
}

/** Pure. @param alerts those the reader may see, ended ones included */
export function shiftSnapshot(
  alerts: Iterable<Alert>,
  subjects: Iterable<Subject>,
  silences: readonly Silence[],
  now: Millis,
): ShiftSnapshot {
  const open = [...alerts].filter((alert) => !finalStates.has(alert.state));
  const overdue = open
    .filter(({ targetAt, limitAt }) => (targetAt ?? now) < now || (limitAt ?? now) < now)
    .sort((a, b) => a.level - b.level || (a.targetAt ?? 0) - (b.targetAt ?? 0));
  const offline = [...subjects].filter(({ online }) => online === false);
  const age = ({ openedAt }: Alert) => (AGES.find(([, below]) => now - openedAt <= below) ?? ["older"])[0];
  return {
    at: now,
    open: open.length,
    byState: countBy(open, ({ state }) => state),
    byLevel: countBy(open, ({ level }) => String(level)),
    byAge: countBy(open, age),
    overdue: { count: overdue.length, items: overdue.slice(0, LISTED).map(itemOf) },
    requests: open
      .filter(({ request }) => request)
      .slice(0, LISTED)
      .map(itemOf),
    shelved: open.filter(({ shelvedUntil }) => (shelvedUntil ?? 0) > now).length,
    unconfirmed: open.filter(({ confirmed }) => !confirmed).length,
    offline: {
      count: offline.length,
      byKind: countBy(offline, ({ device }) => device.kind),
      ids: offline.slice(0, LISTED).map(({ id }) => id),
    },
    silences: silences
      .filter(({ from, to, endedAt }) => endedAt === null && from <= now && (to === null || to > now))
      .slice(0, LISTED)
      .map(({ id, kind, reason, to }) => ({ id, kind, reason, to })),
  };
}

const itemOf = ({ id, ruleId, level, state, subject, openedAt, targetAt, limitAt }: Alert): Item => ({
  id,
  ruleId,
  level,
  state,
  subjectId: subject.id,
  openedAt,
  targetAt,
  limitAt,
});

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}
