import type { DistrictFeature } from "../domain/district.ts";
import type { Geography } from "./geography.ts";

/** Something about a feature that must be mended (a problem, which refuses the change) or that is only told (a note). */
export interface DistrictIssue {
  /** Number in `features`, from 0, while that is known. */
  readonly index: number | null;
  /** Null with a null type: the whole file. */
  readonly id: string | null;
  readonly type: string | null;
  readonly problem: string;
  /** What to do about it. */
  readonly todo: string;
  readonly severity: "problem" | "note";
}

export function issueOf(
  { properties: { id, type } }: DistrictFeature,
  problem: string,
  todo: string,
  severity: DistrictIssue["severity"] = "problem",
): DistrictIssue {
  return { index: null, id, type, problem, todo, severity };
}

/** One line about an issue: which feature, what is wrong, what to do. */
export function describeIssue({ index, id, type, problem, todo }: DistrictIssue): string {
  if (type === null && id === null && index === null) return `${problem}; ${todo}`;
  const which = `${type ?? "feature"} ${id ?? "without an id"}`;
  return `${which}${index === null ? "" : ` (features[${index}])`}: ${problem}; ${todo}`;
}

/** What is asked of a change of the district. */
export interface DistrictCheck {
  /** The ground as it would be. */
  readonly next: Geography;
  /** The ground as it is. */
  readonly previous: Geography;
  /** Ids of the features that are new or differ. Others were checked before. */
  readonly changed: ReadonlySet<string>;
}
