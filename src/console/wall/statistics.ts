import { HOUR, type Millis } from "../../domain/time.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { standing } from "../shared/alert-line.tsx";

/** What the wall says about alerts, derived from the alerts it has: one truth for list, map and numbers. */

/** When somebody was done with it, or it ended by itself; null while it lasts. */
const endedAt = ({ closedAt, clearedAt }: AlertView): Millis | null => closedAt ?? clearedAt;

/** A false alarm, a duplicate or a lapsed alert is nobody's merit. */
const counts = ({ state }: AlertView): boolean => !["falsePositive", "merged", "expired"].includes(state);

export interface OnTime {
  readonly due: number;
  readonly onTime: number;
  /** Null when nothing was due: neither 0 nor 100 %. */
  readonly rate: number | null;
}

/** On-time handling: due are those whose target lies in the period, and those handled early in it (GB/T 30428.4 style). */
export function onTimeOf(alerts: Iterable<AlertView>, from: Millis, now: Millis): OnTime {
  let due = 0;
  let onTime = 0;
  for (const alert of alerts) {
    const { targetAt } = alert;
    if (targetAt === null || !counts(alert)) continue;
    const ended = endedAt(alert);
    const dueNow = targetAt >= from && targetAt <= now;
    const early = ended !== null && ended >= from && ended <= targetAt && targetAt > now;
    if (!dueNow && !early) continue;
    due++;
    if (ended !== null && ended <= targetAt) onTime++;
  }
  return { due, onTime, rate: due === 0 ? null : onTime / due };
}

export function perLevel(alerts: Iterable<AlertView>): readonly number[] {
  const counted = [0, 0, 0, 0, 0];
  for (const alert of alerts) if (standing(alert)) counted[alert.level] = (counted[alert.level] ?? 0) + 1;
  return counted;
}

/** Standing alerts counted by what `key` says of them, most first. */
export function countBy(alerts: Iterable<AlertView>, key: (alert: AlertView) => string | null): [string, number][] {
  const counted = new Map<string, number>();
  for (const alert of alerts) {
    const name = standing(alert) ? key(alert) : null;
    if (name !== null) counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  return [...counted].sort(([, a], [, b]) => b - a);
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

export interface CommunityRow extends OnTime {
  readonly id: string;
  readonly open: number;
  readonly overdue: number;
  readonly ended: number;
}

/** One row per community, the best first: on-time rate, then fewer overdue, then fewer open. */
export function ranking(
  alerts: readonly AlertView[],
  communities: readonly string[],
  from: Millis,
  now: Millis,
): CommunityRow[] {
  const rows = communities.map((id): CommunityRow => {
    const own = alerts.filter(({ place }) => place?.communityId === id);
    const open = own.filter(standing);
    return {
      id,
      ...onTimeOf(own, from, now),
      open: open.length,
      overdue: open.filter(({ targetAt }) => targetAt !== null && targetAt < now).length,
      ended: own.filter((alert) => counts(alert) && (endedAt(alert) ?? 0) >= from).length,
    };
  });
  return rows.sort((a, b) => (b.rate ?? 1) - (a.rate ?? 1) || a.overdue - b.overdue || a.open - b.open);
}

/** How often people agreed with the cameras: confirmed ÷ (confirmed + rejected), of what has been checked since `from`. */
export function aiPrecision(alerts: Iterable<AlertView>, from: Millis): { checked: number; rate: number | null } {
  let confirmed = 0;
  let rejected = 0;
  for (const alert of alerts) {
    if (!isSeenByCamera(alert) || alert.openedAt < from) continue;
    if (alert.state === "falsePositive") rejected++;
    else if (alert.confirmed && alert.state !== "open") confirmed++;
  }
  const checked = confirmed + rejected;
  return { checked, rate: checked === 0 ? null : confirmed / checked };
}

export const isSeenByCamera = ({ ruleId, subject }: AlertView): boolean =>
  subject.kind === "camera" || ruleId.startsWith("street.");
