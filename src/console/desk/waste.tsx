import { useComputed, useSignal } from "@preact/signals";
import { words } from "../shared/language.ts";
import { useDesk } from "./desk.ts";
import { Choice, type Column, Head, Shown, Table, useLoad } from "./parts.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  day: { zh: "作业日", en: "Sanitation day" },
  today: { zh: "今日", en: "today" },
  yesterday: { zh: "昨日", en: "yesterday" },
  week: { zh: "近 7 天", en: "7 days" },
  vehicles: { zh: "车辆：收运与过磅", en: "Vehicles: taken and weighed in" },
  points: { zh: "暂存点：交投与收走", en: "Points: handed over and taken" },
  stations: { zh: "中转站：过磅", en: "Stations: weighed in" },
  vehicle: { zh: "车辆", en: "Vehicle" },
  point: { zh: "点位", en: "Point" },
  station: { zh: "中转站", en: "Station" },
  stream: { zh: "类别", en: "Stream" },
  handedOver: { zh: "交投", en: "Handed over" },
  taken: { zh: "收走", en: "Taken" },
  received: { zh: "过磅", en: "Received" },
  difference: { zh: "差额", en: "Difference" },
  verdict: { zh: "结论", en: "Verdict" },
  balanced: { zh: "平衡", en: "balanced" },
  short: { zh: "短少", en: "short" },
  over: { zh: "多出", en: "over" },
  loaded: { zh: "在车未磅", en: "still on board" },
  unweighed: { zh: "沿途未称", en: "not weighed on the way" },
  unknown: { zh: "未知车辆", en: "nobody was seen" },
  food: { zh: "厨余", en: "food" },
  residual: { zh: "其他垃圾", en: "residual" },
  recyclable: { zh: "可回收", en: "recyclable" },
  hazardous: { zh: "有害", en: "hazardous" },
  times: { zh: "{n} 次", en: "{n} ×" },
  kg: { zh: "{n} 千克", en: "{n} kg" },
});

interface Account {
  readonly stream: string;
  readonly takenKg: number;
  readonly receivedKg: number;
}
interface VehicleAccount extends Account {
  readonly vehicleId: string | null;
  readonly collections: number;
  readonly weighings: number;
  readonly differenceKg: number | null;
  readonly verdict: "balanced" | "short" | "over" | "loaded" | "unweighed";
}
interface PointAccount extends Omit<Account, "receivedKg"> {
  readonly pointId: string;
  readonly deposits: number;
  readonly collections: number;
  readonly handedOverKg: number;
}
interface StationAccount extends Omit<Account, "takenKg"> {
  readonly stationId: string;
  readonly weighings: number;
}
interface Ledger {
  readonly names: Readonly<Record<string, string>>;
  readonly vehicles: readonly VehicleAccount[];
  readonly points: readonly PointAccount[];
  readonly stations: readonly StationAccount[];
  readonly streams: readonly (Account & { readonly handedOverKg: number })[];
}

const DAY_MS = 86_400_000;
const spans = ["today", "yesterday", "week"] as const;
const marks = { balanced: "✓", short: "▼", over: "▲", loaded: "…", unweighed: "–" } as const;
const streams: readonly string[] = ["food", "residual", "recyclable", "hazardous"];
const streamText = (stream: string): string =>
  streams.includes(stream) ? say(stream as "food" | "residual" | "recyclable" | "hazardous") : stream;
const kilograms = (kg: number): string => say("kg", { n: Math.round(kg * 10) / 10 });
const weighed = (kg: number, times: number): string =>
  times === 0 ? "—" : `${kilograms(kg)} · ${say("times", { n: times })}`;

/** Where the waste of a day went: handed over, taken away, weighed in; what does not add up stands first. */
export default function Waste() {
  const desk = useDesk();
  const span = useSignal<(typeof spans)[number]>("today");
  const minute = useComputed(() => Math.floor(desk.now.value / 60_000) * 60_000);
  const today = useLoad<{ from: number }>("/waste-ledger");
  const startsAt = today.data.value?.from ?? minute.value;
  const period = {
    today: "",
    yesterday: `?from=${startsAt - DAY_MS}&to=${startsAt}`,
    week: `?from=${startsAt - 6 * DAY_MS}`,
  }[span.value];
  const ledger = useLoad<Ledger>(`/waste-ledger${period}`, 60_000);
  return (
    <>
      <Head title={sayDesk("waste")}>
        <Choice
          label={say("day")}
          value={span.value}
          options={spans.map((name) => [name, say(name)] as const)}
          onChange={(value) => {
            span.value = value;
          }}
        />
      </Head>
      <Shown of={ledger}>{(known) => <Accounts {...known} />}</Shown>
    </>
  );
}

function Accounts({ names, vehicles, points, stations, streams: totals }: Ledger) {
  const named = (id: string): string => names[id] ?? id;
  const stream: Column<{ readonly stream: string }> = { title: say("stream"), cell: (row) => streamText(row.stream) };
  const urgent = ({ verdict }: VehicleAccount): number => (verdict === "short" || verdict === "over" ? 0 : 1);
  return (
    <div class="stack">
      <Table
        label={sayDesk("waste")}
        rows={totals}
        keyOf={(row) => row.stream}
        columns={[
          stream,
          { title: say("handedOver"), number: true, cell: ({ handedOverKg }) => kilograms(handedOverKg) },
          { title: say("taken"), number: true, cell: ({ takenKg }) => kilograms(takenKg) },
          { title: say("received"), number: true, cell: ({ receivedKg }) => kilograms(receivedKg) },
        ]}
      />
      <h3>{say("vehicles")}</h3>
      <Table
        label={say("vehicles")}
        rows={vehicles.toSorted((a, b) => urgent(a) - urgent(b))}
        keyOf={(row) => `${row.vehicleId} ${row.stream}`}
        toneOf={(row) => (urgent(row) === 0 ? "warn" : "")}
        columns={[
          { title: say("vehicle"), cell: ({ vehicleId }) => (vehicleId === null ? say("unknown") : named(vehicleId)) },
          stream,
          { title: say("taken"), number: true, cell: ({ takenKg, collections }) => weighed(takenKg, collections) },
          { title: say("received"), number: true, cell: ({ receivedKg, weighings }) => weighed(receivedKg, weighings) },
          {
            title: say("difference"),
            number: true,
            cell: ({ differenceKg }) => (differenceKg === null ? "—" : <strong>{kilograms(differenceKg)}</strong>),
          },
          { title: say("verdict"), cell: ({ verdict }) => `${marks[verdict]} ${say(verdict)}` },
        ]}
      />
      <h3>{say("points")}</h3>
      <Table
        label={say("points")}
        rows={points}
        keyOf={(row) => `${row.pointId} ${row.stream}`}
        columns={[
          { title: say("point"), cell: ({ pointId }) => named(pointId) },
          stream,
          { title: say("handedOver"), number: true, cell: (row) => weighed(row.handedOverKg, row.deposits) },
          { title: say("taken"), number: true, cell: (row) => weighed(row.takenKg, row.collections) },
        ]}
      />
      <h3>{say("stations")}</h3>
      <Table
        label={say("stations")}
        rows={stations}
        keyOf={(row) => `${row.stationId} ${row.stream}`}
        columns={[
          { title: say("station"), cell: ({ stationId }) => named(stationId) },
          stream,
          { title: say("received"), number: true, cell: (row) => weighed(row.receivedKg, row.weighings) },
        ]}
      />
    </div>
  );
}
