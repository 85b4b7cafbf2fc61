import { z } from "zod";
import type { Changes } from "../center/changes.ts";
import type { Calendar } from "../domain/calendar.ts";
import { distanceM, type Place } from "../domain/place.ts";
import { notFound } from "../domain/problem.ts";
import type { Actor } from "../domain/roles.ts";
import { DAY, HOUR, type Millis } from "../domain/time.ts";

/** Everything that keeps rules from ringing on purpose: maintenance, permitted zones, planned closures, storm mode. */

export const silenceKinds = ["maintenance", "permitted", "closure", "storm"] as const;

const ids = z.array(z.string().min(1).max(64)).min(1).max(5_000);
const hour = z.number().min(0).max(24);

export const silenceShape = z
  .strictObject({
    kind: z.enum(silenceKinds),
    reason: z.string().min(1).max(500),
    from: z.number().int().optional(),
    /** Null: until somebody ends it. */
    to: z.number().int().nullable(),
    /** Rules, or whole families as `street.*`. */
    ruleIds: ids.optional(),
    subjectIds: ids.optional(),
    communityId: ids.optional(),
    gridId: ids.optional(),
    circle: z
      .strictObject({
        lat: z.number().min(-90).max(90),
        lon: z.number().min(-180).max(180),
        radiusM: z.number().min(1).max(50_000),
      })
      .optional(),
    /** Local hours of each day, for a permitted zone: 18 to 24, or 20 to 2 over midnight. */
    hours: z.tuple([hour, hour]).optional(),
  })
  .refine(({ from, to }) => to === null || from === undefined || to > from, "to must be later than from")
  .refine(
    ({ kind, ruleIds, subjectIds, communityId, gridId, circle }) =>
      kind === "storm" || [ruleIds, subjectIds, communityId, gridId, circle].some((limit) => limit !== undefined),
    "say what it silences: ruleIds, subjectIds, communityId, gridId or circle",
  );
export type SilenceInput = z.infer<typeof silenceShape>;

export interface Silence extends Omit<SilenceInput, "from"> {
  readonly id: string;
  readonly from: Millis;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly endedAt: Millis | null;
}

/** What a storm makes normal: people shelter, vehicles wait, nobody sweeps. */
const STORM_RULES: ReadonlySet<string> = new Set([
  "person.off_post",
  "person.idle",
  "person.absent",
  "vehicle.idle",
  "vehicle.not_on_duty",
  "sweep.coverage_low",
  "task.overdue",
]);
const COLLECTION = "silences";
/** A silence that has ended stays listed for so long. */
const KEPT_MS = 90 * DAY;

export interface Quiet {
  /** Until when a rule may not ring about a subject or place; null when it may. */
  until(rule: { id: string; level: number }, subjectId: string, place: Place | null, at: Millis): Millis | null;
  add(input: SilenceInput, actor: Actor, now: Millis, changes: Changes): Silence;
  end(id: string, actor: Actor, now: Millis, changes: Changes): Silence;
  all(): readonly Silence[];
  stormAt(at: Millis): boolean;
}

export function createQuiet(
  documents: readonly { collection: string; id: string; body: unknown }[],
  newId: () => string,
  calendar: Calendar,
): Quiet {
  const silences = new Map<string, Silence>();
  for (const { collection, id, body } of documents) if (collection === COLLECTION) silences.set(id, body as Silence);

  const put = (silence: Silence, actor: Actor, action: string, now: Millis, changes: Changes): Silence => {
    silences.set(silence.id, silence);
    const body = JSON.parse(JSON.stringify(silence));
    changes.putDocument(COLLECTION, silence.id, body);
    changes.audit.push({ at: now, actor: actor.name, action, target: silence.id, details: body });
    for (const { id, endedAt, to } of [...silences.values()]) {
      const over = endedAt ?? to;
      if (over === null || now - over < KEPT_MS) continue;
      silences.delete(id);
      changes.putDocument(COLLECTION, id, null);
    }
    return silence;
  };

  return {
    until(rule, subjectId, place, at) {
      let until: Millis | null = null;
      for (const silence of silences.values()) {
        const end = activeUntil(silence, at, calendar);
        if (end === null || !covers(silence, rule, subjectId, place)) continue;
        until = Math.max(until ?? 0, end);
      }
      return until;
    },
    add(input, actor, now, changes) {
      const made = {
        ...input,
        id: newId(),
        from: input.from ?? now,
        createdBy: actor.name,
        createdAt: now,
        endedAt: null,
      };
      return put(made, actor, "silence.add", now, changes);
    },
    end(id, actor, now, changes) {
      const silence = silences.get(id);
      if (!silence) throw notFound(`silence ${id}`);
      if (silence.endedAt !== null) return silence;
      return put({ ...silence, endedAt: now }, actor, "silence.end", now, changes);
    },
    all: () => [...silences.values()].sort((a, b) => b.createdAt - a.createdAt),
    stormAt: (at) =>
      [...silences.values()].some((silence) => silence.kind === "storm" && activeUntil(silence, at, calendar) !== null),
  };
}

/** An hour is looked at again: an open-ended silence may be ended by hand at any time. */
const LOOK_AGAIN_MS = HOUR;

function activeUntil({ from, to, endedAt, hours }: Silence, at: Millis, calendar: Calendar): Millis | null {
  if (at < from || (to !== null && at >= to) || (endedAt !== null && at >= endedAt)) return null;
  const last = Math.min(to ?? at + LOOK_AGAIN_MS, at + LOOK_AGAIN_MS);
  if (!hours) return last;
  const today = calendar.dayNumber(at);
  // A night market that closes after midnight began yesterday.
  for (const day of [today - 1, today]) {
    const opens = calendar.instant(day, hours[0] * 60);
    const closes = calendar.instant(hours[1] <= hours[0] ? day + 1 : day, hours[1] * 60);
    if (at >= opens && at < closes) return Math.min(last, closes);
  }
  return null;
}

function covers(
  silence: Silence,
  rule: { id: string; level: number },
  subjectId: string,
  place: Place | null,
): boolean {
  if (silence.kind === "storm") return STORM_RULES.has(rule.id);
  const { ruleIds, subjectIds, communityId, gridId, circle } = silence;
  const named = ruleIds?.some((id) => id === rule.id || (id.endsWith(".*") && rule.id.startsWith(id.slice(0, -1))));
  if (ruleIds && !named) return false;
  // A cry for help or a fire in a silenced area still rings, unless the silence names that very rule.
  if (rule.level === 1 && !ruleIds?.includes(rule.id)) return false;
  if (subjectIds && !subjectIds.includes(subjectId)) return false;
  if (communityId && !communityId.includes(place?.communityId ?? "")) return false;
  if (gridId && !gridId.includes(place?.gridId ?? "")) return false;
  return !circle || (place !== null && distanceM(circle, place) <= circle.radiusM);
}
