import type { Millis } from "../domain/time.ts";

/** What one observation says about a condition: it holds, it is over, or neither (between set and reset). */
export type Says = "holds" | "over" | "between";

/**
 * When marks in a row are enough. Either of the two suffices:
 * `samples` of them, the last at least `spacingMs` after the first, the newest of them within `withinMs`;
 * or the first of them `holdMs` ago.
 */
export interface Enough {
  readonly samples?: number | undefined;
  readonly spacingMs?: Millis | undefined;
  readonly withinMs?: Millis | undefined;
  readonly holdMs?: Millis | undefined;
  /**
   * A hold counts only when it was said so often: of a sensor that speaks every quarter of an hour, one spike says nothing
   * about the ten minutes after it.
   */
  readonly heard?: number | undefined;
  /** Marks that hold, further apart than this, belong to different episodes: two mistakes of a camera days apart are two. */
  readonly gapMs?: Millis | undefined;
}

interface Mark {
  readonly at: Millis;
  readonly says: Says;
}

/** Consecutive marks that say the same, up to the newest. */
export interface Run {
  readonly says: Says;
  readonly from: Millis;
  readonly to: Millis;
  readonly count: number;
}

/** Marks that are remembered one by one: how far out of order a sample may come and still find its place. */
const REMEMBERED_MARKS = 64;

/**
 * What is remembered of one condition of one subject. Marks are kept in order of event time, whatever the order of arrival,
 * so shuffled samples lead to the same run as ordered ones.
 */
export interface ConditionState {
  readonly marks: readonly Mark[];
  /** The marks before the remembered ones: what the oldest run said, since when, how often. */
  readonly before: Run | null;
  /**
   * A person ended the alert while the condition held: silent until it was over once, or was not heard of for so long. Null:
   * not silent.
   */
  readonly mutedMs: Millis | null;
}

export const emptyState: ConditionState = { marks: [], before: null, mutedMs: null };

/** Puts a mark in its place. Pure; returns the same state when the mark is older than everything remembered and changes nothing. */
export function mark(state: ConditionState, at: Millis, says: Says, outliers = 0): ConditionState {
  const { marks, before } = state;
  const oldest = marks[0];
  if (before && oldest && at < oldest.at) {
    if (before.says !== says) return state;
    return { ...state, before: { ...before, from: Math.min(before.from, at), count: before.count + 1 } };
  }
  const newest = marks.at(-1);
  if (newest && state.mutedMs !== null && at - newest.at > state.mutedMs)
    return { ...emptyState, marks: [{ at, says }] };
  let place = marks.length;
  while (place > 0 && (marks[place - 1] as Mark).at > at) place--;
  const next = [...marks.slice(0, place), { at, says }, ...marks.slice(place)];
  const mutedMs = says !== "holds" && place === marks.length ? null : state.mutedMs;
  if (next.length <= REMEMBERED_MARKS) return { marks: next, before, mutedMs };
  const dropped = next.shift() as Mark;
  // An outlier is forgotten, not what it stood in the middle of.
  const returns = next.slice(0, outliers).some((one) => one.says === before?.says);
  if (before && before.says !== dropped.says && returns) return { marks: next, before, mutedMs };
  const joined =
    before?.says === dropped.says
      ? { ...before, to: dropped.at, count: before.count + 1 }
      : { says: dropped.says, from: dropped.at, to: dropped.at, count: 1 };
  return { marks: next, before: joined, mutedMs };
}

/**
 * The run that ends with the newest mark. `gapMs` cuts runs that hold (see `Enough`); up to `outliers` marks in a row that
 * say otherwise do not end it.
 */
export function currentRun(state: ConditionState, gapMs?: Millis, outliers = 0): Run | null {
  if (outliers > 0) return tolerantRun(state, gapMs, outliers);
  const { marks, before } = state;
  const newest = marks.at(-1);
  if (!newest) return before;
  const most = newest.says === "holds" ? (gapMs ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  let first = marks.length - 1;
  while (first > 0) {
    const earlier = marks[first - 1] as Mark;
    if (earlier.says !== newest.says || (marks[first] as Mark).at - earlier.at > most) break;
    first--;
  }
  const from = (marks[first] as Mark).at;
  const count = marks.length - first;
  if (first === 0 && before?.says === newest.says && from - before.to <= most) {
    return { says: newest.says, from: before.from, to: newest.at, count: before.count + count };
  }
  return { says: newest.says, from, to: newest.at, count };
}

/** The run that counts while single marks are taken for jumps of a position: it ends when enough in a row agree on another. */
function tolerantRun({ marks, before }: ConditionState, gapMs: Millis | undefined, outliers: number): Run | null {
  let run = before;
  let doubt = null as Run | null;
  for (const { at, says } of marks) {
    const torn = run?.says === "holds" && at - run.to > (gapMs ?? Number.POSITIVE_INFINITY);
    if (!run || torn) {
      run = { says, from: at, to: at, count: 1 };
      doubt = null;
    } else if (says === run.says) {
      run = { ...run, to: at, count: run.count + 1 };
      doubt = null;
    } else {
      doubt =
        doubt?.says === says ? { ...doubt, to: at, count: doubt.count + 1 } : { says, from: at, to: at, count: 1 };
      if (doubt.count <= outliers) continue;
      run = doubt;
      doubt = null;
    }
  }
  return run;
}

/** How many of the remembered marks held in the time up to `at`. */
export function heldTimes({ marks }: ConditionState, withinMs: Millis, at: Millis): number {
  return marks.filter((one) => one.says === "holds" && one.at > at - withinMs && one.at <= at).length;
}

/**
 * The event time at which a run was enough, or null while it is not (yet).
 * @param now how far event time is known to have come: the newest sample, or a timer's due time
 */
export function enoughAt(state: ConditionState, run: Run, enough: Enough, now: Millis): Millis | null {
  const { samples, spacingMs = 0, withinMs, holdMs, heard = 1 } = enough;
  const held = holdMs !== undefined && now - run.from >= holdMs && run.count >= heard;
  // Heard again only after the hold was over: then it was known with that word, not before.
  const byHold = held ? Math.max(run.from + holdMs, heardAt(state, run, heard)) : null;
  const bySamples = samples === undefined ? null : manyAt(state, run, { samples, spacingMs, withinMs });
  if (byHold !== null && bySamples !== null) return Math.min(byHold, bySamples);
  return byHold ?? bySamples;
}

/** When a run was said for the n-th time, as far as its marks are remembered. */
function heardAt({ marks }: ConditionState, run: Run, times: number): Millis {
  const first = marks.length - run.count;
  return (first >= 0 ? marks[first + times - 1]?.at : undefined) ?? run.from;
}

interface Many {
  readonly samples: number;
  readonly spacingMs: Millis;
  readonly withinMs: Millis | undefined;
}

/** When a run first had so many marks, far enough apart and dense enough; as exactly as its marks are remembered. */
function manyAt({ marks }: ConditionState, run: Run, { samples, spacingMs, withinMs }: Many): Millis | null {
  if (run.count < samples || run.to - run.from < spacingMs) return null;
  const first = Math.max(0, marks.length - run.count);
  const forgotten = Math.max(0, run.count - marks.length);
  for (let index = Math.max(first, first + samples - 1 - forgotten); index < marks.length; index++) {
    const { at } = marks[index] as Mark;
    const start = marks[index - samples + 1]?.at ?? run.from;
    if (at - run.from >= spacingMs && (withinMs === undefined || at - start <= withinMs)) return at;
  }
  return null;
}
