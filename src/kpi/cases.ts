import type { Alert, TimelineEntry } from "../domain/alert.ts";
import { HOUR, type Millis } from "../domain/time.ts";
import type { Contribution, Measure, Scope } from "./measures.ts";
import type { Periods } from "./periods.ts";

/**
 * A case as the figures see it: milestones read from an alert and its timeline, and what they contribute. Both are pure, so
 * the same history gives the same figures whenever it is read again.
 */

/** Who found it: sensors and cameras are proactive, as inspectors are; citizens are not. */
export type Finder = "iot" | "ai" | "inspector" | "citizen" | "system";

export interface CaseRecord {
  readonly id: string;
  readonly ruleId: string;
  readonly communityId: string;
  readonly gridId: string;
  readonly line: string;
  readonly contractor: string;
  readonly level: number;
  readonly finder: Finder;
  /** Camera and category of a sighting. */
  readonly camera: string;
  readonly seen: string;
  /** It has a matter code and is no finding about other alerts. */
  readonly civic: boolean;
  readonly rang: boolean;
  readonly state: Alert["state"];
  readonly confirmed: boolean;
  readonly firstAt: Millis;
  readonly openedAt: Millis;
  readonly knownAt: Millis;
  readonly filedAt: Millis | null;
  readonly acknowledgedAt: Millis | null;
  readonly dispatchedAt: Millis | null;
  readonly handledAt: Millis | null;
  readonly checkedAt: Millis | null;
  readonly passed: boolean;
  readonly returnedAt: readonly Millis[];
  readonly reworkedAt: readonly Millis[];
  readonly extendedAt: readonly Millis[];
  readonly clearedAt: Millis | null;
  readonly closedAt: Millis | null;
  readonly targetAt: Millis | null;
  readonly limitAt: Millis | null;
  /** The same problem came back within 72 hours of closing. */
  readonly relapsed: boolean;
  /** The points of the time it opened: other weights hold for the cases that follow. */
  readonly points?: DeductionPoints;
}

/** What the rules and registers say about an alert. */
export interface CaseContext {
  /** The rule counts places where it comes back. */
  readonly recurs: boolean;
  readonly line: string;
  readonly contractor: string;
  /** What a contractor loses for a late and for a returned case. */
  readonly points: DeductionPoints;
}

export interface DeductionPoints {
  readonly late: number;
  readonly rework: number;
}
/** Until a city says otherwise. */
export const usualPoints: DeductionPoints = { late: 0.5, rework: 1 };

/** Found in other alerts: counting them would count their parents twice. */
const ABOUT_OTHERS: ReadonlySet<string> = new Set(["case", "spot"]);
const OVERFLOW = "bin.overflow";
/** Hours in which an overflowing bin counts, local: at night nobody is expected to empty it. */
export const OVERFLOW_HOURS = [7, 22] as const;
export const RELAPSE_MS = 72 * HOUR;
const EVENTS_KEPT = 50;

const isPerson = (actor: string): boolean => actor.startsWith("user:");

/** What the first line of a timeline says about how it began. */
function beginning(opened: TimelineEntry | undefined): Record<string, unknown> {
  const details = opened?.details;
  return typeof details === "object" && details !== null ? { ...details } : {};
}

function finderOf(alert: Alert, opened: TimelineEntry | undefined): Finder {
  if (alert.subject.kind === "camera") return "ai";
  if (opened && isPerson(opened.actor)) return beginning(opened).channel === "citizen" ? "citizen" : "inspector";
  return opened?.actor.startsWith("device:") ? "iot" : "system";
}

