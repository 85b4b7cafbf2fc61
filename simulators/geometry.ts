/** Plane geometry in metres around a point of the district: exact to centimetres over a few kilometres. */

/** East and north of the origin, metres. */
export type Point = readonly [x: number, y: number];
/** Longitude and latitude in degrees, as GeoJSON orders them. */
export type LonLat = [lon: number, lat: number];

const EARTH_RADIUS_M = 6_371_008.8;
const METRES_PER_DEGREE = (EARTH_RADIUS_M * Math.PI) / 180;

export interface Plane {
  toPoint(position: LonLat): Point;
  /** Rounded to 1e-6 degrees (0.1 m), so that equal points are equal text. */
  toLonLat(point: Point): LonLat;
}

export function planeAt(origin: LonLat): Plane {
  const perLon = METRES_PER_DEGREE * Math.cos((origin[1] * Math.PI) / 180);
  return {
    toPoint: ([lon, lat]) => [(lon - origin[0]) * perLon, (lat - origin[1]) * METRES_PER_DEGREE],
    toLonLat: ([x, y]) => [
      Math.round((origin[0] + x / perLon) * 1e6) / 1e6,
      Math.round((origin[1] + y / METRES_PER_DEGREE) * 1e6) / 1e6,
    ],
  };
}

export const distance = (a: Point, b: Point): number => Math.hypot(b[0] - a[0], b[1] - a[1]);
export const between = (a: Point, b: Point, share: number): Point => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
];

export function lengthOf(line: readonly Point[]): number {
  let sum = 0;
  for (let i = 1; i < line.length; i++) sum += distance(line[i - 1] as Point, line[i] as Point);
  return sum;
}

/** The part of a convex or nearly convex ring that is nearer to `site` than to `other` (Sutherland–Hodgman). */
export function nearerPart(ring: readonly Point[], site: Point, other: Point): Point[] {
  const side = (p: Point): number => distance(p, other) ** 2 - distance(p, site) ** 2;
  const kept: Point[] = [];
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i] as Point;
    const b = ring[(i + 1) % ring.length] as Point;
    const sideA = side(a);
    const sideB = side(b);
    if (sideA >= 0) kept.push(a);
    if (sideA >= 0 !== sideB >= 0) kept.push(between(a, b, sideA / (sideA - sideB)));
  }
  return kept;
}

/** Cells of the points of `ring` that lie nearest to each site. */
export function nearestCells(ring: readonly Point[], sites: readonly Point[]): Point[][] {
  return sites.map((site) =>
    sites.reduce<Point[]>((cell, other) => (other === site ? cell : nearerPart(cell, site, other)), [...ring]),
  );
}

/** Shoelace formula; positive when counter-clockwise. Square metres. */
export function signedArea(ring: readonly Point[]): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i] as Point;
    const b = ring[(i + 1) % ring.length] as Point;
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum / 2;
}

export function centroid(ring: readonly Point[]): Point {
  const area = signedArea(ring);
  let x = 0;
  let y = 0;
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i] as Point;
    const b = ring[(i + 1) % ring.length] as Point;
    const cross = a[0] * b[1] - b[0] * a[1];
    x += (a[0] + b[0]) * cross;
    y += (a[1] + b[1]) * cross;
  }
  return [x / (6 * area), y / (6 * area)];
}

export function contains(ring: readonly Point[], point: Point): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const a = ring[i] as Point;
    const b = ring[j] as Point;
    if (a[1] > point[1] !== b[1] > point[1]) {
      const x = a[0] + ((point[1] - a[1]) / (b[1] - a[1])) * (b[0] - a[0]);
      if (point[0] < x) inside = !inside;
    }
  }
  return inside;
}

/** Where two segments cross strictly inside both or touch, or null. */
export function crossing(a: Point, b: Point, c: Point, d: Point): Point | null {
  const rx = b[0] - a[0];
  const ry = b[1] - a[1];
  const sx = d[0] - c[0];
  const sy = d[1] - c[1];
  const cross = rx * sy - ry * sx;
  if (Math.abs(cross) < 1e-9) return null;
  const t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / cross;
  const u = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / cross;
  return t < 0 || t > 1 || u < 0 || u > 1 ? null : between(a, b, t);
}

