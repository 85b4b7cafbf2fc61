const GAP = "  ";

/** Rows under headings, each column as wide as what stands in it. */
export function table(headings: readonly string[], rows: readonly (readonly (string | null | undefined)[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map((cell) => cell ?? "–"))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ""))));
  const fill = (cell: string, column: number) => cell + " ".repeat((widths[column] as number) - widthOf(cell));
  return lines.map((line) => line.map(fill).join(GAP).trimEnd()).join("\n");
}

/** Chinese letters take two places on a terminal. */
const WIDE = /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹯＀-｠￠-￦]/u;
const widthOf = (text: string): number => Array.from(text, (letter) => (WIDE.test(letter) ? 2 : 1)).reduce(add, 0);
const add = (sum: number, width: number): number => sum + width;

/** A moment as a person reads it, in the time of this machine. */
export const moment = (at: number | null | undefined): string | null =>
  at === null || at === undefined ? null : new Date(at).toLocaleString("sv-SE").slice(0, 16);
