import { type SceneName, sceneNames, scenes } from "../../domain/wall.ts";
import { freshnessText, isGrey } from "../shared/freshness.tsx";
import { inLanguage, switchLanguage } from "../shared/language.ts";
import { clockText, dateText } from "../shared/time.ts";
import { say as sayShared } from "../shared/words.ts";
import { placeName, type WallParts } from "./wall-parts.ts";

function Clock({ live }: Pick<WallParts, "live">) {
  const now = live.now.value;
  // Only the center's time is shown: a screen's own may be wrong by hours.
  const known = live.freshness.value !== "connecting";
  return (
    <p class="clock">
      <time>{known ? clockText(now) : "--:--"}</time>
      <small>{known ? dateText(now) : ""}</small>
    </p>
  );
}

function AsOf({ live, session }: Pick<WallParts, "live" | "session">) {
  // Once a second, so that the stamp runs with the data and stops with it.
  live.now.value;
  const freshness = live.freshness.value;
  return (
    <p role="status" class={isGrey(freshness) ? "as-of warning" : "as-of"} data-freshness={freshness}>
      {freshnessText(freshness, session.stream)}
    </p>
  );
}

export function Header(parts: WallParts & { readonly scene: SceneName }) {
  const boundary = parts.district.features.find(({ properties }) => properties?.type === "boundary")?.properties?.id;
  return (
    <header>
      <h1>
        <small>{placeName(parts, boundary)}</small>
        {sayShared("center")}
      </h1>
      <ol class="scenes">
        {sceneNames.map((name) => (
          <li key={name} class={name === parts.scene ? "current" : ""} data-scene={name}>
            {inLanguage(scenes[name])}
          </li>
        ))}
      </ol>
      <AsOf {...parts} />
      <Clock {...parts} />
      <button type="button" class="language" onClick={switchLanguage}>
        {sayShared("otherLanguage")}
      </button>
    </header>
  );
}
