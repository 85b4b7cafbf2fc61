import "maplibre-gl/dist/maplibre-gl.css";
import type { Feature, FeatureCollection, Position } from "geojson";
import { type ExpressionSpecification, type GeoJSONSource, Map as MapLibreMap, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { AlertView } from "../../stream/protocol.ts";
import { standing } from "./alert-order.ts";
import type { Language } from "./language.ts";
import { boundsOf, type Datum, datumOf, type MapView, shifted } from "./map-geometry.ts";
import {
  type BaseMap,
  baseStyle,
  districtSources,
  foregroundLayers,
  groundLayers,
  shareColor,
  type Theme,
} from "./map-style.ts";
import { SubjectLayer } from "./map-subjects.ts";
import { addLevelSymbols } from "./map-symbols.ts";

setWorkerUrl(workerUrl);

export type { Mark } from "./map-subjects.ts";

/** Many subjects of one place, counted. */
export interface CellMark {
  readonly id: string;
  readonly lat: number;
  readonly lon: number;
  readonly count: number;
}

export interface MapOptions {
  readonly container: HTMLElement;
  /** `GET /district` */
  readonly district: FeatureCollection;
  readonly theme: Theme;
  readonly base: BaseMap;
  /** Mouse and touch move the map. A wall has neither. */
  readonly interactive?: boolean;
  /** How much larger than on a desk everything is drawn: walls are looked at from afar. */
  readonly scale?: number;
  readonly padding?: { top: number; right: number; bottom: number; left: number };
  readonly onView?: (view: MapView) => void;
  readonly onPick?: (picked: { kind: "subject" | "alert"; id: string }) => void;
}

/** The one map, given WGS-84 throughout; the base map's datum is its own business. */
export interface DistrictMap {
  /** For what only one application wants of the map. */
  readonly map: MapLibreMap;
  readonly subjects: SubjectLayer;
  drawAlerts(alerts: Iterable<AlertView>): void;
  drawCells(cells: Iterable<CellMark>): void;
  /** Lines with the property `coverage`, 0 to 1 or null when nothing is planned. */
  drawSections(sections: FeatureCollection): void;
  /** Positions of one subject's way, oldest first; empty: none. */
  drawTrack(positions: readonly Position[]): void;
  /** Colours communities by a share, 0 to 1, and writes it below their names; none: takes the colours away. */
  drawShares(shares: ReadonlyMap<string, number>): void;
  /** Names of places in a language. */
  speak(language: Language): void;
  view(): MapView;
  flyTo(lat: number, lon: number, zoom: number): void;
  /** The whole district. */
  home(animate?: boolean): void;
  /** When the district has been painted for the first time. */
  readonly drawn: Promise<void>;
  /** The container's size has changed. */
  resize(): void;
  remove(): void;
}

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const PICK_PIXELS = 18;
const FLIGHT_MS = 2_200;
const STYLE_PATIENCE_MS = 8_000;

const pointFeature = (datum: Datum, lon: number, lat: number, properties: Record<string, unknown>): Feature => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: datum.toMap(lon, lat) },
  properties,
});

/**
 * Waits for the base map's style. Where it comes from outside and does not come, the district is drawn on plain ground:
 * no outside host can keep a wall dark.
 * @returns whether ground and streets are ours to draw
 */
async function styled(map: MapLibreMap, theme: Theme, base: BaseMap): Promise<boolean> {
  const come = () => new Promise<boolean>((resolve) => void map.once("style.load", () => resolve(true)));
  if (base.styleUrl === null) {
    await come();
    return base.tilesUrl === null;
  }
  const failed = new Promise<boolean>((resolve) => {
    map.once("error", () => resolve(false));
    setTimeout(resolve, STYLE_PATIENCE_MS, false);
  });
  if (await Promise.race([come(), failed])) return false;
  const plain = come();
  map.setStyle(baseStyle(theme, { ...base, styleUrl: null, tilesUrl: null }));
  await plain;
  return true;
}

const OWN_SOURCES = ["boundary", "communities", "roads"] as const;

async function painted(map: MapLibreMap): Promise<void> {
  while (!OWN_SOURCES.every((id) => map.isSourceLoaded(id))) await map.once("sourcedata");
  await map.once("render");
}

/** 1234 → `1.2k` */
const short = (count: number): string => (count < 1_000 ? String(count) : `${(count / 1_000).toFixed(1)}k`);

/**
 * Opens the map; without a configured base map the district is drawn from its own geometry, and nothing comes from outside.
 * @returns null when the browser has no WebGL
 */
