import type { Readable } from "node:stream";
import type { Center } from "../center/access.ts";
import type { Language } from "../exports/table.ts";
import { xlsx } from "../exports/xlsx.ts";
import { type ReportParts, reportPage } from "./page.ts";
import { type ReportGroup, reportGroups } from "./period.ts";
import { createPrinter } from "./print.ts";
import type { Report } from "./report.ts";
import { reportTables } from "./tables.ts";

export const allGroups = Object.keys(reportGroups) as readonly ReportGroup[];

/** How one reader wants a report. */
export interface Reading {
  readonly language: Language;
  /** What figures are told apart by; everything when it is left out. */
  readonly groups?: readonly ReportGroup[] | undefined;
}

export interface ReportRenderer {
  page(report: Report, reading: Reading): string;
  /** @throws Problem 501 without a Chromium on this machine */
  pdf(report: Report, reading: Reading): Promise<Buffer>;
  workbook(report: Report, reading: Reading): Readable;
}

/**
 * Reports as people read them, with names as they are called now.
 * @param chromium path of the program that prints; undefined: where distributions put it
 */
export function createRenderer(center: Center, chromium: string | undefined): ReportRenderer {
  const print = createPrinter(chromium);
  const { calendar, alerting, geography } = center;

  const nameOf = (group: ReportGroup, id: string, language: Language): string => {
    const { register } = center.operations;
    if (group === "line") return register.get("lines", id)?.title[language] ?? id;
    if (group === "contractor") return register.get("contractors", id)?.name ?? id;
    const known = geography.feature(id)?.properties;
    const said = language === "en" && typeof known?.nameEn === "string" ? known.nameEn : known?.name;
    return typeof said === "string" ? said : id;
  };
  const partsOf = ({ language, groups }: Reading): ReportParts => ({
    language,
    calendar,
    groups: groups ?? allGroups,
    ruleTitle: (ruleId) => alerting.rulebook.edition(ruleId)?.rule.title ?? null,
    nameOf: (group, id) => nameOf(group, id, language),
  });
  const page = (report: Report, reading: Reading) => reportPage(report, partsOf(reading));

  return {
    page,
    pdf: (report, reading) => print(page(report, reading)),
    workbook: (report, reading) => xlsx(reportTables(report, partsOf(reading)), reading.language, calendar),
  };
}
