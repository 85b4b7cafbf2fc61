import { Bars, Panel } from "../panel.tsx";
import { countBy, overflows } from "../statistics.ts";
import { useDevices } from "../use-devices.ts";
import { useLoad } from "../use-load.ts";
import { communityIds, placeName, type WallParts } from "../wall-parts.ts";
import { say } from "../words.ts";

const FORECAST_PATH = "/forecasts?withinHours=6&limit=6";
const FORECAST_EVERY_MS = 60_000;

interface ForecastRow {
  readonly id: string;
  readonly name: string;
  readonly hoursTo95: { readonly p50: number | null } | null;
  readonly levelPct: number | null;
}

export function OverflowByCommunity(parts: WallParts) {
  const counted = new Map(
    countBy(parts.live.alerts.value, (alert) => (overflows(alert) ? (alert.place?.communityId ?? null) : null)),
  );
  const rows = communityIds(parts).map((id) => ({
    key: id,
    name: placeName(parts, id),
    value: counted.get(id) ?? 0,
    tone: "warn" as const,
  }));
  return (
    <Panel title={say("overflowBy")}>
      <Bars rows={rows} />
    </Panel>
  );
}

export function SoonFull({ session }: WallParts) {
  const loaded = useLoad<{ items: readonly ForecastRow[]; asked: number; unknown: number }>(
    session,
    FORECAST_PATH,
    FORECAST_EVERY_MS,
  );
  const rows = (loaded?.items ?? []).map(({ id, name, hoursTo95, levelPct }) => {
    const hours = hoursTo95?.p50 ?? 0;
    return {
      key: id,
      name,
      value: levelPct ?? 0,
      part: (levelPct ?? 0) / 100,
      text: say("inHours", { hours: hours.toFixed(1) }),
      tone: hours < 2 ? ("bad" as const) : ("warn" as const),
    };
  });
  return (
    <Panel title={say("soonFull")}>
      {loaded && loaded.asked > 0 && loaded.unknown === loaded.asked ? (
        <p class="empty">{say("noHistory")}</p>
      ) : (
        <Bars rows={loaded && rows} none={say("noneSoon")} />
      )}
    </Panel>
  );
}

export function FoodWaste(parts: WallParts) {
  const points = useDevices(parts.session, "foodWastePoint");
  const rows =
    points
      ?.map(({ id, name, metrics }) => {
        const value = metrics.weightKg ?? 0;
        return { key: id, name, value, text: `${Math.round(value)} kg`, tone: "good" as const };
      })
      .sort((a, b) => b.value - a.value) ?? null;
  return (
    <Panel title={say("foodWaste")}>
      <Bars rows={rows} />
    </Panel>
  );
}
