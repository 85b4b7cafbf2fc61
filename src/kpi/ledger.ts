import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import { binOf, type Contribution, caseMeasures, type Measure, type Scope, scopeNames } from "./measures.ts";

/** One counter: a measure in an hour and scope, durations by bin. `amount` and `ms` are what is added to it. */
export interface Counter {
  readonly measure: Measure;
  readonly hour: Millis;
  readonly scope: Scope;
  readonly bin: number;
  amount: number;
  ms: number;
}

/** What a record contributes, kept so that a figure can be opened up to the cases behind it. */
export interface Part {
  readonly measure: Measure;
  readonly at: Millis;
  readonly recordId: string;
  readonly scope: Scope;
}

/** A fact whose contributions may still change: a case, a ticket. `body` null: it cannot change any more. */
export interface KpiRecord {
  readonly id: string;
  readonly body: Json | null;
}

/** What one batch changes of the figures; committed with it. */
export interface KpiChanges {
  readonly counters: readonly Counter[];
  readonly parts: readonly { readonly part: Part; readonly gone: boolean }[];
  readonly records: readonly KpiRecord[];
  /** These measures are reckoned anew from an instant on: what was counted of them since then is dropped first. */
  readonly anew?: { readonly measures: readonly Measure[]; readonly from: Millis };
}

const scopeKey = (scope: Scope): string => scopeNames.map((name) => scope[name]).join("\u0001");
const counterKey = (measure: Measure, hour: Millis, scope: Scope, bin: number): string =>
  `${measure}\u0001${hour}\u0001${bin}\u0001${scopeKey(scope)}`;
const partKey = ({ measure, at, recordId, scope }: Part): string =>
  `${measure}\u0001${at}\u0001${recordId}\u0001${scopeKey(scope)}`;

/** Collects the differences of one batch. What is added and taken back within it leaves no trace. */
export class KpiDraft {
  readonly #counters = new Map<string, Counter>();
  readonly #parts = new Map<string, { part: Part; balance: number }>();
  readonly #records = new Map<string, KpiRecord>();
  #anew: KpiChanges["anew"];
  readonly #hourOf: (at: Millis) => Millis;

  constructor(hourOf: (at: Millis) => Millis) {
    this.#hourOf = hourOf;
  }

  get empty(): boolean {
    return this.#counters.size === 0 && this.#records.size === 0 && !this.#anew;
  }

  /** What cases contribute is reckoned anew. What lies before the oldest case that is still known stays as it was counted. */
  startAnew(from: Millis): void {
    this.#anew = { measures: caseMeasures, from: this.#hourOf(from) };
  }

  /** Something happened once and for all. */
  add({ measure, at, scope, amount, ms }: Contribution, times: 1 | -1 = 1): void {
    const hour = this.#hourOf(at);
    const bin = binOf(ms);
    const key = counterKey(measure, hour, scope, bin);
    const known = this.#counters.get(key);
    if (known) {
      known.amount += amount * times;
      known.ms += (ms ?? 0) * times;
    } else this.#counters.set(key, { measure, hour, scope, bin, amount: amount * times, ms: (ms ?? 0) * times });
  }

  /** A record contributes something else than before. Pure contributions on both sides: nothing is looked up. */
  replace(recordId: string, before: readonly Contribution[], after: readonly Contribution[], body: Json | null): void {
    for (const [contributions, times] of [
      [before, -1],
      [after, 1],
    ] as const) {
      for (const contribution of contributions) {
        this.add(contribution, times);
        const { measure, at, scope } = contribution;
        const part = { measure, at, recordId, scope };
        const key = partKey(part);
        const known = this.#parts.get(key);
        if (known) known.balance += times;
        else this.#parts.set(key, { part, balance: times });
      }
    }
    this.#records.set(recordId, { id: recordId, body });
  }

  /** A record that cannot change any more is no longer kept; its contributions stay. */
  settle(recordId: string): void {
    this.#records.set(recordId, { id: recordId, body: null });
  }

  finish(): KpiChanges {
    return {
      counters: [...this.#counters.values()].filter(({ amount, ms }) => amount !== 0 || ms !== 0),
      parts: [...this.#parts.values()]
        .filter(({ balance }) => balance !== 0)
        .map(({ part, balance }) => ({ part, gone: balance < 0 })),
      records: [...this.#records.values()],
      ...(this.#anew && { anew: this.#anew }),
    };
  }
}
