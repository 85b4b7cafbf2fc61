import { contains, crossing, distance, distanceToLine, lengthOf, type Plane, type Point } from "../geometry.ts";
import type { Random } from "../random.ts";

/** A road of the synthetic network; vertices are shared exactly where roads meet. */
export interface Street {
  readonly id: string;
  name: string | null;
  readonly roadClass: 1 | 2 | 3;
  readonly widthM: number;
  line: Point[];
}

/** Spacing of the synthetic streets, metres: about the block size of the area's villages and factory quarters. */
const SPACING_M = 310;
const JITTER_M = 55;
/** The lattice runs along the main roads' bearing. */
const TILT = -0.42;
const MISSING = 0.1;

/**
 * A jittered lattice of streets inside the boundary. Streets that would run beside a main road are left out:
 * the main road is there already.
 */
export function layOutStreets(ring: readonly Point[], mains: readonly Street[], random: Random): Street[] {
  const reach = 12;
  const node = new Map<string, Point>();
  for (let i = -reach; i <= reach; i++) {
    for (let j = -reach; j <= reach; j++) {
      const x = i * SPACING_M + random.between(-JITTER_M, JITTER_M);
      const y = j * SPACING_M + random.between(-JITTER_M, JITTER_M);
      const point: Point = [x * Math.cos(TILT) - y * Math.sin(TILT), x * Math.sin(TILT) + y * Math.cos(TILT)];
      if (contains(ring, point)) node.set(`${i}/${j}`, point);
    }
  }
  const streets: Street[] = [];
  const run = (id: string, keys: readonly string[]): void => {
    let line: Point[] = [];
    let part = 1;
    const end = (): void => {
      if (line.length > 1) streets.push(newStreet(`${id}-${part++}`, line, random));
      line = [];
    };
    for (const key of keys) {
      const point = node.get(key);
      const last = line.at(-1);
      if (!point || (last && (random.chance(MISSING) || beside(last, point, mains)))) end();
      if (point) line.push(point);
    }
    end();
  };
  const steps = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  for (const j of steps)
    run(
      `street-h${j + reach}`,
      steps.map((i) => `${i}/${j}`),
    );
  for (const i of steps)
    run(
      `street-v${i + reach}`,
      steps.map((j) => `${i}/${j}`),
    );
  return streets;
}

function newStreet(id: string, line: Point[], random: Random): Street {
  const wide = line.length > 4;
  return {
    id,
    name: null,
    roadClass: wide ? 2 : 3,
    widthM: wide ? random.integer(14, 20) : random.integer(7, 12),
    line,
  };
}

function beside(a: Point, b: Point, mains: readonly Street[]): boolean {
  return mains.some((main) => distanceToLine(a, main.line) < 60 && distanceToLine(b, main.line) < 60);
}

/** Puts a common vertex on both roads wherever two of them cross. */
export function joinStreets(streets: readonly Street[], plane: Plane): void {
  const settle = (point: Point): Point => plane.toPoint(plane.toLonLat(point));
  for (const street of streets) street.line = street.line.map(settle);
  for (const [i, a] of streets.entries()) {
    for (const b of streets.slice(i + 1)) {
      for (let s = 1; s < a.line.length; s++) {
        for (let t = 1; t < b.line.length; t++) {
          const ends = [a.line[s - 1], a.line[s], b.line[t - 1], b.line[t]] as [Point, Point, Point, Point];
          const found = crossing(...ends);
          if (!found) continue;
          const vertex = settle(ends.find((end) => distance(end, found) < 2) ?? found);
          if (insertVertex(a, s, vertex)) s++;
          if (insertVertex(b, t, vertex)) t++;
        }
      }
    }
  }
}

/** True when a vertex was added; within 2 m of an end the end is moved instead. */
function insertVertex(street: Street, before: number, vertex: Point): boolean {
  for (const at of [before - 1, before]) {
    if (distance(street.line[at] as Point, vertex) < 2) {
      street.line[at] = vertex;
      return false;
    }
  }
  street.line.splice(before, 0, vertex);
  return true;
}

/** Keeps the largest connected part, so that every street can be reached. */
export function connectedPart(streets: readonly Street[]): Street[] {
  const key = (point: Point): string => point.map((value) => value.toFixed(1)).join("/");
  const parent = new Map<string, string>();
  const root = (id: string): string => {
    const above = parent.get(id);
    if (above === undefined || above === id) return id;
    const top = root(above);
    parent.set(id, top);
    return top;
  };
  for (const street of streets) {
    for (const point of street.line) {
      parent.set(root(key(point)), root(key(street.line[0] as Point)));
    }
  }
  const lengths = new Map<string, number>();
  for (const street of streets) {
    const part = root(key(street.line[0] as Point));
    lengths.set(part, (lengths.get(part) ?? 0) + lengthOf(street.line));
  }
  const [largest] = [...lengths].sort((a, b) => b[1] - a[1])[0] ?? [];
  return streets.filter((street) => root(key(street.line[0] as Point)) === largest);
}
