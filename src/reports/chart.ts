const WIDTH = 720;
const HEIGHT = 180;

/** Bars as an SVG drawing, rendered on the server; the library is loaded when the first report is drawn. */
export async function barChart(bars: readonly { readonly label: string; readonly value: number }[]): Promise<string> {
  const [{ init, use }, { BarChart }, { GridComponent }, { SVGRenderer }] = await Promise.all([
    import("echarts/core"),
    import("echarts/charts"),
    import("echarts/components"),
    import("echarts/renderers"),
  ]);
  use([BarChart, GridComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption({
    animation: false,
    grid: { left: 36, right: 8, top: 10, bottom: 24 },
    xAxis: { type: "category", data: bars.map(({ label }) => label), axisTick: { show: false } },
    yAxis: { type: "value", minInterval: 1 },
    series: [{ type: "bar", data: bars.map(({ value }) => value), itemStyle: { color: "#2f6fb0" } }],
  });
  const drawing = chart.renderToSVGString();
  chart.dispose();
  return drawing;
}
