import type { Config } from "../config.ts";
import { type Api, needs, type ResourceParts } from "./route.ts";

/** Where a base map may be loaded from; everything else stays at home. */
export function mapOrigins({ MAP_TILES_URL, MAP_STYLE_URL, MAP_ORIGINS }: Config): string[] {
  const addresses = [MAP_TILES_URL, MAP_STYLE_URL, ...MAP_ORIGINS.split(",")];
  return [...new Set(addresses.map((address) => address?.trim()).filter(Boolean))].flatMap((address) => {
    // A template such as https://{s}.example/{z}/{x}/{y}.png has no origin of its own: MAP_ORIGINS names its hosts.
    const url = URL.canParse(address as string) ? new URL(address as string) : null;
    return url && !url.host.includes("%7B") && !url.host.includes("{") ? [url.origin] : [];
  });
}

/** How screens are set up: what the pages need to know before they can draw anything. */
export function registerConsole(api: Api, { config }: ResourceParts): void {
  api.get(
    "/console",
    { config: needs("readDistrict"), schema: { summary: "Settings of walls and desks: base map, time zone, scenes" } },
    async () => ({
      timeZone: config.TIME_ZONE,
      nightHours: config.NIGHT_HOURS,
      /** Minutes after local midnight at which the sanitation day begins. */
      dayStartsMinutes: config.SANITATION_DAY_STARTS,
      map: {
        tilesUrl: config.MAP_TILES_URL ?? null,
        styleUrl: config.MAP_STYLE_URL ?? null,
        attribution: config.MAP_ATTRIBUTION,
        coordinates: config.MAP_COORDINATES,
      },
      /** Longest stretches of the past: as a stream, in one file, of one way. */
      past: {
        replayDays: config.REPLAY_DAYS,
        exportDays: config.EXPORT_DAYS,
        trackDays: config.HISTORY_RANGE_DAYS,
      },
      wall: {
        sceneSeconds: config.WALL_SCENE_SECONDS,
        interruptionSeconds: config.WALL_INTERRUPTION_SECONDS,
        pictures: config.WALL_PICTURES,
      },
    }),
  );
}
