import { useComputed } from "@preact/signals";
import { DAY } from "../../../domain/time.ts";
import { standing } from "../../shared/alert-order.ts";
import { Chart } from "../chart.tsx";
import { hourlyOption } from "../chart-options.ts";
import { useFigures } from "../figures.ts";
import { Bars, Panel, Ring, ShareRing } from "../panel.tsx";
import { countSince, isSeenByCamera, perHour } from "../statistics.ts";
import type { WallParts } from "../wall-parts.ts";
import { say } from "../words.ts";

export function FoundByAi({ live, session }: WallParts) {
  const since = live.minute.value - DAY;
  const rows = countSince(live.alerts.value, since, (alert) => (isSeenByCamera(alert) ? alert.ruleId : null)).map(
    ([rule, value]) => ({ key: rule, name: session.ruleTitle(rule), value }),
  );
  return (
    <Panel title={say("found")}>
      <Bars rows={rows} />
    </Panel>
  );
}

export function StreetHours({ live }: WallParts) {
  const option = useComputed(() =>
    hourlyOption(perHour(live.alerts.value.filter(isSeenByCamera), live.minute.value), { opened: say("opened") }),
  );
  return (
    <Panel title={say("streetHours")}>
      <Chart option={option.value} label={say("streetHours")} />
    </Panel>
  );
}

export function Precision({ live, session }: WallParts) {
  const precision = useFigures(session, "ai.precision").get("ai.precision");
  const seen = live.alerts.value.filter((alert) => isSeenByCamera(alert) && standing(alert));
  const suspected = seen.filter(({ confirmed }) => !confirmed).length;
  return (
    <Panel title={say("aiToday")}>
      <div class="rings">
        <ShareRing
          percent={precision?.value ?? null}
          name={say("aiPrecision")}
          note={say("judged", { n: precision?.denominator ?? 0 })}
        />
        <Ring part={suspected} whole={seen.length} name={say("suspected")} />
      </div>
    </Panel>
  );
}
