import type { Kind } from "../../domain/kinds.ts";
import { KindSymbol, LevelBadge } from "../shared/symbols.tsx";
import { kindText, levelText, say as sayShared } from "../shared/words.ts";
import { say } from "./words.ts";

interface LegendProps {
  readonly kinds: readonly Kind[];
  /** Some of them lie so close that they are counted. */
  readonly counted: boolean;
  /** Of what the map colours something by its share. */
  readonly share: string | null;
}

const LEVELS = [1, 2, 3, 4] as const;
/** Where the colour of a share turns (shared/map-style.ts), per cent. */
const TURNS = [0, 60, 95] as const;

/** What lies on the map, in one row; how it fares, in another. */
export function Legend({ kinds, counted, share }: LegendProps) {
  return (
    <div class="legend">
      <ul>
        {kinds.map((kind) => (
          <li key={kind}>
            <KindSymbol kind={kind} />
            {kindText(kind)}
          </li>
        ))}
        {counted && (
          <li>
            <span class="count">12</span>
            {say("cells")}
          </li>
        )}
      </ul>
      <ul>
        {LEVELS.map((level) => (
          <li key={level}>
            <LevelBadge level={level} />
            {levelText(level)}
          </li>
        ))}
        <li>
          <KindSymbol kind={kinds[0] ?? "bin"} hollow />
          {sayShared("offline")}
        </li>
        {kinds.includes("vehicle") && (
          <li>
            <KindSymbol kind="vehicle" idle />
            {sayShared("idle")}
          </li>
        )}
        {share && (
          <li class="share">
            {share}
            {TURNS.map((percent) => (
              <span key={percent}>
                <i class={`share-${percent}`} />
                {percent === 95 ? `≥ ${percent}%` : `${percent}%`}
              </span>
            ))}
          </li>
        )}
      </ul>
    </div>
  );
}
