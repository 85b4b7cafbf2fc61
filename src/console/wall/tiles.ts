import type { AlertView, DeviceView } from "../../stream/protocol.ts";
import { levelBadge } from "../shared/alert-list.ts";
import { type TextName, text } from "../shared/text.ts";

const LEVELS = [1, 2, 3, 4] as const;
const KINDS: readonly [kind: string, name: TextName][] = [
  ["vehicle", "vehicles"],
  ["person", "people"],
  ["bin", "bins"],
  ["camera", "cameras"],
];

function tile(title: string, ...content: (Node | string)[]): HTMLElement {
  const box = document.createElement("article");
  const heading = document.createElement("h2");
  heading.textContent = title;
  const value = document.createElement("p");
  value.append(...content);
  box.append(heading, value);
  return box;
}

function ratio(part: number, whole: number): (Node | string)[] {
  const total = document.createElement("small");
  total.textContent = ` / ${whole}`;
  return [String(part), total];
}

/** The numbers at the left: what stands open, what overflows, who is online. */
export function drawTiles(alerts: Iterable<AlertView>, devices: Iterable<DeviceView>): void {
  const perLevel = new Map<number, number>();
  let overflow = 0;
  for (const { closedAt, clearedAt, level, ruleId } of alerts) {
    if (closedAt !== null || clearedAt !== null) continue;
    perLevel.set(level, (perLevel.get(level) ?? 0) + 1);
    if (ruleId === "bin.overflow") overflow++;
  }
  const online = new Map<string, { part: number; whole: number }>();
  for (const device of devices) {
    const counted = online.get(device.kind) ?? { part: 0, whole: 0 };
    counted.whole++;
    if (device.online) counted.part++;
    online.set(device.kind, counted);
  }
  const levelRow = LEVELS.map((level) => {
    const pair = document.createElement("span");
    pair.className = "level-count";
    pair.append(levelBadge(level), String(perLevel.get(level) ?? 0));
    return pair;
  });
  const tiles = [tile(text("openAlerts"), ...levelRow), tile(text("overflow"), String(overflow))];
  for (const [kind, name] of KINDS) {
    const { part, whole } = online.get(kind) ?? { part: 0, whole: 0 };
    if (whole > 0) tiles.push(tile(text(name), ...ratio(part, whole)));
  }
  document.querySelector("#tiles")?.replaceChildren(...tiles);
}
