import type { Level } from "../src/domain/levels.ts";
import type { Text } from "../src/domain/text.ts";
import type { FaultRates } from "./faults.ts";
import type { Order } from "./orders.ts";
import type { Step } from "./player.ts";
import type { Population } from "./population.ts";

/** An alert a scenario must raise. Times are minutes after its start. */
export interface ExpectedAlert {
  readonly ruleId: string;
  /** Of an alert about another alert: the subject of that one. */
  readonly subjectId: string;
  readonly subtype?: string | null;
  readonly openAt: number;
  /** Null: still not cleared at the end. Absent: not looked at. */
  readonly clearAt?: number | null;
  readonly toleranceSeconds: number;
  /** Where the end is known less exactly than the beginning. */
  readonly clearToleranceSeconds?: number;
  readonly level?: Level;
  /** Where it stands at the end. */
  readonly state?: string;
  /** What the work on it has shown. */
  readonly verdict?: string;
}

/** A day or an evening of the district, and the alerts it must raise: an acceptance test of rules and center. */
export interface Scenario {
  readonly id: string;
  readonly title: Text;
  readonly seed: number;
  /** Local time of the district, `2026-03-02T18:00`. */
  readonly startAt: string;
  readonly durationMinutes: number;
  readonly population: Population;
  readonly faults: FaultRates;
  readonly script: readonly Step[];
  /** Crews, rosters and plans stand in the register: who does not come to work is missed. */
  readonly organised?: boolean;
  /** What operators do. */
  readonly orders?: readonly Order[];
  readonly expected: readonly ExpectedAlert[];
  /** Rules whose further alerts do no harm; any other alert that is not expected is a failure. */
  readonly ignoredRules?: readonly string[];
}

/** What check compares: the fields of an alert the scenario speaks about. */
export interface RaisedAlert {
  readonly id: string;
  readonly ruleId: string;
  readonly subtype: string | null;
  readonly state: string;
  readonly level: Level;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly openedAt: number;
  readonly clearedAt: number | null;
  readonly proof?: { readonly verdict: string } | null;
  readonly evidence?: readonly { readonly subjectId?: unknown }[];
}

export interface ComparisonRow {
  readonly alert: string;
  readonly expected: string;
  readonly raised: string;
  /** Empty when they agree. */
  readonly difference: string;
}

const key = (ruleId: string, subjectId: string, subtype: string | null | undefined): string =>
  `${ruleId} ${subjectId}${subtype ? ` ${subtype}` : ""}`;

/** Cases and spots have ids of their own: what they are about says more. */
const subjectOf = ({ subject, evidence }: RaisedAlert): string =>
  subject.kind === "case" || subject.kind === "spot" ? String(evidence?.[0]?.subjectId ?? subject.id) : subject.id;

const clock = (at: number | null | undefined): string =>
  at === undefined ? "" : at === null ? "not cleared" : new Date(at + 8 * 3_600_000).toISOString().slice(11, 19);

const times = (openAt: number, clearAt: number | null | undefined, level: Level | undefined): string =>
  `${level ? `level ${level}, ` : ""}${clock(openAt)}${clearAt === undefined ? "" : ` to ${clock(clearAt)}`}`;

/** Sets each expected alert beside the nearest raised one of the same key; what is left over on either side is a difference. */
export function compareAlerts(scenario: Scenario, startAt: number, raised: readonly RaisedAlert[]): ComparisonRow[] {
  // What was merged is part of another alert, and that one is compared.
  const left = new Set(raised.filter((alert) => alert.state !== "merged"));
  const rows: ComparisonRow[] = [];
  for (const wanted of scenario.expected) {
    const name = key(wanted.ruleId, wanted.subjectId, wanted.subtype);
    const openAt = startAt + wanted.openAt * 60_000;
    const clearAt = typeof wanted.clearAt === "number" ? startAt + wanted.clearAt * 60_000 : wanted.clearAt;
    const expected = times(openAt, clearAt, wanted.level);
    const candidates = [...left].filter(
      (alert) =>
        alert.ruleId === wanted.ruleId &&
        subjectOf(alert) === wanted.subjectId &&
        (wanted.subtype === undefined || alert.subtype === wanted.subtype),
    );
    candidates.sort((a, b) => Math.abs(a.openedAt - openAt) - Math.abs(b.openedAt - openAt));
    const found = candidates[0];
    if (!found) {
      rows.push({ alert: name, expected, raised: "", difference: "missing" });
      continue;
    }
    left.delete(found);
    rows.push({
      alert: name,
      expected,
      raised: times(found.openedAt, found.clearedAt, found.level),
      difference: differences(wanted, openAt, clearAt, found).join("; "),
    });
  }
  for (const alert of left) {
    if (scenario.ignoredRules?.includes(alert.ruleId)) continue;
    const shown = times(alert.openedAt, alert.clearedAt, alert.level);
    rows.push({
      alert: key(alert.ruleId, subjectOf(alert), alert.subtype),
      expected: "",
      raised: shown,
      difference: "not expected",
    });
  }
  return rows;
}

function differences(
  wanted: ExpectedAlert,
  openAt: number,
  clearAt: number | null | undefined,
  found: RaisedAlert,
): string[] {
  const { toleranceSeconds, clearToleranceSeconds = toleranceSeconds } = wanted;
  const list: string[] = [];
  const off = (what: string, is: number, should: number, tolerance: number): void => {
    if (Math.abs(is - should) > tolerance * 1_000) list.push(`${what} ${Math.round((is - should) / 1_000)} s off`);
  };
  off("opened", found.openedAt, openAt, toleranceSeconds);
  if (clearAt === null && found.clearedAt !== null) list.push("cleared, but should last");
  if (typeof clearAt === "number") {
    if (found.clearedAt === null) list.push("not cleared");
    else off("cleared", found.clearedAt, clearAt, clearToleranceSeconds);
  }
  if (wanted.state !== undefined && found.state !== wanted.state) list.push(`${found.state}, not ${wanted.state}`);
  if (wanted.verdict !== undefined && found.proof?.verdict !== wanted.verdict)
    list.push(`${found.proof?.verdict ?? "no proof"}, not ${wanted.verdict}`);
  if (wanted.level !== undefined && found.level !== wanted.level) list.push(`level ${found.level}`);
  return list;
}

/** The comparison as a table for people. */
export function formatRows(rows: readonly ComparisonRow[]): string {
  const head: ComparisonRow = { alert: "alert", expected: "expected", raised: "raised", difference: "difference" };
  const lines = [head, ...rows.map((row) => ({ ...row, difference: row.difference || "ok" }))];
  const width = (field: keyof ComparisonRow): number => Math.max(...lines.map((line) => line[field].length));
  const [a, b, c] = [width("alert"), width("expected"), width("raised")];
  return lines
    .map((line) => `${line.alert.padEnd(a)}  ${line.expected.padEnd(b)}  ${line.raised.padEnd(c)}  ${line.difference}`)
    .join("\n");
}
