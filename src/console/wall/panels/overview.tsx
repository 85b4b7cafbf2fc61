import { useComputed } from "@preact/signals";
import { kindText } from "../../shared/words.ts";
import { Chart } from "../chart.tsx";
import { hourlyOption } from "../chart-options.ts";
import { Bars, Panel } from "../panel.tsx";
import { countBy, perHour } from "../statistics.ts";
import { communityIds, placeName, type WallParts } from "../wall-parts.ts";
import { say } from "../words.ts";

export function HourlyTrend({ live }: WallParts) {
  const option = useComputed(() =>
    hourlyOption(perHour(live.alerts.value, live.minute.value), { opened: say("opened"), ended: say("ended") }),
  );
  return (
    <Panel title={say("hourly")}>
      <Chart option={option.value} label={say("hourly")} />
    </Panel>
  );
}

export function AlertMix({ live, session }: WallParts) {
  const rows = countBy(live.alerts.value, ({ ruleId }) => ruleId).map(([rule, value]) => ({
    key: rule,
    name: session.ruleTitle(rule),
    value,
  }));
  return (
    <Panel title={say("byRule")}>
      <Bars rows={rows} />
    </Panel>
  );
}

export function OnlineKinds({ live }: WallParts) {
  // What is missing most stands above: there is not room for every kind.
  const rows = [...live.totals.value]
    .sort(([, a], [, b]) => a.online / a.count - b.online / b.count || b.count - a.count)
    .map(([kind, { count, online }]) => ({
      key: kind,
      name: kindText(kind),
      value: online,
      part: online / count,
      text: `${online} / ${count}`,
      tone: online / count > 0.95 ? ("good" as const) : ("warn" as const),
    }));
  return (
    <Panel title={say("facilities")}>
      <Bars rows={rows} />
    </Panel>
  );
}

export function CommunityLoad(parts: WallParts) {
  const counted = new Map(countBy(parts.live.alerts.value, ({ place }) => place?.communityId ?? null));
  const rows = communityIds(parts)
    .map((id) => ({ key: id, name: placeName(parts, id), value: counted.get(id) ?? 0 }))
    .sort((a, b) => b.value - a.value);
  return (
    <Panel title={say("byCommunity")}>
      <Bars rows={rows} />
    </Panel>
  );
}
