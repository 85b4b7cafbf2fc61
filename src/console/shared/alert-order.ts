import type { AlertView } from "../../stream/protocol.ts";

/** Whether its condition lasts and nobody has ended it. */
export const standing = ({ closedAt, clearedAt }: AlertView): boolean => closedAt === null && clearedAt === null;

/** Worst first, then the newest. */
export function byUrgency(a: AlertView, b: AlertView): number {
  return a.level - b.level || b.openedAt - a.openedAt;
}

/** The newest standing alerts, with levels 1 and 2 pinned on top. */
export function pinnedSelection(alerts: Iterable<AlertView>, most: number): AlertView[] {
  const now = [...alerts].filter(standing);
  const pinned = now.filter(({ level }) => level <= 2).sort(byUrgency);
  const rest = now.filter(({ level }) => level > 2).sort((a, b) => b.openedAt - a.openedAt);
  return [...pinned, ...rest].slice(0, most);
}
