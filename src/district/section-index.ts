import Flatbush from "flatbush";
import type { RoadSection, SectionMatch } from "../domain/district.ts";
import { lengthOfLine, scaleAt } from "./plane.ts";

interface Stretch {
  readonly section: RoadSection;
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  /** From the beginning of the section to `a`. */
  readonly passedM: number;
}

/** Sections by where they run. Each straight stretch is indexed by itself: the box of a whole road holds half a village. */
export class SectionIndex {
  readonly #stretches: readonly Stretch[];
  readonly #index: Flatbush | null;

  constructor(sections: Iterable<RoadSection>) {
    this.#stretches = [...sections].flatMap(stretchesOf);
    this.#index = this.#stretches.length > 0 ? new Flatbush(this.#stretches.length) : null;
    for (const { a, b } of this.#stretches) {
      this.#index?.add(Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1]));
    }
    this.#index?.finish();
  }

  /** Sections whose centre line is within so many metres, nearest first. */
  near(lat: number, lon: number, withinM: number): SectionMatch[] {
    const { perLat, perLon } = scaleAt(lat);
    const [dLon, dLat] = [withinM / perLon, withinM / perLat];
    const found: SectionMatch[] = [];
    this.#index?.search(lon - dLon, lat - dLat, lon + dLon, lat + dLat, (number) => {
      const { section, a, b, passedM } = this.#stretches[number] as Stretch;
      const ax = (a[0] - lon) * perLon;
      const ay = (a[1] - lat) * perLat;
      const dx = (b[0] - a[0]) * perLon;
      const dy = (b[1] - a[1]) * perLat;
      const length2 = dx * dx + dy * dy;
      const share = length2 === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length2));
      const distanceM = Math.sqrt((ax + share * dx) ** 2 + (ay + share * dy) ** 2);
      if (distanceM > withinM) return false;
      const match = { section, distanceM, alongM: passedM + share * Math.sqrt(length2) };
      const known = found.findIndex((other) => other.section === section);
      if (known < 0) found.push(match);
      else if (distanceM < (found[known] as SectionMatch).distanceM) found[known] = match;
      return false;
    });
    return found.length > 1 ? found.sort((one, other) => one.distanceM - other.distanceM) : found;
  }
}

function stretchesOf(section: RoadSection): Stretch[] {
  let passedM = 0;
  const { line } = section;
  return line.slice(1).map((b, i) => {
    const a = line[i] as Stretch["a"];
    const stretch = { section, a, b, passedM };
    passedM += lengthOfLine([a, b]);
    return stretch;
  });
}
