import type { Calendar } from "../domain/calendar.ts";
import type { Text } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import { targetText } from "../exports/kpis.ts";
import { type Language, localTime } from "../exports/table.ts";
import type { KpiAnswer } from "../kpi/answer.ts";
import type { Kpi } from "../kpi/catalogue/shapes.ts";
import { kpiCatalogue } from "../kpi/catalogue.ts";
import { barChart } from "./chart.ts";
import { type ReportGroup, reportGroups } from "./period.ts";
import { type GradedIndex, headline, type Report } from "./report.ts";
import { groupWords, reportTitle, unitWords, words } from "./words.ts";

/** A report as a page to read and to print: no script, nothing from elsewhere. */

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const text = (value: string | number): string => String(value).replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? "");

const STYLE = `
@page { size: A4; margin: 16mm 14mm; }
main { display: block; font: 10.5pt/1.45 "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif; color: #16202c; max-width: 190mm; margin: 0 auto; }
h1 { font-size: 20pt; margin: 0 0 2mm; } h2 { font-size: 13pt; margin: 8mm 0 2mm; break-after: avoid; }
p.as-of { color: #55606e; margin: 0 0 6mm; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 1.2mm 2mm; border-bottom: 0.2mm solid #c9d1da; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; color: #33404f; } tr { break-inside: avoid; }
.met::after { content: " ✓"; color: #1b7f4b; } .missed { font-weight: 700; } .missed::after { content: " ✗"; color: #b3261e; }
.levels { display: flex; gap: 6mm; margin: 2mm 0 4mm; } .levels b { font-size: 16pt; display: block; }
.empty { color: #5d6875; }
svg { width: 100%; height: auto; }
`;

/** What the outside of a report is made with: one reader's language and choice, names as they are now. */
export interface ReportParts {
  readonly language: Language;
  readonly calendar: Calendar;
  /** Titles of rules, as they are called now. */
  readonly ruleTitle: (ruleId: string) => Text | null;
  /** Names of communities, grids, lines, contractors. */
  readonly nameOf: (group: ReportGroup, id: string) => string;
  /** What its figures are told apart by. */
  readonly groups: readonly ReportGroup[];
}

export function reportPage(report: Report, parts: ReportParts): string {
  const { language, calendar } = parts;
  const say = (word: keyof typeof words) => text(words[word][language]);
  const date = (at: number) => localTime(at, calendar).slice(0, 10);
  const minute = (at: number) => localTime(at, calendar).slice(0, 16).replace("T", " ");
  const { alerts } = report;
  const title = reportTitle(report.id, language);
  const levels = ([1, 2, 3, 4] as const).map(
    (level) =>
      `<div><b>${alerts.byLevel[level]}</b>${language === "zh" ? `${level}${say("level")}` : `${say("level")} ${level}`}</div>`,
  );
  const chart = barChart(
    alerts.overTime.map(({ from, opened }) => ({
      label: report.kind === "day" ? localTime(from, calendar).slice(11, 16) : date(from).slice(5),
      value: opened,
    })),
  );
  return `<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}"><head><meta charset="utf-8"><title>${text(title)}</title><style>${STYLE}</style></head><body><main>
<h1>${text(title)}</h1>
<p class="as-of">${say("center")} · ${minute(report.from)} – ${minute(report.to)}<br>${text(standing(report, language, minute))}</p>
<h2>${say("alerts")}: ${alerts.opened}</h2><div class="levels">${levels.join("")}</div>${chart}
${ruleTable(report, parts)}
<h2>${say("figures")}</h2>${figureTable(report.figures, language)}
${cityIndexTable(report.cityIndex, language)}
${parts.groups.map((group) => groupTable(report.groups[group], group, parts)).join("\n")}
<h2>${say("hotSpots")}</h2>${hotSpotTable(report, parts)}
</main></body></html>`;
}

/** Whether it can still change, said plainly. */
export function standing(
  { frozenAt, madeAt, to }: Pick<Report, "frozenAt" | "madeAt" | "to">,
  language: Language,
  timeText: (at: Millis) => string,
): string {
  const state = frozenAt !== null ? words.frozen : madeAt < to ? words.running : words.waiting;
  return state[language].replace("{at}", timeText(frozenAt ?? madeAt));
}

const table = (head: readonly string[], rows: readonly string[]): string =>
  `<table><thead><tr>${head.map((cell) => `<th>${cell}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