export async function openMap(options: MapOptions): Promise<DistrictMap | null> {
  const { container, theme, base, interactive = true, scale = 1 } = options;
  const datum = datumOf(base.coordinates);
  const district = shifted(options.district, datum);
  const bounds = boundsOf(district);
  const fit = { padding: options.padding ?? { top: 32, right: 32, bottom: 32, left: 32 } };
  let map: MapLibreMap;
  try {
    map = new MapLibreMap({
      container,
      bounds,
      fitBoundsOptions: fit,
      interactive,
      attributionControl: base.attribution ? { compact: true } : false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      maxZoom: 19,
      style: baseStyle(theme, base),
    });
  } catch {
    return null;
  }
  const own = await styled(map, theme, base);
  addLevelSymbols(map);
  for (const [id, source] of Object.entries(districtSources(district))) map.addSource(id, source);
  for (const layer of groundLayers(theme, own)) map.addLayer(layer);
  const origin = [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2] as const;
  const layer = new SubjectLayer({
    origin,
    datum,
    scale,
    trailColor: theme === "dark" ? [0.34, 0.78, 1] : [0.04, 0.43, 0.66],
  });
  map.addLayer(layer);
  for (const above of foregroundLayers(theme, scale)) map.addLayer(above);

  let spoken: Language = "zh";
  let shown: ReadonlyMap<string, number> = new Map();
  /** What each community that has a share is given, and what the others are. */
  const byCommunity = <T>(given: T | ((share: number) => T), other: T): unknown[] => [
    "match",
    ["get", "id"],
    ...[...shown].flatMap(([id, share]) => [id, given instanceof Function ? given(share) : given]),
    other,
  ];
  const label = (): void => {
    if (!map.getLayer("names")) return;
    const name = spoken === "en" ? ["coalesce", ["get", "nameEn"], ["get", "name"]] : ["get", "name"];
    const percent = byCommunity((share) => `\n${Math.round(share * 100)} %`, "");
    const text = shown.size > 0 ? ["concat", name, percent] : name;
    map.setLayoutProperty("names", "text-field", text as ExpressionSpecification);
  };
  /** A map whose graphics card dropped everything has no sources and layers any more: whoever opened it opens another. */
  const draw = (id: string, features: FeatureCollection): void =>
    void (map.getSource(id) as GeoJSONSource | undefined)?.setData(features);
  const view = (): MapView => {
    const seen = map.getBounds();
    const [west, south] = datum.fromMap(seen.getWest(), seen.getSouth());
    const [east, north] = datum.fromMap(seen.getEast(), seen.getNorth());
    return { bbox: [west, south, east, north], zoom: map.getZoom() };
  };
  if (options.onView) map.on("moveend", () => options.onView?.(view()));
  if (options.onPick) {
    map.on("click", ({ point }) => {
      const [alert] = map.queryRenderedFeatures(point, { layers: ["alerts"] });
      if (alert) return options.onPick?.({ kind: "alert", id: String(alert.properties.id) });
      const id = layer.nearest(point.x, point.y, PICK_PIXELS);
      if (id !== null) options.onPick?.({ kind: "subject", id });
    });
  }

  return {
    map,
    subjects: layer,
    drawAlerts(alerts) {
      const features: Feature[] = [];
      for (const alert of alerts) {
        if (!alert.place || !standing(alert)) continue;
        const { id, level, place } = alert;
        features.push(pointFeature(datum, place.lon, place.lat, { id, level }));
      }
      draw("alerts", { type: "FeatureCollection", features });
    },
    drawCells(cells) {
      const features = Array.from(cells, ({ lon, lat, count }) =>
        pointFeature(datum, lon, lat, { count, label: short(count) }),
      );
      draw("cells", { type: "FeatureCollection", features });
    },
    drawSections: (sections) => draw("sections", shifted(sections, datum)),
    drawTrack(positions) {
      if (positions.length < 2) return draw("track", EMPTY);
      const line: FeatureCollection = {
        type: "FeatureCollection",
        features: [{ type: "Feature", geometry: { type: "LineString", coordinates: [...positions] }, properties: {} }],
      };
      draw("track", shifted(line, datum));
    },
    drawShares(shares) {
      shown = shares;
      if (!map.getLayer("shares")) return;
      map.setPaintProperty(
        "shares",
        "fill-opacity",
        (shares.size > 0 ? byCommunity(0.3, 0) : 0) as ExpressionSpecification,
      );
      if (shares.size > 0) map.setPaintProperty("shares", "fill-color", shareColor(byCommunity((share) => share, 0)));
      label();
    },
    speak(language) {
      spoken = language;
      label();
    },
    view,
    flyTo(lat, lon, zoom) {
      map.flyTo({ center: datum.toMap(lon, lat), zoom, duration: FLIGHT_MS, essential: true });
    },
    home: (animate = true) => void map.fitBounds(bounds, { ...fit, duration: animate ? FLIGHT_MS : 0 }),
    drawn: painted(map),
    resize: () => void map.resize(),
    remove: () => map.remove(),
  };
}
