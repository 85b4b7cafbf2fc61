import type { RoadSection, SectionMatch } from "../domain/district.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import { Cells, cellsOf, createCoverage, type Fix } from "../operations/coverage.ts";

/** From positions to who swept a road section, and when. */

/** One vehicle's work on a section, without leaving it for longer than `GAP_MS`. */
export interface Pass {
  readonly vehicleId: string;
  readonly from: Millis;
  readonly to: Millis;
  /** How much of the section it passed, 0 to 1. */
  readonly share: number;
}

/** Whoever is away from a section for longer comes for another pass: turning round at a crossing takes less. */
const GAP_MS = 5 * MINUTE;

/**
 * Finds the passes over one section, by the same law by which sections are counted as swept.
 * @param near sections within so many metres, nearest first
 */
export function createPasses(
  section: RoadSection,
  near: (lat: number, lon: number, withinM: number) => readonly SectionMatch[],
) {
  const coverage = createCoverage(near);
  const count = cellsOf(section.lengthM);
  const found: (Omit<Pass, "share" | "to"> & { to: Millis; readonly cells: Cells })[] = [];
  const last = new Map<string, (typeof found)[number]>();
  return {
    /** Fixes of one vehicle come in the order of their time. */
    see(vehicleId: string, fix: Fix, limitKmh: number): void {
      const passed = coverage.see(vehicleId, fix, limitKmh);
      if (passed?.sectionId !== section.id) return;
      let pass = last.get(vehicleId);
      if (!pass || fix.at - pass.to > GAP_MS) {
        pass = { vehicleId, from: fix.at, to: fix.at, cells: new Cells(count) };
        last.set(vehicleId, pass);
        found.push(pass);
      }
      pass.to = fix.at;
      pass.cells.mark(passed.fromCell, passed.toCell);
    },
    /** The passes so far, in the order of their beginning. */
    all: (): Pass[] =>
      found
        .map(({ vehicleId, from, to, cells }) => ({ vehicleId, from, to, share: cells.share }))
        .sort((a, b) => a.from - b.from),
  };
}
