import { type Revised, Revisions } from "../center/revisions.ts";
import type { Subject } from "../center/subject.ts";
import type { Kind } from "../domain/kinds.ts";
import type { Level } from "../domain/levels.ts";
import { moves } from "./projection.ts";
import type { CellView } from "./protocol.ts";

/** The Web Mercator grid of map tiles: a cell of zoom z is one of 4^z. Its latitude ends here. */
const MERCATOR_LAT = 85.051_128;
/** Positions are summed in whole micro-degrees, so that years of additions and subtractions leave no error behind. */
const MICRO = 1_000_000;
/** The middle of a cell's subjects is told in steps of this part of its width: it does not change with every step of a person. */
const STEPS = 8;

export interface Cell extends Revised, CellView {
  readonly x: number;
  readonly y: number;
}

interface Tally {
  readonly x: number;
  readonly y: number;
  readonly kinds: Map<Kind, { count: number; online: number; moving?: number }>;
  /** Subjects by level of their worst alert; index 0 is not used. */
  readonly levels: number[];
  lat: number;
  lon: number;
  count: number;
}

/** What one subject adds to its cell. */
interface Share {
  readonly cell: string;
  readonly kind: Kind;
  readonly online: boolean;
  /** Undefined of what does not say how fast it is. */
  readonly moving: boolean | undefined;
  readonly level: Level | null;
  readonly lat: number;
  readonly lon: number;
}

