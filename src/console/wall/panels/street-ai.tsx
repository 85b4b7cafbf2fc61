import { useComputed } from "@preact/signals";
import { DAY } from "../../../domain/time.ts";
import { standing } from "../../shared/alert-order.ts";
import { Chart } from "../chart.tsx";
import { hourlyOption } from "../chart-options.ts";
import { Bars, Panel, Ring } from "../panel.tsx";
import { aiPrecision, countBy, isSeenByCamera, perHour } from "../statistics.ts";
import type { WallParts } from "../wall-parts.ts";
import { say } from "../words.ts";

export function FoundByAi({ live, session }: WallParts) {
  const rows = countBy(live.alerts.value, (alert) => (isSeenByCamera(alert) ? alert.ruleId : null)).map(
    ([rule, value]) => ({ key: rule, name: session.ruleTitle(rule), value, tone: "warn" as const }),
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

export function Precision({ live }: WallParts) {
  const alerts = live.alerts.value;
  const { checked, rate } = aiPrecision(alerts, live.minute.value - DAY);
  const seen = alerts.filter((alert) => isSeenByCamera(alert) && standing(alert));
  const suspected = seen.filter(({ confirmed }) => !confirmed).length;
  return (
    <Panel title={say("aiPrecision")}>
      <div class="rings">
        <p class="figure">
          {rate === null ? "—" : `${Math.round(rate * 100)} %`}
          <small>{say("count", { n: checked })}</small>
        </p>
        <Ring part={suspected} whole={seen.length} name={say("suspected")} />
      </div>
    </Panel>
  );
}
