import { signal, useComputed, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { SceneName } from "../../domain/wall.ts";
import { isGrey } from "../shared/freshness.tsx";
import { split } from "../shared/map-split.ts";
import { localHour } from "../shared/time.ts";
import { AlertList } from "./alert-list.tsx";
import { Header } from "./header.tsx";
import { Headline } from "./headline.tsx";
import { InterruptionPanel } from "./interruption.tsx";
import { Legend } from "./legend.tsx";
import { MapFrame } from "./map-frame.tsx";
import { ReplayBar } from "./replay-bar.tsx";
import { type Interruption, interruptionAt, isNight, orderAt, sceneOfRound } from "./round.ts";
import { besideOverview, sceneTable } from "./scenes.tsx";
import type { WallParts } from "./wall-parts.ts";
import { say } from "./words.ts";

/** Alerts that had their turn are remembered as long as they can still call. */
const SHOWN_REMEMBERED = 200;

/** Strips of screens have room for a second scene's panels. */
const strip = matchMedia("(min-aspect-ratio: 5 / 2)");
const wide = signal(strip.matches);
strip.addEventListener("change", () => {
  wide.value = strip.matches;
});
const beside = (scene: SceneName) => (scene === "overview" ? besideOverview : sceneTable.overview.panels);

/** Something holds the screen that must not be interrupted: an alert, or a replay. */
export const occupied = signal(false);

export function Screen(parts: WallParts) {
  const { live, settings } = parts;
  const { sceneSeconds, interruptionSeconds } = settings.wall;
  const order = useComputed(() => orderAt(live.wall.value?.order ?? null, live.now.value));
  const scene = useComputed(() => order.value?.scene ?? sceneOfRound(live.now.value, sceneSeconds * 1_000));
  const night = useComputed(() => isNight(localHour(live.minute.value), settings.nightHours));
  const interruption = useInterruption(parts, interruptionSeconds * 1_000);
  const requestedId = order.value?.alertId ?? null;
  const shownId = interruption.value?.alertId ?? requestedId;
  live.alerts.value;
  const shown = shownId === null ? undefined : live.alertsById.get(shownId);
  occupied.value = shown !== undefined || (order.value?.replay ?? null) !== null;
  const { panels, kinds, sections = false, onTime = false } = sceneTable[scene.value];
  const shownPanels = wide.value ? [...new Set([...panels, ...beside(scene.value)])] : panels;
  const grey = isGrey(live.freshness.value);
  const classes = ["wall", grey && "grey", night.value && "night", shown && "interrupted"].filter(Boolean).join(" ");
  return (
    <div class={classes} data-scene={scene.value}>
      <Header {...parts} scene={scene.value} />
      <main>
        <Headline {...parts} />
        <div class="stage">
          <MapFrame
            parts={parts}
            kinds={kinds}
            order={order.value}
            focus={shown ?? null}
            night={night.value}
            sections={sections && !order.value?.replay}
            onTime={onTime && !order.value?.replay}
          />
          {!shown && (
            <Legend
              kinds={kinds}
              counted={split(kinds, live.totals.value, 0).counted.length > 0}
              share={sections ? say("sweptShare") : onTime ? say("onTimeShare") : null}
            />
          )}
          {order.value?.note && <p class="note">{order.value.note}</p>}
          {order.value && !order.value.note && !order.value.replay && !shown && (
            <p class="note quiet">{say("takenOver")}</p>
          )}
          {order.value?.replay && <ReplayBar />}
          {shown && (
            <InterruptionPanel
              key={shown.id}
              parts={parts}
              alert={shown}
              requested={shown.id !== interruption.value?.alertId}
            />
          )}
        </div>
        <AlertList {...parts} />
        <div class="panels" key={scene.value}>
          {shownPanels.map((PanelOfScene) => (
            <PanelOfScene key={PanelOfScene.name} {...parts} />
          ))}
        </div>
      </main>
    </div>
  );
}

function useInterruption({ live }: WallParts, holdMs: number) {
  const shown = useRef(new Set<string>()).current;
  const last = useRef<Interruption | null>(null);
  const current = useComputed(() => {
    live.alerts.value;
    const next = interruptionAt(live.alertsById, last.current, shown, live.now.value, holdMs);
    if (next?.alertId === last.current?.alertId) return last.current;
    if (last.current) shown.add(last.current.alertId);
    for (const id of shown) if (shown.size > SHOWN_REMEMBERED) shown.delete(id);
    last.current = next;
    return next;
  });
  useSignalEffect(() => void current.value);
  return current;
}
