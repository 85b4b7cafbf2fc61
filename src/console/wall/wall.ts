import type { FeatureCollection } from "geojson";
import { alertLine, levelBadge, wallSelection } from "../shared/alert-list.ts";
import { centerNow, showFreshness } from "../shared/freshness.ts";
import { kindColor } from "../shared/icons.ts";
import { openMap, type WallMap } from "../shared/map.ts";
import { openSession, type Session } from "../shared/session.ts";
import { clockText, switchLanguage, text } from "../shared/text.ts";
import { drawTiles } from "./tiles.ts";

const SHOWN_ALERTS = 8;
const REDRAW_MS = 1_000;
const DEVICES_EVERY_MS = 1_000;

const element = <E extends Element = HTMLElement>(selector: string): E => document.querySelector(selector) as E;

function drawWords(): void {
  element("#title").textContent = text("title");
  element("#list-title").textContent = text("newest");
  element("#language").textContent = text("other");
  const kinds = ["bin", "vehicle", "person", "camera", "facility"] as const;
  const legend = kinds.map((kind) => {
    const item = document.createElement("li");
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    dot.setAttribute("viewBox", "0 0 10 10");
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, value] of Object.entries({ cx: "5", cy: "5", r: "4", fill: kindColor(kind) })) {
      circle.setAttribute(name, value);
    }
    dot.append(circle);
    item.append(dot, text(kind));
    return item;
  });
  const levelItem = document.createElement("li");
  levelItem.append(...[1, 2, 3, 4].map(levelBadge));
  element("#legend").replaceChildren(...legend, levelItem);
}

async function loadMap(session: Session): Promise<WallMap | null> {
  for (;;) {
    const answer = await session.rest("GET", "/district").catch(() => null);
    if (answer?.ok) {
      const map = await openMap(element("#map"), (await answer.json()) as FeatureCollection);
      if (!map) {
        element("#map-note").textContent = text("noMap");
        element("#map-note").hidden = false;
      }
      return map;
    }
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  }
}

async function start(): Promise<void> {
  drawWords();
  element("#language").addEventListener("click", () => {
    switchLanguage();
    location.reload();
  });
  const session = await openSession();
  if (!session) return;
  const { stream } = session;
  const alerts = stream.subscribe("alerts", { filter: { open: true } });
  const devices = stream.subscribe("devices", { everyMs: DEVICES_EVERY_MS });
  let alertsChanged = true;
  let devicesChanged = true;
  alerts.onChange(() => {
    alertsChanged = true;
  });
  devices.onChange(({ upsert, gone }) => {
    devicesChanged ||= upsert.length > 0 || gone.length > 0;
  });

  let map: WallMap | null = null;
  void loadMap(session).then((loaded) => {
    map = loaded;
    alertsChanged = true;
    devicesChanged = true;
  });

  const draw = () => {
    showFreshness(stream, false);
    const now = centerNow(stream) ?? Date.now();
    element("#clock").textContent = clockText(now, true);
    const lines = wallSelection(alerts.items.values(), SHOWN_ALERTS).map((alert) =>
      alertLine(alert, session.ruleTitle(alert.ruleId), now),
    );
    if (lines.length === 0) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = text("none");
      lines.push(none);
    }
    element("#alerts").replaceChildren(...lines);
    if (alertsChanged || devicesChanged) drawTiles(alerts.items.values(), devices.items.values());
    if (devicesChanged) map?.drawDevices(devices.items.values());
    if (alertsChanged) map?.drawAlerts(alerts.items.values());
    alertsChanged = false;
    devicesChanged = false;
  };

  setInterval(draw, REDRAW_MS);
  draw();
}

void start();
