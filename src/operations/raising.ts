import type { Alerting, DerivedProblem } from "../alerts/alerting.ts";
import type { Changes } from "../center/changes.ts";
import type { Millis } from "../domain/time.ts";

/** How work raises alerts and ends them: one way for duties, stops, sweeps and tasks. */
export type Raising = Pick<Alerting, "holds" | "over">;

/** Alerts that stand for something planned: by rule and subtype the level a problem gave itself, 0 where it is the rule's. */
export type Raised = Readonly<Record<string, number>>;

export const raisedKey = (ruleId: string, subtype: string | null): string => `${ruleId} ${subtype ?? ""}`;

/**
 * Makes the alerts of one subject say what is the case: opens what is wrong, ends what is no longer.
 * @param problems what is wrong now, all of the same subject
 * @param ended when, and in which words, that ends which is wrong no more
 * @param may whether a problem may open an alert; one that stands goes on without asking
 * @returns what stands; the same object when nothing changed
 */
export function reconcile(
  raising: Raising,
  raised: Raised,
  problems: readonly DerivedProblem[],
  ended: { readonly subjectId: string; readonly at: Millis; readonly note: string },
  now: Millis,
  changes: Changes,
  may: (problem: DerivedProblem) => boolean = () => true,
): Raised {
  const next: Record<string, number> = { ...raised };
  const held = new Set<string>();
  let changed = false;
  for (const problem of problems) {
    const key = raisedKey(problem.ruleId, problem.subtype);
    held.add(key);
    const level = problem.level ?? 0;
    // Without a level of its own it leaves the alert as grave as it has become.
    if (next[key] === level || (next[key] !== undefined && problem.level === undefined)) continue;
    if (!may(problem) || !raising.holds(problem, now, changes)) continue;
    next[key] = level;
    changed = true;
  }
  for (const key of Object.keys(raised)) {
    if (held.has(key)) continue;
    const [ruleId = "", subtype = ""] = key.split(" ");
    raising.over(ruleId, ended.subjectId, subtype === "" ? null : subtype, ended.at, ended.note, changes);
    delete next[key];
    changed = true;
  }
  return changed ? next : raised;
}
