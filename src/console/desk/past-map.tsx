import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Kind, kindNames, kinds } from "../../domain/kinds.ts";
import { type MetricName, metrics as metricTable } from "../../domain/metrics.ts";
import type { AlertView, DeviceView } from "../../stream/protocol.ts";
import { inLanguage, words } from "../shared/language.ts";
import { createMapFeed } from "../shared/map-feed.ts";
import type { MapView } from "../shared/map-geometry.ts";
import { placeName, usePlaceNames } from "../shared/places.ts";
import { KindSymbol, LevelBadge } from "../shared/symbols.tsx";
import { clockText } from "../shared/time.ts";
import { kindText, say as sayCommon, stateText } from "../shared/words.ts";
import { useDesk } from "./desk.ts";
import type { PastPlayer } from "./past-player.ts";
import { useDistrictMap } from "./use-map.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  map: { zh: "当时的地图", en: "The map as it was" },
  shown: { zh: "显示", en: "Shown" },
  said: { zh: "当时读数", en: "What it had said" },
  nothing: { zh: "当时尚无读数", en: "It had said nothing yet" },
});

/** Positions come this often, so that minutes of the past are many small steps. */
const PACE_MS = 200;
const NEAR_ZOOM = 15.6;
const DETAIL_EVERY_MS = 500;
const PADDING = { top: 24, right: 24, bottom: 60, left: 24 };
/** Gateways stand in cupboards: nobody looks for them on a map. */
const onMap = kindNames.filter((kind) => kind !== "gateway");

export interface PastMapProps {
  readonly player: PastPlayer;
  /** What is looked at: an alert, or where a happening was. */
  readonly focus: { readonly lat: number; readonly lon: number } | null;
}

/** Vehicles, bins, people as roles and alerts where they were, fed as the wall's map is. */
export function PastMap({ player, focus }: PastMapProps) {
  const hidden = useSignal<ReadonlySet<Kind>>(new Set());
  const view = useSignal<MapView | null>(null);
  const picked = useSignal<{ readonly kind: "subject" | "alert"; readonly id: string } | null>(null);
  const { frame, map } = useDistrictMap({
    padding: PADDING,
    onView: (seen) => {
      view.value = seen;
    },
    onPick: (what) => {
      picked.value = what;
    },
  });
  const feed = useSignal<ReturnType<typeof createMapFeed> | null>(null);
  const shown = map.value;
  const totals = player.totals.value;
  const alerts = player.alerts.value;
  const wanted = onMap.filter((kind) => !hidden.value.has(kind));

  useEffect(() => {
    if (!shown) return;
    const made = createMapFeed(player.stream, shown, 1, PACE_MS);
    feed.value = made;
    return () => {
      feed.value = null;
      made.clear();
    };
  }, [shown, player]);
  useEffect(() => {
    if (shown && totals.size > 0) feed.value?.look(shown.view(), wanted, totals);
  }, [shown, feed.value, view.value, wanted.join(), totals]);
  useEffect(() => shown?.drawAlerts(alerts.values()), [shown, alerts]);
  useEffect(() => {
    if (focus) shown?.flyTo(focus.lat, focus.lon, NEAR_ZOOM);
  }, [shown, focus]);

  const there = onMap.filter((kind) => (totals.get(kind)?.count ?? 0) > 0);
  return (
    <div class="past-map">
      <div class="frame" ref={frame} role="img" aria-label={say("map")} />
      <div class="kinds" role="toolbar" aria-label={say("shown")}>
        {there.map((kind) => (
          <button
            key={kind}
            type="button"
            aria-pressed={!hidden.value.has(kind)}
            onClick={() => {
              const next = new Set(hidden.value);
              if (!next.delete(kind)) next.add(kind);
              hidden.value = next;
            }}
          >
            <KindSymbol kind={kind} /> {kindText(kind)}
          </button>
        ))}
      </div>
      {picked.value?.kind === "subject" && (
        <SubjectThen key={picked.value.id} player={player} id={picked.value.id} onClose={() => (picked.value = null)} />
      )}
      {picked.value?.kind === "alert" && alerts.has(picked.value.id) && (
        <AlertThen alert={alerts.get(picked.value.id) as AlertView} onClose={() => (picked.value = null)} />
      )}
    </div>
  );
}

/** What a device had last said at that time; people are a role and a number. */
function SubjectThen({ player, id, onClose }: { player: PastPlayer; id: string; onClose: () => void }) {
  const device = useSignal<DeviceView | null>(null);
  useEffect(() => {
    const view = player.stream.subscribe("devices", { filter: { id: [id] }, everyMs: DETAIL_EVERY_MS });
    view.onChange(() => {
      device.value = [...view.items.values()][0] ?? null;
    });
    return () => view.close();
  }, [player, id]);
  const then = device.value;
  if (!then) return null;
  const personal = kinds[then.kind].personal;
  const readings = Object.entries(then.metrics).filter(([name]) => name !== "lat" && name !== "lon");
  return (
    <section class="then panel" aria-label={say("said")}>
      <header>
        <KindSymbol kind={then.kind} hollow={then.online === false} />{" "}
        <strong>{personal ? `${kindText(then.kind)} ${then.id.replace(/^\D+/, "")}` : then.name || then.id}</strong>
        <Close onClose={onClose} />
      </header>
      <p class="muted">
        {then.at === null ? say("nothing") : `${say("said")} ${clockText(then.at)}`}
        {then.online === false && ` · ${sayCommon("offline")}`}
      </p>
      <dl class="numbers small">
        {readings.map(([name, value]) => {
          const known = Object.hasOwn(metricTable, name) ? metricTable[name as MetricName] : null;
          return (
            <div key={name}>
              <dt>{known ? inLanguage(known.title) : name}</dt>
              <dd>
                {Math.round(value * 100) / 100} <small>{known?.unit}</small>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

function AlertThen({ alert, onClose }: { alert: AlertView; onClose: () => void }) {
  const desk = useDesk();
  const place = usePlaceNames(desk.session);
  return (
    <section class="then panel" aria-label={desk.title(alert)}>
      <header>
        <LevelBadge level={alert.level} /> <strong>{desk.title(alert)}</strong>
        <Close onClose={onClose} />
      </header>
      <p>
        {stateText(alert.state)} · {clockText(alert.openedAt)}
      </p>
      <p class="muted">{whereText(place(alert), alert)}</p>
    </section>
  );
}

function Close({ onClose }: { onClose: () => void }) {
  return (
    <button type="button" class="link" aria-label={sayDesk("close")} onClick={onClose}>
      ✕
    </button>
  );
}

/** Where it was, and what it is about where that says more. */
export function whereText(place: string, alert: AlertView): string {
  const about = subjectText(alert);
  return [place, place.endsWith(about) ? "" : about].filter(Boolean).join(" · ");
}

/** What an alert is about; of people only that it was one. */
function subjectText({ subject }: AlertView): string {
  const personal = Object.hasOwn(kinds, subject.kind) && kinds[subject.kind as Kind].personal;
  if (personal) return kindText(subject.kind);
  return subject.kind === "case" ? "" : placeName(subject.id);
}
