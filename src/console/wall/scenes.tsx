import type { ComponentType } from "preact";
import type { Kind } from "../../domain/kinds.ts";
import type { SceneName } from "../../domain/wall.ts";
import { PestAlerts, Traps } from "./panels/greening.tsx";
import { AlertMix, CommunityLoad, HourlyTrend, OnlineKinds } from "./panels/overview.tsx";
import { CommunityTable } from "./panels/ranking.tsx";
import { VehiclesAtWork, WorkAlerts, WorkToday } from "./panels/sanitation.tsx";
import { FoodWaste, OverflowByCommunity, SoonFull } from "./panels/sorting.tsx";
import { FoundByAi, Precision, StreetHours } from "./panels/street-ai.tsx";
import { Odour, Stalls, ToiletService } from "./panels/toilets.tsx";
import type { WallParts } from "./wall-parts.ts";

export interface Scene {
  /** What the map shows besides alerts. */
  readonly kinds: readonly Kind[];
  readonly panels: readonly ComponentType<WallParts>[];
  /** Road sections are coloured by how much of them is swept. */
  readonly sections?: true;
  /** Communities are coloured by how much of what was due today was done in time. */
  readonly onTime?: true;
}

const EVERYTHING: readonly Kind[] = [
  "vehicle",
  "person",
  "bin",
  "foodWastePoint",
  "camera",
  "toilet",
  "station",
  "pestTrap",
];

/** What stands beside the overview where there is room for two. */
export const besideOverview: Scene["panels"] = [CommunityTable, CommunityLoad, VehiclesAtWork];

/** Each scene: what lies on the map, and the three panels beside it. */
export const sceneTable: Readonly<Record<SceneName, Scene>> = {
  overview: { kinds: EVERYTHING, panels: [HourlyTrend, AlertMix, OnlineKinds] },
  sanitation: {
    kinds: ["vehicle", "person", "station"],
    panels: [WorkToday, VehiclesAtWork, WorkAlerts],
    sections: true,
  },
  sorting: { kinds: ["bin", "foodWastePoint"], panels: [OverflowByCommunity, SoonFull, FoodWaste] },
  toilets: { kinds: ["toilet"], panels: [Odour, Stalls, ToiletService] },
  streetAi: { kinds: ["camera"], panels: [FoundByAi, StreetHours, Precision] },
  greening: { kinds: ["pestTrap", "vehicle"], panels: [Traps, PestAlerts, CommunityLoad] },
  ranking: { kinds: ["vehicle"], panels: [CommunityTable, CommunityLoad, HourlyTrend], onTime: true },
};
