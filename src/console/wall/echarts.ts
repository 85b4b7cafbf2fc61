import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([LineChart, BarChart, GridComponent, LegendComponent, CanvasRenderer]);

export const initChart = (frame: HTMLElement) => init(frame, null, { renderer: "canvas" });
