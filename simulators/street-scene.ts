import type { CategoryName } from "../src/domain/categories.ts";
import type { Millis } from "../src/domain/time.ts";
import { type Canvas, type Colour, createCanvas } from "./canvas.ts";
import { createRandom, type Random } from "./random.ts";
import { hourOfDay } from "./rhythm.ts";

/** What a simulated camera looks at, and what is wrong there. */
export interface Scene {
  /** The same camera always looks at the same street. */
  readonly camera: string;
  readonly bins: number;
  readonly at: Millis;
  /** Null: nothing is wrong. */
  readonly category: string | null;
  /** Where the problem lies: x, y, width, height, shares of the picture. */
  readonly bbox: Box;
}
export type Box = readonly [x: number, y: number, width: number, height: number];

const WIDTH = 480;
const HEIGHT = 270;
const HORIZON = 0.42;
const KERB = 0.66;

const walls: readonly Colour[] = [
  [196, 178, 150],
  [170, 176, 184],
  [206, 190, 170],
  [178, 160, 148],
];
const refuse: readonly Colour[] = [
  [214, 214, 206],
  [58, 62, 70],
  [176, 60, 52],
  [70, 110, 168],
  [222, 190, 80],
];

/** A street as its camera sees it, as PNG. A pure function of the scene. */
export function drawScene({ camera, bins, at, category, bbox }: Scene): Buffer {
  const canvas = createCanvas(WIDTH, HEIGHT);
  street(canvas, createRandom("street", camera));
  row(canvas, bins, category === "binOverflow");
  if (category !== null)
    (problems[category as CategoryName] ?? litter)(canvas, bbox, createRandom(category, `${camera} ${bbox}`));
  canvas.lit(daylight(hourOfDay(at)));
  return canvas.png();
}

function street(canvas: Canvas, random: Random): void {
  const wall = random.pick(walls);
  canvas.rectangle(0, 0, 1, HORIZON, [168, 196, 220]);
  canvas.rectangle(0, 0.06, 0.72, HORIZON - 0.06, wall);
  canvas.rectangle(0.76, 0.14, 0.24, HORIZON - 0.14, random.pick(walls));
  const shutter: Colour = random.chance(0.5) ? [112, 124, 132] : [92, 118, 104];
  for (let door = 0; door < 4; door++) {
    canvas.rectangle(0.04 + door * 0.17, 0.22, 0.12, HORIZON - 0.22, shutter);
    canvas.rectangle(0.04 + door * 0.17, 0.1, 0.12, 0.07, random.pick(refuse));
  }
  canvas.rectangle(0, HORIZON, 1, KERB - HORIZON, [186, 182, 174]);
  for (let joint = 0; joint < 9; joint++) {
    const top = joint / 8;
    const foot = (joint - 4) / 5 + 0.5;
    canvas.polygon(
      [
        [top, HORIZON],
        [top + 0.003, HORIZON],
        [foot + 0.005, KERB],
        [foot, KERB],
      ],
      [166, 162, 154],
    );
  }
  canvas.rectangle(0, KERB, 1, 0.02, [214, 212, 206]);
  canvas.rectangle(0, KERB + 0.02, 1, 1, [92, 94, 98]);
  for (let mark = 0; mark < 4; mark++) canvas.rectangle(0.05 + mark * 0.27, 0.84, 0.15, 0.018, [220, 220, 214]);
  const tree = random.between(0.8, 0.92);
  canvas.rectangle(tree - 0.01, 0.2, 0.02, 0.34, [96, 74, 56]);
  for (let leaf = 0; leaf < 7; leaf++) {
    canvas.ellipse(tree + random.between(-0.06, 0.06), random.between(0.08, 0.24), 0.055, 0.07, [
      64 + random.integer(0, 30),
      118 + random.integer(0, 24),
      64,
    ]);
  }
}

/** The bins of the point; lids stand open over what no longer fits. */
function row(canvas: Canvas, bins: number, overflowing: boolean): void {
  for (let bin = 0; bin < Math.min(bins, 6); bin++) {
    const x = 0.06 + bin * 0.1;
    if (overflowing) {
      canvas.ellipse(x + 0.035, HORIZON + 0.02, 0.035, 0.05, [72, 76, 84]);
      canvas.ellipse(x + 0.02, HORIZON + 0.01, 0.022, 0.035, [206, 206, 198]);
    }
    canvas.rectangle(x, HORIZON + 0.03, 0.07, 0.17, [44, 124, 84]);
    canvas.rectangle(x + 0.006, HORIZON + 0.05, 0.058, 0.05, [232, 236, 228]);
    if (overflowing) canvas.rectangle(x - 0.006, HORIZON - 0.06, 0.012, 0.1, [36, 104, 70]);
    else canvas.rectangle(x - 0.004, HORIZON + 0.012, 0.078, 0.024, [36, 104, 70]);
    canvas.ellipse(x + 0.012, HORIZON + 0.2, 0.01, 0.016, [40, 40, 42]);
    canvas.ellipse(x + 0.058, HORIZON + 0.2, 0.01, 0.016, [40, 40, 42]);
  }
}

