const FIRST_CAPACITY = 8;

/**
 * The last keys of one device's messages, so that a repetition is known. Grows only as far as it is used:
 * most devices repeat themselves within a few messages, a gateway that replays its buffer does not.
 */
export class RecentKeys {
  #keys = new Int32Array(FIRST_CAPACITY);
  #next = 0;
  #size = 0;
  readonly #limit: number;

  /** @param limit how many keys are remembered at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  has(key: number): boolean {
    const found = this.#keys.indexOf(key | 0);
    return found >= 0 && found < this.#size;
  }

  add(key: number): void {
    if (this.#size === this.#keys.length && this.#size < this.#limit) {
      const larger = new Int32Array(Math.min(this.#limit, this.#size * 2));
      larger.set(this.#keys.subarray(this.#next));
      larger.set(this.#keys.subarray(0, this.#next), this.#size - this.#next);
      this.#keys = larger;
      this.#next = this.#size;
    }
    this.#keys[this.#next] = key | 0;
    this.#next = (this.#next + 1) % this.#keys.length;
    this.#size = Math.min(this.#size + 1, this.#keys.length);
  }

  /** Oldest first, for the checkpoint. */
  toArray(): number[] {
    const start = this.#size < this.#keys.length ? 0 : this.#next;
    return Array.from({ length: this.#size }, (_, i) => this.#keys[(start + i) % this.#keys.length] ?? 0);
  }
}
