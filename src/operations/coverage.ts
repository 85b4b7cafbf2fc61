import type { SectionMatch } from "../domain/district.ts";
import { distanceM } from "../domain/place.ts";
import { MINUTE, type Millis, SECOND } from "../domain/time.ts";

/** Which ten metres of which road section a working vehicle has passed. Pure but for what it remembers of each vehicle. */

/** Sections are covered in pieces of this length (domain: sweep.section_coverage). */
export const CELL_M = 10;
/** Half a road and the error of a good fix: farther from its centre line nobody is on the section. */
const ON_SECTION_M = 22;
/** Two fixes farther apart in time say nothing about the way between them. */
const BRIDGE_MS = 2 * MINUTE;
/** The way along a section may differ so much from the way through the air: curves, and the wandering of fixes. */
const BEND = 1.5;
const WANDER_M = 25;
/** How much a vehicle's earlier distances from a section count against its newest one: a parallel road is near only now and then. */
const MEMORY = 0.7;
/** Below 1 km/h it stands. */
const STANDS_KMH = 1;

export interface Fix {
  readonly at: Millis;
  readonly lat: number;
  readonly lon: number;
  readonly speedKmh: number | undefined;
  readonly working: boolean;
  /** Metres of its uncertainty, where the receiver tells. */
  readonly accuracyM: number | undefined;
}

/** A stretch of a section, from cell to cell, both inclusive. */
export interface Passed {
  readonly sectionId: string;
  readonly fromCell: number;
  readonly toCell: number;
}

interface Tracked {
  readonly fix: Fix;
  /** Where along each near section it was, and how far from its line it has been lately. */
  readonly along: ReadonlyMap<string, { readonly alongM: number; readonly meanM: number }>;
}

export const cellsOf = (lengthM: number): number => Math.max(1, Math.ceil(lengthM / CELL_M));

/**
 * Follows vehicles over the sections.
 * @param near sections within so many metres, nearest first
 */
export function createCoverage(near: (lat: number, lon: number, withinM: number) => readonly SectionMatch[]) {
  const tracked = new Map<string, Tracked>();

  /** The section it is on: the one it has been nearest to over its last fixes, and along which it moved as far as through the air. */
  const choose = (matches: readonly SectionMatch[], fix: Fix, before: Tracked | undefined) => {
    const moved = before ? distanceM(before.fix, fix) : 0;
    let best: { match: SectionMatch; cost: number; since: number | null } | null = null;
    for (const match of matches) {
      const known = before?.along.get(match.section.id);
      const along = known ? Math.abs(match.alongM - known.alongM) : null;
      const fits = along !== null && along <= moved * BEND + WANDER_M && along >= moved / BEND - WANDER_M;
      const meanM = known ? known.meanM * MEMORY + match.distanceM * (1 - MEMORY) : match.distanceM;
      const cost = meanM + (before && !fits ? ON_SECTION_M : 0);
      if (!best || cost < best.cost) best = { match, cost, since: fits && known ? known.alongM : null };
    }
    return best;
  };

  return {
    /**
     * What a fix adds. A late fix (older than the vehicle's newest) covers its own place only.
     * @param limitKmh faster than this the vehicle may drive, but it sweeps nothing
     */
    see(vehicleId: string, fix: Fix, limitKmh: number): Passed | null {
      const before = tracked.get(vehicleId);
      const late = before !== undefined && fix.at <= before.fix.at;
      const speed = fix.speedKmh ?? STANDS_KMH;
      const sweeps = fix.working && speed >= STANDS_KMH && speed <= limitKmh;
      const withinM = ON_SECTION_M + Math.min(fix.accuracyM ?? 0, ON_SECTION_M / 2);
      const matches = near(fix.lat, fix.lon, withinM);
      const bridges = !late && before?.fix.working && fix.at - before.fix.at <= BRIDGE_MS ? before : undefined;
      const chosen = choose(matches, fix, bridges);
      if (!late) {
        const along = new Map(
          matches.map(({ section, alongM, distanceM: metres }) => {
            const known = bridges?.along.get(section.id);
            return [section.id, { alongM, meanM: known ? known.meanM * MEMORY + metres * (1 - MEMORY) : metres }];
          }),
        );
        tracked.set(vehicleId, { fix, along });
      }
      if (!sweeps || !chosen) return null;
      const { section, alongM } = chosen.match;
      const cell = (metres: number) => Math.min(cellsOf(section.lengthM) - 1, Math.max(0, Math.floor(metres / CELL_M)));
      const cells = [cell(alongM), cell(chosen.since ?? alongM)];
      return { sectionId: section.id, fromCell: Math.min(...cells), toCell: Math.max(...cells) };
    },
    forget: (vehicleId: string) => tracked.delete(vehicleId),
  };
}
export type Coverage = ReturnType<typeof createCoverage>;

/** Cells of a section that were passed, as bits written in hexadecimal: short enough for a small document. */
export class Cells {
  readonly count: number;
  readonly #bits: Uint8Array;
  #covered: number;

  constructor(count: number, written = "") {
    this.count = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
    const known = Buffer.from(written, "hex");
    for (let i = 0; i < Math.min(known.length, this.#bits.length); i++) this.#bits[i] = known[i] ?? 0;
    this.#covered = this.#bits.reduce((sum, byte) => sum + (ONES[byte % 16] ?? 0) + (ONES[byte >> 4] ?? 0), 0);
  }

  /** Marks a stretch; whether that was new. */
  mark(from: number, to: number): boolean {
    const before = this.#covered;
    for (let cell = Math.max(0, from); cell <= Math.min(to, this.count - 1); cell++) {
      const bit = 1 << (cell & 7);
      const byte = this.#bits[cell >> 3] as number;
      if (byte & bit) continue;
      this.#bits[cell >> 3] = byte | bit;
      this.#covered++;
    }
    return this.#covered > before;
  }

  /** 0 to 1. */
  get share(): number {
    return this.#covered / this.count;
  }

  get written(): string {
    return Buffer.from(this.#bits).toString("hex");
  }
}

const ONES = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4];

/** Time that sweeping the rest takes at the pace so far; null when nothing was swept yet. */
export function timeForRest(share: number, sinceFirstMs: Millis): Millis | null {
  if (share <= 0) return null;
  return Math.max(sinceFirstMs, 10 * SECOND) * ((1 - share) / share);
}
