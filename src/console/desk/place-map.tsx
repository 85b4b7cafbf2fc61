import type { Position } from "geojson";
import { useEffect, useRef } from "preact/hooks";
import type { AlertView, DeviceView } from "../../stream/protocol.ts";
import { language, words } from "../shared/language.ts";
import { type DistrictMap, openMap } from "../shared/map.ts";
import { say as sayCommon } from "../shared/words.ts";
import { useDesk } from "./desk.ts";
import { theme } from "./theme.ts";

const say = words({
  map: { zh: "位置与附近人车", en: "Where it is, and who is near" },
});

const ZOOM = 15.4;
/** About a kilometre each way. */
const AROUND_DEG = 0.01;
const TRACK_BEFORE_MS = 30 * 60_000;
const EVERY_MS = 3_000;
const HELP_RULES = new Set(["help.sos", "person.health"]);

/** The place of an alert with vehicles and people around it and, for what moves, its way. Moves when another is selected. */
export function PlaceMap({ alert }: { alert: AlertView }) {
  const desk = useDesk();
  const { session, rest } = desk;
  const frame = useRef<HTMLDivElement>(null);
  const opened = useRef<Promise<DistrictMap | null> | null>(null);
  const shown = theme.value;
  const spoken = language.value;
  const { place, subject, id } = alert;

  useEffect(() => {
    const container = frame.current;
    if (!container) return;
    const making = Promise.all([session.settings, session.district]).then(([settings, district]) =>
      openMap({
        container,
        district,
        theme: shown,
        base: settings.map,
        onPick: ({ kind, id: picked }) => {
          if (kind === "alert") desk.select(picked);
        },
      }),
    );
    opened.current = making;
    void making.then((map) => {
      if (!map) container.textContent = sayCommon("noMap");
    });
    return () => {
      opened.current = null;
      void making.then((map) => map?.remove());
    };
  }, [session, shown]);

  useEffect(() => void opened.current?.then((map) => map?.speak(spoken)), [session, shown, spoken]);

  useEffect(() => {
    if (!place) return;
    const making = opened.current;
    let current = true;
    void making?.then((map) => {
      if (!current || !map) return;
      // At the first look the map is there already; later ones fly, so that the eye keeps its bearings.
      map.map.jumpTo({ zoom: ZOOM });
      map.flyTo(place.lat, place.lon, ZOOM);
    });
    const bbox = [place.lon - AROUND_DEG, place.lat - AROUND_DEG, place.lon + AROUND_DEG, place.lat + AROUND_DEG];
    const near = session.stream.subscribe("devices", { filter: { bbox }, everyMs: EVERY_MS });
    near.onChange(({ upsert, gone, replaced }) => {
      void making?.then((map) => {
        if (!map || !current) return;
        if (replaced) map.subjects.clear();
        for (const device of upsert) draw(map, device);
        for (const one of gone) map.subjects.remove(one);
      });
    });
    return () => {
      current = false;
      near.close();
    };
  }, [id, place?.lat, place?.lon, shown]);

  // Alerts around it, as the queue has them.
  useEffect(
    () =>
      desk.alerts.subscribe((alerts) => {
        void opened.current?.then((map) => map?.drawAlerts(alerts.values()));
      }),
    [desk, shown],
  );

  useEffect(() => {
    const making = opened.current;
    // A person's way is looked at when somebody may need help, and the audit says who looked and why.
    const looked = subject.kind === "person" && HELP_RULES.has(alert.ruleId);
    const moves = subject.kind === "vehicle" || looked;
    let current = true;
    const show = (positions: readonly Position[]) =>
      void making?.then((map) => {
        if (current) map?.drawTrack(positions);
      });
    show([]);
    if (moves && desk.may("readHistory")) {
      const from = alert.openedAt - TRACK_BEFORE_MS;
      const reason = looked ? `&reason=${encodeURIComponent(`alert ${id}`)}` : "";
      rest
        .get<{ geometry: { coordinates: Position[] } }>(
          `/devices/${encodeURIComponent(subject.id)}/track?from=${from}${reason}`,
        )
        .then(({ geometry }) => show(geometry.coordinates))
        .catch(() => {});
    }
    return () => {
      current = false;
    };
  }, [id, shown]);

  if (!place) return null;
  return <div class="place-map" ref={frame} role="img" aria-label={say("map")} />;
}

function draw(map: DistrictMap, { id, kind, lat, lon, metrics, online }: DeviceView): void {
  if (lat === null || lon === null) {
    map.subjects.remove(id);
    return;
  }
  const headingDeg = kind === "vehicle" ? (metrics.headingDeg ?? 0) : 0;
  map.subjects.put({ id, kind, lat, lon, headingDeg, state: online === false ? "offline" : "normal" });
}
