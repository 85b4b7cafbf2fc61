import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "preact/hooks";
import { theme } from "./theme.ts";

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

/** An ECharts option; colours of the page's theme are filled in. */
export type ChartOption = Readonly<Record<string, unknown>>;

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws on a canvas. The tooltip is drawn there too: no markup is made of what devices say, and the page's CSP holds. */
export function Chart({ option, label, height = 160 }: { option: ChartOption; label: string; height?: number }) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init> | null>(null);
  const shown = theme.value;
  useEffect(() => {
    if (!frame.current) return;
    const made = init(frame.current, null, { renderer: "canvas" });
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(frame.current);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    const axis = {
      axisLine: { lineStyle: { color: color("--line") } },
      axisLabel: { color: color("--muted") },
      splitLine: { lineStyle: { color: color("--line"), opacity: 0.5 } },
    };
    const axes = (given: unknown) =>
      (Array.isArray(given) ? given : [given]).map((one: { axisLabel?: object } = {}) => ({
        ...axis,
        ...one,
        axisLabel: { ...axis.axisLabel, ...one.axisLabel },
        nameTextStyle: { color: color("--muted"), align: "left" },
      }));
    chart.current?.setOption(
      {
        animation: false,
        color: [color("--accent"), color("--level-2"), color("--good"), color("--level-3"), color("--level-4")],
        textStyle: { color: color("--text"), fontFamily: "inherit" },
        grid: { left: 44, right: 14, top: 22, bottom: 24 },
        tooltip: {
          trigger: "axis",
          renderMode: "richText",
          confine: true,
          backgroundColor: color("--panel-raised"),
          borderColor: color("--line"),
          textStyle: { color: color("--text"), fontSize: 12 },
        },
        ...option,
        xAxis: axes(option.xAxis),
        yAxis: axes(option.yAxis),
      },
      true,
    );
  }, [option, shown]);
  return <div class="chart" ref={frame} role="img" aria-label={label} style={{ height: `${height}px` }} />;
}
