import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import type { Alert, AlertSubject } from "../domain/alert.ts";
import { kinds } from "../domain/kinds.ts";
import type { Level } from "../domain/levels.ts";
import { MINUTE, type Millis, SECOND } from "../domain/time.ts";
import type { District } from "./alerting.ts";
import { SILENCE_RULE } from "./catalogue.ts";
import type { Desk } from "./desk.ts";
import type { Rule } from "./rule.ts";

/** Silent for three report intervals, and never less than a quarter of an hour. */
const INTERVALS = 3;
const AT_LEAST_MS = 15 * MINUTE;
/** A device that falls silent is not told at once: if a fifth of its kind and area does so within ten minutes, it is one outage. */
const MASS_SHARE = 0.2;
const MASS_WITHIN_MS = 10 * MINUTE;
const MASS_AT_LEAST = 5;
/** A gateway, a network, a power feed: half of what hangs on it is silent, so it is that. */
const ROOT_SHARE = 0.5;
const MASS_LEVEL: Level = 2;
const WAIT_FOR_COMPANY_MS = MINUTE;
/** An outage is over when this share of its members is all that is still silent. */
const MASS_OVER_SHARE = 0.05;
const CLEARING_MESSAGES = 2;
const POPULATION_FRESH_MS = 10 * SECOND;
const MEMBERS_LISTED = 5_000;

export type SilenceTimer =
  | { readonly type: "silence"; readonly subjectId: string }
  | { readonly type: "alone"; readonly subjectId: string };

/** What a device depends on together with others: when many of them fall silent, this is what has failed. */
interface Group {
  readonly key: string;
  readonly subject: AlertSubject;
  readonly subtype: string | null;
  /** Share of its members that must be silent together. */
  readonly share: number;
}

interface Silent {
  readonly since: Millis;
  /** The outage it belongs to, if any. */
  mass: string | null;
  heard: number;
}

export interface SilenceParts {
  readonly district: District;
  readonly desk: Desk;
  readonly rule: () => Rule;
  readonly timer: (dueAt: Millis, timer: SilenceTimer) => void;
  /** Told when a device is heard of for the first time, falls silent, or is heard again. */
  readonly presence: (subject: Subject, online: boolean, at: Millis, changes: Changes | null) => void;
  /** Silence before the center itself was up proves nothing. */
  readonly startedAt: Millis;
}

/** How long a device may be silent. */
export function silenceLimitMs({ device }: Subject): Millis {
  const seconds = Number(device.attributes.reportEverySeconds);
  const every = seconds > 0 ? seconds * SECOND : kinds[device.kind].reportEveryMs;
  return Math.max(AT_LEAST_MS, every * INTERVALS);
}

/**
 * What may have failed when this device is silent, most special first: its gateway, the operator's network, the power feed
 * (attributes `gatewayId`, `network`, `powerFeed`), and at last whatever devices of its kind in its area share.
 */
function groupsOf({ device, place }: Subject): readonly Group[] {
  const { gatewayId, network, powerFeed } = device.attributes;
  const root = (kind: AlertSubject["kind"], prefix: string, id: unknown, subtype: string | null): Group[] =>
    typeof id === "string" && id !== ""
      ? [{ key: `${prefix}${id}`, subject: { kind, id: `${prefix}${id}` }, subtype, share: ROOT_SHARE }]
      : [];
  const area = place?.communityId ?? "district";
  return [
    ...root("gateway", "", gatewayId, null),
    ...root("area", "network:", network, "network"),
    ...root("area", "power:", powerFeed, "power"),
    {
      key: `${area}\u0000${device.kind}`,
      subject: { kind: "area", id: area },
      subtype: device.kind,
      share: MASS_SHARE,
    },
  ];
}

