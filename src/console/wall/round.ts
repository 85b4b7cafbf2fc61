import type { Millis } from "../../domain/time.ts";
import { type SceneName, sceneNames, type WallOrder } from "../../domain/wall.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { byUrgency, standing } from "../shared/alert-order.ts";

/** What the wall shows at a moment, decided from what it knows: pure, so that every case can be tried. */

/** The scene of the round: each has its turn, and all walls that started together change together. */
export function sceneOfRound(now: Millis, sceneMs: Millis): SceneName {
  return sceneNames[Math.floor(now / sceneMs) % sceneNames.length] ?? "overview";
}

/** An order that still holds. */
export function orderAt(order: WallOrder | null, now: Millis): WallOrder | null {
  return order && (order.untilAt === null || order.untilAt > now) ? order : null;
}

/** News of this age is no news: a wall that was just switched on does not sound old sirens. */
const NEWS_MS = 120_000;

export interface Interruption {
  readonly alertId: string;
  readonly sinceAt: Millis;
}

/**
 * Which level-1 alert holds the screen: the one that does, until somebody acknowledged it or its time is over; then the worst
 * and newest that nobody has acknowledged and that has not had its turn.
 * @param shown alerts that had their turn
 */
export function interruptionAt(
  alerts: ReadonlyMap<string, AlertView>,
  current: Interruption | null,
  shown: ReadonlySet<string>,
  now: Millis,
  holdMs: Millis,
): Interruption | null {
  if (current) {
    const alert = alerts.get(current.alertId);
    if (alert && calls(alert) && now - current.sinceAt < holdMs) return current;
  }
  const waiting = [...alerts.values()].filter(
    (alert) =>
      alert.level === 1 &&
      calls(alert) &&
      !shown.has(alert.id) &&
      alert.id !== current?.alertId &&
      now - alert.knownAt < NEWS_MS,
  );
  const [next] = waiting.sort(byUrgency);
  return next ? { alertId: next.id, sinceAt: now } : null;
}

/** Nobody has taken it yet, and it is true now. */
const calls = (alert: AlertView): boolean => alert.state === "open" && !alert.late && standing(alert);

/** Whether a local hour lies in the night; hours may go over midnight. */
export function isNight(hour: number, [from, to]: readonly [number, number]): boolean {
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to;
}
