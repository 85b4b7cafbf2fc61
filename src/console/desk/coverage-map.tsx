import type { Feature, FeatureCollection, Position } from "geojson";
import type { ExpressionSpecification } from "maplibre-gl";
import { useEffect } from "preact/hooks";
import { words } from "../shared/language.ts";
import type { DistrictMap } from "../shared/map.ts";
import { boundsOf } from "../shared/map-geometry.ts";
import { MAP_FONTS, palettes } from "../shared/map-style.ts";
import { StandingMark, shareText, standingText } from "./standing.tsx";
import { type SweepRow, standingOf, standings, sweepNow } from "./sweep-plan.ts";
import { theme } from "./theme.ts";
import { useDistrictMap } from "./use-map.ts";

const say = words({
  map: { zh: "道路清扫覆盖图", en: "Road sections by how much of them is swept" },
  swept: { zh: "已清扫", en: "swept" },
});

/** A chosen section is brought into view, not closer than this. */
const NEAR_ZOOM = 15.5;
const SLIDE_MS = 700;
/** The legend lies over the lower edge. */
const PADDING = { top: 24, right: 24, bottom: 64, left: 24 };
/** From here on there is room for numbers beside the roads. */
const NUMBERS_ZOOM = 12.8;
const width = (at12: number, at17: number): ExpressionSpecification => [
  "interpolate",
  ["linear"],
  ["zoom"],
  12,
  at12,
  17,
  at17,
];

export interface CoverageMapProps {
  /** `GET /coverage`: where the sections lie. */
  readonly ground: FeatureCollection;
  readonly rows: readonly SweepRow[];
  readonly now: number;
  readonly chosen: string | null;
  readonly onChoose: (sectionId: string) => void;
}

/** Sections in colour; what is not done has its share as text, what is at risk or missed is broken up: for eyes that see no colour. */
export function CoverageMap({ ground, rows, now, chosen, onChoose }: CoverageMapProps) {
  const { frame, map } = useDistrictMap({ padding: PADDING });
  const shown = map.value;

  useEffect(() => {
    if (shown) addLayers(shown, onChoose);
  }, [shown]);
  useEffect(() => {
    shown?.drawSections({ type: "FeatureCollection", features: drawn(ground, rows, now) });
    // For those who look from outside: what is drawn now.
    if (frame.current) frame.current.dataset.drawn = String(rows.length);
  }, [shown, ground, rows, Math.floor(now / 60_000)]);
  useEffect(() => {
    shown?.map.setFilter("section-chosen", ["==", ["get", "id"], chosen ?? ""]);
    const feature = ground.features.find(({ id }) => id === chosen);
    if (!shown || !feature) return;
    const [west, south, east, north] = boundsOf({ type: "FeatureCollection", features: [feature] });
    const view = shown.map.getBounds();
    if (view.contains([west, south]) && view.contains([east, north])) return;
    shown.map.fitBounds([west, south, east, north], { padding: 90, maxZoom: NEAR_ZOOM, duration: SLIDE_MS });
  }, [shown, chosen, ground]);

  return (
    <div class="coverage-map">
      <div class="frame" ref={frame} role="img" aria-label={say("map")} />
      <ul class="map-legend">
        {([0, 60, 95] as const).map((percent) => (
          <li key={percent}>
            <span class={`swatch swept-${percent}`} />
            {percent === 95 ? `≥ ${percent} %` : `${percent} %`}
            {percent === 95 && ` ${say("swept")}`}
          </li>
        ))}
        {standings.map((standing) => (
          <li key={standing}>
            <StandingMark standing={standing} />
            {standingText(standing)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function drawn(ground: FeatureCollection, rows: readonly SweepRow[], now: number): Feature[] {
  const bySection = Map.groupBy(rows, ({ sectionId }) => sectionId);
  return ground.features.flatMap((feature) => {
    const row = sweepNow(bySection.get(String(feature.id)) ?? [], now);
    if (!row) return [];
    const standing = standingOf(row, now);
    const waits = standing === "planned";
    const quiet = waits || standing === "done";
    return [
      {
        ...feature,
        properties: {
          id: row.sectionId,
          coverage: waits ? null : row.coverage,
          label: quiet ? "" : shareText(row.coverage),
          broken: standing === "willMiss" || standing === "missed",
        },
      },
    ];
  });
}

function addLayers({ map }: DistrictMap, onChoose: (sectionId: string) => void): void {
  const paint = palettes[theme.peek()];
  const lines = { "line-cap": "round", "line-join": "round" } as const;
  map.addLayer(
    {
      id: "section-chosen",
      type: "line",
      source: "sections",
      layout: lines,
      filter: ["==", ["get", "id"], ""],
      paint: { "line-color": paint.track, "line-width": width(11, 24), "line-opacity": 0.55 },
    },
    "sections",
  );
  map.addLayer(
    {
      id: "section-broken",
      type: "line",
      source: "sections",
      filter: ["==", ["get", "broken"], true],
      paint: { "line-color": paint.halo, "line-width": width(1.6, 7), "line-dasharray": [1.2, 1.2] },
    },
    "communities",
  );
  map.addLayer({
    id: "section-shares",
    type: "symbol",
    source: "sections",
    minzoom: NUMBERS_ZOOM,
    layout: {
      "symbol-placement": "line-center",
      "text-field": ["get", "label"],
      "text-font": MAP_FONTS,
      "text-size": 12,
      "text-offset": [0, -1],
      "text-rotation-alignment": "viewport",
    },
    paint: { "text-color": paint.label, "text-halo-color": paint.halo, "text-halo-width": 2 },
  });
  map.on("click", (event) => {
    const around: [Position, Position] = [
      [event.point.x - 6, event.point.y - 6],
      [event.point.x + 6, event.point.y + 6],
    ];
    const [hit] = map.queryRenderedFeatures(around as [[number, number], [number, number]], { layers: ["sections"] });
    if (hit) onChoose(String(hit.properties.id));
  });
  map.on("mouseenter", "sections", () => {
    map.getCanvas().style.cursor = "pointer";
  });
  map.on("mouseleave", "sections", () => {
    map.getCanvas().style.cursor = "";
  });
}
