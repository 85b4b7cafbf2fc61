import type { Calendar } from "../domain/calendar.ts";
import { dateOf, dayOf } from "../domain/calendar.ts";
import type { Kind } from "../domain/kinds.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import { appliesOn, type Days, minutesBetween, type Span, spanOn } from "./days.ts";
import type { Ground } from "./ground.ts";
import type { CollectionName, Edition, Post, RecordOf } from "./records.ts";

/** What a record must agree with beside its own shape. Each line names the element and says what to do. */

export interface Surroundings {
  readonly ground: Ground;
  readonly calendar: Calendar;
  readonly now: Millis;
  get<C extends CollectionName>(collection: C, id: string): Edition<C> | undefined;
  all<C extends CollectionName>(collection: C): Iterable<Edition<C>>;
  kindOf(deviceId: string): Kind | undefined;
}

/** So many days ahead are compared for people who would work twice. */
const DAYS_COMPARED = 62;

type Check<C extends CollectionName> = (record: RecordOf<C>, around: Surroundings) => string[];

const checks: { readonly [C in CollectionName]?: Check<C> } = {
  contractors: ({ lines }, around) => lines.flatMap((line) => knownLine(line, around)),

  people: ({ id, badge, line, contractorId }, around) => {
    const problems = [...knownLine(line, around), ...knownContractor(contractorId, around)];
    if (badge === null) return problems;
    problems.push(...deviceOfKind(badge, ["person"], `badge of person ${id}`, around));
    for (const other of around.all("people")) {
      if (other.badge === badge && other.id !== id) {
        problems.push(`badge ${badge} is worn by person ${other.id}; take it from there first (badge: null)`);
      }
    }
    return problems;
  },

  vehicles: ({ id, line, contractorId }, around) => [
    ...deviceOfKind(id, ["vehicle"], "vehicle", around),
    ...knownLine(line, around),
    ...knownContractor(contractorId, around),
  ],

  crews: ({ id, line, contractorId, members, lead }, around) => {
    const problems = [...knownLine(line, around), ...knownContractor(contractorId, around)];
    for (const member of twice(members)) problems.push(`member ${member} stands twice in crew ${id}; remove one`);
    for (const member of members) problems.push(...deviceOfKind(member, ["person", "vehicle"], "member", around));
    for (const other of around.all("crews")) {
      if (other.id === id) continue;
      for (const member of members) {
        if (other.members.includes(member)) {
          problems.push(`${member} is a member of crew ${other.id} already; remove it there first`);
        }
      }
    }
    if (lead !== undefined && !members.includes(lead)) {
      problems.push(`lead ${lead} is no member of crew ${id}; add it to members`);
    }
    return problems;
  },

  shifts: ({ id, from, to, breaks }) => {
    const length = minutesBetween(from, to);
    return breaks.flatMap((pause) => {
      const begins = minutesBetween(from, pause.from) % (24 * 60);
      const ends = begins + minutesBetween(pause.from, pause.to);
      if (ends <= length) return [];
      return [`break ${pause.from}–${pause.to} lies outside shift ${id} (${from}–${to}); move it inside`];
    });
  },

  leave: ({ personId }, around) => known("people", personId, "person", around),

  rosters: (roster, around) => {
    const { shiftId, crewId, line, entries } = roster;
    const problems = [...known("shifts", shiftId, "shift", around), ...knownLine(line, around)];
    if (crewId !== undefined) problems.push(...known("crews", crewId, "crew", around));
    for (const personId of twice(entries.map((entry) => entry.personId))) {
      problems.push(`person ${personId} stands twice in roster ${roster.id}; keep one entry`);
    }
    for (const { personId, where } of entries) {
      problems.push(...known("people", personId, "person", around));
      problems.push(...knownPost(where, `the place of person ${personId}`, around));
    }
    return problems.length > 0 ? problems : overlaps(roster, around);
  },

  plans: (plan, around) => {
    const problems: string[] = [];
    if (plan.vehicleId !== undefined) {
      problems.push(...deviceOfKind(plan.vehicleId, ["vehicle"], `vehicle of plan ${plan.id}`, around));
    }
    if (plan.kind === "route") {
      if (!plan.sections && plan.areaId === undefined) {
        problems.push(`route ${plan.id} has neither a section nor an area; give sections or areaId`);
      }
      for (const sectionId of plan.sections ?? []) problems.push(...knownSection(sectionId, plan.id, around));
      if (plan.areaId !== undefined) problems.push(...knownPost({ areaId: plan.areaId }, `plan ${plan.id}`, around));
      return problems;
    }
    if (plan.crewId !== undefined) problems.push(...known("crews", plan.crewId, "crew", around));
    const items = plan.kind === "collection" ? plan.stops : plan.sections;
    const ids = items.map((item) => `${"pointId" in item ? item.pointId : item.sectionId} at ${item.from}`);
    for (const double of twice(ids)) problems.push(`${double} stands twice in plan ${plan.id}; keep one`);
    for (const item of items) {
      if ("sectionId" in item) problems.push(...knownSection(item.sectionId, plan.id, around));
      else if (!around.ground.spots.has(item.pointId)) {
        problems.push(`plan ${plan.id}: the district has no point ${item.pointId}; GET /district lists them`);
      }
    }
    return problems;
  },

  tasks: ({ id, line, crewId, place }, around) => [
    ...knownLine(line, around),
    ...(crewId === undefined ? [] : known("crews", crewId, "crew", around)),
    ...knownPost(place, `the place of task ${id}`, around),
  ],
};

