import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { AlertLine, pinnedSelection, standing } from "../shared/alert-line.tsx";
import { centerNow, freshnessOf, freshnessText, isGrey } from "../shared/freshness.tsx";
import { switchLanguage } from "../shared/language.ts";
import { type DistrictMap, openMap } from "../shared/map.ts";
import type { Session } from "../shared/session.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { clockText, dateText } from "../shared/time.ts";
import { say } from "../shared/words.ts";

const SHOWN_ALERTS = 8;
const REDRAW_MS = 1_000;

export function Screen({ session }: { session: Session }) {
  const frame = useRef<HTMLDivElement>(null);
  const beat = useSignal(0);
  const views = useRef<ReturnType<typeof subscribe> | null>(null);
  views.current ??= subscribe(session);
  const { alerts, devices } = views.current;
  useEffect(() => {
    let map: DistrictMap | null = null;
    void Promise.all([session.settings, session.district]).then(async ([settings, district]) => {
      if (!frame.current) return;
      map = await openMap({
        container: frame.current,
        district,
        theme: "dark",
        base: settings.map,
        interactive: false,
      });
      const draw = () => {
        for (const device of devices.items.values()) {
          const { id, kind, lat, lon, metrics, online } = device;
          if (lat === null || lon === null) continue;
          const headingDeg = kind === "vehicle" ? (metrics.headingDeg ?? 0) : 0;
          map?.subjects.put({ id, kind, lat, lon, headingDeg, state: online === false ? "offline" : "normal" });
        }
        map?.drawAlerts(alerts.items.values());
      };
      draw();
      setInterval(draw, REDRAW_MS);
    });
    const timer = setInterval(() => beat.value++, REDRAW_MS);
    return () => clearInterval(timer);
  }, [alerts, beat, devices, session]);
  beat.value;
  const { stream } = session;
  const now = centerNow(stream) ?? Date.now();
  const freshness = freshnessOf(stream);
  return (
    <div class={isGrey(freshness) ? "wall grey" : "wall"}>
      <header>
        <h1>{say("center")}</h1>
        <p role="status">{freshnessText(freshness, stream)}</p>
        <p class="clock">
          {dateText(now)} {clockText(now)}
        </p>
        <button type="button" onClick={switchLanguage}>
          {say("otherLanguage")}
        </button>
      </header>
      <main>
        <section class="tiles">
          {([1, 2, 3, 4] as const).map((level) => (
            <p key={level}>
              <LevelBadge level={level} />
              {[...alerts.items.values()].filter((alert) => standing(alert) && alert.level === level).length}
            </p>
          ))}
        </section>
        <div class="map" ref={frame} />
        <ol class="alerts">
          {pinnedSelection(alerts.items.values(), SHOWN_ALERTS).map((alert) => (
            <AlertLine key={alert.id} alert={alert} title={session.ruleTitle(alert.ruleId)} now={now} />
          ))}
        </ol>
      </main>
    </div>
  );
}

function subscribe({ stream }: Session) {
  return {
    alerts: stream.subscribe("alerts", { filter: { open: true } }),
    devices: stream.subscribe("devices", { everyMs: REDRAW_MS }),
  };
}