/** Where on the straight way from a to b a point lies nearest: 0 at a, 1 at b. */
function shareOn(point: Point, a: Point, b: Point): number {
  const length2 = distance(a, b) ** 2;
  const dot = (point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1]);
  return length2 === 0 ? 0 : Math.max(0, Math.min(1, dot / length2));
}

/** Metres from a point to a line. */
export function distanceToLine(point: Point, line: readonly Point[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1] as Point, line[i] as Point];
    nearest = Math.min(nearest, distance(point, between(a, b, shareOn(point, a, b))));
  }
  return nearest;
}

/** The line with a vertex more beside each of the points. */
export function withVerticesBeside(line: readonly Point[], points: readonly Point[]): Point[] {
  const added = line.map(() => [] as number[]);
  for (const point of points) {
    let best = { leg: 1, share: 0, metres: Number.POSITIVE_INFINITY };
    for (let leg = 1; leg < line.length; leg++) {
      const [a, b] = [line[leg - 1] as Point, line[leg] as Point];
      const share = shareOn(point, a, b);
      const metres = distance(point, between(a, b, share));
      if (metres < best.metres) best = { leg, share, metres };
    }
    if (best.share > 0 && best.share < 1) added[best.leg]?.push(best.share);
  }
  return line.flatMap((vertex, leg) => {
    const before = line[leg - 1];
    const shares = [...new Set(added[leg])].sort((a, b) => a - b);
    return before ? [...shares.map((share) => between(before, vertex, share)), vertex] : [vertex];
  });
}

/** The ring moved outward by `metres`, corners mitred. The ring may run either way round. */
export function grow(ring: readonly Point[], metres: number): Point[] {
  const outward = signedArea(ring) > 0 ? metres : -metres;
  return ring.map((corner, i) => {
    const before = ring[(i + ring.length - 1) % ring.length] as Point;
    const after = ring[(i + 1) % ring.length] as Point;
    const [ax, ay] = normal(before, corner);
    const [bx, by] = normal(corner, after);
    const scale = outward / Math.max(0.3, 1 + ax * bx + ay * by);
    return [corner[0] + (ax + bx) * scale, corner[1] + (ay + by) * scale];
  });
}

/** Unit normal to the right of the way from a to b. */
function normal(a: Point, b: Point): Point {
  const length = distance(a, b) || 1;
  return [(b[1] - a[1]) / length, -(b[0] - a[0]) / length];
}

/** Eight-cornered capsules along each segment of a line: what lies within about `metres` of it. */
export function corridor(line: readonly Point[], metres: number): Point[][] {
  const capsules: Point[][] = [];
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1] as Point;
    const b = line[i] as Point;
    const [nx, ny] = normal(a, b);
    const [dx, dy] = [-ny, nx];
    const side = (p: Point, across: number, along: number): Point => [
      p[0] + (nx * across + dx * along) * metres,
      p[1] + (ny * across + dy * along) * metres,
    ];
    capsules.push([
      side(a, 1, 0),
      side(b, 1, 0),
      side(b, 0.7, 0.7),
      side(b, -0.7, 0.7),
      side(b, -1, 0),
      side(a, -1, 0),
      side(a, -0.7, -0.7),
      side(a, 0.7, -0.7),
    ]);
  }
  return capsules;
}

/** The point `metres` along a line, and the heading there (degrees clockwise from north). */
export function along(line: readonly Point[], metres: number): { point: Point; headingDeg: number } {
  let rest = Math.max(0, metres);
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1] as Point;
    const b = line[i] as Point;
    const length = distance(a, b);
    if (rest <= length || i === line.length - 1) {
      const heading = (Math.atan2(b[0] - a[0], b[1] - a[1]) * 180) / Math.PI;
      return { point: between(a, b, length === 0 ? 0 : Math.min(1, rest / length)), headingDeg: (heading + 360) % 360 };
    }
    rest -= length;
  }
  return { point: line[0] ?? [0, 0], headingDeg: 0 };
}
