import { HOUR, type Millis } from "../../domain/time.ts";
import type { AlertView, Topics } from "../../stream/protocol.ts";
import { standing } from "../shared/alert-order.ts";

type KpiTile = Topics["kpis"];

/** What the wall says about alerts, derived from the alerts it has: one truth for list, map and numbers. */

/** When somebody was done with it, or it ended by itself; null while it lasts. */
const endedAt = ({ closedAt, clearedAt }: AlertView): Millis | null => closedAt ?? clearedAt;

/** A false alarm, a duplicate or a lapsed alert is nobody's merit. */
const counts = ({ state }: AlertView): boolean => !["falsePositive", "merged", "expired"].includes(state);

export interface Share {
  readonly part: number;
  readonly whole: number;
  /** Null when there is nothing to reckon from: neither 0 nor 100 %. */
  readonly rate: number | null;
}

/**
 * A live figure of a community, or (null) of all that the wall may see: the district's own, or the sum of the communities
 * that a limited wall is told of.
 */
export function shareOf(tiles: readonly KpiTile[], name: string, communityId: string | null): Share {
  const named = tiles.filter((tile) => tile.name === name);
  const exact = named.filter((tile) => tile.communityId === communityId);
  const counted = exact.length > 0 || communityId !== null ? exact : named;
  const part = counted.reduce((sum, { numerator }) => sum + (numerator ?? 0), 0);
  const whole = counted.reduce((sum, { denominator }) => sum + (denominator ?? 0), 0);
  return { part, whole, rate: whole > 0 ? part / whole : null };
}

export function perLevel(alerts: Iterable<AlertView>): readonly number[] {
  const levels = [0, 0, 0, 0, 0];
  for (const alert of alerts) if (standing(alert)) levels[alert.level] = (levels[alert.level] ?? 0) + 1;
  return levels;
}

/** Standing alerts counted by what `key` says of them, most first. */
export const countBy = (alerts: readonly AlertView[], key: (alert: AlertView) => string | null): [string, number][] =>
  counted(alerts.filter(standing), key);

/** Alerts opened since a moment, whatever has become of them, mistakes left out; by what `key` says of them, most first. */
export const countSince = (
  alerts: readonly AlertView[],
  from: Millis,
  key: (alert: AlertView) => string | null,
): [string, number][] =>
  counted(
    alerts.filter((alert) => alert.openedAt >= from && counts(alert)),
    key,
  );

function counted(alerts: readonly AlertView[], key: (alert: AlertView) => string | null): [string, number][] {
  const sums = new Map<string, number>();
  for (const alert of alerts) {
    const name = key(alert);
    if (name !== null) sums.set(name, (sums.get(name) ?? 0) + 1);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}

/** Alerts opened and ended per hour of the last `hours`, oldest first; an hour begins at its `at`. */
export function perHour(
  alerts: Iterable<AlertView>,
  now: Millis,
  hours = 24,
): { at: Millis; opened: number; ended: number }[] {
  const last = Math.floor(now / HOUR);
  const buckets = Array.from({ length: hours }, (_, i) => ({ at: (last - hours + 1 + i) * HOUR, opened: 0, ended: 0 }));
  const bucket = (at: Millis | null) => (at === null ? undefined : buckets[Math.floor(at / HOUR) - (last - hours + 1)]);
  for (const alert of alerts) {
    if (!counts(alert)) continue;
    const began = bucket(alert.openedAt);
    if (began) began.opened++;
    const ended = bucket(endedAt(alert));
    if (ended) ended.ended++;
  }
  return buckets;
}

export interface CommunityRow extends Share {
  readonly id: string;
  readonly open: number;
  readonly overdue: number;
  readonly ended: number;
}

/** One row per community, the best first: on-time rate today, then fewer overdue, then fewer open. */
export function ranking(
  alerts: readonly AlertView[],
  tiles: readonly KpiTile[],
  communities: readonly string[],
  now: Millis,
): CommunityRow[] {
  const rows = communities.map((id): CommunityRow => {
    const open = alerts.filter((alert) => alert.place?.communityId === id && standing(alert));
    return {
      id,
      ...shareOf(tiles, "onTime.today", id),
      open: open.length,
      overdue: open.filter(({ targetAt }) => targetAt !== null && targetAt < now).length,
      ended: tiles.find((tile) => tile.name === "cases.closedToday" && tile.communityId === id)?.value ?? 0,
    };
  });
  return rows.sort((a, b) => (b.rate ?? 1) - (a.rate ?? 1) || a.overdue - b.overdue || a.open - b.open);
}

export const isSeenByCamera = ({ ruleId, subject }: AlertView): boolean =>
  subject.kind === "camera" || ruleId.startsWith("street.");

/** Alerts of bins that overflow at this moment: one number for headline and scenes. */
export const overflows = ({ ruleId }: AlertView): boolean => ruleId === "bin.overflow";
