/** A record that carries the revision of its last change. */
export interface Revised {
  readonly id: string;
  readonly rev: number;
}

interface Node<T> {
  item: T | null;
  id: string;
  rev: number;
  older: Node<T> | null;
  newer: Node<T> | null;
}

export interface Delta<T> {
  readonly upsert: readonly T[];
  readonly gone: readonly string[];
}

/**
 * Records ordered by the revision of their last change, so that "what changed since n" costs what changed and nothing more.
 * A removed record leaves a tombstone; the oldest tombstones are forgotten beyond `keepTombstones`, and `floor` says from
 * which revision on the answer is complete.
 */
export class Revisions<T extends Revised> {
  readonly #nodes = new Map<string, Node<T>>();
  #newest: Node<T> | null = null;
  #oldest: Node<T> | null = null;
  #tombstones = 0;
  #floor: number;
  #size = 0;
  readonly #keepTombstones: number;

  constructor(floor: number, keepTombstones = 100_000) {
    this.#floor = floor;
    this.#keepTombstones = keepTombstones;
  }

  /** Highest revision known, or the floor when nothing changed yet. */
  get head(): number {
    return this.#newest?.rev ?? this.#floor;
  }

  /** `since(n)` is complete for every n at or above this. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#size;
  }

  get(id: string): T | undefined {
    return this.#nodes.get(id)?.item ?? undefined;
  }

  *values(): Generator<T> {
    for (let node = this.#oldest; node; node = node.newer) if (node.item) yield node.item;
  }

  /** Inserts or replaces. Revisions never go back. */
  put(item: T): void {
    const known = this.#nodes.get(item.id);
    if (known) {
      if (!known.item) {
        this.#tombstones--;
        this.#size++;
      }
      known.item = item;
      known.rev = item.rev;
      if (known !== this.#newest) {
        this.#unlink(known);
        this.#append(known);
      }
      return;
    }
    const node: Node<T> = { item, id: item.id, rev: item.rev, older: null, newer: null };
    this.#nodes.set(item.id, node);
    this.#size++;
    this.#append(node);
  }

  remove(id: string, rev: number): void {
    const node = this.#nodes.get(id);
    if (!node?.item) return;
    node.item = null;
    node.rev = rev;
    this.#size--;
    this.#tombstones++;
    if (node !== this.#newest) {
      this.#unlink(node);
      this.#append(node);
    }
    this.#forgetTombstones();
  }

  /** Calls `changed` for each record, and `gone` for each tombstone, whose revision is above `rev`, newest first. */
  since(rev: number, changed: (item: T) => void, gone: (id: string) => void): void {
    for (let node = this.#newest; node && node.rev > rev; node = node.older) {
      if (node.item) changed(node.item);
      else gone(node.id);
    }
  }

  #append(node: Node<T>): void {
    node.older = this.#newest;
    node.newer = null;
    if (this.#newest) this.#newest.newer = node;
    else this.#oldest = node;
    this.#newest = node;
  }

  #unlink(node: Node<T>): void {
    if (node.older) node.older.newer = node.newer;
    else this.#oldest = node.newer;
    if (node.newer) node.newer.older = node.older;
    else this.#newest = node.older;
  }

  #forgetTombstones(): void {
    if (this.#tombstones <= this.#keepTombstones) return;
    for (let node = this.#oldest; node && this.#tombstones > this.#keepTombstones * 0.9; ) {
      const next: Node<T> | null = node.newer;
      if (!node.item) {
        this.#floor = Math.max(this.#floor, node.rev);
        this.#unlink(node);
        this.#nodes.delete(node.id);
        this.#tombstones--;
      }
      node = next;
    }
  }
}
