import type { FeatureCollection } from "geojson";
import { contains, distance, type LonLat, type Plane, type Point, withVerticesBeside } from "./geometry.ts";
import { TimeQueue } from "./queue.ts";

interface Edge {
  readonly to: number;
  readonly metres: number;
}

/** The road network as vehicles drive it; every street may be driven both ways. */
export interface Network {
  readonly nodes: readonly Point[];
  /** Nearest node, optionally among those inside a ring. */
  nearest(point: Point, within?: readonly Point[]): number;
  /** Shortest way between two nodes, ends included; the straight line when they are not connected. */
  path(from: number, to: number, within?: readonly Point[]): Point[];
  /** Main roads and streets by id. */
  readonly roads: ReadonlyMap<string, readonly Point[]>;
}

export function readNetwork(district: FeatureCollection, plane: Plane): Network {
  const nodes: Point[] = [];
  const edges: Edge[][] = [];
  const numbers = new Map<string, number>();
  const roads = new Map<string, readonly Point[]>();
  const number = (point: Point): number => {
    const key = point.join(",");
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, nodes.length);
    nodes.push(point);
    edges.push([]);
    return nodes.length - 1;
  };
  // Crews stop beside the points they serve, wherever these are along the road.
  const stops = new Map<string, Point[]>();
  for (const { properties, geometry } of district.features) {
    if (properties?.type !== "depositPoint" || geometry.type !== "Point") continue;
    const roadId = String(properties.roadId);
    stops.set(roadId, [...(stops.get(roadId) ?? []), plane.toPoint(geometry.coordinates as unknown as LonLat)]);
  }
  for (const { properties, geometry } of district.features) {
    if (properties?.type !== "road" || geometry.type !== "LineString") continue;
    const drawn = geometry.coordinates.map((position) => plane.toPoint(position as LonLat));
    const line = withVerticesBeside(drawn, stops.get(String(properties.id)) ?? []).map(number);
    roads.set(
      String(properties.id),
      line.map((node) => nodes[node] as Point),
    );
    for (let i = 1; i < line.length; i++) {
      const [a, b] = [line[i - 1] as number, line[i] as number];
      const metres = distance(nodes[a] as Point, nodes[b] as Point);
      edges[a]?.push({ to: b, metres });
      edges[b]?.push({ to: a, metres });
    }
  }
  const insideOf = new Map<readonly Point[], readonly boolean[]>();
  const inside = (ring: readonly Point[] | undefined): readonly boolean[] | null => {
    if (!ring) return null;
    let known = insideOf.get(ring);
    if (!known) {
      known = nodes.map((node) => contains(ring, node));
      insideOf.set(ring, known);
    }
    return known;
  };
  return {
    nodes,
    roads,
    nearest(point, within) {
      const allowed = inside(within);
      let best = 0;
      let bestMetres = Number.POSITIVE_INFINITY;
      for (const [i, node] of nodes.entries()) {
        if (allowed && !allowed[i]) continue;
        const metres = distance(node, point);
        if (metres < bestMetres) [best, bestMetres] = [i, metres];
      }
      return best;
    },
    path(from, to, within) {
      const found = shortestPath(edges, from, to, inside(within)) ?? [from, to];
      return found.map((node) => nodes[node] as Point);
    },
  };
}

/** Dijkstra with a heap; null when there is no way. */
function shortestPath(
  edges: readonly (readonly Edge[])[],
  from: number,
  to: number,
  allowed: readonly boolean[] | null,
): number[] | null {
  const metres = new Float64Array(edges.length).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(edges.length).fill(-1);
  const done = new Uint8Array(edges.length);
  const queue = new TimeQueue<number>();
  metres[from] = 0;
  queue.put(0, from);
  for (let node = queue.take(); node !== undefined; node = queue.take()) {
    if (done[node]) continue;
    done[node] = 1;
    if (node === to) {
      const way = [to];
      for (let at = to; at !== from; ) {
        at = previous[at] as number;
        way.unshift(at);
      }
      return way;
    }
    for (const edge of edges[node] ?? []) {
      if (allowed && !allowed[edge.to]) continue;
      const reached = (metres[node] as number) + edge.metres;
      if (reached >= (metres[edge.to] as number)) continue;
      metres[edge.to] = reached;
      previous[edge.to] = node;
      queue.put(reached, edge.to);
    }
  }
  return null;
}
