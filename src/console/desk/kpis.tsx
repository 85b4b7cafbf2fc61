import { useComputed, useSignal } from "@preact/signals";
import type { Text } from "../../domain/text.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage, language, words } from "../shared/language.ts";
import { placeName } from "../shared/places.ts";
import { dateTimeText, minuteText } from "../shared/time.ts";
import { stateText } from "../shared/words.ts";
import { Chart, type ChartOption } from "./chart.tsx";
import { useDesk } from "./desk.ts";
import { startExport } from "./exports.tsx";
import { Choice, Head, Shown, Table, useLoad } from "./parts.tsx";
import { durationText, say as sayDesk } from "./words.ts";

const say = words({
  span: { zh: "时间范围", en: "Over" },
  today: { zh: "今日", en: "today" },
  days: { zh: "近 {n} 天", en: "{n} days" },
  by: { zh: "按", en: "By" },
  community: { zh: "社区", en: "community" },
  grid: { zh: "网格", en: "grid" },
  level: { zh: "等级", en: "level" },
  category: { zh: "类别", en: "category" },
  figure: { zh: "指标", en: "Figure" },
  value: { zh: "数值", en: "Value" },
  parts: { zh: "分子 / 分母", en: "Of" },
  spread: { zh: "P50 / P90", en: "P50 / P90" },
  target: { zh: "目标", en: "Target" },
  group: { zh: "分组", en: "Group" },
  trend: { zh: "走势", en: "Over time" },
  cases: { zh: "对应告警", en: "The cases behind it" },
  choose: { zh: "选择一项指标查看构成", en: "Choose a figure to see what it is made of" },
  print: { zh: "打印", en: "Print" },
  when: { zh: "时间", en: "When" },
  what: { zh: "告警", en: "Alert" },
});

interface Figure {
  readonly id: string;
  readonly from: number;
  readonly group: Readonly<Record<string, string | number>>;
  readonly value: number | null;
  readonly numerator: number | null;
  readonly denominator: number | null;
  readonly p50?: number | null;
  readonly p90?: number | null;
}
const units = {
  percent: " %",
  minutes: "",
  seconds: " s",
  count: "",
  kilograms: " kg",
  kilometres: " km",
  litresPer100Km: " L/100 km",
} as const;
type Unit = keyof typeof units;
interface Kpi {
  readonly id: string;
  readonly title: Text;
  readonly formula: Text;
  readonly unit: Unit;
  readonly target: { readonly atLeast?: number; readonly atMost?: number } | null;
}
interface Case {
  readonly id: string;
  readonly at?: number;
  readonly alert: AlertView | null;
}

const DAY_MS = 86_400_000;
const groupings = ["community", "grid", "level", "category"] as const;
type Grouping = (typeof groupings)[number];

/** A value in its unit; nothing to reckon from is a dash, never a nought. */
function valueText(value: number | null | undefined, unit: Unit = "count"): string {
  if (value === null || value === undefined) return "—";
  if (unit === "minutes") return durationText(value * 60_000);
  return `${value}${units[unit]}`;
}

/** What was added up: of a duration so much time altogether, over how many cases. */
const sumText = (sum: number, unit: Unit | undefined): string =>
  unit === "minutes" ? durationText(sum * 60_000) : String(short(sum));

function targetText(kpi: Kpi | undefined): string {
  const { atLeast, atMost } = kpi?.target ?? {};
  if (atLeast !== undefined) return `≥ ${valueText(atLeast, kpi?.unit)}`;
  return atMost === undefined ? "" : `≤ ${valueText(atMost, kpi?.unit)}`;
}

/** Marks a figure that misses what is aimed at. */
function toneOf(value: number | null, target: Kpi["target"] | undefined): string {
  if (value === null || !target) return "";
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target;
  return value < atLeast || value > atMost ? "warn" : "";
}

