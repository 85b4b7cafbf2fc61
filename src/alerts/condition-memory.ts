import type { Changes } from "../center/changes.ts";
import type { RuleState } from "../store/kept.ts";
import type { ConditionState } from "./condition.ts";
import type { Judging } from "./judges/judging.ts";
import type { Check, Rule } from "./rule.ts";

/** A check of a rule, with the number it is remembered by. */
export interface Watched {
  readonly rule: Rule;
  readonly check: Check;
  readonly number: number;
  readonly judge: Judging;
}

/** What is remembered of conditions that build up or stand. A subject about which nothing is wrong has nothing here. */
export function createConditionMemory() {
  const states = new Map<string, Map<Watched, ConditionState>>();

  return {
    of: (subjectId: string): ReadonlyMap<Watched, ConditionState> | undefined => states.get(subjectId),
    all: (): [string, ReadonlyMap<Watched, ConditionState>][] => [...states],

    /** @param state null forgets; `changes` null keeps it in memory only */
    put(subjectId: string, watched: Watched, state: ConditionState | null, changes: Changes | null): void {
      let own = states.get(subjectId);
      if (state) {
        if (!own) {
          own = new Map();
          states.set(subjectId, own);
        }
        own.set(watched, state);
      } else {
        own?.delete(watched);
        if (own?.size === 0) states.delete(subjectId);
      }
      changes?.putRuleState({
        subjectId,
        ruleId: watched.rule.id,
        subtype: String(watched.number),
        body: state && {
          marks: state.marks.map(({ at, says }) => [at, says]),
          before: state.before && { ...state.before },
          mutedMs: state.mutedMs,
        },
      });
    },
  };
}

export type ConditionMemory = ReturnType<typeof createConditionMemory>;

/** A condition as it was committed; null for one that was forgotten. */
export function conditionOf({ body }: RuleState): ConditionState | null {
  if (!body) return null;
  const { marks, before, mutedMs } = body as unknown as {
    marks: [number, "holds" | "over" | "between"][];
    before: ConditionState["before"];
    mutedMs: ConditionState["mutedMs"];
  };
  return { marks: marks.map(([at, says]) => ({ at, says })), before, mutedMs };
}
