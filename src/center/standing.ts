import type { DeviceEvent, Occurrence } from "../domain/observation.ts";
import type { Subject } from "./subject.ts";

export const ALARM_OVER = "alarmOver";
const BEGINS = "begins";

/**
 * Events of alarms that a device repeats with each report for as long as they hold: one when an alarm begins, one when it is
 * over. Kept reports that arrive later are compared with each other, so that they repair the past and leave the present alone.
 */
export function standingChanges(subject: Subject, standing: readonly string[], outOfOrder: boolean): Occurrence[] {
  const before = outOfOrder ? subject.pastStanding : subject.standing;
  if (outOfOrder) subject.pastStanding = standing;
  if (before.length === 0 && standing.length === 0) return NONE;
  const began = standing
    .filter((code) => !before.includes(code))
    .map((code): Occurrence => ({ type: "alarm", code, details: { phase: BEGINS } }));
  const over = before
    .filter((code) => !standing.includes(code))
    .map((code): Occurrence => ({ type: "status", code: ALARM_OVER, details: { alarm: code } }));
  return outOfOrder ? began : [...began, ...over];
}

const NONE: Occurrence[] = [];

/** Keeps the alarms that hold now by the events themselves, so that a restart that replays the log has them too. */
export function keepStanding(subject: Subject, event: DeviceEvent): void {
  if (event.type === "alarm" && event.details?.phase === BEGINS) {
    if (!subject.standing.includes(event.code)) subject.standing = [...subject.standing, event.code];
  } else if (event.type === "status" && event.code === ALARM_OVER) {
    subject.standing = subject.standing.filter((code) => code !== event.details?.alarm);
  }
}
