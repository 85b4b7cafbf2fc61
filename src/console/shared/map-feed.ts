import type { Kind } from "../../domain/kinds.ts";
import type { StreamClient, View } from "../../stream/client.ts";
import type { CellView, MarkView } from "../../stream/protocol.ts";
import type { DistrictMap } from "./map.ts";
import type { Bbox, MapView } from "./map-geometry.ts";
import { type KindTotal, split } from "./map-split.ts";

/** A cell is 64 points wide on the screen. */
const CELL_ZOOMS = 3;
const CELLS_EVERY_MS = 2_000;
/** At so many devices in view, positions come every second; at ten times as many every ten: bytes per second stay bounded. */
const FAST = 1_500;
const EVERY_MS = { least: 1_000, most: 10_000 } as const;
/** More subjects than this in view are not drawn one by one at any zoom: the largest kinds are counted in cells instead. */
const MOST_SINGLE = 40_000;
/** A pace that is this much off is worth a word to the center. */
const PACE_OFF = 1.5;
/** Trails of more than so many would be a carpet. */
const TRAILS = 2_000;
/** Of a large frame so many are taken over per painted frame: the picture moves on meanwhile. */
const AT_ONCE = 1_000;
/** A view that moved less than this part of its size keeps its subscription. */
const MARGIN = 0.25;

interface Feed {
  readonly key: string;
  readonly bbox: Bbox;
  close(): void;
}

/**
 * Keeps the map fed with what lies in view and nothing more: counts from far away, devices at street zoom.
 * @param scale how much larger than on a desk the map is drawn: the same zoom shows that much less in it
 * @param leastMs how often positions come when there are few
 */
export function createMapFeed(stream: StreamClient, map: DistrictMap, scale: number, leastMs: number = EVERY_MS.least) {
  const zooms = Math.log2(scale);
  let marks: Feed | null = null;
  let cells: Feed | null = null;
  let looked: Parameters<typeof look> | null = null;
  const crowded = new Set<Kind>();

  /** Milliseconds between two positions of so many subjects. */
  const paceOf = (count: number): number =>
    Math.round(Math.min(EVERY_MS.most, Math.max(leastMs, (count / FAST) * leastMs)) / 100) * 100;
  const draws = (count: number, everyMs: number): void => {
    map.subjects.paceSeconds = everyMs / 1_000;
    map.subjects.trails = count <= TRAILS;
  };

  /** @param expected at most so many: as many as there are in the district; how many lie in view is known when they have come */
  const openMarks = (kinds: readonly Kind[], bbox: Bbox, expected: number): Feed => {
    let everyMs = paceOf(expected);
    draws(expected, everyMs);
    const view: View<MarkView> = stream.subscribe("marks", { filter: { kind: kinds, bbox }, everyMs });
    /** Ids whose newest state is still to be drawn. */
    const waiting = new Set<string>();
    let drawing = 0;
    let closed = false;
    /** How many there really are is known: the pace that they leave room for, or some of them counted. */
    const settle = (count: number): void => {
      if (count > MOST_SINGLE) return void setTimeout(() => closed || thin(view.items.values()));
      const wanted = paceOf(count);
      if (wanted < everyMs * PACE_OFF && everyMs < wanted * PACE_OFF) return;
      everyMs = wanted;
      draws(count, everyMs);
      view.pace(everyMs);
    };
    // For those who measure: how many are on the map.
    const tell = () => {
      map.map.getContainer().dataset.subjects = String(map.subjects.size);
    };
    const draw = () => {
      drawing = 0;
      let left = AT_ONCE;
      for (const id of waiting) {
        if (left-- === 0) break;
        waiting.delete(id);
        const mark = view.items.get(id);
        if (mark) map.subjects.put({ headingDeg: 0, ...mark });
      }
      if (waiting.size > 0) drawing = requestAnimationFrame(draw);
      tell();
    };
    view.onChange(({ upsert, gone, replaced }) => {
      if (replaced) {
        map.subjects.clear();
        waiting.clear();
      }
      for (const { id } of upsert) waiting.add(id);
      for (const id of gone) map.subjects.remove(id);
      if (gone.length > 0) tell();
      if (view.complete) settle(view.items.size);
      if (waiting.size > 0 && drawing === 0) drawing = requestAnimationFrame(draw);
    });
    return {
      key: kinds.join(),
      bbox,
      close() {
        closed = true;
        cancelAnimationFrame(drawing);
        view.close();
      },
    };
  };

  /** Counts the kind of which there are most in view, and looks again. */
  const thin = (marks: Iterable<MarkView>): void => {
    const counts = new Map<Kind, number>();
    for (const { kind } of marks) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const [largest] = [...counts].sort(([, a], [, b]) => b - a);
    if (!largest || !looked) return;
    crowded.add(largest[0]);
    look(...looked);
  };

  const openCells = (kinds: readonly Kind[], bbox: Bbox, zoom: number): Feed => {
    const view: View<CellView> = stream.subscribe("cells", {
      filter: { kind: kinds, bbox, zoom },
      everyMs: CELLS_EVERY_MS,
    });
    view.onChange(({ upsert, gone, replaced }) => {
      if (upsert.length > 0 || gone.length > 0 || replaced) map.drawCells(view.items.values());
    });
    return { key: `${zoom} ${kinds.join()}`, bbox, close: () => view.close() };
  };

  const clear = (): void => {
    marks?.close();
    cells?.close();
    marks = null;
    cells = null;
    map.subjects.clear();
    map.drawCells([]);
  };

  /** The map moved, or other kinds shall be seen. */
  function look({ bbox, zoom: drawn }: MapView, kinds: readonly Kind[], totals: ReadonlyMap<string, KindTotal>): void {
    const zoom = drawn - zooms;
    // Elsewhere there may be room for all of them.
    if (looked && !covers(widened(looked[0].bbox), bbox)) crowded.clear();
    looked = [{ bbox, zoom: drawn }, kinds, totals];
    const { single, counted } = split(kinds, totals, zoom, crowded);
    const wide = widened(bbox);
    if (!(marks?.key === single.join() && covers(marks.bbox, bbox))) {
      marks?.close();
      marks = null;
      map.subjects.clear();
      const expected = single.reduce((sum, kind) => sum + (totals.get(kind)?.count ?? 0), 0);
      if (single.length > 0) marks = openMarks(single, wide, expected);
    }
    const grid = Math.max(4, Math.min(20, Math.round(zoom) + CELL_ZOOMS));
    if (!(cells?.key === `${grid} ${counted.join()}` && covers(cells.bbox, bbox))) {
      cells?.close();
      cells = null;
      map.drawCells([]);
      if (counted.length > 0) cells = openCells(counted, wide, grid);
    }
  }

  return { look, clear };
}

function widened([west, south, east, north]: Bbox): Bbox {
  const dx = (east - west) * MARGIN;
  const dy = (north - south) * MARGIN;
  return [Math.max(-180, west - dx), Math.max(-90, south - dy), Math.min(180, east + dx), Math.min(90, north + dy)];
}

const covers = (outer: Bbox, inner: Bbox): boolean =>
  outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
