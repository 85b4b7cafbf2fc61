import "maplibre-gl/dist/maplibre-gl.css";
import type { Feature, FeatureCollection, Position } from "geojson";
import { type GeoJSONSource, Map as MapLibreMap, Marker, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { AlertView, DeviceView } from "../../stream/protocol.ts";
import { addIcons, iconOf } from "./icons.ts";
import { currentLanguage } from "./text.ts";

setWorkerUrl(workerUrl);

/** Below this zoom devices are drawn as clusters. */
const CLUSTER_BELOW_ZOOM = 15;
const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

export interface WallMap {
  drawDevices(devices: Iterable<DeviceView>): void;
  drawAlerts(alerts: Iterable<AlertView>): void;
}

const ofType = (district: FeatureCollection, type: string): FeatureCollection => ({
  type: "FeatureCollection",
  features: district.features.filter(({ properties }) => properties?.type === type),
});

/**
 * The district drawn from its own geometry: no tiles, fonts or sprites from outside.
 * @returns null when the browser has no WebGL
 */
export async function openMap(container: HTMLElement, district: FeatureCollection): Promise<WallMap | null> {
  const bounds = boundsOf(district);
  let map: MapLibreMap;
  try {
    map = new MapLibreMap({
      container,
      bounds,
      fitBoundsOptions: { padding: { top: 24, right: 24, bottom: 64, left: 24 } },
      attributionControl: false,
      style: {
        version: 8,
        sources: {
          boundary: { type: "geojson", data: ofType(district, "boundary") },
          communities: { type: "geojson", data: ofType(district, "community") },
          grids: { type: "geojson", data: ofType(district, "grid") },
          roads: { type: "geojson", data: ofType(district, "road") },
          points: { type: "geojson", data: ofType(district, "depositPoint") },
          devices: {
            type: "geojson",
            data: EMPTY,
            cluster: true,
            clusterMaxZoom: CLUSTER_BELOW_ZOOM - 1,
            clusterRadius: 28,
          },
          alerts: { type: "geojson", data: EMPTY },
        },
        layers: [
          { id: "ground", type: "background", paint: { "background-color": "#0b1622" } },
          { id: "area", type: "fill", source: "boundary", paint: { "fill-color": "#12263a" } },
          { id: "grids", type: "line", source: "grids", paint: { "line-color": "#1d3850", "line-width": 1 } },
          {
            id: "communities",
            type: "line",
            source: "communities",
            paint: { "line-color": "#2f5878", "line-width": 2 },
          },
          {
            id: "roads",
            type: "line",
            source: "roads",
            layout: { "line-cap": "round", "line-join": "round" },
            paint: {
              "line-color": "#35536d",
              "line-width": ["interpolate", ["linear"], ["zoom"], 12, 1, 16, 5],
            },
          },
          { id: "edge", type: "line", source: "boundary", paint: { "line-color": "#4d7ea3", "line-width": 2.5 } },
          {
            id: "points",
            type: "circle",
            source: "points",
            minzoom: 13.5,
            paint: { "circle-radius": 2, "circle-color": "#47637c" },
          },
          {
            id: "clusters",
            type: "circle",
            source: "devices",
            filter: ["has", "point_count"],
            paint: {
              "circle-color": "#2a4f6e",
              "circle-opacity": 0.75,
              "circle-stroke-color": "#5d8bb0",
              "circle-stroke-width": 1,
              "circle-radius": ["interpolate", ["linear"], ["get", "point_count"], 2, 4, 30, 8, 300, 16],
            },
          },
          {
            id: "devices",
            type: "symbol",
            source: "devices",
            filter: ["!", ["has", "point_count"]],
            layout: {
              "icon-image": ["get", "icon"],
              "icon-rotate": ["get", "heading"],
              "icon-rotation-alignment": "map",
              "icon-allow-overlap": true,
              "icon-size": ["interpolate", ["linear"], ["zoom"], 12, 0.45, 16, 0.9],
            },
          },
          {
            id: "alerts",
            type: "symbol",
            source: "alerts",
            layout: {
              "icon-image": ["concat", "level-", ["get", "level"]],
              "icon-allow-overlap": true,
              "symbol-sort-key": ["-", 0, ["get", "level"]],
              "icon-size": ["interpolate", ["linear"], ["zoom"], 12, 0.6, 16, 1],
            },
          },
        ],
      },
    });
  } catch {
    return null;
  }
  await map.once("load");
  addIcons(map);
  nameCommunities(map, district);
  const source = (id: string) => map.getSource(id) as GeoJSONSource;
  return {
    drawDevices(devices) {
      const features: Feature[] = [];
      for (const { lat, lon, kind, online, metrics } of devices) {
        if (lat === null || lon === null) continue;
        const icon = iconOf(kind);
        const properties = {
          icon: online === false ? `${icon}-offline` : icon,
          heading: kind === "vehicle" ? (metrics.headingDeg ?? 0) : 0,
        };
        features.push({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties });
      }
      source("devices").setData({ type: "FeatureCollection", features });
    },
    drawAlerts(alerts) {
      const features: Feature[] = [];
      for (const { place, level, closedAt, clearedAt } of alerts) {
        if (!place || closedAt !== null || clearedAt !== null) continue;
        const geometry = { type: "Point" as const, coordinates: [place.lon, place.lat] };
        features.push({ type: "Feature", geometry, properties: { level } });
      }
      source("alerts").setData({ type: "FeatureCollection", features });
    },
  };
}

/** Names as elements of the page, so that no glyphs have to come from anywhere. */
function nameCommunities(map: MapLibreMap, district: FeatureCollection): void {
  for (const feature of ofType(district, "community").features) {
    const name = feature.properties?.name as { zh?: string; en?: string } | string | undefined;
    const label = document.createElement("span");
    label.className = "community-name";
    label.textContent = typeof name === "string" ? name : (name?.[currentLanguage()] ?? "");
    const [west, south, east, north] = boundsOf({ type: "FeatureCollection", features: [feature] });
    new Marker({ element: label }).setLngLat([(west + east) / 2, (south + north) / 2]).addTo(map);
  }
}

function boundsOf({ features }: FeatureCollection): [number, number, number, number] {
  let [west, south, east, north] = [180, 90, -180, -90];
  const visit = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") {
      const [lon = 0, lat = 0] = part as Position;
      west = Math.min(west, lon);
      east = Math.max(east, lon);
      south = Math.min(south, lat);
      north = Math.max(north, lat);
    } else for (const inner of part) visit(inner);
  };
  for (const { geometry } of features) if (geometry && "coordinates" in geometry) visit(geometry.coordinates);
  return [west, south, east, north];
}
