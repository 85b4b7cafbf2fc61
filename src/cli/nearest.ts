/** The known word that is most like a given one, when it is like it at all: a slip of the finger or two. */
export function nearest(given: string, known: readonly string[]): string | null {
  const by = known
    .map((word) => ({ word, steps: word.startsWith(given) ? 1 : distance(given, word) }))
    .sort((a, b) => a.steps - b.steps)[0];
  return by && by.steps <= Math.max(1, Math.floor(by.word.length / 3)) ? by.word : null;
}

/** Letters to add, drop or change to get from one word to the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const changed = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[other.length] as number;
}
