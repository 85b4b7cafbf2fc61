import { kpiTable } from "../exports/kpis.ts";
import type { Cell, Column, Language, Table } from "../exports/table.ts";
import { type Report, type ReportGroup, reportGroups } from "./report.ts";
import { groupWords, words } from "./words.ts";

const column = (title: Column["title"], holds: Column["holds"]): Column => ({ title, holds });
async function* later(rows: Iterable<readonly Cell[]>): AsyncGenerator<readonly Cell[]> {
  yield* rows;
}

/** A report as the sheets of a workbook: the same figures as on its page. */
export function reportTables(report: Report, language: Language): Table[] {
  const groups = (Object.keys(reportGroups) as ReportGroup[])
    .filter((group) => report.groups[group].length > 0)
    .map((group) => ({ ...kpiTable(report.groups[group], language), name: groupWords[group][language] }));
  return [
    { ...kpiTable(report.figures, language), name: words.figures[language] },
    ...groups,
    {
      name: words.alerts[language],
      columns: [
        column(words.rule, "text"),
        column(words.opened, "number"),
        column(words.closed, "number"),
        column(words.falsePositive, "number"),
        column(words.minutes, "number"),
      ],
      rows: later(
        report.alerts.byRule.map(({ ruleId, opened, closed, falsePositive, medianMinutesToClear }): Cell[] => [
          ruleId,
          opened,
          closed,
          falsePositive,
          medianMinutesToClear,
        ]),
      ),
    },
  ];
}
