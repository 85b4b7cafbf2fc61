import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import { kinds } from "../domain/kinds.ts";
import { MINUTE, type Millis, SECOND } from "../domain/time.ts";
import type { District } from "./alerting.ts";
import { SILENCE_RULE } from "./catalogue.ts";
import type { Desk } from "./desk.ts";
import { createOutages, type Silent } from "./outages.ts";
import type { Rule } from "./rule.ts";

/** Silent for three report intervals, and never less than a quarter of an hour. */
const INTERVALS = 3;
const AT_LEAST_MS = 15 * MINUTE;
/** A device that falls silent is not told at once: others may follow, and then it is one outage. */
const WAIT_FOR_COMPANY_MS = MINUTE;
const CLEARING_MESSAGES = 2;

export type SilenceTimer =
  | { readonly type: "silence"; readonly subjectId: string }
  | { readonly type: "alone"; readonly subjectId: string };

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

/** Watches for what does not come: one timer for each device, looked at again only when it fires. */
export function createSilence({ district, desk, rule, timer, startedAt, presence }: SilenceParts) {
  const watched = new Set<string>();
  const silent = new Map<string, Silent>();
  const outages = createOutages({ district, desk, rule, silent });

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
    silent.set(subject.id, { since: at, outage: null, heard: 0 });
    presence(subject, false, now, changes);
    markStale(subject.id, true, changes);
    if (outages.explains(subject, at, now, changes)) return;
    timer(at + WAIT_FOR_COMPANY_MS, { type: "alone", subjectId: subject.id });
  };

  /** What these hung on is heard again: they get their own time to speak before they are told one by one. */
  const release = (ids: readonly string[], at: Millis) => {
    for (const id of ids) {
      const left = silent.get(id);
      const subject = district.subject(id);
      if (!left || !subject) continue;
      left.outage = null;
      timer(at + silenceLimitMs(subject), { type: "alone", subjectId: id });
    }
  };

  const recovered = (subject: Subject, state: Silent, at: Millis, now: Millis, changes: Changes) => {
    silent.delete(subject.id);
    presence(subject, true, now, changes);
    markStale(subject.id, false, changes);
    const single = desk.standing(SILENCE_RULE, subject.id, null);
    if (single && single.subject.id === subject.id) {
      desk.cleared(single, at, now, "heard again", changes);
      release(outages.released(single.id), at);
    }
    if (state.outage === null) return;
    for (const id of outages.recovered(subject.id, state.outage, at, now, changes)) {
      const straggler = district.subject(id);
      const left = silent.get(id);
      if (!straggler || !left) continue;
      left.outage = null;
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
        if (state && state.outage === null && state.heard === 0) openAlone(subject, state, dueAt, changes);
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
        outages.restore(alert);
        if (district.subject(alert.subject.id)) {
          const own = { since: alert.openedAt, outage: null, heard: 0 };
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
      outages.removed(subjectId);
    },
  };
}
