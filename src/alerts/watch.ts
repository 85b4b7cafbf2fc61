import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import type { Alert } from "../domain/alert.ts";
import type { Kind } from "../domain/kinds.ts";
import type { Place } from "../domain/place.ts";
import type { Millis } from "../domain/time.ts";
import type { RuleState } from "../store/kept.ts";
import type { District } from "./alerting.ts";
import { type ConditionState, emptyState, enoughAt, mark, type Run } from "./condition.ts";
import { conditionOf, createConditionMemory, type Watched } from "./condition-memory.ts";
import type { Denial } from "./denial.ts";
import type { Desk } from "./desk.ts";
import { attributesOn, placeOf } from "./judges/ground.ts";
import type { Judgement } from "./judges/judging.ts";
import { judgingOf } from "./judges/table.ts";
import { LEAPT_FROM } from "./judges/values.ts";
import type { Rule } from "./rule.ts";
import { silenceLimitMs } from "./silence.ts";
import { createSources, runOf } from "./sources.ts";
import {
  confirmedBy,
  evidenceOf,
  isConfident,
  isSameOccurrence,
  restoredObservation,
  withFrequency,
} from "./supporting.ts";

export interface CheckTimer {
  readonly type: "check";
  readonly subjectId: string;
  readonly watched: Watched;
}

export interface WatchParts {
  readonly district: District;
  readonly desk: Desk;
  /** Until when this may not ring here: a silence, a permitted zone; null when it may. */
  readonly quietUntil: (rule: Rule, subject: Subject, place: Place | null, at: Millis) => Millis | null;
  readonly timer: (dueAt: Millis, timer: CheckTimer) => void;
  /** A source says that its alert's condition is over. */
  readonly clears: (alert: Alert, by: Subject, at: Millis, now: Millis, changes: Changes) => void;
  /** What cameras say about a level that leapt. */
  readonly denial: Pick<Denial, "denies" | "agrees">;
}

/**
 * Lets every check look at every observation. A subject about which nothing is wrong has no state here at all: an ordinary
 * reading costs a comparison for each check.
 */
