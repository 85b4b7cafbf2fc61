import type { AlertState } from "../domain/alert.ts";
import type { Work } from "../domain/roles.ts";
import type { Millis } from "../domain/time.ts";
import type { Measure, Scope } from "../kpi/measures.ts";
import type { WorkRecord } from "./kept.ts";

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface WorkQuery {
  readonly kind: WorkRecord["kind"];
  readonly subjectId?: string;
  /** Inclusive. */
  readonly from?: Millis;
  /** Exclusive. */
  readonly to?: Millis;
  readonly cursor?: string;
  readonly limit: number;
}

export interface AlertQuery {
  readonly open?: boolean;
  readonly state?: readonly AlertState[];
  readonly level?: readonly number[];
  readonly ruleId?: readonly string[];
  readonly subjectId?: string;
  readonly communityId?: readonly string[];
  readonly gridId?: readonly string[];
  /** west, south, east, north */
  readonly bbox?: readonly [number, number, number, number];
  readonly from?: Millis;
  readonly to?: Millis;
  /** Only what is a crew's own work (domain/reach.ts). */
  readonly work?: Work;
  /** Opaque: from the last page's `next`. */
  readonly cursor?: string;
  readonly limit: number;
}

export interface AuditQuery {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** Limits of a question about figures, by parts of the scope. */
export type KpiWithin = { readonly [name in keyof Scope]?: readonly Scope[name][] };

export interface KpiQuery {
  readonly measure: Measure;
  /** Begin of an hour, inclusive. */
  readonly from: Millis;
  readonly to: Millis;
  readonly by: readonly (keyof Scope)[];
  readonly within?: KpiWithin | undefined;
}

/** A measure in one hour and group; durations by bin. */
export interface KpiSum {
  readonly hour: Millis;
  readonly bin: number;
  readonly amount: number;
  readonly ms: Millis;
  readonly group: { readonly [name in keyof Scope]?: string | number };
}

export interface KpiCases {
  readonly measures: readonly Measure[];
  readonly from: Millis;
  readonly to: Millis;
  readonly within?: KpiWithin | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A record behind a figure, and which of its measures it is part of. */
export interface KpiPart {
  readonly at: Millis;
  readonly recordId: string;
  readonly measures: readonly Measure[];
}
