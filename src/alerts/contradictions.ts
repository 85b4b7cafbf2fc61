import { metrics } from "../domain/metrics.ts";
import { judgeEnds } from "./judges/table.ts";
import type { Check, Rule } from "./rule.ts";

/**
 * What a rule says that cannot be meant: it could never open, never clear, or would open and clear at once. Each line names
 * the element and what to do. Its form has been checked before.
 */
export function contradictionsIn(rule: Rule): string[] {
  const found: string[] = [];
  const say = (element: string, what: string) => found.push(`${element}: ${what}`);
  for (const [index, check] of rule.checks.entries()) checkProblems(check, `checks.${index}`, say);
  if (rule.checks.length > 0) closingProblems(rule, say);

  const subtypes = new Set(rule.checks.map(({ subtype }) => subtype));
  for (const list of ["limits", "targets"] as const) {
    for (const [index, { subtype }] of (rule[list] ?? []).entries()) {
      if (subtype === undefined || subtypes.has(subtype) || rule.checks.length === 0) continue;
      say(`${list}.${index}.subtype`, `no check has the subtype ${subtype}; name one of ${named(subtypes)}`);
    }
  }
  const leastGrave = Math.max(
    rule.level,
    ...rule.checks.map(({ judge }) => ("level" in judge ? (judge.level ?? 0) : 0)),
  );
  for (const [index, upgrade] of (rule.upgrades ?? []).entries()) {
    const element = `upgrades.${index}`;
    if (upgrade.level >= leastGrave) {
      say(
        `${element}.level`,
        `${upgrade.level} is not graver than ${leastGrave}, which the alert has anyway: 1 is gravest`,
      );
    }
    if (upgrade.hours && upgrade.hours[0] >= upgrade.hours[1]) {
      say(`${element}.hours`, `${upgrade.hours.join(" to ")} is no time of one day; use two upgrades over midnight`);
    }
    const { level: _level, ...conditions } = upgrade;
    if (Object.keys(conditions).length === 0) say(element, "it has no condition; set the rule's own level instead");
  }
  const codes = new Set(rule.matter.map(({ code }) => code));
  for (const [index, { code }] of rule.checks.entries()) {
    if (code !== undefined && !codes.has(code))
      say(`checks.${index}.code`, `${code} is not among the rule's matter codes`);
  }
  return found;
}

type Say = (element: string, what: string) => void;

function closingProblems(rule: Rule, say: Say): void {
  for (const [index, { clears, judge }] of rule.checks.entries()) {
    if (clears && !judgeEnds(judge)) {
      say(`checks.${index}.clears`, `what ${judge.type} judges only happens and is never over: use null, and quietMs`);
    }
  }
  const somethingClears = rule.checks.some(({ clears }) => clears) || rule.quietMs !== undefined;
  if (!somethingClears && rule.closesAfterMs !== null) {
    say(
      "closesAfterMs",
      "the rule can never clear, so it can never close by itself: give a check its clears, set quietMs, or use null so that a person closes it",
    );
  }
}

function checkProblems({ judge, opens, clears }: Check, element: string, say: Say): void {
  if (judge.type === "above" || judge.type === "below") {
    const { metric, set, reset } = judge;
    const { min, max } = metrics[metric];
    const up = judge.type === "above";
    if (up ? reset > set : reset < set) {
      say(
        `${element}.judge.reset`,
        `${reset} is ${up ? "above" : "below"} set ${set}: it would open and clear at once`,
      );
    }
    if (up ? set > max : set <= min)
      say(`${element}.judge.set`, `${metric} lies between ${min} and ${max}: it can never open`);
    if (clears && (up ? reset <= min : reset > max)) {
      say(`${element}.judge.reset`, `${metric} lies between ${min} and ${max}: it can never clear`);
    }
    for (const [index, [from]] of (judge.levels ?? []).entries()) {
      const before = judge.levels?.[index - 1]?.[0];
      const inside = up ? from >= set : from <= set;
      const ordered = before === undefined || (up ? from < before : from > before);
      if (!inside) say(`${element}.judge.levels.${index}`, `${from} lies outside of what opens the alert (${set})`);
      if (!ordered)
        say(
          `${element}.judge.levels.${index}`,
          `${from} comes after ${before}: the first that fits counts, extremes first`,
        );
    }
  }
  for (const [name, enough] of [
    ["opens", opens],
    ["clears", clears],
  ] as const) {
    if (!enough) continue;
    const { samples, spacingMs = 0, withinMs, gapMs, holdMs } = enough;
    if (spacingMs > 0 && samples === 1 && holdMs === undefined) {
      say(`${element}.${name}.spacingMs`, "one sample has no spacing: ask for two");
    }
    if (withinMs !== undefined && samples === 2 && withinMs < spacingMs) {
      say(`${element}.${name}.withinMs`, `${withinMs} is shorter than spacingMs ${spacingMs}: it can never be enough`);
    }
    if (gapMs !== undefined && samples === 2 && gapMs < spacingMs) {
      say(`${element}.${name}.gapMs`, `${gapMs} is shorter than spacingMs ${spacingMs}: two samples never reach it`);
    }
  }
}

const named = (subtypes: ReadonlySet<string | null>): string => [...subtypes].map((name) => name ?? "none").join(", ");
