import type { Kind } from "../../domain/kinds.ts";
import { KindSymbol, LevelBadge } from "../shared/symbols.tsx";
import { kindText, levelText, say } from "../shared/words.ts";

export function Legend({ kinds, counted }: { kinds: readonly Kind[]; counted: string }) {
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
      {([1, 2, 3, 4] as const).map((level) => (
        <li key={level}>
          <LevelBadge level={level} />
          {levelText(level)}
        </li>
      ))}
    </ul>
  );
}