/** Watches for what does not come: one timer for each device, looked at again only when it fires. */
export function createSilence({ district, desk, rule, timer, startedAt, presence }: SilenceParts) {
  const watched = new Set<string>();
  const silent = new Map<string, Silent>();
  /** Devices that fell silent lately, by group. */
  const recent = new Map<string, { subjectId: string; at: Millis }[]>();
  const masses = new Map<string, Set<string>>();
  const populations = new Map<string, { at: Millis; count: number }>();

  /** How many devices a group has that were ever heard. Counted anew at most every few seconds of event time. */
  const population = ({ key }: Group, now: Millis): number => {
    const known = populations.get(key);
    if (known && now - known.at < POPULATION_FRESH_MS && now >= known.at) return known.count;
    populations.clear();
    for (const subject of district.subjects()) {
      if (subject.receivedAt === null) continue;
      for (const group of groupsOf(subject)) {
        const counted = populations.get(group.key);
        if (counted) counted.count++;
        else populations.set(group.key, { at: now, count: 1 });
      }
    }
    return populations.get(key)?.count ?? 0;
  };

  const watch = (subject: Subject, changes: Changes | null) => {
    if (watched.has(subject.id) || subject.receivedAt === null) return;
    watched.add(subject.id);
    presence(subject, true, subject.receivedAt, changes);
    timer(Math.max(subject.receivedAt, startedAt) + silenceLimitMs(subject), {
      type: "silence",
      subjectId: subject.id,
    });
  };

  const markStale = (subjectId: string, stale: boolean, changes: Changes) => {
    for (const alert of [...desk.standingOf(subjectId)]) {
      if (alert.ruleId !== SILENCE_RULE && alert.stale !== stale) desk.change(alert, { stale }, null, changes);
    }
  };

  const listMembers = (alert: Alert, members: ReadonlySet<string>, at: Millis, changes: Changes): void => {
    const listed = { source: "center", at, devices: members.size, members: [...members].slice(0, MEMBERS_LISTED) };
    const evidence = [listed, ...alert.evidence.filter(({ source }) => source !== "center")];
    const count = Math.max(alert.count, members.size);
    const level = count >= MASS_AT_LEAST ? (Math.min(alert.level, MASS_LEVEL) as Level) : alert.level;
    desk.change(alert, { evidence, count, level, lastSeenAt: at }, null, changes);
  };

  const joinMass = (massId: string, subjectIds: readonly string[], at: Millis, changes: Changes) => {
    const alert = desk.get(massId);
    const members = masses.get(massId);
    if (!alert || !members) return;
    const left = new Set<string>();
    for (const id of subjectIds) {
      members.add(id);
      const state = silent.get(id);
      if (state?.mass && state.mass !== massId) {
        masses.get(state.mass)?.delete(id);
        left.add(state.mass);
      }
      if (state) state.mass = massId;
      const single = desk.standing(SILENCE_RULE, id, null);
      if (single && single.id !== massId) {
        const merged = desk.end(single, "merged", at, "system", "merge", "one outage", changes);
        desk.change(merged, { mergedInto: massId }, null, changes);
      }
    }
    // What looked like an outage of the area was that of its gateway: one alert is enough for it.
    for (const id of left) {
      const wider = desk.get(id);
      if (!wider || (masses.get(id)?.size ?? 0) > wider.count * MASS_OVER_SHARE) continue;
      for (const rest of masses.get(id) ?? []) {
        members.add(rest);
        const state = silent.get(rest);
        if (state) state.mass = massId;
      }
      masses.delete(id);
      const merged = desk.end(wider, "merged", at, "system", "merge", "its root cause is known", changes);
      desk.change(merged, { mergedInto: massId }, null, changes);
    }
    listMembers(alert, members, at, changes);
  };

  const openMass = ({ subject, subtype }: Group, at: Millis, now: Millis, changes: Changes): string => {
    const alert = desk.open(
      {
        rule: rule(),
        subtype,
        subject,
        place: district.subject(subject.id)?.place ?? null,
        attributes: {},
        level: MASS_LEVEL,
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
    masses.set(alert.id, new Set());
    return alert.id;
  };

  const openAlone = (subject: Subject, state: Silent, now: Millis, changes: Changes) => {
    if (desk.standing(SILENCE_RULE, subject.id, null)) return;
    desk.open(
      {
        rule: rule(),
        subtype: null,
        subject: { kind: subject.device.kind, id: subject.id },
        place: subject.place,
        attributes: subject.device.attributes,
        level: rule().level,
        confirmed: true,
        firstAt: state.since,
        openedAt: state.since,
        lastSeenAt: state.since,
        count: 1,
        late: false,
        evidence: [{ source: subject.id, at: state.since, lastHeardAt: subject.receivedAt }],
        actor: "system",
        note: null,
        ...(subject.device.kind !== "camera" && { matter: null }),
      },
      now,
      changes,
    );
  };

  const fellSilent = (subject: Subject, at: Millis, now: Millis, changes: Changes) => {
    if (silent.has(subject.id)) return;
    silent.set(subject.id, { since: at, mass: null, heard: 0 });
    presence(subject, false, now, changes);
    markStale(subject.id, true, changes);
    for (const group of groupsOf(subject)) {
      const standing = desk.standing(SILENCE_RULE, group.subject.id, group.subtype);
      if (standing && standing.clearedAt === null) {
        if (!masses.has(standing.id)) masses.set(standing.id, new Set());
        return joinMass(standing.id, [subject.id], at, changes);
      }
      const lately = (recent.get(group.key) ?? []).filter((other) => at - other.at <= MASS_WITHIN_MS);
      lately.push({ subjectId: subject.id, at });
      recent.set(group.key, lately);
      if (lately.length >= MASS_AT_LEAST && lately.length >= population(group, now) * group.share) {
        const ids = lately.map(({ subjectId }) => subjectId).filter((id) => silent.has(id));
        return joinMass(openMass(group, at, now, changes), ids, at, changes);
      }
    }
    timer(at + WAIT_FOR_COMPANY_MS, { type: "alone", subjectId: subject.id });
  };

  /** The root is heard again: those that depend on it get their own time to speak before they are told one by one. */
  const releaseMembers = (massId: string, at: Millis) => {
    for (const id of masses.get(massId) ?? []) {
      const left = silent.get(id);
      const subject = district.subject(id);
      if (!left || !subject) continue;
      left.mass = null;
      timer(at + silenceLimitMs(subject), { type: "alone", subjectId: id });
    }
    masses.delete(massId);
  };

  const recovered = (subject: Subject, state: Silent, at: Millis, now: Millis, changes: Changes) => {
    silent.delete(subject.id);
    presence(subject, true, now, changes);
    markStale(subject.id, false, changes);
    const single = desk.standing(SILENCE_RULE, subject.id, null);
    if (single && single.subject.id === subject.id) {
      desk.cleared(single, at, now, "heard again", changes);
      releaseMembers(single.id, at);
    }
    if (state.mass === null) return;
    const members = masses.get(state.mass);
    const alert = desk.get(state.mass);
    members?.delete(subject.id);
    if (!members || !alert || members.size > alert.count * MASS_OVER_SHARE) return;
    masses.delete(state.mass);
    desk.cleared(alert, at, now, "its devices are heard again", changes);
    for (const id of members) {
      const straggler = district.subject(id);
      const left = silent.get(id);
      if (!straggler || !left) continue;
      left.mass = null;
      // Who was heard once already is on its way back.
      if (left.heard === 0) openAlone(straggler, left, now, changes);
    }
  };

  return {
    /** A device was heard, or said that it is gone. */
    heard({ subject, event, receivedAt }: SeenObservation, now: Millis, changes: Changes): void {
      if (event?.type === "presence" && !event.online) {
        watch(subject, changes);
        fellSilent(subject, receivedAt, now, changes);
        return;
      }
      if (!watched.has(subject.id)) watch(subject, changes);
      const state = silent.get(subject.id);
      if (state && ++state.heard >= CLEARING_MESSAGES) recovered(subject, state, receivedAt, now, changes);
    },

    fire(fired: SilenceTimer, dueAt: Millis, changes: Changes): void {
      const subject = district.subject(fired.subjectId);
      if (!subject) {
        watched.delete(fired.subjectId);
        silent.delete(fired.subjectId);
        return;
      }
      if (fired.type === "alone") {
        const state = silent.get(subject.id);
        if (state && state.mass === null && state.heard === 0) openAlone(subject, state, dueAt, changes);
        return;
      }
      const limit = silenceLimitMs(subject);
      const silentAt = Math.max(subject.receivedAt ?? startedAt, startedAt) + limit;
      if (silentAt > dueAt) {
        timer(silentAt, fired);
        return;
      }
      fellSilent(subject, dueAt, dueAt, changes);
      timer(dueAt + limit, fired);
    },

    /** Picks up what was silent before a restart, and watches everything that was ever heard. */
    restore(): void {
      for (const alert of desk.live()) {
        if (alert.ruleId !== SILENCE_RULE || alert.clearedAt !== null || alert.closedAt !== null) continue;
        const listed = alert.evidence.find(({ source }) => source === "center")?.members;
        const members = new Set(Array.isArray(listed) ? (listed as string[]) : []);
        if (members.size > 0) masses.set(alert.id, members);
        for (const id of members) silent.set(id, { since: alert.openedAt, mass: alert.id, heard: 0 });
        if (district.subject(alert.subject.id)) {
          const own = { since: alert.openedAt, mass: null, heard: 0 };
          silent.set(alert.subject.id, silent.get(alert.subject.id) ?? own);
        }
      }
      for (const subject of district.subjects()) watch(subject, null);
      for (const id of silent.keys()) {
        const subject = district.subject(id);
        if (subject) presence(subject, false, startedAt, null);
      }
    },

    removed(subjectId: string): void {
      watched.delete(subjectId);
      silent.delete(subjectId);
      for (const members of masses.values()) members.delete(subjectId);
    },
  };
}
