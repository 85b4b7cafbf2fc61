import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isKind, type Kind } from "../../domain/kinds.ts";
import { type MetricName, metrics } from "../../domain/metrics.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage, words } from "../shared/language.ts";
import { minuteText } from "../shared/time.ts";
import { Chart, type ChartOption } from "./chart.tsx";
import { useDesk } from "./desk.ts";

const say = words({
  title: { zh: "最近 {n} 小时", en: "The last {n} hours" },
  opened: { zh: "发现", en: "opened" },
  cleared: { zh: "恢复", en: "cleared" },
});

const HOURS = 6;
const HOUR_MS = 3_600_000;
const MARGIN_MS = 5 * 60_000;
/** What tells most about a kind; the rule's own metric comes first. */
const tells: Readonly<Partial<Record<Kind, readonly MetricName[]>>> = {
  bin: ["fillPct", "tempC"],
  vehicle: ["speedKmh", "working"],
  toilet: ["nh3Ppm", "h2sPpm"],
  station: ["hopperPct", "h2sPpm"],
  foodWastePoint: ["fillPct", "weightKg"],
  camera: ["batteryPct"],
  pestTrap: ["batteryPct"],
};

interface Series {
  readonly metric: MetricName;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

/** What the device said before and after the alert opened. */
export function Telemetry({ alert }: { alert: AlertView }) {
  const { rest, now } = useDesk();
  const series = useSignal<readonly Series[]>([]);
  const { id, kind } = alert.subject;
  const until = useComputed(() => Math.floor(now.value / 30_000) * 30_000);
  useEffect(() => {
    // What a body said is nobody's curiosity: the evidence shows what raised the alert.
    if (!isKind(kind) || kind === "person") return;
    const named = alert.evidence.flatMap((item) => Object.keys(item)).filter((name) => Object.hasOwn(metrics, name));
    const wanted = [...new Set([...named, ...(tells[kind] ?? [])])]
      .filter((name) => Object.hasOwn(metrics, name) && name !== "lat" && name !== "lon")
      .slice(0, 2) as MetricName[];
    let current = true;
    const to = until.value;
    const load = async (metric: MetricName): Promise<Series> => {
      const query = `metric=${metric}&from=${to - HOURS * HOUR_MS}&to=${to}&every=2m&reason=${encodeURIComponent(`alert ${alert.id}`)}`;
      const answer = await rest.get<{ points: Series["points"] }>(
        `/devices/${encodeURIComponent(id)}/history?${query}`,
      );
      return { metric, points: answer.points };
    };
    Promise.all(wanted.map(load)).then(
      (loaded) => {
        if (current) series.value = loaded.filter(({ points }) => points.length > 0);
      },
      () => {},
    );
    return () => {
      current = false;
    };
  }, [id, kind, until.value]);
  if (series.value.length === 0) return null;
  return (
    <section class="telemetry">
      <h3>{say("title", { n: HOURS })}</h3>
      {series.value.map((one) => (
        <figure key={one.metric}>
          <figcaption>{`${inLanguage(metrics[one.metric].title)} ${metrics[one.metric].unit}`.trim()}</figcaption>
          <Chart
            option={optionOf(one, alert, until.value)}
            label={inLanguage(metrics[one.metric].title)}
            height={120}
          />
        </figure>
      ))}
    </section>
  );
}

/** So few points are dots as well: one of them is no line. */
const FEW = 12;

function optionOf({ metric, points }: Series, { openedAt, clearedAt }: AlertView, to: number): ChartOption {
  const { title, type } = metrics[metric];
  const [first] = points;
  const from = Math.max(to - HOURS * HOUR_MS, (first?.at ?? to) - MARGIN_MS);
  return {
    grid: { left: 44, right: 44, top: 18, bottom: 24 },
    xAxis: {
      type: "time",
      min: from,
      max: to,
      axisLabel: { formatter: (at: number) => minuteText(at), hideOverlap: true },
    },
    yAxis: {
      type: "value",
      scale: type !== "flag",
      ...(type === "flag" && { max: 1, interval: 1 }),
      splitNumber: 3,
    },
    series: [
      {
        type: "line",
        step: type === "flag" ? "end" : false,
        showSymbol: points.length < FEW,
        symbol: "circle",
        symbolSize: 6,
        name: inLanguage(title),
        data: points.map(({ at, value }) => [at, Math.round(value * 100) / 100]),
        markLine: {
          silent: true,
          symbol: "none",
          label: { fontSize: 10, color: "inherit", textBorderWidth: 0 },
          lineStyle: { type: "dashed" },
          // Beside each other, however soon it was over.
          data: [
            ...(openedAt > from ? [{ xAxis: openedAt, label: { formatter: say("opened"), align: "right" } }] : []),
            ...(clearedAt !== null && clearedAt > from && clearedAt <= to
              ? [{ xAxis: clearedAt, label: { formatter: say("cleared"), align: "left" } }]
              : []),
          ],
        },
      },
    ],
  };
}
