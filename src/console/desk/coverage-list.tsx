import { useEffect, useRef } from "preact/hooks";
import { words } from "../shared/language.ts";
import { placeName } from "../shared/places.ts";
import { minuteText } from "../shared/time.ts";
import { StandingMark, SweptBar, shareText } from "./standing.tsx";
import { type Standing, type SweepRow, standingOf } from "./sweep-plan.ts";
import { durationText } from "./words.ts";

const say = words({
  plan: { zh: "清扫计划", en: "Sweep plan" },
  noneFits: { zh: "没有符合筛选的路段", en: "No section fits the filter" },
  left: { zh: "剩 {time}", en: "{time} left" },
  over: { zh: "已截止", en: "over" },
  begins: { zh: "{time} 开始", en: "begins {time}" },
  rest: { zh: "约需 {time}", en: "needs about {time}" },
  idle: { zh: "尚未开始清扫", en: "nobody has begun" },
  nobody: { zh: "未指派", en: "nobody named" },
});

/** How long a window still is. */
export const leftText = (row: SweepRow, now: number): string => say("left", { time: durationText(row.to - now) });

interface ListProps {
  readonly rows: readonly SweepRow[];
  readonly now: number;
  readonly chosen: SweepRow | null;
  readonly titleOf: (row: SweepRow) => string;
  readonly onChoose: (id: string) => void;
}

/** Sweeps by urgency; the page has the keys. */
export function SweepList({ rows, now, chosen, titleOf, onChoose }: ListProps) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    frame.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen?.id]);
  return (
    <div
      ref={frame}
      class="sweeps"
      role="listbox"
      tabIndex={0}
      aria-label={say("plan")}
      aria-activedescendant={chosen && rows.includes(chosen) ? `sweep-${chosen.id}` : undefined}
    >
      {rows.map((row) => {
        const standing = standingOf(row, now);
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the page has keys of its own
          <div
            key={row.id}
            id={`sweep-${row.id}`}
            class={`sweep ${standing}`}
            role="option"
            tabIndex={-1}
            aria-selected={row === chosen}
            onClick={() => onChoose(row.id)}
          >
            <StandingMark standing={standing} />
            <strong>{titleOf(row)}</strong>
            <span class="share">
              <SweptBar coverage={row.coverage} target={row.target} />
              <span>{shareText(row.coverage)}</span>
            </span>
            <span class="facts">
              {minuteText(row.from)}–{minuteText(row.to)} · {placeName(row.communityId)} ·{" "}
              {row.crewName ?? row.vehicleId ?? say("nobody")}
            </span>
            <span class="time">{timeText(row, standing, now)}</span>
          </div>
        );
      })}
      {rows.length === 0 && <p class="empty">{say("noneFits")}</p>}
    </div>
  );
}

function timeText(row: SweepRow, standing: Standing, now: number): string {
  if (standing === "planned") return say("begins", { time: minuteText(row.from) });
  if (standing === "done") return row.lastAt === null ? "" : minuteText(row.lastAt);
  if (standing === "missed") return say("over");
  const left = leftText(row, now);
  if (row.firstAt === null) return `${say("idle")} · ${left}`;
  if (row.restMinutes === null) return left;
  return `${say("rest", { time: durationText(row.restMinutes * 60_000) })} · ${left}`;
}
