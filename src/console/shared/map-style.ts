import type { FeatureCollection } from "geojson";
import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import { ofType } from "./map-geometry.ts";

export type Theme = "dark" | "light";

export interface BaseMap {
  readonly tilesUrl: string | null;
  readonly styleUrl: string | null;
  readonly attribution: string;
  readonly coordinates: "wgs84" | "gcj02";
}

/** Colours of the ground: calm, so that what matters stands out. */
export const palettes = {
  dark: {
    outside: "#081019",
    area: "#0e1d2c",
    grid: "#1a3147",
    community: "#2c5474",
    edge: "#4f86b0",
    minor: "#21384d",
    major: "#34536e",
    point: "#3f5f7a",
    label: "#9fc3e2",
    halo: "#081019",
    cell: "#1f4566",
    cellEdge: "#5c93bd",
    cellText: "#e2eefa",
    track: "#56c8ff",
  },
  light: {
    outside: "#e6ebf0",
    area: "#f8fafc",
    grid: "#dbe3ea",
    community: "#a9bed0",
    edge: "#5e83a3",
    minor: "#d3dce5",
    major: "#b9c7d5",
    point: "#9db1c3",
    label: "#35536d",
    halo: "#ffffff",
    cell: "#cfe2f2",
    cellEdge: "#4f86b0",
    cellText: "#16324a",
    track: "#0b6ea8",
  },
} as const;

/** Fonts of the machine: no glyph file is ever asked for. */
export const MAP_FONTS = ["Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];

/** The style below everything of ours: a configured one, configured tiles, or plain ground. */
export function baseStyle(theme: Theme, base: BaseMap): StyleSpecification | string {
  if (base.styleUrl) return base.styleUrl;
  const ground = palettes[theme].outside;
  const layers: LayerSpecification[] = [{ id: "ground", type: "background", paint: { "background-color": ground } }];
  const sources: Record<string, SourceSpecification> = {};
  if (base.tilesUrl) {
    sources.tiles = { type: "raster", tiles: [base.tilesUrl], tileSize: 256, attribution: base.attribution };
    const paint = theme === "dark" ? { "raster-brightness-max": 0.45, "raster-saturation": -0.6 } : {};
    layers.push({ id: "tiles", type: "raster", source: "tiles", paint });
  }
  return { version: 8, sources, layers };
}

/** From nothing (vermilion) over half (yellow) to all (blue-green), 0 to 1: apart for colour-blind eyes too. */
export const shareColor = (share: unknown[]) =>
  [
    "interpolate",
    ["linear"],
    ["to-number", share],
    ...[0, "#e0653a"],
    ...[0.6, "#f0d04a"],
    ...[0.95, "#2fb894"],
  ] as unknown as ExpressionSpecification;

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const geojson = (data: FeatureCollection): SourceSpecification => ({ type: "geojson", data });

/** The district's own geometry and, above it, what the center tells. */
export function districtSources(district: FeatureCollection): Record<string, SourceSpecification> {
  return {
    boundary: geojson(ofType(district, "boundary")),
    communities: geojson(ofType(district, "community")),
    grids: geojson(ofType(district, "grid")),
    roads: geojson(ofType(district, "road")),
    points: geojson(ofType(district, "depositPoint")),
    names: geojson(namesOf(district)),
    sections: geojson(EMPTY),
    track: geojson(EMPTY),
    cells: geojson(EMPTY),
    alerts: geojson(EMPTY),
  };
}

/** One point per community to hang its name on: the middle of its outer ring's box. */
function namesOf(district: FeatureCollection): FeatureCollection {
  const features = ofType(district, "community").features.flatMap((feature) => {
    const { geometry, properties } = feature;
    if (geometry?.type !== "Polygon") return [];
    const ring = geometry.coordinates[0] ?? [];
    const lons = ring.map(([lon = 0]) => lon);
    const lats = ring.map(([, lat = 0]) => lat);
    const middle = (values: number[]) => (Math.min(...values) + Math.max(...values)) / 2;
    return [
      {
        type: "Feature" as const,
        geometry: { type: "Point" as const, coordinates: [middle(lons), middle(lats)] },
        properties,
      },
    ];
  });
  return { type: "FeatureCollection", features };
}

/** Layers below the subjects. With a base map of its own, ground and streets are left to it. */
export function groundLayers(theme: Theme, ownGround: boolean): LayerSpecification[] {
  const paint = palettes[theme];
  const ground: LayerSpecification[] = [
    { id: "area", type: "fill", source: "boundary", paint: { "fill-color": paint.area } },
    { id: "grids", type: "line", source: "grids", paint: { "line-color": paint.grid, "line-width": 1 } },
    {
      id: "minor-roads",
      type: "line",
      source: "roads",
      filter: [">", ["to-number", ["get", "class"]], 2],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": paint.minor, "line-width": ["interpolate", ["linear"], ["zoom"], 12, 0.8, 17, 6] },
    },
    {
      id: "major-roads",
      type: "line",
      source: "roads",
      filter: ["<=", ["to-number", ["get", "class"]], 2],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": paint.major, "line-width": ["interpolate", ["linear"], ["zoom"], 12, 1.6, 17, 10] },
    },
  ];
  return [
    ...(ownGround ? ground : []),
    { id: "shares", type: "fill", source: "communities", paint: { "fill-color": paint.area, "fill-opacity": 0 } },
    {
      id: "sections",
      type: "line",
      source: "sections",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-width": ["interpolate", ["linear"], ["zoom"], 12, 3, 17, 12],
        "line-opacity": 0.9,
        "line-color": ["case", ["==", ["get", "coverage"], null], paint.minor, shareColor(["get", "coverage"])],
      },
    },
    {
      id: "communities",
      type: "line",
      source: "communities",
      paint: { "line-color": paint.community, "line-width": 1.6, "line-dasharray": [3, 2] },
    },
    { id: "edge", type: "line", source: "boundary", paint: { "line-color": paint.edge, "line-width": 2.4 } },
    {
      id: "points",
      type: "circle",
      source: "points",
      minzoom: 13.5,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 13.5, 1.5, 17, 4],
        "circle-color": paint.point,
      },
    },
    {
      id: "track",
      type: "line",
      source: "track",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": paint.track, "line-width": 4, "line-opacity": 0.85 },
    },
  ];
}

