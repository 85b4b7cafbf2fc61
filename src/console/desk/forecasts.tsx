import { useSignal } from "@preact/signals";
import type { Place } from "../../domain/place.ts";
import { words } from "../shared/language.ts";
import { placeName } from "../shared/places.ts";
import { minuteText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";
import { Choice, Head, Shown, Table, useLoad } from "./parts.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  within: { zh: "多久之内", en: "Within" },
  found: {
    zh: "{found} 个桶将满溢（共 {asked} 个，{unknown} 个暂无法预测）",
    en: "{found} bins will overflow ({asked} known, {unknown} cannot be told)",
  },
  bin: { zh: "垃圾桶", en: "Bin" },
  place: { zh: "位置", en: "Place" },
  level: { zh: "当前", en: "Now" },
  full: { zh: "预计满溢", en: "Full at" },
  band: { zh: "最早 — 最晚", en: "Earliest — latest" },
  confidence: { zh: "把握", en: "Sure" },
  none: { zh: "这段时间内没有桶会满", en: "No bin will be full by then" },
  noHistory: {
    zh: "每个桶至少有一天、12 次读数之后才能预测",
    en: "A bin is told of after a day and twelve readings of its own",
  },
  later: { zh: "{time} 之后", en: "after {time}" },
});

interface BinForecast {
  readonly id: string;
  readonly name: string;
  readonly place: Place | null;
  readonly levelPct: number | null;
  readonly confidence: number;
  readonly hoursTo95: { readonly p10: number | null; readonly p50: number | null; readonly p90: number | null };
}

const HOUR_MS = 3_600_000;

/** Points that will overflow before the next truck, the first one first. */
export default function Forecasts() {
  const desk = useDesk();
  const hours = useSignal(6);
  const forecasts = useLoad<{ now: number; items: BinForecast[]; found: number; asked: number; unknown: number }>(
    `/forecasts?withinHours=${hours.value}&limit=300`,
    60_000,
  );
  return (
    <>
      <Head title={sayDesk("forecasts")}>
        <Choice
          label={say("within")}
          value={hours.value}
          options={[3, 6, 12, 24].map((n) => [n, sayDesk("hours", { n })] as const)}
          onChange={(value) => {
            hours.value = value;
          }}
        />
      </Head>
      <Shown of={forecasts}>
        {({ now, items, found, asked, unknown }) => {
          const at = (inHours: number | null) => (inHours === null ? "…" : minuteText(now + inHours * HOUR_MS));
          return (
            <>
              <p class="muted">{say("found", { found, asked, unknown })}</p>
              <Table
                label={sayDesk("forecasts")}
                rows={items}
                nothing={unknown === asked ? say("noHistory") : say("none")}
                keyOf={(row) => row.id}
                columns={[
                  { title: say("bin"), cell: ({ id, name }) => <span title={id}>{name}</span> },
                  {
                    title: say("place"),
                    cell: ({ place }) =>
                      [place?.communityId, place?.pointId ?? place?.gridId].filter(Boolean).map(placeName).join(" · "),
                  },
                  { title: say("level"), number: true, cell: ({ levelPct }) => <Fill pct={levelPct} /> },
                  { title: say("full"), number: true, cell: ({ hoursTo95 }) => <strong>{at(hoursTo95.p50)}</strong> },
                  {
                    title: say("band"),
                    number: true,
                    cell: ({ hoursTo95 }) => `${at(hoursTo95.p10)} — ${at(hoursTo95.p90)}`,
                  },
                  {
                    title: say("confidence"),
                    number: true,
                    cell: ({ confidence }) => `${Math.round(confidence * 100)}%`,
                  },
                ]}
                onOpen={(row) => {
                  desk.filter.value = { levels: [], show: "all", text: row.id };
                  desk.page.value = "queue";
                }}
              />
            </>
          );
        }}
      </Shown>
    </>
  );
}

function Fill({ pct }: { pct: number | null }) {
  if (pct === null) return <>–</>;
  return (
    <span class="fill">
      <meter min={0} max={100} low={80} high={95} optimum={10} value={pct} aria-label={`${Math.round(pct)} %`} />
      {Math.round(pct)}%
    </span>
  );
}
