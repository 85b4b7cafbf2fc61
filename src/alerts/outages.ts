import type { Changes } from "../center/changes.ts";
import type { Subject } from "../center/subject.ts";
import type { Alert } from "../domain/alert.ts";
import type { Level } from "../domain/levels.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import type { District } from "./alerting.ts";
import { SILENCE_RULE } from "./catalogue.ts";
import type { Desk } from "./desk.ts";
import { createPopulations, type Group, groupsOf } from "./outage-groups.ts";
import type { Rule } from "./rule.ts";

/** So many, and such a share of their group, that fall silent within this time are one outage. */
const WITHIN_MS = 10 * MINUTE;
const AT_LEAST = 5;
const OUTAGE_LEVEL: Level = 2;
/** An outage is over when this share of its members is all that is still silent. */
const OVER_SHARE = 0.05;
const MEMBERS_LISTED = 5_000;

/** A device that is silent now. */
export interface Silent {
  readonly since: Millis;
  /** The alert of the outage it belongs to, if any. */
  outage: string | null;
  /** Messages since it spoke again. */
  heard: number;
}

export interface OutagesParts {
  readonly district: District;
  readonly desk: Desk;
  readonly rule: () => Rule;
  /** Every device that is silent now; what outage it belongs to is written there. */
  readonly silent: Map<string, Silent>;
}

/** Many devices that fall silent together are one alert about what they have in common, not one alert each. */
export function createOutages({ district, desk, rule, silent }: OutagesParts) {
  /** Devices that fell silent lately, by group. */
  const recent = new Map<string, { subjectId: string; at: Millis }[]>();
  /** Members of the outages that stand, by alert. */
  const outages = new Map<string, Set<string>>();
  const population = createPopulations(district);

  const listMembers = (alert: Alert, members: ReadonlySet<string>, at: Millis, changes: Changes): void => {
    const listed = { source: "center", at, devices: members.size, members: [...members].slice(0, MEMBERS_LISTED) };
    const evidence = [listed, ...alert.evidence.filter(({ source }) => source !== "center")];
    const count = Math.max(alert.count, members.size);
    const level = count >= AT_LEAST ? (Math.min(alert.level, OUTAGE_LEVEL) as Level) : alert.level;
    desk.change(alert, { evidence, count, level, lastSeenAt: at }, null, changes);
  };

  const join = (outageId: string, subjectIds: readonly string[], at: Millis, changes: Changes) => {
    const alert = desk.get(outageId);
    const members = outages.get(outageId);
    if (!alert || !members) return;
    const left = new Set<string>();
    for (const id of subjectIds) {
      members.add(id);
      const state = silent.get(id);
      if (state?.outage && state.outage !== outageId) {
        outages.get(state.outage)?.delete(id);
        left.add(state.outage);
      }
      if (state) state.outage = outageId;
      const single = desk.standing(SILENCE_RULE, id, null);
      if (single && single.id !== outageId) {
        const merged = desk.end(single, "merged", at, "system", "merge", "one outage", changes);
        desk.change(merged, { mergedInto: outageId }, null, changes);
      }
    }
    // What looked like an outage of the area was that of its gateway: one alert is enough for it.
    for (const id of left) {
      const wider = desk.get(id);
      if (!wider || (outages.get(id)?.size ?? 0) > wider.count * OVER_SHARE) continue;
      for (const rest of outages.get(id) ?? []) {
        members.add(rest);
        const state = silent.get(rest);
        if (state) state.outage = outageId;
      }
      outages.delete(id);
      const merged = desk.end(wider, "merged", at, "system", "merge", "its root cause is known", changes);
      desk.change(merged, { mergedInto: outageId }, null, changes);
    }
    listMembers(alert, members, at, changes);
  };

  const open = ({ subject, subtype }: Group, at: Millis, now: Millis, changes: Changes): string => {
    const alert = desk.open(
      {
        rule: rule(),
        subtype,
        subject,
        place: district.subject(subject.id)?.place ?? null,
        attributes: {},
        level: OUTAGE_LEVEL,
        confirmed: true,
        firstAt: at,
        openedAt: at,
        lastSeenAt: at,
        count: 1,
        late: false,
        evidence: [],
        actor: "system",
        matter: null,
        note: "many devices that depend on one thing fell silent together",
      },
      now,
      changes,
    );
    outages.set(alert.id, new Set());
    return alert.id;
  };

  /** A gateway that speaks itself is suspected only when nothing else explains the silence behind it. */
  const likeliestFirst = (groups: readonly Group[]): readonly Group[] => {
    const speaks = ({ subject: { kind, id } }: Group) =>
      kind === "gateway" && !silent.has(id) && (district.subject(id)?.receivedAt ?? null) !== null;
    const area = groups.slice(-1);
    const roots = groups.slice(0, -1);
    return [...roots.filter((group) => !speaks(group)), ...roots.filter(speaks), ...area];
  };

  return {
    /** A device fell silent: true when an outage that stands, or begins with it, explains that. */
    explains(subject: Subject, at: Millis, now: Millis, changes: Changes): boolean {
      // What took its gateway away took it away as well.
      const further = silent.get(String(subject.device.attributes.gatewayId))?.outage;
      if (further && outages.has(further)) {
        join(further, [subject.id], at, changes);
        return true;
      }
      for (const group of likeliestFirst(groupsOf(subject))) {
        const standing = desk.standing(SILENCE_RULE, group.subject.id, group.subtype);
        if (standing && standing.clearedAt === null) {
          if (!outages.has(standing.id)) outages.set(standing.id, new Set());
          join(standing.id, [subject.id], at, changes);
          return true;
        }
        const lately = (recent.get(group.key) ?? []).filter((other) => at - other.at <= WITHIN_MS);
        lately.push({ subjectId: subject.id, at });
        recent.set(group.key, lately);
        if (lately.length >= AT_LEAST && lately.length >= population(group, now) * group.share) {
          const ids = lately.map(({ subjectId }) => subjectId).filter((id) => silent.has(id));
          join(open(group, at, now, changes), ids, at, changes);
          return true;
        }
      }
      return false;
    },

    /**
     * A member speaks again.
     * @returns who is left alone when the outage is over with that: silent still, and by itself
     */
    recovered(subjectId: string, outageId: string, at: Millis, now: Millis, changes: Changes): readonly string[] {
      const members = outages.get(outageId);
      const alert = desk.get(outageId);
      members?.delete(subjectId);
      if (!members || !alert || members.size > alert.count * OVER_SHARE) return [];
      outages.delete(outageId);
      desk.cleared(alert, at, now, "its devices are heard again", changes);
      return [...members];
    },

    /** The root itself speaks again. @returns who hung on it */
    released(alertId: string): readonly string[] {
      const members = [...(outages.get(alertId) ?? [])];
      outages.delete(alertId);
      return members;
    },

    /** Picks up an outage that stood before a restart. */
    restore(alert: Alert): void {
      const listed = alert.evidence.find(({ source }) => source === "center")?.members;
      const members = new Set(Array.isArray(listed) ? (listed as string[]) : []);
      if (members.size > 0) outages.set(alert.id, members);
      for (const id of members) silent.set(id, { since: alert.openedAt, outage: alert.id, heard: 0 });
    },

    removed(subjectId: string): void {
      for (const members of outages.values()) members.delete(subjectId);
    },
  };
}