type Problem = (canvas: Canvas, box: Box, random: Random) => void;

const litter: Problem = (canvas, [x, y, width, height], random) => {
  for (let piece = 0; piece < 34; piece++) {
    const left = x + random.between(0.02, 0.92) * width;
    const top = y + (0.35 + 0.6 * random.next()) * height;
    canvas.polygon(
      [
        [left, top],
        [left + random.between(0.006, 0.02), top + random.between(-0.012, 0.01)],
        [left + random.between(0.008, 0.018), top + random.between(0.016, 0.03)],
        [left - 0.004, top + 0.018],
      ],
      random.pick(refuse),
    );
  }
};

const heap: Problem = (canvas, [x, y, width, height], random) => {
  for (let bag = 0; bag < 11; bag++) {
    const across = random.between(0.14, 0.86);
    const up = random.next() * (1 - Math.abs(across - 0.5) * 1.4);
    const shade = random.integer(30, 70);
    const [left, top] = [x + across * width, y + (0.86 - 0.6 * up) * height];
    canvas.ellipse(left, top, 0.14 * width, 0.14 * height, [shade, shade + 2, shade + 8]);
    canvas.ellipse(left - 0.02 * width, top - 0.12 * height, 0.03 * width, 0.035 * height, [shade, shade, shade]);
  }
  // An old mattress leans on it.
  canvas.polygon(
    [
      [x + 0.52 * width, y + 0.94 * height],
      [x + 0.68 * width, y + 0.1 * height],
      [x + 0.8 * width, y + 0.14 * height],
      [x + 0.66 * width, y + 0.98 * height],
    ],
    [216, 204, 186],
  );
  litter(canvas, [x, y + 0.5 * height, width, 0.5 * height], random);
};

const boxes: Problem = (canvas, [x, y, width, height], random) => {
  for (let column = 0; column < 4; column++) {
    const piled = random.integer(1, 3);
    for (let level = 0; level < piled; level++) {
      const tint = random.integer(-18, 18);
      const [left, top] = [x + column * 0.25 * width, y + (0.68 - level * 0.32) * height];
      canvas.rectangle(left, top, 0.23 * width, 0.3 * height, [178 + tint, 136 + tint, 88 + tint]);
      canvas.rectangle(left + 0.1 * width, top, 0.03 * width, 0.3 * height, [214, 190, 140]);
    }
  }
};

const smoke: Problem = (canvas, [x, y, width, height], random) => {
  canvas.polygon(
    [
      [x + 0.4 * width, y + height],
      [x + 0.5 * width, y + 0.62 * height],
      [x + 0.62 * width, y + height],
    ],
    [232, 128, 44],
  );
  for (let puff = 0; puff < 9; puff++) {
    const rise = puff / 8;
    const [left, top] = [x + (0.5 + random.between(-0.2, 0.2) * rise) * width, y + (0.7 - 0.7 * rise) * height];
    canvas.ellipse(left, top, (0.1 + 0.2 * rise) * width, (0.1 + 0.14 * rise) * height, [120, 118, 116], 0.6);
  }
};

const stall: Problem = (canvas, [x, y, width, height], random) => {
  canvas.rectangle(x + 0.1 * width, y + 0.55 * height, 0.8 * width, 0.28 * height, [150, 108, 70]);
  for (let fruit = 0; fruit < 14; fruit++) {
    canvas.ellipse(x + (0.14 + 0.055 * fruit) * width, y + 0.53 * height, 0.03 * width, 0.04 * height, [
      214,
      random.integer(70, 170),
      50,
    ]);
  }
  canvas.rectangle(x + 0.12 * width, y + 0.12 * height, 0.02 * width, 0.85 * height, [90, 90, 94]);
  canvas.rectangle(x + 0.86 * width, y + 0.12 * height, 0.02 * width, 0.85 * height, [90, 90, 94]);
  for (let stripe = 0; stripe < 8; stripe++) {
    const colour: Colour = stripe % 2 === 0 ? [196, 62, 54] : [236, 232, 224];
    canvas.rectangle(x + stripe * 0.125 * width, y, 0.125 * width, 0.16 * height, colour);
  }
};

const problems: Readonly<Partial<Record<CategoryName, Problem>>> = {
  stackedGoods: boxes,
  shopEncroachment: boxes,
  illegalDumping: heap,
  bulkyWaste: heap,
  accumulatedWaste: heap,
  smoke,
  openBurning: smoke,
  barbecue: smoke,
  streetVending: stall,
  occupiedRoad: stall,
};

/** 1 by day; street lamps leave less than half of it at night. */
const daylight = (hour: number): number => 0.45 + 0.55 * Math.min(1, Math.max(0, (7 - Math.abs(hour - 12.5)) / 1.5));