export function createWatch({ district, desk, quietUntil, timer, clears, denial }: WatchParts) {
  const byKind = new Map<Kind, Watched[]>();
  const memory = createConditionMemory();

  const sources = createSources(memory, district);
  const remember = memory.put;

  const raise = (
    observation: SeenObservation,
    watched: Watched,
    judgement: Judgement,
    state: ConditionState,
    openedAt: Millis,
    now: Millis,
    changes: Changes,
    stale = false,
  ) => {
    const { subject } = observation;
    const { rule, check } = watched;
    const run = runOf(watched, state);
    const firstAt = run?.from ?? observation.at;
    const evidence = evidenceOf(observation, judgement, confident.get(heldKey(subject.id, watched)), check);
    const place = placeOf(observation, district.geography);
    const attributes = attributesOn(subject, place, district.geography, observation.at);
    const confirmed = confirmedBy(check, evidence);
    const quiet = quietUntil(rule, subject, place, now);
    if (quiet !== null) {
      lastHeld.set(heldKey(subject.id, watched), { observation, judgement });
      // Always later than now: a silence that is over may not be asked about again and again.
      timer(Math.max(quiet, now + 1), { type: "check", subjectId: subject.id, watched });
      return;
    }
    // What was seen while it was allowed is no reason afterwards; the next look decides.
    if (check.sighting && quietUntil(rule, subject, place, observation.at) !== null) return;
    const other = desk.nearby(rule, check.subtype, place, openedAt);
    if (other) {
      desk.support(other, { evidence, level: judgement.level, confirmed, attributes }, changes);
      denial.agrees(subject.id, openedAt, changes);
      return;
    }
    // Of a bin nothing is asked that a camera cannot see: whether it is over its rim.
    const leapt = rule.merges !== undefined && judgement.facts?.[LEAPT_FROM] !== undefined;
    if (leapt && denial.denies(subject, place, firstAt, now, changes)) return;
    denial.agrees(subject.id, openedAt, changes);
    desk.open(
      {
        rule,
        subtype: check.subtype,
        subject: { kind: subject.device.kind, id: subject.id },
        place,
        attributes,
        level: judgement.level ?? rule.level,
        code: check.code ?? null,
        stale,
        confirmed,
        firstAt,
        openedAt,
        lastSeenAt: run?.to ?? observation.at,
        count: run?.count ?? 1,
        late: observation.late,
        evidence: [evidence],
        actor: `device:${subject.id}`,
        note: null,
      },
      now,
      changes,
    );
  };

  /** Facts of the last observation that held, so that an alert a timer opens shows why. */
  const lastHeld = new Map<string, { observation: SeenObservation; judgement: Judgement }>();
  /** When a camera was first sure enough to confirm by itself, in the episode that builds up or stands. */
  const confident = new Map<string, Millis>();
  const heldKey = (subjectId: string, { rule, number }: Watched) => `${rule.id} ${number} ${subjectId}`;

  const observe = (
    observation: SeenObservation,
    watched: Watched,
    said: Judgement,
    known: ConditionState | undefined,
    now: Millis,
    changes: Changes,
  ) => {
    const { subject, at } = observation;
    const { rule, check } = watched;
    const state = mark(known ?? emptyState, at, said.says, check.outliers);
    const run = runOf(watched, state);
    const judgement = withFrequency(check, state, said, at);
    noteConfidence(watched, subject.id, judgement, run, at);
    let alert = desk.standing(rule.id, subject.id, check.subtype);
    const lag = Math.max(0, observation.receivedAt - at);

    if (judgement.says === "holds" && run && state.mutedMs === null) {
      if (alert && alert.clearedAt === null) {
        const evidence = evidenceOf(observation, judgement, confident.get(heldKey(subject.id, watched)), check);
        const by = {
          evidence,
          level: judgement.level,
          confirmed: confirmedBy(check, evidence),
          attributes: attributesOn(subject, alert.place, district.geography, at),
        };
        desk.support(alert, by, changes);
      } else if (run.says === "holds") {
        const openedAt = enoughAt(state, run, check.opens, run.to);
        if (openedAt !== null && alert) desk.returned(alert, now, changes);
        else if (openedAt !== null) raise(observation, watched, judgement, state, openedAt, now, changes);
        else if (check.opens.holdMs !== undefined) {
          lastHeld.set(heldKey(subject.id, watched), { observation, judgement });
          timer(run.from + check.opens.holdMs + lag, { type: "check", subjectId: subject.id, watched });
        }
      }
    } else if (
      run?.says === "over" &&
      alert &&
      alert.clearedAt === null &&
      check.clears &&
      !sources.othersHold(subject.id, watched)
    ) {
      const clearedAt = enoughAt(state, run, check.clears, run.to);
      if (clearedAt !== null) clears(alert, subject, clearedAt, now, changes);
      else if (check.clears.holdMs !== undefined) {
        timer(run.from + check.clears.holdMs + lag, { type: "check", subjectId: subject.id, watched });
      }
    }
    alert = desk.standing(rule.id, subject.id, check.subtype);
    // Nothing stands and nothing is building up: nothing to remember.
    const quiet = run?.says !== "holds" && (!alert || alert.clearedAt !== null);
    if (quiet) lastHeld.delete(heldKey(subject.id, watched));
    if (quiet) confident.delete(heldKey(subject.id, watched));
    if (quiet && rule.merges && run?.says === "over") denial.agrees(subject.id, at, changes);
    if (!quiet) remember(subject.id, watched, state, changes);
    else if (known) remember(subject.id, watched, null, changes);
  };

  const noteConfidence = (watched: Watched, subjectId: string, judgement: Judgement, run: Run | null, at: Millis) => {
    if (!isConfident(watched.check, judgement.facts?.confidence)) return;
    const key = heldKey(subjectId, watched);
    const since = confident.get(key);
    if (since === undefined || since > at || (run && since < run.from)) confident.set(key, at);
  };

  return {
    /** Puts a catalogue into force. What was remembered for a check that is still there stays; the rest is forgotten. */
    useRules(rules: readonly Rule[], changes: Changes | null): void {
      const next = new Map<string, Watched>();
      byKind.clear();
      for (const rule of rules) {
        if (!rule.enabled) continue;
        for (const [number, check] of rule.checks.entries()) {
          const watched = { rule, check, number, judge: judgingOf(check.judge) };
          next.set(`${rule.id} ${number} ${check.subtype}`, watched);
          for (const kind of check.kinds) {
            const list = byKind.get(kind);
            if (list) list.push(watched);
            else byKind.set(kind, [watched]);
          }
        }
      }
      for (const [subjectId, own] of memory.all()) {
        for (const [watched, state] of [...own]) {
          const successor = next.get(`${watched.rule.id} ${watched.number} ${watched.check.subtype}`);
          remember(subjectId, watched, null, successor ? null : changes);
          if (successor) remember(subjectId, successor, state, null);
        }
      }
    },

    see(observation: SeenObservation, now: Millis, changes: Changes): void {
      const { subject } = observation;
      const checks = byKind.get(subject.device.kind);
      if (!checks) return;
      const own = memory.of(subject.id);
      const involved = desk.isInvolved(subject.id);
      for (const watched of checks) {
        const { check } = watched;
        const judgement = watched.judge(observation, district);
        if (!judgement) continue;
        const known = own?.get(watched);
        if (known && judgement.says === "holds" && isSameOccurrence(check, known, observation.at)) continue;
        if (!known) {
          if (judgement.says !== "holds") {
            if (!involved || !check.clears || !standsHere(watched, subject)) continue;
          } else if (observation.outOfOrder && !check.evenLate && !standsHere(watched, subject)) {
            // Something newer said otherwise and left no trace: this sample belongs to an episode that is over.
            continue;
          }
        }
        observe(observation, watched, judgement, known, now, changes);
      }
    },

    /** A hold time has passed without a word to the contrary. */
    fire({ subjectId, watched }: CheckTimer, dueAt: Millis, changes: Changes): void {
      const state = memory.of(subjectId)?.get(watched);
      const run = state && runOf(watched, state);
      if (!run || state.mutedMs !== null) return;
      const { rule, check } = watched;
      const alert = desk.standing(rule.id, subjectId, check.subtype);
      if (run.says === "holds" && (!alert || alert.clearedAt !== null)) {
        const subject = district.subject(subjectId);
        const silent = subject !== undefined && dueAt - run.to >= silenceLimitMs(subject);
        // Its last word was that it holds, and there comes no other.
        const opens = silent ? { ...check.opens, heard: 1 } : check.opens;
        const openedAt = enoughAt(state, run, opens, dueAt);
        if (openedAt === null && subject && !silent) {
          timer(run.to + silenceLimitMs(subject), { type: "check", subjectId, watched });
          return;
        }
        const held = lastHeld.get(heldKey(subjectId, watched)) ?? restoredObservation(subject, run.to);
        if (openedAt === null || !held) return;
        if (alert) desk.returned(alert, dueAt, changes);
        else raise(held.observation, watched, held.judgement, state, openedAt, dueAt, changes, silent);
      } else if (run.says === "over" && alert && alert.clearedAt === null && check.clears) {
        const clearedAt = enoughAt(state, run, check.clears, dueAt);
        const subject = district.subject(subjectId);
        if (clearedAt === null || !subject || sources.othersHold(subjectId, watched)) return;
        clears(alert, subject, clearedAt, dueAt, changes);
        remember(subjectId, watched, null, changes);
      }
    },

    holds: sources.holds,
    heldBy: sources.heldBy,
    mute: sources.mute,

    restore(saved: readonly RuleState[]): void {
      for (const one of saved) {
        const subject = district.subject(one.subjectId);
        const watched =
          subject &&
          byKind
            .get(subject.device.kind)
            ?.find(({ rule, number }) => rule.id === one.ruleId && String(number) === one.subtype);
        const state = conditionOf(one);
        if (!watched || !state) continue;
        remember(subject.id, watched, state, null);
        const run = runOf(watched, state);
        const hold = run?.says === "holds" ? watched.check.opens.holdMs : watched.check.clears?.holdMs;
        if (run && hold !== undefined) timer(run.from + hold, { type: "check", subjectId: subject.id, watched });
      }
    },

    removed(subjectId: string, changes: Changes): void {
      for (const watched of [...(memory.of(subjectId)?.keys() ?? [])]) remember(subjectId, watched, null, changes);
    },
  };

  function standsHere({ rule, check }: Watched, subject: Subject): boolean {
    const alert = desk.standing(rule.id, subject.id, check.subtype);
    return alert !== undefined && alert.clearedAt === null;
  }
}
export type Watch = ReturnType<typeof createWatch>;
