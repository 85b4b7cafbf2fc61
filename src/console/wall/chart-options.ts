import type { EChartsCoreOption } from "echarts/core";
import type { Millis } from "../../domain/time.ts";
import { minuteText } from "../shared/time.ts";

const TEXT = "#93abc1";
const LINE = "#1f3850";

const axisText = (size: number) => ({ color: TEXT, fontSize: size });

/** Points per letter on this screen: charts draw on canvas and do not inherit it. */
export const letterSize = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;

/** Columns for what came, a line for what ended, over the hours. */
export function hourlyOption(
  hours: readonly { at: Millis; opened: number; ended?: number }[],
  names: { opened: string; ended?: string },
): EChartsCoreOption {
  const size = letterSize() * 0.86;
  return {
    animation: false,
    grid: { left: size * 2.4, right: size, top: names.ended ? size * 2.2 : size, bottom: size * 2 },
    legend: names.ended ? { top: 0, right: 0, itemHeight: size * 0.8, textStyle: axisText(size) } : undefined,
    xAxis: {
      type: "category",
      data: hours.map(({ at }) => minuteText(at)),
      axisLine: { lineStyle: { color: LINE } },
      axisTick: { show: false },
      axisLabel: { ...axisText(size), interval: 5 },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      splitLine: { lineStyle: { color: LINE, type: "dashed" } },
      axisLabel: axisText(size),
    },
    series: [
      {
        name: names.opened,
        type: "bar",
        data: hours.map(({ opened }) => opened),
        itemStyle: { color: "#3d7fb0", borderRadius: [3, 3, 0, 0] },
        barCategoryGap: "35%",
      },
      ...(names.ended
        ? [
            {
              name: names.ended,
              type: "line",
              data: hours.map(({ ended = 0 }) => ended),
              itemStyle: { color: "#5fd6a5" },
              lineStyle: { width: 2.5 },
              symbol: "circle",
              symbolSize: 5,
              smooth: 0.25,
            },
          ]
        : []),
    ],
  };
}
