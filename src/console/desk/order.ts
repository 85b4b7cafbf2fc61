import type { AlertView } from "../../stream/protocol.ts";

/** What a dispatcher sees first. Pure. */

export interface QueueFilter {
  /** Levels that are shown; empty: all. */
  readonly levels: readonly number[];
  readonly show: "todo" | "underWay" | "toVerify" | "shelved" | "all";
  readonly text: string;
}

export const everything: QueueFilter = { levels: [], show: "all", text: "" };

const UNDER_WAY = new Set(["dispatched", "accepted", "arrived"]);
const TO_VERIFY = new Set(["handled", "cleared"]);
const GRADES: Readonly<Record<string, number>> = { A: 0, B: 1, C: 2 };
const NEVER = Number.MAX_SAFE_INTEGER;

/** The clock that runs out first; null when none runs. */
export function dueAt({ targetAt, limitAt, suspendedAt }: AlertView): number | null {
  if (suspendedAt !== null) return null;
  if (targetAt === null) return limitAt;
  return limitAt === null ? targetAt : Math.min(targetAt, limitAt);
}

/** By level, then by the clock that runs out first, then by the grade of the place, then by age. */
export function byDuty(a: AlertView, b: AlertView): number {
  return (
    a.level - b.level ||
    (dueAt(a) ?? NEVER) - (dueAt(b) ?? NEVER) ||
    (GRADES[a.place?.areaGrade ?? ""] ?? 3) - (GRADES[b.place?.areaGrade ?? ""] ?? 3) ||
    a.openedAt - b.openedAt ||
    (a.id < b.id ? -1 : 1)
  );
}

export const isShelved = (alert: AlertView, now: number): boolean => (alert.shelvedUntil ?? 0) > now;

/** @param title how an alert's rule is called on this screen: searched too */
export function queueOf(
  alerts: Iterable<AlertView>,
  { levels, show, text }: QueueFilter,
  now: number,
  title: (ruleId: string) => string,
): AlertView[] {
  const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const chosen: AlertView[] = [];
  for (const alert of alerts) {
    if (levels.length > 0 && !levels.includes(alert.level)) continue;
    const shelved = isShelved(alert, now);
    if (show === "shelved" ? !shelved : shelved && show !== "all") continue;
    if (show === "todo" && (UNDER_WAY.has(alert.state) || TO_VERIFY.has(alert.state) || alert.state === "verified"))
      continue;
    if (show === "underWay" && !UNDER_WAY.has(alert.state)) continue;
    if (show === "toVerify" && !TO_VERIFY.has(alert.state)) continue;
    if (wanted.length > 0) {
      const { place, subject, subjectName, crewId, assignee, ruleId, id } = alert;
      const all =
        `${title(ruleId)} ${ruleId} ${subject.id} ${subjectName ?? ""} ${place?.communityId ?? ""} ${place?.gridId ?? ""} ${place?.pointId ?? ""} ${crewId ?? ""} ${assignee ?? ""} ${id}`.toLowerCase();
      if (!wanted.every((word) => all.includes(word))) continue;
    }
    chosen.push(alert);
  }
  return chosen.sort(byDuty);
}
