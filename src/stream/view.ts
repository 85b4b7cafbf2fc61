import type { Revised, Revisions } from "../center/revisions.ts";

/** Left members are remembered so that a client that was away hears of them; beyond this the oldest half is forgotten. */
const LEFT_REMEMBERED = 50_000;

export interface Delta {
  readonly upsert: readonly unknown[];
  readonly gone: readonly string[];
}

/**
 * One question that screens ask (topic, filter, scope, role), shared by all that ask the same. It knows which records match
 * and which have ceased to, so an answer costs what changed.
 */
export class View<T extends Revised> {
  readonly key: string;
  readonly revisions: Revisions<T>;
  readonly #matches: (item: T) => boolean;
  readonly #project: (item: T) => unknown;
  readonly #nameOf: ((item: T) => string) | null;
  /** Names of members that are not their ids, kept until it was told that they are gone. */
  readonly #names = new Map<string, string>();
  readonly #members = new Set<string>();
  readonly #left = new Map<string, number>();
  /** Below this, who left is not known: everything that changed and does not match is reported as gone. */
  #knownFrom: number;
  #rev: number;

  /** @param nameOf the id by which those who ask know an item, where it is another than its own */
  constructor(
    key: string,
    revisions: Revisions<T>,
    matches: (item: T) => boolean,
    project: (item: T) => unknown,
    nameOf: ((item: T) => string) | null = null,
  ) {
    this.key = key;
    this.revisions = revisions;
    this.#matches = matches;
    this.#project = project;
    this.#nameOf = nameOf;
    for (const item of revisions.values()) {
      this.#note(item);
      if (matches(item)) this.#members.add(item.id);
    }
    this.#rev = revisions.head;
    this.#knownFrom = revisions.head;
  }

  get rev(): number {
    return this.#rev;
  }

  /** Brings membership up to date. Only when memory and disk agree. */
  update(): void {
    if (this.revisions.head === this.#rev) return;
    this.revisions.since(
      this.#rev,
      (item) => {
        this.#note(item);
        if (this.#matches(item)) {
          this.#members.add(item.id);
          this.#left.delete(item.id);
        } else if (this.#members.delete(item.id)) {
          this.#left.set(item.id, item.rev);
        }
      },
      (id) => {
        if (this.#members.delete(id)) this.#left.set(id, this.revisions.head);
      },
    );
    this.#rev = this.revisions.head;
    if (this.#left.size > LEFT_REMEMBERED) this.#forgetLeft();
  }

  memberIds(): string[] {
    return [...this.#members];
  }

  /** What a member looks like now; undefined when it is none any more. */
  show(id: string): unknown {
    const item = this.#members.has(id) ? this.revisions.get(id) : undefined;
    return item && this.#project(item);
  }

  /** Whether `since` can be answered from memory. */
  canAnswer(since: number): boolean {
    return since >= this.revisions.floor && since <= this.revisions.head;
  }

  /** What changed since a revision, oldest change first. */
  delta(since: number): Delta {
    const upsert: unknown[] = [];
    const gone: string[] = [];
    const unsure = since < this.#knownFrom;
    const leave = (id: string) => {
      if (unsure || (this.#left.get(id) ?? 0) > since) gone.push(this.#names.get(id) ?? id);
    };
    this.revisions.since(
      since,
      (item) => (this.#members.has(item.id) ? upsert.push(this.#project(item)) : leave(item.id)),
      leave,
    );
    return { upsert: upsert.reverse(), gone: gone.reverse() };
  }

  /** For records read from the store: the same question, asked of one record. */
  judge(item: T): { upsert: unknown } | { gone: string } {
    return this.#matches(item) ? { upsert: this.#project(item) } : { gone: item.id };
  }

  /** A record that is removed leaves its id behind: what it was called must be known by then. */
  #note(item: T): void {
    const name = this.#nameOf?.(item);
    if (name !== undefined && name !== item.id) this.#names.set(item.id, name);
  }

  #forgetLeft(): void {
    let drop = this.#left.size / 2;
    for (const [id, rev] of this.#left) {
      if (drop-- <= 0) break;
      this.#knownFrom = Math.max(this.#knownFrom, rev);
      this.#left.delete(id);
    }
  }
}
