import type { Map as MapLibreMap } from "maplibre-gl";
import type { Level } from "../../domain/levels.ts";
import { levels } from "../../domain/levels.ts";
import { IDLE_COLOR, kindSymbols, levelSymbols, SYMBOL_BOX, symbolOf } from "./symbols.tsx";

/** How a subject is drawn: filled, yellow and cut in two when it should move and does not, hollow when it is not heard. */
export const markStates = ["normal", "idle", "offline"] as const;
export type MarkState = (typeof markStates)[number];

const PICTURE = 64;
const EDGE = "#08121c";
const OFFLINE = "#8496a8";

const kindOrder = [...Object.keys(kindSymbols), "other"];

/** Index of a picture in the atlas. */
export function pictureOf(kind: string, state: MarkState): number {
  const at = Object.hasOwn(kindSymbols, kind) ? kindOrder.indexOf(kind) : kindOrder.length - 1;
  return at * markStates.length + markStates.indexOf(state);
}

export const PICTURES = kindOrder.length * markStates.length;
export const ATLAS_COLUMNS = 8;
export const ATLAS_ROWS = Math.ceil(PICTURES / ATLAS_COLUMNS);

function canvasOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext("2d") as CanvasRenderingContext2D;
}

/** All symbols of subjects in one picture for the graphics card. */
export function drawAtlas(): HTMLCanvasElement {
  const draw = canvasOf(ATLAS_COLUMNS * PICTURE, ATLAS_ROWS * PICTURE);
  const scale = (PICTURE - 12) / SYMBOL_BOX;
  for (const kind of kindOrder) {
    const { path, color } = symbolOf(kind);
    const shape = new Path2D(path);
    for (const state of markStates) {
      const at = pictureOf(kind, state);
      draw.setTransform(
        scale,
        0,
        0,
        scale,
        (at % ATLAS_COLUMNS) * PICTURE + 6,
        Math.floor(at / ATLAS_COLUMNS) * PICTURE + 6,
      );
      draw.lineJoin = "round";
      draw.strokeStyle = EDGE;
      draw.lineWidth = 9;
      draw.stroke(shape);
      if (state === "offline") {
        draw.strokeStyle = OFFLINE;
        draw.lineWidth = 4;
        draw.stroke(shape);
        continue;
      }
      draw.fillStyle = state === "idle" ? IDLE_COLOR : color;
      draw.fill(shape);
      if (state === "idle") {
        draw.fillStyle = EDGE;
        draw.fillRect(8, 24, 32, 6);
      }
    }
  }
  return draw.canvas;
}

/** Gives the map its symbols of levels: shape, numeral and colour. */
export function addLevelSymbols(map: MapLibreMap): void {
  for (const level of [1, 2, 3, 4] as const satisfies Level[]) {
    const draw = canvasOf(96, 96);
    draw.scale(1.8, 1.8);
    draw.translate(2.6, 2.6);
    const shape = new Path2D(levelSymbols[level].path);
    draw.lineJoin = "round";
    draw.strokeStyle = EDGE;
    draw.lineWidth = 5;
    draw.stroke(shape);
    draw.fillStyle = levelSymbols[level].color;
    draw.fill(shape);
    draw.fillStyle = EDGE;
    draw.font = "700 20px sans-serif";
    draw.textAlign = "center";
    draw.fillText(levels[level].roman, 24, level === 2 ? 37 : 31);
    map.addImage(`level-${level}`, draw.getImageData(0, 0, 96, 96), { pixelRatio: 2 });
  }
}
