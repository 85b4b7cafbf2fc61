import type { Text } from "../domain/text.ts";
import type { Unit } from "../kpi/catalogue/shapes.ts";
import type { ReportGroup, ReportKind } from "./report.ts";

/** Every word of a report, in both languages. */
export const words = {
  center: { zh: "城管业务一体化运营中心", en: "Integrated operations center" },
  figures: { zh: "指标", en: "Figures" },
  figure: { zh: "指标", en: "Figure" },
  value: { zh: "值", en: "Value" },
  target: { zh: "目标", en: "Target" },
  reckoned: { zh: "分子 / 分母", en: "Numerator / denominator" },
  alerts: { zh: "告警", en: "Alerts" },
  opened: { zh: "发生", en: "Opened" },
  closed: { zh: "办结", en: "Closed" },
  falsePositive: { zh: "误报", en: "False" },
  minutes: { zh: "处置中位分钟", en: "Median minutes to clear" },
  rule: { zh: "规则", en: "Rule" },
  level: { zh: "级", en: "Level" },
  hotSpots: { zh: "反复回潮点位（30天）", en: "Places it came back to (30 days)" },
  place: { zh: "位置", en: "Place" },
  times: { zh: "次数", en: "Times" },
  relapses: { zh: "72小时内回潮", en: "Within 72 hours" },
  made: { zh: "生成于", en: "Made" },
  none: { zh: "无", en: "None" },
  preliminary: { zh: "未结束，数据为暂计", en: "Not over yet: preliminary" },
} as const satisfies Record<string, Text>;

export const kindWords: Readonly<Record<ReportKind, Text>> = {
  day: { zh: "日报", en: "Daily report" },
  week: { zh: "周报", en: "Weekly report" },
  month: { zh: "月报", en: "Monthly report" },
};

export const groupWords: Readonly<Record<ReportGroup, Text>> = {
  community: { zh: "按社区", en: "By community" },
  grid: { zh: "按网格", en: "By grid" },
  line: { zh: "按业务条线", en: "By business line" },
  contractor: { zh: "按企业", en: "By contractor" },
};

export const unitWords: Readonly<Record<Unit, Text>> = {
  percent: { zh: "%", en: "%" },
  minutes: { zh: "分钟", en: "min" },
  seconds: { zh: "秒", en: "s" },
  count: { zh: "", en: "" },
  kilograms: { zh: "千克", en: "kg" },
  litres: { zh: "升", en: "l" },
};
