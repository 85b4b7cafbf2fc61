import type { Text } from "../../domain/text.ts";
import type { Measure } from "../measures.ts";

/** The form of a figure, and short ways to write the usual ones. */

export type Unit = "percent" | "minutes" | "seconds" | "count" | "kilograms" | "kilometres" | "litresPer100Km";

export interface Kpi {
  readonly id: string;
  readonly title: Text;
  readonly formula: Text;
  readonly unit: Unit;
  /** At least this, or at most where fewer are better; null where only the direction counts. */
  readonly target: { readonly atLeast: number } | { readonly atMost: number } | null;
  readonly numerator: readonly Measure[];
  /** Null: the sum itself is the figure. */
  readonly denominator: readonly Measure[] | null;
  /** How the two make the value. `ratio` by default. */
  readonly how?:
    | "ratio"
    /** One minus the ratio. */
    | "rest"
    /** Mean and percentiles of the durations that belong to the numerator. */
    | "duration"
    /** The 95th percentile of the durations is the value. */
    | "p95"
    /** Due in a period is also what was due before it and still open when it began. */
    | "backlog"
    /** Hourly counts per desk; the 95th percentile of the hours. */
    | "perDeskHour"
    /** A hundred less the sum, where there was anything to do. */
    | "score"
    /** Looked up instead of counted (live.ts): how many there are, and how many of them are as they should be. */
    | "live"
    /** Looked up: how many there are. */
    | "liveCount"
    /** Reckoned by somebody else and taken over: the newest that had begun by the end of the time (city-index.ts). */
    | "imported";
  /** Counts only what is of this business line. */
  readonly line?: string;
}

export const share = (
  id: string,
  en: string,
  zh: string,
  formula: Text,
  numerator: Measure | readonly Measure[],
  denominator: Measure | readonly Measure[],
  target: Kpi["target"],
  how?: Kpi["how"],
): Kpi => ({
  id,
  title: { en, zh },
  formula,
  unit: "percent",
  target,
  numerator: [numerator].flat() as readonly Measure[],
  denominator: [denominator].flat() as readonly Measure[],
  ...(how && { how }),
});
export const f = (en: string, zh: string): Text => ({ en, zh });
export const atLeast = (value: number) => ({ atLeast: value });
export const atMost = (value: number) => ({ atMost: value });

export const duration = (id: string, en: string, zh: string, formula: Text, numerator: Measure): Kpi => ({
  id,
  title: { en, zh },
  formula,
  unit: "minutes",
  target: null,
  numerator: [numerator],
  denominator: null,
  how: "duration",
});

export const sum = (id: string, en: string, zh: string, formula: Text, unit: Unit, numerator: Measure): Kpi => ({
  id,
  title: { en, zh },
  formula,
  unit,
  target: null,
  numerator: [numerator],
  denominator: null,
});