/** The case after some more lines of its timeline; `before` null when it is new. Pure. */
export function follow(
  before: CaseRecord | null,
  alert: Alert,
  entries: readonly TimelineEntry[],
  context: Pick<CaseContext, "line" | "contractor" | "points">,
): CaseRecord {
  const opened = entries.find(({ action }) => action === "open");
  const { category } = beginning(opened);
  const start: CaseRecord = before ?? {
    id: alert.id,
    ruleId: alert.ruleId,
    communityId: alert.place?.communityId ?? "",
    gridId: alert.place?.gridId ?? "",
    line: context.line,
    contractor: context.contractor,
    level: alert.level,
    finder: finderOf(alert, opened),
    camera: alert.subject.kind === "camera" ? alert.subject.id : "",
    seen: typeof category === "string" ? category : "",
    civic: alert.matter !== null && !(ABOUT_OTHERS.has(alert.subject.kind) && !isPerson(opened?.actor ?? "")),
    rang: alert.rings,
    state: alert.state,
    confirmed: alert.confirmed,
    firstAt: alert.firstAt,
    openedAt: alert.openedAt,
    knownAt: alert.knownAt,
    filedAt: null,
    acknowledgedAt: null,
    dispatchedAt: null,
    handledAt: null,
    checkedAt: null,
    passed: false,
    returnedAt: [],
    reworkedAt: [],
    extendedAt: [],
    clearedAt: null,
    closedAt: null,
    targetAt: null,
    limitAt: null,
    relapsed: false,
    points: context.points,
  };
  const milestones = entries.reduce(milestone, start);
  return {
    ...milestones,
    // Whoever is sent decides whose work it is.
    line: context.line || milestones.line,
    contractor: context.contractor || milestones.contractor,
    level: alert.level,
    state: alert.state,
    confirmed: alert.confirmed,
    firstAt: alert.firstAt,
    clearedAt: alert.clearedAt,
    closedAt: alert.closedAt,
    targetAt: alert.targetAt,
    limitAt: alert.limitAt,
  };
}

/** Whoever does one of these believes it: it is filed as a case. */
const FILING: ReadonlySet<string> = new Set(["confirm", "acknowledge", "dispatch", "accept", "verify"]);

function milestone(before: CaseRecord, entry: TimelineEntry): CaseRecord {
  const { action, actor, at, toState, details } = entry;
  const files = FILING.has(action) || (action === "open" && beginning(entry).confirmed === true);
  const known = files ? { ...before, filedAt: before.filedAt ?? at } : before;
  const kept = (times: readonly Millis[]) => [...times, at].slice(-EVENTS_KEPT);
  const acknowledgedAt = known.acknowledgedAt ?? (isPerson(actor) && toState !== "open" ? at : null);
  switch (action) {
    case "dispatch":
      return { ...known, acknowledgedAt, dispatchedAt: known.dispatchedAt ?? at, handledAt: null };
    case "decline":
      return { ...known, returnedAt: kept(known.returnedAt) };
    case "handle":
      return { ...known, handledAt: known.handledAt ?? at };
    case "verify":
      return { ...known, acknowledgedAt, ...(known.checkedAt === null && { checkedAt: at, passed: true }) };
    case "rework":
    case "reopen": {
      const failed = known.handledAt !== null && known.checkedAt === null && isPerson(actor);
      const again = { ...known, handledAt: null, ...(failed && { checkedAt: at, passed: false }) };
      return action === "rework" ? { ...again, reworkedAt: kept(known.reworkedAt) } : again;
    }
    case "approve": {
      const extension =
        typeof details === "object" && details !== null && "kind" in details && details.kind === "extension";
      return extension ? { ...known, extendedAt: kept(known.extendedAt) } : known;
    }
    case "undo":
      // The author takes the last step back: if it was the only one, nobody has looked at it yet.
      return toState === "open" ? { ...known, acknowledgedAt: null, dispatchedAt: null, handledAt: null } : known;
    case "acknowledge":
    case "close":
      return { ...known, acknowledgedAt };
    default:
      return known;
  }
}

/** The deadline for closing: the statutory limit where there is one, else the operational target. */
export const closeByOf = ({ limitAt, targetAt }: CaseRecord): Millis | null => limitAt ?? targetAt;

/** What is neither a mistake nor part of another case. */
export const counts = ({ state }: Pick<CaseRecord, "state">): boolean =>
  state !== "falsePositive" && state !== "merged";

