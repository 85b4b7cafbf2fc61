import type { Changes } from "../center/changes.ts";
import type { Subject } from "../center/subject.ts";
import type { Alert, AlertState } from "../domain/alert.ts";
import type { Millis } from "../domain/time.ts";
import type { District } from "./alerting.ts";
import { type ConditionState, currentRun, type Run } from "./condition.ts";
import type { ConditionMemory, Watched } from "./condition-memory.ts";
import { judgeEnds } from "./judges/table.ts";
import { silenceLimitMs } from "./silence.ts";
import { mutedMsOf } from "./supporting.ts";

/** How long the newest say of a check has been the same. */
export const runOf = ({ check }: Watched, state: ConditionState): Run | null =>
  currentRun(state, check.opens.gapMs, check.outliers);

/** What those who told of an alert say of it now. */
export function createSources(memory: ConditionMemory, district: Pick<District, "subject">) {
  const sourcesOf = ({ subject, evidence }: Alert): ReadonlySet<string> =>
    new Set([subject.id, ...evidence.map(({ source }) => source)]);
  const isAbout = ({ rule, check }: Watched, { ruleId, subtype }: Pick<Alert, "ruleId" | "subtype">): boolean =>
    rule.id === ruleId && check.subtype === subtype;

  return {
    /** Whether another check of the same problem does not yet say that it is over. */
    othersHold(subjectId: string, watched: Watched): boolean {
      const alert = { ruleId: watched.rule.id, subtype: watched.check.subtype };
      for (const [other, state] of memory.of(subjectId) ?? []) {
        if (other === watched || !isAbout(other, alert)) continue;
        // What is known of another condition and not over yet: a queue of two is neither backlog nor none.
        if (other.check.clears && runOf(other, state)?.says !== "over") return true;
      }
      return false;
    },

    /** Whether its own subject still says so. */
    holds(alert: Alert): boolean {
      for (const [watched, state] of memory.of(alert.subject.id) ?? []) {
        if (isAbout(watched, alert) && runOf(watched, state)?.says === "holds") return true;
      }
      return false;
    },

    /**
     * Sources of an alert, other than one, that still say it is there. A sighting counts only when it is not older than
     * the time asked about, a sensor as long as it is not silent.
     */
    heldBy(alert: Alert, other: string, at: Millis): readonly Subject[] {
      const held: Subject[] = [];
      for (const source of sourcesOf(alert)) {
        const subject = source === other ? undefined : district.subject(source);
        if (!subject) continue;
        for (const [watched, state] of memory.of(source) ?? []) {
          if (!isAbout(watched, alert) || !watched.check.clears) continue;
          const run = runOf(watched, state);
          if (run?.says !== "holds") continue;
          if (run.to >= at - (watched.check.sighting ? 0 : silenceLimitMs(subject))) held.push(subject);
        }
      }
      return held;
    },

    /**
     * A person ended the alert: what still holds stays silent until it was over once. What only happens, or was not heard of
     * for a while, is a new occurrence when it comes again.
     */
    mute(alert: Alert, ended: AlertState, changes: Changes): void {
      for (const subjectId of sourcesOf(alert)) {
        for (const [watched, state] of [...(memory.of(subjectId) ?? [])]) {
          if (!isAbout(watched, alert)) continue;
          const stays = runOf(watched, state)?.says === "holds" && judgeEnds(watched.check.judge);
          const mutedMs = mutedMsOf(watched.check, ended);
          memory.put(subjectId, watched, stays ? { ...state, mutedMs } : null, changes);
        }
      }
    },
  };
}
