import type { AlertView } from "../../stream/protocol.ts";

/** Whether its condition lasts and nobody has ended it. */
export const standing = ({ closedAt, clearedAt }: AlertView): boolean => closedAt === null && clearedAt === null;

/** Worst first, then the newest. */
export function byUrgency(a: AlertView, b: AlertView): number {
  return a.level - b.level || b.openedAt - a.openedAt;
}
