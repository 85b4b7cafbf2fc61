import { UsageError } from "./command.ts";

/** @param what the kind of word, as in: There is no <what> "<given>" */
export function unknownWord(what: string, given: string, known: readonly string[], otherwise: string): UsageError {
  const near = nearest(given, known);
  return new UsageError(`There is no ${what} "${given}". ${near ? `Did you mean ${near}?` : otherwise}`);
}

/** The known word that is most like a given one, when it is like it at all: a slip of the finger or two. */
export function nearest(given: string, known: readonly string[]): string | null {
  const by = known
    .map((word) => ({ word, steps: word.startsWith(given) ? 1 : distance(given, word) }))
    .sort((a, b) => a.steps - b.steps)[0];
  return by && by.steps <= Math.max(1, Math.floor(by.word.length / 3)) ? by.word : null;
}

/** Letters to add, drop, change or swap with their neighbour to get from one word to the other. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const changed = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const swapped = swaps ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(changed, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    before = row;
    row = next;
  }
  return row[other.length] as number;
}
