import { categoryOf } from "../src/domain/categories.ts";
import type { Detection, DetectionPhase } from "../src/domain/observation.ts";
import type { Json } from "../src/domain/text.ts";

/** x, y, width, height. */
export type Box = readonly [number, number, number, number];

/** What a camera or box says it saw, in its own words. */
export interface Sighting {
  /** The label that tells the matter; `also` are others that may be known better. */
  readonly label: string;
  readonly also?: readonly (string | undefined)[];
  readonly phase: DetectionPhase;
  readonly eventId?: string | undefined;
  /** 0..1, or percent. */
  readonly confidence?: number | null | undefined;
  /** Fractions of the frame. */
  readonly box?: Box | null | undefined;
  readonly url?: string | undefined;
  readonly details?: Readonly<Record<string, Json | undefined>>;
}

const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;
/** Pictures come as links or as their own bytes; a link is kept, bytes are not. */
const isLink = (text: string | undefined): text is string => text !== undefined && /^https?:\/\/.{1,2000}$/.test(text);

/** A sighting in our words: the first label that means one of our categories names it, else its own label. */
export function detectionOf({
  label,
  also = [],
  phase,
  eventId,
  confidence,
  box,
  url,
  details = {},
}: Sighting): Detection {
  const known = [label, ...also].map((word) => (word ? categoryOf(spaced(word)) : null)).find((name) => name !== null);
  const given = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)) as Record<
    string,
    Json
  >;
  const share = confidence === null || confidence === undefined ? null : confidence > 1 ? confidence / 100 : confidence;
  return {
    type: "detection",
    category: known ?? label,
    phase,
    label,
    ...(eventId !== undefined && eventId !== "" && { eventId }),
    ...(share !== null && share >= 0 && share <= 1 && { confidence: share }),
    ...(box && inside(box) && { bbox: [round4(box[0]), round4(box[1]), round4(box[2]), round4(box[3])] as const }),
    ...(isLink(url) && { snapshotUrl: url }),
    ...(Object.keys(given).length > 0 && { details: given }),
  };
}

/** `GarbageOverflow` and `garbageDetection` as the words of the categories are written. */
function spaced(label: string): string {
  return label.replace(/([a-z])([A-Z])/g, "$1_$2").replace(/_?(detection|detect|alarm|event)$/i, "");
}

const inside = (box: Box): boolean => box.every((value) => value >= 0 && value <= 1.0001);

/** A box that is given by two corners. */
export const fromCorners = ([x1, y1, x2, y2]: Box): Box => [x1, y1, x2 - x1, y2 - y1];

/** A box on a grid of `size` as fractions of the frame. */
export const fromGrid = ([x, y, w, h]: Box, size: number): Box => [x / size, y / size, w / size, h / size];

/** A box in pixels, for the details: the size of the frame is not always said. */
export const pixels = ([x, y, w, h]: Box): { x: number; y: number; w: number; h: number } => ({ x, y, w, h });

/** Four numbers of an untyped field, as a list, or under the usual names; null for anything else. */
export function boxIn(value: unknown): Box | null {
  if (Array.isArray(value)) {
    const [x, y, w, h] = value.map(Number);
    return value.length === 4 && [x, y, w, h].every(Number.isFinite)
      ? [x as number, y as number, w as number, h as number]
      : null;
  }
  if (typeof value !== "object" || value === null) return null;
  const of = (...names: string[]): number => {
    for (const name of names) {
      const given = (value as Record<string, unknown>)[name];
      if (given !== undefined && given !== null && given !== "") return Number(given);
    }
    return Number.NaN;
  };
  const corner: Box = [of("xmin", "x1"), of("ymin", "y1"), of("xmax", "x2"), of("ymax", "y2")];
  if (corner.every(Number.isFinite)) return fromCorners(corner);
  const sized: Box = [of("x", "X", "left"), of("y", "Y", "top"), of("w", "width"), of("h", "height")];
  return sized.every(Number.isFinite) ? sized : null;
}
