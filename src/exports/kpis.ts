import type { Text } from "../domain/text.ts";
import type { KpiAnswer } from "../kpi/answer.ts";
import type { Kpi } from "../kpi/catalogue/shapes.ts";
import { kpiCatalogue } from "../kpi/catalogue.ts";
import type { Cell, Column, Language, Table } from "./table.ts";

const groupTitles: Readonly<Record<keyof KpiAnswer["group"], Text>> = {
  communityId: { en: "Community", zh: "社区" },
  gridId: { en: "Grid", zh: "网格" },
  line: { en: "Business line", zh: "业务条线" },
  contractor: { en: "Contractor", zh: "企业" },
  level: { en: "Level", zh: "级别" },
  category: { en: "Category", zh: "类别" },
  source: { en: "Source", zh: "来源" },
};

/** `≥ 95`, `≤ 2`; nothing where only the direction counts. */
export function targetText({ target }: Pick<Kpi, "target">): string | null {
  if (!target) return null;
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

/** Figures as rows, with what they are reckoned from, so that everybody can reckon them again. */
export function kpiTable(answers: readonly KpiAnswer[], language: Language): Table {
  const byId = new Map(kpiCatalogue.map((kpi) => [kpi.id, kpi]));
  const groups = [...new Set(answers.flatMap(({ group }) => Object.keys(group)))] as (keyof typeof groupTitles)[];
  const text = (en: string, zh: string): Column => ({ title: { en, zh }, holds: "text" });
  const number = (en: string, zh: string): Column => ({ title: { en, zh }, holds: "number" });
  const row = ({ id, from, to, group, numerator, denominator, value, p50, p90, period }: KpiAnswer): Cell[] => {
    const kpi = byId.get(id);
    const scope = groups.map((name) => group[name] ?? null);
    const figures = [numerator, denominator, value, p50 ?? null, p90 ?? null];
    return [
      id,
      [kpi?.title[language] ?? id, period].filter(Boolean).join(" "),
      from,
      to,
      ...scope,
      ...figures,
      kpi?.unit ?? null,
      kpi ? targetText(kpi) : null,
    ];
  };
  return {
    name: "kpis",
    columns: [
      text("Figure", "指标"),
      text("Title", "名称"),
      { title: { en: "From", zh: "开始" }, holds: "time" },
      { title: { en: "To", zh: "结束" }, holds: "time" },
      ...groups.map((name): Column => ({ title: groupTitles[name], holds: "text" })),
      number("Numerator", "分子"),
      number("Denominator", "分母"),
      number("Value", "值"),
      number("Median", "中位数"),
      number("90th percentile", "90分位"),
      text("Unit", "单位"),
      text("Target", "目标"),
    ],
    rows: (async function* () {
      for (const answer of answers) yield row(answer);
    })(),
  };
}
