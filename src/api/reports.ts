import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { dayOf } from "../domain/calendar.ts";
import { forbidden, invalid, notFound } from "../domain/problem.ts";
import { xlsx } from "../exports/xlsx.ts";
import type { Reports } from "../reports/keeper.ts";
import { reportPage } from "../reports/page.ts";
import { createPrinter } from "../reports/print.ts";
import { type Report, type ReportGroup, reportKinds } from "../reports/report.ts";
import { reportTables } from "../reports/tables.ts";
import { sendFile } from "./exports.ts";
import { type Api, given, needs, page, type ResourceParts, token } from "./route.ts";

/** Its own rules: a drawing and a style sheet, and nothing that could run. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** Daily, weekly and monthly reports, as figures, page, PDF and workbook. */
export function registerReports(api: Api, { center, config, reports }: ResourceParts & { reports: Reports }): void {
  const print = createPrinter(config.CHROMIUM);

  /** A report tells of the whole district: a token that reaches only a part of it asks for figures instead. */
  const demandWhole = (request: FastifyRequest) => {
    if (Object.values(token(request).scope).some((limit) => limit !== undefined)) {
      throw forbidden("a report covers the whole district: ask GET /kpis for what your token reaches");
    }
  };

  const find = async (id: string): Promise<Report> => {
    const [, kind = "", date = ""] = /^(day|week|month)-(\d{4}-\d{2}-\d{2})$/.exec(id) ?? [];
    const known = reportKinds.find((one) => one === kind);
    if (!known || Number.isNaN(dayOf(date))) throw notFound(`report ${id}`);
    // Noon lies in the sanitation day of that date, whenever it begins.
    return reports.kept(known, center.calendar.instant(dayOf(date), 12 * 60), center.clock.now());
  };

  const nameOf = (group: ReportGroup, id: string): string => {
    if (group !== "community" && group !== "grid") return id;
    const name = center.geography.feature(id)?.properties.name;
    return typeof name === "string" ? name : id;
  };

  api.get(
    "/reports",
    {
      config: needs("readReports"),
      schema: {
        summary: "Reports that are kept, newest period first",
        querystring: z.object({ kind: z.enum(reportKinds).optional(), ...page(config) }),
      },
    },
    async (request) => {
      demandWhole(request);
      const { kind, cursor, limit } = request.query;
      const before = cursor === undefined ? undefined : Number(cursor);
      if (Number.isNaN(before)) throw invalid("cursor must be the `next` of an earlier page");
      return center.store.reports({ limit, ...given({ kind, before }) });
    },
  );

  api.get(
    "/reports/:id",
    {
      config: needs("readReports"),
      schema: {
        summary: "The report of a period, e.g. day-2026-09-22, week-…, month-…: as it was frozen, or preliminary",
        params: z.object({ id: z.string().max(32) }),
        querystring: z.object({
          format: z.enum(["json", "html", "pdf", "xlsx"]).default("json"),
          lang: z.enum(["zh", "en"]).default("zh"),
        }),
      },
    },
    async (request, reply) => {
      demandWhole(request);
      const { format, lang: language } = request.query;
      const report = await find(request.params.id);
      if (format === "json") return report;
      const { calendar } = center;
      if (format === "xlsx")
        return sendFile(reply, report.id, "xlsx", xlsx(reportTables(report, language), language, calendar));
      const ruleTitle = (ruleId: string) => center.alerting.rulebook.edition(ruleId)?.rule.title ?? null;
      const html = await reportPage(report, { language, calendar, ruleTitle, nameOf });
      if (format === "pdf") return sendFile(reply, report.id, "pdf", Readable.from([await print(html)]));
      return reply.type("text/html; charset=utf-8").header("content-security-policy", POLICY).send(html);
    },
  );
}
