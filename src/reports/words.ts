import { dateOf, dayOf } from "../domain/calendar.ts";
import type { Text } from "../domain/text.ts";
import type { Unit } from "../kpi/catalogue/shapes.ts";
import { periodOf, type ReportGroup, type ReportKind } from "./period.ts";

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
  made: { zh: "生成于", en: "made" },
  frozen: { zh: "定稿于 {at}，不再变化", en: "frozen at {at}: it does not change any more" },
  running: { zh: "统计期未结束，截至 {at} 暂计", en: "still running: preliminary, as of {at}" },
  waiting: {
    zh: "统计期已结束，等待迟到数据，截至 {at} 暂计",
    en: "over, but late data still counts: preliminary, as of {at}",
  },
  cityIndex: { zh: "市容环境综合指数（市级发布）", en: "The city's index, as the city publishes it" },
  /** Names of sheets hold 31 characters and few signs. */
  cityIndexSheet: { zh: "市容环境综合指数", en: "City index" },
  hotSpotsSheet: { zh: "回潮点位", en: "Hot spots" },
  outOf: { zh: "参评数", en: "Out of" },
  period: { zh: "周期", en: "Period" },
  index: { zh: "得分", en: "Index" },
  grade: { zh: "等级", en: "Grade" },
  rank: { zh: "排名", en: "Rank" },
  clean: { zh: "清洁", en: "Clean" },
  tidy: { zh: "整洁", en: "Tidy" },
  orderly: { zh: "有序", en: "Orderly" },
  green: { zh: "绿化", en: "Green" },
  toilet: { zh: "公厕", en: "Toilets" },
  latitude: { zh: "纬度", en: "Latitude" },
  longitude: { zh: "经度", en: "Longitude" },
  none: { zh: "无", en: "None" },
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
  kilometres: { zh: "公里", en: "km" },
  litresPer100Km: { zh: "升/百公里", en: "L/100 km" },
};

const DAYS_A_WEEK = 7;

/** What a report is called by people: `2026-11-24 日报`, `Weekly report 2026-11-16 – 2026-11-22`. */
export function reportTitle(id: string, language: "zh" | "en"): string {
  const period = periodOf(id);
  if (!period) return id;
  const { kind, date } = period;
  const last = dateOf(dayOf(date) + DAYS_A_WEEK - 1);
  const [year, month] = date.split("-");
  const span = {
    day: { zh: date, en: date },
    week: { zh: `${date} 至 ${last}`, en: `${date} – ${last}` },
    month: { zh: `${year}年${Number(month)}月`, en: `${year}-${month}` },
  }[kind][language];
  const name = kindWords[kind][language];
  return language === "zh" ? `${span} ${name}` : `${name} ${span}`;
}
