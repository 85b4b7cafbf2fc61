import type { Alerting } from "../alerts/alerting.ts";
import type { Changes } from "./changes.ts";
import type { World } from "./world.ts";

/** A subject shows the worst open alert about it; alerts of this batch may have changed that. */
export function showLevels(world: World, alerting: Alerting, changes: Changes): void {
  for (const alert of changes.alerts.values()) {
    const subject = world.subject(alert.subject.id);
    if (!subject) continue;
    const level = alerting.worstLevelOf(subject.id);
    if (level === subject.level) continue;
    subject.level = level;
    world.touch(subject);
  }
}
