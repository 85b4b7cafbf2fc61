import type { FeatureCollection } from "geojson";
import type { Rest } from "../staff/rest.ts";

/** The sweep plan of a day as the coverage page has it, and what of it is urgent. Pure but for the asking. */

/** `GET /sweeps` */
export interface SweepRow {
  readonly id: string;
  readonly sectionId: string;
  readonly communityId: string | null;
  readonly gridId: string | null;
  readonly crewId: string | null;
  readonly crewName: string | null;
  readonly vehicleId: string | null;
  readonly line: string | null;
  readonly from: number;
  readonly to: number;
  /** How much is swept, and how much is asked for: 0 to 1. */
  readonly coverage: number;
  readonly target: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly restMinutes: number | null;
  readonly warned: boolean;
  readonly missed: boolean;
}
export interface SweepPlan {
  readonly date: string;
  readonly now: number;
  readonly items: readonly SweepRow[];
}

/** How a sweep stands, the most urgent first. */
export const standings = ["willMiss", "missed", "underWay", "planned", "done"] as const;
export type Standing = (typeof standings)[number];

export function standingOf({ coverage, target, from, to, warned }: SweepRow, now: number): Standing {
  if (coverage >= target) return "done";
  if (now >= to) return "missed";
  if (warned) return "willMiss";
  return now >= from ? "underWay" : "planned";
}

/** What is at risk first, what ends first before the others; of two that end together the one that has more to do. */
export function byUrgency(now: number): (a: SweepRow, b: SweepRow) => number {
  const rank = (row: SweepRow) => standings.indexOf(standingOf(row, now));
  return (a, b) =>
    rank(a) - rank(b) || a.to - b.to || a.coverage - b.coverage || a.sectionId.localeCompare(b.sectionId, "en");
}

const MOST_PAGES = 50;

/** The whole plan, page by page. */
export async function wholePlan(rest: Rest, path: string): Promise<SweepPlan> {
  const items: SweepRow[] = [];
  let cursor = "";
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await rest.get<SweepPlan & { next: string | null }>(path + cursor);
    items.push(...answer.items);
    if (answer.next === null) return { ...answer, items };
    cursor = `&cursor=${encodeURIComponent(answer.next)}`;
  }
  throw new Error(`a plan of more than ${items.length} sweeps`);
}

/** Of several windows of a section the one that matters: under way, else the last that began, else the next. */
export function sweepNow(rows: readonly SweepRow[], now: number): SweepRow | null {
  const ordered = rows.toSorted((a, b) => a.from - b.from);
  return ordered.findLast(({ from }) => from <= now) ?? ordered[0] ?? null;
}

/** A road section as the map knows it. */
export interface SectionFacts {
  readonly id: string;
  readonly name: string | null;
  readonly class: number;
  readonly lengthM: number;
  readonly widthM: number;
}

const inOrder = new Intl.Collator("en", { numeric: true }).compare;

/** Sections by id, each with a name of its own: those of one road are numbered. */
export function sectionsOf(
  { features }: FeatureCollection,
  named: (id: string) => string,
): ReadonlyMap<string, SectionFacts & { readonly title: string }> {
  const facts = features.map(({ properties }) => properties as unknown as SectionFacts);
  const roads = Map.groupBy(facts, (section) => {
    const known = named(section.id);
    return known === section.id ? (section.name ?? section.id) : known;
  });
  const found = new Map<string, SectionFacts & { readonly title: string }>();
  for (const [name, sections] of roads) {
    const ordered = sections.toSorted((a, b) => inOrder(a.id, b.id));
    for (const [i, section] of ordered.entries()) {
      const title = ordered.length > 1 ? `${name} ${i + 1}/${ordered.length}` : name;
      found.set(section.id, { ...section, title });
    }
  }
  return found;
}
