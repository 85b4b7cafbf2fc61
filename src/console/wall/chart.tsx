import type { EChartsCoreOption } from "echarts/core";
import { useEffect, useRef } from "preact/hooks";

/** A part of its own, so that the map need not wait for it; nothing of ECharts but what walls draw. */
const library = () => import("./echarts.ts");

/** Fetches the charts while the center is there: the first one may be due while it is away. */
export const prepareCharts = (): void => void library().catch(() => {});

/** The center is away: the numbers stand there without their chart, and the next scene tries again. */
const NOTHING = () => {};

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
    }, NOTHING);
    return () => {
      gone = true;
      chart.current = null;
      close();
    };
  }, []);
  useEffect(() => chart.current?.setOption(option), [option]);
  return <div class="chart" role="img" aria-label={label} ref={frame} />;
}
