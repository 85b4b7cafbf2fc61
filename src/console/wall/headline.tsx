import { standing } from "../shared/alert-order.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { overflows, perLevel, shareOf } from "./statistics.ts";
import type { WallParts } from "./wall-parts.ts";
import { say } from "./words.ts";
import { useWork } from "./work.ts";

const LEVELS = [1, 2, 3, 4] as const;

/** Is the district clean now? Four numbers that answer it from across a room. */
export function Headline({ live, session }: WallParts) {
  const work = useWork(session);
  const alerts = live.alerts.value;
  const levels = perLevel(alerts);
  const overflow = alerts.filter((alert) => overflows(alert) && standing(alert)).length;
  const bins = live.totals.value.get("bin")?.count ?? 0;
  const people = live.totals.value.get("person") ?? { count: 0, online: 0 };
  const { whole: due, rate } = shareOf(live.kpis.value, "onTime.today", null);
  return (
    <section class="headline">
      <article class="by-level">
        <h2>{say("openAlerts")}</h2>
        <p class="number">{levels.reduce((sum, count) => sum + count, 0)}</p>
        <ul>
          {LEVELS.map((level) => (
            <li key={level} data-level={level}>
              <LevelBadge level={level} />
              {levels[level] ?? 0}
            </li>
          ))}
        </ul>
      </article>
      <article class={overflow > 0 ? "warn" : ""}>
        <h2>{say("overflow")}</h2>
        <p class="number">{overflow}</p>
        <small>{say("bins", { all: bins })}</small>
      </article>
      <article>
        <h2>{say(work ? "atWork" : "onDuty")}</h2>
        <p class="number">{work ? work.people.onDuty : people.online}</p>
        <small>{work ? say("ofPlanned", { all: work.people.due }) : say("ofAll", { all: people.count })}</small>
      </article>
      <article>
        <h2>{say("onTime")}</h2>
        <p class="number">{rate === null ? "—" : `${(rate * 100).toFixed(1)}%`}</p>
        <small>{say("ofDue", { due })}</small>
      </article>
    </section>
  );
}