/** Everything a case contributes to the figures. */
export function contributionsOf(
  record: CaseRecord,
  { recurs }: Pick<CaseContext, "recurs">,
  periods: Periods,
  hourOfDay: (at: Millis) => number,
): Contribution[] {
  const { communityId, gridId, line, contractor, level } = record;
  const scope: Scope = { communityId, gridId, line, contractor, level, category: record.ruleId, source: "" };
  const found: Contribution[] = [];
  const put = (measure: Measure, at: Millis | null, ms?: Millis) => {
    if (at !== null) found.push({ measure, at, scope, amount: 1, ...(ms !== undefined && { ms: Math.max(0, ms) }) });
  };
  const sighting = (measure: Measure, at: Millis | null) => {
    if (at === null || record.camera === "") return;
    found.push({ measure, at, scope: { ...scope, category: record.seen, source: record.camera }, amount: 1 });
  };
  if (record.rang) put("alert.rang", record.knownAt);
  if (record.state === "merged") return found;
  if (record.civic) put("case.received", record.openedAt);
  if (record.state === "falsePositive") {
    sighting("ai.rejected", record.closedAt);
    return found;
  }
  const { openedAt, acknowledgedAt, dispatchedAt, clearedAt, closedAt, filedAt } = record;
  put("alert.opened", openedAt);
  if (acknowledgedAt !== null) put("alert.acknowledged", acknowledgedAt, acknowledgedAt - openedAt);
  if (dispatchedAt !== null) put("alert.dispatched", dispatchedAt, dispatchedAt - openedAt);
  if (clearedAt !== null) put("alert.cleared", clearedAt, clearedAt - openedAt);
  if (filedAt !== null) sighting("ai.confirmed", filedAt);
  if (record.civic && filedAt !== null) caseContributions(record, put);
  if (record.ruleId === OVERFLOW && clearedAt !== null) {
    put("overflow.ended", clearedAt, clearedAt - record.firstAt);
    if (record.targetAt === null || clearedAt <= record.targetAt) put("overflow.inTime", clearedAt);
    for (const { at, ms } of periods.hours(record.firstAt, clearedAt)) {
      const hour = hourOfDay(at);
      if (hour < OVERFLOW_HOURS[0] || hour >= OVERFLOW_HOURS[1]) continue;
      found.push({ measure: "overflow.minutes", at, scope, amount: ms / 60_000 });
    }
  }
  deduct(record, scope, found);
  if (recurs && closedAt !== null && record.state === "closed") {
    // Known only when the time in which it could come back is over: the figure lags by three days.
    put("spot.settled", closedAt + RELAPSE_MS);
    if (record.relapsed) put("spot.relapsed", closedAt + RELAPSE_MS);
  }
  return found;
}

/** What a contractor loses of its hundred for one case. */
function deduct(
  { contractor, handledAt, clearedAt, closedAt, targetAt, reworkedAt, points = usualPoints }: CaseRecord,
  scope: Scope,
  found: Contribution[],
): void {
  if (contractor === "") return;
  const measure = "contractor.deduction";
  for (const at of reworkedAt) found.push({ measure, at, scope, amount: points.rework });
  const doneAt = handledAt ?? clearedAt ?? closedAt;
  const late = targetAt !== null && doneAt !== null && doneAt > targetAt;
  if (late) found.push({ measure, at: targetAt, scope, amount: points.late });
}

function caseContributions(record: CaseRecord, put: (measure: Measure, at: Millis | null) => void): void {
  const { filedAt, dispatchedAt, closedAt, targetAt } = record;
  put("case.filed", filedAt);
  if (record.finder !== "citizen") put("case.proactive", filedAt);
  put("case.dispatched", dispatchedAt);
  for (const at of record.returnedAt) put("case.returned", at);
  for (const at of record.reworkedAt) put("case.rework", at);
  for (const at of record.extendedAt) put("case.extended", at);
  put("case.checked", record.checkedAt);
  if (record.passed) put("case.passed", record.checkedAt);
  const handledAt = record.handledAt ?? record.clearedAt ?? closedAt;
  if (targetAt !== null) {
    const dueAt = handledAt === null ? targetAt : Math.min(targetAt, handledAt);
    put("case.handleDue", dueAt);
    if (handledAt !== null) put("case.handled", dueAt);
    if (handledAt !== null && handledAt <= targetAt) put("case.handledInTime", dueAt);
  }
  const closeBy = closeByOf(record);
  if (closeBy !== null) {
    put("case.closeDue", closedAt === null ? closeBy : Math.min(closeBy, closedAt));
    put("case.closed", closedAt);
    if (closedAt !== null && closedAt <= closeBy) put("case.closedInTime", closedAt);
  }
}
