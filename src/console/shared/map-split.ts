import type { Kind } from "../../domain/kinds.ts";

/** From here on every device is drawn by itself. */
const STREET_ZOOM = 15;
/** Below it, kinds are drawn one by one as long as they are so few together; the others are counted in cells. */
const FEW = 300;

export interface KindTotal {
  readonly count: number;
  readonly online: number;
  /** Of vehicles only: on their way. */
  readonly moving?: number;
}

/**
 * Which kinds are drawn one by one at a zoom, and which are counted.
 * @param crowded kinds of which there are too many in view even at street zoom
 */
export function split(
  kinds: readonly Kind[],
  totals: ReadonlyMap<string, KindTotal>,
  zoom: number,
  crowded: ReadonlySet<Kind> = new Set(),
): { single: Kind[]; counted: Kind[] } {
  if (zoom >= STREET_ZOOM) {
    const single = kinds.filter((kind) => !crowded.has(kind));
    return { single, counted: kinds.filter((kind) => crowded.has(kind)) };
  }
  const single: Kind[] = [];
  const counted: Kind[] = [];
  let sum = 0;
  const size = (kind: Kind) => totals.get(kind)?.count ?? 0;
  for (const kind of [...kinds].sort((a, b) => size(a) - size(b))) {
    sum += size(kind);
    (sum <= FEW ? single : counted).push(kind);
  }
  return { single, counted };
}