const row = (cells: readonly string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
const kpis = new Map(kpiCatalogue.map((kpi) => [kpi.id, kpi]));

/** A value with its unit, and whether its target is met: by sign as well as by colour. */
function valueCell(answer: KpiAnswer | undefined, kpi: Kpi | undefined, language: Language): string {
  if (!answer || answer.value === null) return `<span class="empty">—</span>`;
  const unit = kpi ? unitWords[kpi.unit][language] : "";
  const { target } = kpi ?? { target: null };
  const met = target && ("atLeast" in target ? answer.value >= target.atLeast : answer.value <= target.atMost);
  const mark = target ? (met ? "met" : "missed") : "";
  return `<span class="${mark}">${text(answer.value)}${unit && ` ${text(unit)}`}</span>`;
}

function figureTable(figures: readonly KpiAnswer[], language: Language): string {
  const shown = figures.filter(({ value }) => value !== null);
  if (shown.length === 0) return `<p class="empty">${words.none[language]}</p>`;
  const head = [words.figure, words.value, words.reckoned, words.target].map((word) => word[language]);
  const rows = shown.map((answer) => {
    const kpi = kpis.get(answer.id);
    const { numerator, denominator } = answer;
    const reckoned = denominator === null ? "" : `${numerator ?? "—"} / ${denominator}`;
    const target = kpi ? (targetText(kpi) ?? "") : "";
    return row([
      text(kpi?.title[language] ?? answer.id),
      valueCell(answer, kpi, language),
      text(reckoned),
      text(target),
    ]);
  });
  return table(head, rows);
}

function groupTable(answers: readonly KpiAnswer[], group: ReportGroup, { language, nameOf }: ReportParts): string {
  const ids = headline.filter((id) => answers.some((answer) => answer.id === id && answer.value !== null));
  if (ids.length === 0) return "";
  const scope = reportGroups[group];
  const names = [...new Set(answers.map((answer) => String(answer.group[scope] ?? "")))].sort();
  const head = ["", ...ids.map((id) => text(kpis.get(id)?.title[language] ?? id))];
  const rows = names.map((name) =>
    row([
      text(nameOf(group, name)),
      ...ids.map((id) => {
        const answer = answers.find((one) => one.id === id && one.group[scope] === name);
        return valueCell(answer, kpis.get(id), language);
      }),
    ]),
  );
  return `<h2>${text(groupWords[group][language])}</h2>${table(head, rows)}`;
}

function ruleTable({ alerts }: Report, { language, ruleTitle }: ReportParts): string {
  if (alerts.byRule.length === 0) return "";
  const { rule, opened, closed, falsePositive, minutes } = words;
  const head = [rule, opened, closed, falsePositive, minutes].map((word) => word[language]);
  const rows = alerts.byRule.map((figures) =>
    row([
      text(ruleTitle(figures.ruleId)?.[language] ?? figures.ruleId),
      text(figures.opened),
      text(figures.closed),
      text(figures.falsePositive),
      text(figures.medianMinutesToClear ?? "—"),
    ]),
  );
  return table(head, rows);
}

function hotSpotTable({ hotSpots }: Report, { language, ruleTitle }: ReportParts): string {
  if (hotSpots.length === 0) return `<p class="empty">${words.none[language]}</p>`;
  const head = [words.rule, words.place, words.times, words.relapses].map((word) => word[language]);
  const rows = hotSpots.map(({ ruleId, lat, lon, timesIn30Days, relapses }) =>
    row([
      text(ruleTitle(ruleId)?.[language] ?? ruleId),
      text(`${lat.toFixed(5)}, ${lon.toFixed(5)}`),
      text(timesIn30Days),
      text(relapses),
    ]),
  );
  return table(head, rows);
}

function cityIndexTable(indexes: readonly GradedIndex[], language: Language): string {
  if (indexes.length === 0) return "";
  const head = ["period", "index", "grade", "rank", "clean", "tidy", "orderly", "green", "toilet"] as const;
  const rows = indexes.map(({ period, index, grade, rank, outOf, clean, tidy, orderly, green, toilet }) => {
    const place = rank === undefined ? undefined : outOf === undefined ? rank : `${rank} / ${outOf}`;
    return row([period, index, grade, place, clean, tidy, orderly, green, toilet].map((cell) => text(cell ?? "—")));
  });
  return `<h2>${text(words.cityIndex[language])}</h2>${table(
    head.map((word) => words[word][language]),
    rows,
  )}`;
}
