import { PNG } from "pngjs";

/** Red, green, blue, each 0 to 255. */
export type Colour = readonly [number, number, number];
type Corner = readonly [x: number, y: number];

/** A small picture to draw on with plain shapes; all measures are shares of its width and height, 0 to 1 from the top left. */
export interface Canvas {
  rectangle(x: number, y: number, width: number, height: number, colour: Colour): void;
  ellipse(x: number, y: number, radiusX: number, radiusY: number, colour: Colour, opacity?: number): void;
  /** Any polygon that does not cross itself. */
  polygon(corners: readonly Corner[], colour: Colour): void;
  /** Everything drawn so far becomes darker (below 1) or brighter. */
  lit(share: number): void;
  png(): Buffer;
}

export function createCanvas(width: number, height: number): Canvas {
  const picture = new PNG({ width, height });
  picture.data.fill(255);

  const paint = (column: number, row: number, colour: Colour, opacity: number): void => {
    const start = (row * width + column) * 4;
    for (let part = 0; part < 3; part++) {
      const under = picture.data[start + part] ?? 0;
      picture.data[start + part] = under + ((colour[part] ?? 0) - under) * opacity;
    }
  };
  /** One row from x to x, both in pixels and not yet cut to the picture. */
  const span = (row: number, from: number, to: number, colour: Colour, opacity = 1): void => {
    if (row < 0 || row >= height) return;
    for (let column = Math.max(0, Math.round(from)); column < Math.min(width, Math.round(to)); column++) {
      paint(column, row, colour, opacity);
    }
  };
  const rows = (from: number, to: number, each: (row: number) => void): void => {
    for (let row = Math.round(from * height); row < Math.round(to * height); row++) each(row);
  };

  return {
    rectangle(x, y, w, h, colour) {
      rows(y, y + h, (row) => span(row, x * width, (x + w) * width, colour));
    },
    ellipse(x, y, radiusX, radiusY, colour, opacity = 1) {
      rows(y - radiusY, y + radiusY, (row) => {
        const away = ((row + 0.5) / height - y) / radiusY;
        const half = radiusX * Math.sqrt(Math.max(0, 1 - away * away));
        span(row, (x - half) * width, (x + half) * width, colour, opacity);
      });
    },
    polygon(corners, colour) {
      const heights = corners.map(([, y]) => y);
      rows(Math.min(...heights), Math.max(...heights), (row) => {
        const y = (row + 0.5) / height;
        const crossings = corners.flatMap(([x1, y1], index) => {
          const [x2, y2] = corners[(index + 1) % corners.length] as Corner;
          return y1 > y !== y2 > y ? [x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)] : [];
        });
        crossings.sort((a, b) => a - b);
        for (let i = 0; i + 1 < crossings.length; i += 2) {
          span(row, (crossings[i] as number) * width, (crossings[i + 1] as number) * width, colour);
        }
      });
    },
    lit(share) {
      for (let i = 0; i < picture.data.length; i++) {
        if (i % 4 !== 3) picture.data[i] = Math.min(255, (picture.data[i] as number) * share);
      }
    },
    png: () => PNG.sync.write(picture),
  };
}