/** The tile of a zoom that a position lies in. */
export function tileOf(lat: number, lon: number, zoom: number): { x: number; y: number } {
  const size = 2 ** zoom;
  const radians = (Math.max(-MERCATOR_LAT, Math.min(MERCATOR_LAT, lat)) * Math.PI) / 180;
  const x = Math.floor(((lon + 180) / 360) * size);
  const y = Math.floor(((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * size);
  return { x: Math.max(0, Math.min(size - 1, x)), y: Math.max(0, Math.min(size - 1, y)) };
}

/**
 * Subjects counted per cell of a grid, kept up to date by what changed and nothing more. It stands where a collection of
 * records stands, so views, deltas and resumption work on cells as they do on devices.
 */
export class Cells extends Revisions<Cell> {
  readonly #subjects: Revisions<Subject>;
  readonly #matches: (subject: Subject) => boolean;
  readonly #zoom: number;
  readonly #shares = new Map<string, Share>();
  readonly #tallies = new Map<string, Tally>();
  /** Revision of the subjects up to which they are counted. */
  #counted: number;

  constructor(subjects: Revisions<Subject>, zoom: number, matches: (subject: Subject) => boolean) {
    super(subjects.head);
    this.#subjects = subjects;
    this.#matches = matches;
    this.#zoom = zoom;
    this.#counted = subjects.head;
    const touched = new Set<string>();
    for (const subject of subjects.values()) this.#count(subject, touched);
    this.#publish(touched);
  }

  /** Of the subjects, not of the cells: a position in the one is a position in the other. */
  override get head(): number {
    return this.#subjects.head;
  }

  override since(rev: number, changed: (cell: Cell) => void, gone: (id: string) => void): void {
    this.#catchUp();
    super.since(rev, changed, gone);
  }

  override *values(): Generator<Cell> {
    this.#catchUp();
    yield* super.values();
  }

  #catchUp(): void {
    if (this.#counted === this.#subjects.head) return;
    const touched = new Set<string>();
    // Nobody asked for so long that removals are forgotten: what is counted and no longer there goes.
    if (this.#counted < this.#subjects.floor) {
      for (const id of this.#shares.keys()) if (!this.#subjects.get(id)) this.#forget(id, touched);
    }
    this.#subjects.since(
      this.#counted,
      (subject) => this.#count(subject, touched),
      (id) => this.#forget(id, touched),
    );
    this.#counted = this.#subjects.head;
    this.#publish(touched);
  }

  #count(subject: Subject, touched: Set<string>): void {
    const { id, place, device, level, online } = subject;
    this.#forget(id, touched);
    if (!place || !this.#matches(subject)) return;
    const { x, y } = tileOf(place.lat, place.lon, this.#zoom);
    const lat = Math.round(place.lat * MICRO);
    const lon = Math.round(place.lon * MICRO);
    const cell = `${this.#zoom}/${x}/${y}`;
    const moving = device.kind === "vehicle" ? online === true && moves(subject) : undefined;
    const share: Share = { cell, kind: device.kind, online: online === true, moving, level, lat, lon };
    let tally = this.#tallies.get(cell);
    if (!tally) {
      tally = { x, y, kinds: new Map(), levels: [0, 0, 0, 0, 0], lat: 0, lon: 0, count: 0 };
      this.#tallies.set(cell, tally);
    }
    add(tally, share, 1);
    this.#shares.set(id, share);
    touched.add(cell);
  }

  #forget(id: string, touched: Set<string>): void {
    const share = this.#shares.get(id);
    const tally = share && this.#tallies.get(share.cell);
    if (!share || !tally) return;
    add(tally, share, -1);
    this.#shares.delete(id);
    touched.add(share.cell);
  }

  #publish(touched: Set<string>): void {
    for (const id of touched) {
      const tally = this.#tallies.get(id);
      if (!tally) continue;
      if (tally.count === 0) {
        this.#tallies.delete(id);
        this.remove(id, this.#counted);
        continue;
      }
      const cell = this.#shown(id, tally);
      const known = this.get(id);
      if (!known || !same(known, cell)) this.put(cell);
    }
  }

  #shown(id: string, { x, y, kinds, levels, lat, lon, count }: Tally): Cell {
    const step = 360 / 2 ** this.#zoom / STEPS;
    const rounded = (sum: number) => Number((Math.round(sum / count / MICRO / step) * step).toFixed(6));
    return {
      id,
      rev: this.#counted,
      x,
      y,
      lat: rounded(lat),
      lon: rounded(lon),
      count,
      kinds: Object.fromEntries(Array.from(kinds, ([kind, counted]) => [kind, { ...counted }])),
      level: ([1, 2, 3, 4] as const).find((level) => (levels[level] ?? 0) > 0) ?? null,
    };
  }
}

function add(tally: Tally, { kind, online, moving, level, lat, lon }: Share, sign: 1 | -1): void {
  tally.count += sign;
  tally.lat += sign * lat;
  tally.lon += sign * lon;
  if (level !== null) tally.levels[level] = (tally.levels[level] ?? 0) + sign;
  const counted = tally.kinds.get(kind) ?? { count: 0, online: 0 };
  counted.count += sign;
  if (online) counted.online += sign;
  if (moving !== undefined) counted.moving = (counted.moving ?? 0) + (moving ? sign : 0);
  if (counted.count === 0) tally.kinds.delete(kind);
  else tally.kinds.set(kind, counted);
}

function same(a: Cell, b: Cell): boolean {
  if (a.lat !== b.lat || a.lon !== b.lon || a.count !== b.count || a.level !== b.level) return false;
  const kinds = Object.keys(b.kinds) as Kind[];
  return (
    kinds.length === Object.keys(a.kinds).length &&
    kinds.every((kind) =>
      (["count", "online", "moving"] as const).every((name) => a.kinds[kind]?.[name] === b.kinds[kind]?.[name]),
    )
  );
}

export function cellView({ id, lat, lon, count, kinds, level }: Cell): CellView {
  return { id, lat, lon, count, kinds, level };
}

/** Whether a cell of a zoom touches a box. */
export function touching(
  bbox: readonly [number, number, number, number] | undefined,
  zoom: number,
): (cell: Cell) => boolean {
  if (!bbox) return () => true;
  const [west, south, east, north] = bbox;
  const first = tileOf(north, west, zoom);
  const last = tileOf(south, east, zoom);
  return ({ x, y }) => x >= first.x && x <= last.x && y >= first.y && y <= last.y;
}
