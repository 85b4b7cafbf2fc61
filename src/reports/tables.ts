import { kpiTable } from "../exports/kpis.ts";
import type { Cell, Column, Table } from "../exports/table.ts";
import type { ReportParts } from "./page.ts";
import { reportGroups } from "./period.ts";
import type { Report } from "./report.ts";
import { groupWords, words } from "./words.ts";

const text = (title: Column["title"]): Column => ({ title, holds: "text" });
const number = (title: Column["title"]): Column => ({ title, holds: "number" });
async function* later(rows: Iterable<readonly Cell[]>): AsyncGenerator<readonly Cell[]> {
  yield* rows;
}

/** A report as the sheets of a workbook: the same figures as on its page. */
export function reportTables(report: Report, { language, groups, nameOf, ruleTitle }: ReportParts): Table[] {
  const rule = (id: string) => ruleTitle(id)?.[language] ?? id;
  const { figures, alerts, hotSpots, cityIndex } = report;
  const told = groups
    .filter((group) => report.groups[group].length > 0)
    .map((group): Table => {
      const scope = reportGroups[group];
      const named = report.groups[group].map((answer) => ({
        ...answer,
        group: { ...answer.group, [scope]: nameOf(group, String(answer.group[scope] ?? "")) },
      }));
      return { ...kpiTable(named, language), name: groupWords[group][language] };
    });
  const indexes: Table = {
    name: words.cityIndexSheet[language],
    columns: [
      text(words.period),
      number(words.index),
      text(words.grade),
      number(words.rank),
      number(words.outOf),
      ...(["clean", "tidy", "orderly", "green", "toilet"] as const).map((name) => number(words[name])),
    ],
    rows: later(
      cityIndex.map(({ period, index, grade, rank, outOf, clean, tidy, orderly, green, toilet }): Cell[] => [
        ...[period, index, grade, rank ?? null, outOf ?? null],
        ...[clean, tidy, orderly, green, toilet].map((score) => score ?? null),
      ]),
    ),
  };
  return [
    { ...kpiTable(figures, language), name: words.figures[language] },
    ...told,
    {
      name: words.alerts[language],
      columns: [
        text(words.rule),
        number(words.opened),
        number(words.closed),
        number(words.falsePositive),
        number(words.minutes),
      ],
      rows: later(
        alerts.byRule.map(({ ruleId, opened, closed, falsePositive, medianMinutesToClear }): Cell[] => [
          rule(ruleId),
          opened,
          closed,
          falsePositive,
          medianMinutesToClear,
        ]),
      ),
    },
    {
      name: words.hotSpotsSheet[language],
      columns: [
        text(words.rule),
        number(words.latitude),
        number(words.longitude),
        number(words.times),
        number(words.relapses),
      ],
      rows: later(
        hotSpots.map(({ ruleId, lat, lon, timesIn30Days, relapses }): Cell[] => [
          rule(ruleId),
          lat,
          lon,
          timesIn30Days,
          relapses,
        ]),
      ),
    },
    ...(cityIndex.length > 0 ? [indexes] : []),
  ];
}
