import type { EChartsCoreOption } from "echarts/core";
import { useEffect, useRef } from "preact/hooks";

/** Loaded once and only when a chart is shown; nothing of ECharts but what walls draw. */
const library = () => import("./echarts.ts");

/** A chart that follows its option and its box. It tells by colour and by mark; its numbers stand beside it as text. */
export function Chart({ option, label }: { option: EChartsCoreOption; label: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<{ setOption(option: EChartsCoreOption): void } | null>(null);
  const latest = useRef(option);
  latest.current = option;
  useEffect(() => {
    let gone = false;
    let close = () => {};
    void library().then(({ initChart }) => {
      if (gone || !frame.current) return;
      const made = initChart(frame.current);
      chart.current = made;
      made.setOption(latest.current);
      const observer = new ResizeObserver(() => made.resize());
      observer.observe(frame.current);
      close = () => {
        observer.disconnect();
        made.dispose();
      };
    });
    return () => {
      gone = true;
      chart.current = null;
      close();
    };
  }, []);
  useEffect(() => chart.current?.setOption(option), [option]);
  return <div class="chart" role="img" aria-label={label} ref={frame} />;
}
