import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibreMap } from "maplibre-gl";
import { MercatorCoordinate } from "maplibre-gl";
import type { Datum } from "./map-geometry.ts";
import { ATLAS_COLUMNS, ATLAS_ROWS, drawAtlas, type MarkState, pictureOf } from "./map-symbols.ts";
import { buildProgram, type Program } from "./webgl.ts";

/** A subject as the map draws it; WGS-84. */
export interface Mark {
  readonly id: string;
  readonly kind: string;
  readonly lon: number;
  readonly lat: number;
  /** Degrees clockwise from north; 0 for what has no direction. */
  readonly headingDeg: number;
  readonly state: MarkState;
}

/** from x, y · to x, y · start, duration in seconds · heading in radians · picture */
const STRIDE = 8;
/** x, y · x, y · time: one stretch of a trail. */
const TRAIL_STRIDE = 5;
const TRAIL_STRETCHES = 8_192;
/** A jump this long is no movement: it is shown at once, without a trail. About 1 km. */
const JUMP = 2.5e-5;
const SLOWEST_SECONDS = 10;
const LEAST_SLOTS = 1_024;

const SUBJECT_VERTEX = `#version 300 es
uniform mat4 matrix; uniform vec2 viewport; uniform float size; uniform float now;
layout(location=0) in vec4 path; layout(location=1) in vec4 look;
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  float part = look.y > 0. ? clamp((now - look.x) / look.y, 0., 1.) : 1.;
  vec4 middle = matrix * vec4(mix(path.xy, path.zw, part), 0., 1.);
  float s = sin(look.z), c = cos(look.z);
  vec2 turned = mat2(c, -s, s, c) * ((corner - .5) * size);
  gl_Position = middle + vec4(turned * vec2(2., -2.) / viewport * middle.w, 0., 0.);
  if (look.w < 0.) gl_Position = vec4(2., 2., 2., 1.);
  float picture = max(look.w, 0.);
  at = (corner + vec2(mod(picture, ${ATLAS_COLUMNS}.), floor(picture / ${ATLAS_COLUMNS}.))) / vec2(${ATLAS_COLUMNS}., ${ATLAS_ROWS}.);
}`;
const SUBJECT_FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D atlas; uniform float opacity; in vec2 at; out vec4 color;
void main() { color = texture(atlas, at) * opacity; }`;
const TRAIL_VERTEX = `#version 300 es
uniform mat4 matrix; uniform vec2 viewport; uniform float width; uniform float now; uniform float lasting;
layout(location=0) in vec4 ends; layout(location=1) in float drawnAt;
out float strength;
void main() {
  vec4 a = matrix * vec4(ends.xy, 0., 1.), b = matrix * vec4(ends.zw, 0., 1.);
  vec2 along = (b.xy / b.w - a.xy / a.w) * viewport;
  vec2 across = length(along) > 0. ? normalize(vec2(-along.y, along.x)) : vec2(0.);
  vec4 end = (gl_VertexID & 1) == 0 ? a : b;
  float side = (gl_VertexID >> 1) == 0 ? -1. : 1.;
  gl_Position = end + vec4(across * side * width / viewport * end.w, 0., 0.);
  strength = drawnAt <= 0. ? 0. : clamp(1. - (now - drawnAt) / lasting, 0., 1.);
}`;
const TRAIL_FRAGMENT = `#version 300 es
precision mediump float;
uniform vec4 tint; in float strength; out vec4 color;
void main() { color = tint * strength; }`;

export interface SubjectLayerOptions {
  /** About the middle of what is drawn, on the map's own datum. */
  readonly origin: readonly [lon: number, lat: number];
  readonly datum: Datum;
  readonly scale: number;
  readonly trailColor: readonly [number, number, number];
}

/**
 * Tens of thousands of subjects in one draw call: their state lies in one typed array on the graphics card, a change writes
 * 32 bytes, and movement between two positions is computed by the card. A frame costs the page the same whether 10 or
 * 10,000 of them move.
 */
export class SubjectLayer implements CustomLayerInterface {
  readonly id = "subjects";
  readonly type = "custom";
  readonly #options: SubjectLayerOptions;
  readonly #origin: MercatorCoordinate;
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #startedAt = performance.now();
  readonly #trails = new Float32Array(TRAIL_STRETCHES * TRAIL_STRIDE);
  #data = new Float32Array(LEAST_SLOTS * STRIDE);
  #used = 0;
  #dirtyFrom = 0;
  #dirtyTo = 0;
  #trailAt = 0;
  /** How many stretches have ever been written, at most all. */
  #trailUsed = 0;
  #trailDirty = false;
  #movingUntil = 0;
  #map: MapLibreMap | null = null;
  #subjects: Program | null = null;
  #trail: Program | null = null;
  /** Time between two positions of one subject, learned from the stream's pace. */
  paceSeconds = 1;
  /** Whether subjects glide from one position to the next; off at night. */
  motion = true;
  trails = true;
  /** How long a trail can be seen. */
  trailSeconds = 90;
  opacity = 1;

  constructor(options: SubjectLayerOptions) {
    this.#options = options;
    this.#origin = MercatorCoordinate.fromLngLat([...options.origin]);
  }

  get size(): number {
    return this.#slots.size;
  }

  put(mark: Mark): void {
    const { x, y } = MercatorCoordinate.fromLngLat(this.#options.datum.toMap(mark.lon, mark.lat));
    const toX = x - this.#origin.x;
    const toY = y - this.#origin.y;
    const known = this.#slots.get(mark.id);
    const slot = known ?? this.#take(mark.id);
    const data = this.#data;
    const at = slot * STRIDE;
    const now = this.#now();
    let [fromX, fromY] = [toX, toY];
    let duration = 0;
    if (known !== undefined) {
      [fromX, fromY] = this.#shownAt(at, now);
      const length = Math.hypot(toX - fromX, toY - fromY);
      const moved = length > 0 && length < JUMP;
      if (!moved) [fromX, fromY] = [toX, toY];
      else {
        if (this.motion) duration = Math.min(this.paceSeconds * 1.15, SLOWEST_SECONDS);
        if (this.trails && mark.kind === "vehicle")
          this.#leaveTrail(data[at + 2] ?? 0, data[at + 3] ?? 0, toX, toY, now);
      }
    }
    data[at] = fromX;
    data[at + 1] = fromY;
    data[at + 2] = toX;
    data[at + 3] = toY;
    data[at + 4] = now;
    data[at + 5] = duration;
    data[at + 6] = (mark.headingDeg * Math.PI) / 180;
    data[at + 7] = pictureOf(mark.kind, mark.state);
    this.#movingUntil = Math.max(this.#movingUntil, now + duration);
    this.#touch(slot);
  }

  remove(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    this.#free.push(slot);
    this.#data[slot * STRIDE + 7] = -1;
    this.#touch(slot);
  }

  clear(): void {
    this.#slots.clear();
    this.#free.length = 0;
    this.#used = 0;
    this.#trails.fill(0);
    this.#trailAt = 0;
    this.#trailUsed = 0;
    this.#trailDirty = true;
    this.#map?.triggerRepaint();
  }

  ids(): IterableIterator<string> {
    return this.#slots.keys();
  }

  /** The subject nearest to a point of the screen, within so many pixels. */
  nearest(px: number, py: number, within: number): string | null {
    const map = this.#map;
    if (!map) return null;
    const now = this.#now();
    let best: string | null = null;
    let bestDistance = within;
    for (const [id, slot] of this.#slots) {
      const [x, y] = this.#shownAt(slot * STRIDE, now);
      const point = map.project(new MercatorCoordinate(x + this.#origin.x, y + this.#origin.y).toLngLat());
      const distance = Math.hypot(point.x - px, point.y - py);
      if (distance >= bestDistance) continue;
      best = id;
      bestDistance = distance;
    }
    return best;
  }

  onAdd(map: MapLibreMap, gl: WebGL2RenderingContext): void {
    this.#map = map;
    this.#subjects = buildProgram(gl, SUBJECT_VERTEX, SUBJECT_FRAGMENT, [4, 4]);
    this.#trail = buildProgram(gl, TRAIL_VERTEX, TRAIL_FRAGMENT, [4, 1]);
    this.#subjects.texture(drawAtlas());
    this.#dirtyFrom = 0;
    this.#dirtyTo = this.#used;
    this.#trailDirty = true;
  }

  onRemove(): void {
    this.#subjects?.remove();
    this.#trail?.remove();
    this.#subjects = null;
    this.#trail = null;
  }

  render(gl: WebGL2RenderingContext, { defaultProjectionData }: CustomRenderMethodInput): void {
    const map = this.#map;
    if (!map || !this.#subjects || !this.#trail) return;
    const now = this.#now();
    const matrix = movedTo(defaultProjectionData.mainMatrix as ArrayLike<number>, this.#origin.x, this.#origin.y);
    const { width, height } = gl.canvas;
    const ratio = map.getPixelRatio();
    const zoom = map.getZoom();
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.disable(gl.CULL_FACE);
    if (this.trails) {
      const [red, green, blue] = this.#options.trailColor;
      if (this.#trailDirty) this.#trail.upload(this.#trails, 0, this.#trails.length);
      this.#trailDirty = false;
      this.#trail.draw(this.#trailUsed, {
        matrix,
        viewport: [width, height],
        now: [now],
        lasting: [this.trailSeconds],
        width: [2.2 * ratio * this.#options.scale],
        tint: [red * 0.7, green * 0.7, blue * 0.7, 0.7].map((part) => part * this.opacity),
      });
    }
    if (this.#dirtyTo > this.#dirtyFrom) {
      this.#subjects.upload(this.#data, this.#dirtyFrom * STRIDE, this.#dirtyTo * STRIDE);
      this.#dirtyFrom = Number.MAX_SAFE_INTEGER;
      this.#dirtyTo = 0;
    }
    const size = Math.max(17, Math.min(36, 17 + (zoom - 12.5) * 4.4)) * ratio * this.#options.scale;
    this.#subjects.draw(this.#used, {
      matrix,
      viewport: [width, height],
      now: [now],
      size: [size],
      opacity: [this.opacity],
    });
    if (now < this.#movingUntil) map.triggerRepaint();
  }

  #now(): number {
    return (performance.now() - this.#startedAt) / 1_000 + 1;
  }

  /** Where it is drawn at this moment, between two positions. */
  #shownAt(at: number, now: number): [number, number] {
    const data = this.#data as { [index: number]: number } as number[];
    const duration = data[at + 5] as number;
    const part = duration > 0 ? Math.min(1, Math.max(0, (now - (data[at + 4] as number)) / duration)) : 1;
    const [x0, y0, x1, y1] = [data[at], data[at + 1], data[at + 2], data[at + 3]] as [number, number, number, number];
    return [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part];
  }

  #leaveTrail(x0: number, y0: number, x1: number, y1: number, now: number): void {
    this.#trails.set([x0, y0, x1, y1, now], this.#trailAt * TRAIL_STRIDE);
    this.#trailAt = (this.#trailAt + 1) % TRAIL_STRETCHES;
    this.#trailUsed = Math.max(this.#trailUsed, this.#trailAt, this.#trailAt === 0 ? TRAIL_STRETCHES : 0);
    this.#trailDirty = true;
  }

  #take(id: string): number {
    const slot = this.#free.pop() ?? this.#used++;
    if ((slot + 1) * STRIDE > this.#data.length) {
      const larger = new Float32Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#slots.set(id, slot);
    return slot;
  }

  #touch(slot: number): void {
    this.#dirtyFrom = Math.min(this.#dirtyFrom, slot);
    this.#dirtyTo = Math.max(this.#dirtyTo, slot + 1);
    this.#map?.triggerRepaint();
  }
}

/** `matrix` for coordinates that count from (x, y): the large part is taken off in double precision. */
function movedTo(matrix: ArrayLike<number>, x: number, y: number): Float32Array {
  const moved = Float32Array.from(matrix);
  for (let row = 0; row < 4; row++) {
    moved[12 + row] = (matrix[row] ?? 0) * x + (matrix[4 + row] ?? 0) * y + (matrix[12 + row] ?? 0);
  }
  return moved;
}
