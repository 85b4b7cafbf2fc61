import type { Calendar } from "../domain/calendar.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import { OVERFLOW_HOURS } from "./cases.ts";
import type { KpiDraft } from "./ledger.ts";
import type { Scope } from "./measures.ts";
import type { Periods } from "./periods.ts";

/**
 * How long devices were due and online. Devices are counted by group when one appears or falls silent; time is added per
 * group, so a device that simply goes on reporting costs nothing.
 */
export function createPopulation(periods: Periods, calendar: Calendar, startedAt: Millis) {
  interface Group {
    readonly scope: Scope;
    due: number;
    online: number;
    since: Millis;
  }
  const groups = new Map<string, Group>();
  const known = new Map<string, { key: string; online: boolean }>();

  const reckon = (group: Group, now: Millis, draft: () => KpiDraft) => {
    const from = group.since;
    group.since = Math.max(from, now);
    if (group.due === 0) return;
    for (const { at, ms } of periods.hours(from, now)) {
      const minutes = ms / MINUTE;
      const { scope } = group;
      draft().add({ measure: "device.dueMinutes", at, scope, amount: minutes * group.due });
      draft().add({ measure: "device.onlineMinutes", at, scope, amount: minutes * group.online });
      const hour = calendar.hourOfDay(at);
      if (scope.category !== "bin" || hour < OVERFLOW_HOURS[0] || hour >= OVERFLOW_HOURS[1]) continue;
      draft().add({ measure: "bin.onlineMinutes", at, scope, amount: minutes * group.online });
    }
  };

  return {
    /** A device is heard of for the first time, falls silent, is heard again, or is gone (null). */
    presence(
      deviceId: string,
      scope: Scope,
      online: boolean | null,
      now: Millis,
      draft: (() => KpiDraft) | null,
    ): void {
      const before = known.get(deviceId);
      const key = before?.key ?? JSON.stringify(scope);
      let group = groups.get(key);
      if (!group) {
        group = { scope, due: 0, online: 0, since: startedAt };
        groups.set(key, group);
      }
      if (draft) reckon(group, now, draft);
      if (before) {
        group.due--;
        if (before.online) group.online--;
        known.delete(deviceId);
      }
      if (online === null) return;
      group.due++;
      if (online) group.online++;
      known.set(deviceId, { key, online });
    },

    /** Adds the time since the last word to every group. */
    reckon(now: Millis, draft: () => KpiDraft): void {
      for (const group of groups.values()) reckon(group, now, draft);
    },

    /** Devices by kind, for the wall. */
    byKind(): Map<string, { due: number; online: number }> {
      const kinds = new Map<string, { due: number; online: number }>();
      for (const { scope, due, online } of groups.values()) {
        const sum = kinds.get(scope.category) ?? { due: 0, online: 0 };
        kinds.set(scope.category, { due: sum.due + due, online: sum.online + online });
      }
      return kinds;
    },
  };
}
