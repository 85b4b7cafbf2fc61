import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Place } from "../../domain/place.ts";
import { words } from "../shared/language.ts";
import { placeName } from "../shared/places.ts";
import { alertTitle } from "../shared/subtypes.ts";
import { dateTimeText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";
import { Choice, Head, Shown, Table, useLoad } from "./parts.tsx";
import { useDistrictMap } from "./use-map.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  atLeast: { zh: "30 天内至少", en: "In 30 days at least" },
  times: { zh: "{n} 次", en: "{n} times" },
  problem: { zh: "问题", en: "Problem" },
  place: { zh: "位置", en: "Place" },
  count: { zh: "30 天次数", en: "In 30 days" },
  relapses: { zh: "72 小时内回潮", en: "Back within 72 h" },
  last: { zh: "最近一次", en: "Last" },
});

interface Spot {
  readonly id: string;
  readonly ruleId: string;
  readonly subtype: string | null;
  readonly place: Place;
  readonly timesIn30Days: number;
  readonly relapses: number;
  readonly occurrences: readonly { readonly openedAt?: number; readonly at?: number; readonly alertId?: string }[];
}

/** Places where problems come back: there a cause is missing, not a truck. */
export default function Spots() {
  const desk = useDesk();
  const atLeast = useSignal(2);
  const spots = useLoad<{ items: Spot[] }>(`/spots?atLeast=${atLeast.value}`, 60_000);
  const chosen = useSignal<Spot | null>(null);
  return (
    <>
      <Head title={sayDesk("spots")}>
        <Choice
          label={say("atLeast")}
          value={atLeast.value}
          options={[2, 3, 5].map((n) => [n, say("times", { n })] as const)}
          onChange={(value) => {
            atLeast.value = value;
          }}
        />
      </Head>
      <div class="with-map">
        <Shown of={spots}>
          {({ items }) => (
            <Table
              label={sayDesk("spots")}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: say("problem"),
                  cell: (spot) => alertTitle(desk.session, spot),
                },
                {
                  title: say("place"),
                  cell: ({ place }) =>
                    [place.communityId, place.pointId ?? place.gridId].filter(Boolean).map(placeName).join(" · "),
                },
                { title: say("count"), number: true, cell: ({ timesIn30Days }) => <strong>{timesIn30Days}</strong> },
                { title: say("relapses"), number: true, cell: ({ relapses }) => relapses },
                {
                  title: say("last"),
                  cell: ({ occurrences }) => {
                    const last = occurrences.at(-1);
                    const at = last?.openedAt ?? last?.at;
                    return at === undefined ? "–" : dateTimeText(at);
                  },
                },
              ]}
              onOpen={(spot) => {
                chosen.value = spot;
              }}
            />
          )}
        </Shown>
        <SpotMap spots={spots.data.value?.items ?? []} chosen={chosen.value} />
      </div>
    </>
  );
}

function SpotMap({ spots, chosen }: { spots: readonly Spot[]; chosen: Spot | null }) {
  const { frame, map } = useDistrictMap();
  useEffect(() => {
    map.value?.drawCells(
      spots.map(({ id, place, timesIn30Days }) => ({ id, lat: place.lat, lon: place.lon, count: timesIn30Days })),
    );
  }, [spots, map.value]);
  useEffect(() => {
    if (chosen) map.value?.flyTo(chosen.place.lat, chosen.place.lon, 16);
  }, [chosen, map.value]);
  return <div class="side-map" ref={frame} />;
}
