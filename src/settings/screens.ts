import { z } from "zod";
import { bool, count, optional } from "./forms.ts";

/** What walls and desks show, and how. */
export const screens = {
  /** Raster tiles as a base map, `https://…/{z}/{x}/{y}.png`; without one the district is drawn from its own geometry. */
  MAP_TILES_URL: optional,
  /** A whole MapLibre style as a base map. What else it loads from must be named in MAP_ORIGINS. */
  MAP_STYLE_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Further origins that the base map loads from, separated by commas. */
  MAP_ORIGINS: z.string().default(""),
  MAP_ATTRIBUTION: z.string().default(""),
  /** Datum of the base map: what is drawn upon a GCJ-02 map is shifted for display, and only there. */
  MAP_COORDINATES: z.enum(["wgs84", "gcj02"]).default("wgs84"),
  WALL_SCENE_SECONDS: z.coerce.number().int().min(5).default(45),
  /** A level-1 alert holds the wall until it is acknowledged, at most so long. */
  WALL_INTERRUPTION_SECONDS: count(60),
  /** Pictures that stand with an alert are shown on walls. Off by default: a wall hangs in public, and faces are on pictures. */
  WALL_PICTURES: bool(false),
  PAIRING_MINUTES: z.coerce.number().int().min(1).max(60).default(10),
  /** Screens that wait to be paired at once. */
  PAIRING_WAITING: count(100),
  PAIRING_REQUESTS_PER_MINUTE: count(20),
} as const;
