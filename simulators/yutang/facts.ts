import type { LonLat } from "../geometry.ts";

/**
 * What is publicly known of the Yutang subdistrict, and the schematic figures that stand in for what is not.
 * Positions are WGS-84. Boundary and main roads are schematic (within about 250 m to 1 km); the district file marks them
 * `synthetic`.
 */

export interface CommunityFact {
  readonly id: string;
  readonly zh: string;
  readonly en: string;
  readonly centre: LonLat;
  readonly grids: number;
}

export const communities: readonly CommunityFact[] = [
  { id: "tianliao", zh: "田寮社区", en: "Tianliao", centre: [113.9033, 22.733], grids: 7 },
  { id: "changzhen", zh: "长圳社区", en: "Changzhen", centre: [113.9185, 22.7245], grids: 5 },
  { id: "yulv", zh: "玉律社区", en: "Yulv", centre: [113.8905, 22.714], grids: 7 },
  { id: "hongxing", zh: "红星社区", en: "Hongxing", centre: [113.9085, 22.712], grids: 5 },
];

export const boundary: readonly LonLat[] = [
  [113.886, 22.7385],
  [113.902, 22.7455],
  [113.9165, 22.7405],
  [113.931, 22.73],
  [113.9325, 22.7165],
  [113.921, 22.7065],
  [113.905, 22.701],
  [113.886, 22.6955],
  [113.879, 22.707],
  [113.8815, 22.724],
];

export interface RoadFact {
  readonly id: string;
  readonly zh: string;
  readonly line: readonly LonLat[];
  readonly widthM: number;
}

/** Class 1 roads. */
export const mainRoads: readonly RoadFact[] = [
  {
    id: "songbai",
    zh: "松白路",
    widthM: 40,
    line: [
      [113.8885, 22.7395],
      [113.904, 22.7335],
      [113.915, 22.724],
      [113.9215, 22.7075],
    ],
  },
  {
    id: "guangqiao",
    zh: "光侨路",
    widthM: 40,
    line: [
      [113.883, 22.716],
      [113.905, 22.7215],
      [113.92, 22.7255],
      [113.9305, 22.7285],
    ],
  },
  {
    id: "genyu",
    zh: "根玉路",
    widthM: 30,
    line: [
      [113.896, 22.7425],
      [113.8945, 22.728],
      [113.8925, 22.712],
    ],
  },
  {
    id: "changsong",
    zh: "长松路",
    widthM: 24,
    line: [
      [113.929, 22.717],
      [113.9275, 22.729],
    ],
  },
  {
    id: "yuxing",
    zh: "玉星路",
    widthM: 24,
    line: [
      [113.8905, 22.7125],
      [113.9085, 22.7105],
    ],
  },
];

/** Streets whose community is known from addresses. */
export const streetsOf: Readonly<Record<string, readonly string[]>> = {
  tianliao: ["田湾路", "同观路", "警民路"],
  yulv: ["寮光路", "南环大道"],
  changzhen: ["长圳路"],
  hongxing: ["星湖路"],
};

/** Streets that exist, place unknown: they name synthetic streets. */
export const otherStreets: readonly string[] = [
  "田亭街",
  "通兴路",
  "玉明二路",
  "年田路",
  "年玉路",
  "玉昌东路",
  "玉昌西路",
  "科联路",
  "悦群路",
  "大洋一路",
  "田恒路",
  "田硕路",
  "银塘路",
];

/** Parks and gardens that are being laid out. */
export const parks: readonly string[] = ["玉满园", "玉黛园", "清风园", "玉耕园", "圳彩园"];

/** Three of the six model toilets are named publicly. */
export const modelToilets: readonly string[] = ["长圳阶梯广场", "玉沁园", "玉星路"];
