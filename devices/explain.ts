import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What does not fit, and where: `batteryPct: Invalid input: expected number, received string`. */
export function explain({ issues }: { readonly issues: readonly Issue[] }): string {
  const issue = issues[0];
  if (!issue) return "the payload does not fit";
  const { path, message } = closest(issue, []);
  return `${path.join(".") || "the payload"}: ${message}`;
}

/** Of the branches of a union, the one that came furthest is the one that was meant. */
function closest(issue: Issue, above: readonly PropertyKey[]): { path: PropertyKey[]; message: string } {
  const path = [...above, ...issue.path];
  if (issue.code !== "invalid_union") return { path, message: issue.message };
  const inner = issue.errors.flatMap((branch) => (branch[0] ? [closest(branch[0], path)] : []));
  return inner.sort((a, b) => b.path.length - a.path.length)[0] ?? { path, message: issue.message };
}