/** Layers above the subjects: cells, names, and alerts on top of everything, each by itself: none is hidden in a cluster. */
export function foregroundLayers(theme: Theme, scale: number): LayerSpecification[] {
  const paint = palettes[theme];
  return [
    {
      id: "cells",
      type: "circle",
      source: "cells",
      paint: {
        "circle-color": paint.cell,
        "circle-opacity": 0.82,
        "circle-stroke-color": paint.cellEdge,
        "circle-stroke-width": 1.2,
        "circle-radius": ["interpolate", ["linear"], ["get", "count"], 1, 7 * scale, 20, 13 * scale, 200, 21 * scale],
      },
    },
    {
      id: "cell-counts",
      type: "symbol",
      source: "cells",
      layout: {
        "text-field": ["get", "label"],
        "text-font": MAP_FONTS,
        "text-size": ["interpolate", ["linear"], ["get", "count"], 1, 12 * scale, 200, 15 * scale],
        "text-allow-overlap": true,
      },
      paint: { "text-color": paint.cellText },
    },
    {
      id: "names",
      type: "symbol",
      source: "names",
      layout: {
        "text-field": ["get", "name"],
        "text-font": MAP_FONTS,
        "text-size": ["interpolate", ["linear"], ["zoom"], 12, 17 * scale, 16, 24 * scale],
        "text-letter-spacing": 0.18,
        // Steps aside for what is counted and for alerts, as far as there is room; it never goes away.
        "text-variable-anchor": ["center", "top", "bottom", "left", "right", "top-left", "bottom-right"],
        "text-radial-offset": 1.6,
        "text-allow-overlap": true,
      },
      paint: { "text-color": paint.label, "text-halo-color": paint.halo, "text-halo-width": 2 * scale },
    },
    {
      id: "alert-glow",
      type: "circle",
      source: "alerts",
      filter: ["<=", ["get", "level"], 2],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 16 * scale, 17, 30 * scale],
        "circle-color": ["match", ["get", "level"], 1, "#ff5c5c", "#ffa43a"],
        "circle-opacity": 0.22,
      },
    },
    {
      id: "alerts",
      type: "symbol",
      source: "alerts",
      layout: {
        "icon-image": ["concat", "level-", ["to-string", ["get", "level"]]],
        "icon-allow-overlap": true,
        "symbol-sort-key": ["-", 0, ["get", "level"]],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 12, 0.5 * scale, 17, 0.9 * scale],
      },
    },
  ];
}
