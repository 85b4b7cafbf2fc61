import type { Alert, AlertSubject, Evidence } from "../domain/alert.ts";
import type { Calendar } from "../domain/calendar.ts";
import { codesOf } from "../domain/categories.ts";
import type { AttributeValue } from "../domain/device.ts";
import type { Level } from "../domain/levels.ts";
import type { Place } from "../domain/place.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import { beliefIn } from "./belief.ts";
import type { Rule } from "./rule.ts";

export interface Opening {
  readonly rule: Rule;
  readonly subtype: string | null;
  readonly subject: AlertSubject;
  readonly place: Place | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly level: Level;
  readonly confirmed: boolean;
  readonly firstAt: Millis;
  readonly openedAt: Millis;
  readonly lastSeenAt: Millis;
  readonly count: number;
  readonly late: boolean;
  readonly evidence: readonly Evidence[];
  readonly actor: string;
  readonly note: string | null;
  /** Its device is silent already when it opens. */
  readonly stale?: boolean;
  /** Which of the rule's matter codes it is filed under; the first one when the rule's check names none. */
  readonly code?: string | null;
  /** The matter of what it was derived from, where that decides. */
  readonly matter?: Alert["matter"];
  /** The alert it came back from, where that is known already. */
  readonly recurrenceOf?: string;
}

/** The record of an alert that has just opened. Pure; it is not yet known to anybody. */
export function newAlert(
  id: string,
  opening: Omit<Opening, "recurrenceOf"> & Pick<Alert, "recurrenceOf" | "targetAt" | "limitAt">,
  now: Millis,
  calendar: Calendar,
): Alert {
  const { rule } = opening;
  return {
    id,
    ruleId: rule.id,
    subtype: opening.subtype,
    level: raisedLevel(rule, opening, opening.openedAt, opening.attributes, calendar),
    state: "open",
    confirmed: opening.confirmed,
    contested: false,
    subject: opening.subject,
    place: opening.place,
    line: null,
    firstAt: opening.firstAt,
    openedAt: opening.openedAt,
    knownAt: now,
    lastSeenAt: opening.lastSeenAt,
    clearedAt: null,
    closedAt: null,
    archivedAt: null,
    belief: beliefIn(opening.evidence),
    rings: false,
    count: opening.count,
    reopenCount: 0,
    recurrenceOf: opening.recurrenceOf,
    mergedInto: null,
    late: opening.late,
    stale: opening.stale ?? false,
    flapping: false,
    shelvedUntil: null,
    assignee: null,
    crewId: null,
    dispatchedAt: null,
    offer: null,
    proof: null,
    pictures: [],
    reworkCount: 0,
    request: null,
    suspendedAt: null,
    suspendedUntil: null,
    pausedMs: 0,
    targetAt: opening.targetAt,
    limitAt: opening.limitAt,
    targetUsedPct: 0,
    limitUsedPct: 0,
    escalatedAt: null,
    matter: matterOf(opening),
    evidence: opening.evidence,
    rev: 0,
  };
}

/** What the timeline keeps of how it began, for figures that are reckoned long after the evidence has changed. */
export function openingDetails({ confirmed, evidence }: Opening): Json {
  const [first] = evidence;
  return { confirmed, category: first?.category ?? null, channel: first?.channel ?? null };
}

/** Under which matter an alert is filed: as its check says, as what was seen says, else as its rule says first. */
function matterOf({ rule, code, matter, evidence }: Omit<Opening, "recurrenceOf">): Alert["matter"] {
  if (matter !== undefined) return matter;
  const seen = evidence[0]?.category;
  const codes = code ? rule.matter.filter((one) => one.code === code) : codesOf(seen);
  return codes[0] ?? rule.matter[0] ?? null;
}

/** The level an alert has by its rule's upgrades at a time: the gravest of those whose conditions all hold. */
export function raisedLevel(
  rule: Rule,
  alert: Pick<Alert, "level" | "openedAt" | "place" | "evidence">,
  at: Millis,
  attributes: Opening["attributes"],
  calendar: Calendar,
): Level {
  let { level } = alert;
  const hour = calendar.hourOfDay(at);
  for (const upgrade of rule.upgrades ?? []) {
    const grade = alert.place?.areaGrade;
    if (upgrade.areaGrade && !(grade && upgrade.areaGrade.includes(grade))) continue;
    if (upgrade.hours && (hour < upgrade.hours[0] || hour >= upgrade.hours[1])) continue;
    if (upgrade.afterMs !== undefined && at - alert.openedAt < upgrade.afterMs) continue;
    if (upgrade.attribute !== undefined && !attributes[upgrade.attribute]) continue;
    if (upgrade.fact !== undefined && alert.evidence[0]?.[upgrade.fact] !== true) continue;
    level = Math.min(level, upgrade.level) as Level;
  }
  return level;
}
