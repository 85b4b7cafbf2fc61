import { HOUR, MINUTE, type Millis } from "../src/domain/time.ts";
import { type Problem, type ProblemClass, problemClasses } from "./alert-month.ts";

/** An alert as the score sees it. */
export interface Raised {
  readonly kind: ProblemClass;
  readonly device: string;
  /** When somebody could know. */
  readonly at: Millis;
  /** Null: it stood until the end. */
  readonly to: Millis | null;
}

export interface Quality {
  readonly problems: number;
  readonly found: number;
  readonly alerts: number;
  readonly right: number;
  /** Alerts about a problem that had one already. */
  readonly duplicates: number;
  readonly wrong: number;
  /** Median minutes from the beginning of a problem to its first alert. */
  readonly delayMinutes: number;
}

/** An alert that comes a little before its problem was only early. */
const EARLY_MS = 30 * MINUTE;
/** One that comes after it is over was late, and still about it. */
const LATE_MS = HOUR;

/** Sets alerts beside what really happened, class by class. */
export function score(problems: readonly Problem[], raised: readonly Raised[]): Map<ProblemClass, Quality> {
  const qualities = new Map<ProblemClass, Quality>();
  for (const kind of problemClasses) {
    const real = problems.filter((problem) => problem.kind === kind);
    const alerts = raised.filter((alert) => alert.kind === kind).sort((a, b) => a.at - b.at);
    const first = new Map<Problem, Millis>();
    let duplicates = 0;
    let wrong = 0;
    for (const { device, at } of alerts) {
      const about = real.filter(
        (problem) => problem.devices.has(device) && at >= problem.from - EARLY_MS && at <= problem.to + LATE_MS,
      );
      const fresh = about.filter((problem) => !first.has(problem));
      if (about.length === 0) wrong++;
      else if (fresh.length === 0) duplicates++;
      for (const problem of fresh) first.set(problem, at);
    }
    // One that stands from the problem before is about the next one too.
    for (const { device, at, to } of alerts) {
      for (const problem of real) {
        if (first.has(problem) || !problem.devices.has(device)) continue;
        if (at < problem.from && (to ?? Number.POSITIVE_INFINITY) > problem.from) first.set(problem, problem.from);
      }
    }
    const delays = [...first].map(([problem, at]) => Math.max(0, at - problem.from)).sort((a, b) => a - b);
    qualities.set(kind, {
      problems: real.length,
      found: first.size,
      alerts: alerts.length,
      right: alerts.length - wrong,
      duplicates,
      wrong,
      delayMinutes: (delays[Math.floor(delays.length / 2)] ?? 0) / MINUTE,
    });
  }
  return qualities;
}

/** All classes together. */
export function total(qualities: Iterable<Quality>): Quality {
  const all = [...qualities];
  const sum = (name: keyof Quality) => all.reduce((whole, quality) => whole + quality[name], 0);
  const delays = all.filter(({ found }) => found > 0).map(({ delayMinutes }) => delayMinutes);
  return {
    problems: sum("problems"),
    found: sum("found"),
    alerts: sum("alerts"),
    right: sum("right"),
    duplicates: sum("duplicates"),
    wrong: sum("wrong"),
    delayMinutes: delays.reduce((whole, delay) => whole + delay, 0) / Math.max(1, delays.length),
  };
}
