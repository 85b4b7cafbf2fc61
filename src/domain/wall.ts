import type { Text } from "./text.ts";
import type { Millis } from "./time.ts";

/** What a wall can show, in the order of its round. */
export const scenes = {
  overview: { zh: "总览", en: "Overview" },
  sanitation: { zh: "环卫作业", en: "Sanitation" },
  sorting: { zh: "垃圾分类", en: "Waste sorting" },
  toilets: { zh: "公厕", en: "Public toilets" },
  streetAi: { zh: "街面AI", en: "Street AI" },
  greening: { zh: "绿化消杀", en: "Greening and pests" },
  ranking: { zh: "社区排名", en: "Communities" },
} as const satisfies Record<string, Text>;
export type SceneName = keyof typeof scenes;
export const sceneNames = Object.keys(scenes) as SceneName[];

/** What somebody at a desk told a wall to show, instead of going round its scenes. */
export interface WallOrder {
  /** Null: the round goes on, with what else the order says. */
  readonly scene: SceneName | null;
  readonly place: { readonly lat: number; readonly lon: number; readonly zoom: number } | null;
  readonly alertId: string | null;
  /** Plays a stretch of the past within so many seconds. */
  readonly replay: { readonly fromAt: Millis; readonly toAt: Millis; readonly seconds: number } | null;
  /** A line of text over the map. */
  readonly note: string | null;
  readonly orderedAt: Millis;
  /** Then the wall goes back to its round by itself; null: until somebody tells it. */
  readonly untilAt: Millis | null;
}
