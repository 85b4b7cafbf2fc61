import type { Kind } from "../../domain/kinds.ts";
import { KindSymbol, LevelBadge } from "../shared/symbols.tsx";
import { kindText, levelText, say } from "../shared/words.ts";

interface LegendProps {
  readonly kinds: readonly Kind[];
  readonly counted: string;
  /** The map colours road sections by how much of them is swept. */
  readonly sections: boolean;
}

export function Legend({ kinds, counted, sections }: LegendProps) {
  return (
    <ul class="legend">
      {kinds.map((kind) => (
        <li key={kind}>
          <KindSymbol kind={kind} />
          {kindText(kind)}
        </li>
      ))}
      <li>
        <span class="count">12</span>
        {counted}
      </li>
      <li>
        <KindSymbol kind="bin" hollow />
        {say("offline")}
      </li>
      {sections &&
        ([0, 60, 95] as const).map((percent) => (
          <li key={`swept-${percent}`}>
            <span class={`swept swept-${percent}`} />
            {percent === 95 ? `≥ ${percent} %` : `${percent} %`}
          </li>
        ))}
      {([1, 2, 3, 4] as const).map((level) => (
        <li key={level}>
          <LevelBadge level={level} />
          {levelText(level)}
        </li>
      ))}
    </ul>
  );
}