/** Everything that does not fit, at most twenty lines; empty when the record may be stored. */
export function problemsOf<C extends CollectionName>(
  collection: C,
  record: RecordOf<C>,
  around: Surroundings,
): readonly string[] {
  const check = checks[collection] as Check<C> | undefined;
  return [...new Set(check?.(record, around) ?? [])].slice(0, 20);
}

/** Records that name another one: it may not be removed while there are any. */
export function usersOf(collection: CollectionName, id: string, around: Surroundings): readonly string[] {
  const users: string[] = [];
  const look = <C extends CollectionName>(name: C, uses: (record: Edition<C>) => boolean) => {
    for (const record of around.all(name)) if (uses(record)) users.push(`${name}/${record.id}`);
  };
  if (collection === "lines") {
    look("crews", ({ line }) => line === id);
    look("people", ({ line }) => line === id);
    look("tasks", ({ line }) => line === id);
  } else if (collection === "contractors") {
    look("crews", ({ contractorId }) => contractorId === id);
    look("people", ({ contractorId }) => contractorId === id);
  } else if (collection === "people") {
    look("rosters", ({ entries }) => entries.some(({ personId }) => personId === id));
    look("leave", ({ personId }) => personId === id);
  } else if (collection === "shifts") {
    look("rosters", ({ shiftId }) => shiftId === id);
  } else if (collection === "crews") {
    look("rosters", ({ crewId }) => crewId === id);
    look("plans", (plan) => plan.kind !== "route" && plan.crewId === id);
    look("tasks", ({ crewId }) => crewId === id);
  }
  return users;
}

function overlaps(roster: RecordOf<"rosters">, around: Surroundings): string[] {
  const { calendar, now } = around;
  const people = new Set(roster.entries.map(({ personId }) => personId));
  const rivals = [...around.all("rosters")].filter(
    (other) => other.id !== roster.id && other.entries.some(({ personId }) => people.has(personId)),
  );
  if (rivals.length === 0) return [];
  const shift = around.get("shifts", roster.shiftId);
  if (!shift) return [];
  const first = Math.max(calendar.dayNumber(now), firstDay(roster.days));
  for (const rival of rivals) {
    const other = around.get("shifts", rival.shiftId);
    if (!other) continue;
    const both = rival.entries.find(({ personId }) => people.has(personId));
    for (let day = first; day < first + DAYS_COMPARED; day++) {
      if (!appliesOn(roster.days, day, calendar)) continue;
      const mine = spanOn(day, shift.from, shift.to, calendar);
      for (const rivalDay of [day - 1, day, day + 1]) {
        if (!appliesOn(rival.days, rivalDay, calendar)) continue;
        if (!meet(mine, spanOn(rivalDay, other.from, other.to, calendar))) continue;
        return [
          `person ${both?.personId} would work twice on ${dateOf(day)}: ${shift.from}–${shift.to} here and ` +
            `${other.from}–${other.to} in roster ${rival.id}; take the person out of one of them`,
        ];
      }
    }
  }
  return [];
}

const firstDay = (days: Days | undefined): number =>
  days?.from === undefined ? Number.NEGATIVE_INFINITY : dayOf(days.from);
const meet = (a: Span, b: Span): boolean => a.from < b.to - MINUTE && b.from < a.to - MINUTE;

function twice(ids: readonly string[]): Set<string> {
  const seen = new Set<string>();
  return new Set(ids.filter((id) => seen.size === seen.add(id).size));
}

function known(collection: CollectionName, id: string, what: string, around: Surroundings): string[] {
  return around.get(collection, id) ? [] : [`there is no ${what} ${id}; PUT /registry/${collection}/${id} first`];
}

const knownLine = (id: string | undefined, around: Surroundings): string[] =>
  id === undefined ? [] : known("lines", id, "business line", around);
const knownContractor = (id: string | undefined, around: Surroundings): string[] =>
  id === undefined ? [] : known("contractors", id, "contractor", around);

function knownSection(id: string, planId: string, { ground }: Surroundings): string[] {
  return ground.sections.has(id)
    ? []
    : [`plan ${planId}: the district has no road section ${id}; GET /coverage lists them`];
}

function knownPost(post: Post, what: string, { ground }: Surroundings): string[] {
  if (post.circle || ground.metresOutside(post, 0, 0) !== null) return [];
  const [kind, id] = Object.entries(post)[0] ?? [];
  return [`${what}: the district has no ${String(kind).replace(/Id$/, "")} ${String(id)}`];
}

function deviceOfKind(id: string, kinds: readonly Kind[], what: string, around: Surroundings): string[] {
  const kind = around.kindOf(id);
  if (kind === undefined) return [`${what}: no device ${id} is registered; POST /devices first`];
  if (!kinds.includes(kind)) return [`${what}: device ${id} is a ${kind}, not a ${kinds.join(" or ")}`];
  return [];
}
