import type { Map as MapLibreMap } from "maplibre-gl";

/** Colours that stay apart for colour-blind eyes; each kind and level has a shape of its own as well. */
export const LEVEL_COLORS = ["", "#ff5d5d", "#ffa53d", "#f4d35e", "#6fb7ff"] as const;
const KIND_COLORS: Readonly<Record<string, string>> = {
  bin: "#7bd389",
  vehicle: "#4cc9f0",
  person: "#c8b6ff",
  camera: "#9fb3c8",
  facility: "#e0a3c2",
};
const SIZE = 48;

type Paint = (draw: CanvasRenderingContext2D, color: string) => void;

const shapes: Readonly<Record<string, Paint>> = {
  bin: (draw) => draw.roundRect(14, 12, 20, 24, 4),
  vehicle: (draw) => {
    draw.moveTo(24, 6);
    draw.lineTo(36, 40);
    draw.lineTo(24, 33);
    draw.lineTo(12, 40);
    draw.closePath();
  },
  person: (draw) => draw.arc(24, 24, 9, 0, Math.PI * 2),
  camera: (draw) => {
    draw.moveTo(24, 11);
    draw.lineTo(37, 24);
    draw.lineTo(24, 37);
    draw.lineTo(11, 24);
    draw.closePath();
  },
  facility: (draw) => draw.roundRect(11, 11, 26, 26, 9),
};

function picture(paint: Paint, color: string): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const draw = canvas.getContext("2d") as CanvasRenderingContext2D;
  draw.beginPath();
  paint(draw, color);
  draw.fillStyle = color;
  draw.strokeStyle = "#0b1622";
  draw.lineWidth = 3;
  draw.fill();
  draw.stroke();
  return draw.getImageData(0, 0, SIZE, SIZE);
}

/** Level 1 octagon, 2 triangle, 3 square, 4 circle: as on the list. */
function levelPath(level: number): Paint {
  return (draw) => {
    const corners = [0, 8, 3, 4, 0][level] ?? 0;
    if (corners === 0) {
      draw.arc(24, 24, 16, 0, Math.PI * 2);
      return;
    }
    const turn = level === 2 ? -Math.PI / 2 : Math.PI / corners;
    for (let i = 0; i < corners; i++) {
      const angle = turn + (i * 2 * Math.PI) / corners;
      draw.lineTo(24 + 19 * Math.cos(angle), 24 + 19 * Math.sin(angle));
    }
    draw.closePath();
  };
}

/** Draws all symbols into the map: no sprite, no font, no file from anywhere. */
export function addIcons(map: MapLibreMap): void {
  for (const [name, paint] of Object.entries(shapes)) {
    map.addImage(name, picture(paint, KIND_COLORS[name] ?? "#ffffff"), { pixelRatio: 2 });
    map.addImage(`${name}-offline`, picture(paint, "#4a5b6c"), { pixelRatio: 2 });
  }
  for (const level of [1, 2, 3, 4]) {
    map.addImage(`level-${level}`, picture(levelPath(level), LEVEL_COLORS[level] ?? "#ffffff"), { pixelRatio: 2 });
  }
}

export const iconOf = (kind: string): string => (kind in shapes ? kind : "facility");
export const kindColor = (kind: string): string => KIND_COLORS[kind] ?? "#ffffff";
