import { effect, useSignal, useSignalEffect } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Kind } from "../../domain/kinds.ts";
import type { WallOrder } from "../../domain/wall.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { language } from "../shared/language.ts";
import type { DistrictMap } from "../shared/map.ts";
import { createMapFeed } from "../shared/map-feed.ts";
import { say } from "../shared/words.ts";
import { prepareCharts } from "./chart.tsx";
import { letterSize } from "./chart-options.ts";
import { replaying, startReplay } from "./replay.ts";
import { shareOf } from "./statistics.ts";
import { communityIds, type WallParts } from "./wall-parts.ts";

const ALERT_ZOOM = 16.2;
/** Letters of this size are what a desk has. */
const DESK_LETTER = 17.8;
const REBUILD_MS = 5_000;
const COVERAGE_MS = 30_000;

const mapScale = (): number => Math.max(0.75, letterSize() / DESK_LETTER);

export interface MapFrameProps {
  readonly parts: WallParts;
  readonly kinds: readonly Kind[];
  readonly order: WallOrder | null;
  /** The alert that holds the screen. */
  readonly focus: AlertView | null;
  readonly night: boolean;
  /** Road sections are coloured by how much of them is swept. */
  readonly sections: boolean;
  /** Communities are coloured by how much of what was due today was done in time. */
  readonly onTime: boolean;
}

/** The map, fed with what it shows and flown to what matters. A lost graphics card is a new map, not a black screen. */
export function MapFrame({ parts, kinds, order, focus, night, sections, onTime }: MapFrameProps) {
  const { session, settings, district, live } = parts;
  const frame = useRef<HTMLDivElement>(null);
  const [edition, setEdition] = useState(0);
  const [missing, setMissing] = useState(false);
  const map = useSignal<DistrictMap | null>(null);
  const zoom = useSignal(0);
  const feed = useRef<ReturnType<typeof createMapFeed> | null>(null);
  const shownKinds = useSignal(kinds);
  shownKinds.value = kinds;
  const stretch = order?.replay ?? null;

  useEffect(() => {
    let gone = false;
    let opened: DistrictMap | null = null;
    let rebuild: ReturnType<typeof setTimeout> | undefined;
    const scale = mapScale();
    const later = () => {
      rebuild ??= setTimeout(() => setEdition((before) => before + 1), REBUILD_MS);
    };
    void import("../shared/map.ts").then(async ({ openMap }) => {
      if (gone || !frame.current) return;
      opened = await openMap({
        container: frame.current,
        district,
        theme: "dark",
        base: settings.map,
        interactive: false,
        scale,
        padding: { top: 24 * scale, right: 24 * scale, bottom: 92 * scale, left: 24 * scale },
        onView: (view) => {
          zoom.value = view.zoom;
          if (!replaying.peek()) feed.current?.look(view, shownKinds.peek(), live.totals.peek());
        },
      });
      if (!opened) return setMissing(true);
      if (gone) return opened.remove();
      feed.current = createMapFeed(session.stream, opened, scale);
      opened.map.on("webglcontextlost", later);
      const observer = new ResizeObserver(() => opened?.resize());
      observer.observe(frame.current);
      opened.map.once("remove", () => observer.disconnect());
      zoom.value = opened.view().zoom;
      map.value = opened;
      void opened.drawn.then(() => {
        performance.mark("map");
        prepareCharts();
      });
    }, later);
    return () => {
      gone = true;
      clearTimeout(rebuild);
      map.value = null;
      feed.current?.clear();
      feed.current = null;
      opened?.remove();
    };
  }, [edition, district, settings, session, live, map, shownKinds]);

  useSignalEffect(() => {
    const shown = map.value;
    if (shown && !replaying.value) shown.drawAlerts(live.alerts.value);
  });
  useSignalEffect(() => {
    const shown = map.value;
    const totals = live.totals.value;
    const wanted = shownKinds.value;
    if (shown && totals.size > 0 && !replaying.value) feed.current?.look(shown.view(), wanted, totals);
  });
  useEffect(() => {
    const shown = map.value;
    if (!shown || !sections) return;
    let gone = false;
    const draw = async () => {
      const answer = await session.rest("GET", "/coverage").catch(() => null);
      if (!answer?.ok || gone) return;
      const { features, ...rest } = (await answer.json()) as FeatureCollection;
      const planned = features.filter(({ properties }) => properties?.coverage !== null);
      if (!gone) shown.drawSections({ ...rest, features: planned });
    };
    void draw();
    const drawing = setInterval(draw, COVERAGE_MS);
    return () => {
      gone = true;
      clearInterval(drawing);
      shown.drawSections({ type: "FeatureCollection", features: [] });
    };
  }, [map.value, sections, session]);
  useEffect(() => {
    const shown = map.value;
    if (!shown || !onTime) return;
    const ids = communityIds(parts);
    const stop = effect(() => {
      const rates = ids.map((id) => [id, shareOf(live.kpis.value, "onTime.today", id).rate] as const);
      shown.drawShares(new Map(rates.filter((one): one is [string, number] => one[1] !== null)));
    });
    return () => {
      stop();
      shown.drawShares(new Map());
    };
  }, [map.value, onTime, live]);
  useSignalEffect(() => map.value?.speak(language.value));
  useEffect(() => {
    if (!map.value) return;
    map.value.subjects.motion = !night;
  }, [map.value, night]);

  const place = focus?.place ?? order?.place ?? null;
  const nearZoom = focus ? ALERT_ZOOM : (order?.place?.zoom ?? ALERT_ZOOM);
  const target = place ? `${place.lat},${place.lon},${nearZoom}` : null;
  useEffect(() => {
    const shown = map.value;
    if (!shown) return;
    if (place) shown.flyTo(place.lat, place.lon, nearZoom);
    else shown.home();
  }, [map.value, target]);

  const replayKey = stretch ? `${stretch.fromAt}-${stretch.toAt}-${stretch.seconds}` : null;
  useEffect(() => {
    const shown = map.value;
    if (!shown || !stretch) return;
    feed.current?.clear();
    const scale = mapScale();
    const playing = startReplay({ session, map: shown, scale, kinds, totals: live.totals.peek() }, stretch);
    return () => {
      playing.stop();
      shown.subjects.clear();
      shown.drawAlerts(live.alerts.peek());
      feed.current?.look(shown.view(), shownKinds.peek(), live.totals.peek());
    };
  }, [map.value, replayKey]);

  return (
    <>
      <div class="map" ref={frame} key={edition} data-ready={map.value !== null} data-zoom={zoom.value.toFixed(2)} />
      {missing && <p class="no-map">{say("noMap")}</p>}
    </>
  );
}