/** Figures, what they are made of, and the cases behind them. */
export default function Kpis() {
  const desk = useDesk();
  const days = useSignal(0);
  const chosen = useSignal<string | null>(null);
  // Whole minutes: the same question within one is the same address.
  const minute = useComputed(() => Math.floor(desk.now.value / 60_000) * 60_000);
  const from = days.value === 0 ? "" : `&from=${minute.value - days.value * DAY_MS}`;
  const catalog = useLoad<{ kpis?: Kpi[] }>("/catalog");
  const figures = useLoad<{ items: Figure[] }>(`/kpis?lang=${language.value}${from}`);
  const known = new Map((catalog.data.value?.kpis ?? []).map((kpi) => [kpi.id, kpi]));
  const title = (id: string) => {
    const kpi = known.get(id);
    return kpi ? inLanguage(kpi.title) : id;
  };
  const formula = (id: string) => {
    const kpi = known.get(id);
    return kpi ? inLanguage(kpi.formula) : "";
  };
  const save = (format: "csv" | "xlsx") =>
    startExport(desk.rest, `/kpis?format=${format}&lang=${language.value}${from}`, `kpis.${format}`);
  return (
    <>
      <Head title={sayDesk("kpis")}>
        <Choice
          label={say("span")}
          value={days.value}
          options={[[0, say("today")], ...[7, 30, 90].map((n) => [n, say("days", { n })] as const)]}
          onChange={(value) => {
            days.value = value;
          }}
        />
        {desk.may("exportData") &&
          (["csv", "xlsx"] as const).map((format) => (
            <button key={format} type="button" onClick={() => save(format)}>
              {format.toUpperCase()}
            </button>
          ))}
        <button type="button" onClick={() => print()}>
          {say("print")}
        </button>
      </Head>
      <div class="two">
        <Shown of={figures}>
          {({ items }) => (
            <Table
              label={sayDesk("kpis")}
              rows={items}
              keyOf={({ id }) => id}
              toneOf={({ id, value }) => toneOf(value, known.get(id)?.target)}
              columns={[
                { title: say("figure"), cell: ({ id }) => <span title={formula(id)}>{title(id)}</span> },
                { title: say("target"), number: true, cell: ({ id }) => targetText(known.get(id)) },
                {
                  title: say("value"),
                  number: true,
                  cell: ({ id, value }) => <strong>{valueText(value, known.get(id)?.unit)}</strong>,
                },
                {
                  title: say("parts"),
                  number: true,
                  cell: ({ id, numerator, denominator }) =>
                    numerator === null
                      ? ""
                      : `${sumText(numerator, known.get(id)?.unit)} / ${denominator === null ? "—" : short(denominator)}`,
                },
                {
                  title: say("spread"),
                  number: true,
                  cell: ({ id, p50, p90 }) =>
                    p50 === undefined
                      ? ""
                      : `${valueText(p50, known.get(id)?.unit)} / ${valueText(p90, known.get(id)?.unit)}`,
                },
              ]}
              onOpen={({ id }) => {
                chosen.value = id;
              }}
            />
          )}
        </Shown>
        {chosen.value === null ? (
          <p class="empty">{say("choose")}</p>
        ) : (
          <Detail
            key={chosen.value}
            id={chosen.value}
            title={title(chosen.value)}
            unit={known.get(chosen.value)?.unit}
            from={from}
          />
        )}
      </div>
    </>
  );
}

/** Fractions of what is counted by hundreds tell nothing. */
const short = (count: number): number => (Math.abs(count) >= 100 ? Math.round(count) : count);

function Detail({ id, title, unit, from }: { id: string; title: string; unit: Unit | undefined; from: string }) {
  const desk = useDesk();
  const by = useSignal<Grouping>("community");
  const grouped = useLoad<{ items: Figure[] }>(`/kpis?id=${id}&groupBy=${by.value}${from}`);
  const trend = useLoad<{ items: Figure[] }>(`/kpis?id=${id}&groupBy=${from === "" ? "hour" : "day"}${from}`);
  const cases = useLoad<{ items: Case[] }>(`/kpis/${encodeURIComponent(id)}/cases?limit=50${from}`);
  const points = trend.data.value?.items ?? [];
  return (
    <section class="panel">
      <h2>{title}</h2>
      {points.length > 1 && <Chart option={trendOf(points, from === "")} label={say("trend")} height={170} />}
      <Choice
        label={say("by")}
        value={by.value}
        options={groupings.map((name) => [name, say(name)] as const)}
        onChange={(value) => {
          by.value = value;
        }}
      />
      <Shown of={grouped}>
        {({ items }) => (
          <Table
            label={say("group")}
            rows={items}
            keyOf={({ group }) => JSON.stringify(group)}
            columns={[
              {
                title: say("group"),
                cell: ({ group }) =>
                  Object.values(group)
                    .map((part) => placeName(String(part)))
                    .join(" · ") || "—",
              },
              { title: say("value"), number: true, cell: ({ value }) => <strong>{valueText(value, unit)}</strong> },
              {
                title: say("parts"),
                number: true,
                cell: ({ numerator, denominator }) =>
                  numerator === null ? "" : `${short(numerator)} / ${denominator === null ? "—" : short(denominator)}`,
              },
            ]}
          />
        )}
      </Shown>
      <h3>{say("cases")}</h3>
      <Shown of={cases}>
        {({ items }) => (
          <Table
            label={say("cases")}
            rows={items.filter(({ alert }) => alert !== null)}
            keyOf={({ id: caseId }) => caseId}
            columns={[
              { title: say("when"), cell: ({ alert }) => (alert ? dateTimeText(alert.openedAt) : "") },
              {
                title: say("what"),
                cell: ({ alert }) => (alert ? `${desk.title(alert)} · ${desk.subject(alert)}` : ""),
              },
              { title: sayDesk("state"), cell: ({ alert }) => (alert ? stateText(alert.state) : "") },
            ]}
            onOpen={({ id: caseId }) => {
              if (!desk.alerts.peek().has(caseId)) return;
              desk.page.value = "queue";
              desk.select(caseId);
            }}
          />
        )}
      </Shown>
    </section>
  );
}

function trendOf(points: readonly Figure[], byHour: boolean): ChartOption {
  const ordered = points.toSorted((a, b) => a.from - b.from);
  return {
    xAxis: {
      type: "time",
      axisLabel: {
        formatter: (at: number) => (byHour ? minuteText(at) : dateTimeText(at).slice(0, 5)),
        hideOverlap: true,
      },
    },
    yAxis: { type: "value", scale: true, splitNumber: 3 },
    series: [
      { type: "line", showSymbol: true, connectNulls: false, data: ordered.map(({ from, value }) => [from, value]) },
    ],
  };
}
